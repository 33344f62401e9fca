"""PyTorch on the processor or an Apple GPU; on an NVIDIA GPU where there is one."""

from typing import TYPE_CHECKING, Any

import numpy as np

from engines import torch_cuda
from engines.backends import Availability, Request, check_batch, fitting
from engines.rebuilt import rebuilt
from streamstyle.frames import Batch, Engine, EngineSpec
from streamstyle.packs import Pack

if TYPE_CHECKING:
    from engines.rebuilt import Whole

NAME = "torch"


def availability() -> Availability:
    try:
        import torch
    except ImportError as error:
        return Availability(NAME, f"PyTorch cannot be imported ({error}): pip install 'streamstyle[train]'")
    cuda = torch_cuda.availability()
    if cuda.reason is None:
        return Availability(NAME, None, cuda.device, cuda.precisions)
    backends: Any = torch.backends
    if backends.mps.is_available():
        return Availability(NAME, None, "Apple GPU", ("fp16", "fp32"))
    # Without the instructions bf16 would run, at a fraction of the speed of singles.
    quick = backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return Availability(NAME, None, "CPU", ("bf16", "fp32") if quick else ("fp32",))


def open_pack(pack: Pack, request: Request) -> Engine:
    """The pack's generator on the best device that PyTorch has here."""
    available = availability()
    if torch_cuda.availability().reason is None:
        return torch_cuda.open_pack(pack, request)
    spec = fitting(available, pack, request)
    device = "mps" if available.device == "Apple GPU" else "cpu"
    return TorchEngine(rebuilt(pack, request, spec.precision, device), spec, device, request.threads)


class TorchEngine:
    """Eager PyTorch."""

    def __init__(self, whole: "Whole", spec: EngineSpec, device: str, threads: int | None) -> None:
        import torch

        self.spec = spec
        self._torch = torch
        self._whole: Any = whole
        self._device = device
        self._shape = (spec.batch, spec.height * 3 // 2, spec.width)
        self._painted: Batch = np.empty(self._shape, np.uint8)
        if threads is not None:
            # PyTorch has one number for the whole process.
            torch.set_num_threads(threads)

    def __call__(self, images: Batch) -> Batch:
        check_batch(images, self._shape)
        with self._torch.inference_mode():
            painted = self._whole(self._torch.from_numpy(images).to(self._device))
        np.copyto(self._painted, painted.cpu().numpy())
        return self._painted

    def close(self) -> None:
        self._whole = None
