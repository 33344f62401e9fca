"""Painting only every second picture, or fewer still: the others take over its painting along the optical flow."""

import cv2
import numpy as np

from streamstyle.canvas import shrunk
from streamstyle.frames import Frame, Image, blank, planes
from streamstyle.painter import Painted, Painter
from streamstyle.temporal.flow import Dis
from streamstyle.temporal.sketch import Sketch
from streamstyle.temporal.trust import Trust
from streamstyle.temporal.warp import warp, warp_sharp

BELIEVED = 0.75
"""The share of a picture in which the flow must be believed; below it, as after a cut, the picture is painted."""


class Carrier:
    """Moves a painting from the picture that it was made of to a later one of the same size."""

    def __init__(self, width: int, height: int) -> None:
        half = width // 2, height // 2
        self._size = width, height
        self._newer, self._older = Sketch(*half), Sketch(*half)
        self._find, self._trust = Dis(*half), Trust(*half)
        self._across, self._down = (np.empty((height, width), np.float32) for _ in range(2))
        self._painting: Image | None = None

    def take(self, picture: Image, painting: Image) -> None:
        """A painting that may be carried; it is kept, not copied."""
        self._older.take(picture)
        self._painting = painting

    def carried(self, picture: Image) -> Image | None:
        """The painting as this picture would have it; None where there is none, or none that could be believed."""
        if self._painting is None:
            return None
        self._newer.take(picture)
        exposed = self._older.expose_like(self._newer)
        flow = self._find(self._newer, self._older, None)
        self._trust(self._newer, self._older, flow, exposed)
        if float(self._trust.shares.mean()) < BELIEVED:
            return None
        if not flow.any():
            return self._painting
        result = blank(*self._size)
        before, after = planes(self._painting), planes(result)
        for index, full in enumerate((self._across, self._down)):
            cv2.resize(flow[..., index], self._size, dst=full, interpolation=cv2.INTER_LINEAR)
            full *= 2
        warp_sharp(before[0], self._across, self._down, after[0])
        for chroma, moved in zip(before[1:], after[1:], strict=True):
            warp(chroma, flow, moved)
        return result


class Sparing:
    """A painter that paints one picture of `every`, and any that cannot be made of the painting before it."""

    def __init__(self, painter: Painter, every: int) -> None:
        self._painter, self._every = painter, every
        self._carrier = Carrier(painter.canvas.inner_width, painter.canvas.inner_height)
        self._carried = 0

    def __call__(self, frame: Frame) -> Painted:
        inner = shrunk(frame.image, self._painter.canvas)
        painting = self._carrier.carried(inner) if self._carried < self._every - 1 else None
        if painting is None:
            painting = self._painter.paint(inner)
            self._carrier.take(inner, painting)
            self._carried = 0
        else:
            self._carried += 1
        canvas = self._painter.canvas
        return Painted(
            frame.image, frame.pts, frame.time_base, frame.vectors, inner=inner, painting=painting, canvas=canvas
        )
