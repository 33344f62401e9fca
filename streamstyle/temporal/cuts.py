"""Finds scene cuts in a stream as it passes: a picture that no motion and no light makes of the one before."""

import cv2
import numpy as np

from streamstyle.frames import Plane
from streamstyle.temporal.warp import Floats, Flow, warp

WIDTH, HEIGHT = 64, 36
LIKE, UNLIKE = 0.85, 0.5
FALL = 0.3


class Cuts:
    """Judges each picture against the one before it."""

    def __init__(self) -> None:
        self._usual = 1.0
        self._window = cv2.createHanningWindow((WIDTH, HEIGHT), cv2.CV_32F)

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
        first, second = _thumbnail(newer), _thumbnail(older)
        if first is None or second is None:
            # A white or black picture says nothing; if another scene follows, its first picture will.
            return self._usual
        best = _correlation(first, second)
        if best < LIKE:
            warped = np.empty_like(older)
            warp(older, flow, warped)
            moved = _thumbnail(warped)
            best = max(best, _correlation(first, moved) if moved is not None else -1)
        if best < LIKE:
            best = max(best, self._shifted(first, second))
        return best

    def _shifted(self, first: Floats, second: Floats) -> float:
        (x, y), _ = cv2.phaseCorrelate(first, second, self._window)
        x, y = round(x), round(y)
        if abs(x) > WIDTH * 0.6 or abs(y) > HEIGHT * 0.6:
            return -1
        here = first[max(0, -y) : HEIGHT - max(0, y), max(0, -x) : WIDTH - max(0, x)]
        there = second[max(0, y) : HEIGHT - max(0, -y), max(0, x) : WIDTH - max(0, -x)]
        return _correlation(here, there)


def _thumbnail(plane: Plane) -> Floats | None:
    """A small picture, or None where it has nothing in it."""
    small = cv2.resize(plane, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA).astype(np.float32)
    return small if float(small.std()) > 3 else None


def _correlation(first: Floats, second: Floats) -> float:
    """The normalised correlation: blind to exposure and contrast."""
    first, second = first - first.mean(), second - second.mean()
    scale = float(np.sqrt((first * first).sum() * (second * second).sum()))
    return float((first * second).sum()) / scale if scale > 0 else 0.0
