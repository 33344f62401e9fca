import argparse
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
import torchvision
from safetensors.torch import save_file

from benchmarks import quality
from benchmarks.quality import Results
from streamstyle.errors import UsageError
from streamstyle.library import own_folder
from streamstyle.packs import GRAPH, WEIGHTS, Manifest, write_pack
from tests.engines.graphs import tiny_graph


def test_rows_survive_and_are_not_measured_twice(tmp_path: Path) -> None:
    results = Results(tmp_path / "quality.md")
    row = {"key": "a 1", "style": "wave", "generator": "small", "grid": 1.25, "style_distance": 0.0512}
    results.keep(row)
    assert not results.has("a 1")
    results.keep({**row, "done": True})
    again = Results(tmp_path / "quality.md")
    assert again.has("a 1") and not Results(tmp_path / "quality.md", fresh=True).has("a 1")
    again.keep({**row, "key": "b 1", "style_distance": 0.04})
    lines = (tmp_path / "quality.md").read_text().splitlines()
    rows = [line for line in lines if line.startswith("| wave")]
    assert len(rows) == 1 and "0.04" in rows[0] and "1.25" in rows[0]
    assert len((tmp_path / "quality.jsonl").read_text().splitlines()) == 1


def test_cartoons_have_a_table_of_their_own(tmp_path: Path) -> None:
    results = Results(tmp_path / "quality.md")
    results.keep({"key": "a", "style": "anime", "generator": "cartoon", "to_cartoons": 12.5, "content_distance": 0.4})
    text = (tmp_path / "quality.md").read_text()
    assert "### Cartoons" in text and "### Paintings" not in text and "12.5" in text


def material(folder: Path) -> list[str]:
    random = np.random.default_rng(1)
    for name in ("photos", "paintings", "cartoons"):
        (folder / name).mkdir()
    for index in range(2):
        coarse = random.integers(0, 255, (20, 30, 3)).astype(np.uint8)
        cv2.imwrite(str(folder / "photos" / f"{index}.png"), cv2.resize(coarse, (240, 160)))
        cv2.imwrite(str(folder / "cartoons" / f"{index}.png"), coarse.repeat(8, 0).repeat(8, 1))
    cv2.imwrite(str(folder / "paintings" / "tiny.png"), random.integers(0, 255, (60, 80, 3)).astype(np.uint8))
    torch.manual_seed(1)
    save_file(torchvision.models.squeezenet1_0().state_dict(), folder / "weights.safetensors")
    graph, weights = tiny_graph()
    own_folder().mkdir(parents=True)
    training = {"style_size": 64, "style_weight": 2.0}
    for name in ("tiny", "flat"):
        manifest = Manifest(name, name, "tiny", stride=8, training=training)
        write_pack(own_folder() / f"{name}.style", manifest, {GRAPH: graph, WEIGHTS: weights})
    places = ("--photos", "photos", "--paintings", "paintings", "--cartoons", "cartoons", "--out", "quality.md")
    words = [word if word.startswith("--") else str(folder / word) for word in places]
    return [*words, "--weights", str(folder / "weights.safetensors"), "--styles", "tiny,flat"]


def run(words: list[str]) -> int:
    parser = argparse.ArgumentParser()
    quality.add_arguments(parser)
    return quality.run(parser.parse_args(words))


def test_a_painting_and_a_cartoon_style_are_measured(tmp_path: Path) -> None:
    words = material(tmp_path)
    few = ["--count", "1", "--optimised", "1", "--iterations", "2"]
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        assert run([*words, *few]) == 0
    finally:
        torch.set_num_threads(before)
    rows = {row["style"]: row for row in map(json.loads, (tmp_path / "quality.jsonl").read_text().splitlines())}
    painting, cartoon = rows["tiny"], rows["flat"]
    assert painting["done"] and cartoon["done"]
    assert painting["style_distance"] > 0 and painting["total_ratio"] > 1
    assert "style_distance" not in cartoon and cartoon["to_photos"] > 0 and cartoon["photo_to_cartoons"] > 0
    # A second run finds everything there.
    assert run([*words, *few]) == 0


def test_what_is_missing_is_asked_for() -> None:
    with pytest.raises(UsageError, match="--photos"):
        run([])
