"""The balloon that crosses a scene, with the exact mask of what it hides."""

import numpy as np
from numpy.typing import NDArray

from streamstyle.colour import from_rgb
from streamstyle.frames import Colour, Image, planes
from streamstyle.scenes.balloon import draw_balloon

SHARE = 0.5


class Sprite:
    """Moves in whole, even pixels, so that it is never resampled and its flow is exact in every plane."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        self._side = max(4, round(min(size) * SHARE / 2) * 2)
        canvas, cover = draw_balloon(self._side)
        self._planes = planes(from_rgb(canvas, Colour()))
        halved = cover.reshape(self._side // 2, 2, self._side // 2, 2).mean(axis=(1, 3))
        self._covers = cover, halved, halved

    def place(self, share: tuple[float, float]) -> tuple[float, float]:
        """The top left corner in pixels for a place in shares: 0 just outside the left or upper edge, 1 the other."""
        (x, y), (width, height) = share, self._size
        left, top = x * (width + self._side) - self._side, y * (height + self._side) - self._side
        return 2.0 * round(left / 2), 2.0 * round(top / 2)

    def draw(self, image: Image, place: tuple[float, float]) -> None:
        for plane, picture, cover, step in zip(planes(image), self._planes, self._covers, (1, 2, 2), strict=True):
            window, part = _overlap(plane.shape, picture.shape, int(place[0]) // step, int(place[1]) // step)
            behind = plane[window]
            mixed = behind + (picture[part].astype(np.float32) - behind) * cover[part]
            plane[window] = np.rint(mixed)

    def cover(self, x: float, y: float) -> NDArray[np.bool_]:
        """Which pixels of a picture show the sprite."""
        mask = np.zeros(self._size[::-1], np.bool_)
        window, part = _overlap(mask.shape, self._covers[0].shape, int(x), int(y))
        mask[window] = self._covers[0][part] > 0.5
        return mask


Window = tuple[slice, slice]


def _overlap(outer: tuple[int, ...], inner: tuple[int, ...], x: int, y: int) -> tuple[Window, Window]:
    """The part of a plane that a sprite at (x, y) covers, and the part of the sprite that covers it."""
    top, left = max(0, y), max(0, x)
    bottom, right = max(top, min(outer[0], y + inner[0])), max(left, min(outer[1], x + inner[1]))
    return (slice(top, bottom), slice(left, right)), (slice(top - y, bottom - y), slice(left - x, right - x))
