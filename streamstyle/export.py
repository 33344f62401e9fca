"""From a generator to the graph that every engine runs: I420 bytes in, I420 bytes out, height and width free.

The generator is traced alone and set into a frame of plain ONNX nodes that unpack the planes, bring the stream's
colours into the house's and back, and pack the planes again. The weights are external data that lie inside an ordinary
safetensors file.
"""

import json
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn
from torch.nn import functional

from streamstyle.colour import HOUSE, rgb_from_yuv, yuv_from_rgb
from streamstyle.frames import Image, planes
from streamstyle.packs import WEIGHTS

OPSET = 18
PLANES, COLOURS = 6, 3
SMALLEST_EXTERNAL = 64
"""Tensors of fewer numbers stay in the graph, where shape inference can see them."""


class PlanesGenerator(nn.Module):
    """Lets a generator of RGB pictures speak planes."""

    def __init__(self, generator: nn.Module) -> None:
        super().__init__()
        self.generator = generator

    def forward(self, planes: Tensor) -> Tensor:
        return to_planes(self.generator(to_rgb(planes)))


def to_rgb(planes: Tensor) -> Tensor:
    """N x 6 x H/2 x W/2 planes as N x 3 x H x W RGB, both in 0..1."""
    luma = functional.pixel_shuffle(planes[:, :4], 2)
    chroma = functional.interpolate(planes[:, 4:], scale_factor=2, mode="bilinear", align_corners=False)
    return _affine(torch.cat([luma, chroma], 1), rgb_from_yuv(HOUSE))


def to_planes(rgb: Tensor) -> Tensor:
    """The inverse of `to_rgb`; each chroma sample is the mean of its square."""
    yuv = _affine(rgb, yuv_from_rgb(HOUSE))
    return torch.cat([functional.pixel_unshuffle(yuv[:, :1], 2), functional.avg_pool2d(yuv[:, 1:], 2)], 1)


def _affine(picture: Tensor, matrix: NDArray[np.float64]) -> Tensor:
    weights = torch.tensor(matrix, dtype=picture.dtype, device=picture.device)
    return functional.conv2d(picture, weights[:, :3, None, None], weights[:, 3])


def in_planes(generator: nn.Module) -> nn.Module:
    """The generator as one that takes and gives planes."""
    return generator if getattr(generator, "domain", "rgb") == "planes" else PlanesGenerator(generator)


def export_graph(generator: nn.Module) -> tuple[bytes, bytes]:
    """The graph of a generator, and the safetensors file that its external weights point into."""
    model = _traced(in_planes(generator).eval().cpu().float())
    _frame(model.graph)
    model.graph.name = "streamstyle"
    weights = _moved_out(model)
    onnx.checker.check_model(_inlined(model, weights))
    return model.SerializeToString(), weights


def _traced(generator: nn.Module) -> Any:
    size = torch.export.Dim
    program = torch.onnx.export(
        generator,
        (torch.rand(2, PLANES, 64, 80),),
        dynamo=True,
        verbose=False,
        opset_version=OPSET,
        input_names=["planes"],
        output_names=["drawn"],
        dynamic_shapes=({0: size("batch"), 2: size("rows") * 8, 3: size("columns") * 8},),
    )
    assert program is not None
    model = program.model_proto
    for node in model.graph.node:
        # Traces of the exporter: longer than the graph itself.
        del node.metadata_props[:]
        node.doc_string = ""
    del model.graph.value_info[:]
    del model.metadata_props[:]
    return model


def _frame(graph: Any) -> None:
    """Sets the traced nodes between unpacking and packing."""
    shapes = {
        "fold.sixths": [0, PLANES, -1],
        "fold.flat_planes": [0, 4, -1],
        "fold.flat_chroma": [0, 2, -1],
    }
    constants: dict[str, Any] = {name: np.array(value, np.int64) for name, value in shapes.items()}
    constants |= {f"fold.{number}": np.array([number], np.int64) for number in (-1, 0, 1, 2, 4, 6)}
    constants["fold.last"] = np.array([PLANES + 1], np.int64)
    constants |= {"fold.byte": np.float32(255), "fold.nothing": np.float32(0)}
    mask, rows, columns = _colour_pattern()
    constants |= {"fold.mask": mask, "fold.rows": rows, "fold.columns": columns}
    constants |= {f"fold.at{number}": np.array(number, np.int64) for number in (0, 1)}
    constants["fold.kernel"] = np.array([PLANES, PLANES, 1, 1], np.int64)
    graph.initializer.extend(numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items())
    inner = list(graph.node)
    del graph.node[:]
    graph.node.extend([*_unpacked(), *_coloured("stored", 0, "planes"), *inner, *_coloured("drawn", 1, "out.planes")])
    graph.node.extend(_packed())
    del graph.input[:], graph.output[:]
    shape = ["batch", "plane_rows", "width"]
    graph.input.extend(
        [
            helper.make_tensor_value_info("image", TensorProto.UINT8, shape),
            helper.make_tensor_value_info("colour", TensorProto.FLOAT, [2, 3, 4]),
        ]
    )
    graph.output.append(helper.make_tensor_value_info("painted", TensorProto.UINT8, shape))


def _node(kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> Any:
    return helper.make_node(kind, list(inputs), [output], name=f"fold.{output}", **attributes)


def _unpacked() -> Iterable[Any]:
    """A picture's bytes are six equal stretches: four of brightness in reading order, then U, then V."""
    yield _node("Cast", ["image"], "in.float", to=TensorProto.FLOAT)
    yield _node("Div", ["in.float", "fold.byte"], "in.unit")
    yield _node("Shape", ["image"], "in.width", start=2, end=3)
    yield _node("Shape", ["image"], "in.batch", start=0, end=1)
    yield _node("Div", ["in.width", "fold.2"], "in.columns")
    yield _node("Reshape", ["in.unit", "fold.sixths"], "in.sixths")
    yield _node("Slice", ["in.sixths", "fold.0", "fold.4", "fold.1"], "in.luma")
    yield _node("Slice", ["in.sixths", "fold.4", "fold.6", "fold.1"], "in.chroma")
    yield _node("Concat", ["in.batch", "fold.-1", "fold.2", "in.columns", "fold.2"], "in.luma_shape", axis=0)
    yield _node("Reshape", ["in.luma", "in.luma_shape"], "in.squares")
    yield _node("Transpose", ["in.squares"], "in.turned", perm=[0, 2, 4, 1, 3])
    yield _node("Concat", ["in.batch", "fold.4", "fold.-1", "in.columns"], "in.four_shape", axis=0)
    yield _node("Reshape", ["in.turned", "in.four_shape"], "in.four")
    yield _node("Concat", ["in.batch", "fold.2", "fold.-1", "in.columns"], "in.two_shape", axis=0)
    yield _node("Reshape", ["in.chroma", "in.two_shape"], "in.two")
    yield _node("Concat", ["in.four", "in.two"], "stored", axis=1)


def _packed() -> Iterable[Any]:
    yield _node("Mul", ["out.planes", "fold.byte"], "out.bytes")
    yield _node("Clip", ["out.bytes", "fold.nothing", "fold.byte"], "out.clipped")
    yield _node("Round", ["out.clipped"], "out.round")
    yield _node("Cast", ["out.round"], "out.whole", to=TensorProto.UINT8)
    yield _node("Slice", ["out.whole", "fold.0", "fold.4", "fold.1"], "out.four")
    yield _node("Slice", ["out.whole", "fold.4", "fold.6", "fold.1"], "out.two")
    yield _node("Concat", ["in.batch", "fold.2", "fold.2", "fold.-1", "in.columns"], "out.four_shape", axis=0)
    yield _node("Reshape", ["out.four", "out.four_shape"], "out.squares")
    yield _node("Transpose", ["out.squares"], "out.turned", perm=[0, 3, 1, 4, 2])
    yield _node("Reshape", ["out.turned", "fold.flat_planes"], "out.luma")
    yield _node("Reshape", ["out.two", "fold.flat_chroma"], "out.chroma")
    # Both are runs of H/2 * W/2 bytes: four of them, then two.
    yield _node("Concat", ["out.luma", "out.chroma"], "out.flat", axis=1)
    yield _node("Concat", ["in.batch", "fold.-1", "in.width"], "out.shape", axis=0)
    yield _node("Reshape", ["out.flat", "out.shape"], "painted")


def _coloured(source: str, which: int, target: str) -> Iterable[Any]:
    """One of the two affine maps of `colour`, as a convolution of the six planes."""
    name = f"colour{which}"
    yield _node("Gather", ["colour", f"fold.at{which}"], f"{name}.both", axis=0)
    yield _node("Gather", [f"{name}.both", "fold.rows"], f"{name}.tall", axis=0)
    yield _node("Gather", [f"{name}.tall", "fold.columns"], f"{name}.wide", axis=1)
    yield _node("Mul", [f"{name}.wide", "fold.mask"], f"{name}.masked")
    yield _node("Slice", [f"{name}.masked", "fold.0", "fold.6", "fold.1"], f"{name}.square")
    yield _node("Reshape", [f"{name}.square", "fold.kernel"], f"{name}.kernel")
    yield _node("Slice", [f"{name}.masked", "fold.6", "fold.last", "fold.1"], f"{name}.column")
    yield _node("Reshape", [f"{name}.column", "fold.-1"], f"{name}.offset")
    yield _node("Conv", [source, f"{name}.kernel", f"{name}.offset"], target)


def _colour_pattern() -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
    """How the 3x4 matrix of YUV spreads over six planes and an offset, with the share of each entry."""
    which = np.array([0, 0, 0, 0, 1, 2])
    mask = np.ones((PLANES, PLANES + 1), np.float32)
    mask[:4, :4] = np.eye(4)
    # A colour plane sees the mean of its square.
    mask[4:, :4] = 0.25
    return mask, which.astype(np.int64), np.append(which, 3).astype(np.int64)


def _moved_out(model: Any) -> bytes:
    """Moves the weights into a safetensors file and leaves pointers behind."""
    large = [entry for entry in model.graph.initializer if np.prod(entry.dims) >= SMALLEST_EXTERNAL]
    arrays = {entry.name: np.ascontiguousarray(numpy_helper.to_array(entry)) for entry in large}
    header: dict[str, Any] = {}
    offset = 0
    for name, array in arrays.items():
        kind = {"float32": "F32", "int64": "I64"}[array.dtype.name]
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    start = 8 + len(text)
    for entry in large:
        begin, end = header[entry.name]["data_offsets"]
        entry.ClearField("raw_data")
        entry.ClearField("float_data")
        entry.data_location = TensorProto.EXTERNAL
        places = {"location": WEIGHTS, "offset": start + begin, "length": end - begin}
        for key, value in places.items():
            pair = entry.external_data.add()
            pair.key, pair.value = key, str(value)
    return len(text).to_bytes(8, "little") + text + b"".join(array.tobytes() for array in arrays.values())


def _inlined(model: Any, weights: bytes) -> Any:
    """The model with its weights inside, for tools that want one file."""
    with tempfile.TemporaryDirectory(prefix="streamstyle-") as folder:
        (Path(folder) / WEIGHTS).write_bytes(weights)
        whole = type(model)()
        whole.CopyFrom(model)
        onnx.load_external_data_for_model(whole, folder)
    return whole


def quantise(graph: bytes, weights: bytes, pictures: Sequence[Image]) -> bytes:
    """The graph in 8 bits, calibrated on many pictures of one size; complete in itself.

    Convolutions that read planes or colours, or write colours, stay in float: quantising them costs 20 dB and saves
    nothing, since they are few channels wide.
    """
    import nncf

    model = _unframed(_inlined(onnx.load_from_string(graph), weights))
    shapes = {entry.name: entry.dims for entry in model.graph.initializer}
    layers = [(node.name, *shapes[node.input[1]][:2]) for node in model.graph.node if node.op_type == "Conv"]
    narrow = [name for name, outside, inside in layers if inside <= PLANES or outside <= COLOURS]
    quantised = nncf.quantize(
        model,
        nncf.Dataset([{"planes": _six(picture)} for picture in pictures]),
        subset_size=len(pictures),
        preset=nncf.QuantizationPreset.PERFORMANCE,
        ignored_scope=nncf.IgnoredScope(names=narrow),
    )
    del quantised.graph.value_info[:]
    _frame(quantised.graph)
    return bytes(quantised.SerializeToString())


def _unframed(model: Any) -> Any:
    """Only what was traced: planes in, planes out."""
    graph = model.graph
    inner = [node for node in graph.node if not node.name.startswith("fold.")]
    kept = [entry for entry in graph.initializer if not entry.name.startswith("fold.")]
    del graph.node[:], graph.initializer[:], graph.input[:], graph.output[:]
    graph.node.extend(inner)
    graph.initializer.extend(kept)
    shape: list[str | int | None] = ["batch", PLANES, "rows", "columns"]
    graph.input.append(helper.make_tensor_value_info("planes", TensorProto.FLOAT, shape))
    graph.output.append(helper.make_tensor_value_info("drawn", TensorProto.FLOAT, shape))
    return model


def _six(image: Image) -> NDArray[np.float32]:
    luma, blue, red = (plane.astype(np.float32) / 255 for plane in planes(image))
    four = [luma[row::2, column::2] for row in (0, 1) for column in (0, 1)]
    return np.stack([*four, blue, red])[None]
