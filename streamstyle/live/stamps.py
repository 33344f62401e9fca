"""A number drawn into a picture so that it survives being painted: how the age of a picture is measured from outside.

Every bit is a pair of squares, one bright and one dark; only which of the two is brighter counts, so colours, strokes
and blends may change both. Seven check bits tell a misread number from a good one.
"""

import numpy as np

from streamstyle.frames import Image, planes, size

BITS = 24
CHECK_BITS = 7
CHECK = 113
COLUMNS = 8
BRIGHT, DARK, NEUTRAL = 225, 24, 128


def square(width: int) -> int:
    """The side of one square; the whole stamp takes half the width."""
    return max(4, width // (4 * COLUMNS) & ~3)


def draw(image: Image, number: int) -> None:
    """Draws the number (24 bits of it) into the picture's upper left corner."""
    number %= 1 << BITS
    code = number << CHECK_BITS | number % CHECK
    luma, blue, red = planes(image)
    side = square(size(image)[0])
    for place in range(BITS + CHECK_BITS):
        row, column = divmod(place, COLUMNS)
        bit = code >> place & 1
        y, x = row * side, column * 2 * side
        luma[y : y + side, x : x + side] = BRIGHT if bit else DARK
        luma[y : y + side, x + side : x + 2 * side] = DARK if bit else BRIGHT
        for plane in (blue, red):
            plane[y // 2 : (y + side) // 2, x // 2 : (x + 2 * side) // 2] = NEUTRAL


def read(image: Image) -> int | None:
    """The number, or nothing where the check bits disagree."""
    luma = planes(image)[0]
    side = square(size(image)[0])
    inner = slice(side // 4, side - side // 4)
    code = 0
    for place in range(BITS + CHECK_BITS):
        row, column = divmod(place, COLUMNS)
        y, x = row * side, column * 2 * side
        cell = luma[y : y + side, x : x + 2 * side].astype(np.int32)
        left, right = cell[inner, :side][:, inner].mean(), cell[inner, side:][:, inner].mean()
        code |= int(left > right) << place
    number, check = code >> CHECK_BITS, code & ((1 << CHECK_BITS) - 1)
    return number if number % CHECK == check else None
