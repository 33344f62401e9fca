"""Finds scene cuts in a stream as it passes: a picture whose fine structure no motion makes of the one before."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from streamstyle.frames import Plane
from streamstyle.temporal.warp import Floats, Flow, warp

THUMBNAIL = 64, 36
SHIFTED = 160, 90
LIKE, UNLIKE = 0.75, 0.55
FALL = 0.25
FARTHEST = 0.6
EMPTY = 3.0


class Cuts:
    """Judges each picture against the one before it.

    A correlation is blind to exposure, so flashes are no cuts; the fine structure is compared, since a flow bends any
    picture into the coarse likeness of any other.
    """

    def __init__(self) -> None:
        self._usual = 1.0
        self._window = cv2.createHanningWindow(SHIFTED, cv2.CV_32F)

    def reset(self) -> None:
        """Forgets how alike pictures usually are."""
        self._usual = 1.0

    def __call__(self, newer: Plane, older: Plane, flow: Flow) -> bool:
        """Whether `newer` begins another scene; the flow leads from it to `older`, all of one size."""
        likeness = self._likeness(newer, older, flow)
        cut = likeness < UNLIKE and likeness < self._usual - FALL
        # Water, crowds and a waved hand are never very alike: only a fall below the usual is a cut.
        self._usual += 0.2 * (likeness - self._usual)
        return cut

    def _likeness(self, newer: Plane, older: Plane, flow: Flow) -> float:
        """The correlation of the two as they are, else along the flow, else after the best shift of the whole."""
        first, second = (cv2.resize(plane, THUMBNAIL, interpolation=cv2.INTER_AREA) for plane in (newer, older))
        if min(float(first.std()), float(second.std())) < EMPTY:
            # A white or black picture says nothing; nor does the change to or from it.
            return self._usual
        best = _correlation(first.astype(np.float32), second.astype(np.float32))
        if best < LIKE:
            moved = np.empty_like(older)
            warp(older, flow, moved)
            best = max(best, _correlation(_fine(newer), _fine(moved)))
        if best < LIKE:
            best = max(best, self._shifted(newer, older))
        return best

    def _shifted(self, newer: Plane, older: Plane) -> float:
        """What a flow cannot follow any more: the camera thrown aside."""
        width, height = SHIFTED
        first, second = (_fine(cv2.resize(plane, SHIFTED, interpolation=cv2.INTER_AREA)) for plane in (newer, older))
        (across, down), _ = cv2.phaseCorrelate(first, second, self._window)
        x, y = round(across), round(down)
        if abs(x) > width * FARTHEST or abs(y) > height * FARTHEST:
            return -1.0
        here = first[max(0, -y) : height - max(0, y), max(0, -x) : width - max(0, x)]
        there = second[max(0, y) : height - max(0, -y), max(0, x) : width - max(0, -x)]
        return _correlation(here, there)


def _fine(plane: NDArray[Any]) -> Floats:
    picture = plane.astype(np.float32)
    return np.asarray(picture - cv2.blur(picture, (9, 9)), np.float32)


def _correlation(first: Floats, second: Floats) -> float:
    """The normalised correlation: blind to exposure and contrast."""
    first, second = first - first.mean(), second - second.mean()
    scale = float(np.sqrt((first * first).sum() * (second * second).sum()))
    return float((first * second).sum()) / scale if scale > 0 else 0.0
