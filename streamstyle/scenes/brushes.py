"""The means that the built-in still is drawn with: noise of several scales, gradients, smooth polygons, leaves."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Shares = NDArray[np.floating[Any]]
Canvas = NDArray[np.uint8]
Ink = tuple[int, int, int]
SHIFT = 4


class Brush:
    """Draws on an RGB canvas in shares of its height, so that any size shows the same picture."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self.height, self.width = canvas.shape[:2]

    def at(self, x: float, y: float) -> tuple[int, int]:
        scale = self.height * (1 << SHIFT)
        return round(x * scale), round(y * scale)

    def polygon(self, points: Sequence[tuple[float, float]], ink: Ink) -> None:
        corners = np.array([self.at(x, y) for x, y in points], np.int32)
        cv2.fillPoly(self.canvas, [corners], ink, cv2.LINE_AA, SHIFT)

    def ellipse(
        self,
        x: float,
        y: float,
        wide: float,
        high: float,
        ink: Ink,
        turn: float = 0,
        arc: tuple[float, float] = (0, 360),
    ) -> None:
        cv2.ellipse(self.canvas, self.at(x, y), self.at(wide, high), turn, *arc, ink, cv2.FILLED, cv2.LINE_AA, SHIFT)

    def line(self, points: Sequence[tuple[float, float]], ink: Ink, thick: float) -> None:
        corners = np.array([self.at(x, y) for x, y in points], np.int32)
        cv2.polylines(self.canvas, [corners], False, ink, max(1, round(thick * self.height)), cv2.LINE_AA, SHIFT)

    def shade(self, mask: Shares, ink: Ink) -> None:
        """Mixes an ink into the canvas by a mask of 0..1 over all of it."""
        shares = np.clip(mask, 0, 1)[..., None]
        self.canvas[:] = (self.canvas + (np.array(ink, np.float32) - self.canvas) * shares).astype(np.uint8)

    def grid(self) -> tuple[Floats, Floats]:
        """The place of every pixel, in shares of the height."""
        rows = (np.arange(self.height, dtype=np.float32) + 0.5) / self.height
        columns = (np.arange(self.width, dtype=np.float32) + 0.5) / self.height
        return np.broadcast_to(columns, (self.height, self.width)), np.broadcast_to(
            rows[:, None], (self.height, self.width)
        )


def mixed(first: Ink, second: Ink, share: float) -> Ink:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def clouds(shape: tuple[int, int], cells: tuple[int, int], octaves: int, seed: int, gain: float = 0.5) -> Floats:
    """Noise of several scales in 0..1, the same at any size; `cells` (down, across) at the coarsest scale."""
    height, width = shape
    total = np.zeros(shape, np.float32)
    weight = 1.0
    for octave in range(octaves):
        rows, columns = cells[0] << octave, cells[1] << octave
        if rows > height * 2 or columns > width * 2:
            break
        values = np.random.default_rng((seed, octave)).random((rows + 3, columns + 3), dtype=np.float32)
        total += weight * cv2.resize(values, (width, height), interpolation=cv2.INTER_CUBIC)
        weight *= gain
    low, high = float(total.min()), float(total.max())
    return np.asarray((total - low) / (high - low), np.float32)


def ridge(count: int, roughness: float, seed: int) -> Floats:
    """A mountain line of `count` points around zero."""
    values = np.zeros(count, np.float32)
    places = np.linspace(0, 1, count)
    for octave in range(8):
        knots = (3 << octave) + 1
        heights = np.random.default_rng((seed, octave)).uniform(-1, 1, knots)
        values += (roughness**octave * np.interp(places, np.linspace(0, 1, knots), heights)).astype(np.float32)
    return values


def smooth(values: Shares, low: float, high: float) -> Floats:
    """A soft step from 0 at `low` to 1 at `high`."""
    share = np.clip((values - low) / (high - low), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def soft(brush: Brush, x: float, y: float, wide: float, high: float) -> Floats:
    """A soft spot around (x, y): 1 in its middle."""
    across, down = brush.grid()
    return np.asarray(np.exp(-(((across - x) / wide) ** 2) - ((down - y) / high) ** 2), np.float32)
