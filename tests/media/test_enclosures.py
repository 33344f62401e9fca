"""Covers and attached files come along."""

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.stream import Disposition

from streamstyle.media.enclosures import is_cover
from streamstyle.media.movie import Movie
from streamstyle.media.passengers import Companions
from streamstyle.media.sinks import open_sink
from streamstyle.stream import run

FONT = b"not really a font" * 20


def covered(path: Path) -> bytes:
    """A clip of ten pictures with a cover, and what the cover is in bytes."""
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        cover = film.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 32, 32, "yuvj420p"
        picture = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 90, np.uint8), format="rgb24")
        picture.pts = 0
        (packet,) = [*cover.encode(picture.reformat(format="yuvj420p")), *cover.encode(None)]
        data = bytes(packet)
        if path.suffix == ".mp4":
            cover.disposition = Disposition.attached_pic
            film.mux(packet)
        for index in range(10):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), index * 20, np.uint8), format="rgb24")
            frame.pts = index
            film.mux(stream.encode(frame))
        film.mux(stream.encode(None))
    return data


def attached(path: Path, cover: bytes) -> None:
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        film.add_attachment("brush.ttf", "font/ttf", FONT)
        film.add_attachment("cover.jpg", "image/jpeg", cover)
        for index in range(10):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), index * 20, np.uint8), format="rgb24")
            frame.pts = index
            film.mux(stream.encode(frame))
        film.mux(stream.encode(None))


def painted(source: Path, target: Path, start: float = 0.0) -> list[str]:
    movie = Movie(str(source), companions=True, start=start)
    run(movie, [], open_sink(str(target), movie.info, passengers=Companions(movie)))
    return movie.remarks


def covers(path: Path) -> list[bytes]:
    with av.open(str(path)) as film:
        streams = [stream for stream in film.streams if is_cover(stream)]
        return [bytes(packet) for packet in film.demux(streams) if packet.size] if streams else []


@pytest.mark.parametrize("start", [0.0, 0.2])
@pytest.mark.parametrize("kind", ["mp4", "mkv"])
def test_a_cover_comes_along(tmp_path: Path, kind: str, start: float) -> None:
    cover = covered(tmp_path / "source.mp4")
    target = tmp_path / f"target.{kind}"
    assert painted(tmp_path / "source.mp4", target, start) == []
    assert covers(target) == [cover]
    with av.open(str(target)) as film:
        assert sum(1 for _ in film.decode(film.streams.best("video"))) == (5 if start else 10)


def test_attached_files_come_along_where_they_can(tmp_path: Path) -> None:
    cover = covered(tmp_path / "covered.mp4")
    attached(tmp_path / "source.mkv", cover)
    assert painted(tmp_path / "source.mkv", tmp_path / "target.mkv") == []
    with av.open(str(tmp_path / "target.mkv")) as film:
        font: Any
        (font,) = [stream for stream in film.streams if stream.type == "attachment"]
        assert (font.name, font.mimetype, bytes(font.data)) == ("brush.ttf", "font/ttf", FONT)
    assert covers(tmp_path / "target.mkv") == [cover]
    (remark,) = painted(tmp_path / "source.mkv", tmp_path / "target.mp4")
    assert "attachment" in remark
    assert covers(tmp_path / "target.mp4") == [cover]
