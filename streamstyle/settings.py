"""What a person can change while it paints: one frozen value, and the one place that holds the newest."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

from streamstyle.errors import UsageError

UNIT = (0.0, 1.0)
LIMITS = {
    "blend": UNIT,
    "strength": UNIT,
    "brush": (0.5, 2.0),
    "steady": UNIT,
    "quality": (0.4, 1.0),
    "split": UNIT,
}


@dataclass(frozen=True, slots=True)
class Settings:
    """How the next picture is painted and shown."""

    style: str
    second: str | None = None
    """The style to mix in."""
    blend: float = 0.0
    """The share of the second style."""
    strength: float = 1.0
    brush: float = 1.0
    """The size of the strokes, 1 being the painting's own."""
    steady: float = 0.9
    quality: float = 1.0
    """The share of the inner size that is painted: what gives way when the machine is busy."""
    split: float | None = None
    """Where the line between the original (left of it) and the painting stands."""
    freeze: bool = False
    mirror: bool = False
    overlay: bool = False

    def __post_init__(self) -> None:
        for name, (low, high) in LIMITS.items():
            value = getattr(self, name)
            if value is None and name == "split":
                continue
            if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
                raise UsageError(f"{name} must be a number from {low:g} to {high:g}, not {value!r}")
        for name in ("freeze", "mirror", "overlay"):
            if not isinstance(getattr(self, name), bool):
                raise UsageError(f"{name} must be true or false, not {getattr(self, name)!r}")
        for name in ("style", "second"):
            value = getattr(self, name)
            if not isinstance(value, str) and not (value is None and name == "second"):
                raise UsageError(f"{name} must be the name of a style, not {value!r}")


class Controls:
    """Holds the newest settings; window keys, the web page and Python all change them here, from any thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._listeners: list[Callable[[Settings], None]] = []

    @property
    def now(self) -> Settings:
        return self._settings

    def change(self, **changes: Any) -> Settings:
        """Changes some settings at once, or none where one is out of range."""
        known = {entry.name for entry in fields(Settings)}
        if strange := [name for name in changes if name not in known]:
            raise UsageError(f"there is no setting {strange[0]!r}")
        with self._lock:
            self._settings = replace(self._settings, **changes)
            settings = self._settings
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener(settings)
        return settings

    def listen(self, listener: Callable[[Settings], None]) -> Callable[[], None]:
        """Calls back after every change, on the thread that made it; returns what ends that."""
        with self._lock:
            self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None
