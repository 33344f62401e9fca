"""A tiny generator drawn by hand: the contract of an exported graph without any training."""

import hashlib
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from streamstyle.packs import GRAPH, WEIGHTS, Manifest, Pack

Floats = NDArray[np.float32]
OPSET = 18


def kernels(seed: int = 7) -> dict[str, Floats]:
    """The weights of a network of two convolutions with an instance norm between them."""
    dice = np.random.default_rng(seed)
    return {
        "first.weight": dice.normal(0, 0.3, (8, 3, 3, 3)).astype(np.float32),
        "norm.scale": np.ones(8, np.float32),
        "norm.bias": np.zeros(8, np.float32),
        "last.weight": dice.normal(0, 0.1, (3, 8, 3, 3)).astype(np.float32),
        "last.bias": np.full(3, 0.5, np.float32),
    }


def tiny_graph(identity: bool = False) -> tuple[bytes, bytes]:
    """(graph, weights file): I420 in, the house's colours, two convolutions or nothing, I420 out."""
    weights = kernels()
    nodes = [*_unpack(), *_affine("full", 0, "house")]
    if identity:
        nodes.append(helper.make_node("Identity", ["house"], ["drawn"]))
    else:
        nodes += [
            helper.make_node("Conv", ["house", "first.weight"], ["a"], pads=[1, 1, 1, 1]),
            helper.make_node("InstanceNormalization", ["a", "norm.scale", "norm.bias"], ["b"]),
            helper.make_node("Relu", ["b"], ["c"]),
            helper.make_node("Conv", ["c", "last.weight", "last.bias"], ["drawn"], pads=[1, 1, 1, 1]),
        ]
    nodes += [*_affine("drawn", 1, "stored"), *_repack()]
    data, tensors = _external({} if identity else weights)
    constants = [numpy_helper.from_array(np.array(value), name) for name, value in _CONSTANTS.items()]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [
            helper.make_tensor_value_info("image", TensorProto.UINT8, ["batch", "rows", "width"]),
            helper.make_tensor_value_info("colour", TensorProto.FLOAT, [2, 3, 4]),
        ],
        [helper.make_tensor_value_info("painted", TensorProto.UINT8, ["batch", "rows", "width"])],
        [*constants, *tensors],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
    return model.SerializeToString(), data


def tiny_pack(identity: bool = False, int8: bytes | None = None) -> Pack:
    """A pack around it that lies in no file."""
    graph, weights = tiny_graph(identity)
    files = {GRAPH: graph, WEIGHTS: weights} | ({"graph-int8.onnx": int8} if int8 else {})
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    return Pack(Path("tiny.style"), Manifest("tiny", "Tiny", "tiny", stride=8, hashes=hashes), files)


_CONSTANTS: dict[str, object] = {
    "two": np.array([2], np.int64),
    "three": np.array([3], np.int64),
    "zero": np.array([0], np.int64),
    "one": np.array([1], np.int64),
    "four": np.array([4], np.int64),
    "far": np.array([1 << 40], np.int64),
    "minus": np.array([-1], np.int64),
    "first": np.array(0, np.int64),
    "second": np.array(1, np.int64),
    "byte": np.array(255, np.float32),
    "nought": np.array(0, np.float32),
    "unit": np.array(1, np.float32),
    "matrix": np.array([3, 3, 1, 1], np.int64),
    "offset": np.array([1, 3, 1, 1], np.int64),
    "double": np.array([1, 1, 2, 2], np.float32),
}


def _unpack() -> list[onnx.NodeProto]:
    node = helper.make_node
    return [
        node("Shape", ["image"], ["count"], start=0, end=1),
        node("Shape", ["image"], ["rows"], start=1, end=2),
        node("Shape", ["image"], ["width"], start=2, end=3),
        node("Mul", ["rows", "two"], ["twice"]),
        node("Div", ["twice", "three"], ["height"]),
        node("Div", ["height", "two"], ["half_height"]),
        node("Div", ["width", "two"], ["half_width"]),
        node("Cast", ["image"], ["bytes"], to=TensorProto.FLOAT),
        node("Div", ["bytes", "byte"], ["floats"]),
        node("Slice", ["floats", "zero", "height", "one"], ["luma"]),
        node("Slice", ["floats", "height", "far", "one"], ["chroma"]),
        node("Concat", ["count", "one", "height", "width"], ["luma_shape"], axis=0),
        node("Concat", ["count", "two", "half_height", "half_width"], ["chroma_shape"], axis=0),
        node("Reshape", ["luma", "luma_shape"], ["y"]),
        node("Reshape", ["chroma", "chroma_shape"], ["uv"]),
        node("Resize", ["uv", "", "double"], ["uv_full"], mode="nearest", nearest_mode="floor",
             coordinate_transformation_mode="asymmetric"),
        node("Concat", ["y", "uv_full"], ["full"], axis=1),
    ]  # fmt: skip


def _affine(source: str, index: int, target: str) -> list[onnx.NodeProto]:
    node = helper.make_node
    return [
        node("Gather", ["colour", "first" if index == 0 else "second"], [f"{target}_affine"], axis=0),
        node("Slice", [f"{target}_affine", "zero", "three", "one"], [f"{target}_left"]),
        node("Slice", [f"{target}_affine", "three", "four", "one"], [f"{target}_right"]),
        node("Reshape", [f"{target}_left", "matrix"], [f"{target}_matrix"]),
        node("Reshape", [f"{target}_right", "offset"], [f"{target}_offset"]),
        node("Conv", [source, f"{target}_matrix"], [f"{target}_turned"]),
        node("Add", [f"{target}_turned", f"{target}_offset"], [target]),
    ]


def _repack() -> list[onnx.NodeProto]:
    node = helper.make_node
    return [
        node("Clip", ["stored", "nought", "unit"], ["clipped"]),
        node("Mul", ["clipped", "byte"], ["levels"]),
        node("Slice", ["levels", "zero", "one", "one"], ["y_out"]),
        node("Slice", ["levels", "one", "three", "one"], ["uv_out"]),
        node("AveragePool", ["uv_out"], ["uv_half"], kernel_shape=[2, 2], strides=[2, 2]),
        node("Concat", ["count", "minus", "width"], ["rows_shape"], axis=0),
        node("Reshape", ["y_out", "rows_shape"], ["y_rows"]),
        node("Reshape", ["uv_half", "rows_shape"], ["uv_rows"]),
        node("Concat", ["y_rows", "uv_rows"], ["all_rows"], axis=1),
        node("Round", ["all_rows"], ["rounded"]),
        node("Cast", ["rounded"], ["painted"], to=TensorProto.UINT8),
    ]


def _external(weights: dict[str, Floats]) -> tuple[bytes, list[TensorProto]]:
    """The weights as one safetensors file, and tensors that point into it."""
    from safetensors.numpy import save

    data = save(weights)
    head = 8 + int.from_bytes(data[:8], "little")
    import json

    card = json.loads(data[8:head])
    tensors = []
    for name, value in weights.items():
        start, end = card[name]["data_offsets"]
        tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=value.shape)
        tensor.data_location = TensorProto.EXTERNAL
        for field, entry in (("location", WEIGHTS), ("offset", str(head + start)), ("length", str(end - start))):
            tensor.external_data.add(key=field, value=entry)
        tensors.append(tensor)
    return data, tensors
