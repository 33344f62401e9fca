"""Style and content distance as MEASURES defines them, on ImageNet-trained SqueezeNet 1.0."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from streamstyle.errors import InputError, MissingError
from streamstyle.frames import Image

STYLE_LAYERS = (1, 3, 4, 5, 7, 8, 9)
CONTENT_LAYER = 5
FRECHET_LAYER = 8
"""fire5: 256 features, of which a few photos give enough samples."""
_FRECHET_CELLS = 6


class Measures:
    """Distances of pictures (N x 3 x H x W, RGB in 0..1) by the network's features."""

    def __init__(self, weights: Path) -> None:
        self._network = _squeezenet(weights)
        self._mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
        self._deviation = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)

    def grams(self, pictures: Tensor) -> list[Tensor]:
        return [gram(features) for index, features in self._features(pictures) if index in STYLE_LAYERS]

    def content(self, pictures: Tensor) -> Tensor:
        return dict(self._features(pictures, CONTENT_LAYER))[CONTENT_LAYER]

    def style_distance(self, pictures: Tensor, painting: list[Tensor]) -> Tensor:
        return style_distance(self.grams(pictures), painting)

    def content_distance(self, pictures: Tensor, content: Tensor) -> Tensor:
        return relative(self.content(pictures), content)

    def both(self, pictures: Tensor, painting: list[Tensor], content: Tensor) -> tuple[Tensor, Tensor]:
        """Style and content distance in one pass."""
        features = dict(self._features(pictures))
        style = style_distance([gram(features[index]) for index in STYLE_LAYERS], painting)
        return style, relative(features[CONTENT_LAYER], content)

    @torch.no_grad()
    def samples(self, pictures: Tensor) -> NDArray[np.float64]:
        """What Frechet's distance compares: features averaged over the cells of a coarse grid, one cell a row."""
        features = dict(self._features(pictures, FRECHET_LAYER))[FRECHET_LAYER]
        cells = nn.functional.adaptive_avg_pool2d(features, _FRECHET_CELLS)
        return cells.permute(0, 2, 3, 1).reshape(-1, cells.shape[1]).double().numpy()

    def _features(self, pictures: Tensor, last: int = STYLE_LAYERS[-1]) -> Iterator[tuple[int, Tensor]]:
        features = (pictures - self._mean) / self._deviation
        for index, layer in enumerate(self._network[: last + 1]):
            features = layer(features)
            yield index, features


def gram(features: Tensor) -> Tensor:
    """How channels go together, averaged over positions: (N, C, C)."""
    flat = features.flatten(2)
    return flat @ flat.transpose(1, 2) / flat.shape[2]


def style_distance(grams: list[Tensor], painting: list[Tensor]) -> Tensor:
    parts = [relative(here, there) for here, there in zip(grams, painting, strict=True)]
    return torch.stack(parts).mean()


def relative(here: Tensor, there: Tensor) -> Tensor:
    """The squared distance as a share of the other's square; `there` may be one for all."""
    there = there.expand_as(here)
    return ((here - there).flatten(1).square().sum(1) / there.flatten(1).square().sum(1)).mean()


def tensor(picture: Image) -> Tensor:
    """An RGB picture of bytes as 1 x 3 x H x W in 0..1."""
    return torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1)[None].float() / 255


def _squeezenet(weights: Path) -> Any:
    import torchvision
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if not weights.is_file():
        raise MissingError(f"{weights}: there are no such weights")
    network = torchvision.models.squeezenet1_0()
    try:
        network.load_state_dict(load_file(weights))
    except (SafetensorError, RuntimeError) as error:
        raise InputError(f"{weights}: not SqueezeNet 1.0's weights in torchvision's layout") from error
    # In-place ReLUs would overwrite the features that were handed out.
    for module in network.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = False
    return network.features.eval().requires_grad_(False)
