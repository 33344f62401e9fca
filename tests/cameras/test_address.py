"""What `--camera` can name, and the way each of it is opened on each system."""

from pathlib import Path

import pytest

from streamstyle.cameras.address import Device, Played, Screen, address, size
from streamstyle.cameras.listing import chosen, modes_in
from streamstyle.cameras.modes import Device as Camera
from streamstyle.cameras.modes import Mode, nearest
from streamstyle.cameras.opening import camera_job, screen_job, with_options
from streamstyle.errors import CameraError, UsageError


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("0", Device("0")),
        ("/dev/video2", Device("/dev/video2")),
        ("Logitech", Device("Logitech")),
        ("test:pan?seconds=2", Played("test:pan?seconds=2")),
        ("rtsp://10.0.0.2/live", Played("rtsp://10.0.0.2/live")),
        ("screen", Screen()),
        ("screen::1", Screen(":1")),
        ("screen::0.0+10,20", Screen(":0.0", (10, 20))),
        ("screen:+10,20 641x480", Screen("", (10, 20), (640, 480))),
        ("screen:1+0,0 1280x720", Screen("1", (0, 0), (1280, 720))),
    ],
)
def test_addresses(text: str, meant: object) -> None:
    assert address(text) == meant


def test_a_file_that_exists_is_played(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    assert address(str(path)) == Device(str(path))
    path.write_bytes(b"x")
    assert address(str(path)) == Played(str(path))


@pytest.mark.parametrize("text", ["screen:0+1", "screen:0+1,2 3", "screen:0+0,0 2x2"])
def test_a_screen_written_wrongly_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="--camera screen"):
        address(text)


@pytest.mark.parametrize("text", ["720", "axb", "0x0", "99999x2"])
def test_sizes_are_checked(text: str) -> None:
    with pytest.raises(UsageError, match="1280x720"):
        size(text)
    assert size("640x360") == (640, 360)


OFFERS = (
    Mode(640, 480, "yuyv422", (30.0, 15.0)),
    Mode(1280, 720, "yuyv422", (10.0,)),
    Mode(1280, 720, "mjpeg", (30.0, 60.0)),
    Mode(1920, 1080, "mjpeg", (30.0,)),
)


@pytest.mark.parametrize(
    ("size", "rate", "number"),
    [
        (None, None, 2),
        ((1280, 720), 10, 1),
        ((1280, 720), 30, 2),
        ((700, 500), None, 0),
        ((4000, 3000), None, 3),
    ],
)
def test_the_nearest_size_then_the_rate_then_the_cheapest_format(
    size: tuple[int, int] | None, rate: float | None, number: int
) -> None:
    assert nearest(OFFERS, size, rate) == OFFERS[number]


def test_a_faster_rate_is_nearer_than_a_slower_one() -> None:
    assert Mode(1, 1, "", (15.0, 60.0)).rate(30) == 60
    assert Mode(1, 1, "", (29.97, 60.0)).rate(30) == 29.97
    assert Mode(1, 1, "").rate(30) == 30


CAMERAS = [
    Camera("/dev/video0", "HD Webcam C270"),
    Camera("/dev/video2", "Capture Card"),
    Camera("/dev/video4", "HD Two"),
]


@pytest.mark.parametrize(
    ("wanted", "number"), [("1", 1), ("/dev/video4", 2), ("Capture Card", 1), ("c270", 0), ("two", 2)]
)
def test_a_camera_by_number_path_or_name(wanted: str, number: int) -> None:
    assert chosen(wanted, CAMERAS) is CAMERAS[number]


@pytest.mark.parametrize(
    ("wanted", "words"), [("HD", "fits several"), ("7", "is not a camera here"), ("Sony", "2 = HD Two")]
)
def test_a_camera_that_is_not_there(wanted: str, words: str) -> None:
    with pytest.raises(CameraError, match=words):
        chosen(wanted, CAMERAS)


def test_jobs_in_each_systems_words() -> None:
    mode = Mode(1280, 720, "mjpeg", (30.0,))
    linux = camera_job(CAMERAS[0], mode, None, None, "linux")
    assert (linux.format, linux.file) == ("v4l2", "/dev/video0")
    assert linux.options == {"video_size": "1280x720", "framerate": "30", "input_format": "mjpeg"}
    windows = camera_job(Camera("video=HD", "HD"), mode, None, None, "win32")
    assert windows.options["vcodec"] == "mjpeg"
    mac = camera_job(Camera("1", "FaceTime"), Mode(1280, 720, "", (15.0, 30.0)), None, 30, "darwin")
    assert (mac.format, mac.file, mac.options["pixel_format"]) == ("avfoundation", "1:none", "nv12")


def test_screens_in_each_systems_words(monkeypatch: pytest.MonkeyPatch) -> None:
    part = Screen(":3", (10, 20), (640, 480))
    assert screen_job(part, None, 25, "linux").file == ":3+10,20"
    assert screen_job(part, None, 25, "linux").options == {"framerate": "25", "video_size": "640x480"}
    assert screen_job(part, (321, 241), None, "linux").size == (320, 240)
    assert screen_job(part, None, None, "win32").options["offset_y"] == "20"
    assert screen_job(Screen("1"), None, None, "darwin").file == "Capture screen 1:none"
    monkeypatch.delenv("DISPLAY", raising=False)
    with pytest.raises(CameraError, match="DISPLAY is not set"):
        screen_job(Screen(), None, None, "linux")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    with pytest.raises(CameraError, match="Wayland"):
        screen_job(Screen(), None, None, "linux")


def test_modes_are_read_from_what_ffmpeg_logs() -> None:
    dshow = """
  pixel_format=yuyv422  min s=640x480 fps=5 max s=640x480 fps=30
  vcodec=mjpeg  min s=1280x720 fps=5 max s=1280x720 fps=60 (tv, bt470bg/bt709/unknown)
"""
    assert modes_in(dshow) == (Mode(640, 480, "yuyv422", (5, 30)), Mode(1280, 720, "mjpeg", (5, 60)))
    avfoundation = "Supported modes:\n  1280x720@[15.000000 30.000030]fps\n  640x480@[1.000000 30.000000]fps"
    assert [(mode.width, mode.rates[-1]) for mode in modes_in(avfoundation)] == [(1280, 30.00003), (640, 30.0)]


def test_a_scene_takes_size_and_rate_unless_it_has_its_own() -> None:
    assert with_options("test:pan", (640, 360), 25) == "test:pan?size=640x360&rate=25"
    assert with_options("test:pan?size=320x180", (640, 360), None) == "test:pan?size=320x180"
    assert with_options("test:pan?rate=5", (640, 360), 30) == "test:pan?rate=5&size=640x360"
