"""What goes out: containers, codecs, time stamps, colours, streams."""

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from streamstyle.colour import to_rgb
from streamstyle.errors import OutputError, UsageError
from streamstyle.frames import Colour, Frame, MediaInfo
from streamstyle.media.codecs import Encoding, choose, format_of, opens
from streamstyle.media.movie import Movie
from streamstyle.media.places import place
from streamstyle.media.sinks import open_sink
from tests.media.clips import ramp
from tests.media.outputs import INFO, frames, written


@pytest.mark.parametrize("extension", ["mp4", "mkv", "webm", "mov", "avi", "ts", "y4m", "gif", "flv"])
def test_every_container_holds_every_picture(tmp_path: Path, extension: str) -> None:
    path = written(tmp_path / f"clip.{extension}")
    movie = Movie(str(path))
    assert movie.info.shown == (160, 96)
    shown = list(movie)
    assert len(shown) == 12
    rgb = to_rgb(shown[5].image, movie.info.colour).astype(int)
    assert np.abs(rgb - ramp(160, 96, 5)).mean() < (12 if extension == "gif" else 4)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name], "no part is left"


@pytest.mark.parametrize(
    ("codec", "name"), [("hevc", "hevc"), ("av1", "av1"), ("vp9", "vp9"), ("prores", "prores"), ("ffv1", "ffv1")]
)
def test_codecs_by_name(tmp_path: Path, codec: str, name: str) -> None:
    path = written(tmp_path / ("clip.mov" if codec == "prores" else "clip.mkv"), codec=codec)
    with av.open(str(path)) as container:
        assert name in container.streams.video[0].codec_context.codec.canonical_name
        assert sum(1 for _ in container.decode(video=0)) == 12


def test_codecs_that_do_not_fit_or_open(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not an encoder here"):
        choose(Encoding("nonsense"), "mp4", INFO)
    with pytest.raises(UsageError, match="do not fit"):
        written(tmp_path / "clip.webm", codec="h264")
    assert not list(tmp_path.iterdir())
    if not opens("h264_nvenc", INFO):
        with pytest.raises(OutputError, match="does not open"):
            choose(Encoding("h264_nvenc"), "mp4", INFO)


def test_extensions_that_cannot_be_written() -> None:
    for name, message in (("clip.xyz", "'.xyz' is not an extension"), ("clip", "has no extension")):
        with pytest.raises(UsageError, match=message):
            format_of(place(name))
    with pytest.raises(UsageError, match="cannot be written to"):
        format_of(place("http://127.0.0.1/clip"))
    assert format_of(place("rtmp://127.0.0.1/live")) == "flv"
    assert format_of(place("srt://127.0.0.1:9000")) == "mpegts"


@pytest.mark.parametrize("matrix", ["bt601", "bt709"])
@pytest.mark.parametrize("reach", ["limited", "full"])
def test_a_colour_card_survives_the_round_trip(tmp_path: Path, matrix: str, reach: str) -> None:
    colour = Colour(matrix, reach)  # type: ignore[arg-type]
    info = MediaInfo(160, 96, Fraction(25), colour)
    path = written(tmp_path / "clip.mp4", 3, info, crf=1)
    movie = Movie(str(path))
    assert movie.info.colour == colour
    for before, after in zip(frames(3, info), movie, strict=True):
        assert np.abs(before.image.astype(int) - after.image.astype(int)).max() <= 2
        assert np.abs(before.image.astype(int) - after.image.astype(int)).mean() < 0.5


def test_odd_sizes_are_cropped_back(tmp_path: Path) -> None:
    info = MediaInfo(160, 96, Fraction(25), crop=(159, 95))
    for extension, size in (("webm", (159, 95)), ("png", (159, 95)), ("mp4", (158, 94))):
        path = written(tmp_path / f"clip.{extension}", 1, info)
        assert Movie(str(path)).info.shown == size


def test_time_stamps_survive(tmp_path: Path) -> None:
    moments = [500, 520, 600, 610, 900, 1400]
    for extension in ("mp4", "mkv", "mov", "ts"):
        path = tmp_path / f"clip.{extension}"
        with open_sink(str(path), INFO) as sink:
            for moment, frame in zip(moments, frames(6), strict=True):
                sink.write(Frame(frame.image, moment, Fraction(1, 1000)))
        seen = [frame.seconds for frame in Movie(str(path))]
        # A transport stream's clock starts where the muxer says, so its distances count.
        shift = seen[0] - 0.5 if extension == "ts" else 0.0
        assert seen == pytest.approx([moment / 1000 + shift for moment in moments], abs=1e-3)


def test_sequences_and_playlists(tmp_path: Path) -> None:
    written(tmp_path / "p%03d.png", 3)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["p001.png", "p002.png", "p003.png"]
    folder = tmp_path / "hls"
    folder.mkdir()
    written(folder / "live.m3u8", 50)
    assert len(list(Movie(str(folder / "live.m3u8")))) == 50
    assert all(".part" not in entry.name for entry in folder.iterdir())


def test_a_pipe_carries_a_clip() -> None:
    code = """
import sys
sys.path.insert(0, ".")
from tests.media.outputs import INFO, frames
from streamstyle.media.sinks import open_sink
with open_sink("-", INFO) as sink:
    for frame in frames(10):
        sink.write(frame)
"""
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, timeout=60, check=True)
    reader = (
        "import sys; sys.path.insert(0, '.')\nfrom streamstyle.media.movie import Movie\nprint(len(list(Movie('-'))))"
    )
    counted = subprocess.run(
        [sys.executable, "-c", reader], cwd=root, input=done.stdout, capture_output=True, timeout=60, check=True
    )
    assert counted.stdout.strip() == b"10"
