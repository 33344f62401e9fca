"""The process that owns the window: `python -m streamstyle.screens.viewer`, pictures in, keys out.

It must never import PyAV, whose wheel carries X libraries that keep OpenCV's windows from opening; and a display that
goes away ends the process that draws on it, which should not be the one that paints.
"""

import json
import os
import signal
import sys
import threading
from contextlib import suppress
from typing import IO, Any

import cv2
import numpy as np

from streamstyle.cameras.records import DESCRIPTION, PICTURE, Record, read_record
from streamstyle.colour import to_rgb
from streamstyle.frames import Colour, Image
from streamstyle.screens.exposure import Exposure
from streamstyle.screens.levels import limited
from streamstyle.stream import Closed, Mailbox

POLL_MILLISECONDS = 5
STARTING_WIDTH = 1280
ARROWS = {
    81: "left", 82: "up", 83: "right", 84: "down",
    2424832: "left", 2490368: "up", 2555904: "right", 2621440: "down",
    63234: "left", 63232: "up", 63235: "right", 63233: "down",
    65361: "left", 65362: "up", 65363: "right", 65364: "down",
}  # fmt: skip
"""What the toolkits of Linux, Windows and macOS call the arrow keys."""
NAMED = {27: "escape", 13: "enter", 32: "space", 9: "tab", 8: "backspace"}


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    events = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    box: Mailbox[Record] = Mailbox(2, newest=True)
    pictures = os.fdopen(os.dup(sys.stdin.fileno()), "rb", buffering=0)
    about = read_record(pictures)
    if about is None or about.kind != DESCRIPTION:
        return
    threading.Thread(target=_receive, args=(pictures, box), daemon=True).start()
    with suppress(OSError, Closed):
        Window(events, about.words).run(box)
    os._exit(0)


def _receive(pictures: IO[bytes], box: Mailbox[Record]) -> None:
    with suppress(OSError, Closed):
        while (record := read_record(pictures)) is not None:
            box.put(record)
    box.finish()


MODIFIERS = range(0xFFE1, 0xFFEF)
"""Shift, Control, Alt and their like count as keys of their own where X11 tells of them."""


class Window:
    """Shows pictures and tells of each one shown, of keys, of the mouse, and of its own end."""

    def __init__(self, events: Any, about: dict[str, Any]) -> None:
        self._events = events
        self._title = str(about["title"])
        self._width, self._height = int(about["width"]), int(about["height"])
        self._colour = Colour(about["matrix"], about["range"])
        cv2.setNumThreads(1)
        cv2.namedWindow(self._title, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)
        scale = min(1.0, STARTING_WIDTH / self._width)
        cv2.resizeWindow(self._title, round(self._width * scale), round(self._height * scale))
        cv2.setMouseCallback(self._title, self._mouse)
        Exposure().wait(lambda: cv2.waitKeyEx(POLL_MILLISECONDS))
        self._tell(event="open")

    def run(self, box: Mailbox[Record]) -> None:
        """Until the pictures end, the window is closed or nobody listens."""
        shown = False
        while True:
            key = cv2.waitKeyEx(POLL_MILLISECONDS)
            if key not in (-1, 0) and key & 0xFFFF not in MODIFIERS:
                self._tell(event="key", key=_name(key))
            if shown and cv2.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE) < 1:
                self._tell(event="closed")
                return
            try:
                record = box.get(timeout=0)
            except TimeoutError:
                continue
            if record.kind == PICTURE:
                self._show(np.frombuffer(record.data, np.uint8).reshape(self._height * 3 // 2, self._width))
                shown = True
                self._tell(event="shown", moment=record.moment)

    def _show(self, image: Image) -> None:
        cv2.imshow(self._title, to_bgr(image, self._colour))

    def _mouse(self, event: int, x: int, y: int, flags: int, parameter: Any) -> None:
        if flags & cv2.EVENT_FLAG_LBUTTON:
            self._tell(event="line", share=min(1.0, max(0.0, x / self._width)))

    def _tell(self, **words: Any) -> None:
        self._events.write(json.dumps(words).encode() + b"\n")


def _name(key: int) -> str:
    if key in ARROWS:
        return ARROWS[key]
    plain = key & 0xFF
    return NAMED.get(plain) or chr(plain)


def to_bgr(image: Image, colour: Colour) -> Image:
    """For the screen; the colours of most cameras have a short way."""
    if colour.matrix == "bt601":
        return np.asarray(cv2.cvtColor(limited(image, colour), cv2.COLOR_YUV2BGR_I420), np.uint8)
    return np.ascontiguousarray(to_rgb(image, colour)[..., ::-1])


if __name__ == "__main__":
    main()
