"""The generator of 'Learning to Cartoonize Using White-Box Cartoon Representations' (Wang and Yu, CVPR 2020)."""

from torch import Tensor, nn
from torch.nn import functional

from streamstyle.generators.guided import guided_filter

_SLOPE = 0.2


class _Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, features: Tensor) -> Tensor:
        inner: Tensor = self.second(functional.leaky_relu(self.first(features), _SLOPE))
        return features + inner


class Cartoon(nn.Module):
    """A U-Net without norms; a guided filter of radius 1 gives its output the photo's edges back.

    RGB in 0..1 in and out (the network itself works in -1..1); sides that are multiples of 4.
    """

    family = "cartoon"
    domain = "rgb"
    stride = 8

    def __init__(self, width: int = 32, blocks: int = 4, radius: int = 1, epsilon: float = 5e-3) -> None:
        super().__init__()
        self.parameters_given = {"width": width, "blocks": blocks, "radius": radius, "epsilon": epsilon}
        self.radius, self.epsilon = radius, epsilon
        self.stem = nn.Conv2d(3, width, 7, padding=3)
        self.to_half = nn.Conv2d(width, width, 3, stride=2, padding=1)
        self.at_half = nn.Conv2d(width, width * 2, 3, padding=1)
        self.to_quarter = nn.Conv2d(width * 2, width * 2, 3, stride=2, padding=1)
        self.at_quarter = nn.Conv2d(width * 2, width * 4, 3, padding=1)
        self.trunk = nn.Sequential(*(_Residual(width * 4) for _ in range(blocks)))
        self.narrow = nn.Conv2d(width * 4, width * 2, 3, padding=1)
        self.join_half = nn.Conv2d(width * 2, width * 2, 3, padding=1)
        self.half_out = nn.Conv2d(width * 2, width, 3, padding=1)
        self.join_full = nn.Conv2d(width, width, 3, padding=1)
        self.out = nn.Conv2d(width, 3, 7, padding=3)

    def forward(self, picture: Tensor) -> Tensor:
        photo = picture * 2 - 1
        return (guided_filter(photo, self.unfiltered(photo), self.radius, self.epsilon) + 1) / 2

    def unfiltered(self, photo: Tensor) -> Tensor:
        """The U-Net alone, -1..1 in and out: what the content-only initial phase trains."""
        full = _rectified(self.stem, photo)
        half = _rectified(self.at_half, _rectified(self.to_half, full))
        quarter = _rectified(self.at_quarter, _rectified(self.to_quarter, half))
        quarter = _rectified(self.narrow, self.trunk(quarter))
        up = _rectified(self.half_out, _rectified(self.join_half, _doubled(quarter) + half))
        painted: Tensor = self.out(_rectified(self.join_full, _doubled(up) + full))
        return painted


def _rectified(layer: nn.Module, features: Tensor) -> Tensor:
    return functional.leaky_relu(layer(features), _SLOPE)


def _doubled(features: Tensor) -> Tensor:
    return functional.interpolate(features, scale_factor=2, mode="bilinear", align_corners=False)
