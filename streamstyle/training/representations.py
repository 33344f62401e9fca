"""What White-box Cartoonization looks at: the surface, the structure and the texture of a picture (RGB in 0..1)."""

import numpy as np
import torch
from torch import Tensor

from streamstyle.generators.guided import guided_filter
from streamstyle.training.superpixels import structure

LUMA = (0.299, 0.587, 0.114)
GREY_SHARE = 0.8


def surface(picture: Tensor, radius: int = 5, epsilon: float = 0.05) -> Tensor:
    """The picture smoothed under its own edges: its washes of colour, without texture.

    The paper's epsilon, 0.2, is in squared units of -1..1: 0.05 here.
    """
    return guided_filter(picture, picture, radius, epsilon)


def colour_shift(generator: torch.Generator | None = None) -> Tensor:
    """Weights that make RGB one random grey: a fifth of a random mix (-1..1 each), four fifths of the luminance."""
    mix = torch.rand(3, generator=generator) * 2 - 1
    return (1 - GREY_SHARE) * mix + GREY_SHARE * torch.tensor(LUMA)


def texture(picture: Tensor, weights: Tensor) -> Tensor:
    """The picture in one channel: lines and grain, freed of colour and of what light gives away."""
    return (picture * weights.to(picture).view(1, 3, 1, 1)).sum(1, keepdim=True)


@torch.no_grad()
def structures(pictures: Tensor, count: int = 200) -> Tensor:
    """Each picture as flat, adaptively coloured superpixels; nothing flows back through it."""
    found = [structure(picture, count) for picture in _bytes(pictures)]
    return torch.from_numpy(np.stack(found)).to(pictures.device).permute(0, 3, 1, 2).float() / 255


def _bytes(pictures: Tensor) -> list[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]:
    stored = (pictures.detach().float().clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).cpu()
    return [np.ascontiguousarray(picture) for picture in stored.numpy()]
