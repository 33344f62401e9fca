"""The movie command as a person uses it: from the command line to the file."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from pipelines.api import Stylus, paint_clip, paint_picture
from pipelines.movie import HELP
from streamstyle import cli
from streamstyle.colour import to_rgb
from streamstyle.errors import InputError
from streamstyle.media.movie import Movie
from tests.media.clips import packets, ramp, write

ROOT = Path(__file__).parents[2]
TABLE = {"movie": "pipelines.movie", "styles": "pipelines.styles", "demo": "pipelines.demo"}


def movie(*words: object) -> int:
    return cli.main(["movie", *map(str, words)], TABLE)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write(tmp_path / "clip.mp4", [ramp(160, 96, step) for step in range(12)], sound=1)


def test_a_clip_is_painted_with_its_sound_and_times(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = clip.with_name("painted.mp4")
    assert movie(clip, target, "--json") == 0
    out, err = capsys.readouterr()
    record = json.loads(out.splitlines()[-1])
    assert record["frames"] == 12
    assert record["output"] == str(target)
    assert set(record) == {"frames", "seconds", "fps", "engine", "precision", "output"}
    assert "12 pictures" in err
    assert str(target) in err
    before, after = list(Movie(str(clip))), list(Movie(str(target)))
    assert [frame.seconds for frame in after] == [frame.seconds for frame in before]
    assert np.abs(after[5].image.astype(int) - before[5].image).mean() > 10, "it is really painted"
    assert packets(target, "audio") == packets(clip, "audio")


def test_strength_zero_is_the_input_bit_for_bit(clip: Path) -> None:
    target = clip.with_name("same.mkv")
    assert movie(clip, target, "--strength", "0", "--codec", "ffv1", "--quiet") == 0
    for before, after in zip(Movie(str(clip)), Movie(str(target)), strict=True):
        assert np.array_equal(before.image, after.image)


def test_sizes_parts_and_comparisons(clip: Path) -> None:
    wide = clip.with_name("wide.mp4")
    assert movie(clip, wide, "--compare", "side", "--quiet") == 0
    assert Movie(str(wide)).info.shown == (320, 96)
    small = clip.with_name("small.mp4")
    assert movie(clip, small, "--size", "64p", "--start", "0.2", "--end", "0.4", "--quiet") == 0
    shown = Movie(str(small))
    assert shown.info.shown[1] == 64
    assert len(list(shown)) == 5
    split = clip.with_name("split.mkv")
    assert movie(clip, split, "--compare", "split", "--codec", "ffv1", "--quiet") == 0
    original, halved = next(iter(Movie(str(clip)))).image, next(iter(Movie(str(split)))).image
    assert np.array_equal(halved[:96, :76], original[:96, :76])


def test_a_pipe_is_opened_once(clip: Path) -> None:
    """With another size and a part of it, and all that comes along."""
    source = clip.with_name("piped.mkv")
    assert movie(clip, source, "--strength", "0", "--quiet") == 0
    target = clip.with_name("small.mp4")
    command = [sys.executable, "run_stream.py", "movie", "-", str(target), "--size", "64p", "--quiet"]
    with subprocess.Popen(["cat", str(source)], stdout=subprocess.PIPE) as pipe:
        subprocess.run(command, cwd=ROOT, stdin=pipe.stdout, timeout=100, check=True)
    assert Movie(str(target)).info.shown == (106, 64)
    assert packets(target, "audio") == packets(clip, "audio")


def test_pictures_and_sequences(tmp_path: Path) -> None:
    for index in (1, 2):
        picture: Any = av.VideoFrame.from_ndarray(ramp(96, 64, index), "rgb24")
        picture.to_image().save(tmp_path / f"p{index}.png")
    assert movie(tmp_path / "p1.png", tmp_path / "one.jpg", "--quiet") == 0
    assert movie(tmp_path / "p%d.png", tmp_path / "q%03d.png", "--quiet") == 0
    assert (tmp_path / "one.jpg").exists()
    assert (tmp_path / "q002.png").exists()


def test_codec_vectors_carry_the_steadiness(clip: Path) -> None:
    assert movie(clip, clip.with_name("codec.mp4"), "--flow", "codec", "--quiet") == 0


BAD: dict[str, tuple[list[str], int, str]] = {
    "missing": (["nothing.mp4", "out.mp4"], 1, "no such file"),
    "folder": ([".", "out.mp4"], 1, "is a folder"),
    "not a video": (["text.mp4", "out.mp4"], 1, "cannot be opened"),
    "unknown style": (["clip.mp4", "out.mp4", "--style", "stary-nigt"], 1, "did you mean starry-night"),
    "foreign pack": (["clip.mp4", "out.mp4", "--style", "foreign.style"], 1, "not a style pack"),
    "exists": (["clip.mp4", "there.mp4"], 1, "exists already"),
    "no folder": (["clip.mp4", "none/out.mp4"], 1, "does not exist"),
    "same file": (["clip.mp4", "clip.mp4", "--overwrite"], 2, "is the input itself"),
    "extension": (["clip.mp4", "out.xyz"], 2, "not an extension"),
    "codec": (["clip.mp4", "out.mp4", "--codec", "nonsense"], 2, "not an encoder"),
    "unfit": (["clip.mp4", "out.webm", "--codec", "h264"], 2, "do not fit"),
    "preset": (["clip.mp4", "out.mp4", "--preset", "nonsense"], 2, "libx264 knows ultrafast"),
    "strength": (["clip.mp4", "out.mp4", "--strength", "2"], 2, "from 0 to 1"),
    "scene": (["test:nonsense", "out.mp4"], 2, "nonsense"),
    "size of a scene": (["test:pan", "out.mp4", "--size", "360p"], 2, "belong to its name"),
    "end of a scene": (["test:pan", "out.mp4", "--end", "2"], 2, "belong to its name"),
    "one picture": (["clip.mp4", "out.png"], 2, "is one picture"),
    "size": (["clip.mp4", "out.mp4", "--size", "huge"], 2, "720p"),
    "engine": (["clip.mp4", "out.mp4", "--engine", "tensorrt"], 1, "tensorrt"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_one_line_and_loses_nothing(
    case: str, clip: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(clip.parent)
    Path("text.mp4").write_text("words " * 99)
    Path("foreign.style").write_text("words")
    Path("there.mp4").write_bytes(b"precious")
    before = {path.name: path.read_bytes() for path in Path().iterdir() if path.is_file()}
    words, status, message = BAD[case]
    assert movie(*words) == status
    err = capsys.readouterr().err
    lines = [line for line in err.splitlines() if line.startswith("streamstyle: ")]
    assert len(lines) == 1
    assert message in lines[0]
    assert {path.name: path.read_bytes() for path in Path().iterdir() if path.is_file()} == before


def test_wrong_words_are_usage(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["movie"], ["movie", "a", "b", "--engine", "magic"], ["paint"]):
        with pytest.raises(SystemExit) as left:
            cli.main(words, TABLE)
        assert left.value.code == 2
        assert len(capsys.readouterr().err.splitlines()) == 1


def test_an_interrupt_ends_soon_with_a_playable_part(tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    code = "import sys; from run_stream import main; sys.exit(main(sys.argv[1:]))"
    words = ["movie", "test:pan?seconds=600&size=320x180", str(target)]
    child = subprocess.Popen(
        [sys.executable, "-c", code, *words], cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    part = tmp_path / "out.part.mp4"
    deadline = time.monotonic() + 60
    while not (part.exists() and part.stat().st_size > 20_000):
        assert time.monotonic() < deadline
        assert child.poll() is None
        time.sleep(0.05)
    began = time.monotonic()
    os.killpg(child.pid, signal.SIGINT)
    _, err = child.communicate(timeout=20)
    assert time.monotonic() - began < 5, "a second on a free machine"
    assert child.returncode == 130
    assert "out.part.mp4" in err
    assert not target.exists()
    assert len(list(Movie(str(part)))) > 5


def test_ten_lines_of_python() -> None:
    picture = ramp(160, 96)
    painted = paint_picture(picture, "starry-night")
    assert painted.shape == picture.shape
    assert np.abs(painted.astype(int) - picture).mean() > 10
    odd = Stylus(63, 47)
    try:
        assert odd(ramp(63, 47)).shape == (47, 63, 3)
        with pytest.raises(InputError, match="must be uint8"):
            odd(picture)
    finally:
        odd.close()


def test_a_clip_from_python(clip: Path) -> None:
    result = paint_clip(str(clip), str(clip.with_name("painted.mkv")), strength=0.5, overwrite=True)
    assert result.frames == 12


def test_two_styles_blend_between_each_other() -> None:
    picture = ramp(160, 96)
    one = paint_picture(picture, "starry-night").astype(int)
    same = paint_picture(picture, "starry-night", second="starry-night", blend=0.5)
    assert np.abs(one - same).max() <= 2


def test_the_list_and_the_sheet_of_styles(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["styles"], TABLE) == 0
    text = capsys.readouterr().out
    assert "starry-night" in text
    assert "Vincent van Gogh, 1889" in text
    assert cli.main(["styles", "--json"], TABLE) == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {"name", "title", "artist", "year", "generator", "bytes", "licence", "path"} == set(records[0])
    assert cli.main(["styles", "--sheet", str(tmp_path / "sheet.png"), "--styles", "starry-night"], TABLE) == 0
    shown = next(iter(Movie(str(tmp_path / "sheet.png"))))
    assert shown.image.shape[1] > 600


def test_help_is_one_line() -> None:
    assert "\n" not in HELP


def test_the_colours_of_every_kind_of_clip_survive_strength_zero(tmp_path: Path) -> None:
    for matrix, space in (("bt601", 6), ("bt709", 1)):
        for reach, kind in (("limited", 1), ("full", 2)):

            def tagged(stream: Any, space: int = space, kind: int = kind) -> None:
                stream.codec_context.colorspace, stream.codec_context.color_range = space, kind

            card = write(tmp_path / f"{matrix}-{reach}.mp4", [ramp(160, 96)] * 3, setup=tagged)
            target = tmp_path / f"{matrix}-{reach}-out.mkv"
            assert movie(card, target, "--strength", "0", "--codec", "ffv1", "--quiet") == 0
            before, after = Movie(str(card)), Movie(str(target))
            assert after.info.colour == before.info.colour
            one, two = (to_rgb(next(iter(each)).image, each.info.colour).astype(int) for each in (before, after))
            assert np.abs(one - two).max() <= 1


def test_every_second_picture_is_painted_and_none_is_missing(clip: Path) -> None:
    whole, spared = clip.with_name("whole.mkv"), clip.with_name("spared.mkv")
    for target, words in ((whole, ()), (spared, ("--every", "2"))):
        assert movie(clip, target, "--steady", "0", "--codec", "ffv1", "--quiet", *words) == 0
    one, other = ([(frame.seconds, frame.image.astype(int)) for frame in Movie(str(path))] for path in (whole, spared))
    assert [moment for moment, _ in one] == [moment for moment, _ in other]
    differences = [np.abs(a - b).mean() for (_, a), (_, b) in zip(one, other, strict=True)]
    assert max(differences[::2]) == 0 and 0 < max(differences[1::2]) < 12
