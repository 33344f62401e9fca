"""The CUDA runtime, as far as the engines need it: which card, memory, streams and graphs."""

import ctypes
from dataclasses import dataclass
from typing import Any

import numpy as np

from streamstyle.errors import EngineError
from streamstyle.frames import Batch


@dataclass(frozen=True, slots=True)
class Card:
    """What compiled kernels depend on."""

    name: str
    capability: tuple[int, int]


def runtime() -> Any:
    """The module of the CUDA runtime; ImportError where there is none."""
    from cuda.bindings import runtime as bindings

    return bindings


def checked(result: tuple[Any, ...]) -> Any:
    """What a call of the runtime gave, or its error as ours."""
    error, *values = result
    if int(error) != 0:
        raise EngineError(f"CUDA: {error.name}")
    return values[0] if len(values) == 1 else tuple(values)


def card() -> Card:
    """The first GPU; EngineError with the driver's reason where there is none."""
    try:
        cuda = runtime()
    except ImportError as error:
        raise EngineError("cuda-python is not installed: pip install 'streamstyle[tensorrt]'") from error
    if not checked(cuda.cudaGetDeviceCount()):
        raise EngineError("there is no NVIDIA GPU")
    properties = checked(cuda.cudaGetDeviceProperties(0))
    return Card(properties.name.split(b"\0")[0].decode(), (int(properties.major), int(properties.minor)))


class Pinned:
    """A batch in page-locked memory, which the card reads and writes by itself."""

    def __init__(self, shape: tuple[int, int, int]) -> None:
        self.bytes = int(np.prod(shape))
        self._cuda = runtime()
        self.address = int(checked(self._cuda.cudaHostAlloc(self.bytes, self._cuda.cudaHostAllocDefault)))
        self.images: Batch = np.ctypeslib.as_array((ctypes.c_uint8 * self.bytes).from_address(self.address)).reshape(
            shape
        )

    def close(self) -> None:
        address, self.address = self.address, 0
        if address:
            checked(self._cuda.cudaFreeHost(address))


class Resident:
    """Memory on the card."""

    def __init__(self, count: int) -> None:
        self.bytes = count
        self._cuda = runtime()
        self.address = int(checked(self._cuda.cudaMalloc(count)))

    def close(self) -> None:
        address, self.address = self.address, 0
        if address:
            checked(self._cuda.cudaFree(address))


class Stream:
    """A stream that does not wait for the default one."""

    def __init__(self) -> None:
        self._cuda = runtime()
        self._handle = checked(self._cuda.cudaStreamCreateWithFlags(self._cuda.cudaStreamNonBlocking))

    @property
    def handle(self) -> int:
        return int(self._handle)

    def up(self, source: Pinned, target: Resident) -> None:
        kind = self._cuda.cudaMemcpyKind.cudaMemcpyHostToDevice
        checked(self._cuda.cudaMemcpyAsync(target.address, source.address, source.bytes, kind, self._handle))

    def down(self, source: Resident, target: Pinned) -> None:
        kind = self._cuda.cudaMemcpyKind.cudaMemcpyDeviceToHost
        checked(self._cuda.cudaMemcpyAsync(target.address, source.address, target.bytes, kind, self._handle))

    def begin(self) -> None:
        """From here on the work is recorded, not done."""
        mode = self._cuda.cudaStreamCaptureMode.cudaStreamCaptureModeThreadLocal
        checked(self._cuda.cudaStreamBeginCapture(self._handle, mode))

    def end(self) -> Any:
        """What was recorded, ready to be launched again and again."""
        graph = checked(self._cuda.cudaStreamEndCapture(self._handle))
        try:
            return checked(self._cuda.cudaGraphInstantiate(graph, 0))
        finally:
            checked(self._cuda.cudaGraphDestroy(graph))

    def launch(self, graph: Any) -> None:
        checked(self._cuda.cudaGraphLaunch(graph, self._handle))

    def wait(self) -> None:
        checked(self._cuda.cudaStreamSynchronize(self._handle))

    def close(self, graph: Any = None) -> None:
        handle, self._handle = self._handle, None
        if graph is not None:
            checked(self._cuda.cudaGraphExecDestroy(graph))
        if handle is not None:
            checked(self._cuda.cudaStreamDestroy(handle))
