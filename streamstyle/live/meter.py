"""Counts what comes in and goes out of a live stream, and how old each picture is when it leaves."""

import threading
import time
from array import array
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from streamstyle.cameras import LIVE, now
from streamstyle.frames import Frame

RECENT = 60


@dataclass(frozen=True, slots=True)
class Reading:
    """What the overlay shows: the last two seconds or so."""

    rate: float
    age_ms: float
    dropped: int


class Meter:
    """One stream's figures; frames are stamped as `streamstyle.cameras` says."""

    def __init__(self, dropped: Callable[[], int] = lambda: 0) -> None:
        self._dropped = dropped
        self._lock = threading.Lock()
        self._in = 0
        # Four bytes for each picture: a day of them fits where a list would not.
        self._ages = array("f")
        self._moments: deque[float] = deque(maxlen=RECENT)
        self._first: float | None = None

    def arrived(self, frame: Frame) -> Frame:
        """Counts a picture that the camera delivered."""
        self._in += 1
        return frame

    def left(self, frame: Frame) -> None:
        """Counts a picture that every sink has got."""
        moment = time.monotonic()
        with self._lock:
            self._first = moment if self._first is None else self._first
            self._moments.append(moment)
            self._ages.append(age_ms(frame))

    @property
    def out(self) -> int:
        return len(self._ages)

    def reading(self) -> Reading:
        with self._lock:
            moments, ages = list(self._moments), self._ages[-RECENT:]
        span = moments[-1] - moments[0] if len(moments) > 1 else 0.0
        age = float(np.median(ages)) if ages else 0.0
        return Reading((len(moments) - 1) / span if span else 0.0, age, self._dropped())

    def total(self) -> dict[str, float | int | None]:
        """The figures of the whole run, as `--json` prints them."""
        with self._lock:
            ages, count = np.array(self._ages), len(self._ages)
            span = self._moments[-1] - self._first if self._first is not None and count > 1 else 0.0
        return {
            "in": self._in,
            "out": count,
            "dropped": self._dropped(),
            "rate": round((count - 1) / span, 2) if span else 0.0,
            "age_ms_median": round(float(np.median(ages)), 1) if count else None,
            "age_ms_p95": round(float(np.percentile(ages, 95)), 1) if count else None,
        }


def age_ms(frame: Frame) -> float:
    """How long ago the picture was taken."""
    assert frame.time_base == LIVE
    return (now() - frame.pts) / 1000
