"""Keeps blended pictures as crisp as fresh ones.

Resampling blurs, and so does the fading of one painting into another: both cost the finest detail its contrast, and its
local energy is brought back to that of the fresh picture.
"""

import cv2
import numpy as np

from streamstyle.temporal.warp import Floats

STEP = 3
"""Every third row and column is enough to know the energy of a neighbourhood."""
WINDOW = (9, 9)
LEAST, MOST = 0.6, 1.65
"""How far one step may change the detail."""
SILENCE = 0.05
ONE = np.ones(1, np.float32)


def _high_pass() -> Floats:
    """Fifteen taps that hold back the lower half of the spectrum, steeply."""
    places = np.arange(-7, 8)
    low = np.sinc(places * 0.44) * np.hamming(15)
    taps = -low / low.sum()
    taps[7] += 1
    return np.asarray(taps, np.float32)


class Detail:
    """Sharpens or softens planes of one size in place."""

    def __init__(self, width: int, height: int) -> None:
        self._size = width, height
        self._taps = _high_pass()
        self._soft, self._fine = (np.empty((height, width), np.float32) for _ in range(2))
        rows, columns = self._soft[1::STEP], self._soft[:, 1::STEP]
        self._rows = np.empty_like(rows)
        self._columns, self._filtered = (np.empty(columns.shape, np.float32) for _ in range(2))
        self._coarse = columns.shape[1], rows.shape[0]
        self._wanted, self._found, self._part = (np.empty(self._coarse[::-1], np.float32) for _ in range(3))

    def __call__(self, picture: Floats, fresh: Floats, shares: Floats) -> None:
        """Gives `picture` the detail energy of `fresh` where it is carried: the more, the larger `shares`."""
        self._measure(fresh, self._wanted)
        self._measure(picture, self._found)
        np.divide(self._wanted, self._found, out=self._wanted)
        np.sqrt(self._wanted, out=self._wanted)
        np.clip(self._wanted, LEAST, MOST, out=self._wanted)
        self._wanted -= 1
        self._separate(picture)
        gain = cv2.resize(self._wanted, self._size, dst=self._soft, interpolation=cv2.INTER_LINEAR)
        np.multiply(gain, shares, out=gain)
        np.multiply(gain, self._fine, out=gain)
        np.add(picture, gain, out=picture)

    def _measure(self, picture: Floats, energy: Floats) -> None:
        """The energy across and down in the upper half of the spectrum, from a third of the lines each."""
        cv2.sepFilter2D(picture[1::STEP], cv2.CV_32F, self._taps, ONE, dst=self._rows)
        np.multiply(self._rows, self._rows, out=self._rows)
        cv2.resize(self._rows, self._coarse, dst=energy, interpolation=cv2.INTER_AREA)
        self._columns[:] = picture[:, 1::STEP]
        cv2.sepFilter2D(self._columns, cv2.CV_32F, ONE, self._taps, dst=self._filtered)
        np.multiply(self._filtered, self._filtered, out=self._filtered)
        cv2.resize(self._filtered, self._coarse, dst=self._part, interpolation=cv2.INTER_AREA)
        energy += self._part
        cv2.blur(energy, WINDOW, dst=energy)
        energy += SILENCE

    def _separate(self, picture: Floats) -> None:
        """Leaves in `_fine` what two passes of a small filter let through: the more, the finer."""
        cv2.GaussianBlur(picture, (3, 3), 0, dst=self._soft)
        np.subtract(picture, self._soft, out=self._fine)
        cv2.GaussianBlur(self._fine, (3, 3), 0, dst=self._soft)
        np.subtract(self._fine, self._soft, out=self._fine)
