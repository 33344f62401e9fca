"""Keeps blended pictures as crisp as fresh ones.

Resampling over and over blurs, and strokes that differ from picture to picture fade when averaged. Both cost the finest
detail its contrast; so its local energy is brought back to that of the fresh picture, a little at every step.
"""

import cv2
import numpy as np

from streamstyle.temporal.warp import Floats

HALF_BAND = np.array([-1, 0, 9, 16, 9, 0, -1], np.float32) / 32
"""Lets the lower half of the spectrum through and little else: what it holds back is the fine detail."""
STEP = 3
"""Every third pixel across and down is enough to know the energy of a neighbourhood."""
WINDOW = (15, 15)
LEAST, MOST = 0.7, 1.4
"""How far one step may change the detail."""
SILENCE = 0.05


class Detail:
    """Sharpens or softens planes of one size in place."""

    def __init__(self, width: int, height: int) -> None:
        self._size = width, height
        self._fine, self._gain = (np.empty((height, width), np.float32) for _ in range(2))
        sampled = self._fine[1::STEP, 1::STEP].shape
        self._wanted, self._found = (np.empty(sampled, np.float32) for _ in range(2))

    def __call__(self, blended: Floats, fresh: Floats, shares: Floats) -> None:
        """Gives `blended` the detail energy of `fresh` where `shares` of it are older, within a byte's values."""
        self._measure(fresh, self._wanted)
        # What is left in `_fine` afterwards is the detail of the blended picture.
        self._measure(blended, self._found)
        np.divide(self._wanted, self._found, out=self._wanted)
        np.sqrt(self._wanted, out=self._wanted)
        np.clip(self._wanted, LEAST, MOST, out=self._wanted)
        self._wanted -= 1
        cv2.resize(self._wanted, self._size, dst=self._gain, interpolation=cv2.INTER_LINEAR)
        np.multiply(self._gain, self._fine, out=self._gain)
        np.multiply(self._gain, shares, out=self._gain)
        np.add(blended, self._gain, out=blended)
        np.clip(blended, 0, 255, out=blended)

    def _measure(self, picture: Floats, energy: Floats) -> None:
        """Leaves the fine detail in `_fine`."""
        cv2.sepFilter2D(picture, cv2.CV_32F, HALF_BAND, HALF_BAND, dst=self._fine)
        np.subtract(picture, self._fine, out=self._fine)
        sample = self._fine[1::STEP, 1::STEP]
        np.multiply(sample, sample, out=energy)
        cv2.blur(energy, WINDOW, dst=energy)
        energy += SILENCE
