"""PyTorch on an NVIDIA GPU: halves, channels last, the whole way up and down recorded as CUDA graphs."""

import ctypes
import sys
from typing import Any

import numpy as np

from engines import torch as engine
from engines.backends import Availability, Request
from engines.lanes import LaneEngine
from streamstyle.frames import Batch, Engine, EngineSpec
from streamstyle.packs import Pack

NAME = "torch-cuda"
LANES = 2
_WARM_UP = 3


def availability() -> Availability:
    # Importing PyTorch takes a second or two: not where there is no driver to use it with.
    if not _driver():
        return Availability(NAME, "there is no NVIDIA driver")
    found = engine.availability()
    if found.reason:
        return Availability(NAME, found.reason)
    import torch

    if not torch.cuda.is_available():
        return Availability(NAME, "this PyTorch sees no NVIDIA GPU")
    return Availability(NAME, None, found.device, found.precisions)


def open_pack(pack: Pack, request: Request) -> Engine:
    return engine.open_pack(pack, request)


def lanes(whole: "engine.Whole", spec: EngineSpec) -> LaneEngine:
    """Two lanes, so that copies and kernels of two batches overlap."""
    return LaneEngine(spec, [CudaLane(whole, spec) for _ in range(LANES)])


class CudaLane:
    """A stream with page-locked memory up and down, and the whole way recorded as one CUDA graph."""

    def __init__(self, whole: "engine.Whole", spec: EngineSpec) -> None:
        import torch

        self._torch: Any = torch
        shape = (spec.batch, spec.height * 3 // 2, spec.width)
        self._stream = self._torch.cuda.Stream()
        self._up = torch.empty(shape, dtype=torch.uint8, pin_memory=True)
        self._down = torch.empty(shape, dtype=torch.uint8, pin_memory=True)
        self._image = torch.empty(shape, dtype=torch.uint8, device="cuda")
        self._done = self._torch.cuda.Event()
        self._graph: Any = self._recorded(whole)

    def _recorded(self, whole: "engine.Whole") -> Any:
        torch = self._torch

        def way() -> None:
            self._image.copy_(self._up, non_blocking=True)
            self._down.copy_(whole(self._image), non_blocking=True)

        with torch.inference_mode():
            self._stream.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(self._stream):
                # Algorithms are chosen on the first runs, which must not be recorded.
                for _ in range(_WARM_UP):
                    way()
            self._stream.synchronize()
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph, stream=self._stream, capture_error_mode="thread_local"):
                way()
        return graph

    def submit(self, images: Batch) -> None:
        np.copyto(self._up.numpy(), images)
        with self._torch.cuda.stream(self._stream):
            self._graph.replay()
            self._done.record(self._stream)

    def wait(self) -> Batch:
        self._done.synchronize()
        painted: Batch = self._down.numpy()
        return painted

    def close(self) -> None:
        self._stream.synchronize()
        self._graph = None


def _driver() -> bool:
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    return True
