"""The network of 'Perceptual Losses for Real-Time Style Transfer' (Johnson, Alahi and Li, ECCV 2016), with the instance
norm of Ulyanov et al. and resize-convolutions (Odena et al.) where the paper has transposed ones.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from streamstyle.generators.layers import NormedResidual, normed


class Johnson(nn.Module):
    """RGB in 0..1 in and out; sides that are multiples of 4.

    Inside, pictures are -1..1 and the last convolution goes through tanh, stretched by a tenth so that black and white
    are within reach.
    """

    family = "johnson"
    domain = "rgb"
    stride = 8

    def __init__(self, width: int = 32, blocks: int = 5) -> None:
        super().__init__()
        self.parameters_given = {"width": width, "blocks": blocks}
        self.stem = normed(3, width, 9)
        self.down_to_half = normed(width, width * 2, 3, stride=2)
        self.down_to_quarter = normed(width * 2, width * 4, 3, stride=2)
        self.trunk = nn.Sequential(*(NormedResidual(width * 4) for _ in range(blocks)))
        self.up_to_half = normed(width * 4, width * 2, 3)
        self.up_to_full = normed(width * 2, width, 3)
        self.head = nn.Conv2d(width, 3, 9, padding=4, padding_mode="reflect")

    def forward(self, picture: Tensor) -> Tensor:
        return 0.5 + 0.55 * torch.tanh(self.drawn(picture * 2 - 1))

    def drawn(self, features: Tensor) -> Tensor:
        """What the last convolution gives, before it is bent into the range of pictures."""
        for layer in (self.stem, self.down_to_half, self.down_to_quarter):
            features = functional.relu(layer(features))
        features = self.trunk(features)
        for layer in (self.up_to_half, self.up_to_full):
            features = functional.interpolate(features, scale_factor=2, mode="nearest")
            features = functional.relu(layer(features))
        drawn: Tensor = self.head(features)
        return drawn
