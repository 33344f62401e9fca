"""What comes along with the picture."""

from fractions import Fraction
from pathlib import Path

import av
import pytest

from streamstyle.media.movie import Movie
from streamstyle.media.passengers import Companions
from streamstyle.media.sinks import open_sink
from streamstyle.stream import run
from tests.media.clips import packets, ramp, write


def test_passengers_are_copied_byte_for_byte(tmp_path: Path) -> None:
    source = write(tmp_path / "source.mp4", [ramp(160, 96)] * 50, sound=2)
    movie = Movie(str(source), companions=True)
    target = tmp_path / "target.mp4"
    run(movie, [], open_sink(str(target), movie.info, passengers=Companions(movie)))
    assert len(packets(source, "audio")) == 2
    assert packets(target, "audio") == packets(source, "audio")
    assert movie.remarks == []


def test_sound_that_does_not_fit_is_converted_and_said(tmp_path: Path) -> None:
    source = write(tmp_path / "source.mp4", [ramp(160, 96)] * 50, sound=1)
    movie = Movie(str(source), companions=True)
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
    movie = Movie(str(source), start=1.0, end=2.0, companions=True)
    target = tmp_path / "target.mkv"
    passengers = Companions(movie)
    assert run(movie, [], open_sink(str(target), movie.info, passengers=passengers)) == 25
    passengers.close()
    with av.open(str(target)) as container:
        assert container.metadata["title"] == "Three seconds"
        assert [chapter["metadata"]["title"] for chapter in container.chapters()] == ["second 1"]
        samples = sum(frame.samples for frame in container.decode(audio=0))
        assert samples / 44100 == pytest.approx(1, abs=0.06)


def test_a_transport_stream_takes_sound_as_it_is(tmp_path: Path) -> None:
    source = write(tmp_path / "source.mp4", [ramp(160, 96)] * 50, sound=1)
    for name in ("target.ts", "target.m3u8"):
        movie = Movie(str(source), companions=True)
        companions = Companions(movie)
        run(movie, [], open_sink(str(tmp_path / name), movie.info, passengers=companions))
        companions.close()
        assert movie.remarks == []
        with av.open(str(tmp_path / name)) as container:
            assert container.streams.audio[0].codec_context.name == "aac"
            assert sum(frame.samples for frame in container.decode(audio=0)) / 44100 == pytest.approx(2, abs=0.1)
