"""What several generators are made of."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional


def normed(inside: int, outside: int, size: int, stride: int = 1) -> nn.Sequential:
    """A convolution over mirrored borders and the instance norm after it."""
    return nn.Sequential(
        nn.Conv2d(inside, outside, size, stride=stride, padding=size // 2, padding_mode="reflect"),
        nn.InstanceNorm2d(outside, affine=True),
    )


class NormedResidual(nn.Module):
    """Johnson's residual block: two normed convolutions, nothing after the sum."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = normed(channels, channels, 3)
        self.second = normed(channels, channels, 3)

    def forward(self, features: Tensor) -> Tensor:
        change: Tensor = self.second(functional.relu(self.first(features)))
        return features + change


class Residual(nn.Module):
    """Two plain convolutions that start as nothing at all."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        silence(self.second)

    def forward(self, features: Tensor) -> Tensor:
        change: Tensor = self.second(functional.relu(self.first(features)))
        return features + change


def silence(layer: nn.Conv2d) -> None:
    """Makes a convolution start with nothing but zeros."""
    nn.init.zeros_(layer.weight)
    assert layer.bias is not None
    nn.init.zeros_(layer.bias)


SOFT, SHARP = (1.0, 2.0, 1.0), (-1.0, 9.0, 9.0, -1.0)
"""Kernels that let nothing of a two-pixel grid pass; at half its frequency a half and 0.88."""


def smoothing(kernel: Sequence[float] = SOFT) -> Tensor:
    """Weights of a 3x3 convolution that smooths the four pixels of every 2x2 square as one full-size plane.

    The kernel, of three or four numbers, is applied in both directions.
    """
    taps = torch.tensor(kernel) / sum(kernel)
    weights = torch.zeros(4, 4, 3, 3)
    for out in range(4):
        for down, tall in enumerate(taps):
            for across, wide in enumerate(taps):
                row, column = out // 2 + down - 1, out % 2 + across - 1
                into = row % 2 * 2 + column % 2
                weights[out, into, row // 2 + 1, column // 2 + 1] += tall * wide
    return weights
