"""What several generators are made of."""

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


def smoothing() -> Tensor:
    """Weights of a 3x3 convolution that smooths the four pixels of every 2x2 square as one full-size plane.

    It is the binomial kernel 1 2 1 in both directions: exactly nothing of the two-pixel grids passes it.
    """
    kernel = torch.tensor([1.0, 2.0, 1.0]) / 4
    weights = torch.zeros(4, 4, 3, 3)
    for out in range(4):
        for down in range(-1, 2):
            for across in range(-1, 2):
                row, column = out // 2 + down, out % 2 + across
                into = row % 2 * 2 + column % 2
                weights[out, into, row // 2 + 1, column // 2 + 1] += kernel[down + 1] * kernel[across + 1]
    return weights
