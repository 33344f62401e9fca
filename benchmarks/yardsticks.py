"""What pictures are held against: the grid in their spectrum, Gatys' optimisation, Frechet's distance."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from streamstyle.frames import Image

Doubles = NDArray[np.float64]

GRID = {
    "1/2,1/2": (0.5, 0.5),
    "1/2,0": (0.5, 0.0),
    "0,1/2": (0.0, 0.5),
    "1/4,1/4": (0.25, 0.25),
    "1/4,0": (0.25, 0.0),
    "0,1/4": (0.0, 0.25),
}
"""Where the grids of strided layers show, in cycles per pixel (down, across)."""
_LUMA = np.array([0.299, 0.587, 0.114])


def grid_ratios(picture: Image) -> Mapping[str, float]:
    """The energy of an RGB picture's luminance at each frequency of GRID, as a multiple of its neighbours' mean."""
    height, width = (side // 8 * 8 for side in picture.shape[:2])
    luma = picture[:height, :width] @ _LUMA
    # Without the window the picture's borders would draw a bright cross through the spectrum.
    window = np.hanning(height)[:, None] * np.hanning(width)
    power = np.abs(np.fft.fft2((luma - luma.mean()) * window)) ** 2
    return {name: _peak(power, round(down * height), round(across * width)) for name, (down, across) in GRID.items()}


def _peak(power: Doubles, row: int, column: int, reach: int = 6) -> float:
    rows, columns = (np.arange(middle - reach, middle + reach + 1) for middle in (row, column))
    around = power[np.ix_(rows % power.shape[0], columns % power.shape[1])]
    # The window spreads a peak over the bins beside it.
    inside = np.zeros(around.shape, bool)
    inside[reach - 1 : reach + 2, reach - 1 : reach + 2] = True
    return float(around[inside].mean() / around[~inside].mean())


def optimised(photo: Tensor, loss: Callable[[Tensor], Tensor], iterations: int = 100) -> tuple[Tensor, float]:
    """Gatys' way: L-BFGS on the pixels themselves, from the photo; the picture in 0..1 and its loss."""
    pixels = photo.clone(memory_format=torch.contiguous_format).requires_grad_()
    optimiser = torch.optim.LBFGS(
        [pixels],
        max_iter=iterations,
        max_eval=iterations * 2,
        history_size=20,
        tolerance_grad=0,
        tolerance_change=0,
        line_search_fn="strong_wolfe",
    )

    def closure() -> Tensor:
        optimiser.zero_grad()
        value = loss(pixels)
        torch.autograd.backward(value)
        return value

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    # A picture has no values outside 0..1: what counts is what can be shown.
    shown = pixels.detach().clamp(0, 1)
    with torch.no_grad():
        return shown, float(loss(shown))


@torch.no_grad()
def samples(features: Tensor, cells: int = 6) -> Doubles:
    """What Frechet's distance compares: features (N x C x H x W) averaged over a coarse grid's cells, one a row."""
    pooled = torch.nn.functional.adaptive_avg_pool2d(features, cells)
    return np.asarray(pooled.permute(0, 2, 3, 1).reshape(-1, pooled.shape[1]).double().numpy())


def frechet(one: Doubles, other: Doubles) -> float:
    """Frechet's distance of the normal distributions through two sets of features, one sample a row."""
    means = one.mean(axis=0) - other.mean(axis=0)
    here, there = np.cov(one, rowvar=False), np.cov(other, rowvar=False)
    root = _root(here)
    mixed = np.linalg.eigvalsh(root @ there @ root)
    return float(means @ means + np.trace(here) + np.trace(there) - 2 * np.sqrt(np.maximum(mixed, 0)).sum())


def _root(matrix: Doubles) -> Doubles:
    values, vectors = np.linalg.eigh(matrix)
    root: Doubles = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    return root
