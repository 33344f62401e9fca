"""From a name like test:pan?seconds=2&size=640x360&rate=30 to a scene."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from math import isfinite
from typing import Any
from urllib.parse import parse_qsl

from streamstyle.errors import UsageError
from streamstyle.scenes.camera import held, panned, turned, zoomed
from streamstyle.scenes.light import exposed, flashed
from streamstyle.scenes.scene import Scene, Script, described
from streamstyle.scenes.shots import crossing, shot_number, shot_view

PREFIX = "test:"
SCRIPTS = {
    "pan": Script(panned),
    "zoom": Script(zoomed, span=0.86),
    "rotate": Script(turned, span=0.72),
    "sprite": Script(held, sprite=crossing, span=0.88),
    "noise": Script(held, noise=2.0, span=0.88),
    "exposure": Script(held, light=exposed, span=0.88),
    "flash": Script(panned, light=flashed),
    "cut": Script(shot_view, shot=shot_number),
}
SMALLEST, LARGEST = 16, 4096


@dataclass(frozen=True, slots=True)
class Option:
    """How one option is read, and what to say where it cannot be."""

    read: Callable[[str], Any]
    wanted: str


def open_scene(name: str) -> Scene:
    """Opens a test scene; the options are seconds, size, rate, speed and noise, and each can be left out."""
    kind, _, query = name.removeprefix(PREFIX).partition("?")
    if kind not in SCRIPTS:
        raise UsageError(f"{name}: there is no test scene {kind!r}; {_nearest(kind, SCRIPTS)}")
    chosen: dict[str, Any] = {"size": (640, 360), "rate": Fraction(30), "speed": 1.0, "seconds": None, "noise": None}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        raise UsageError(f"{name}: options are written like ?seconds=2&size=640x360") from None
    for key, text in pairs:
        if key not in OPTIONS:
            raise UsageError(f"{name}: a test scene has no option {key!r}; {_nearest(key, OPTIONS)}")
        try:
            chosen[key] = OPTIONS[key].read(text)
        except (ValueError, ZeroDivisionError):
            raise UsageError(f"{name}: {key} must be {OPTIONS[key].wanted}, not {text!r}") from None
    width, height = chosen["size"]
    info = described(width, height, chosen["rate"], chosen["seconds"])
    return Scene(info, SCRIPTS[kind], chosen["speed"], chosen["noise"])


def scene_names() -> list[str]:
    """Every test scene, as it is written on the command line."""
    return [PREFIX + kind for kind in SCRIPTS]


def _size(text: str) -> tuple[int, int]:
    width, height = (int(part) for part in text.lower().split("x"))
    if not (SMALLEST <= width <= LARGEST and SMALLEST <= height <= LARGEST):
        raise ValueError
    return width, height


def _rate(text: str) -> Fraction:
    rate = Fraction(text).limit_denominator(100_000)
    if not 1 <= rate <= 1000:
        raise ValueError
    return rate


def _between(low: float, high: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        number = float(text)
        if not (isfinite(number) and low <= number <= high):
            raise ValueError
        return number

    return read


OPTIONS = {
    "seconds": Option(_between(0.001, 864_000), "a number above zero"),
    "size": Option(_size, f"like 640x360, each side from {SMALLEST} to {LARGEST}"),
    "rate": Option(_rate, "pictures a second from 1 to 1000, like 30 or 30000/1001"),
    "speed": Option(_between(0.01, 100), "a number from 0.01 to 100"),
    "noise": Option(_between(0, 50), "grey levels from 0 to 50"),
}


def _nearest(word: str, known: Iterable[str]) -> str:
    near = get_close_matches(word, list(known), n=2, cutoff=0.5)
    return f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known)}"
