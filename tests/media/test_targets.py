"""What is left behind when something fails, and what is checked before."""

import os
import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from streamstyle.errors import OutputError, UsageError
from streamstyle.frames import Frame
from streamstyle.media.codecs import Encoding
from streamstyle.media.movie import Movie
from streamstyle.media.places import place
from streamstyle.media.sinks import open_sink
from streamstyle.media.targets import check
from tests.media.outputs import INFO, frames, written


@pytest.mark.parametrize("name", ["clip.mp4", "clip.png", "clip.m3u8", "p%03d.png"])
def test_an_error_leaves_nothing_and_touches_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"what was there before")

    def fail() -> None:
        with open_sink(str(tmp_path / name), INFO) as sink:
            sink.write(next(frames(1)))
            raise RuntimeError("the stage broke")

    with pytest.raises(RuntimeError):
        fail()
    assert [entry.name for entry in tmp_path.iterdir()] == ["clip.mp4"]
    assert (tmp_path / "clip.mp4").read_bytes() == b"what was there before"


def test_an_interrupt_leaves_a_playable_part(tmp_path: Path) -> None:
    said: list[str] = []

    def stop() -> None:
        with open_sink(str(tmp_path / "clip.mp4"), INFO, remark=said.append) as sink:
            for frame in frames(8):
                sink.write(frame)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop()
    assert not (tmp_path / "clip.mp4").exists()
    assert len(list(Movie(str(tmp_path / "clip.part.mp4")))) == 8
    assert "clip.part.mp4" in said[0]


def test_no_pictures_is_an_error(tmp_path: Path) -> None:
    for name in ("clip.mp4", "clip.png"):
        with pytest.raises(OutputError, match="no picture"), open_sink(str(tmp_path / name), INFO):
            pass
    assert not list(tmp_path.iterdir())


def test_one_picture_takes_one_picture(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is one picture"):
        written(tmp_path / "clip.png", 2)
    assert not list(tmp_path.iterdir())


def test_targets_are_checked_before_anything_is_painted(tmp_path: Path) -> None:
    there = tmp_path / "there.mp4"
    there.write_bytes(b"x")
    source = place(str(tmp_path / "source.mp4"))
    for name, overwrite, message in (
        (tmp_path / "none" / "clip.mp4", False, "does not exist"),
        (there, False, "exists already"),
        (tmp_path, True, "is a folder"),
    ):
        with pytest.raises(OutputError, match=message):
            check(place(str(name)), source, overwrite)
    with pytest.raises(UsageError, match="is the input itself"):
        check(place(str(there)), place(str(there)), True)
    check(place(str(there)), source, True)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
@pytest.mark.parametrize("name", ["clip.mp4", "p%03d.png"])
def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path, name: str) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(small)], check=False)
    if mounted.returncode:
        pytest.skip("tmpfs cannot be mounted here")
    try:
        noise = np.random.default_rng(1)

        def fill() -> None:
            with open_sink(str(small / name), INFO, Encoding(crf=0)) as sink:
                for index in range(200):
                    image = noise.integers(0, 255, (144, 160), np.uint8)
                    sink.write(Frame(image, index, Fraction(1, 25)))

        with pytest.raises(OutputError, match="disk is full"):
            fill()
        assert not list(small.iterdir())
        ballast = small / "ballast"
        ballast.write_bytes(bytes(64 * 1024))
        with pytest.raises(OutputError, match="disk is full"):
            fill()
        assert list(small.iterdir()) == [ballast]
    finally:
        # PyAV leaves a file open whose header could not be written.
        subprocess.run(["umount", "--lazy", str(small)], check=True)
