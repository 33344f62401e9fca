"""A picture as optical flow sees it."""

import cv2
import numpy as np
from numpy.typing import NDArray

from streamstyle.frames import Plane

Vectors = NDArray[np.generic]
"""Motion vectors as in `Frame.vectors`, in pixels of the picture at hand."""


class Sketch:
    """The luma at half size, slightly blurred, as bytes and as floats."""

    def __init__(self, width: int, height: int) -> None:
        self._halved = np.empty((height, width), np.uint8)
        self.bytes = np.empty_like(self._halved)
        self.floats = np.empty((height, width), np.float32)

    def take(self, luma: Plane) -> None:
        height, width = self.bytes.shape
        cv2.resize(luma, (width, height), dst=self._halved, interpolation=cv2.INTER_AREA)
        # Aliases of the halving would be taken for motion.
        cv2.GaussianBlur(self._halved, (3, 3), 0, dst=self.bytes)
        self.floats[:] = self.bytes
