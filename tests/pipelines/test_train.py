"""`train` from the command line: tiny pictures, a judge of random weights, a few steps."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
import torchvision
from safetensors.torch import save_file

from pipelines import train
from streamstyle import cli
from streamstyle.errors import InputError
from streamstyle.packs import read_pack
from streamstyle.training import lesson
from streamstyle.training.checkpoint import load_checkpoint

COMMANDS = {"train": "pipelines.train"}


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A painting, photos, and weights in torchvision's layout."""
    folder = tmp_path_factory.mktemp("material")
    random = np.random.default_rng(0)
    (folder / "photos").mkdir()
    for index in range(9):
        soft = cv2.resize(random.integers(0, 256, (6, 8, 3), np.uint8), (96, 72))
        cv2.imwrite(str(folder / "photos" / f"{index}.png"), soft)
    cv2.imwrite(str(folder / "painting.png"), random.integers(0, 256, (64, 80, 3), np.uint8))
    torch.manual_seed(0)
    save_file(torchvision.models.squeezenet1_0().state_dict(), folder / "judge.safetensors")
    torch.save({"features.0.weight": torch.zeros(64, 3, 3, 3)}, folder / "other.pth")
    return folder


@pytest.fixture
def words(material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(tmp_path)
    given = ["train", str(material / "painting.png"), "--photos", str(material / "photos"), "--name", "tiny"]
    given += ["--weights", str(material / "judge.safetensors"), "--style-size", "64", "--width", "8"]
    return [*given, "--crop", "64", "--batch", "1", "--out", str(tmp_path / "tiny.style")]


def test_a_painting_becomes_a_pack_with_its_card(words: list[str], tmp_path: Path) -> None:
    more = ["--steps", "3", "--title", "Tiny", "--artist", "Nobody", "--year", "2026", "--licence", "CC0", "--quiet"]
    assert cli.main([*words, *more], COMMANDS) == 0
    card = read_pack(tmp_path / "tiny.style").manifest
    assert (card.name, card.title, card.artist, card.year, card.licence) == ("tiny", "Tiny", "Nobody", "2026", "CC0")
    assert card.generator == "small" and card.parameters["width"] == 8
    assert card.training["learnt_from"] == ["painting.png"] and card.training["photos"] == 6
    assert (card.training["steps"], card.training["style_size"]) == (3, 64)
    assert card.training["style_distance"] > 0 and card.training["content_distance"] > 0
    folder = tmp_path / "training" / "tiny"
    assert {path.name for path in folder.iterdir()} == {"checkpoint.pt", "sheet.jpg", "losses.png", "figures.csv"}


def prepared(words: list[str], folder: Path) -> lesson.Lesson:
    parser = argparse.ArgumentParser()
    train.add_arguments(parser)
    return lesson.prepare(parser.parse_args(words[1:]), folder)


def test_resume_and_starting_from_other_weights(words: list[str], tmp_path: Path) -> None:
    first = prepared([*words, "--steps", "2"], tmp_path / "first")
    first.train(lambda report: None)
    again = prepared([*words, "--steps", "3", "--resume"], tmp_path / "first")
    assert str(again) == "tiny: small on 6 photos for 3 steps from step 2"
    again.train(lambda report: None)
    assert load_checkpoint(again.training.checkpoint)["step"] == 3
    started = ["--steps", "1", "--start-from", str(again.training.checkpoint)]
    other = prepared([*words, *started], tmp_path / "second")
    assert torch.equal(other.training.generator.state_dict()["stem.weight"], weights(again)["stem.weight"])
    with pytest.raises(InputError, match="another generator"):
        prepared([*words, *started, "--width", "16"], tmp_path / "second")


def weights(one: lesson.Lesson) -> dict[str, torch.Tensor]:
    return one.training.generator.state_dict()


@pytest.mark.parametrize(
    ("more", "status", "message"),
    [
        (["--name", "No Good"], 2, "only small letters, digits and single hyphens"),
        (["--weights", "nothing.safetensors"], 1, "there are no such weights"),
        (["--photos", "nowhere"], 1, "no such folder of photos"),
        (["--crop", "60"], 2, "--crop must be a multiple of 16"),
        (["--crop", "1024"], 2, "far larger than the photos"),
        (["--resume"], 1, "no checkpoint to resume"),
        (["--generator", "cartoon"], 2, "name a folder of them with --cartoons"),
        (["--device", "cuda:99"], 1, "device cuda:99: cannot be used here"),
    ],
)
def test_what_cannot_be_trained_is_said_in_one_line(
    words: list[str], more: list[str], status: int, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*words, "--steps", "2", *more], COMMANDS) == status
    said = capsys.readouterr().err
    assert message in said and said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_weights_of_another_layout_are_refused(
    words: list[str], material: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*words, "--steps", "2", "--weights", str(material / "other.pth")], COMMANDS) == 1
    assert "not squeezenet1_0 in torchvision's layout" in capsys.readouterr().err


def test_a_style_is_not_replaced_by_mistake(words: list[str], tmp_path: Path) -> None:
    (tmp_path / "tiny.style").write_text("precious")
    assert cli.main([*words, "--steps", "2"], COMMANDS) == 1
    assert (tmp_path / "tiny.style").read_text() == "precious"
