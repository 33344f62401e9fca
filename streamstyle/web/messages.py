"""What goes over the data channel: small JSON objects, checked against a schema before anything is done."""

import json
import time
from collections.abc import Callable, Collection
from dataclasses import asdict
from typing import Any

from streamstyle.errors import StreamStyleError
from streamstyle.settings import LIMITS, Controls, Settings

LARGEST = 2048
MOST_A_SECOND, BURST = 60, 120
NUMBERS = frozenset(LIMITS) - {"quality", "split"}
SWITCHES = frozenset({"freeze", "mirror"})
SHOWN = ("style", "second", "blend", "strength", "brush", "steady", "quality", "split", "freeze", "mirror")


class Rejected(Exception):
    """The message cannot be taken; the sentence goes back to the sender."""


class Allowance:
    """So many a second, and a burst of so many."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._left, self._moment = burst, clock()

    def take(self) -> bool:
        moment = self._clock()
        self._left = min(self._burst, self._left + (moment - self._moment) * self._rate)
        self._moment = moment
        if self._left < 1:
            return False
        self._left -= 1
        return True

    @property
    def full(self) -> bool:
        return self._left + (self._clock() - self._moment) * self._rate >= self._burst


def changes(message: Any, styles: Collection[str]) -> dict[str, Any]:
    """The settings that a message asks for."""
    if not isinstance(message, str):
        raise Rejected("messages are text")
    if len(message) > LARGEST:
        raise Rejected(f"messages have at most {LARGEST} characters")
    try:
        content = json.loads(message)
    except (ValueError, RecursionError):
        raise Rejected("that is no JSON") from None
    if not isinstance(content, dict) or set(content) != {"set"} or not isinstance(content["set"], dict):
        raise Rejected('messages look like {"set": {"strength": 0.5}}')
    for name, value in content["set"].items():
        _check(name, value, styles)
    return dict(content["set"])


def _check(name: str, value: Any, styles: Collection[str]) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if name in NUMBERS:
        valid = number
    elif name == "split":
        valid = number or value is None
    elif name in SWITCHES:
        valid = isinstance(value, bool)
    elif name in ("style", "second"):
        # Only names from the list: a path would be opened.
        valid = value in styles if isinstance(value, str) else value is None and name == "second"
    else:
        raise Rejected(f"there is no setting {name[:40]!r}")
    if not valid:
        raise Rejected(f"{name} cannot be {value!r:.60}")


def settings(now: Settings) -> dict[str, Any]:
    """What a page needs to know of the settings."""
    return {name: value for name, value in asdict(now).items() if name in SHOWN}


class Dialogue:
    """One page's side of the data channel; `send` takes text."""

    def __init__(self, controls: Controls, styles: Callable[[], Collection[str]], send: Callable[[str], None]) -> None:
        self._controls, self._styles, self._send = controls, styles, send
        self._allowance = Allowance(MOST_A_SECOND, BURST)

    def say(self, **content: Any) -> None:
        self._send(json.dumps(content))

    def hear(self, message: Any) -> None:
        """Never raises, whatever came."""
        if not self._allowance.take():
            return
        try:
            self._controls.change(**changes(message, self._styles()))
        except (Rejected, StreamStyleError) as error:
            self.say(error=str(error))
