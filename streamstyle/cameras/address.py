"""What `--camera` can name: a device, a screen, a test scene, a network camera or a file played as if live."""

import re
from dataclasses import dataclass
from pathlib import Path

from streamstyle.errors import UsageError

_SCREEN = re.compile(r"screen(?::(?P<display>[^+\s]*)(?:\+(?P<x>\d+),(?P<y>\d+)(?:[ ,](?P<w>\d+)x(?P<h>\d+))?)?)?")
_SIZE = re.compile(r"(\d+)[x×](\d+)")  # noqa: RUF001


@dataclass(frozen=True, slots=True)
class Screen:
    """A part of a display, or all of it."""

    display: str = ""
    corner: tuple[int, int] | None = None
    size: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """A camera by its number, path or (part of) its name."""

    wanted: str


@dataclass(frozen=True, slots=True)
class Played:
    """A `test:` scene, a URL or a file."""

    name: str

    @property
    def is_url(self) -> bool:
        return "://" in self.name


Address = Screen | Device | Played


def address(text: str) -> Address:
    """Tells by the words alone, but for a file that exists."""
    if text.startswith("test:") or "://" in text:
        return Played(text)
    if text == "screen" or text.startswith("screen:"):
        return screen(text)
    if not text.isdigit() and not text.startswith("/dev/") and Path(text).is_file():
        return Played(text)
    return Device(text)


def screen(text: str) -> Screen:
    match = _SCREEN.fullmatch(text)
    if match is None:
        raise UsageError(
            f"--camera {text}: a screen is written screen[:display[+x,y WxH]], such as 'screen::0+0,0 1280x720'"
        )
    corner = (int(match["x"]), int(match["y"])) if match["x"] else None
    whole = (int(match["w"]) & ~1, int(match["h"]) & ~1) if match["w"] else None
    if whole and min(whole) < 16:
        raise UsageError(f"--camera {text}: {match['w']}x{match['h']} is too small")
    return Screen(match["display"] or "", corner, whole)


def size(text: str) -> tuple[int, int]:
    """`1280x720` as two numbers."""
    match = _SIZE.fullmatch(text.strip().lower())
    if match is None or not all(16 <= int(side) <= 8192 for side in match.groups()):
        raise UsageError(f"--size {text}: a size is written 1280x720, with sides from 16 to 8192")
    return int(match[1]), int(match[2])
