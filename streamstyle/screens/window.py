"""A window as a sink: its own process draws, so that a display which fails or lags never holds up the painting."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Any, Self

from streamstyle.cameras.child import environment
from streamstyle.cameras.records import DESCRIPTION, PICTURE, write_record
from streamstyle.errors import OutputError
from streamstyle.frames import Frame, MediaInfo

OPEN_SECONDS = 15.0
AHEAD = 2
"""Pictures that may be under way to the window; further ones are passed over."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key pressed in the window, by its character or name."""

    name: str


@dataclass(frozen=True, slots=True)
class Line:
    """The mouse was drawn to this share of the width."""

    share: float


@dataclass(frozen=True, slots=True)
class Shut:
    """The window was closed by hand."""


Event = Key | Line | Shut


class WindowSink:
    """Shows the newest picture; `heard` gets what the person does, on a thread of its own."""

    def __init__(
        self, info: MediaInfo, heard: Callable[[Event], None] = lambda event: None, title: str = "StreamStyle"
    ) -> None:
        self._info = info
        self._heard = heard
        self._title = title
        self._process: subprocess.Popen[bytes] | None = None
        self._listener: threading.Thread | None = None
        self._open = threading.Event()
        self._sent = 0
        self._shut = False
        self.shown = 0

    def __enter__(self) -> Self:
        if reason := no_display():
            raise OutputError(f"window: {reason}")
        self._process = process = subprocess.Popen(
            [sys.executable, "-m", "streamstyle.screens.viewer"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment() | {"QT_LOGGING_RULES": "*=false"},
            bufsize=0,
        )
        try:
            self._begin(process)
        except BaseException:
            self._end(process)
            raise
        return self

    def _begin(self, process: "subprocess.Popen[bytes]") -> None:
        info = self._info
        words = {"title": self._title, "width": info.width, "height": info.height}
        words |= {"matrix": info.colour.matrix, "range": info.colour.range}
        self._listener = threading.Thread(target=self._listen, args=(process.stdout,), name="window", daemon=True)
        self._listener.start()
        with suppress(OSError):
            write_record(_pipe(process.stdin), DESCRIPTION, 0, json.dumps(words).encode())
        deadline = time.monotonic() + OPEN_SECONDS
        while not self._open.wait(0.05):
            if process.poll() is not None or time.monotonic() > deadline:
                raise OutputError(
                    f"window: the display {os.environ.get('DISPLAY', '')} cannot be opened".replace("  ", " ")
                )

    def write(self, frame: Frame) -> None:
        """Hands the picture over, or passes it by while the window is behind."""
        process = self._process
        if process is None or self._shut or self._sent - self.shown >= AHEAD:
            return
        self._sent += 1
        try:
            write_record(_pipe(process.stdin), PICTURE, frame.pts, frame.image)
        except OSError as error:
            if not self._shut:
                raise OutputError("window: the display has gone") from error

    def _listen(self, output: IO[bytes]) -> None:
        for line in output:
            words: dict[str, Any] = json.loads(line)
            match words["event"]:
                case "open":
                    self._open.set()
                case "shown":
                    self.shown += 1
                case "key":
                    self._heard(Key(words["key"]))
                case "line":
                    self._heard(Line(words["share"]))
                case "closed":
                    self._shut = True
                    self._heard(Shut())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._end(self._process)

    def _end(self, process: "subprocess.Popen[bytes]") -> None:
        with suppress(OSError):
            _pipe(process.stdin).close()
        try:
            process.wait(1)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if self._listener is not None:
            self._listener.join(timeout=5)
        _pipe(process.stdout).close()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe


def no_display(platform: str = sys.platform) -> str | None:
    """Why no window can open here, where that is known beforehand."""
    if platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return "there is no display here (DISPLAY is not set)"
    return None
