"""Words in every container that can hold words."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from av.subtitles.subtitle import SubtitleSet

from streamstyle.media.movie import Movie
from streamstyle.media.passengers import Companions
from streamstyle.media.sinks import open_sink
from streamstyle.stream import buffered, run
from tests.media.clips import packets, ramp, write

HEADER = b"""[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, Alignment, Encoding
Style: Default,Arial,16,&Hffffff,2,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""
LINES = ((200, 600, "Hello"), (1000, 900, r"A {\i1}slanted{\i0} word\Non two lines"), (2500, 400, "Grüße, 漢字"))
SEEN = [(200, 600, "Hello"), (1000, 900, "A slanted word\non two lines"), (2500, 400, "Grüße, 漢字")]


def spoken(path: Path, kind: str) -> Path:
    """Three seconds with three lines."""
    codec = "libvpx-vp9" if path.suffix == ".webm" else "libx264"
    plain = write(path.with_name(f"plain{path.suffix}"), [ramp(160, 96)] * 75, codec=codec, options={"bf": "0"})
    with av.open(str(plain)) as given, av.open(str(path), "w") as output:
        picture = output.add_stream_from_template(given.streams.video[0])
        words = output.add_stream(kind)
        encoder: Any = words.codec_context
        encoder.subtitle_header, encoder.time_base = HEADER, Fraction(1, 1000)
        words.metadata["language"] = "deu"
        found = [packet for packet in given.demux() if packet.dts is not None]
        for packet in found:
            packet.stream = picture
        for start, length, text in LINES:
            said = encoder.encode_subtitle(SubtitleSet.create(f"0,0,Default,,0,0,0,,{text}".encode(), 0, length))
            said.stream, said.time_base, said.pts, said.dts, said.duration = (
                words,
                Fraction(1, 1000),
                start,
                start,
                length,
            )
            found.append(said)
        for packet in sorted(found, key=lambda packet: (packet.dts or 0) * packet.time_base):
            output.mux_one(packet)
    return path


def words_in(path: Path) -> list[tuple[int, int, str]]:
    """When, how long, and what, without the way it is set."""
    found = []
    with av.open(str(path)) as container:
        track = container.streams.subtitles[0]
        for packet in container.demux(track):
            if packet.size:
                for line in track.codec_context.decode2(packet) or ():
                    text = line.dialogue.decode()  # type: ignore[attr-defined]
                    for mark in (r"{\i1}", r"{\i0}", r"{\r}"):
                        text = text.replace(mark, "")
                    times = (round(each * packet.time_base * 1000) for each in (packet.pts or 0, packet.duration or 0))
                    found.append((*times, text))
    return found


def carried(source: Path, target: Path, start: float = 0.0, end: float | None = None) -> list[str]:
    movie = Movie(str(source), start=start, end=end, companions=True)
    companions = Companions(movie)
    run(movie, [buffered()], open_sink(str(target), movie.info, passengers=companions))
    companions.close()
    return movie.remarks


@pytest.mark.parametrize(
    ("source", "kind", "target", "becomes"),
    [
        ("a.mkv", "subrip", "b.mp4", "mov_text"),
        ("a.mkv", "ass", "b.mov", "mov_text"),
        ("a.mkv", "subrip", "b.webm", "webvtt"),
        ("a.mp4", "mov_text", "b.mkv", "ass"),
        ("a.mp4", "mov_text", "b.webm", "webvtt"),
        ("a.webm", "webvtt", "b.mp4", "mov_text"),
    ],
)
def test_words_that_do_not_fit_are_said_again(
    tmp_path: Path, source: str, kind: str, target: str, becomes: str
) -> None:
    given = spoken(tmp_path / source, kind)
    remarks = carried(given, tmp_path / target)
    assert len(remarks) == 1
    assert f"converted to {becomes}: subtitle track 1" in remarks[0]
    late = words_in(given)[0][0] - SEEN[0][0]
    assert words_in(tmp_path / target) == [(start + late, length, text) for start, length, text in SEEN]


def test_words_that_fit_are_copied(tmp_path: Path) -> None:
    source = spoken(tmp_path / "a.mkv", "subrip")
    assert carried(source, tmp_path / "b.mkv") == []
    assert packets(tmp_path / "b.mkv", "subtitle") == packets(source, "subtitle")
    with av.open(str(tmp_path / "b.mkv")) as container:
        assert container.streams.subtitles[0].metadata["language"] == "deu"


def test_words_are_cut_with_the_picture(tmp_path: Path) -> None:
    carried(spoken(tmp_path / "a.mp4", "mov_text"), tmp_path / "b.mkv", 0.52, 2.0)
    assert words_in(tmp_path / "b.mkv") == [(480, 900, "A slanted word\non two lines")]


@pytest.mark.parametrize("target", ["b.ts", "b.avi", "b.gif"])
def test_where_there_are_no_words_they_are_named(tmp_path: Path, target: str) -> None:
    (remark,) = carried(spoken(tmp_path / "a.mkv", "subrip"), tmp_path / target)
    assert "cannot hold it: subtitle track 1 (srt)" in remark
