from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from streamstyle.errors import InputError, MissingError
from streamstyle.training.cartoons import CartoonCrops, read_cartoons


def drawn(folder: Path, count: int = 2) -> Path:
    folder.mkdir(exist_ok=True)
    random = np.random.default_rng(1)
    for index in range(count):
        picture = cv2.resize(random.integers(0, 255, (9, 16, 3)).astype(np.uint8), (160, 90), interpolation=0)
        cv2.imwrite(str(folder / f"scene-{index}.png"), picture)
    return folder


def test_crops_are_repeatable_and_the_smoothed_ones_lack_edges(tmp_path: Path) -> None:
    pictures = read_cartoons(drawn(tmp_path / "scenes"), short_side=90)
    crops, smoothed = CartoonCrops(pictures, 64, seed=3).draw(5)
    again, _ = CartoonCrops(pictures, 64, seed=3).draw(5)
    assert crops.shape == smoothed.shape == (5, 3, 64, 64)
    assert torch.equal(crops, again)
    steps = [(kind[..., 1:] - kind[..., :-1]).abs().max().item() for kind in (crops, smoothed)]
    assert steps[1] < steps[0]


def test_a_pattern_chooses_and_the_short_side_is_met(tmp_path: Path) -> None:
    folder = drawn(tmp_path / "scenes", 3)
    chosen = read_cartoons(folder / "scene-[01].png", short_side=45)
    assert [picture.shape for picture in chosen] == [(45, 80, 3)] * 2


def test_unreadable_pictures_are_skipped_and_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = drawn(tmp_path / "scenes")
    (folder / "broken.jpg").write_bytes(b"not a picture")
    (folder / "notes.txt").write_text("no picture either")
    assert len(read_cartoons(folder)) == 2
    assert "1 of 3" in caplog.text


def test_what_is_not_there_or_empty_or_small_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="no such folder"):
        read_cartoons(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no cartoons"):
        read_cartoons(tmp_path / "empty")
    with pytest.raises(InputError, match="do not fit"):
        CartoonCrops(read_cartoons(drawn(tmp_path / "scenes"), short_side=90), 128)
