"""Where training computes and how precisely: in halves where the machine is faster in them, in singles elsewhere."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from streamstyle.errors import UsageError
from streamstyle.generators.planes import paint

DEVICES = ("auto", "cpu", "cuda")


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """A device, and the type of numbers that networks compute in there; losses are always in singles."""

    device: torch.device
    kind: torch.dtype

    def fast(self) -> AbstractContextManager[Any]:
        """Networks inside this compute in halves, where those are faster."""
        if self.kind is torch.float32:
            return nullcontext()
        return torch.autocast(self.device.type, self.kind)

    def placed(self, network: nn.Module) -> nn.Module:
        """The network on the device, laid out and compiled as suits it."""
        network = network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        if self.device.type == "cuda":
            network.compile()
        return network


SINGLES = Arithmetic(torch.device("cpu"), torch.float32)


def arithmetic(device: str = "auto") -> Arithmetic:
    """What this machine has."""
    if device not in DEVICES:
        raise UsageError(f"there is no device {device!r}; there are {', '.join(DEVICES)}")
    if device == "cuda" and not torch.cuda.is_available():
        raise UsageError("--device cuda: PyTorch finds no NVIDIA GPU here")
    if device == "cpu" or not torch.cuda.is_available():
        return Arithmetic(torch.device("cpu"), torch.bfloat16 if _has_bf16() else torch.float32)
    halves = torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    return Arithmetic(torch.device("cuda"), halves)


def _has_bf16() -> bool:
    """Whether the processor itself computes in bf16; without that PyTorch only pretends, slowly."""
    able = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return bool(able.get("amx_bf16") or able.get("avx512_bf16"))


class Painter:
    """A generator in training: RGB in, RGB out in singles, its inside in fast arithmetic."""

    def __init__(self, generator: nn.Module, how: Arithmetic) -> None:
        self.generator, self._how = generator, how
        self.domain = str(generator.domain)

    def __call__(self, pictures: Tensor) -> Tensor:
        """Paints N x 3 x H x W in 0..1; values may leave that range a little."""
        return paint(_Domain(self.domain, self._inside), pictures)

    def hierarchy(self, pictures: Tensor) -> list[Tensor]:
        """What the subnets of a multimodal generator paint, smallest first."""
        generator: Any = self.generator
        with self._how.fast():
            return [painted.float() for painted in generator.hierarchy(_laid_out(pictures))]

    def _inside(self, pictures: Tensor) -> Tensor:
        with self._how.fast():
            painted: Tensor = self.generator(_laid_out(pictures))
        return painted


@dataclass(frozen=True, slots=True)
class _Domain:
    """A generator as `paint` looks at it."""

    domain: str
    call: Callable[[Tensor], Tensor]

    def __call__(self, pictures: Tensor) -> Tensor:
        return self.call(pictures)


def _laid_out(pictures: Tensor) -> Tensor:
    return pictures.contiguous(memory_format=torch.channels_last)
