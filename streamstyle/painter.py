"""Painting one picture after another: shrink, generate, keep steady, enlarge.

It comes in two halves, so that two threads can share the work: `Painter` runs the generator, `Finisher` does the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from streamstyle.canvas import Canvas, Enlarger, bordered, shrunk, unbordered
from streamstyle.frames import Engine, Frame, Image, blank
from streamstyle.temporal import Steady


@dataclass(frozen=True, slots=True)
class Painted(Frame):
    """A frame on its way: the original, and its painting at the inner size."""

    inner: Image | None = None
    painting: Image | None = None
    canvas: Canvas | None = None
    gap: bool = False


class Painter:
    """The first half: one or two generators at one inner size."""

    def __init__(self, canvas: Canvas, engines: Sequence[Engine], blend: float = 0.0) -> None:
        self.canvas = canvas
        self.engines = tuple(engines)
        self.blend = blend
        self._input = blank(*canvas.bordered)

    def __call__(self, frame: Frame) -> Painted:
        inner = shrunk(frame.image, self.canvas)
        painting = self.paint(inner)
        return Painted(
            frame.image, frame.pts, frame.time_base, frame.vectors, inner=inner, painting=painting, canvas=self.canvas
        )

    def paint(self, inner: Image) -> Image:
        """A picture of the inner size, painted."""
        bordered(inner, self._input)
        paintings = [unbordered(engine(self._input[None])[0], self.canvas) for engine in self.engines]
        if len(paintings) == 1:
            return paintings[0]
        return mixed(paintings[0], paintings[1], self.blend)


class Finisher:
    """The second half: steadiness, enlargement and strength, for one stream."""

    def __init__(self, flow: str = "auto") -> None:
        self._flow = flow
        self._canvas: Canvas | None = None
        self._steady: Steady | None = None
        self._enlarge: Enlarger | None = None

    def __call__(self, painted: Painted, steady: float, strength: float) -> Frame:
        assert painted.inner is not None and painted.painting is not None and painted.canvas is not None
        self._fit(painted.canvas)
        assert self._enlarge is not None
        painting = painted.painting
        if steady > 0 and self._flow != "off":
            assert self._steady is not None
            vectors = painted.vectors
            if vectors is not None:
                scale = np.array([painted.canvas.inner_width / painted.canvas.width] * 6)
                vectors = np.rint(vectors * scale).astype(np.int32)
            painting = self._steady(painted.inner, painting, amount=steady, vectors=vectors, gap=painted.gap)
        result = self._enlarge(painted.image, painted.inner, painting)
        image = result if strength >= 1 else mixed(painted.image, result, strength)
        return Frame(image, painted.pts, painted.time_base, painted.vectors)

    def _fit(self, canvas: Canvas) -> None:
        if canvas == self._canvas:
            return
        self._canvas = canvas
        self._enlarge = Enlarger(canvas)
        size = canvas.inner_width, canvas.inner_height
        # Another inner size means other strokes: they come in softly, over those of before.
        self._steady = self._steady.resized(*size) if self._steady else Steady(*size, flow=self._flow)


def mixed(one: Image, other: Image, share: float) -> Image:
    """`share` of the other over the one; 0 and 1 are exact."""
    if share <= 0:
        return one.copy()
    if share >= 1:
        return other.copy()
    return np.asarray(cv2.addWeighted(one, 1 - share, other, share, 0), np.uint8)
