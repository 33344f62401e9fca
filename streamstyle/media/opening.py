"""Opening what PyAV reads, with one clear line for what it does not."""

import re
import sys
from fractions import Fraction
from typing import Any

import av

from streamstyle.errors import InputError, MissingError
from streamstyle.media.places import Place, numbered

OPEN_SECONDS, READ_SECONDS = 10.0, 10.0
STILL_RATE = Fraction(25)


def opened(where: Place, rate: Fraction | None) -> Any:
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
    try:
        if where.kind == "pipe":
            return av.open(sys.stdin.buffer, mode="r")
        return av.open(where.name, mode="r", format=form, options=options, timeout=(OPEN_SECONDS, READ_SECONDS))
    except (av.error.FFmpegError, OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{where}: cannot be opened as video ({reason})") from error


def _check_file(where: Place) -> None:
    path = where.path
    if not path.exists():
        raise MissingError(f"{path}: there is no such file")
    if path.is_dir():
        raise InputError(f"{path}: is a folder; name a file, or a sequence such as {path}/%05d.png")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: is empty")
