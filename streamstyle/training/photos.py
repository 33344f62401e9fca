"""The photos that a style is learnt on: a folder of them, and random crops."""

import logging
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from streamstyle.errors import InputError, MissingError
from streamstyle.frames import Image

log = logging.getLogger(__name__)

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"}
FEWEST = 8
HELD_OUT = 20
LONGEST_SIDE = 1280
"""Larger photos are kept smaller: crops are far smaller still."""
MOST_BYTES = 4 << 30
ENLARGED = 1.25
"""How far a photo is blown up at most, where the crop fits without."""


def picture_paths(place: Path) -> list[Path]:
    """The pictures of a folder and the folders below it, in order."""
    if not place.is_dir():
        raise MissingError(f"{place}: there is no such folder of photos")
    return sorted(path for path in place.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())


def read_picture(path: Path) -> Image | None:
    """A picture as RGB, or None where it cannot be read."""
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    return None if picture is None else np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)


def resized(picture: Image, scale: float) -> Image:
    """Smoothed on the way down, cubic on the way up."""
    if scale == 1:
        return picture
    sides = tuple(max(1, round(side * scale)) for side in picture.shape[1::-1])
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, sides, interpolation=way), np.uint8)


def tensor(picture: Image) -> Tensor:
    """An RGB picture of bytes as 1 x 3 x H x W in 0..1."""
    return torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1)[None].float() / 255


class Photos:
    """Photos in memory, a few of them held out; the same seed draws the same crops."""

    def __init__(self, pictures: Sequence[Image], held_out: Sequence[Image], seed: int = 0, skipped: int = 0) -> None:
        self.pictures, self.held_out, self.skipped = list(pictures), list(held_out), skipped
        self.random = np.random.default_rng(seed)

    def __len__(self) -> int:
        return len(self.pictures)

    def draw(self, count: int, side: int) -> Tensor:
        """Random crops at random scales, mirrored half of the time: (count, 3, side, side), RGB in 0..1."""
        crops = np.stack([self._crop(side) for _ in range(count)])
        return torch.from_numpy(crops).permute(0, 3, 1, 2).float() / 255

    def _crop(self, side: int) -> Image:
        picture = self.pictures[int(self.random.integers(len(self.pictures)))]
        least = side / min(picture.shape[:2])
        scale = float(np.exp(self.random.uniform(np.log(least), np.log(max(least, ENLARGED)))))
        scaled = resized(picture, scale)
        # Rounding may have cost the short side a pixel.
        height, width = max(scaled.shape[0], side), max(scaled.shape[1], side)
        if (height, width) != scaled.shape[:2]:
            scaled = np.asarray(cv2.resize(scaled, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
        top = int(self.random.integers(height - side + 1))
        left = int(self.random.integers(width - side + 1))
        crop = scaled[top : top + side, left : left + side]
        return crop[:, ::-1] if self.random.random() < 0.5 else crop


def read_photos(place: Path, seed: int = 0, held_out: int = HELD_OUT) -> Photos:
    """All photos below a folder that can be read; an even choice of them is held out."""
    paths = picture_paths(place)
    if not paths:
        raise InputError(f"{place}: no photos in it ({', '.join(sorted(SUFFIXES))})")
    pictures: list[Image] = []
    size = 0
    for path in paths:
        picture = read_picture(path)
        if picture is None:
            continue
        pictures.append(resized(picture, min(1.0, LONGEST_SIDE / max(picture.shape[:2]))))
        size += pictures[-1].nbytes
        if size > MOST_BYTES:
            log.warning("%s: only the first %d photos fit into memory", place, len(pictures))
            paths = paths[: len(pictures)]
            break
    skipped = len(paths) - len(pictures)
    if skipped:
        log.warning("%s: %d of %d photos cannot be read and are skipped", place, skipped, len(paths))
    if len(pictures) < FEWEST:
        raise InputError(f"{place}: {len(pictures)} photos that can be read; at least {FEWEST} are needed")
    # Of few photos few are held out.
    step = max(4, len(pictures) // held_out) if held_out else len(pictures) + 1
    kept = pictures[::step][:held_out]
    chosen = {id(picture) for picture in kept}
    return Photos([picture for picture in pictures if id(picture) not in chosen], kept, seed, skipped)
