"""A display of our own: Xvfb with a number that nobody else uses, and a hand on its keyboard and mouse."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

TITLE = "^StreamStyle$"


@contextmanager
def xvfb() -> Iterator[str]:
    """The name of a running display; skips where the tools are missing."""
    missing = [tool for tool in ("Xvfb", "xdotool") if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"{' and '.join(missing)} not installed")
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x800x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as told:
            number = told.readline().strip()
        if not number:
            pytest.skip("Xvfb does not start here")
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(10)


def xdotool(*words: str) -> str:
    return subprocess.run(["xdotool", *words], capture_output=True, text=True, timeout=40, check=True).stdout.strip()


def window_id() -> str:
    return xdotool("search", "--sync", "--name", TITLE).splitlines()[0]


def corner() -> tuple[int, int]:
    """Where the window's picture begins on the screen."""
    words = dict(line.split("=") for line in xdotool("getwindowgeometry", "--shell", window_id()).splitlines())
    return int(words["X"]), int(words["Y"])
