"""The networks that paint, by the name of their family."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Protocol

from torch import Tensor, nn

from streamstyle.errors import UsageError
from streamstyle.generators.animegan2 import AnimeGAN2
from streamstyle.generators.cartoon import Cartoon
from streamstyle.generators.cartoongan import CartoonGAN
from streamstyle.generators.johnson import Johnson
from streamstyle.generators.multimodal import MultiModal
from streamstyle.generators.small import Small


class Generator(Protocol):
    """What every family is, besides a module.

    `domain` says what it takes and gives: "rgb" (N x 3 x H x W in 0..1) or "planes" (see `planes`); sides are multiples
    of `stride`; `parameters_given` build the same network again.
    """

    family: str
    domain: str
    stride: int
    parameters_given: Mapping[str, Any]

    def __call__(self, picture: Tensor) -> Tensor: ...


FAMILIES: Mapping[str, Callable[..., nn.Module]] = MappingProxyType(
    {
        "small": Small,
        "johnson": Johnson,
        "multimodal": MultiModal,
        "cartoon": Cartoon,
        "cartoongan": CartoonGAN,
        "animegan2": AnimeGAN2,
    }
)


def build(family: str, parameters: Mapping[str, Any] | None = None) -> nn.Module:
    """A generator with fresh weights."""
    if family not in FAMILIES:
        raise UsageError(f"there is no generator {family!r}; there are {', '.join(FAMILIES)}")
    try:
        return FAMILIES[family](**(parameters or {}))
    except TypeError as error:
        raise UsageError(f"generator {family}: {error}") from error
