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
        self._squares, self._wide = np.empty((height // 2, width), np.float32), np.empty((height, width), np.float32)
        coarse = (np.empty(self._coarse[::-1], np.float32) for _ in range(4))
        self._mean, self._spare, self._wanted, self._found = coarse

    def __call__(self, picture: Floats, fresh: Floats, shares: Floats) -> None:
        """Gives `picture` the contrast of `fresh` where it is carried: the more, the larger `shares`."""
        self._measure(fresh, self._wanted)
        # Last, because its means are needed once more.
        self._measure(picture, self._found)
        gain, wide = self._wanted, self._wide
        cv2.divide(gain, self._found, dst=gain)
        cv2.sqrt(gain, dst=gain)
        np.clip(gain, LEAST, MOST, out=gain)
        gain -= 1
        gain *= cv2.resize(shares, self._coarse, dst=self._spare, interpolation=cv2.INTER_AREA)
        # picture += gain * (picture - mean), with what can be coarse kept coarse.
        self._mean *= gain
        cv2.resize(gain, self._size, dst=wide, interpolation=cv2.INTER_LINEAR)
        cv2.multiply(picture, wide, dst=wide)
        cv2.add(picture, wide, dst=picture)
        cv2.resize(self._mean, self._size, dst=wide, interpolation=cv2.INTER_LINEAR)
        cv2.subtract(picture, wide, dst=picture)

    def _measure(self, picture: Floats, energy: Floats) -> None:
        """The variance of every neighbourhood; its mean stays in `_mean`. Every second row is enough for both."""
        rows = picture[: 2 * len(self._squares) : 2]
        cv2.resize(rows, self._coarse, dst=self._mean, interpolation=cv2.INTER_AREA)
        cv2.blur(self._mean, WINDOW, dst=self._mean)
        cv2.multiply(rows, rows, dst=self._squares)
        cv2.resize(self._squares, self._coarse, dst=energy, interpolation=cv2.INTER_AREA)
        cv2.blur(energy, WINDOW, dst=energy)
        cv2.multiply(self._mean, self._mean, dst=self._spare)
        cv2.subtract(energy, self._spare, dst=energy)
        np.maximum(energy, 0, out=energy)
        energy += SILENCE
