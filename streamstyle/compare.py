"""The original beside its painting."""

from collections.abc import Callable

import numpy as np

from streamstyle.frames import Image, blank, planes, size

LINE = 2
"""Half the width of the dividing line, in pixels."""

Compare = Callable[[Image, Image], Image]


def beside(original: Image, painted: Image) -> Image:
    """Both pictures, the original on the left: twice as wide."""
    width, height = size(original)
    result = blank(2 * width, height)
    for target, left, right in zip(planes(result), planes(original), planes(painted), strict=True):
        np.concatenate([left, right], axis=1, out=target)
    return result


def split(original: Image, painted: Image, place: float = 0.5) -> Image:
    """One picture, the original left of a white line."""
    width, _ = size(original)
    result = painted.copy()
    column = int(np.clip(round(place * width / 2), 0, width // 2)) * 2
    for number, (target, source) in enumerate(zip(planes(result), planes(original), strict=True)):
        shift = 0 if number == 0 else 1
        at, line = column >> shift, max(1, LINE >> shift)
        target[:, :at] = source[:, :at]
        if 0 < at < target.shape[1]:
            target[:, max(0, at - line) : at + line] = 235 if number == 0 else 128
    return result
