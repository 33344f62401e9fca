"""PyTorch: rebuilds the generator from the pack and runs it on the processor, an Apple GPU or an NVIDIA GPU."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from engines.backends import Availability, Request, check_batch, check_request, chosen_precision, last_line
from streamstyle.colour import graph_colour
from streamstyle.errors import EngineError, StreamStyleError
from streamstyle.frames import Batch, Engine, EngineSpec
from streamstyle.packs import WEIGHTS, Pack

if TYPE_CHECKING:
    from torch import Tensor, nn

    Whole = Callable[[Tensor], Tensor]

NAME = "torch"
_DTYPES = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}
_PRECISIONS = {"cuda": ("fp16", "bf16", "fp32"), "mps": ("fp16", "fp32"), "cpu": ("bf16", "fp32")}


def availability() -> Availability:
    try:
        import torch
    except ImportError as error:
        return Availability(NAME, f"PyTorch cannot be imported ({error}): pip install 'streamstyle[train]'")
    device = _device()
    precisions = _PRECISIONS[device]
    if device == "cpu" and not _has_bf16():
        # It would run, at a fraction of the speed of singles.
        precisions = ("fp32",)
    name = torch.cuda.get_device_name() if device == "cuda" else {"mps": "Apple GPU", "cpu": "CPU"}[device]
    return Availability(NAME, None, name, precisions)


def open_pack(pack: Pack, request: Request) -> Engine:
    """The pack's generator, rebuilt from its family and weights, for one size."""
    available = availability()
    if available.reason:
        raise EngineError(available.reason)
    check_request(pack, request)
    if request.precision == "int8":
        raise EngineError(f"torch: runs no int8 graphs; {pack.name} runs in {', '.join(available.precisions)} there")
    precision = chosen_precision(available, pack, request.precision)
    spec = EngineSpec(NAME, available.device, precision, request.batch, request.height, request.width)
    device = _device()
    whole = rebuilt(pack, request, precision, device)
    if device == "cuda":
        from engines.torch_cuda import lanes

        return lanes(whole, spec)
    return TorchEngine(whole, spec, device, request.threads)


class TorchEngine:
    """Eager PyTorch on the processor, or on an Apple GPU."""

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


def rebuilt(pack: Pack, request: Request, precision: str, device: str) -> "Whole":
    """The generator between bytes and bytes, on its device and in its precision; EngineError where it is unknown."""
    import torch

    from streamstyle.export import in_planes
    from streamstyle.generators import build

    try:
        generator = in_planes(build(pack.manifest.generator, pack.manifest.parameters))
    except StreamStyleError as error:
        raise EngineError(f"torch: {pack.name} cannot be rebuilt ({error})") from error
    _fill(pack, generator)
    generator = generator.eval().requires_grad_(False).to(device, getattr(torch, _DTYPES[precision]))
    generator = generator.to(memory_format=torch.channels_last)
    return _framed(generator, torch.from_numpy(graph_colour(request.colour)).to(device))


def _fill(pack: Pack, generator: "nn.Module") -> None:
    """Loads the weights, which the graph names as the generator does; small ones lie in the graph itself."""
    import torch
    from onnx import numpy_helper

    from engines.precision import inlined

    graph = inlined(pack.graph(), pack.files[WEIGHTS]).graph
    tensors = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    wanted = generator.state_dict()
    arrays = {name: tensors.get(name, _left_out(graph, tensors, name)) for name in wanted}
    if missing := [name for name, array in arrays.items() if array is None]:
        raise EngineError(f"torch: {pack.name} cannot be rebuilt: its graph does not name {missing[0]}")
    try:
        generator.load_state_dict({name: torch.from_numpy(array.copy()) for name, array in arrays.items()})
    except RuntimeError as error:
        raise EngineError(f"torch: {pack.name} cannot be rebuilt: {last_line(error)}") from error


def _left_out(graph: Any, tensors: dict[str, Any], name: str) -> Any:
    """The exporter keeps equal tensors once and drops biases of zero: so what the node with the other half takes."""
    layer, _, kind = name.rpartition(".")
    if kind not in ("weight", "bias"):
        return None
    sibling = f"{layer}.{'bias' if kind == 'weight' else 'weight'}"
    for node in graph.node:
        if sibling in node.input:
            place = 1 if kind == "weight" else 2
            if place < len(node.input):
                return tensors.get(node.input[place])
            return np.zeros(tensors[sibling].shape[0], np.float32)
    return None


def _framed(generator: "nn.Module", colour: "Tensor") -> "Whole":
    """The generator with the planes unpacked, coloured and packed around it, as in the exported graph."""
    import torch
    from torch.nn import functional

    inward, outward = (_spread(one) for one in colour)
    dtype = next(generator.parameters()).dtype

    def whole(image: "Tensor") -> "Tensor":
        batch, rows, width = image.shape
        half = rows // 3, width // 2
        # Six equal stretches: brightness in reading order, then U, then V.
        squares = image[:, : half[0] * 2].reshape(batch, half[0], 2, half[1], 2).permute(0, 2, 4, 1, 3)
        chroma = image[:, half[0] * 2 :].reshape(batch, 2, *half)
        stored = torch.cat([squares.reshape(batch, 4, *half), chroma], 1).float() / 255
        planes = functional.conv2d(stored, *inward).to(dtype, memory_format=torch.channels_last)
        drawn = functional.conv2d(generator(planes).float(), *outward)
        levels = (drawn * 255).clamp(0, 255).round().to(torch.uint8)
        luma = levels[:, :4].reshape(batch, 2, 2, *half).permute(0, 3, 1, 4, 2).reshape(batch, rows * 2 // 3, width)
        return torch.cat([luma, levels[:, 4:].reshape(batch, half[0], width)], 1).contiguous()

    return whole


def _spread(affine: "Tensor") -> "tuple[Tensor, Tensor]":
    """The 3x4 matrix of YUV as a convolution of the six planes; a colour plane sees the mean of its square."""
    import torch

    which = torch.tensor([0, 0, 0, 0, 1, 2], device=affine.device)
    share = torch.ones(6, 6, device=affine.device)
    share[:4, :4] = torch.eye(4, device=affine.device)
    share[4:, :4] = 0.25
    tall = affine[which]
    return (tall[:, which] * share)[:, :, None, None].contiguous(), tall[:, 3].contiguous()


def _device() -> str:
    import torch

    backends: Any = torch.backends
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if backends.mps.is_available() else "cpu"


def _has_bf16() -> bool:
    import torch

    backends: Any = torch.backends
    return bool(backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported())
