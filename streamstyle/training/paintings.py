"""Paintings as what training aims at: their Gram matrices."""

from collections.abc import Sequence
from pathlib import Path

import torch

from streamstyle.errors import InputError
from streamstyle.sheets import Picture
from streamstyle.training.features import Features
from streamstyle.training.losses import Grams, grams, mean_grams
from streamstyle.training.photos import read_picture, resized, tensor

SMALLEST = 48


def read_painting(path: Path, short_side: int) -> Picture:
    """A painting at the size whose strokes are wanted."""
    picture = read_picture(path)
    if min(picture.shape[:2]) < SMALLEST:
        raise InputError(f"{path}: too small for a painting ({picture.shape[1]}x{picture.shape[0]})")
    return resized(picture, short_side / min(picture.shape[:2]))


@torch.no_grad()
def style_of(features: Features, paintings: Sequence[Picture]) -> Grams:
    """The style of one painting, or what several have in common: the mean of their Gram matrices."""
    device = features.mean.device
    return mean_grams([grams(features(tensor(picture).to(device)), features.taps.style) for picture in paintings])
