"""PyTorch on an NVIDIA GPU: halves, channels last, the whole way up and down recorded as CUDA graphs."""

import ctypes
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from engines.backends import Availability, Request, fitting
from engines.lanes import LaneEngine
from engines.rebuilt import rebuilt
from streamstyle.frames import Batch, EngineSpec
from streamstyle.packs import Pack

if TYPE_CHECKING:
    from engines.rebuilt import Whole

NAME = "torch-cuda"
LANES = 2
"""Two, so that copies and kernels of two batches overlap."""
_WARM_UP = 3


def availability() -> Availability:
    # Importing PyTorch takes a second or two: not where there is no driver to use it with.
    if not _driver():
        return Availability(NAME, "there is no NVIDIA driver")
    try:
        import torch
    except ImportError as error:
        return Availability(NAME, f"PyTorch cannot be imported ({error}): pip install 'streamstyle[train]'")
    if not torch.cuda.is_available():
        return Availability(NAME, "this PyTorch sees no NVIDIA GPU")
    return Availability(NAME, None, torch.cuda.get_device_name(), ("fp16", "bf16", "fp32"))


def open_pack(pack: Pack, request: Request) -> LaneEngine:
    """The pack's generator on the first GPU, for one size."""
    spec = fitting(availability(), pack, request)
    whole = rebuilt(pack, request, spec.precision, "cuda")
    return LaneEngine(spec, [CudaLane(whole, spec) for _ in range(LANES)])


class CudaLane:
    """A stream with page-locked memory up and down, and the whole way recorded as one CUDA graph."""

    def __init__(self, whole: "Whole", spec: EngineSpec) -> None:
        import torch

        self._torch: Any = torch
        shape = (spec.batch, spec.height * 3 // 2, spec.width)
        self._stream = self._torch.cuda.Stream()
        self._up = torch.empty(shape, dtype=torch.uint8, pin_memory=True)
        self._down = torch.empty(shape, dtype=torch.uint8, pin_memory=True)
        self._image = torch.empty(shape, dtype=torch.uint8, device="cuda")
        self._done = self._torch.cuda.Event()
        self._graph: Any = self._recorded(whole)

    def _recorded(self, whole: "Whole") -> Any:
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
