"""What one step of training is shown: photos, and the same again as the next frame of a film would have it."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from streamstyle.training.photos import Photos

REACH = 8
"""The second look is up to 7 pixels further."""
GAIN, NOISE = 0.05, 4 / 255


@dataclass(frozen=True, slots=True)
class Lesson:
    """Pictures are N x 3 x S x S, RGB in 0..1."""

    photos: Tensor
    later: Tensor
    """The same scene, cut `shift` (down, across) further, lighter or darker, with noise."""
    shift: tuple[int, int]
    step: int
    share: float
    """How much of the training is done, from 0 to 1."""


def draw_lesson(
    photos: Photos, count: int, crop: int, seed: int, step: int, steps: int, device: torch.device
) -> Lesson:
    """The lesson of one step, which depends on the seed and the step alone: training can go on anywhere."""
    random = np.random.default_rng((seed, step))
    wide = photos.draw(count, crop + REACH, random).to(device)
    down, across = (int(value) for value in random.integers(0, REACH, 2))
    later = wide[..., down : down + crop, across : across + crop]
    noise = torch.Generator(device).manual_seed(int(random.integers(1 << 62)))
    grain = torch.randn(later.shape, generator=noise, device=device) * (random.random() * NOISE)
    later = (later * (1 + random.uniform(-GAIN, GAIN)) + grain).clamp(0, 1)
    return Lesson(wide[..., :crop, :crop], later, (down, across), step, step / steps)
