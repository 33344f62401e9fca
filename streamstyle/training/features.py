"""ImageNet-trained networks as judges of style and content."""

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn

from streamstyle.errors import InputError, MissingError, UsageError

_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True, slots=True)
class Taps:
    """The layers that are looked at, by torchvision's indices."""

    style: tuple[int, ...]
    content: int

    @property
    def last(self) -> int:
        return max(*self.style, self.content)


NETWORKS: Mapping[str, Taps] = MappingProxyType(
    {
        "squeezenet1_0": Taps((1, 3, 4, 5, 7, 8, 9), 5),
        # Johnson's: relu1_2, relu2_2, relu3_3, relu4_3, and relu2_2 for the content.
        "vgg16": Taps((3, 8, 15, 22), 8),
        # Gatys': relu1_1 to relu5_1, and relu4_2 for the content.
        "vgg19": Taps((1, 6, 11, 20, 29), 22),
    }
)


class Features(nn.Module):
    """Takes RGB pictures in 0..1, gives the features of the taps by index."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, name: str, layers: nn.Sequential) -> None:
        super().__init__()
        self.name, self.taps = name, NETWORKS[name]
        self.layers = layers[: self.taps.last + 1]
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor(_DEVIATION).view(1, 3, 1, 1))
        for module in self.modules():
            # In-place ReLUs would overwrite the features that were handed out.
            if isinstance(module, nn.ReLU):
                module.inplace = False
        self.eval().requires_grad_(False)

    def forward(self, pictures: Tensor) -> dict[int, Tensor]:
        found = {}
        features = (pictures - self.mean) / self.deviation
        for index, layer in enumerate(self.layers):
            features = layer(features)
            if index in self.taps.style or index == self.taps.content:
                found[index] = features
        return found

    def content(self, pictures: Tensor) -> Tensor:
        """The content layer's features alone."""
        features: Tensor = self.layers[: self.taps.content + 1]((pictures - self.mean) / self.deviation)
        return features


def load_features(name: str, weights: Path | None = None) -> Features:
    """A network with torchvision's weights, or with those of a file in torchvision's layout."""
    import torchvision

    if name not in NETWORKS:
        raise UsageError(f"there are no features {name!r}; there are {', '.join(NETWORKS)}")
    make = getattr(torchvision.models, name)
    if weights is None:
        try:
            return Features(name, make(weights="DEFAULT", progress=False).features)
        except (OSError, RuntimeError) as error:
            raise InputError(f"{name}: its weights cannot be fetched ({error}); name a file with --weights") from error
    network = make()
    network.features.load_state_dict(_fitting(weights, name, read_weights(weights), network.features.state_dict()))
    return Features(name, network.features)


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a .safetensors or PyTorch file by name, never by unpickling code."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if not path.is_file():
        raise MissingError(f"{path}: there are no such weights")
    found: Any
    try:
        if path.suffix == ".safetensors":
            found = load_file(path)
        else:
            found = torch.load(path, map_location="cpu", weights_only=True)
    except (SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError, KeyError) as error:
        raise InputError(
            f"{path}: not a file of weights ({(str(error).splitlines() or ['it is empty'])[0][:100]})"
        ) from error
    if not isinstance(found, Mapping) or not all(isinstance(value, Tensor) for value in found.values()):
        raise InputError(f"{path}: not a file of weights: it holds something else than named tensors")
    return dict(found)


def _fitting(path: Path, name: str, found: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> dict[str, Tensor]:
    fitting = {}
    last = NETWORKS[name].last
    for key, tensor in wanted.items():
        # What lies behind the last tap is never used, so it may be missing.
        if int(key.partition(".")[0]) > last:
            fitting[key] = tensor
            continue
        given = found.get(f"features.{key}")
        if given is None or given.shape != tensor.shape:
            what = "has no" if given is None else "has another shape of"
            raise InputError(f"{path}: not {name} in torchvision's layout: it {what} features.{key}")
        fitting[key] = given.float()
    return fitting
