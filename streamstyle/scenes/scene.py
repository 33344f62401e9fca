"""Scenes whose optical flow is known exactly: the still seen by a moving camera, crossed, lit, cut and made noisy."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from streamstyle.frames import Frame, Image, MediaInfo, blank, planes
from streamstyle.scenes.camera import Affine, View, displacement
from streamstyle.scenes.light import Light, Noise
from streamstyle.scenes.sprite import Sprite
from streamstyle.scenes.world import World

Flow = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Script:
    """What happens in a scene, each as a function of the time in seconds."""

    camera: Callable[[float], View]
    light: Callable[[float], Light] = lambda seconds: Light()
    shot: Callable[[float], int] = lambda seconds: 0
    sprite: Callable[[float], tuple[float, float]] | None = None
    noise: float = 0.0
    span: float = 0.62
    """The share of the still that a view at scale 1 shows."""


class Scene:
    """A source: picture after picture of a script; any picture can also be drawn alone, always the same."""

    def __init__(self, info: MediaInfo, script: Script, speed: float = 1.0, noise: float | None = None) -> None:
        self.info = info
        self._script = script
        self._speed = speed
        self._size = info.width, info.height
        self._world = World(self._size, script.span)
        self._sprite = Sprite(self._size) if script.sprite else None
        level = script.noise if noise is None else noise
        self._noise = Noise(self._size, level) if level else None
        self._closed = False

    def __iter__(self) -> Iterator[Frame]:
        index = 0
        time_base = 1 / self.info.rate
        while not self._closed and (self.info.frames is None or index < self.info.frames):
            yield Frame(self.picture(index), index, time_base)
            index += 1

    def close(self) -> None:
        self._closed = True

    def picture(self, index: int) -> Image:
        """Picture number `index`."""
        seconds = self._seconds(index)
        image = blank(*self._size)
        self._world.draw(image, self._shot(index), self._still_from(index))
        if self._sprite:
            self._sprite.draw(image, self._place(index))
        light = self._script.light(seconds)
        if light != Light():
            light.shine(image)
        if self._noise:
            self._noise.add(planes(image)[0], index)
        return image

    def flow(self, here: int, there: int) -> Flow:
        """What picture `here` shows at p lies at p + flow in picture `there`: (height, width, 2), x then y."""
        flow = displacement(self._still_from(here), self._still_from(there), self._size)
        if self._sprite:
            (x, y), (new_x, new_y) = self._place(here), self._place(there)
            flow[self._sprite.cover(x, y)] = new_x - x, new_y - y
        return flow

    def occluded(self, here: int, there: int) -> Mask:
        """Where what picture `here` shows cannot be seen in picture `there`: left the view, hidden, or cut away."""
        width, height = self._size
        if self._shot(here) != self._shot(there):
            return np.ones((height, width), np.bool_)
        x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
        flow = self.flow(here, there)
        x, y = x + flow[..., 0], y + flow[..., 1]
        gone = (x < 0) | (y < 0) | (x > width - 1) | (y > height - 1)
        if self._sprite:
            cover = self._sprite.cover(*self._place(here))
            hider = self._sprite.cover(*self._place(there)).astype(np.uint8)
            hidden = cv2.remap(hider, x, y, cv2.INTER_NEAREST).astype(np.bool_)
            gone |= hidden & ~cover
        return gone

    def is_cut(self, index: int) -> bool:
        """Whether picture `index` is the first of a new shot."""
        return index > 0 and self._shot(index) != self._shot(index - 1)

    def _seconds(self, index: int) -> float:
        return float(index / self.info.rate) * self._speed

    def _shot(self, index: int) -> int:
        return self._script.shot(self._seconds(index))

    def _still_from(self, index: int) -> Affine:
        return self._script.camera(self._seconds(index)).to_still(self._size, self._world.size)

    def _place(self, index: int) -> tuple[float, float]:
        assert self._script.sprite is not None and self._sprite is not None
        return self._sprite.place(self._script.sprite(self._seconds(index)))


def described(width: int, height: int, rate: Fraction, seconds: float | None) -> MediaInfo:
    """The stream of a scene: odd sides are padded to even ones and said to be cropped."""
    even = width + width % 2, height + height % 2
    return MediaInfo(
        *even,
        rate,
        frames=None if seconds is None else max(1, round(seconds * rate)),
        crop=None if even == (width, height) else (width, height),
    )
