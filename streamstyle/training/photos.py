"""The photos that a generator learns from, and the few that are kept from it to look at."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from streamstyle.errors import InputError, MissingError
from streamstyle.sheets import Picture

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"}
FEWEST = 8
SMALLEST, LARGEST = 64, 1024
"""Short sides: smaller photos are not usable, larger ones are reduced."""
MEMORY = 1 << 30
"""Bytes of photos that are kept decoded; the rest is read again whenever it is drawn."""
NATURAL, ENLARGED = 260, 1.25
"""Crops are cut from photos of any size between this short side and this enlargement."""
HELD_OUT = 20


class Photos:
    """A folder of photos; every crop drawn from it depends on the given random numbers alone."""

    def __init__(
        self, kept: Sequence[Picture], rest: Sequence[Path], held_out: Sequence[Picture], skipped: int
    ) -> None:
        self._kept, self._rest = kept, rest
        self.held_out, self.skipped = held_out, skipped
        """Photos that are never drawn; and how many files could not be read."""

    def __len__(self) -> int:
        return len(self._kept) + len(self._rest)

    def draw(self, count: int, side: int, random: np.random.Generator) -> Tensor:
        """Square crops at random sizes and places, mirrored half of the time: (count, 3, side, side), RGB in 0..1."""
        crops = np.stack([_crop(self._one(random), side, random) for _ in range(count)])
        return torch.from_numpy(crops).permute(0, 3, 1, 2).float() / 255

    def some(self, count: int) -> list[Picture]:
        """A few photos out of those that are drawn from, spread over the folder."""
        return list(self._kept[:: max(1, len(self._kept) // count)][:count])

    def _one(self, random: np.random.Generator) -> Picture:
        while True:
            which = int(random.integers(len(self)))
            if which < len(self._kept):
                return self._kept[which]
            # An unreadable one was not found out before: another is drawn in its place.
            if (picture := _read(self._rest[which - len(self._kept)])) is not None:
                return picture


def open_photos(folder: Path) -> Photos:
    """Reads a folder; what cannot be read is skipped and counted."""
    if not folder.is_dir():
        raise MissingError(f"{folder}: there is no such folder of photos")
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    kept: list[Picture] = []
    size = skipped = 0
    while paths and size < MEMORY:
        picture = _read(paths.pop(0))
        if picture is None:
            skipped += 1
        else:
            kept.append(picture)
            size += picture.nbytes
    if len(kept) < FEWEST:
        unreadable = f" ({skipped} more cannot be read)" if skipped else ""
        raise InputError(f"{folder}: {len(kept)} photos in it{unreadable}; training takes {FEWEST} at the least")
    step = min(HELD_OUT, max(4, len(kept) // HELD_OUT))
    held_out = kept[::step][:HELD_OUT]
    away = {index * step for index in range(len(held_out))}
    return Photos([picture for index, picture in enumerate(kept) if index not in away], paths, held_out, skipped)


def read_picture(path: Path) -> Picture:
    """One RGB picture, or a clear error."""
    if not path.is_file():
        raise MissingError(f"{path}: there is no such picture")
    picture = _decoded(path)
    if picture is None:
        raise InputError(f"{path}: not a picture that can be read")
    return picture


def resized(picture: Picture, scale: float) -> Picture:
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=way), np.uint8)


def tensor(picture: Picture) -> Tensor:
    """An RGB picture as 1 x 3 x H x W in 0..1."""
    return torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1)[None].float() / 255


def _decoded(path: Path) -> Picture | None:
    try:
        picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    except cv2.error:
        # More pixels than it is willing to decode.
        return None
    return None if picture is None else np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)


def _read(path: Path) -> Picture | None:
    picture = _decoded(path)
    if picture is None or min(picture.shape[:2]) < SMALLEST:
        return None
    short = min(picture.shape[:2])
    return picture if short <= LARGEST else resized(picture, LARGEST / short)


def _crop(photo: Picture, side: int, random: np.random.Generator) -> Picture:
    short = min(photo.shape[:2])
    least = max(side + 8, NATURAL) / short
    sized = resized(photo, random.uniform(least, max(least, ENLARGED)))
    top, left = (int(random.integers(length - side + 1)) for length in sized.shape[:2])
    step = 1 if random.random() < 0.5 else -1
    return sized[top : top + side, left : left + side][:, ::step]
