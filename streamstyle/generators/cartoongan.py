"""The generator of 'CartoonGAN: Generative Adversarial Networks for Photo Cartoonization' (Chen et al., CVPR 2018)."""

import torch
from torch import Tensor, nn


def _normed(channels: int) -> list[nn.Module]:
    return [nn.InstanceNorm2d(channels, affine=True), nn.ReLU()]


def _down(inside: int, outside: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, stride=2, padding=1, padding_mode="reflect"),
        nn.Conv2d(outside, outside, 3, padding=1, padding_mode="reflect"),
        *_normed(outside),
    )


def _up(inside: int, outside: int) -> nn.Sequential:
    # The paper's half-strided convolution as its resize-convolution: as many weights, and no grid.
    return nn.Sequential(
        nn.Upsample(scale_factor=2, mode="nearest"),
        nn.Conv2d(inside, outside, 3, padding=1, padding_mode="reflect"),
        nn.Conv2d(outside, outside, 3, padding=1, padding_mode="reflect"),
        *_normed(outside),
    )


class _Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, padding_mode="reflect"),
            *_normed(channels),
            nn.Conv2d(channels, channels, 3, padding=1, padding_mode="reflect"),
            nn.InstanceNorm2d(channels, affine=True),
        )

    def forward(self, features: Tensor) -> Tensor:
        inner: Tensor = self.layers(features)
        return features + inner


class CartoonGAN(nn.Module):
    """Flat convolution, two down, eight residual blocks, two up, last convolution; RGB in 0..1 in and out.

    Sides are multiples of 4.
    """

    family = "cartoongan"
    domain = "rgb"
    stride = 8

    def __init__(self, width: int = 64, blocks: int = 8) -> None:
        super().__init__()
        self.parameters_given = {"width": width, "blocks": blocks}
        self.layers = nn.Sequential(
            nn.Conv2d(3, width, 7, padding=3, padding_mode="reflect"),
            *_normed(width),
            _down(width, width * 2),
            _down(width * 2, width * 4),
            *(_Residual(width * 4) for _ in range(blocks)),
            _up(width * 4, width * 2),
            _up(width * 2, width),
            nn.Conv2d(width, 3, 7, padding=3, padding_mode="reflect"),
        )

    def forward(self, picture: Tensor) -> Tensor:
        return (torch.tanh(self.layers(picture * 2 - 1)) + 1) / 2
