"""Discriminators of the cartoon papers, their losses, and pictures with smoothed edges as what must not pass."""

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from streamstyle.frames import Image


class PatchDiscriminator(nn.Sequential):
    """White-box Cartoonization's: three strided pairs of spectrally normalised convolutions, one value per patch."""

    def __init__(self, channels: int = 3, width: int = 32) -> None:
        layers: list[nn.Module] = []
        inside = channels
        for outside in (width, width * 2, width * 4):
            for stride in (2, 1):
                layers += [spectral_norm(nn.Conv2d(inside, outside, 3, stride, padding=1)), nn.LeakyReLU(0.2)]
                inside = outside
        super().__init__(*layers, spectral_norm(nn.Conv2d(inside, 1, 1)))


class EdgeDiscriminator(nn.Sequential):
    """CartoonGAN's: a flat convolution, two strided blocks, two more convolutions, one value per patch."""

    def __init__(self, width: int = 32) -> None:
        super().__init__(
            nn.Conv2d(3, width, 3, padding=1),
            nn.LeakyReLU(0.2),
            *self._strided(width, width * 2, width * 4),
            *self._strided(width * 4, width * 4, width * 8),
            nn.Conv2d(width * 8, width * 8, 3, padding=1),
            nn.InstanceNorm2d(width * 8, affine=True),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width * 8, 1, 3, padding=1),
        )

    @staticmethod
    def _strided(inside: int, between: int, outside: int) -> list[nn.Module]:
        return [
            nn.Conv2d(inside, between, 3, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(between, outside, 3, padding=1),
            nn.InstanceNorm2d(outside, affine=True),
            nn.LeakyReLU(0.2),
        ]


def squares_to_tell(real: Tensor, fake: Tensor) -> Tensor:
    """What a least-squares discriminator minimises, given its values of real and painted pictures."""
    return ((real.float() - 1).square().mean() + fake.float().square().mean()) / 2


def squares_to_pass(fake: Tensor) -> Tensor:
    """What the generator minimises against it."""
    return (fake.float() - 1).square().mean()


def logs_to_tell(real: Tensor, *fakes: Tensor) -> Tensor:
    """CartoonGAN's: minus log D of the cartoons, minus log (1 - D) of each kind that is none; D from its logits."""
    return functional.softplus(-real.float()).mean() + sum(
        (functional.softplus(fake.float()).mean() for fake in fakes), torch.zeros((), device=real.device)
    )


def logs_to_pass(fake: Tensor) -> Tensor:
    """Minus log D of what the generator painted: the same fixed point as log (1 - D), with gradients from the start."""
    return functional.softplus(-fake.float()).mean()


def edges_smoothed(picture: Image, reach: int = 5) -> Image:
    """A cartoon without its clear edges: Canny's edges, widened, and a Gaussian blur inside them only."""
    edges = cv2.Canny(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), 100, 200)
    inside = cv2.dilate(edges, np.ones((reach, reach), np.uint8)) > 0
    blurred = cv2.GaussianBlur(picture, (reach, reach), 0)
    return np.where(inside[..., None], blurred, picture).astype(np.uint8)
