"""A picture as optical flow sees it."""

import cv2
import numpy as np
from numpy.typing import NDArray

from streamstyle.frames import Image, planes
from streamstyle.temporal.warp import Floats

NOTICED = 1.5
"""A smaller change of the mean, in grey levels, may as well be something that moves."""
Vectors = NDArray[np.generic]
"""Motion vectors as in `Frame.vectors`, in pixels of the picture at hand."""


class Sketch:
    """The luma at half size, slightly blurred, as bytes and as floats; the colours at a quarter of the size."""

    def __init__(self, width: int, height: int) -> None:
        self._halved = np.empty((height, width), np.uint8)
        quarter = (height + 1) // 2, (width + 1) // 2
        self._colours = [np.empty(quarter, np.uint8) for _ in range(2)]
        self.colours = np.empty((*quarter, 2), np.uint8)
        self.bytes = np.empty_like(self._halved)
        self.floats = np.empty((height, width), np.float32)
        self._rounded = np.empty_like(self.floats)

    def take(self, picture: Image) -> None:
        luma, *chroma = planes(picture)
        height, width = self.bytes.shape
        cv2.resize(luma, (width, height), dst=self._halved, interpolation=cv2.INTER_AREA)
        # Aliases of the halving would be taken for motion.
        cv2.GaussianBlur(self._halved, (3, 3), 0, dst=self.bytes)
        self.floats[:] = self.bytes
        for plane, small in zip(chroma, self._colours, strict=True):
            cv2.resize(plane, small.shape[::-1], dst=small, interpolation=cv2.INTER_AREA)
        cv2.merge(self._colours, dst=self.colours)

    def take_over(self, other: "Sketch") -> None:
        """Shows what a sketch of another size shows."""
        size, quarter = self.bytes.shape[::-1], self.colours.shape[1::-1]
        cv2.resize(other.bytes, size, dst=self.bytes, interpolation=cv2.INTER_LINEAR)
        cv2.resize(other.colours, quarter, dst=self.colours, interpolation=cv2.INTER_LINEAR)
        self.floats[:] = self.bytes

    def expose_like(self, other: "Sketch") -> float:
        """Takes on the exposure of another sketch of the same scene; by how many grey levels it was another."""
        (mean, spread), (wanted, wanted_spread) = _statistics(self.floats), _statistics(other.floats)
        gain = min(max(wanted_spread / max(spread, 1.0), 0.5), 2.0)
        change = wanted - mean
        if abs(change) < NOTICED and abs(gain - 1) < 0.02:
            return 0.0
        self.floats *= gain
        self.floats += wanted - gain * mean
        np.clip(np.rint(self.floats), 0, 255, out=self._rounded)
        self.bytes[:] = self._rounded
        return change


def _statistics(values: Floats) -> tuple[float, float]:
    mean, spread = cv2.meanStdDev(values)
    return float(mean[0, 0]), float(spread[0, 0])
