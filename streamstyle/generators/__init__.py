"""The networks that paint, by the name of their family; a family is imported when one of it is built."""

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from streamstyle.errors import UsageError

if TYPE_CHECKING:
    from torch import Tensor, nn


class Generator(Protocol):
    """What every family is, besides a module.

    `domain` says what it takes and gives: "rgb" (N x 3 x H x W in 0..1) or "planes" (see `planes`); sides are multiples
    of `stride`; `parameters_given` build the same network again.
    """

    family: str
    domain: str
    stride: int
    parameters_given: Mapping[str, Any]

    def __call__(self, picture: "Tensor") -> "Tensor": ...


FAMILIES: Mapping[str, str] = MappingProxyType(
    {
        "small": "streamstyle.generators.small:Small",
        "johnson": "streamstyle.generators.johnson:Johnson",
        "multimodal": "streamstyle.generators.multimodal:MultiModal",
        "cartoon": "streamstyle.generators.cartoon:Cartoon",
        "cartoongan": "streamstyle.generators.cartoongan:CartoonGAN",
        "animegan2": "streamstyle.generators.animegan2:AnimeGAN2",
    }
)
"""Where the class of each family is. Command lines list the names, and must not load PyTorch for that."""


def build(family: str, parameters: Mapping[str, Any] | None = None) -> "nn.Module":
    """A generator with fresh weights."""
    if family not in FAMILIES:
        raise UsageError(f"there is no generator {family!r}; there are {', '.join(FAMILIES)}")
    module, name = FAMILIES[family].split(":")
    try:
        generator: nn.Module = getattr(import_module(module), name)(**(parameters or {}))
    except TypeError as error:
        raise UsageError(f"generator {family}: {error}") from error
    return generator
