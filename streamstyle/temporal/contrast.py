"""Keeps carried paint as strong as fresh paint.

Two paintings that lie over each other half and half agree in their means and not in their strokes: light and dark
come nearer, colours fade towards grey. The deviation from the mean around is brought back to that of the fresh picture.
"""

import cv2
import numpy as np

from streamstyle.temporal.warp import Floats

STEP = 4
"""Means and energies of neighbourhoods are wanted, not of pixels: a coarse plane is enough."""
WINDOW = (5, 5)
LEAST, MOST = 0.8, 1.5
"""How far one step may change the contrast."""
SILENCE = 1.0


class Contrast:
    """Strengthens or weakens planes of one size in place."""

    def __init__(self, width: int, height: int) -> None:
        self._size = width, height
        self._coarse = width // STEP, height // STEP
        self._deviation, self._spare = (np.empty((height, width), np.float32) for _ in range(2))
        self._mean, self._squared, self._wanted, self._found = (
            np.empty(self._coarse[::-1], np.float32) for _ in range(4)
        )

    def __call__(self, picture: Floats, fresh: Floats, shares: Floats) -> None:
        """Gives `picture` the contrast of `fresh` where it is carried: the more, the larger `shares`."""
        self._measure(fresh, self._wanted)
        # Last, because its means are needed once more.
        self._measure(picture, self._found)
        gain = self._wanted
        cv2.divide(gain, self._found, dst=gain)
        cv2.sqrt(gain, dst=gain)
        np.clip(gain, LEAST, MOST, out=gain)
        gain -= 1
        cv2.resize(self._mean, self._size, dst=self._spare, interpolation=cv2.INTER_LINEAR)
        cv2.subtract(picture, self._spare, dst=self._deviation)
        wide = cv2.resize(gain, self._size, dst=self._spare, interpolation=cv2.INTER_LINEAR)
        np.multiply(wide, shares, out=wide)
        np.multiply(wide, self._deviation, out=wide)
        np.add(picture, wide, out=picture)

    def _measure(self, picture: Floats, energy: Floats) -> None:
        """The variance of every neighbourhood; its mean stays in `_mean`."""
        cv2.resize(picture, self._coarse, dst=self._mean, interpolation=cv2.INTER_AREA)
        cv2.blur(self._mean, WINDOW, dst=self._mean)
        cv2.multiply(picture, picture, dst=self._spare)
        cv2.resize(self._spare, self._coarse, dst=energy, interpolation=cv2.INTER_AREA)
        cv2.blur(energy, WINDOW, dst=energy)
        cv2.multiply(self._mean, self._mean, dst=self._squared)
        cv2.subtract(energy, self._squared, dst=energy)
        np.maximum(energy, 0, out=energy)
        energy += SILENCE
