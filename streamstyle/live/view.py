"""What is shown of a picture and its painting: mirrored, side by side with a movable line, frozen."""

from collections.abc import Callable

import cv2
import numpy as np

from streamstyle.frames import Frame, Image, planes, size
from streamstyle.settings import Controls, Settings

LINE = 2
"""The width of the line between original and painting, in pixels."""


def compose(original: Image, painted: Image, settings: Settings) -> Image:
    """The picture to show; `painted` itself where nothing is to be changed, a new picture otherwise."""
    if settings.split is None:
        return mirrored(painted) if settings.mirror else painted
    # Mirrored first: the original stays left of the line as the person sees it.
    left, right = (mirrored(original), mirrored(painted)) if settings.mirror else (original, painted)
    return side_by_side(left, right, settings.split)


def mirrored(image: Image) -> Image:
    flipped = np.empty_like(image)
    for plane, target in zip(planes(image), planes(flipped), strict=True):
        cv2.flip(plane, 1, dst=target)
    return flipped


def side_by_side(left: Image, right: Image, share: float) -> Image:
    """`left` up to its share of the width, a white line, then `right`."""
    width, _ = size(right)
    column = round(share * width / 2) * 2
    shown = right.copy()
    for plane, source in zip(planes(shown), planes(left), strict=True):
        scale = width // plane.shape[1]
        plane[:, : column // scale] = source[:, : column // scale]
    if 0 < column < width:
        luma, blue, red = planes(shown)
        luma[:, max(column - LINE // 2, 0) : column + LINE // 2] = 235
        for plane in (blue, red):
            plane[:, max(column // 2 - 1, 0) : column // 2 + 1] = 128
    return shown


class View:
    """Paints a frame and composes what is shown of it; while frozen, the last pair is shown and nothing is painted."""

    def __init__(self, paint: Callable[[Frame], Frame], controls: Controls) -> None:
        self._paint = paint
        self._controls = controls
        self._frozen: tuple[Image, Image] | None = None

    def __call__(self, frame: Frame) -> Frame:
        settings = self._controls.now
        if not settings.freeze:
            self._frozen = None
            return frame.with_image(compose(frame.image, self._paint(frame).image, settings))
        if self._frozen is None:
            # Copies: what an engine hands out is only valid until its next call.
            self._frozen = frame.image.copy(), self._paint(frame).image.copy()
        return frame.with_image(compose(*self._frozen, settings))
