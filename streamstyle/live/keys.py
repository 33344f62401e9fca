"""The keys of the window, and what each does to the controls."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from streamstyle.settings import LIMITS, Controls

STRENGTH, BRUSH, STEADY, SHARE, SPLIT = 0.1, 1.125, 0.1, 0.1, 0.02


class Desk(Protocol):
    """What the keys can reach."""

    @property
    def controls(self) -> Controls: ...
    @property
    def styles(self) -> Sequence[str]: ...
    def snapshot(self) -> str: ...
    def record(self) -> str: ...
    def help(self) -> str: ...
    def stop(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Key:
    """One key or more for one action, which may have something to say."""

    names: tuple[str, ...]
    help: str
    act: Callable[[Desk], str | None]


def press(name: str, desk: Desk) -> str | None:
    """Does what the key means; says what is worth showing for a moment."""
    key = next((key for key in KEYS if name in key.names), None)
    if key is not None:
        return key.act(desk)
    if name.isdigit() and 0 < int(name) <= len(desk.styles):
        return _style(desk, desk.styles[int(name) - 1])
    return None


def listed() -> list[str]:
    """The lines of the help: keys, a tab, what they do."""
    rows = [(" ".join(key.names), key.help) for key in KEYS]
    rows.insert(2, ("1..9", "style by number"))
    return [f"{names}\t{words}" for names, words in rows]


def _style(desk: Desk, name: str) -> str:
    desk.controls.change(style=name)
    return name


def _turn(desk: Desk, step: int) -> str:
    styles, name = list(desk.styles), desk.controls.now.style
    # From a style that is not leafed through, forward to the first and back to the last.
    place = styles.index(name) if name in styles else min(0, -step)
    return _style(desk, styles[(place + step) % len(styles)]) if styles else name


def _second(desk: Desk) -> str:
    """The next style to mix in, and after the last none."""
    settings = desk.controls.now
    choices: list[str | None] = [name for name in desk.styles if name != settings.style]
    choices.append(None)
    place = choices.index(settings.second) if settings.second in choices and settings.second else -1
    second = choices[(place + 1) % len(choices)]
    desk.controls.change(second=second, blend=0.0 if second is None else settings.blend or 0.5)
    return f"with {second}" if second else "one style"


def _move(setting: str, step: float) -> Callable[[Desk], str]:
    def act(desk: Desk) -> str:
        low, high = LIMITS[setting]
        value = round(min(high, max(low, getattr(desk.controls.now, setting) + step)), 3)
        desk.controls.change(**{setting: value})
        return f"{setting} {value:.0%}"

    return act


def _brush(factor: float) -> Callable[[Desk], str]:
    def act(desk: Desk) -> str:
        low, high = LIMITS["brush"]
        brush = round(min(high, max(low, desk.controls.now.brush * factor)), 3)
        desk.controls.change(brush=brush)
        return f"brush {brush:.2g}"

    return act


def _split(desk: Desk) -> str:
    on = desk.controls.now.split is None
    desk.controls.change(split=0.5 if on else None)
    return "original | painted" if on else "painted"


def _line(step: float) -> Callable[[Desk], None]:
    def act(desk: Desk) -> None:
        split = desk.controls.now.split
        if split is not None:
            desk.controls.change(split=min(1.0, max(0.0, split + step)))

    return act


def _switch(setting: str) -> Callable[[Desk], str]:
    def act(desk: Desk) -> str:
        on = not getattr(desk.controls.now, setting)
        desk.controls.change(**{setting: on})
        return f"{setting} {'on' if on else 'off'}"

    return act


def _overlay(desk: Desk) -> None:
    _switch("overlay")(desk)


KEYS = (
    Key(("n", "down"), "next style", lambda desk: _turn(desk, 1)),
    Key(("p", "up"), "previous style", lambda desk: _turn(desk, -1)),
    Key(("b",), "second style to mix in", _second),
    Key((">", "."), "more of the second style", _move("blend", SHARE)),
    Key(("<", ","), "less of the second style", _move("blend", -SHARE)),
    Key(("+", "="), "stronger", _move("strength", STRENGTH)),
    Key(("-",), "weaker", _move("strength", -STRENGTH)),
    Key(("]",), "larger brush", _brush(BRUSH)),
    Key(("[",), "smaller brush", _brush(1 / BRUSH)),
    Key(("'",), "steadier", _move("steady", STEADY)),
    Key((";",), "livelier", _move("steady", -STEADY)),
    Key(("v",), "original beside painting", _split),
    Key(("left",), "line to the left", _line(-SPLIT)),
    Key(("right",), "line to the right", _line(SPLIT)),
    Key(("f", "space"), "freeze", _switch("freeze")),
    Key(("m",), "mirror", _switch("mirror")),
    Key(("s",), "snapshot", lambda desk: desk.snapshot()),
    Key(("r",), "record on, off", lambda desk: desk.record()),
    Key(("o",), "line of figures", _overlay),
    Key(("?", "h"), "these keys", lambda desk: desk.help()),
    Key(("q", "escape"), "quit", lambda desk: desk.stop()),
)
