"""Distances between pictures, each one number that can be differentiated."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional

Grams = Mapping[int, Tensor]

GRIDS = (
    *((0.5, 0.5), (0.5, 0.0), (0.0, 0.5), (0.25, 0.25), (0.25, 0.0), (0.0, 0.25)),
    *((0.25, 0.5), (0.5, 0.25)),
)
"""Where the grids of strided layers show, in cycles per pixel (down, across)."""


def gram(features: Tensor) -> Tensor:
    """How channels go together, averaged over positions: (N, C, C)."""
    # In bf16 the sum over so many positions would lose what matters.
    with torch.autocast(features.device.type, enabled=False):
        flat = features.float().flatten(2)
        return flat @ flat.transpose(1, 2) / flat.shape[2]


def grams(features: Mapping[int, Tensor], layers: Sequence[int]) -> dict[int, Tensor]:
    return {layer: gram(features[layer]) for layer in layers}


def mean_grams(several: Sequence[Grams]) -> dict[int, Tensor]:
    """The style of several paintings at once."""
    return {layer: torch.stack([one[layer] for one in several]).mean(0) for layer in several[0]}


def relative(here: Tensor, there: Tensor) -> Tensor:
    """The squared distance as a share of the other's square, averaged over pictures; `there` may be one for all."""
    there = there.expand_as(here).float()
    return ((here.float() - there).flatten(1).square().sum(1) / there.flatten(1).square().sum(1)).mean()


def style_distance(found: Grams, painting: Grams) -> Tensor:
    """The mean over the layers of the Gram matrices' relative distances."""
    return torch.stack([relative(found[layer], painting[layer]) for layer in painting]).mean()


def total_variation(picture: Tensor) -> Tensor:
    down = picture[..., 1:, :] - picture[..., :-1, :]
    across = picture[..., 1:] - picture[..., :-1]
    return down.square().mean() + across.square().mean()


def outside(picture: Tensor) -> Tensor:
    """How far values lie outside 0..1, where no screen can show them."""
    return (functional.relu(picture - 1) + functional.relu(-picture)).mean()


def overlap(picture: Tensor, shift: tuple[int, int], border: int = 0) -> Tensor:
    """What a picture shares with one that was cut `shift` pixels (down, across) further; without the border.

    The other's share is `overlap(other, (-down, -across))`.
    """
    (down, across), (height, width) = shift, picture.shape[-2:]
    rows = slice(max(down, 0) + border, height + min(down, 0) - border)
    columns = slice(max(across, 0) + border, width + min(across, 0) - border)
    return picture[..., rows, columns]


def consistency(painted: Tensor, later: Tensor, lighter: Tensor | None = None) -> Tensor:
    """How much a painting changes; `lighter` is the change of brightness that the photo itself went through, which the
    painting may follow (the relaxed luminance of ReCoNet).
    """
    change = later - painted
    return (change if lighter is None else change - lighter).square().mean()


def feature_consistency(features: Tensor, later: Tensor, shift: tuple[float, float], border: int = 4) -> Tensor:
    """The same of a generator's features, moved by a flow that is a fraction of their pixels; scaled by their size."""
    down, across = shift
    theta = features.new_tensor([[1, 0, 2 * across / features.shape[-1]], [0, 1, 2 * down / features.shape[-2]]])
    places = functional.affine_grid(theta.expand(len(features), 2, 3), list(features.shape), align_corners=False)
    moved = functional.grid_sample(features, places, mode="bilinear", padding_mode="border", align_corners=False)
    inner = (..., slice(border, -border), slice(border, -border))
    size = features.detach().square().mean() + 1e-6
    return (later[inner] - moved[inner]).square().mean() / size


def grid_ratios(luma: Tensor, reach: int = 3) -> Tensor:
    """The energy of brightness (N x 1 x H x W, sides multiples of 4) at each of GRIDS, relative to its neighbours'."""
    plane = luma[:, 0].float()
    height, width = plane.shape[-2:]
    centred = plane - plane.mean((1, 2), keepdim=True)
    power = torch.fft.fft2(centred).abs().square().mean(0)
    offsets = torch.arange(-reach, reach + 1, device=luma.device)
    ratios = []
    for down, across in GRIDS:
        rows = (round(down * height) + offsets) % height
        columns = (round(across * width) + offsets) % width
        around = power[rows][:, columns]
        peak = around[reach, reach]
        others = (around.sum() - peak) / (around.numel() - 1)
        # A floor of half a grey level: below it there is nothing to see.
        ratios.append(peak / (others.detach() + _floor(height, width)))
    return torch.stack(ratios)


def windowed(luma: Tensor) -> Tensor:
    """Fades to the mean towards the borders, which would draw a bright cross through the spectrum."""
    height, width = luma.shape[-2:]
    mean = luma.mean((2, 3), keepdim=True)
    rows = torch.hann_window(height, periodic=False, device=luma.device)
    return (luma - mean) * rows[:, None] * torch.hann_window(width, periodic=False, device=luma.device) + mean


def grid(luma: Tensor) -> Tensor:
    """Nothing while no grid stands out of its neighbours, then the logarithm of how much it does."""
    return torch.log1p(functional.relu(grid_ratios(luma) - 1)).mean()


def _floor(height: int, width: int) -> float:
    # White noise of this deviation has that much energy at every frequency.
    return (0.5 / 255) ** 2 * height * width
