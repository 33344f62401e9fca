"""Engines on real generators: exported, quantised, packed, rebuilt; and on every style that ships."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from engines.choice import availabilities, open_engine
from engines.precision import shaped_graph, signed_graph
from engines.tensorrt_build import typed_graph
from streamstyle.colour import graph_colour
from streamstyle.errors import EngineError
from streamstyle.frames import Batch, Colour, EngineSpec
from streamstyle.library import SHIPPED
from streamstyle.packs import GRAPH, GRAPH_INT8, SUFFIX, WEIGHTS, Manifest, Pack, read_manifest, read_pack, write_pack
from tests.conftest import absent
from tests.engines.test_parity import picture
from tests.engines.test_tensorrt import OPSETS, PARSED
from tests.engines.tolerances import TOLERANCES, difference, within

COLOUR = Colour("bt709", "limited")
RUNNING = [(one.backend, name) for one in availabilities() if one.reason is None for name in one.precisions]
SHIPPED_PACKS = sorted(SHIPPED.glob(f"*{SUFFIX}"))
FIRST_OF_FAMILY = set({read_manifest(path).generator: path for path in reversed(SHIPPED_PACKS)}.values())


def exported(folder: Path, family: str, **parameters: Any) -> Pack:
    """A pack of a small generator with random weights."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    from streamstyle.export import export_graph, quantise
    from streamstyle.generators import build

    torch.manual_seed(4)
    generator = build(family, parameters)
    with torch.no_grad():
        for parameter in generator.parameters():
            # Equal tensors and zeros are left out by the exporter; training makes both rare.
            parameter.add_(torch.randn_like(parameter) * 0.02)
    graph, weights = export_graph(generator)
    files = {GRAPH: graph, WEIGHTS: weights, GRAPH_INT8: quantise(graph, weights, list(picture(4)))}
    stride = int(generator.stride)  # type: ignore[arg-type]
    manifest = Manifest(family, family, family, parameters=parameters, stride=stride)
    return read_pack(write_pack(folder / f"{family}{SUFFIX}", manifest, files))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    return exported(tmp_path_factory.mktemp("packs"), "small", stem=8, width=16, depth=2)


@pytest.mark.parametrize(("backend", "precision"), RUNNING)
def test_every_engine_paints_a_generator_alike(small: Pack, backend: str, precision: str) -> None:
    wanted = open_engine(small, 96, 64, COLOUR, engine="openvino", precision="fp32", batch=2)(picture(2))
    engine = open_engine(small, 96, 64, COLOUR, engine=backend, precision=precision, batch=2)
    painted = engine(picture(2))
    found = difference(painted, wanted)
    assert within(found, TOLERANCES[precision]), found
    assert np.array_equal(painted, engine(picture(2)))
    engine.close()


@pytest.mark.parametrize(("width", "height"), [(64, 48), (104, 72), (16, 136)])
def test_one_graph_takes_every_size(small: Pack, width: int, height: int) -> None:
    images = picture(1, width, height)
    found = [open_engine(small, width, height, COLOUR, engine=name, precision="fp32") for name in ("openvino", "onnx")]
    assert within(difference(found[0](images), found[1](images)), TOLERANCES["fp32"])


def test_pictures_of_a_batch_do_not_see_each_other(small: Pack) -> None:
    images = picture(3)
    alone = open_engine(small, 96, 64, COLOUR, engine="openvino", precision="fp32")
    together = open_engine(small, 96, 64, COLOUR, engine="openvino", precision="fp32", batch=3)
    singles = np.concatenate([alone(images[index : index + 1]).copy() for index in range(3)])
    assert within(difference(together(images), singles), TOLERANCES["fp32"])


def test_pytorch_says_what_it_cannot_rebuild(small: Pack) -> None:
    pytest.importorskip("torch", reason="PyTorch is not installed")
    card = small.manifest
    other = Pack(small.path, Manifest("x", "x", "johnson", stride=card.stride, hashes=card.hashes), small.files)
    unknown = Pack(small.path, Manifest("x", "x", "unheard-of", stride=card.stride, hashes=card.hashes), small.files)
    for pack in (other, unknown):
        with pytest.raises(EngineError, match="cannot be rebuilt"):
            open_engine(pack, 96, 64, COLOUR, engine="torch")
    with pytest.raises(EngineError, match="no int8"):
        open_engine(small, 96, 64, COLOUR, engine="torch", precision="int8")


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_tensorrt_would_take_the_graph(small: Pack, precision: str) -> None:
    check_parsed(small, precision)


def check_parsed(pack: Pack, precision: str) -> None:
    model = onnx.load_from_string(typed_graph(pack, EngineSpec("tensorrt", "Card", precision, 1, 64, 96)))
    assert {node.op_type for node in model.graph.node} <= PARSED
    assert {node.domain for node in model.graph.node} <= {"", "ai.onnx"}
    assert next(entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")) in OPSETS
    for node in model.graph.node:
        values = {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}
        if node.op_type == "Resize":
            assert values["mode"] in (b"nearest", b"linear", b"cubic")
            assert not values.get("antialias") and not values.get("exclude_outside")
        if node.op_type in ("Conv", "AveragePool"):
            assert values.get("auto_pad", b"NOTSET") == b"NOTSET"
        if node.op_type == "Pad":
            assert values.get("mode", b"constant") in (b"constant", b"reflect", b"edge")
    # A shape that is static throughout: whatever is inferred knows its sides.
    inferred = onnx.shape_inference.infer_shapes(model, data_prop=True)
    pictures = [value for value in inferred.graph.value_info if len(value.type.tensor_type.shape.dim) == 4]
    known = [value for value in pictures if all(side.dim_value > 0 for side in value.type.tensor_type.shape.dim)]
    assert len(known) > 0


@pytest.mark.skipif(not SHIPPED_PACKS, reason="no style ships yet")
@pytest.mark.parametrize("path", SHIPPED_PACKS, ids=lambda path: path.stem)
def test_every_style_that_ships_is_painted_alike(path: Path) -> None:
    pack = read_pack(path)
    # As large for the innermost layers of every family.
    size = pack.manifest.stride * 12, pack.manifest.stride * 8
    images = photograph(*size)
    wanted = open_engine(pack, *size, COLOUR, engine="openvino", precision="fp32")(images)
    assert wanted.std() > 8
    for backend, precision in RUNNING:
        if precision == "int8" and not pack.has_int8:
            continue
        if backend == "torch" and path not in FIRST_OF_FAMILY:
            # One of each family says whether it is rebuilt as it was exported.
            continue
        engine = open_engine(pack, *size, COLOUR, engine=backend, precision=precision)
        found = difference(engine(images), wanted)
        assert within(found, TOLERANCES[precision]), (backend, precision, found)
        engine.close()
    for precision in ("fp32", "fp16", *(("int8",) if pack.has_int8 else ())):
        check_parsed(pack, precision)


@pytest.mark.skipif(not SHIPPED_PACKS, reason="no style ships yet")
def test_signed_bytes_paint_what_unsigned_ones_paint() -> None:
    """TensorRT's int8 graph through another runtime: what the last bit of each activation is worth."""
    runtime = pytest.importorskip("onnxruntime")
    pack = next(pack for pack in map(read_pack, SHIPPED_PACKS) if pack.has_int8)
    images = photograph(192, 128)

    def painted(graph: bytes) -> Batch:
        whole = shaped_graph(graph, pack.files[WEIGHTS], 1, 192, 192)
        session = runtime.InferenceSession(whole, providers=["CPUExecutionProvider"])
        return np.asarray(session.run(None, {"image": images, "colour": graph_colour(COLOUR)})[0], np.uint8)

    unsigned, wanted = painted(pack.graph(int8=True)), painted(pack.graph())
    signed = signed_graph(pack.graph(int8=True))
    kinds = {
        numpy_helper.to_array(tensor).dtype
        for node in onnx.load_from_string(signed).graph.node
        if node.op_type in ("QuantizeLinear", "DequantizeLinear")
        for tensor in onnx.load_from_string(signed).graph.initializer
        if tensor.name == node.input[2]
    }
    assert kinds == {np.dtype(np.int8)}
    assert within(difference(painted(signed), wanted), TOLERANCES["int8"])
    assert within(difference(unsigned, wanted), TOLERANCES["int8"])


def photograph(width: int, height: int) -> Batch:
    """A frame of a drawn scene."""
    from streamstyle.scenes import open_scene

    source = open_scene(f"test:pan?seconds=1&size={width}x{height}")
    try:
        return next(iter(source)).image[None]
    finally:
        source.close()


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
@pytest.mark.parametrize("batch", [1, 3])
def test_pytorch_on_a_gpu(small: Pack, precision: str, batch: int) -> None:
    (found,) = [one for one in availabilities() if one.backend == "torch-cuda"]
    if found.reason:
        absent("gpu", found.reason)
    engine: Any = open_engine(small, 96, 64, COLOUR, engine="torch-cuda", precision=precision, batch=batch)
    wanted = open_engine(small, 96, 64, COLOUR, engine="openvino", precision="fp32", batch=batch)
    assert within(difference(engine(picture(batch)), wanted(picture(batch))), TOLERANCES[precision])
    engine.start(picture(batch))
    engine.start(255 - picture(batch))
    first, second = engine.finish().copy(), engine.finish().copy()
    assert not np.array_equal(first, second)
    assert within(difference(first, wanted(picture(batch))), TOLERANCES[precision])
    engine.close()
