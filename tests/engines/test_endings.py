"""The quicker end of a graph: another way, the same bytes."""

from collections import Counter
from typing import Any

import numpy as np
import pytest

from engines.backends import Request
from engines.endings import parted
from engines.foreign import load_style
from engines.openvino import fixed_model, read_model
from streamstyle.frames import Batch, Colour
from streamstyle.library import styles
from streamstyle.packs import Pack
from tests.engines.graphs import tiny_pack

openvino = pytest.importorskip("openvino", reason="OpenVINO is not installed")
STYLES = [name for name in ("starry-night", "udnie") if name in styles()]


def graph(pack: Pack, precision: str, colour: Colour, batch: int = 1) -> Any:
    return fixed_model(read_model(openvino.Core(), pack, precision), Request(96, 64, colour, batch=batch))


def painted(model: Any, images: Batch) -> Batch:
    config = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
    request = openvino.Core().compile_model(model, "CPU", config).create_infer_request()
    request.infer([images])
    return np.array(request.get_output_tensor().data)


@pytest.mark.skipif(not STYLES, reason="no style ships yet")
@pytest.mark.parametrize("precision", ["fp32", "int8"])
@pytest.mark.parametrize("colour", [Colour("bt601", "full"), Colour("bt709", "limited")], ids=str)
def test_the_bytes_stay_the_same(precision: str, colour: Colour) -> None:
    for name in STYLES:
        pack = load_style(name)
        images = np.random.default_rng(3).integers(0, 256, (2, 96, 96), dtype=np.uint8)
        before = painted(graph(pack, precision, colour, batch=2), images)
        assert np.array_equal(painted(parted(graph(pack, precision, colour, batch=2)), images), before)
        assert before.std() > 5


@pytest.mark.skipif(not STYLES, reason="no style ships yet")
def test_no_bytes_are_cut() -> None:
    model = parted(graph(load_style(STYLES[0]), "fp32", Colour()))
    compiled = openvino.Core().compile_model(model, "CPU", {})
    kinds = Counter(str(node.get_rt_info()["layerType"].value) for node in compiled.get_runtime_model().get_ops())
    # What is left is the cut of the picture that comes in, which takes no time.
    assert kinds["Split"] + kinds["StridedSlice"] <= 1


def test_graphs_that_end_otherwise_are_left_alone() -> None:
    model = graph(tiny_pack(), "fp32", Colour())
    kinds = [node.get_type_name() for node in model.get_ordered_ops()]
    assert [node.get_type_name() for node in parted(model).get_ordered_ops()] == kinds
