"""The virtual camera against pyvirtualcam's own interface, and for real where v4l2loopback is loaded."""

import glob
import os
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvirtualcam
from numpy.typing import NDArray
from pyvirtualcam.util import encode_fourcc

from streamstyle.cameras.captured import Captured
from streamstyle.cameras.records import Job
from streamstyle.errors import NeedsExtra, OutputError
from streamstyle.frames import Colour, Frame, MediaInfo, planes
from streamstyle.screens import virtual
from streamstyle.screens.virtual import VirtualSink, installing

INFO = MediaInfo(64, 32, Fraction(30))


class Recorded:
    """A backend that keeps what it is given."""

    made: "list[Recorded]" = []  # noqa: RUF012
    fail = False

    def __init__(self, *, width: int, height: int, fps: float, fourcc: int, device: str | None) -> None:
        self.size, self.fps, self.fourcc, self.name = (width, height), fps, fourcc, device or "recorded"
        self.sent: list[NDArray[np.uint8]] = []
        self.closed = 0
        self.made.append(self)

    def send(self, frame: NDArray[np.uint8]) -> None:
        if self.fail:
            raise RuntimeError("unplugged")
        self.sent.append(frame.copy())

    def close(self) -> None:
        self.closed += 1

    def device(self) -> str:
        return self.name

    def native_fourcc(self) -> int | None:
        return None


class Refusing:
    """A backend whose driver is not there."""

    def __init__(self, **options: Any) -> None:
        raise RuntimeError("No v4l2 loopback device found.")


@pytest.fixture
def backends(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, type]]:
    table: dict[str, type] = {"recorded": Recorded}
    monkeypatch.setattr(pyvirtualcam.camera, "BACKENDS", table)
    Recorded.made.clear()
    yield table


def frame(image: NDArray[np.uint8], number: int = 0) -> Frame:
    return Frame(image, number, Fraction(1, 30))


def ramp() -> NDArray[np.uint8]:
    return np.arange(64 * 48, dtype=np.uint32).reshape(48, 64).astype(np.uint8)


def test_i420_reaches_the_backend_byte_for_byte(backends: dict[str, type]) -> None:
    with VirtualSink(INFO) as sink:
        assert sink.device == "recorded"
        for number in range(3):
            sink.write(frame(ramp(), number))
    [backend] = Recorded.made
    assert (backend.size, backend.fps, backend.fourcc) == ((64, 32), 30.0, encode_fourcc("I420"))
    assert len(backend.sent) == 3
    assert backend.sent[0].shape == (64 * 48,)
    np.testing.assert_array_equal(backend.sent[0], ramp().reshape(-1))
    assert backend.closed == 1


def test_full_range_is_brought_to_what_programs_expect(backends: dict[str, type]) -> None:
    image = np.zeros((48, 64), np.uint8)
    luma, blue, red = planes(image)
    luma[:, 32:], blue[:], red[:] = 255, 128, 255
    with VirtualSink(MediaInfo(64, 32, Fraction(30), Colour("bt601", "full"))) as sink:
        sink.write(frame(image))
    luma, blue, red = planes(Recorded.made[0].sent[0].reshape(48, 64))
    assert (luma[0, 0], luma[0, 63], blue[0, 0], red[0, 0]) == (16, 235, 128, 240)


def test_another_size_is_refused(backends: dict[str, type]) -> None:
    with pytest.raises(OutputError, match="opened for 64x32, not"), VirtualSink(INFO) as sink:
        sink.write(frame(np.zeros((96, 64), np.uint8)))
    assert Recorded.made[0].closed == 1


def test_a_named_device_is_asked_for(backends: dict[str, type]) -> None:
    with VirtualSink(INFO, "/dev/video9") as sink:
        assert sink.device == "/dev/video9"


def test_a_camera_that_goes_is_said(backends: dict[str, type], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Recorded, "fail", True)
    with pytest.raises(OutputError, match="virtual camera: it has gone"), VirtualSink(INFO) as sink:
        sink.write(frame(ramp()))


def test_its_absence_is_explained_with_the_command_for_this_system(backends: dict[str, type]) -> None:
    backends.clear()
    backends["v4l2loopback"] = Refusing
    with pytest.raises(OutputError) as raised, VirtualSink(INFO):
        pass
    message = str(raised.value)
    assert "No v4l2 loopback device found" in message
    assert virtual.command() in message
    assert "\n" not in message


def test_without_pyvirtualcam_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyvirtualcam", None)
    with pytest.raises(NeedsExtra, match=r"streamstyle\[virtual\]"), VirtualSink(INFO):
        pass


@pytest.mark.parametrize(
    ("release", "words"),
    [
        ({"ID": "debian"}, "sudo apt install v4l2loopback-dkms"),
        ({"ID": "ubuntu", "ID_LIKE": "debian"}, "sudo apt install v4l2loopback-dkms"),
        ({"ID": "fedora"}, "sudo dnf install v4l2loopback"),
        ({"ID": "manjaro", "ID_LIKE": "arch"}, "sudo pacman -S v4l2loopback-dkms"),
        ({"ID": "opensuse-leap", "ID_LIKE": "suse opensuse"}, "sudo zypper install v4l2loopback-kmp-default"),
        ({}, "install v4l2loopback from your packages"),
    ],
)
def test_the_command_for_each_linux(release: dict[str, str], words: str) -> None:
    assert installing(release) == words


@pytest.mark.parametrize(
    ("system", "words"), [("Windows", "winget install OBS"), ("Darwin", "brew install --cask obs")]
)
def test_the_command_for_other_systems(system: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: system)
    assert words in virtual.command()


def loopback() -> str | None:
    for path in sorted(glob.glob("/sys/devices/virtual/video4linux/video*")):
        node = f"/dev/{Path(path).name}"
        if os.path.exists(node):
            return node
    return None


@pytest.mark.slow
@pytest.mark.skipif(loopback() is None, reason="v4l2loopback is not loaded")
def test_for_real_another_program_sees_the_pictures() -> None:
    node = loopback()
    assert node is not None
    image = np.full((360 * 3 // 2, 640), 128, np.uint8)
    planes(image)[0][:] = 77
    with VirtualSink(MediaInfo(640, 360, Fraction(30)), node) as sink:
        sink.write(frame(image))
        source = Captured(Job("v4l2", node), "loopback")
        try:
            frames = iter(source)
            for number in range(6):
                sink.write(frame(image, number))
                seen = next(frames)
        finally:
            source.close()
    assert (source.info.width, source.info.height) == (640, 360)
    assert abs(int(planes(seen.image)[0].mean()) - 77) <= 1
