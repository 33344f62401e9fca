"""The window on a display of its own, driven as a person would."""

import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from streamstyle.cameras.address import screen
from streamstyle.cameras.captured import Captured, Patience
from streamstyle.cameras.opening import screen_job
from streamstyle.colour import from_rgb, to_rgb
from streamstyle.errors import CameraError, OutputError
from streamstyle.frames import Colour, Frame, Image, MediaInfo
from streamstyle.screens.window import Event, Key, Line, Shut, WindowSink
from tests.displays import corner, window_id, xdotool, xvfb

CLOSER = Path(__file__).with_name("close_window.py")
STUDIO = Colour()
INFO = MediaInfo(640, 360, Fraction(30))


def picture(left: tuple[int, int, int], right: tuple[int, int, int], colour: Colour = STUDIO) -> Image:
    rgb = np.empty((360, 640, 3), np.uint8)
    rgb[:, :320], rgb[:, 320:] = left, right
    return from_rgb(rgb, colour)


def show(sink: WindowSink, image: Image, until: Callable[[], bool], seconds: float = 20) -> None:
    """Writes the picture at its rate until something has happened."""
    deadline = time.monotonic() + seconds
    number = 0
    while not until():
        assert time.monotonic() < deadline, "it never happened"
        sink.write(Frame(image, number, Fraction(1, 30)))
        number += 1
        time.sleep(1 / 30)


def grabbed(display: str, x: int, y: int, width: int, height: int) -> Image:
    source = Captured(
        screen_job(screen(f"screen:{display}+{x},{y} {width}x{height}")), "screen", patience=Patience(first=60)
    )
    try:
        return to_rgb(next(iter(source)).image, source.info.colour)
    finally:
        source.close()


@pytest.mark.parametrize("colour", [Colour(), Colour("bt601", "full"), Colour("bt709", "limited")], ids=str)
def test_the_picture_is_on_the_screen_in_its_colours(display: str, colour: Colour) -> None:
    info = MediaInfo(640, 360, Fraction(30), colour)
    with WindowSink(info) as sink:
        both = picture((200, 40, 40), (40, 60, 200), colour)
        show(sink, both, lambda: sink.shown > 5)
        x, y = corner()
        seen = grabbed(display, x, y, 640, 360)
    np.testing.assert_allclose(seen[180, 100], (200, 40, 40), atol=6)
    np.testing.assert_allclose(seen[180, 540], (40, 60, 200), atol=6)


def test_keys_and_the_mouse_are_heard(display: str) -> None:
    heard: list[Event] = []
    with WindowSink(INFO, heard.append) as sink:
        show(sink, picture((9, 9, 9), (200, 200, 200)), lambda: sink.shown > 5)
        window = window_id()
        xdotool("windowfocus", "--sync", window)
        image = picture((9, 9, 9), (200, 200, 200))
        for count, key in enumerate(("n", "question", "Left", "Right", "shift+equal", "Escape", "bracketleft")):
            # One at a time: of two keys between two looks the window system's toolkit keeps the later one.
            xdotool("key", key)
            show(sink, image, lambda count=count: len(heard) > count)  # type: ignore[misc]
        xdotool("mousemove", "--window", window, "160", "100", "mousedown", "1")
        show(sink, picture((9, 9, 9), (200, 200, 200)), lambda: any(isinstance(event, Line) for event in heard))
        xdotool("mouseup", "1")
    assert [event.name for event in heard if isinstance(event, Key)] == [
        "n", "?", "left", "right", "+", "escape", "[",
    ]  # fmt: skip
    assert next(event.share for event in heard if isinstance(event, Line)) == pytest.approx(0.25, abs=0.02)


def test_a_window_closed_by_hand_is_heard_and_takes_no_more(display: str) -> None:
    heard: list[Event] = []
    with WindowSink(INFO, heard.append) as sink:
        image = picture((9, 9, 9), (200, 200, 200))
        show(sink, image, lambda: sink.shown > 5)
        subprocess.run([sys.executable, str(CLOSER), window_id()], check=True, timeout=10)
        try:
            show(sink, image, lambda: Shut() in heard)
        except OutputError as error:
            assert "gone" in str(error)
        sink.write(Frame(image, 0, Fraction(1, 30))) if Shut() in heard else None


def test_no_display_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(OutputError, match="DISPLAY is not set"), WindowSink(INFO):
        pass
    monkeypatch.setenv("DISPLAY", ":987")
    with pytest.raises(OutputError, match="the display :987 cannot be opened"), WindowSink(INFO):
        pass


def test_a_display_that_goes_away_is_an_error_not_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    image = picture((9, 9, 9), (200, 200, 200))
    with ExitStack() as stack:
        monkeypatch.setenv("DISPLAY", stack.enter_context(xvfb()))
        sink = stack.enter_context(WindowSink(INFO))
        show(sink, image, lambda: sink.shown > 3)
        subprocess.run(["xdotool", "search", "--name", "^StreamStyle$", "windowkill"], check=True, timeout=10)
        with pytest.raises(OutputError, match="the display has gone"):
            show(sink, image, lambda: False)


def test_a_screen_that_is_not_there_is_said(display: str) -> None:
    with pytest.raises(CameraError, match="screen :986"):
        Captured(screen_job(screen("screen::986")), "screen :986")
