"""Crops of cartoons: what the discriminators are shown as real, and the same with their edges smoothed."""

import logging
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from streamstyle.errors import InputError, MissingError
from streamstyle.frames import Image
from streamstyle.training.adversarial import edges_smoothed

log = logging.getLogger(__name__)

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}
SHORT_SIDE = 360
"""What cartoons are brought to, so that their lines are as wide as they should be on a photo of that size."""


def read_cartoons(place: Path, short_side: int = SHORT_SIDE) -> list[Image]:
    """The pictures of a folder, or of a pattern such as scenes/town-*.jpg, RGB, small; unreadable ones are skipped."""
    paths = sorted(path for path in _listed(place) if path.suffix.lower() in SUFFIXES)
    found = [picture for path in paths if (picture := _read(path, short_side)) is not None]
    if skipped := len(paths) - len(found):
        log.warning("%s: %d of %d pictures cannot be read and are skipped", place, skipped, len(paths))
    if not found:
        raise InputError(f"{place}: no cartoons in it that can be read")
    return found


def _listed(place: Path) -> list[Path]:
    if place.is_dir():
        return list(place.iterdir())
    if any(sign in place.name for sign in "*?["):
        return list(place.parent.glob(place.name))
    raise MissingError(f"{place}: there is no such folder of cartoons")


def _read(path: Path, short_side: int) -> Image | None:
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        return None
    scale = short_side / min(picture.shape[:2])
    size = tuple(max(1, round(side * scale)) for side in picture.shape[1::-1])
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2RGB), np.uint8)


class CartoonCrops:
    """Random crops, mirrored half of the time; the same seed draws the same ones."""

    def __init__(self, pictures: Sequence[Image], crop: int, seed: int = 0) -> None:
        short = min(min(picture.shape[:2]) for picture in pictures)
        if short < crop:
            raise InputError(f"crops of {crop} pixels do not fit into cartoons whose short side is {short}")
        self._pictures, self._crop = list(pictures), crop
        self._smoothed = [edges_smoothed(picture) for picture in pictures]
        self.random = np.random.default_rng(seed)

    def draw(self, count: int) -> tuple[Tensor, Tensor]:
        """Crops, and the same crops without clear edges: (count, 3, crop, crop) each, RGB in 0..1."""
        pairs = [self._one() for _ in range(count)]
        crops, smoothed = (np.stack(kind) for kind in zip(*pairs, strict=True))
        return _tensor(crops), _tensor(smoothed)

    def _one(self) -> tuple[Image, Image]:
        which = int(self.random.integers(len(self._pictures)))
        height, width = self._pictures[which].shape[:2]
        top = int(self.random.integers(height - self._crop + 1))
        left = int(self.random.integers(width - self._crop + 1))
        step = 1 if self.random.random() < 0.5 else -1
        cut = slice(top, top + self._crop), slice(left, left + self._crop)
        return self._pictures[which][cut][:, ::step], self._smoothed[which][cut][:, ::step]


def _tensor(pictures: Image) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float() / 255
