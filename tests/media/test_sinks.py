"""What goes out: time stamps, colours, passengers, containers, and what is left behind when something fails."""

import os
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from streamstyle.colour import from_rgb, to_rgb
from streamstyle.errors import OutputError, UsageError
from streamstyle.frames import Colour, Frame, MediaInfo
from streamstyle.media.codecs import Encoding, choose, format_of, opens
from streamstyle.media.movie import Movie
from streamstyle.media.passengers import Companions
from streamstyle.media.places import place
from streamstyle.media.sinks import MovieSink, open_sink
from streamstyle.media.targets import check
from streamstyle.stream import run
from tests.media.clips import packets, ramp, write

INFO = MediaInfo(160, 96, Fraction(25))


def frames(count: int = 12, info: MediaInfo = INFO, base: Fraction = Fraction(1, 25)) -> Iterator[Frame]:
    for index in range(count):
        yield Frame(from_rgb(ramp(info.width, info.height, index), info.colour), index, base)


def written(path: Path, count: int = 12, info: MediaInfo = INFO, **encoding: Any) -> Path:
    with open_sink(str(path), info, Encoding(**encoding)) as sink:
        for frame in frames(count, info):
            sink.write(frame)
    return path


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


def test_passengers_are_copied_byte_for_byte(tmp_path: Path) -> None:
    source = write(tmp_path / "source.mp4", [ramp(160, 96)] * 50, sound=2)
    movie = Movie(str(source))
    target = tmp_path / "target.mp4"
    run(movie, [], open_sink(str(target), movie.info, passengers=Companions(movie)))
    assert len(packets(source, "audio")) == 2
    assert packets(target, "audio") == packets(source, "audio")
    assert movie.remarks == []


def test_sound_that_does_not_fit_is_converted_and_said(tmp_path: Path) -> None:
    source = write(tmp_path / "source.mp4", [ramp(160, 96)] * 50, sound=1)
    movie = Movie(str(source))
    target = tmp_path / "target.webm"
    run(movie, [], open_sink(str(target), movie.info, passengers=Companions(movie)))
    with av.open(str(target)) as container:
        (sound,) = container.streams.audio
        assert sound.codec_context.name in ("opus", "libopus")
        assert sum(frame.samples for frame in container.decode(sound)) / 48000 == pytest.approx(2, abs=0.1)
    assert any("converted" in remark for remark in movie.remarks)


def test_start_and_end_cut_sound_and_chapters_alike(tmp_path: Path) -> None:
    plain = write(tmp_path / "plain.mp4", [ramp(160, 96)] * 75, sound=1)
    source = tmp_path / "source.mkv"
    with av.open(str(plain)) as given, av.open(str(source), "w") as output:
        output.metadata["title"] = "Three seconds"
        output.set_chapters(
            [
                {"id": number, "start": number * 1000, "end": number * 1000 + 1000, "time_base": Fraction(1, 1000),
                 "metadata": {"title": f"second {number}"}}
                for number in range(3)
            ]
        )  # fmt: skip
        ways = {stream.index: output.add_stream_from_template(stream) for stream in given.streams}
        for packet in given.demux():
            if packet.dts is not None:
                packet.stream = ways[packet.stream.index]
                output.mux_one(packet)
    movie = Movie(str(source), start=1.0, end=2.0)
    target = tmp_path / "target.mkv"
    passengers = Companions(movie, 1.0, 2.0)
    assert run(movie, [], open_sink(str(target), movie.info, passengers=passengers)) == 25
    passengers.close()
    with av.open(str(target)) as container:
        assert container.metadata["title"] == "Three seconds"
        assert [chapter["metadata"]["title"] for chapter in container.chapters()] == ["second 1"]
        samples = sum(frame.samples for frame in container.decode(audio=0))
        assert samples / 44100 == pytest.approx(1, abs=0.06)


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


def test_sequences_and_playlists(tmp_path: Path) -> None:
    written(tmp_path / "p%03d.png", 3)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["p001.png", "p002.png", "p003.png"]
    folder = tmp_path / "hls"
    folder.mkdir()
    written(folder / "live.m3u8", 50)
    assert len(list(Movie(str(folder / "live.m3u8")))) == 50
    assert all(".part" not in entry.name for entry in folder.iterdir())


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
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_a_pipe_carries_a_clip() -> None:
    code = """
import sys
sys.path.insert(0, ".")
from tests.media.test_sinks import INFO, frames
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


def test_a_stream_is_pushed_and_received(tmp_path: Path) -> None:
    """UDP on the loopback: a real transport stream, a real receiver in a process of its own."""
    code = """
import av, sys
with av.open("udp://127.0.0.1:23457?timeout=10000000", timeout=20) as container:
    count = 0
    for frame in container.decode(video=0):
        count += 1
        if count == 5:
            break
print(count)
"""
    receiver = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    try:
        info = MediaInfo(160, 96, Fraction(25))
        sink = MovieSink(
            place("udp://127.0.0.1:23457?pkt_size=1316"), info, Encoding(live=True), None, lambda line: None
        )
        with sink:
            for index in range(400):
                if receiver.poll() is not None:
                    break
                sink.write(Frame(from_rgb(ramp(160, 96, index % 200), info.colour), index, Fraction(1, 25)))
                if index % 5 == 0:
                    try:
                        receiver.wait(timeout=0.05)
                    except subprocess.TimeoutExpired:
                        continue
        out, _ = receiver.communicate(timeout=20)
        assert out.strip() == b"5"
    finally:
        receiver.kill()
        receiver.wait()
