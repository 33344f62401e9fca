"""Flicker at a glance: one row of pixels over time, and a clip with frame by frame beside steady."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.steady_runs import METHODS, Footage, steadied
from streamstyle.colour import to_rgb
from streamstyle.errors import OutputError
from streamstyle.frames import Colour, Frame, Image, MediaInfo, blank, planes, size
from streamstyle.media.sinks import open_sink

BEST = "all, DIS"
TALL, TITLE = 300, 34
GAP = 6


def write_slice(path: Path, footage: Footage) -> None:
    """A PNG: the middle row of every picture under the one before, of the input, frame by frame and steady."""
    steady = _best(footage)
    named = (("input", footage.originals), ("frame by frame", footage.plain), ("steady", steady))
    columns = [_titled(_sliced(pictures, footage.colour), title) for title, pictures in named]
    gap = np.full((columns[0].shape[0], GAP, 3), 255, np.uint8)
    sheet = np.concatenate([columns[0], gap, columns[1], gap, columns[2]], axis=1)
    if not cv2.imwrite(str(path), sheet[..., ::-1]):
        raise OutputError(f"{path}: cannot be written")
    print(path)


def write_before_after(path: Path, footage: Footage) -> None:
    """A movie: frame by frame on the left, steady on the right."""
    steady = _best(footage)
    width, height = size(footage.plain[0])
    info = MediaInfo(width * 2, height, footage.rate, footage.colour)
    with open_sink(str(path), info) as sink:
        for index, pair in enumerate(zip(footage.plain, steady, strict=True)):
            image = blank(width * 2, height)
            sides = (planes(picture) for picture in pair)
            for plane, left, right in zip(planes(image), *sides, strict=True):
                np.concatenate([left, right], axis=1, out=plane)
            sink.write(Frame(image, index, 1 / footage.rate))
    print(path)


def _best(footage: Footage) -> list[Image]:
    pictures, _ = steadied(footage, METHODS[BEST](*size(footage.originals[0])))
    return pictures


def _sliced(pictures: Sequence[Image], colour: Colour) -> NDArray[np.uint8]:
    rows = []
    for picture in pictures:
        rgb = to_rgb(picture, colour)
        rows.append(rgb[round(rgb.shape[0] * 0.55)])
    lines = np.stack(rows)
    return np.asarray(cv2.resize(lines, (lines.shape[1], TALL), interpolation=cv2.INTER_NEAREST), np.uint8)


def _titled(picture: NDArray[np.uint8], title: str) -> NDArray[np.uint8]:
    band = np.full((TITLE, picture.shape[1], 3), 255, np.uint8)
    cv2.putText(band, title, (8, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (40, 40, 40), 1, cv2.LINE_AA)
    return np.concatenate([band, picture])
