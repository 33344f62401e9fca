"""Matting networks of every shape that is around, made here."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from engines.matte import open_matte
from streamstyle.colour import from_rgb
from streamstyle.errors import MissingError, PackError, UsageError
from streamstyle.frames import Colour, Image

Sides = tuple[int | str, int | str]


def network(
    path: Path, *, last: bool = False, sides: Sides = ("height", "width"), channels: int = 1, logits: bool = False
) -> Path:
    """Finds red: the first channel less the mean of the others, as it comes, through a 1x1 convolution."""
    height, width = sides
    weight = np.tile(np.array([1, -0.5, -0.5], np.float32).reshape(1, 3, 1, 1), (channels, 1, 1, 1))
    if logits:
        weight *= 40
    nodes = []
    taken = "picture"
    if last:
        nodes.append(helper.make_node("Transpose", ["picture"], ["first"], perm=[0, 3, 1, 2]))
        taken = "first"
    nodes.append(helper.make_node("Conv", [taken, "weight", "bias"], ["raw"]))
    given = "raw"
    if not logits:
        nodes.append(helper.make_node("Clip", ["raw", "zero", "one"], ["drawn"]))
        given = "drawn"
    if last:
        nodes.append(helper.make_node("Transpose", [given], ["back"], perm=[0, 2, 3, 1]))
        given = "back"
    shape = [1, height, width, 3] if last else [1, 3, height, width]
    result = [1, height, width, channels] if last else [1, channels, height, width]
    graph = helper.make_graph(
        nodes,
        "matte",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(given, TensorProto.FLOAT, result)],
        [
            numpy_helper.from_array(weight, "weight"),
            numpy_helper.from_array(np.array(0, np.float32), "zero"),
            numpy_helper.from_array(np.array(1, np.float32), "one"),
            numpy_helper.from_array(np.full(channels, -20 if logits else 0, np.float32), "bias"),
        ],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), str(path))
    return path


def scene(colour: Colour) -> Image:
    """Grey, with a red right half."""
    picture = np.full((180, 320, 3), 128, np.uint8)
    picture[:, 160:] = 255, 0, 0
    return from_rgb(picture, colour)


def halves(matte: NDArray[np.float32]) -> tuple[float, float]:
    width = matte.shape[1]
    return float(matte[:, : width // 2 - 4].mean()), float(matte[:, width // 2 + 4 :].mean())


@pytest.mark.parametrize("sides", [("height", "width"), (96, 160), (128, 128)], ids=str)
@pytest.mark.parametrize("last", [False, True], ids=["channels first", "channels last"])
@pytest.mark.parametrize("colour", [Colour(), Colour("bt709", "full")], ids=str)
def test_the_person_is_where_the_network_says(tmp_path: Path, sides: Sides, last: bool, colour: Colour) -> None:
    path = network(tmp_path / "net.onnx", last=last, sides=sides)
    matte = open_matte(str(path), 320, 180, colour)(scene(colour))
    assert matte.dtype == np.float32
    if isinstance(sides[0], int):
        assert matte.shape == sides
    grey, red = halves(matte)
    assert grey < 0.03
    assert red > 0.97


def test_logits_become_shares(tmp_path: Path) -> None:
    path = network(tmp_path / "net.onnx", logits=True)
    grey, red = halves(open_matte(str(path), 320, 180, Colour())(scene(Colour())))
    assert grey < 0.01
    assert red > 0.99


def test_range_and_order_are_as_said(tmp_path: Path) -> None:
    path = network(tmp_path / "net.onnx")
    _, red = halves(open_matte(f"{path}?order=bgr", 320, 180, Colour())(scene(Colour())))
    assert red < 0.03
    grey, red = halves(open_matte(f"{path}?range=-1..1", 320, 180, Colour())(scene(Colour())))
    assert (grey < 0.03, red > 0.97) == (True, True)


@pytest.mark.parametrize(
    ("query", "words"),
    [("?range=0..2", "range is one of"), ("?order=rbg", "order is rgb or bgr"), ("?size=2", "takes range=")],
)
def test_what_cannot_be_meant_is_a_usage_error(tmp_path: Path, query: str, words: str) -> None:
    path = network(tmp_path / "net.onnx")
    with pytest.raises(UsageError, match=words):
        open_matte(f"{path}{query}", 320, 180, Colour())


def test_what_is_no_matting_network_is_said(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="no such network"):
        open_matte(str(tmp_path / "none.onnx"), 320, 180, Colour())
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"not a network")
    with pytest.raises(PackError, match="not a network that can be read"):
        open_matte(str(broken), 320, 180, Colour())
    with pytest.raises(PackError, match="one channel"):
        open_matte(str(network(tmp_path / "three.onnx", channels=3)), 320, 180, Colour())
