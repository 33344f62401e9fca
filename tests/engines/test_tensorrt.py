"""TensorRT without a GPU: every name that the engine uses against the real bindings, the graphs against the parser."""

import ast
import importlib.util
import io
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto

from engines import tensorrt_build
from engines.choice import availabilities, open_engine
from engines.cuda import Card
from engines.precision import half_graph, inlined, shaped_graph, signed_graph
from engines.tensorrt import engine_key
from engines.tensorrt_build import BuildProgress, monitor, typed_graph
from streamstyle.errors import EngineError
from streamstyle.frames import Colour, EngineSpec
from tests.conftest import absent
from tests.engines.graphs import tiny_graph, tiny_pack
from tests.engines.test_parity import picture
from tests.engines.tolerances import TOLERANCES, difference, within

ENGINES = Path(tensorrt_build.__file__).parent
COLOUR = Colour("bt709", "limited")
SPEC = EngineSpec("tensorrt", "Card", "fp16", 1, 64, 96)

PARSED = frozenset(
    """
    Add And AveragePool BatchNormalization Cast Clip Concat Constant ConstantOfShape Conv ConvTranspose DepthToSpace
    DequantizeLinear Div Equal Erf Exp Expand Flatten Floor Gather Gemm GlobalAveragePool Greater HardSigmoid Identity
    InstanceNormalization LeakyRelu Less MatMul Max MaxPool Min Mul Neg Not Or Pad Pow QuantizeLinear Range Reciprocal
    ReduceMax ReduceMean ReduceSum Relu Reshape Resize Round Shape Sigmoid Slice Softmax SpaceToDepth Split Sqrt
    Squeeze Sub Sum Tanh Tile Transpose Unsqueeze Where
    """.split()  # noqa: SIM905
)
"""Of the operators that the documentation of TensorRT's ONNX parser lists as supported, those a generator may use."""
OPSETS = range(9, 25)


def lean() -> Any:
    return pytest.importorskip("tensorrt_lean", reason="the lean TensorRT bindings are not installed")


def bindings() -> bytes:
    """The library of the full bindings, which cannot be loaded here but can be read."""
    found = importlib.util.find_spec("tensorrt_bindings")
    if found is None or not found.submodule_search_locations:
        pytest.skip("the full TensorRT bindings are not installed")
    library = next(Path(found.submodule_search_locations[0]).glob("tensorrt*.so"))
    return library.read_bytes()


def named(module: str) -> set[str]:
    """Every attribute that the module takes of TensorRT's objects."""
    tree = ast.parse((ENGINES / f"{module}.py").read_text(encoding="utf-8"))
    roots = {"tensorrt", "builder", "network", "parser", "config", "profile", "plan", "engine", "severity", "timed"}
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            root: ast.expr = node
            while isinstance(root, ast.Attribute | ast.Call | ast.Subscript):
                root = root.value if not isinstance(root, ast.Call) else root.func
            held = isinstance(node.value, ast.Attribute) and node.value.attr == "_context"
            if held or (isinstance(root, ast.Name) and root.id in roots):
                found.add(node.attr)
    return found - {"__init__", "_context"}


def test_the_walk_finds_what_the_modules_name() -> None:
    assert {"Builder", "STRONGLY_TYPED", "OnnxParser", "set_shape", "desc", "progress_monitor"} <= named(
        "tensorrt_build"
    )
    assert {"deserialize_cuda_engine", "create_execution_context", "execute_async_v3"} <= named("tensorrt")


def test_every_name_of_the_build_half_is_in_the_full_bindings() -> None:
    library = bindings()
    missing = [name for name in named("tensorrt_build") if name.encode() + b"\0" not in library]
    assert not missing
    assert b"set_no_such_thing\0" not in library


def test_every_name_of_the_run_half_is_in_the_real_classes() -> None:
    trt = lean()
    known: set[str] = {"ILogger", *dir(trt)}
    # The lean module hides ILogger's own name in places; its Logger inherits it.
    for owner in (trt.Runtime, trt.ICudaEngine, trt.IExecutionContext, trt.Logger.__mro__[1], trt.ILogger.Severity):
        known |= set(dir(owner))
    assert not named("tensorrt") - known


def test_the_methods_take_what_they_are_given() -> None:
    trt = lean()
    signatures = [
        (trt.IExecutionContext.execute_async_v3, "stream_handle: typing.SupportsInt) -> bool"),
        (trt.IExecutionContext.set_tensor_address, "name: str, memory: typing.SupportsInt) -> bool"),
        (trt.IExecutionContext.set_input_shape, "name: str, shape: tuple) -> bool"),
        (trt.Runtime.deserialize_cuda_engine, "serialized_engine: typing_extensions.Buffer)"),
        (trt.IOptimizationProfile.set_shape, "(self: tensorrt_lean_bindings.tensorrt_lean.IOptimizationProfile"),
    ]
    for method, words in signatures:
        assert words in (method.__doc__ or ""), method


def test_the_cuda_runtime_has_what_is_called() -> None:
    cuda = pytest.importorskip("cuda.bindings.runtime", reason="cuda-python is not installed")
    tree = ast.parse((ENGINES / "cuda.py").read_text(encoding="utf-8"))
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr.startswith("cuda")}
    assert {"cudaGraphLaunch", "cudaHostAlloc", "cudaMemcpyHostToDevice"} <= names
    enumerations = (cuda.cudaMemcpyKind, cuda.cudaStreamCaptureMode)
    for name in names:
        assert hasattr(cuda, name) or any(hasattr(one, name) for one in enumerations), name


def test_progress_is_what_tensorrt_calls_back() -> None:
    trt = lean()
    out = io.StringIO()
    progress = BuildProgress("building", out)
    watch = monitor(trt, progress)
    assert isinstance(watch, trt.IProgressMonitor)
    shares = []
    watch.phase_start("Building Engine", None, 2)
    watch.phase_start("Tactics", "Building Engine", 4)
    for step in range(4):
        assert watch.step_complete("Tactics", step) is True
        shares.append(progress.share)
    watch.phase_finish("Tactics")
    assert watch.step_complete("Building Engine", 0) is True
    shares.append(progress.share)
    assert watch.step_complete("Building Engine", 1) is True
    watch.phase_finish("Building Engine")
    assert shares == [0.125, 0.25, 0.375, 0.5, 0.5]
    assert progress.share == 1.0 and out.getvalue() == ""


def test_an_engine_belongs_to_its_card_and_version_and_not_to_its_colours() -> None:
    pack = tiny_pack()
    cards = [Card("Big", (9, 0)), Card("Big", (10, 0)), Card("Small", (9, 0))]
    specs = [SPEC, EngineSpec("tensorrt", "Card", "fp32", 1, 64, 96), EngineSpec("tensorrt", "Card", "fp16", 2, 64, 96)]
    names = {engine_key(version, card, pack, spec).file for version in "ab" for card in cards for spec in specs}
    assert len(names) == 18


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
@pytest.mark.parametrize("batch", [1, 4])
def test_the_graph_is_one_that_the_parser_takes(precision: str, batch: int) -> None:
    spec = EngineSpec("tensorrt", "Card", precision, batch, 64, 96)
    model = onnx.load_from_string(typed_graph(tiny_pack(), spec))
    onnx.checker.check_model(model)
    assert {node.op_type for node in model.graph.node} <= PARSED
    assert {node.domain for node in model.graph.node} <= {"", "ai.onnx"}
    (opset,) = [entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")]
    assert opset in OPSETS
    (image,) = [value for value in model.graph.input if value.name == "image"]
    sides = [side.dim_value for side in image.type.tensor_type.shape.dim]
    assert sides == [1 if batch == 1 else 0, 96, 96]
    assert not [tensor for tensor in model.graph.initializer if tensor.data_location == TensorProto.EXTERNAL]


def test_halves_keep_their_sums_in_singles() -> None:
    graph, weights = tiny_graph()
    model = onnx.load_from_string(half_graph(graph, weights))
    made = {name: node for node in model.graph.node for name in node.output}
    (norm,) = [node for node in model.graph.node if node.op_type == "InstanceNormalization"]
    into = made[norm.input[0]]
    assert into.op_type == "Cast" and into.attribute[0].i == TensorProto.FLOAT
    types = {tensor.name: tensor.data_type for tensor in model.graph.initializer}
    convolutions = [node for node in model.graph.node if node.op_type == "Conv"]
    assert all(types.get(node.input[1], TensorProto.FLOAT16) == TensorProto.FLOAT16 for node in convolutions)
    assert all(types[name] == TensorProto.FLOAT for name in norm.input[1:])


def test_halves_paint_what_singles_paint() -> None:
    runtime = pytest.importorskip("onnxruntime")
    from streamstyle.colour import graph_colour

    graph, weights = tiny_graph()
    whole = bytes(inlined(graph, weights).SerializeToString())
    fixed = shaped_graph(graph, weights, None, 96, 96)
    pictures = [
        runtime.InferenceSession(one).run(None, {"image": picture(2), "colour": graph_colour(COLOUR)})[0]
        for one in (whole, half_graph(graph, weights), half_graph(fixed, b""))
    ]
    assert within(difference(pictures[1], pictures[0]), TOLERANCES["fp16"])
    assert np.array_equal(pictures[1], pictures[2])


def quantised(point: int, kind: Any = np.int8) -> bytes:
    node = onnx.helper.make_node("QuantizeLinear", ["x", "scale", "point"], ["y"])
    graph = onnx.helper.make_graph(
        [node],
        "q",
        [onnx.helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])],
        [onnx.helper.make_tensor_value_info("y", onnx.helper.np_dtype_to_tensor_dtype(np.dtype(kind)), [1])],
        [
            onnx.numpy_helper.from_array(np.array(0.1, np.float32), "scale"),
            onnx.numpy_helper.from_array(np.array(point, kind), "point"),
        ],
    )
    return bytes(onnx.helper.make_model(graph).SerializeToString())


def types(graph: bytes) -> set[Any]:
    """Of the zero points."""
    model = onnx.load_from_string(graph)
    points = {node.input[2] for node in model.graph.node}
    return {onnx.numpy_helper.to_array(one).dtype for one in model.graph.initializer if one.name in points}


def test_int8_needs_ranges_around_zero() -> None:
    assert types(signed_graph(quantised(0))) == {np.dtype(np.int8)}
    assert types(signed_graph(quantised(0, np.uint8))) == {np.dtype(np.int8)}
    for graph in (quantised(3), tiny_graph()[0]):
        with pytest.raises(ValueError):
            signed_graph(graph)
    with pytest.raises(EngineError, match="not in the middle"):
        typed_graph(tiny_pack(int8=quantised(3)), EngineSpec("tensorrt", "Card", "int8", 1, 64, 96))


def test_without_a_gpu_it_says_what_is_missing() -> None:
    (found,) = [one for one in availabilities() if one.backend == "tensorrt"]
    if found.reason is None:
        pytest.skip("TensorRT runs here")
    assert "TensorRT" in found.reason or "GPU" in found.reason or "CUDA" in found.reason
    with pytest.raises(EngineError, match="tensorrt: "):
        open_engine(tiny_pack(), 96, 64, COLOUR, engine="tensorrt")


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["fp32", "fp16"])
@pytest.mark.parametrize("batch", [1, 3])
def test_it_paints_what_the_processor_paints(precision: str, batch: int) -> None:
    (found,) = [one for one in availabilities() if one.backend == "tensorrt"]
    if found.reason:
        absent("gpu", found.reason)
    engine: Any = open_engine(tiny_pack(), 96, 64, COLOUR, engine="tensorrt", precision=precision, batch=batch)
    wanted = open_engine(tiny_pack(), 96, 64, COLOUR, engine="openvino", precision="fp32", batch=batch)
    assert within(difference(engine(picture(batch)), wanted(picture(batch))), TOLERANCES[precision])
    engine.start(picture(batch))
    engine.start(255 - picture(batch))
    first, second = engine.finish().copy(), engine.finish().copy()
    assert np.array_equal(first, engine(picture(batch))) and not np.array_equal(first, second)
    again = open_engine(tiny_pack(), 96, 64, Colour(), engine="tensorrt", precision=precision, batch=batch)
    assert not np.array_equal(again(picture(batch)), first)
    for one in (engine, wanted, again):
        one.close()
