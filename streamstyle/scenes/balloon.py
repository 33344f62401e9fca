"""The balloon that crosses the sky."""

from collections.abc import Callable

import numpy as np

from streamstyle.scenes.brushes import Brush, Canvas, Floats, Ink, smooth, soft

STRIPES: tuple[Ink, ...] = ((214, 62, 48), (246, 206, 84), (40, 110, 160), (244, 238, 222))


def draw_balloon(size: int) -> tuple[Canvas, Floats]:
    """A balloon in a square of `size` pixels: RGB, and its coverage in 0..1."""
    canvas = np.full((size, size, 3), 160, np.uint8)
    brush = Brush(canvas)
    _shape(brush, lambda ink: ink)
    across, down = brush.grid()
    brush.shade(0.35 * soft(brush, 0.38, 0.26, 0.14, 0.14), (255, 250, 230))
    brush.shade(0.45 * smooth(across + 0.4 * down, 0.6, 1.1) * (down < 0.83), (40, 20, 50))
    cover = np.zeros((size, size, 3), np.uint8)
    _shape(Brush(cover), lambda ink: (255, 255, 255))
    return canvas, np.asarray(cover[..., 0] / 255, np.float32)


def _shape(brush: Brush, inked: Callable[[Ink], Ink]) -> None:
    for stripe in range(8):
        brush.ellipse(0.5, 0.38, 0.36 * (1 - stripe / 8), 0.36, inked(STRIPES[stripe % 4]))
    brush.polygon([(0.27, 0.64), (0.44, 0.82), (0.56, 0.82), (0.73, 0.64)], inked(STRIPES[0]))
    for x in (0.45, 0.55):
        brush.line([(x, 0.81), (x, 0.9)], inked((70, 50, 40)), 0.012)
    brush.polygon([(0.43, 0.88), (0.57, 0.88), (0.555, 0.97), (0.445, 0.97)], inked((140, 96, 56)))
    for row in range(3):
        brush.line([(0.44, 0.90 + 0.022 * row), (0.56, 0.90 + 0.022 * row)], inked((92, 58, 36)), 0.008)
