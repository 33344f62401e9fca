"""Optical flow between two neighbouring pictures, by DIS or from the codec's motion vectors."""

from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from streamstyle.errors import UsageError
from streamstyle.temporal.borrow import Borrower
from streamstyle.temporal.refine import Refiner
from streamstyle.temporal.sketch import Sketch, Vectors
from streamstyle.temporal.warp import Floats, Flow, warp

FLOWS = ("auto", "codec", "dis", "raft", "off")
STILL = 0.08
WIDEST = 480
"""Wider sketches are searched at half their size: the refinement brings the precision back."""


class FlowFinder(Protocol):
    """Finds where each pixel of the newer picture was in the older one."""

    def __call__(self, newer: Sketch, older: Sketch, vectors: Vectors | None) -> Flow: ...


def hold_still(flow: Flow) -> None:
    """Takes the trembling out of the flow of a camera that stands: what does not move is then never resampled."""
    sample = np.abs(flow[4::8, 4::8])
    if np.count_nonzero(sample < STILL) > 0.8 * sample.size:
        size = np.abs(flow)
        moving = (np.maximum(size[..., 0], size[..., 1]) >= 2 * STILL).astype(np.float32)
        # Two products are ten times quicker than an indexed assignment.
        flow[..., 0] *= moving
        flow[..., 1] *= moving


class Dis:
    """Dense inverse search (Kroeger et al. 2016), the coarse levels only, then refined."""

    def __init__(self, width: int, height: int) -> None:
        self._search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        # Few large patches and no variational smoothing find as much in a third of the time; the rest is refinement.
        self._search.setFinestScale(1)
        self._search.setPatchSize(12)
        self._search.setPatchStride(9)
        self._search.setGradientDescentIterations(12)
        self._search.setVariationalRefinementIterations(0)
        self._flow = np.zeros((height, width, 2), np.float32)
        self._found = np.zeros((height // 2, width // 2, 2), np.float32)
        self._small = (width // 2, height // 2) if width > WIDEST else None
        self._refine = Refiner(width, height)
        self._borrow = Borrower(width, height)

    def __call__(self, newer: Sketch, older: Sketch, vectors: Vectors | None) -> Flow:
        # What is in it would be taken for a first guess, and a wrong one lives long.
        self._flow[:] = 0
        self._found[:] = 0
        if self._small is None:
            self._search.calc(newer.bytes, older.bytes, self._flow)
        else:
            first, second = (
                cv2.resize(each.bytes, self._small, interpolation=cv2.INTER_AREA) for each in (newer, older)
            )
            found = self._search.calc(first, second, self._found)
            cv2.resize(found, newer.bytes.shape[::-1], dst=self._flow, interpolation=cv2.INTER_LINEAR)
            self._flow *= 2
        self._refine(newer.floats, older.floats, self._flow)
        self._borrow(newer.floats, older.floats, self._flow)
        hold_still(self._flow)
        return self._flow


class Codec:
    """The motion vectors that the video came with: cleaned, spread over the picture, refined.

    Where a picture has too few of them (key pictures have none) or they lead nowhere, DIS takes its place.
    """

    CELL = 4
    """Pixels of a sketch to a cell of the grid on which vectors are gathered."""

    def __init__(self, width: int, height: int) -> None:
        self._size = width, height
        self._grid = max(1, width // self.CELL), max(1, height // self.CELL)
        self._flow = np.zeros((height, width, 2), np.float32)
        self._warped = np.empty((height, width), np.float32)
        self._refine = Refiner(width, height)
        self._borrow = Borrower(width, height)
        self._dis = Dis(width, height)

    def __call__(self, newer: Sketch, older: Sketch, vectors: Vectors | None) -> Flow:
        if vectors is None or len(vectors) == 0:
            return self._dis(newer, older, None)
        cells = self._gathered(vectors)
        if cells is None:
            return self._dis(newer, older, None)
        cv2.resize(cells, self._size, dst=self._flow, interpolation=cv2.INTER_LINEAR)
        moved = self._misfit(newer, older)
        unmoved = float(cv2.norm(newer.floats, older.floats, cv2.NORM_L1)) / newer.floats.size
        if moved > max(3.0, 0.6 * unmoved):
            return self._dis(newer, older, None)
        self._refine(newer.floats, older.floats, self._flow)
        self._borrow(newer.floats, older.floats, self._flow)
        hold_still(self._flow)
        return self._flow

    def _misfit(self, newer: Sketch, older: Sketch) -> float:
        warp(older.floats, self._flow, self._warped)
        return float(cv2.norm(newer.floats, self._warped, cv2.NORM_L1)) / self._warped.size

    def _gathered(self, vectors: Vectors) -> Flow | None:
        """The mean vector of every cell, outliers replaced by their neighbours' median, holes filled from around."""
        rows = np.asarray(vectors, np.float32)
        (width, height), (columns, lines) = self._size, self._grid
        # Vectors are in pixels of the whole picture, twice those of a sketch.
        x, y = rows[:, 4] * 0.5 * columns / width, rows[:, 5] * 0.5 * lines / height
        inside = (x >= 0) & (y >= 0) & (x < columns) & (y < lines)
        if not inside.any():
            return None
        moves = (rows[inside, 2:4] - rows[inside, 4:6]) * 0.5
        weight, across, down = self._spread(rows[inside], x[inside], y[inside], moves)
        if (weight > 0).mean() < 0.3:
            return None
        known = weight > 0
        np.divide(across, weight, out=across, where=known)
        np.divide(down, weight, out=down, where=known)
        _fill(across, down, known)
        return np.asarray(cv2.merge([cv2.medianBlur(across, 3), cv2.medianBlur(down, 3)]), np.float32)

    def _spread(self, rows: Any, x: Any, y: Any, moves: Any) -> tuple[Floats, Floats, Floats]:
        """Adds every block to all cells that it covers."""
        (width, height), (columns, lines) = self._size, self._grid
        totals = np.zeros((3, lines * columns), np.float64)
        reach_x = np.maximum(0, rows[:, 0] * 0.25 * columns / width - 0.5)
        reach_y = np.maximum(0, rows[:, 1] * 0.25 * lines / height - 0.5)
        for down in (-1.0, -0.34, 0.34, 1.0):
            for across in (-1.0, -0.34, 0.34, 1.0):
                column = np.clip(x + across * reach_x, 0, columns - 1).astype(np.int64)
                line = np.clip(y + down * reach_y, 0, lines - 1).astype(np.int64)
                cell = line * columns + column
                for total, weights in zip(totals, (None, moves[:, 0], moves[:, 1]), strict=True):
                    total += np.bincount(cell, weights, lines * columns)
        weight, sums_x, sums_y = totals.reshape(3, lines, columns).astype(np.float32)
        return weight, sums_x, sums_y


def _fill(across: Floats, down: Floats, known: NDArray[np.bool_]) -> None:
    """Fills unknown cells from the nearest known ones, ring by ring."""
    weight = known.astype(np.float32)
    for _ in range(6):
        if weight.all():
            return
        spread = cv2.blur(weight, (5, 5))
        holes = (weight == 0) & (spread > 0)
        for values in (across, down):
            values *= weight
            values[holes] = cv2.blur(values, (5, 5))[holes] / spread[holes]
        weight[holes] = 1


def flow_finder(name: str, width: int, height: int) -> FlowFinder | None:
    """A finder for sketches of one size; None where flow is off."""
    if name not in FLOWS:
        raise UsageError(f"there is no flow {name!r}; there are {', '.join(FLOWS)}")
    if name == "off":
        return None
    if name == "dis":
        return Dis(width, height)
    if name == "raft":
        from streamstyle.temporal.raft import Raft

        return Raft(width, height)
    return Codec(width, height)
