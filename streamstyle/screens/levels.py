"""Full range to limited: what virtual cameras and screens take for granted."""

import cv2
import numpy as np

from streamstyle.frames import Colour, Image, planes

_LUMA = np.round(16 + np.arange(256) * 219 / 255).astype(np.uint8)
_CHROMA = np.round(128 + (np.arange(256) - 128.0) * 224 / 255).clip(0, 255).astype(np.uint8)


def limited(image: Image, colour: Colour) -> Image:
    """The picture in limited range; itself where it is already."""
    if colour.range == "limited":
        return image
    result = np.empty_like(image)
    for plane, target, table in zip(planes(image), planes(result), (_LUMA, _CHROMA, _CHROMA), strict=True):
        cv2.LUT(plane, table, dst=target)
    return result
