"""Whether an OpenCV window is really seen, asked of the Qt that comes with OpenCV.

On X11 about every sixth window of a busy machine loses the word that it was mapped (Qt 5.15's xcb plugin, seen without
a window manager). Qt then takes it for hidden for good and never draws it: the window stays black. OpenCV has no word
for this, so Qt's own functions are called. Where they are not found, windows are believed to be seen.
"""

import ctypes
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2

SPACE = "14QtOpenCVPython"
"""The namespace of the Qt inside OpenCV's wheels."""
TRIES = 5
SECONDS = 0.1
"""How long a window may take to be seen, the first time; longer each time after."""


class Exposure:
    """The windows of this process, as Qt sees them."""

    def __init__(self, library: Any = None) -> None:
        self._known = True
        try:
            qt = library or _qt()
            self._windows = _function(qt, f"_ZN{SPACE}15QGuiApplication15topLevelWindowsEv", None, ctypes.c_void_p)
            self._visible = _function(qt, f"_ZNK{SPACE}7QWindow9isVisibleEv", ctypes.c_bool, ctypes.c_void_p)
            self._exposed = _function(qt, f"_ZNK{SPACE}7QWindow9isExposedEv", ctypes.c_bool, ctypes.c_void_p)
            self._show = _function(qt, f"_ZN{SPACE}7QWindow10setVisibleEb", None, ctypes.c_void_p, ctypes.c_bool)
        except (OSError, AttributeError):
            self._known = False

    def lost(self) -> list[int]:
        """The windows that should be seen and are not."""
        windows = self.windows() if self._known else []
        return [window for window in windows if self._visible(window) and not self._exposed(window)]

    def wait(self, turn: Callable[[], object], clock: Callable[[], float] = time.monotonic) -> bool:
        """Turns the event loop until all windows are seen; says whether they are. What is lost is shown anew."""
        for number in range(1, TRIES + 1):
            until = clock() + SECONDS * number
            while lost := self.lost():
                if clock() > until:
                    break
                turn()
            else:
                return True
            for window in lost:
                self._show(window, False)
                turn()
                self._show(window, True)
        return not self.lost()

    def windows(self) -> list[int]:
        """Pointers to Qt's windows. A QList of Qt 5: four numbers, of which two are first and end, then its items."""
        held = ctypes.c_void_p()
        self._windows(ctypes.byref(held))
        if held.value is None:
            return []
        _, _, first, end = (ctypes.c_int * 4).from_address(held.value)
        items = (ctypes.c_void_p * end).from_address(held.value + 16)
        return [window for window in items[first:end] if window]


def _qt() -> Any:
    """The library that OpenCV has loaded already."""
    libraries = Path(cv2.__file__).parent.parent
    found = next(libraries.glob("opencv_*.libs/libQt5Gui-*.so*"), None)
    if found is None:
        raise OSError("this OpenCV has no Qt 5")
    return ctypes.CDLL(str(found))


def _function(library: Any, name: str, result: Any, *arguments: Any) -> Callable[..., Any]:
    function: Any = getattr(library, name)
    function.restype, function.argtypes = result, arguments
    found: Callable[..., Any] = function
    return found
