"""The size at which a picture is painted, and the ways there and back.

Strokes keep the painting's own size relative to the picture when every picture is painted at one inner size; that is
also what makes 720p cost what 360p does. On the way back the original's own edges are laid over the painting.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from streamstyle.frames import Image, Plane, blank, planes

Floats = NDArray[np.float32]
MARGIN = 8
"""Mirrored pixels around the picture, so that the generator's own padding falls outside it."""
SMALLEST = 48
DETAIL_RADIUS = 2
"""Pixels at half the inner size."""
DETAIL_FLOOR = 20.0
"""Variance, in grey levels squared, below which an area of the original counts as flat."""
SLOPES = (-0.6, 1.2)


@dataclass(frozen=True, slots=True)
class Canvas:
    """A picture's size and the inner size that stands for it."""

    width: int
    height: int
    inner_width: int
    inner_height: int

    @property
    def whole(self) -> bool:
        """Painted at its own size: nothing to shrink or to enlarge."""
        return (self.width, self.height) == (self.inner_width, self.inner_height)

    @property
    def bordered(self) -> tuple[int, int]:
        """The size that the generator sees, (width, height)."""
        return self.inner_width + 2 * MARGIN, self.inner_height + 2 * MARGIN


def canvas(
    width: int, height: int, short_side: int, brush: float = 1.0, quality: float = 1.0, stride: int = 8
) -> Canvas:
    """The inner size for a brush: larger strokes are painted smaller; never larger than the picture itself."""
    scale = min(1.0, short_side / brush * quality / min(width, height))

    def inner(length: int) -> int:
        return max(SMALLEST, round(length * scale / stride) * stride)

    return Canvas(width, height, inner(width), inner(height))


def shrunk(image: Image, canvas: Canvas) -> Image:
    """The picture at the inner size."""
    if canvas.whole:
        return image
    result = blank(canvas.inner_width, canvas.inner_height)
    for source, target in zip(planes(image), planes(result), strict=True):
        cv2.resize(source, (target.shape[1], target.shape[0]), dst=target, interpolation=cv2.INTER_AREA)
    return result


def bordered(inner: Image, result: Image) -> None:
    """Copies a picture into a larger one, mirrored at the sides."""
    for source, target, margin in zip(planes(inner), planes(result), (MARGIN, MARGIN // 2, MARGIN // 2), strict=True):
        cv2.copyMakeBorder(source, margin, margin, margin, margin, cv2.BORDER_REFLECT_101, dst=target)


def unbordered(painted: Image, canvas: Canvas) -> Image:
    """Cuts the picture out of its border, into memory of its own."""
    result = blank(canvas.inner_width, canvas.inner_height)
    for source, target, margin in zip(planes(painted), planes(result), (MARGIN, MARGIN // 2, MARGIN // 2), strict=True):
        rows, columns = target.shape
        target[:] = source[margin : margin + rows, margin : margin + columns]
    return result


class Enlarger:
    """Brings a painting to the picture's size with the original's edges: a fast guided upsampling (He and Sun 2015).

    Where painting and original vary together, the original's own detail returns in that proportion; where they do not,
    the strokes are all there is. The proportion is smooth, so it is found at half the inner size.
    """

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._half = (canvas.inner_width + 1) // 2, (canvas.inner_height + 1) // 2
        self._slope, self._base = (np.empty((canvas.height, canvas.width), np.float32) for _ in range(2))
        self._small = np.empty((canvas.inner_height, canvas.inner_width), np.float32)

    def __call__(self, original: Image, inner: Image, painted: Image) -> Image:
        """`inner` and `painted` at the inner size; the result at the original's."""
        if self._canvas.whole:
            # The painting may lie in memory that the next picture is written into.
            return painted.copy()
        result = blank(self._canvas.width, self._canvas.height)
        sources, small, strokes, targets = planes(original), planes(inner), planes(painted), planes(result)
        self._luma(sources[0], small[0], strokes[0], targets[0])
        for chroma, target in zip(strokes[1:], targets[1:], strict=True):
            cv2.resize(chroma, (target.shape[1], target.shape[0]), dst=target, interpolation=cv2.INTER_LINEAR)
        return result

    def _luma(self, source: Plane, guide: Plane, strokes: Plane, target: Plane) -> None:
        size, inner = (target.shape[1], target.shape[0]), (guide.shape[1], guide.shape[0])
        slope = slopes(self._halved(guide), self._halved(strokes))
        # target = painting + slope * (source - guide), with one enlargement of each of two planes.
        base = cv2.resize(slope, inner, dst=self._small, interpolation=cv2.INTER_LINEAR)
        cv2.multiply(guide, base, dst=base, dtype=cv2.CV_32F)
        cv2.subtract(strokes, base, dst=base, dtype=cv2.CV_32F)
        cv2.resize(slope, size, dst=self._slope, interpolation=cv2.INTER_LINEAR)
        cv2.resize(base, size, dst=self._base, interpolation=cv2.INTER_CUBIC)
        cv2.multiply(source, self._slope, dst=self._slope, dtype=cv2.CV_32F)
        cv2.add(self._slope, self._base, dst=target, dtype=cv2.CV_8U)

    def _halved(self, plane: Plane) -> Floats:
        return cv2.resize(plane, self._half, interpolation=cv2.INTER_AREA).astype(np.float32)


def slopes(guide: Floats, painting: Floats) -> Floats:
    """The local regression of the painting on the original, as in the guided filter (He et al. 2010)."""
    window = (2 * DETAIL_RADIUS + 1,) * 2
    mean_guide, mean_painting = cv2.blur(guide, window), cv2.blur(painting, window)
    covariance = cv2.blur(guide * painting, window) - mean_guide * mean_painting
    variance = cv2.blur(guide * guide, window) - mean_guide * mean_guide
    slope = np.clip(covariance / (variance + DETAIL_FLOOR), *SLOPES)
    return np.asarray(cv2.blur(slope, window), np.float32)
