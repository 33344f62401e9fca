import argparse
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
import torchvision
from safetensors.torch import save_file

from benchmarks import multimodal
from streamstyle.errors import InputError
from streamstyle.library import own_folder
from streamstyle.packs import GRAPH, WEIGHTS, Manifest, write_pack
from tests.engines.graphs import tiny_graph


def run(words: list[str]) -> int:
    parser = argparse.ArgumentParser()
    multimodal.add_arguments(parser)
    return multimodal.run(parser.parse_args(words))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multimodal, "SIZE", (192, 96))
    monkeypatch.setattr(multimodal, "SHOWN", 90)
    monkeypatch.setattr(multimodal, "CELL", (64, 36))


@pytest.mark.usefixtures("small")
def test_a_sheet_and_a_table_come_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    graph, weights = tiny_graph()
    own_folder().mkdir(parents=True)
    for name in ("dots-johnson", "dots-multimodal"):
        manifest = Manifest(name, name, "tiny", stride=8)
        write_pack(own_folder() / f"{name}.style", manifest, {GRAPH: graph, WEIGHTS: weights})
    random = np.random.default_rng(1)
    cv2.imwrite(str(tmp_path / "dots.jpg"), random.integers(0, 255, (60, 80, 3)).astype(np.uint8))
    torch.manual_seed(1)
    save_file(torchvision.models.squeezenet1_0().state_dict(), tmp_path / "weights.safetensors")
    words = ["--painting", "dots", "--paintings", str(tmp_path), "--weights", str(tmp_path / "weights.safetensors")]
    assert run([*words, "--out", str(tmp_path / "sheet.jpg")]) == 0
    drawn = cv2.imread(str(tmp_path / "sheet.jpg"))
    assert drawn is not None and drawn.shape[1] > 4 * 64 and drawn.shape[0] > 2 * 36
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" | ")[0] for line in lines[3:]] == [
        "| photo",
        "| johnson, whole size",
        "| johnson, a third",
        "| multimodal",
    ]


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "words.jpg").write_text("words")
    with pytest.raises(InputError, match="not a picture"):
        multimodal.picture(tmp_path / "words.jpg")


def test_details_are_pixel_for_pixel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multimodal, "CELL", (64, 36))
    fine = np.random.default_rng(1).integers(0, 255, (90, 192, 3)).astype(np.uint8)
    sheet = multimodal.drawn([fine], ["one"])
    detail = fine[27:63, 64:128]
    rows, columns = sheet.shape[:2]
    assert any(
        np.array_equal(sheet[top : top + 36, left : left + 64], detail)
        for top in range(rows - 35)
        for left in range(columns - 63)
    )
