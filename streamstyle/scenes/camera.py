"""How the camera of a test scene moves: views into the still, and the exact maps between two of them."""

from dataclasses import dataclass
from math import cos, pi, radians, sin

import numpy as np
from numpy.typing import NDArray

Affine = NDArray[np.float64]
"""A 3x3 matrix; places are pixel centres, as OpenCV counts them."""


@dataclass(frozen=True, slots=True)
class View:
    """Where the camera looks: the middle in shares of the still, how much larger than life, and its turn in degrees."""

    x: float = 0.5
    y: float = 0.5
    scale: float = 1.0
    turn: float = 0.0

    def to_still(self, size: tuple[int, int], still: tuple[int, int]) -> Affine:
        """The map from a pixel of the picture to the pixel of the still that it shows."""
        (width, height), (wide, high) = size, still
        along, across = cos(radians(self.turn)) / self.scale, sin(radians(self.turn)) / self.scale
        middle = (width - 1) / 2, (height - 1) / 2
        x = self.x * wide - 0.5 - along * middle[0] + across * middle[1]
        y = self.y * high - 0.5 - across * middle[0] - along * middle[1]
        return np.array([[along, -across, x], [across, along, y], [0, 0, 1]], np.float64)


def panned(seconds: float) -> View:
    """To and fro over the still, at up to an eighth of the picture's width a second."""
    return View(0.5 + 0.17 * sin(2 * pi * seconds / 8.5), 0.5 + 0.12 * sin(2 * pi * seconds / 6.1 + 1))


def zoomed(seconds: float) -> View:
    return View(0.58, 0.53, 1.25 - 0.25 * cos(2 * pi * seconds / 6))


def turned(seconds: float) -> View:
    return View(0.56, 0.52, 1.0, 12 * sin(2 * pi * seconds / 5))


def held(seconds: float) -> View:
    return View(0.55, 0.52)


def displacement(first: Affine, second: Affine, size: tuple[int, int]) -> NDArray[np.float32]:
    """The flow (height, width, 2): what a picture seen through `first` shows at p, `second` shows at p + flow."""
    width, height = size
    between = np.linalg.inv(second) @ first
    x, y = np.meshgrid(np.arange(width, dtype=np.float64), np.arange(height, dtype=np.float64))
    flow = np.empty((height, width, 2), np.float32)
    flow[..., 0] = between[0, 0] * x + between[0, 1] * y + between[0, 2] - x
    flow[..., 1] = between[1, 0] * x + between[1, 1] * y + between[1, 2] - y
    return flow
