"""The cameras of a Linux machine, asked through V4L2's own calls."""

import errno
import fcntl
import os
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

from streamstyle.cameras.modes import Device, Mode

QUERYCAP, ENUM_FMT, ENUM_FRAMESIZES, ENUM_FRAMEINTERVALS = 0x80685600, 0xC0405602, 0xC02C564A, 0xC034564B
VIDEO_CAPTURE, DEVICE_CAPS = 0x1, 0x80000000
CAPTURE_BUFFER = 1
DISCRETE = 1
FORMATS = {
    b"YUYV": "yuyv422",
    b"UYVY": "uyvy422",
    b"MJPG": "mjpeg",
    b"JPEG": "mjpeg",
    b"NV12": "nv12",
    b"YU12": "yuv420p",
    b"H264": "h264",
    b"RGB3": "rgb24",
    b"BGR3": "bgr24",
    b"GREY": "gray",
}
"""V4L2's names of pixel formats in FFmpeg's words; others are left alone."""
COMMON = ((320, 240), (640, 360), (640, 480), (1280, 720), (1920, 1080), (3840, 2160))
"""What is listed of a camera that takes any size."""


def nodes() -> list[str]:
    """The device files, in the order of their numbers."""
    found = [path for path in Path("/dev").glob("video*") if path.name[5:].isdigit()]
    return [str(path) for path in sorted(found, key=lambda path: int(path.name[5:]))]


def devices(paths: Sequence[str] | None = None) -> list[Device]:
    """Every node that delivers pictures; one that may not be opened is listed by its name alone."""
    found = (device(path) for path in (nodes() if paths is None else paths))
    return [entry for entry in found if entry is not None]


def device(path: str) -> Device | None:
    try:
        handle = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    except OSError as error:
        hidden = error.errno in (errno.EACCES, errno.EPERM, errno.EBUSY)
        return Device(path, f"{_system_name(path)} [{error.strerror}]") if hidden else None
    try:
        answer = bytearray(104)
        fcntl.ioctl(handle, QUERYCAP, answer)
        _, card, _, _, abilities, own = struct.unpack_from("16s32s32sIII", answer)
        if not (own if abilities & DEVICE_CAPS else abilities) & VIDEO_CAPTURE:
            return None
        return Device(path, card.partition(b"\0")[0].decode(errors="replace"), tuple(_modes(handle)))
    except OSError:
        return None
    finally:
        os.close(handle)


def _system_name(path: str) -> str:
    try:
        return Path(f"/sys/class/video4linux/{Path(path).name}/name").read_text().strip()
    except OSError:
        return Path(path).name


def _modes(handle: int) -> Iterator[Mode]:
    for answer in _enumerated(handle, ENUM_FMT, struct.pack("II", 0, CAPTURE_BUFFER).ljust(64, b"\0")):
        code = bytes(answer[44:48])
        if code in FORMATS:
            for width, height in _sizes(handle, code):
                yield Mode(width, height, FORMATS[code], tuple(_rates(handle, code, width, height)))


def _sizes(handle: int, code: bytes) -> Iterator[tuple[int, int]]:
    for answer in _enumerated(handle, ENUM_FRAMESIZES, struct.pack("I4s", 0, code).ljust(44, b"\0")):
        kind, *numbers = struct.unpack_from("I6I", answer, 8)
        if kind == DISCRETE:
            yield numbers[0], numbers[1]
        else:
            low, high = (numbers[0], numbers[3]), (numbers[1], numbers[4])
            for size in COMMON:
                if all(low[side] <= size[side] <= high[side] for side in (0, 1)):
                    yield size
            return


def _rates(handle: int, code: bytes, width: int, height: int) -> Iterator[float]:
    asked = struct.pack("I4sII", 0, code, width, height).ljust(52, b"\0")
    for answer in _enumerated(handle, ENUM_FRAMEINTERVALS, asked):
        kind, numerator, denominator = struct.unpack_from("III", answer, 16)
        if numerator and denominator:
            yield round(denominator / numerator, 3)
        if kind != DISCRETE:
            return


def _enumerated(handle: int, call: int, asked: bytes) -> Iterator[bytearray]:
    """The answers to a question whose first field counts up until the driver says no."""
    for number in range(256):
        answer = bytearray(asked)
        struct.pack_into("I", answer, 0, number)
        try:
            fcntl.ioctl(handle, call, answer)
        except OSError:
            return
        yield answer
