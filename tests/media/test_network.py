"""Streams over the network: real protocols on the loopback, the other end in a process of its own."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import pairwise

import av
import pytest

from streamstyle.colour import from_rgb
from streamstyle.errors import InputError, OutputError
from streamstyle.frames import Frame, MediaInfo
from streamstyle.media.codecs import Encoding
from streamstyle.media.movie import Movie
from streamstyle.media.opening import opened
from streamstyle.media.places import Place, place
from streamstyle.media.sinks import MovieSink
from streamstyle.media.targets import explained
from tests.media.clips import ramp

INFO = MediaInfo(160, 96, Fraction(25))
WANTED = 20
RECEIVER = f"""
import av, sys
print("up", flush=True)
with av.open(sys.argv[1], options=dict(pair.split("=") for pair in sys.argv[2:]), timeout=20) as film:
    frames = []
    for frame in film.decode(video=0):
        frames.append(frame)
        if len(frames) == {WANTED}:
            break
print(len(frames), frames[-1].width, frames[-1].height)
"""
SERVER = """
import av, sys
from tests.media.clips import ramp
print("up", flush=True)
with av.open(sys.argv[1], "w", format="mpegts") as film:
    stream = film.add_stream("libx264", rate=25, options={"preset": "ultrafast", "tune": "zerolatency"})
    stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
    for index in range(60):
        film.mux(stream.encode(av.VideoFrame.from_ndarray(ramp(160, 96, index), format="rgb24")))
    film.mux(stream.encode())
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def other_end(code: str, *words: str) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen([sys.executable, "-c", code, *words], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None and process.stdout.readline() == "up\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def pushed(url: str, receiver: "subprocess.Popen[str]") -> int:
    """Writes pictures until the receiver has enough, which may make the last of them fail; how many were written."""
    deadline = time.monotonic() + 20
    count = 0
    while not count and time.monotonic() < deadline and receiver.poll() is None:
        try:
            with MovieSink(place(url), INFO, Encoding(live=True), None, lambda line: None) as sink:
                while receiver.poll() is None and time.monotonic() < deadline:
                    sink.write(Frame(from_rgb(ramp(160, 96, count % 200), INFO.colour), count, Fraction(1, 25)))
                    count += 1
                    time.sleep(0.02)
        except OutputError:
            # It does not listen yet, or has hung up.
            time.sleep(0.2)
    return count


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("udp://127.0.0.1:{port}", ["timeout=10000000"]),
        ("rtmp://127.0.0.1:{port}/live/painted", ["listen=1"]),
        ("rtsp://127.0.0.1:{port}/painted", ["rtsp_flags=listen", "listen_timeout=20"]),
    ],
    ids=lambda value: value.partition(":")[0] if isinstance(value, str) else "",
)
def test_a_painted_stream_is_pushed_and_received(url: str, options: list[str]) -> None:
    url = url.format(port=free_port())
    with other_end(RECEIVER, url, *options) as receiver:
        assert pushed(url, receiver) >= WANTED
        out, _ = receiver.communicate(timeout=20)
    assert out.split() == [str(WANTED), "160", "96"]


def test_a_stream_is_painted_as_it_comes() -> None:
    url = f"tcp://127.0.0.1:{free_port()}"
    with other_end(SERVER, f"{url}?listen=1"):
        deadline = time.monotonic() + 20
        while True:
            try:
                movie = Movie(url)
                break
            except InputError:
                assert time.monotonic() < deadline
                time.sleep(0.2)
        frames = list(movie)
    assert (movie.info.width, movie.info.height, len(frames)) == (160, 96, 60)
    moments = [float(frame.pts * frame.time_base) for frame in frames]
    steps = [later - earlier for earlier, later in pairwise(moments)]
    assert min(steps) == pytest.approx(0.04, abs=0.001) == max(steps)


def test_that_nobody_listens_is_said() -> None:
    url = f"rtmp://127.0.0.1:{free_port()}/live/clip"
    with pytest.raises(InputError, match=r"rtmp://.*Connection refused"):
        Movie(url)
    with (
        pytest.raises(OutputError, match=r"rtmp://.*Connection refused"),
        MovieSink(place(url), INFO, Encoding(live=True), None, lambda line: None) as sink,
    ):
        sink.write(Frame(from_rgb(ramp(160, 96), INFO.colour), 0, Fraction(1, 25)))


def test_a_protocol_that_is_missing_is_said() -> None:
    # No FFmpeg has it: so that this holds for a build with SRT too.
    missing = Place("brush://127.0.0.1:9/clip", "url")
    with pytest.raises(InputError, match=r"brush://.*\(the FFmpeg of this PyAV was built without that protocol\)"):
        opened(missing, None)
    with pytest.raises(OutputError, match=r"brush://.*built without that protocol"):
        raise explained(av.error.ProtocolNotFoundError(1, "Protocol not found"), missing)
