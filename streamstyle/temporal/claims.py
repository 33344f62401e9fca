"""What comes into view: two places that claim to have been at the same spot cannot both be right."""

import cv2
import numpy as np
from numpy.typing import NDArray

from streamstyle.temporal.warp import Floats, Flow

APART = 0.35
"""By how many pixels, of a quarter of the picture's size, two claims must move differently to be rivals."""
WORSE = 0.75
"""Grey levels by which the loser must fit worse."""


class Claims:
    """Looks at every second pixel of a flow: enough to know where, and a quarter of the work."""

    def __init__(self, width: int, height: int) -> None:
        self._size = width, height
        self._quarter = (width + 1) // 2, (height + 1) // 2
        columns, rows = np.meshgrid(np.arange(self._quarter[0]), np.arange(self._quarter[1]))
        self._columns, self._rows = columns.astype(np.float32), rows.astype(np.float32)
        self._square = np.ones((3, 3), np.uint8)

    def losers(self, flow: Flow, misfit: Floats) -> NDArray[np.uint8] | None:
        """A mask, at the size of the flow, of what was hidden a picture ago; None where nothing was."""
        width, height = self._quarter
        across, down = (flow[::2, ::2, part] * 0.5 for part in (0, 1))
        x = np.clip(np.rint(self._columns + across), 0, width - 1)
        y = np.clip(np.rint(self._rows + down), 0, height - 1)
        spot = (y * width + x).astype(np.intp).ravel()
        count = np.bincount(spot, minlength=width * height)
        shared = np.flatnonzero(count[spot] > 1)
        rivals = shared[self._apart(spot, count, across.ravel(), down.ravel())[shared]]
        if rivals.size < 4:
            return None
        spot, fit = spot[rivals], misfit[::2, ::2].ravel()[rivals]
        best = np.full(width * height, np.inf, np.float32)
        np.minimum.at(best, spot, fit)
        mask = np.zeros(width * height, np.uint8)
        mask[rivals[fit > best[spot] + WORSE]] = 255
        grown = cv2.dilate(mask.reshape(height, width), self._square)
        return np.asarray(cv2.resize(grown, self._size, interpolation=cv2.INTER_NEAREST), np.uint8)

    def _apart(
        self, spot: NDArray[np.intp], count: NDArray[np.intp], across: Floats, down: Floats
    ) -> NDArray[np.bool_]:
        """Which claims move otherwise than the mean of those on their spot."""
        usual = np.maximum(count, 1)
        off_x = across - (np.bincount(spot, across, count.size) / usual)[spot]
        off_y = down - (np.bincount(spot, down, count.size) / usual)[spot]
        return np.asarray(off_x * off_x + off_y * off_y > APART * APART)
