"""A device as a source that outlives its cable: silent or unplugged it shows a still picture until it is back."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from streamstyle.cameras import LIVE, now
from streamstyle.cameras.child import Child
from streamstyle.cameras.records import DESCRIPTION, FAILURE, PICTURE, Job
from streamstyle.errors import CameraError
from streamstyle.frames import Colour, Frame, Image, MediaInfo, planes


@dataclass(frozen=True, slots=True)
class Patience:
    """How long, in seconds, a device may take."""

    first: float = 10.0
    """To deliver its first picture."""
    silent: float = 3.0
    """Between two pictures, before it counts as gone."""
    again: float = 1.0
    """Between two tries to get it back."""
    still: float = 0.2
    """Between two still pictures meanwhile."""


class Captured:
    """The pictures of one device, captured by a child process."""

    def __init__(
        self, job: Job, name: str, say: Callable[[str], None] = lambda line: None, patience: Patience | None = None
    ) -> None:
        self.name = name
        self._job = job
        self._say = say
        self._patience = patience or Patience()
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._child: Child | None = Child(job)
        try:
            self.info, self._first = self._opening()
        except BaseException:
            self.close()
            raise
        # Whatever comes back after an interruption is brought to the size that the stream began with.
        self._job = replace(job, size=(self.info.width, self.info.height))

    def _opening(self) -> tuple[MediaInfo, Frame]:
        deadline = time.monotonic() + self._patience.first
        info: MediaInfo | None = None
        assert self._child is not None
        while (record := self._child.read()) is not None:
            if record.kind == FAILURE:
                raise CameraError(explained(self.name, **record.words))
            if record.kind == DESCRIPTION:
                words = record.words
                info = MediaInfo(
                    words["width"],
                    words["height"],
                    Fraction(*words["rate"]).limit_denominator(1001),
                    Colour(words["matrix"], "limited"),
                    live=True,
                )
            elif record.kind == PICTURE and info is not None:
                return info, _frame(info, record.moment, record.data)
            if time.monotonic() > deadline:
                raise CameraError(f"{self.name}: delivers no picture (waited {self._patience.first:g} s)")
        raise CameraError(f"{self.name}: the capture ended without a picture")

    def __iter__(self) -> Iterator[Frame]:
        last = self._first
        yield last
        while not self._closed.is_set():
            for last in self._delivered(self._child):
                yield last
            if self._closed.is_set():
                return
            self._say(f"{self.name} stopped delivering; waiting for it to come back")
            yield from self._waiting(dimmed(last.image))
            if not self._closed.is_set():
                self._say(f"{self.name} is back")

    def _delivered(self, child: Child | None) -> Iterator[Frame]:
        """Pictures until the device fails or falls silent."""
        heard = time.monotonic()
        while child is not None and not self._closed.is_set():
            record = child.read()
            if record is None or record.kind == FAILURE:
                return
            if record.kind == PICTURE:
                heard = time.monotonic()
                yield _frame(self.info, record.moment, record.data)
            elif time.monotonic() - heard > self._patience.silent:
                return

    def _waiting(self, still: Image) -> Iterator[Frame]:
        """A still picture again and again, and at last the first new one."""
        while not self._closed.is_set():
            tried = time.monotonic()
            child = self._restarted()
            while child is not None and (record := child.read()) is not None and record.kind != FAILURE:
                if record.kind == PICTURE:
                    yield _frame(self.info, record.moment, record.data)
                    return
                yield Frame(still, now(), LIVE)
                if time.monotonic() - tried > self._patience.first:
                    break
            # Counted from the failure: a try may itself take longer than the pause between two.
            failed = time.monotonic()
            while not self._closed.is_set() and time.monotonic() - failed < self._patience.again:
                yield Frame(still, now(), LIVE)
                self._closed.wait(self._patience.still)

    def _restarted(self) -> Child | None:
        with self._lock:
            if self._child is not None:
                self._child.close()
            self._child = None if self._closed.is_set() else Child(self._job)
            return self._child

    def close(self) -> None:
        self._closed.set()
        with self._lock:
            if self._child is not None:
                self._child.close()


def _frame(info: MediaInfo, moment: int, data: bytearray) -> Frame:
    return Frame(np.frombuffer(data, np.uint8).reshape(info.height * 3 // 2, info.width), moment, LIVE)


def dimmed(image: Image) -> Image:
    """A grey, darker copy: plainly not live."""
    still = np.full_like(image, 128)
    planes(still)[0][:] = planes(image)[0] // 2 + 8
    return still


def explained(name: str, kind: str, reason: str, platform: str = sys.platform) -> str:
    """Why a device does not open, and what to do about it here."""
    if "://" in name:
        return f"{name}: cannot be reached ({reason})"
    if kind == "missing":
        return f"{name}: there is no such camera; --list shows what there is"
    if kind == "busy":
        return f"{name}: the camera is busy: another program is using it"
    if kind == "forbidden":
        advice = {
            "linux": "add yourself to the group that may: sudo usermod -aG video $USER, then log in again",
            "darwin": "allow it in System Settings > Privacy & Security > Camera",
            "win32": "allow it in Settings > Privacy & security > Camera",
        }.get(platform, "the system does not allow it")
        return f"{name}: permission denied; {advice}"
    return f"{name}: cannot be opened ({reason})"
