"""How far a picture is from a style: Gram matrices of a fixed bank of random filters, in three sizes.

Such matrices tell textures apart without a trained network (Ustyuzhaninov et al. 2016), whose weights are not ours to
carry. The style is looked up in its own pack: the thumbnail is a photo painted in it.
"""

import zipfile
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from streamstyle import library
from streamstyle.packs import THUMBNAIL

Pixels = np.ndarray[Any, np.dtype[np.uint8]]
"""RGB: height, width, 3."""
FILTERS, SIDE, SIZES, BORDER = 16, 7, 3, 4
COLOUR = 0.3
"""The weight of plain colours beside the filters."""


def sample(style: str) -> Pixels:
    """What the pack of a style shows of it."""
    with zipfile.ZipFile(library.find(style)) as pack:
        found = cv2.imdecode(np.frombuffer(pack.read(THUMBNAIL), np.uint8), cv2.IMREAD_COLOR)
    assert found is not None
    return np.asarray(found[..., ::-1], np.uint8)


def distances(picture: Pixels, styles: Sequence[str]) -> list[float]:
    """To each style: the mean over the sizes of the Gram matrices' relative squared distances."""
    found, every = _grams(picture), [_grams(sample(style)) for style in styles]
    return [
        float(np.mean([((here - there) ** 2).sum() / (there**2).sum() for here, there in zip(found, one, strict=True)]))
        for one in every
    ]


def _bank() -> np.ndarray[Any, np.dtype[np.float32]]:
    filters = np.random.default_rng(0).standard_normal((FILTERS, 3, SIDE, SIDE)).astype(np.float32)
    filters -= filters.mean((2, 3), keepdims=True)
    return np.asarray(filters / np.sqrt((filters**2).sum((1, 2, 3), keepdims=True)), np.float32)


def _grams(picture: Pixels) -> list[np.ndarray[Any, np.dtype[np.float32]]]:
    grams, bank = [], _bank()
    shown: Any = picture.astype(np.float32) / 255
    for _ in range(SIZES):
        planes = [COLOUR * shown[..., index] for index in range(3)]
        for each in bank:
            answer = sum(cv2.filter2D(shown[..., index], -1, each[index]) for index in range(3))
            planes.append(np.maximum(answer, 0))
        flat = np.stack([plane[BORDER:-BORDER, BORDER:-BORDER].ravel() for plane in planes])
        grams.append(flat @ flat.T / flat.shape[1])
        shown = cv2.resize(shown, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return grams
