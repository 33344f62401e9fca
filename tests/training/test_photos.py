import logging
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from streamstyle.errors import InputError, MissingError
from streamstyle.training.paintings import painting_paths, read_paintings
from streamstyle.training.photos import Photos, read_photos


def noise(width: int, height: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def fill(folder: Path, count: int, width: int = 60, height: int = 40) -> Path:
    folder.mkdir(exist_ok=True)
    for index in range(count):
        cv2.imwrite(str(folder / f"{index:02d}.png"), noise(width, height, index))
    return folder


def test_crops_have_the_size_asked_for_and_repeat_with_the_seed() -> None:
    pictures = [noise(60, 40, 1), noise(33, 90, 2)]
    one, other = (Photos(pictures, [], seed=5).draw(6, 48) for _ in range(2))
    assert one.shape == (6, 3, 48, 48) and float(one.min()) >= 0 and float(one.max()) <= 1
    assert torch.equal(one, other)
    assert not torch.equal(one, Photos(pictures, [], seed=6).draw(6, 48))


def test_a_photo_smaller_than_the_crop_is_enlarged() -> None:
    assert Photos([noise(20, 30)], []).draw(2, 64).shape == (2, 3, 64, 64)


def test_some_photos_are_held_out_and_never_drawn(tmp_path: Path) -> None:
    photos = read_photos(fill(tmp_path, 24))
    assert len(photos) == 18 and len(photos.held_out) == 6
    learnt = {picture.tobytes() for picture in photos.pictures}
    assert not learnt & {picture.tobytes() for picture in photos.held_out}


def test_unreadable_photos_are_skipped_and_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = fill(tmp_path, 10)
    (folder / "broken.jpg").write_bytes(b"no picture at all")
    (folder / "notes.txt").write_text("not even meant to be one")
    with caplog.at_level(logging.WARNING):
        assert read_photos(folder).skipped == 1
    assert "1 of 11 photos cannot be read" in caplog.text


def test_folders_without_enough_photos_are_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no photos in it"):
        read_photos(tmp_path)
    with pytest.raises(InputError, match="3 photos that can be read; at least 8"):
        read_photos(fill(tmp_path, 3))
    with pytest.raises(MissingError, match="no such folder"):
        read_photos(tmp_path / "nowhere")


def test_large_photos_are_kept_small(tmp_path: Path) -> None:
    photos = read_photos(fill(tmp_path, 8, 2600, 100))
    assert {picture.shape[1] for picture in photos.pictures} == {1280}


def test_paintings_come_at_the_size_of_their_strokes(tmp_path: Path) -> None:
    folder = fill(tmp_path, 2, 200, 100)
    assert [painting.shape for painting in read_paintings([folder], 50)] == [(50, 100, 3)] * 2
    assert [path.name for path in painting_paths([folder / "0*.png", folder / "01.png"])] == [
        "00.png",
        "01.png",
        "01.png",
    ]


def test_what_is_no_painting_is_refused_in_one_line(tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n and nothing more")
    cv2.imwrite(str(tmp_path / "dot.png"), noise(4, 4))
    for place, message in (
        (broken, "not a picture that can be read"),
        (tmp_path / "dot.png", r"too small for a painting \(4x4\)"),
    ):
        with pytest.raises(InputError, match=message):
            read_paintings([place], 64)
    with pytest.raises(MissingError, match="no such painting"):
        read_paintings([tmp_path / "none.jpg"], 64)
    with pytest.raises(MissingError, match="no file fits that pattern"):
        read_paintings([tmp_path / "*.webp"], 64)
