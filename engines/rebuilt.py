"""A pack's generator rebuilt in PyTorch from family and weights, between bytes and bytes as in the exported graph."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from engines.backends import Request, last_line
from streamstyle.colour import graph_colour
from streamstyle.errors import EngineError, StreamStyleError
from streamstyle.packs import WEIGHTS, Pack

if TYPE_CHECKING:
    from torch import Tensor, nn

    Whole = Callable[[Tensor], Tensor]

_DTYPES = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}


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
