"""The exported graph against the network it came from, on the same bytes."""

import json
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from numpy.typing import NDArray
from safetensors.numpy import load
from torch import Tensor, nn

from streamstyle.colour import HOUSE, between, from_rgb, graph_colour, to_rgb
from streamstyle.export import PLANES, export_graph, in_planes, quantise
from streamstyle.export import to_planes as torch_planes
from streamstyle.export import to_rgb as torch_rgb
from streamstyle.frames import Colour, Image, planes
from streamstyle.generators.johnson import Johnson
from streamstyle.generators.small import Small
from streamstyle.packs import GRAPH, WEIGHTS

Picture = NDArray[np.uint8]


def drawn(width: int, height: int, seed: int = 0) -> Picture:
    """Soft blobs of colour with a hard edge."""
    dice = np.random.default_rng(seed)
    small = dice.integers(0, 255, (height // 16, width // 16, 3), np.uint8)
    picture = np.kron(small, np.ones((16, 16, 1), np.uint8))
    picture[: height // 2] //= 2
    return np.ascontiguousarray(picture)


def small(seed: int = 0) -> Small:
    torch.manual_seed(seed)
    net = Small(8, 8, 1)
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.normal_(layer.weight, std=0.15)
    return net.eval()


class Darker(nn.Module):
    """An RGB generator that can be checked by eye."""

    domain = "rgb"

    def forward(self, rgb: Tensor) -> Tensor:
        return rgb * 0.5


def run(graph: bytes, weights: bytes, images: NDArray[np.uint8], colour: Colour = HOUSE) -> NDArray[np.uint8]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / GRAPH).write_bytes(graph)
        (Path(folder) / WEIGHTS).write_bytes(weights)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(str(Path(folder) / GRAPH), options, providers=["CPUExecutionProvider"])
        (painted,) = session.run(None, {"image": images, "colour": graph_colour(colour)})
    return np.asarray(painted)


def by_torch(generator: nn.Module, image: Image) -> Image:
    luma, blue, red = (torch.from_numpy(plane.astype(np.float32) / 255) for plane in planes(image))
    four = nn.functional.pixel_unshuffle(luma[None, None], 2)
    with torch.no_grad():
        out = in_planes(generator)(torch.cat([four, blue[None, None], red[None, None]], 1))
    out = (out * 255).clamp(0, 255).round()
    parts = [nn.functional.pixel_shuffle(out[:, :4], 2).numpy(), out[:, 4].numpy(), out[:, 5].numpy()]
    return np.concatenate([part.ravel() for part in parts]).astype(np.uint8).reshape(image.shape)


@pytest.mark.parametrize("generator", [small(), Darker()], ids=["planes", "rgb"])
@pytest.mark.parametrize("size", [(64, 48), (96, 80), (48, 112)])
def test_the_graph_computes_what_the_network_does(generator: nn.Module, size: tuple[int, int]) -> None:
    image = from_rgb(drawn(*size), HOUSE)
    painted = run(*export_graph(generator), image[None])[0]
    assert np.abs(painted.astype(int) - by_torch(generator, image)).max() <= 1


def test_batches_stay_apart() -> None:
    images = np.stack([from_rgb(drawn(64, 48, seed), HOUSE) for seed in range(3)])
    graph, weights = export_graph(small())
    together = run(graph, weights, images)
    alone = np.concatenate([run(graph, weights, image[None]) for image in images])
    assert np.abs(together.astype(int) - alone).max() <= 1


@pytest.mark.parametrize("matrix", ["bt601", "bt709"])
@pytest.mark.parametrize("reach", ["limited", "full"])
def test_colours_go_in_and_come_out_as_the_stream_has_them(matrix: str, reach: str) -> None:
    colour = Colour(matrix, reach)  # type: ignore[arg-type]
    picture = drawn(64, 48)
    graph, weights = export_graph(Darker())
    shown = to_rgb(run(graph, weights, from_rgb(picture, colour)[None], colour)[0], colour)
    plain = to_rgb(from_rgb(picture // 2, colour), colour)
    inner = (slice(2, -2), slice(2, -2))
    assert np.abs(shown[inner].astype(int) - plain[inner]).mean() < 2


def test_colour_maps_undo_each_other() -> None:
    for matrix in ("bt601", "bt709"):
        for reach in ("limited", "full"):
            there, back = graph_colour(Colour(matrix, reach))
            both = back[:, :3] @ there[:, :3]
            assert both == pytest.approx(np.eye(3), abs=1e-5)
            assert back[:, :3] @ there[:, 3] + back[:, 3] == pytest.approx(np.zeros(3), abs=1e-5)
    assert between(HOUSE, HOUSE)[:, :3] == pytest.approx(np.eye(3))


def test_planes_and_rgb_are_inverse_on_smooth_pictures() -> None:
    ramp = torch.linspace(0, 1, 32)
    picture = torch.stack([ramp.expand(32, 32), ramp.expand(32, 32).T, torch.full((32, 32), 0.4)])[None]
    assert torch_planes(picture).shape == (1, PLANES, 16, 16)
    again = torch_rgb(torch_planes(picture))
    assert float((again - picture)[..., 2:-2, 2:-2].abs().max()) < 0.04


def test_the_weights_are_an_ordinary_safetensors_file() -> None:
    net = small()
    graph, weights = export_graph(net)
    tensors = load(weights)
    assert np.array_equal(tensors["stem.weight"], net.stem.weight.detach().numpy())
    assert json.loads(weights[8 : 8 + int.from_bytes(weights[:8], "little")])
    model = onnx.load_from_string(graph)
    assert model.opset_import[0].version == 18
    assert len(graph) < 40_000


def test_eight_bits_stay_close_and_reshape() -> None:
    net = small()
    pictures = [from_rgb(drawn(96, 80, seed), HOUSE) for seed in range(8)]
    graph, weights = export_graph(net)
    eight = quantise(graph, weights, pictures)
    kinds = {node.op_type for node in onnx.load_from_string(eight).graph.node}
    assert {"QuantizeLinear", "DequantizeLinear"} <= kinds
    for size in ((96, 80), (64, 48)):
        image = from_rgb(drawn(*size, seed=50), HOUSE)
        error = run(eight, weights, image[None])[0].astype(float) - by_torch(net, image)
        assert 10 * np.log10(255**2 / np.mean(error**2)) > 30


def test_eight_bits_leave_out_what_reads_or_writes_colours() -> None:
    pictures = [from_rgb(drawn(96, 80, seed), HOUSE) for seed in range(4)]
    eight = onnx.load_from_string(quantise(*export_graph(Johnson(width=8, blocks=1)), pictures))
    makers = {output: node for node in eight.graph.node for output in node.output}
    rough = set()
    for node in eight.graph.node:
        weights = makers.get(node.input[1]) if node.op_type == "Conv" else None
        if weights is not None and weights.op_type == "DequantizeLinear":
            source = makers[weights.input[0]].input[0] if weights.input[0] in makers else weights.input[0]
            (dims,) = [entry.dims for entry in eight.graph.initializer if entry.name == source]
            rough.add(tuple(dims))
    assert (16, 8, 3, 3) in rough and (8, 16, 3, 3) in rough
    assert not {dims for dims in rough if dims[1] <= PLANES or dims[0] <= 3}
