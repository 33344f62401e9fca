"""How far the warped history can be believed: where the originals agree along the flow, in brightness and in colour."""

import cv2
import numpy as np

from streamstyle.temporal.claims import Claims
from streamstyle.temporal.sketch import Sketch
from streamstyle.temporal.warp import Flow, warp, warp_marked

OUTSIDE = -4096.0
HUES = np.full((1, 2), 0.35, np.float32)
"""What a change of the two colour planes counts, in grey levels."""
TOLERANCE, NOISE_TOLERANCE, CONTRAST_TOLERANCE = 1.5, 2.0, 0.3
"""Grey levels, shares of the noise and of the local contrast: a change is believed fully up to half of their sum, not
at all from one and a half on."""
LOUDEST = 6.0
LIGHT, TOO_LIGHT = 1.5, 9.0
"""By how many grey levels the exposure may change before the history counts less, and counts nothing."""


class Trust:
    """Compares a picture with the earlier one warped onto it; both as sketches of one size."""

    def __init__(self, width: int, height: int) -> None:
        self._size = width, height
        shape, quarter = (height, width), ((height + 1) // 2, (width + 1) // 2)
        self._warped, self._change, self._hues, self._tolerance = (np.empty(shape, np.float32) for _ in range(4))
        self._small_flow = np.empty((*quarter, 2), np.float32)
        self._colours = np.empty((*quarter, 2), np.uint8)
        self._claims = Claims(width, height)
        self.shares = np.empty(shape, np.float32)
        """How far to believe the history, 0..1."""
        self.noise = 0.5
        """The sensor's noise in grey levels, as seen in sketches."""

    def __call__(self, newer: Sketch, older: Sketch, flow: Flow, exposed: float) -> None:
        """`exposed` says by how many grey levels the older sketch was made brighter, to be like the newer one."""
        warp_marked(older.floats, flow, self._warped, OUTSIDE)
        cv2.absdiff(newer.floats, self._warped, dst=self._change)
        self._measure_noise()
        cv2.blur(self._change, (5, 5), dst=self._change)
        self._add_colours(newer, older, flow)
        self._measure_contrast(newer)
        np.divide(self._change, self._tolerance, out=self.shares)
        np.subtract(1.5, self.shares, out=self.shares)
        np.clip(self.shares, 0, 1, out=self.shares)
        losers = self._claims.losers(flow, self._change)
        if losers is not None:
            self.shares[losers > 0] = 0
        # A change of the light is to be seen at once: what was painted under another light gives way.
        self.shares *= min(max((TOO_LIGHT - abs(exposed)) / (TOO_LIGHT - LIGHT), 0.0), 1.0)

    def _measure_contrast(self, newer: Sketch) -> None:
        """The tolerance of every place: where the picture is rough, the least error of the flow makes a difference."""
        cv2.blur(newer.floats, (5, 5), dst=self._warped)
        cv2.absdiff(newer.floats, self._warped, dst=self._warped)
        cv2.blur(self._warped, (5, 5), dst=self._tolerance)
        self._tolerance *= CONTRAST_TOLERANCE
        self._tolerance += TOLERANCE + NOISE_TOLERANCE * self.noise

    def _add_colours(self, newer: Sketch, older: Sketch, flow: Flow) -> None:
        """Raises the change to that of the colours: what hides behind an equal brightness seldom has equal hues."""
        height, width = self._colours.shape[:2]
        cv2.resize(flow, (width, height), dst=self._small_flow, interpolation=cv2.INTER_AREA)
        self._small_flow *= 0.5
        warp(older.colours, self._small_flow, self._colours)
        cv2.absdiff(newer.colours, self._colours, dst=self._colours)
        change = cv2.transform(self._colours, HUES)
        cv2.blur(change, (3, 3), dst=change)
        self._hues[:] = cv2.resize(change, self._size, interpolation=cv2.INTER_LINEAR)
        cv2.max(self._change, self._hues, dst=self._change)

    def _measure_noise(self) -> None:
        """The median of a sample, followed slowly: what moves is rare or short, noise is everywhere."""
        seen = float(np.median(self._change[3::7, 2::5]))
        self.noise += 0.2 * (min(seen, LOUDEST) - self.noise)
