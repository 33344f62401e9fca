"""Cameras and clips behind a URL, served here."""

import http.server
import itertools
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from streamstyle.cameras import LIVE, now
from streamstyle.cameras.captured import Captured, Patience
from streamstyle.cameras.opening import network_job, open_camera
from streamstyle.errors import CameraError, InputError, UsageError
from streamstyle.frames import Frame, MediaInfo
from streamstyle.live.recorder import Recorder
from streamstyle.media import decoders


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None: ...


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A URL of a clip of some seconds, its pictures growing brighter, and the clip itself."""
    path = tmp_path / "clip.mp4"
    with Recorder(str(path), MediaInfo(64, 32, Fraction(25))) as sink:
        for number in range(60):
            sink.write(Frame(np.full((48, 64), 20 + number, np.uint8), number * 40_000, LIVE))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever, name="served", kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/clip.mp4", path
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_clip_behind_a_url_plays_at_its_speed(served: tuple[str, Path]) -> None:
    source = open_camera(served[0])
    try:
        frames = list(itertools.islice(source, 20))
    finally:
        source.close()
    assert (source.info.width, source.info.height) == (64, 32)
    lumas = [int(frame.image[4, 4]) for frame in frames]
    assert lumas == sorted(lumas)
    # One level brighter with each picture, and 25 of them a second.
    assert (lumas[-1] - lumas[0]) / (frames[-1].pts - frames[0].pts) * 1e6 == pytest.approx(25, rel=0.5)
    assert now() - frames[-1].pts < 3_000_000


def test_what_goes_and_comes_back_is_waited_for(served: tuple[str, Path]) -> None:
    url, path = served
    said: list[str] = []
    source = Captured(network_job(url), url, said.append, Patience(first=40, silent=0.6, again=0.3, still=0.05))
    try:
        frames = iter(source)
        next(frames)
        path.rename(path.with_suffix(".away"))
        deadline = time.monotonic() + 40
        for _ in frames:
            if said and path.with_suffix(".away").exists():
                path.with_suffix(".away").rename(path)
            if len(said) > 1:
                break
            assert time.monotonic() < deadline
    finally:
        source.close()
    assert said[:2] == [f"{url} stopped delivering; waiting for it to come back", f"{url} is back"]


def test_nobody_there_is_said() -> None:
    with pytest.raises(CameraError, match="cannot be reached"):
        open_camera("http://127.0.0.1:9/none.ts")


def test_a_device_that_is_not_there_is_said(served: tuple[str, Path]) -> None:
    absent = next(device for device in decoders.DEVICES if decoders.refusal(device))
    for camera in (served[0], str(served[1])):
        with pytest.raises(InputError, match=f"--decoder {absent}: does not open here"):
            open_camera(camera, decoder=absent)
    for camera in ("0", "screen"):
        with pytest.raises(UsageError, match=f"--decoder {absent}: is for clips and network cameras, not for {camera}"):
            open_camera(camera, decoder=absent)


def test_a_device_that_fails_in_the_child_is_said(served: tuple[str, Path]) -> None:
    absent = next(device for device in decoders.DEVICES if decoders.refusal(device))
    with pytest.raises(CameraError):
        Captured(replace(network_job(served[0]), decoder=absent), served[0])


def test_a_stream_over_rtsp_is_asked_for_over_tcp() -> None:
    assert network_job("rtsp://10.0.0.2/live").options["rtsp_transport"] == "tcp"
    assert network_job("udp://10.0.0.2:1", (641, 361)).size == (640, 360)
