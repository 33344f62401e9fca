"""The generator of AnimeGANv2, its layers named as in the published PyTorch checkpoints, which so load as they are.

Layout: bryandlee/animegan2-pytorch.
"""

from torch import Tensor, nn
from torch.nn import functional


def _convolution(inside: int, outside: int, size: int = 3, stride: int = 1, groups: int = 1) -> nn.Sequential:
    # Strided layers pad only below and to the right, as TensorFlow, where the weights come from, does.
    padding = size // 2 if stride == 1 else (0, 1, 0, 1)
    return nn.Sequential(
        nn.ReflectionPad2d(padding),
        nn.Conv2d(inside, outside, size, stride=stride, groups=groups, bias=groups > 1),
        nn.GroupNorm(1, outside),
        nn.LeakyReLU(0.2),
    )


class _InvertedResidual(nn.Module):
    def __init__(self, inside: int, outside: int) -> None:
        super().__init__()
        inner = inside * 2
        self.layers = nn.Sequential(
            _convolution(inside, inner, size=1),
            _convolution(inner, inner, groups=inner),
            nn.Conv2d(inner, outside, 1, bias=False),
            nn.GroupNorm(1, outside),
        )

    def forward(self, features: Tensor) -> Tensor:
        result: Tensor = self.layers(features)
        return features + result if features.shape[1] == result.shape[1] else result


class AnimeGAN2(nn.Module):
    """RGB in 0..1 in and out (the network itself works in -1..1); sides that are multiples of 4."""

    family = "animegan2"
    domain = "rgb"
    stride = 8

    def __init__(self) -> None:
        super().__init__()
        self.parameters_given: dict[str, int] = {}
        self.block_a = nn.Sequential(_convolution(3, 32, 7), _convolution(32, 64, stride=2), _convolution(64, 64))
        self.block_b = nn.Sequential(_convolution(64, 128, stride=2), _convolution(128, 128))
        self.block_c = nn.Sequential(
            _convolution(128, 128),
            _InvertedResidual(128, 256),
            *(_InvertedResidual(256, 256) for _ in range(3)),
            _convolution(256, 128),
        )
        self.block_d = nn.Sequential(_convolution(128, 128), _convolution(128, 128))
        self.block_e = nn.Sequential(_convolution(128, 64), _convolution(64, 64), _convolution(64, 32, 7))
        self.out_layer = nn.Sequential(nn.Conv2d(32, 3, 1, bias=False), nn.Tanh())

    def forward(self, picture: Tensor) -> Tensor:
        half = self.block_a(picture * 2 - 1)
        deep = self.block_d(_resized(self.block_c(self.block_b(half)), half))
        painted: Tensor = self.out_layer(self.block_e(_resized(deep, picture)))
        return (painted + 1) / 2


def _resized(features: Tensor, like: Tensor) -> Tensor:
    return functional.interpolate(features, like.shape[-2:], mode="bilinear", align_corners=True)
