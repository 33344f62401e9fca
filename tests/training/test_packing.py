from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from streamstyle.colour import HOUSE, from_rgb, to_rgb
from streamstyle.errors import InputError, OutputError
from streamstyle.frames import planes
from streamstyle.generators import build
from streamstyle.generators.planes import luma, paint
from streamstyle.packs import GRAPH, GRAPH_INT8, THUMBNAIL, WEIGHTS, Manifest, Pack, read_pack
from streamstyle.sheets import Picture, filled
from streamstyle.training.graphs import decibels, runner
from streamstyle.training.packing import pack_generator
from streamstyle.training.photos import tensor

CARD = Manifest("tiny", "Tiny", "small", short_side=48, training={"steps": 3})
TINY: dict[str, dict[str, int]] = {"small": {"stem": 8, "width": 8, "depth": 1}, "johnson": {"width": 4, "blocks": 1}}


def photos(count: int = 3) -> list[Picture]:
    random = np.random.default_rng(0)
    return [filled(random.integers(0, 256, (6, 9, 3), np.uint8), 96, 64) for _ in range(count)]


def measure(painted: Tensor, photo: Tensor) -> dict[str, float]:
    return {"change": float((painted - photo).abs().mean())}


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> tuple[nn.Module, Pack, Manifest]:
    """A generator, its pack, and the card that packing gave back."""
    return made("small", tmp_path_factory.mktemp("pack") / "tiny.style")


def made(family: str, path: Path) -> tuple[nn.Module, Pack, Manifest]:
    torch.manual_seed(0)
    generator = build(family, TINY[family])
    card = pack_generator(generator, CARD, photos(), path, measure=measure, thumbnail=photos()[0])
    return generator, read_pack(path), card


def luma_of_both(generator: nn.Module, pack: Pack) -> tuple[Picture, Picture]:
    """The brightness of one photo as the generator paints it, and as the pack's graph does."""
    picture = from_rgb(photos()[0], HOUSE)
    with torch.no_grad():
        expected = luma(paint(generator, tensor(to_rgb(picture, HOUSE))))[0, 0].clamp(0, 1).numpy() * 255
    painted = runner(pack.files[GRAPH], pack.files[WEIGHTS])(picture)
    return expected.round().astype(np.uint8), planes(painted)[0]


def test_a_pack_paints_as_its_generator_does(packed: tuple[nn.Module, Pack, Manifest]) -> None:
    generator, pack, _ = packed
    expected, painted = luma_of_both(generator, pack)
    # Colours were rounded to bytes on the way in.
    assert decibels(painted, expected) > 35


def test_a_generator_of_rgb_pictures_too_and_8_bits_that_do_not_paint_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("streamstyle.training.packing.WORST_INT8", 98.0)
    generator, pack, card = made("johnson", tmp_path / "tiny.style")
    assert capsys.readouterr().out == ""
    assert not pack.has_int8 and card.training["int8_db"] < 98
    expected, painted = luma_of_both(generator, pack)
    assert decibels(painted, expected) > 35
    assert (card.generator, card.parameters) == ("johnson", TINY["johnson"])


def test_the_card_says_what_was_packed(packed: tuple[nn.Module, Pack, Manifest]) -> None:
    _, pack, card = packed
    written = pack.manifest
    assert (written.name, written.title, written.stride) == ("tiny", "Tiny", 8)
    assert (written.generator, written.parameters) == ("small", {**TINY["small"], "kernel": [-1, 9, 9, -1]})
    assert written.training == card.training and written.training["steps"] == 3
    assert set(pack.files) == {GRAPH, GRAPH_INT8, WEIGHTS, THUMBNAIL}


def test_figures_are_of_the_graphs_themselves(packed: tuple[nn.Module, Pack, Manifest]) -> None:
    _, pack, card = packed
    assert card.training["measured_on"] == "3 photos that it was not trained on, 72x48"
    shown = [from_rgb(filled(photo, 72, 48), HOUSE) for photo in photos()]
    plain, rough = (runner(pack.graph(int8), pack.files[WEIGHTS]) for int8 in (False, True))
    ratios = sorted(decibels(rough(photo), plain(photo)) for photo in shown)
    assert card.training["int8_db"] == pytest.approx(ratios[1], abs=0.1)
    seen = [(tensor(to_rgb(picture, HOUSE)) for picture in (plain(photo), photo)) for photo in shown]
    changes = sorted(measure(*pair)["change"] for pair in seen)
    assert card.training["change"] == pytest.approx(changes[1], abs=1e-4)


def test_the_thumbnail_is_a_small_jpeg(packed: tuple[nn.Module, Pack, Manifest]) -> None:
    thumbnail = packed[1].thumbnail
    assert thumbnail is not None and len(thumbnail) < 60_000
    picture = cv2.imdecode(np.frombuffer(thumbnail, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None and picture.shape == (256, 256, 3)


def test_nothing_is_left_of_a_pack_that_could_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="cannot be written"):
        made("small", tmp_path / "file" / "tiny.style")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_pack_needs_photos(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="needs photos"):
        pack_generator(build("small", TINY["small"]), CARD, [], tmp_path / "tiny.style")
