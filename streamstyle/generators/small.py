"""Our own fast generator: it lives on the planes of 4:2:0 video and never sees RGB.

Brightness comes in as the four pixels of each 2x2 square, the two colour planes as they are: six channels at half
size. Norms stand only where they matter (after the stem, the stride and the trunk), so that what one picture does to
the statistics does not ripple through every layer; that is faster, and steadier.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from streamstyle.generators.layers import SHARP, Residual, smoothing

PLANES = 6


class Small(nn.Module):
    """Takes and gives N x 6 x H/2 x W/2 in 0..1: Y of each 2x2 square, U, V, in BT.601 full range."""

    family = "small"
    domain = "planes"
    stride = 8

    smooth: Tensor

    def __init__(self, stem: int = 24, width: int = 32, depth: int = 5, kernel: Sequence[float] = SHARP) -> None:
        super().__init__()
        self.parameters_given: dict[str, Any] = {"stem": stem, "width": width, "depth": depth, "kernel": list(kernel)}
        self.stem = nn.Conv2d(PLANES, stem, 3, padding=1)
        self.stem_norm = nn.InstanceNorm2d(stem, affine=True)
        self.down = nn.Conv2d(stem, width, 3, stride=2, padding=1)
        self.down_norm = nn.InstanceNorm2d(width, affine=True)
        self.trunk = nn.Sequential(*(Residual(width) for _ in range(depth)))
        self.trunk_norm = nn.InstanceNorm2d(width, affine=True)
        self.up = nn.Conv2d(width, stem, 3, padding=1)
        self.head = nn.Conv2d(stem, PLANES, 3, padding=1)
        with torch.no_grad():
            # The four pixels of a square start equal; training alone decides how they differ.
            self.head.weight[:4] = self.head.weight[:1].clone()
            assert self.head.bias is not None
            self.head.bias[:] = 0
        # Without this the head paints its texture as a grid of two pixels, which style losses do not mind.
        weights = torch.zeros(PLANES, PLANES, 3, 3)
        weights[:4, :4] = smoothing(kernel)
        weights[4:, 4:, 1, 1] = torch.eye(2)
        self.register_buffer("smooth", weights, persistent=False)

    def forward(self, planes: Tensor) -> Tensor:
        return self.decode(self.encode(planes))

    def encode(self, planes: Tensor) -> Tensor:
        """What is painted, at a quarter of the size."""
        features = functional.relu(self.stem_norm(self.stem(planes * 2 - 1)))
        features = functional.relu(self.down_norm(self.down(features)))
        return functional.relu(self.trunk_norm(self.trunk(features)))

    def decode(self, features: Tensor) -> Tensor:
        # Bilinear, since repeated pixels come out as a grid of four.
        features = functional.interpolate(features, scale_factor=2, mode="bilinear", align_corners=False)
        painted: Tensor = self.head(functional.relu(self.up(features)))
        return 0.5 + 0.55 * torch.tanh(functional.conv2d(painted, self.smooth, padding=1))
