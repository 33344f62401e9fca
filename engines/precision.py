"""Rewrites a pack's graph: one piece, one size, half precision; a graph itself says what computes in which type."""

from collections.abc import Iterator

import numpy as np
import onnx
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from streamstyle.packs import WEIGHTS

FULL = frozenset(
    {
        # Sums over a whole picture overflow in halves.
        "InstanceNormalization",
        "GroupNormalization",
        "LayerNormalization",
        "ReduceMean",
        "ReduceSum",
        "ReduceL2",
        "Pow",
        "Sqrt",
        "Reciprocal",
        # Their inputs are bytes, indices or shapes.
        "Cast",
        "Shape",
        "Range",
        "ConstantOfShape",
        "QuantizeLinear",
        "DequantizeLinear",
    }
)
"""Operators that stay in singles."""
_PARAMETERS = {"Resize": (1, 2), "Upsample": (1,)}
"""Inputs that are scales, not pictures: always singles."""


def inlined(graph: bytes, weights: bytes) -> ModelProto:
    """The graph with its weights inside."""
    model = onnx.load_from_string(graph)
    for tensor in model.graph.initializer:
        if tensor.data_location != TensorProto.EXTERNAL:
            continue
        place = {entry.key: entry.value for entry in tensor.external_data}
        if place.get("location") != WEIGHTS:
            raise ValueError(f"weights outside the pack: {place.get('location')!r}")
        start = int(place.get("offset", 0))
        tensor.raw_data = weights[start : start + int(place["length"])]
        tensor.data_location = TensorProto.DEFAULT
        del tensor.external_data[:]
    return model


def shaped_graph(graph: bytes, weights: bytes, batch: int | None, rows: int, width: int) -> bytes:
    """The graph in one piece, for one size; a batch of None stays free."""
    model = inlined(graph, weights)
    for value in (*model.graph.input, *model.graph.output):
        if value.name in ("image", "painted"):
            sides = value.type.tensor_type.shape.dim
            for side, length in zip(sides, (batch, rows, width), strict=True):
                if length is not None:
                    side.Clear()
                    side.dim_value = length
    # What was inferred for free sides would contradict the fixed ones.
    del model.graph.value_info[:]
    return bytes(model.SerializeToString())


def signed_graph(graph: bytes) -> bytes:
    """The quantised graph with every value a signed byte, as TensorRT asks for.

    ValueError where zero is not in the middle of a range. Unsigned bytes, what is left of a ReLU, lose
    their last bit: half of the signed ones stay unused.
    """
    model = onnx.load_from_string(graph)
    _hoist(model)
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    found = [node for node in model.graph.node if node.op_type in ("QuantizeLinear", "DequantizeLinear")]
    if not found:
        raise ValueError("nothing in it is quantised")
    made: set[str] = set()
    for node in found:
        point = numpy_helper.to_array(constants[node.input[2]]) if len(node.input) > 2 else np.zeros((), np.uint8)
        if point.any():
            raise ValueError(f"zero of {node.input[0]!r} is not in the middle of its range")
        if point.dtype == np.int8:
            continue
        names = f"{node.input[1]}.signed", f"{node.input[1]}.zero"
        if names[0] not in made:
            made.update(names)
            scale = np.asarray(numpy_helper.to_array(constants[node.input[1]]) * (255 / 127), np.float32)
            zero = np.zeros(scale.shape, np.int8)
            model.graph.initializer.append(numpy_helper.from_array(scale, names[0]))
            model.graph.initializer.append(numpy_helper.from_array(zero, names[1]))
        node.input[1:] = names
    # Values of unsigned bytes are signed ones now.
    del model.graph.value_info[:]
    _drop_unused(model)
    return bytes(model.SerializeToString())


def half_graph(graph: bytes, weights: bytes) -> bytes:
    """The graph in one piece with activations and weights in halves; what sums over the picture stays in singles."""
    model = inlined(graph, weights)
    _hoist(model)
    floats = _float_names(model)
    halves = _Halves(model, floats)
    nodes: list[NodeProto] = []
    for node in list(model.graph.node):
        nodes.extend(halves.turned(node))
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    del model.graph.value_info[:]
    _drop_unused(model)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


class _Halves:
    """Walks the nodes in order and knows which values are halves by now."""

    def __init__(self, model: ModelProto, floats: set[str]) -> None:
        self._model = model
        self._floats = floats
        self._constants = {tensor.name: tensor for tensor in model.graph.initializer}
        self._halved: set[str] = set()
        self._made: set[str] = set()

    def turned(self, node: NodeProto) -> Iterator[NodeProto]:
        touches = any(name in self._floats for name in (*node.input, *node.output))
        half = touches and node.op_type not in FULL
        kept = _PARAMETERS.get(node.op_type, ())
        for index, name in enumerate(node.input):
            if name in self._floats:
                yield from self._as(node, index, half and index not in kept)
        if half:
            self._halved.update(name for name in node.output if name in self._floats)
        yield node

    def _as(self, node: NodeProto, index: int, half: bool) -> Iterator[NodeProto]:
        """Points one input of the node at its value in the wanted type, made on first use."""
        name = node.input[index]
        if half == (name in self._halved):
            return
        other = f"{name}.half" if half else f"{name}.single"
        node.input[index] = other
        if other in self._made:
            return
        self._made.add(other)
        if name in self._constants:
            values = numpy_helper.to_array(self._constants[name]).astype(np.float16)
            self._model.graph.initializer.append(numpy_helper.from_array(values, other))
            return
        yield helper.make_node("Cast", [name], [other], to=TensorProto.FLOAT16 if half else TensorProto.FLOAT)


def _hoist(model: ModelProto) -> None:
    """Constants become initializers, so that there is one way to turn them."""
    kept = []
    for node in model.graph.node:
        value = (
            next((one for one in node.attribute if one.name == "value"), None) if node.op_type == "Constant" else None
        )
        if value is None:
            kept.append(node)
            continue
        tensor = TensorProto()
        tensor.CopyFrom(value.t)
        tensor.name = node.output[0]
        model.graph.initializer.append(tensor)
    del model.graph.node[:]
    model.graph.node.extend(kept)


def _float_names(model: ModelProto) -> set[str]:
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True)
    values = (*inferred.graph.value_info, *inferred.graph.input, *inferred.graph.output)
    named = {value.name for value in values if value.type.tensor_type.elem_type == TensorProto.FLOAT}
    return named | {tensor.name for tensor in model.graph.initializer if tensor.data_type == TensorProto.FLOAT}


def _drop_unused(model: ModelProto) -> None:
    used = {name for node in model.graph.node for name in node.input}
    kept = [tensor for tensor in model.graph.initializer if tensor.name in used]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
