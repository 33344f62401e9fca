"""Windows that Qt takes for hidden are shown anew until they are seen."""

import ctypes
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from streamstyle.screens.exposure import SPACE, TRIES, Exposure

REAL = """
import cv2
from streamstyle.screens.exposure import Exposure
cv2.namedWindow("seen")
exposure = Exposure()
print(exposure.wait(lambda: cv2.waitKeyEx(5)), len(exposure.windows()), exposure.lost())
"""


class Qt:
    """One window, at an address of its own, whose first mappings are lost."""

    def __init__(self, lost: int) -> None:
        self.missing, self.mapped, self.shown = lost, 0, 0
        # A QList of Qt 5 with one item, at its second place.
        self._list = (ctypes.c_int * 4)(1, 4, 1, 2)
        self._data = ctypes.create_string_buffer(bytes(self._list) + bytes((ctypes.c_void_p * 2)(0, 4711)))
        self.show(4711, True)

    def windows(self, result: Any) -> None:
        result._obj.value = ctypes.addressof(self._data)

    def show(self, window: int, on: bool) -> None:
        assert window == 4711
        self.shown += on
        self.mapped = on and self.shown > self.missing

    def __getattr__(self, name: str) -> Callable[..., Any]:
        known: dict[str, Callable[..., Any]] = {
            f"_ZN{SPACE}15QGuiApplication15topLevelWindowsEv": lambda result: self.windows(result),
            f"_ZNK{SPACE}7QWindow9isVisibleEv": lambda window: True,
            f"_ZNK{SPACE}7QWindow9isExposedEv": lambda window: self.mapped,
            f"_ZN{SPACE}7QWindow10setVisibleEb": lambda window, on: self.show(window, on),
        }
        if name not in known:
            raise AttributeError(name)
        return known[name]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        self.now += 0.01
        return self.now


@pytest.mark.parametrize(("lost", "seen"), [(0, True), (1, True), (3, True), (TRIES, True), (TRIES + 1, False)])
def test_a_lost_window_is_shown_again_and_again(lost: int, seen: bool) -> None:
    qt = Qt(lost)
    assert Exposure(qt).wait(lambda: None, Clock()) is seen
    assert qt.shown == min(lost, TRIES) + 1


def test_an_opencv_without_this_qt_is_believed() -> None:
    exposure = Exposure(object())
    assert exposure.wait(lambda: None)
    assert exposure.lost() == []


@pytest.mark.skipif(sys.platform != "linux", reason="OpenCV brings its Qt on Linux only")
def test_the_qt_of_this_opencv_is_understood(display: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", REAL], capture_output=True, text=True, timeout=60, cwd=Path(__file__).parents[2]
    )
    assert done.stdout.strip() == "True 1 []", done.stderr
