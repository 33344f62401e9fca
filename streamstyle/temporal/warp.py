"""Moving a picture along a flow."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Flow = NDArray[np.float32]
"""(height, width, 2): what the newer picture shows at p lies at p + flow in the older one; x, then y."""

# The flow itself serves as the map: no absolute map is ever made.
_LINEAR = cv2.INTER_LINEAR | cv2.WARP_RELATIVE_MAP
_CUBIC = cv2.INTER_CUBIC | cv2.WARP_RELATIVE_MAP
_NOTHING: Any = None


def warp(older: NDArray[Any], flow: Flow, out: NDArray[Any]) -> None:
    """Bilinear; beyond the border lies more of the border."""
    cv2.remap(older, flow, _NOTHING, _LINEAR, dst=out, borderMode=cv2.BORDER_REPLICATE)


def warp_sharp(older: NDArray[Any], across: Floats, down: Floats, out: NDArray[Any]) -> None:
    """Bicubic, the two parts of the flow apart; beyond the border lies more of the border."""
    cv2.remap(older, across, down, _CUBIC, dst=out, borderMode=cv2.BORDER_REPLICATE)


def warp_marked(older: Floats, flow: Flow, out: Floats, outside: float) -> None:
    """Bilinear; beyond the border lies the value `outside`."""
    cv2.remap(older, flow, _NOTHING, _LINEAR, dst=out, borderMode=cv2.BORDER_CONSTANT, borderValue=(outside,) * 4)
