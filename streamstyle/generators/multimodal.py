"""The generator of 'Multimodal Transfer: A Hierarchical Deep Convolutional Neural Network for Fast Artistic Style
Transfer' (Wang et al., CVPR 2017): large strokes at a quarter of the size, then finer ones at a half and at full size.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from streamstyle.generators.layers import silence

_LUMA = (0.299, 0.587, 0.114)


def _convolution(inside: int, outside: int, size: int = 3, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inside, outside, size, stride=stride, padding=size // 2, padding_mode="reflect")


def _normed(inside: int, outside: int, size: int = 3, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        _convolution(inside, outside, size, stride), nn.InstanceNorm2d(outside, affine=True), nn.ReLU()
    )


def _doubled(inside: int, outside: int) -> nn.Sequential:
    return nn.Sequential(nn.Upsample(scale_factor=2, mode="nearest"), *_normed(inside, outside))


class _Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *_normed(channels, channels), _convolution(channels, channels), nn.InstanceNorm2d(channels, affine=True)
        )

    def forward(self, features: Tensor) -> Tensor:
        inner: Tensor = self.layers(features)
        return features + inner


def _residuals(channels: int) -> list[nn.Module]:
    return [_Residual(channels) for _ in range(3)]


class _TwoModes(nn.Module):
    """Colour and luminance in blocks of their own (9x9, 3x3, 3x3, three residual blocks), then together in a third."""

    def __init__(self, width: int, halvings: int) -> None:
        super().__init__()
        self.colour = self._block(3, width, halvings)
        self.luminance = self._block(1, width, halvings)
        deep = width * 8
        ups = [_doubled(max(deep >> level, width), max(deep >> level + 1, width)) for level in range(halvings)]
        self.together = nn.Sequential(*_residuals(deep), *ups, _convolution(max(deep >> halvings, width), 3))

    @staticmethod
    def _block(inside: int, width: int, halvings: int) -> nn.Sequential:
        strided = [_normed(width, width, stride=2) for _ in range(halvings - 2)]
        return nn.Sequential(
            _normed(inside, width, 9),
            *strided,
            _normed(width, width * 2, stride=2),
            _normed(width * 2, width * 4, stride=2),
            *_residuals(width * 4),
        )

    def forward(self, picture: Tensor) -> Tensor:
        luma = (picture * picture.new_tensor(_LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)
        drawn: Tensor = self.together(torch.cat([self.colour(picture), self.luminance(luma)], dim=1))
        return drawn


class _Refine(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            _normed(3, width * 2, 9),
            _normed(width * 2, width * 4, stride=2),
            _normed(width * 4, width * 8, stride=2),
            *_residuals(width * 8),
            _doubled(width * 8, width * 4),
            _doubled(width * 4, width * 2),
            _convolution(width * 2, 3),
        )

    def forward(self, picture: Tensor) -> Tensor:
        change: Tensor = self.layers(picture)
        return change


class MultiModal(nn.Module):
    """Style subnet at a quarter of the size, enhance subnet at a half, refine subnet at full size.

    RGB in 0..1 in and out; sides that are multiples of 16. The paper gives no channel counts: at the width of 16 each
    mode is half of Johnson's network (16, 32, 64) and both together are all of it (128). Ours, not the paper's: the
    enhance and refine subnets paint a change of what they are given, from none at the start, so that few steps suffice.
    The style subnet cannot: it would have to undo each photo's own contrast, which its norms keep from it.
    """

    family = "multimodal"
    domain = "rgb"
    stride = 16

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.parameters_given = {"width": width}
        self.style = _TwoModes(width, halvings=2)
        self.enhance = _TwoModes(width, halvings=3)
        self.refine = _Refine(width)
        for brush in self._brushes():
            silence(brush)

    def _brushes(self) -> tuple[nn.Conv2d, nn.Conv2d]:
        """What the enhance and the refine subnet paint their changes with."""
        enhancing, refining = self.enhance.together[-1], self.refine.layers[-1]
        assert isinstance(enhancing, nn.Conv2d) and isinstance(refining, nn.Conv2d)
        return enhancing, refining

    @property
    def begun(self) -> int:
        """How many subnets have learnt to change anything."""
        return 1 + sum(bool(brush.weight.any()) for brush in self._brushes())

    def forward(self, picture: Tensor) -> Tensor:
        return self.hierarchy(functional.avg_pool2d(picture, 4))[-1]

    def hierarchy(self, quarter: Tensor, subnets: int = 3) -> list[Tensor]:
        """What the first so many subnets paint: at the size of what is given, twice that, four times that."""
        # Stretched by a tenth, so that black and white are within reach.
        painted = [0.5 + 0.55 * torch.tanh(self.style(quarter))]
        for subnet in (self.enhance, self.refine)[: subnets - 1]:
            doubled = _upsampled(painted[-1])
            painted.append(doubled + subnet(doubled))
        return painted


def _upsampled(picture: Tensor) -> Tensor:
    return functional.interpolate(picture, scale_factor=2, mode="bilinear", align_corners=False)
