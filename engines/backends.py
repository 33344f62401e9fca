"""What every backend is: a module that says whether it can run here and opens engines."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from streamstyle.errors import EngineError
from streamstyle.frames import Batch, Colour, Engine, EngineSpec
from streamstyle.packs import Pack

Precision = Literal["auto", "fp32", "bf16", "fp16", "int8"]
PRECISIONS: tuple[Precision, ...] = ("auto", "fp32", "bf16", "fp16", "int8")


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether a backend can run on this machine, and why not."""

    backend: str
    reason: str | None
    """Why it cannot run; None where it can."""
    device: str = ""
    precisions: tuple[str, ...] = ()
    """What it computes in here, the quickest first."""


@dataclass(frozen=True, slots=True)
class Request:
    """The one size, colour and precision that an engine is compiled for."""

    width: int
    height: int
    colour: Colour
    precision: str = "auto"
    batch: int = 1
    threads: int | None = None

    @property
    def rows(self) -> int:
        return self.height * 3 // 2


class Backend(Protocol):
    """What `engines.openvino` and its neighbours export."""

    def availability(self) -> Availability: ...
    def open_pack(self, pack: Pack, request: Request) -> Engine: ...


def fitting(available: Availability, pack: Pack, request: Request) -> EngineSpec:
    """What is to be compiled; EngineError where backend, pack and request do not go together."""
    if available.reason:
        raise EngineError(available.reason)
    check_request(pack, request)
    precision = chosen_precision(available, pack, request.precision)
    return EngineSpec(available.backend, available.device, precision, request.batch, request.height, request.width)


def chosen_precision(available: Availability, pack: Pack, asked: str) -> str:
    """The precision that was asked for, or the quickest that pack and backend share; EngineError, never a fallback."""
    shared = [name for name in available.precisions if name != "int8" or pack.has_int8]
    if asked == "auto":
        return shared[0]
    if asked == "int8" and "int8" in available.precisions and not pack.has_int8:
        raise EngineError(f"{pack.name}: has no int8 graph; it runs in {', '.join(shared)}")
    if asked not in available.precisions:
        here = ", ".join(shared)
        raise EngineError(f"{available.backend}: no {asked} on {available.device}; {pack.name} runs in {here} there")
    return asked


def check_request(pack: Pack, request: Request) -> None:
    """EngineError where the size is none that the graph takes."""
    stride = pack.manifest.stride
    if request.width < 16 or request.height < 16 or request.width % stride or request.height % stride:
        raise EngineError(
            f"{pack.name}: {request.width}x{request.height} cannot be painted: "
            f"both sides must be multiples of {stride}, and 16 or more"
        )
    if request.batch < 1:
        raise EngineError(f"a batch holds one picture or more, not {request.batch}")
    if request.threads is not None and request.threads < 1:
        raise EngineError(f"an engine needs one thread or more, not {request.threads}")


def check_batch(images: Batch, shape: Sequence[int]) -> None:
    """ValueError where the pictures are not what the engine was compiled for."""
    if images.shape != tuple(shape) or images.dtype != "uint8" or not images.flags.c_contiguous:
        raise ValueError(f"the engine takes contiguous uint8 {tuple(shape)}, not {images.dtype} {images.shape}")


def last_line(error: Exception) -> str:
    """The line of a library's error that says what is wrong: they put the place first and the matter last."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
