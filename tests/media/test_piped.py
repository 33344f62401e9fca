"""Sources that can be read only once, and ones behind a server: what travels beside the picture comes along."""

import functools
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import av
import pytest

from streamstyle.errors import InputError
from streamstyle.media.movie import Movie
from streamstyle.media.opening import Pipe
from streamstyle.media.passengers import Companions
from streamstyle.media.sinks import open_sink
from streamstyle.stream import buffered, run
from tests.media.clips import packets, ramp, write

ROOT = Path(__file__).parents[2]
COPY = """
import sys
from streamstyle.media.movie import Movie
from streamstyle.media.passengers import Companions
from streamstyle.media.sinks import open_sink
from streamstyle.stream import buffered, run
start, end = (float(word) if word else None for word in sys.argv[2:])
movie = Movie("-", start=start or 0.0, end=end, companions=True)
companions = Companions(movie)
print(run(movie, [buffered(), buffered()], open_sink(sys.argv[1], movie.info, passengers=companions)))
companions.close()
print(movie.remarks, movie.demuxer.aside)
"""
RAW = {"mp4": "mp4", "mkv": "matroska", "ts": "mpegts"}


def clip(folder: Path, kind: str, sound: int = 2) -> Path:
    """Two seconds with sound, in a form that can be read from its beginning to its end."""
    plain = write(folder / "plain.mkv", [ramp(160, 96, step) for step in range(50)], sound=sound)
    path = folder / f"clip.{kind}"
    front = {"movflags": "faststart"} if kind == "mp4" else {}
    with av.open(str(plain)) as given, av.open(str(path), "w", format=RAW[kind], options=front) as output:
        ways: dict[int, Any] = {each.index: output.add_stream_from_template(each) for each in given.streams}
        for packet in given.demux():
            if packet.dts is not None:
                packet.stream = ways[packet.stream.index]
                output.mux_one(packet)
    return path


def bare(sound: list[list[bytes]]) -> list[list[bytes]]:
    """Without the seven bytes that a transport stream puts before each packet of AAC."""
    return [[each[7:] if each[:2] in (b"\xff\xf1", b"\xff\xf9") else each for each in track] for track in sound]


def piped(source: Path, target: Path, start: str = "", end: str = "") -> str:
    command = [sys.executable, "-c", COPY, str(target), start, end]
    with subprocess.Popen(["cat", str(source)], stdout=subprocess.PIPE) as pipe:
        done = subprocess.run(command, stdin=pipe.stdout, capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert not done.returncode, done.stderr
    return done.stdout


@pytest.mark.parametrize("kind", RAW)
def test_sound_comes_through_a_pipe_byte_for_byte(tmp_path: Path, kind: str) -> None:
    source, target = clip(tmp_path, kind), tmp_path / "target.mp4"
    assert piped(source, target).splitlines() == ["50", "[] deque([])"]
    assert len(packets(target, "audio")) == 2
    assert packets(target, "audio") == bare(packets(source, "audio"))


def test_a_file_as_standard_input_may_have_its_index_at_the_end(tmp_path: Path) -> None:
    source = write(tmp_path / "clip.mp4", [ramp(160, 96)] * 20, sound=1)
    target = tmp_path / "target.mkv"
    with source.open("rb") as given:
        command = [sys.executable, "-c", COPY, str(target), "", ""]
        subprocess.run(command, stdin=given, capture_output=True, timeout=60, check=True, cwd=ROOT)
    assert packets(target, "audio") == packets(source, "audio")


def test_a_part_of_what_is_piped(tmp_path: Path) -> None:
    target = tmp_path / "target.mp4"
    assert piped(clip(tmp_path, "mkv"), target, "0.5", "1.5").startswith("25\n")
    with av.open(str(target)) as container:
        samples = sum(frame.samples for frame in container.decode(audio=0))
    assert samples / 44100 == pytest.approx(1, abs=0.06)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *words: Any) -> None:
        """Says nothing."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """The folder behind a server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("kind", RAW)
def test_sound_comes_from_a_server_byte_for_byte(tmp_path: Path, served: str, kind: str) -> None:
    source, target = clip(tmp_path, kind), tmp_path / "target.mkv"
    movie = Movie(f"{served}/{source.name}", companions=True)
    companions = Companions(movie)
    assert run(movie, [buffered()], open_sink(str(target), movie.info, passengers=companions)) == 50
    companions.close()
    assert movie.remarks == []
    assert packets(target, "audio") == bare(packets(source, "audio"))


def test_what_a_server_does_not_have_is_said(served: str) -> None:
    with pytest.raises(InputError, match=r"nothing\.mp4: cannot be opened"):
        Movie(f"{served}/nothing.mp4")


def test_nobody_waits_for_a_sink_that_breaks(tmp_path: Path) -> None:
    """The demuxer is ahead and full of sound when the sink fails; all threads end."""
    movie = Movie(str(clip(tmp_path, "mkv")), companions=True)
    companions = Companions(movie)

    class Broken:
        def __enter__(self) -> "Broken":
            return self

        def write(self, frame: Any) -> None:
            raise OSError("the disk left")

        def __exit__(self, *error: object) -> None: ...

    with pytest.raises(OSError, match="the disk left"):
        run(movie, [buffered(2), buffered(2)], Broken())
    companions.close()


def test_a_silent_pipe_lets_go_when_it_is_closed() -> None:
    reader, writer = os.pipe()
    closed = threading.Event()
    timer = threading.Timer(0.3, closed.set)
    timer.start()
    try:
        os.write(writer, b"first")
        pipe = Pipe(reader, closed.is_set)
        assert pipe.read(100) == b"first"
        began = time.monotonic()
        assert pipe.read(100) == b""
        assert time.monotonic() - began < 5
    finally:
        timer.join()
        os.close(reader)
        os.close(writer)
