"""How far the warped history can be believed, and where the light itself changed."""

import cv2
import numpy as np

from streamstyle.temporal.sketch import Sketch
from streamstyle.temporal.warp import Flow, warp, warp_marked

OUTSIDE = -4096.0
COARSE = 8
HUES = np.full((1, 2), 0.5, np.float32)


class Trust:
    """Compares a picture with the earlier one warped onto it; both as sketches."""

    def __init__(self, width: int, height: int) -> None:
        self._size = width, height
        self._coarse = max(1, width // COARSE), max(1, height // COARSE)
        shape = height, width
        self._warped, self._change, self._spare = (np.empty(shape, np.float32) for _ in range(3))
        quarter = (height + 1) // 2, (width + 1) // 2
        self._small_flow = np.empty((*quarter, 2), np.float32)
        self._moved = np.empty((*quarter, 2), np.uint8)
        self._hues = np.empty(shape, np.uint8)
        self.shares = np.empty(shape, np.float32)
        """How far to believe the history, 0..1, at the sketch's size."""
        self.light = np.zeros(self._coarse[::-1], np.float32)
        """By how many grey levels the light changed, on a coarse grid."""
        self.noise = 1.0
        """The sensor's noise in grey levels, as seen in sketches."""

    def __call__(self, newer: Sketch, older: Sketch, flow: Flow) -> None:
        warp_marked(older.floats, flow, self._warped, OUTSIDE)
        cv2.subtract(newer.floats, self._warped, dst=self._change)
        self._measure_light()
        cv2.resize(self.light, self._size, dst=self._spare, interpolation=cv2.INTER_LINEAR)
        cv2.absdiff(self._change, self._spare, dst=self._change)
        self._measure_noise()
        cv2.blur(self._change, (5, 5), dst=self._change)
        self._add_colours(newer, older, flow)
        # Fully believed up to half the tolerance, not at all from one and a half of it on.
        tolerance = 2.0 + 3.0 * self.noise
        np.multiply(self._change, -1 / tolerance, out=self.shares)
        self.shares += 1.5
        np.clip(self.shares, 0, 1, out=self.shares)

    def _add_colours(self, newer: Sketch, older: Sketch, flow: Flow) -> None:
        """Raises the change to that of the colours: what is hidden behind an equal brightness seldom has equal hues."""
        small = newer.colours.shape[1::-1]
        cv2.resize(flow, small, dst=self._small_flow, interpolation=cv2.INTER_AREA)
        self._small_flow *= 0.5
        warp(older.colours, self._small_flow, self._moved)
        cv2.absdiff(newer.colours, self._moved, dst=self._moved)
        change = cv2.transform(self._moved, HUES)
        cv2.blur(change, (3, 3), dst=change)
        cv2.resize(change, self._size, dst=self._hues, interpolation=cv2.INTER_LINEAR)
        self._spare[:] = self._hues
        cv2.max(self._change, self._spare, dst=self._change)

    def _measure_light(self) -> None:
        np.clip(self._change, -64, 64, out=self._spare)
        cv2.resize(self._spare, self._coarse, dst=self.light, interpolation=cv2.INTER_AREA)
        cv2.blur(self.light, (5, 5), dst=self.light)

    def _measure_noise(self) -> None:
        """The median of a sample, followed slowly: what moves is rare or short, noise is everywhere."""
        seen = float(np.median(self._change[3::7, 2::5]))
        self.noise += 0.2 * (min(seen, 6.0) - self.noise)
