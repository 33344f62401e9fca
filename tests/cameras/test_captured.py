"""Devices held by a child process: pictures, sizes, and everything that goes wrong with cameras."""

import itertools
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from streamstyle.cameras import LIVE, now
from streamstyle.cameras.captured import Captured, Patience, dimmed, explained
from streamstyle.cameras.modes import Device, Mode, listed, nearest
from streamstyle.cameras.opening import camera_job, found, open_camera, tell
from streamstyle.cameras.records import Job
from streamstyle.errors import CameraError
from streamstyle.frames import Frame, planes
from tests.cameras.conftest import NODE

State = Callable[[str], None]
QUICK = Patience(first=40, silent=0.6, again=0.3, still=0.05)
MODES = (Mode(320, 240, "yuyv422", (30,)), Mode(640, 480, "yuyv422", (30,)), Mode(1280, 720, "yuyv422", (5,)))
PATTERN = Job("lavfi", "testsrc=size=320x240:rate=30", paced=True)


@contextmanager
def opened(job: Job, say: Callable[[str], None] = print, patience: Patience = QUICK) -> Iterator[Captured]:
    source = Captured(job, "the camera", say, patience)
    try:
        yield source
    finally:
        source.close()


def luma(frame: Frame) -> int:
    return int(planes(frame.image)[0][0, 0])


def test_a_device_delivers_at_its_rate_with_the_moment_of_each_picture() -> None:
    with opened(PATTERN) as source:
        assert (source.info.width, source.info.height, int(source.info.rate)) == (320, 240, 30)
        assert source.info.live
        ages, moments = [], []
        for frame in itertools.islice(source, 5, 35):
            assert frame.time_base == LIVE
            ages.append(now() - frame.pts)
            moments.append(frame.pts)
    # Bounds for a busy machine: alone it is 5 ms, and 33 ms from one to the next.
    assert np.median(ages) < 300_000
    assert 25_000 < np.mean(np.diff(moments)) < 100_000


@pytest.mark.parametrize("form", ["rgb24", "yuvj422p", "yuyv422", "nv12", "yuv420p"])
def test_every_pixel_format_becomes_limited_bt601(form: str) -> None:
    colours = {"red": (81, 90, 240), "white": (235, 128, 128), "black": (16, 128, 128)}
    bars = ";".join(f"color={colour}:size=32x32:rate=10,format=rgb24[{colour}]" for colour in colours)
    spec = f"{bars};[red][white][black]hstack=3,scale=out_color_matrix=bt601,format={form}"
    with opened(Job("lavfi", spec)) as source:
        frame = next(iter(source))
    for number, yuv in enumerate(colours.values()):
        for plane, value, scale in zip(planes(frame.image), yuv, (1, 2, 2), strict=True):
            assert abs(int(plane[8, (32 * number + 16) // scale]) - value) <= 2
    assert source.info.colour.range == "limited"


def test_close_from_another_thread_ends_the_iteration_at_once(camera_state: State) -> None:
    with opened(Job("v4l2", NODE), patience=Patience(silent=60)) as source:
        frames = iter(source)
        next(frames)
        camera_state("silent")
        closer = threading.Timer(0.3, source.close)
        closer.start()
        began = time.monotonic()
        assert len(list(frames)) < 20
        assert time.monotonic() - began < 2
        closer.join()
        source.close()


def test_a_v4l2_camera_delivers(camera_state: State) -> None:
    with opened(Job("v4l2", NODE, {"video_size": "640x480", "framerate": "30"})) as source:
        assert (source.info.width, source.info.height) == (640, 480)
        numbers = [luma(frame) for frame in itertools.islice(source, 20)]
    assert len(set(numbers)) > 10


def test_a_size_that_is_not_offered_becomes_the_nearest_and_is_said(camera_state: State) -> None:
    camera = Device(NODE, "Drawn Camera", MODES)
    said: list[str] = []
    with opened(camera_job(camera, nearest(MODES, (600, 400), 60), (600, 400), 60, "linux")) as source:
        tell(said.append, "Drawn Camera", source, (600, 400), 60)
    assert said == [
        "Drawn Camera does not offer 600x400; the nearest is 640x480",
        "Drawn Camera does not offer 60 pictures a second; it delivers 30",
    ]


@pytest.mark.parametrize(
    ("state", "words"),
    [("busy", "another program is using it"), ("forbidden", "permission denied"), ("gone", "no such")],
)
def test_a_camera_that_does_not_open_says_why_in_one_line(camera_state: State, state: str, words: str) -> None:
    camera_state(state)
    with pytest.raises(CameraError, match=words) as raised, opened(Job("v4l2", NODE)):
        pass
    assert "\n" not in str(raised.value)


def test_a_camera_that_never_delivers_is_given_up(camera_state: State) -> None:
    camera_state("silent")
    with (
        pytest.raises(CameraError, match="delivers no picture"),
        opened(Job("v4l2", NODE), patience=Patience(first=0.8)),
    ):
        pass


@pytest.mark.parametrize("trouble", ["silent", "gone"])
def test_a_camera_that_goes_shows_a_still_picture_and_comes_back(camera_state: State, trouble: str) -> None:
    said: list[str] = []
    with opened(Job("v4l2", NODE, {"video_size": "320x240"}), said.append) as source:
        frames = iter(source)
        live = next(itertools.islice(frames, 5, None))
        camera_state(trouble)
        stills = [frame for frame in itertools.islice(frames, 12) if planes(frame.image)[0].std() == 0][-3:]
        assert said == ["the camera stopped delivering; waiting for it to come back"]
        # Grey, dimmed, moving on in time: a still picture is as fresh as any other.
        assert luma(stills[-1]) <= 16 + 200 // 2 + 8
        assert stills[-1].pts > stills[-2].pts > live.pts
        assert now() - stills[-1].pts < 1_500_000
        camera_state("fine")
        back = next(frame for frame in itertools.islice(frames, 200) if len(said) == 2)
        assert said[1] == "the camera is back"
        later = [luma(frame) for frame in itertools.islice(frames, 10)]
        assert back.image.shape == live.image.shape
        assert len(set(later)) > 3


def test_a_capture_that_dies_is_started_again() -> None:
    said: list[str] = []
    with opened(Job("lavfi", "testsrc=size=64x32:rate=30:duration=0.4", paced=True), said.append) as source:
        list(itertools.islice(source, 40))
    assert said[:2] == ["the camera stopped delivering; waiting for it to come back", "the camera is back"]


def test_a_dimmed_picture_is_grey_and_darker() -> None:
    picture = np.full((48, 64), 200, np.uint8)
    still = dimmed(picture)
    assert int(planes(still)[0].max()) == 108
    assert {int(value) for plane in planes(still)[1:] for value in plane.flat} == {128}


def test_the_list_is_what_the_driver_says(camera_state: State) -> None:
    code = f"from streamstyle.cameras import v4l2, modes; print(modes.listed(v4l2.devices(['{NODE}'])))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, cwd=Path(__file__).parents[2]
    )
    assert done.stdout.splitlines() == [
        f"0  Drawn Camera  ({NODE})",
        "     320x240  yuyv422 30",
        "     640x480  yuyv422 30",
        "     1280x720  yuyv422 5",
    ]
    assert listed([Device(NODE, "Drawn Camera", MODES)]).strip() == done.stdout.strip()
    camera_state("forbidden")
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, cwd=Path(__file__).parents[2]
    )
    assert done.stdout.strip() == f"0  video70 [Permission denied]  ({NODE})"


def test_no_camera_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streamstyle.cameras.v4l2.nodes", list)
    with pytest.raises(CameraError, match="no camera was found"):
        found("0", "linux")
    with pytest.raises(CameraError, match="there is no such camera"):
        open_camera("/dev/video99")


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_each_system_has_its_own_advice(platform: str) -> None:
    assert {"linux": "usermod", "darwin": "System Settings", "win32": "Settings >"}[platform] in explained(
        "x", "forbidden", "", platform
    )
