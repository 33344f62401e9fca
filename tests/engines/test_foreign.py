"""Networks that others trained, as `--style model.onnx`."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from engines.choice import open_engine
from engines.foreign import load_style, read_foreign
from streamstyle.colour import from_rgb, to_rgb
from streamstyle.errors import EngineError, MissingError, PackError, UsageError
from streamstyle.frames import Colour, Image

COLOUR = Colour("bt709", "limited")
RANGES = {"0..1": (0.0, 1.0), "0..255": (0.0, 255.0), "-1..1": (-1.0, 1.0)}


def network(
    path: Path, value_range: str = "0..1", sides: tuple[str | int, str | int] = ("h", "w"), last: bool = False
) -> Path:
    """Swaps red and blue, clipped to the range, and ends a residual one up if the picture is left as it is."""
    low, high = RANGES[value_range]
    middle = (low + high) / 2
    swap = np.eye(3, dtype=np.float32)[::-1].reshape(3, 3, 1, 1)
    nodes = [
        helper.make_node("Conv", ["first", "swap"], ["swapped"]),
        helper.make_node("InstanceNormalization", ["swapped", "scale", "bias"], ["normed"]),
        helper.make_node("Clip", ["normed", "low", "high"], ["clipped"]),
    ]
    if last:
        nodes.insert(0, helper.make_node("Transpose", ["picture"], ["first"], perm=[0, 3, 1, 2]))
        nodes.append(helper.make_node("Transpose", ["clipped"], ["drawn"], perm=[0, 2, 3, 1]))
    else:
        nodes.insert(0, helper.make_node("Identity", ["picture"], ["first"]))
        nodes.append(helper.make_node("Identity", ["clipped"], ["drawn"]))
    shape: list[str | int | None] = [1, *sides, 3] if last else [1, 3, *sides]
    graph = helper.make_graph(
        nodes,
        "foreign",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("drawn", TensorProto.FLOAT, shape)],
        [
            numpy_helper.from_array(np.ascontiguousarray(swap), "swap"),
            numpy_helper.from_array(np.full(3, (high - low) / 4, np.float32), "scale"),
            numpy_helper.from_array(np.full(3, middle, np.float32), "bias"),
            numpy_helper.from_array(np.array(low, np.float32), "low"),
            numpy_helper.from_array(np.array(high, np.float32), "high"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, str(path))
    return path


def ramps(width: int = 96, height: int = 64) -> Image:
    """Red grows from left to right, blue falls, green grows downward."""
    picture = np.empty((height, width, 3), np.uint8)
    picture[..., 0] = np.linspace(30, 220, width)
    picture[..., 1] = np.linspace(60, 180, height)[:, None]
    picture[..., 2] = np.linspace(200, 40, width)
    return from_rgb(picture, COLOUR)


@pytest.mark.parametrize("last", [False, True], ids=["channels first", "channels last"])
@pytest.mark.parametrize("value_range", list(RANGES))
def test_the_range_is_found_and_the_channels_arrive(tmp_path: Path, value_range: str, last: bool) -> None:
    pack = read_foreign(network(tmp_path / "swap.onnx", value_range, last=last))
    assert pack.manifest.parameters["range"] == value_range
    engine = open_engine(pack, 96, 64, COLOUR)
    painted = to_rgb(engine(ramps()[None])[0], COLOUR)
    engine.close()
    # Normed and swapped: what fell from left to right in blue now falls in red.
    assert painted[32, 10, 0] > painted[32, 85, 0] + 60
    assert painted[32, 85, 2] > painted[32, 10, 2] + 60
    assert abs(float(painted.mean()) - 127.5) < 12


def test_the_order_of_the_channels_can_be_given(tmp_path: Path) -> None:
    path = network(tmp_path / "swap.onnx")
    engines = [open_engine(read_foreign(f"{path}?order={order}"), 96, 64, COLOUR) for order in ("rgb", "bgr")]
    # The network treats red and blue alike, so either order paints the same.
    first, second = (engine(ramps()[None]) for engine in engines)
    assert np.abs(first.astype(int) - second).max() <= 3
    keys = {read_foreign(f"{path}?order={order}").key for order in ("rgb", "bgr")}
    assert len(keys) == 2


def test_a_network_of_one_size_paints_every_size(tmp_path: Path) -> None:
    pack = load_style(str(network(tmp_path / "fixed.onnx", sides=(40, 56))))
    assert pack.manifest.short_side == 40
    engine = open_engine(pack, 96, 64, COLOUR, batch=2)
    painted = engine(np.stack([ramps(), ramps()]))
    assert painted.shape == (2, 96, 96)
    assert np.array_equal(painted[0], painted[1])
    assert to_rgb(painted[0], COLOUR)[32, 10, 0] > 120


def test_sizes_that_the_network_would_not_halve_are_padded(tmp_path: Path) -> None:
    engine = open_engine(load_style(str(network(tmp_path / "free.onnx"))), 104, 72, COLOUR)
    assert engine(ramps(104, 72)[None]).shape == (1, 108, 104)


def test_what_is_no_style_network_is_refused(tmp_path: Path) -> None:
    junk = tmp_path / "junk.onnx"
    junk.write_bytes(b"not a network" * 40)
    with pytest.raises(PackError, match=r"junk\.onnx: not a network"):
        read_foreign(junk)
    with pytest.raises(MissingError):
        read_foreign(tmp_path / "absent.onnx")
    flat = tmp_path / "flat.onnx"
    graph = helper.make_graph(
        [helper.make_node("Relu", ["a"], ["b"])],
        "flat",
        [helper.make_tensor_value_info("a", TensorProto.FLOAT, [1, 1000])],
        [helper.make_tensor_value_info("b", TensorProto.FLOAT, [1, 1000])],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), str(flat))
    with pytest.raises(PackError, match="1x3xHxW"):
        read_foreign(flat)
    good = network(tmp_path / "good.onnx")
    for query in ("range=0..2", "order=gbr", "size=3"):
        with pytest.raises(UsageError):
            read_foreign(f"{good}?{query}")
    with pytest.raises(EngineError, match="fp32, not int8"):
        open_engine(read_foreign(good), 96, 64, COLOUR, precision="int8")
    with pytest.raises(EngineError, match="OpenVINO alone"):
        open_engine(read_foreign(good), 96, 64, COLOUR, engine="onnx")
