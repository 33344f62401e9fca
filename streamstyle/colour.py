"""Colour arithmetic: what YUV means under each matrix and range, and the way to RGB and back at the edges."""

import cv2
import numpy as np
from numpy.typing import NDArray

from streamstyle.frames import Colour, Image, blank, planes, size

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
HOUSE = Colour("bt601", "full")
"""The colours that generators see: BT.601, full range."""

_WEIGHTS = {"bt601": (0.299, 0.587, 0.114), "bt709": (0.2126, 0.7152, 0.0722)}


def rgb_from_yuv(colour: Colour) -> Doubles:
    """A 3x4 matrix (the last column an offset) from stored YUV to RGB, both scaled to 0..1."""
    red, green, blue = _WEIGHTS[colour.matrix]
    matrix = np.array(
        [
            [1, 0, 2 * (1 - red)],
            [1, -2 * (1 - blue) * blue / green, -2 * (1 - red) * red / green],
            [1, 2 * (1 - blue), 0],
        ]
    )
    if colour.range == "full":
        scale, black = np.ones(3), np.array([0, 128, 128]) / 255
    else:
        scale, black = np.array([255 / 219, 255 / 224, 255 / 224]), np.array([16, 128, 128]) / 255
    matrix = matrix * scale
    return np.concatenate([matrix, (-matrix @ black)[:, None]], axis=1)


def yuv_from_rgb(colour: Colour) -> Doubles:
    """The inverse of `rgb_from_yuv`, 3x4."""
    forward = rgb_from_yuv(colour)
    inverse = np.linalg.inv(forward[:, :3])
    return np.concatenate([inverse, (-inverse @ forward[:, 3])[:, None]], axis=1)


def between(here: Colour, there: Colour) -> Doubles:
    """A 3x4 matrix from the stored YUV of one colour to that of another."""
    forward, back = rgb_from_yuv(here), yuv_from_rgb(there)
    return np.concatenate([back[:, :3] @ forward[:, :3], (back[:, :3] @ forward[:, 3] + back[:, 3])[:, None]], axis=1)


def graph_colour(colour: Colour) -> Floats:
    """What an exported graph takes as its `colour` input: 2x3x4, into the house's colours and out of them."""
    return np.stack([between(colour, HOUSE), between(HOUSE, colour)]).astype(np.float32)


def to_rgb(image: Image, colour: Colour) -> Image:
    """An I420 picture as (height, width, 3) RGB."""
    width, height = size(image)
    luma, blue, red = planes(image)
    full = np.stack([luma, *(cv2.resize(plane, (width, height)) for plane in (blue, red))], axis=-1)
    return _affine(full, rgb_from_yuv(colour))


def from_rgb(picture: Image, colour: Colour) -> Image:
    """An RGB picture with even sides as I420."""
    height, width = picture.shape[:2]
    full = _affine(picture, yuv_from_rgb(colour))
    image = blank(width, height)
    luma, blue, red = planes(image)
    luma[:] = full[..., 0]
    for plane, channel in ((blue, 1), (red, 2)):
        cv2.resize(full[..., channel], (width // 2, height // 2), dst=plane, interpolation=cv2.INTER_AREA)
    return image


def _affine(picture: Image, matrix: Doubles) -> Image:
    scaled = matrix.copy()
    scaled[:, 3] *= 255
    # OpenCV's transform rounds and saturates bytes itself.
    return np.asarray(cv2.transform(picture, scaled), np.uint8)
