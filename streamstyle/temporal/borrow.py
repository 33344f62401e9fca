"""Sharp edges of motion: where a flow misses, what moves beside it is tried instead."""

import cv2
import numpy as np

from streamstyle.temporal.warp import Floats, Flow, warp

REACH = 16
STEPS = ((0, REACH), (2 * REACH, REACH), (REACH, 0), (REACH, 2 * REACH))
AROUND = 32
WINDOW = (5, 5)
MISS, MARGIN = 5.0, 0.5
"""Grey levels: from what error on a flow is doubted, and by how much another must be better."""
FEWEST, BORDER = 0.0015, 8
Window = tuple[slice, slice]


class Borrower:
    """Mends flows of one size in place: a coarse flow bleeds over the edges of what moves."""

    def __init__(self, width: int, height: int) -> None:
        self._padded = np.empty((height + 2 * REACH, width + 2 * REACH, 2), np.float32)
        self._warped, self._best, self._error = (np.empty((height, width), np.float32) for _ in range(3))
        self._mask = np.empty((height, width), np.uint8)
        self._moved = np.empty((height, width, 2), np.float32)
        self._spare = np.empty_like(self._moved)

    def __call__(self, newer: Floats, older: Floats, flow: Flow) -> None:
        warp(older, flow, self._warped)
        cv2.absdiff(newer, self._warped, dst=self._warped)
        cv2.blur(self._warped, WINDOW, dst=self._best)
        np.greater(self._best, MISS, out=self._mask, casting="unsafe")
        # At the border nothing can be borrowed: what came in was not there.
        self._mask[:BORDER] = self._mask[-BORDER:] = 0
        self._mask[:, :BORDER] = self._mask[:, -BORDER:] = 0
        if cv2.countNonZero(self._mask) < FEWEST * self._mask.size:
            return
        cv2.copyMakeBorder(flow, REACH, REACH, REACH, REACH, cv2.BORDER_REPLICATE, dst=self._padded)
        left, top, width, height = self._doubtful()
        self._best -= MARGIN
        window = np.s_[top : top + height, left : left + width]
        self._spare[window] = np.median(flow[4::8, 4::8], axis=(0, 1))
        self._try(newer, older, flow, window, self._spare[window])
        for across, down in STEPS:
            beside = self._padded[top + down : top + down + height, left + across : left + across + width]
            self._try(newer, older, flow, window, beside)

    def _doubtful(self) -> tuple[int, int, int, int]:
        """The part that holds every miss, and a margin where plain areas hide theirs: left, top, width, height."""
        rows, columns = self._mask.shape
        left, top, width, height = cv2.boundingRect(self._mask)
        right, bottom = min(columns, left + width + AROUND), min(rows, top + height + AROUND)
        left, top = max(0, left - AROUND), max(0, top - AROUND)
        return left, top, right - left, bottom - top

    def _try(self, newer: Floats, older: Floats, flow: Flow, window: Window, candidate: Flow) -> None:
        """Takes the candidate for every pixel of a window where it fits better."""
        rows, columns = window
        moved, mask = self._moved[window], self._mask[window]
        warped, error = self._warped[window], self._error[window]
        # The map is relative to the window, the older picture is whole.
        np.add(candidate, np.array((columns.start, rows.start), np.float32), out=moved)
        warp(older, moved, warped)
        cv2.absdiff(newer[window], warped, dst=warped)
        cv2.blur(warped, WINDOW, dst=error)
        cv2.compare(error, self._best[window], cv2.CMP_LT, dst=mask)
        cv2.copyTo(candidate, mask, flow[window])
        cv2.min(error, self._best[window], dst=self._best[window])
