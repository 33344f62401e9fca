"""Opening what PyAV reads, with one clear line for what it does not."""

import os
import re
import select
import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import av
from av.codec.hwaccel import HWAccel

from streamstyle.errors import InputError, MissingError
from streamstyle.media.places import UNBUILT, Place, numbered

OPEN_SECONDS, READ_SECONDS = 10.0, 10.0
LOOK_SECONDS = 0.1
STILL_RATE = Fraction(25)


def opened(
    where: Place, rate: Fraction | None, closed: Callable[[], bool] = lambda: False, device: str | None = None
) -> Any:
    """The container; a pipe's reading ends where `closed` says so. A `device` decodes what it can."""
    options: dict[str, str] = {}
    form: str | None = None
    if where.kind == "file":
        _check_file(where)
        if where.is_picture:
            # Without this FFmpeg would take digits and percent signs in the name for a pattern.
            form, options = "image2", {"pattern_type": "none"}
    elif where.kind == "sequence":
        files = numbered(where)
        if not files:
            raise MissingError(f"{where}: no file matches")
        digits = re.match(r"\d+", files[0].name.removeprefix(where.path.name.partition("%")[0]))
        form = "image2"
        options = {"framerate": str(rate or STILL_RATE), "start_number": str(int(digits[0])) if digits else "0"}
    elif where.kind == "url" and where.name.startswith("rtsp"):
        options = {"rtsp_transport": "tcp"}
    hardware = HWAccel(device, allow_software_fallback=True) if device else None
    try:
        if where.kind == "pipe":
            return av.open(_standard_input(closed), mode="r", hwaccel=hardware)
        seconds = OPEN_SECONDS, READ_SECONDS
        return av.open(where.name, mode="r", format=form, options=options, timeout=seconds, hwaccel=hardware)
    except av.error.ProtocolNotFoundError as error:
        raise InputError(f"{where}: cannot be opened as video ({UNBUILT})") from error
    except (av.error.FFmpegError, OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{where}: cannot be opened as video ({reason})") from error


def _standard_input(closed: Callable[[], bool]) -> Any:
    """A file that is piped in can be sought in, as some containers need."""
    if sys.stdin.buffer.seekable() or sys.platform == "win32":
        return sys.stdin.buffer
    return Pipe(sys.stdin.fileno(), closed)


class Pipe:
    """Bytes as they come, and an end of them as soon as the reader has closed."""

    def __init__(self, descriptor: int, closed: Callable[[], bool]) -> None:
        self._descriptor, self._closed = descriptor, closed

    def read(self, count: int) -> bytes:
        while not self._closed():
            if select.select([self._descriptor], [], [], LOOK_SECONDS)[0]:
                return os.read(self._descriptor, count)
        return b""


def _check_file(where: Place) -> None:
    path = where.path
    if not path.exists():
        raise MissingError(f"{path}: there is no such file")
    if path.is_dir():
        raise InputError(f"{path}: is a folder; name a file, or a sequence such as {path}/%05d.png")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: is empty")
