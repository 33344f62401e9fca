"""What every test lives by: no thread left behind, no error logged, and no skip where the environment forbids it."""

import logging
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from streamstyle.frames import Image, blank, planes

SETTLE_SECONDS = 3.0
LASTING = ("ThreadPoolExecutor", "asyncio_", "pytest_timeout", "pydev", "tqdm_monitor")
"""Threads of libraries that live as long as the process."""


def required(what: str) -> bool:
    """Whether STREAMSTYLE_REQUIRE turns the absence of this into a failure."""
    return what in os.environ.get("STREAMSTYLE_REQUIRE", "").split(",")


def absent(what: str, reason: str) -> None:
    """Skips, or fails where the environment says that it must be here."""
    if required(what):
        pytest.fail(f"{what} is required here: {reason}")
    pytest.skip(reason)


@pytest.fixture(autouse=True)
def _clean_threads() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + SETTLE_SECONDS
    while left := [thread for thread in _new(before)]:
        if time.monotonic() > deadline:
            pytest.fail(f"threads left behind: {[thread.name for thread in left]}")
        time.sleep(0.02)


def _new(before: set[threading.Thread]) -> list[threading.Thread]:
    now = [thread for thread in threading.enumerate() if thread not in before and thread.is_alive()]
    return [thread for thread in now if not thread.name.startswith(LASTING)]


@pytest.fixture(autouse=True)
def _no_errors_logged(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    if request.node.get_closest_marker("logs_errors"):
        return
    errors = [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    assert not errors, f"logged: {[record.getMessage() for record in errors]}"


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests neither see nor change the user's styles; compiled engines are shared between tests of one run only."""
    monkeypatch.setenv("STREAMSTYLE_STYLES", str(tmp_path / "own-styles"))


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    before = os.environ.get("STREAMSTYLE_CACHE")
    os.environ["STREAMSTYLE_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["STREAMSTYLE_CACHE"]
    else:
        os.environ["STREAMSTYLE_CACHE"] = before


@pytest.fixture
def assets() -> Path:
    """The clips and pictures that lie beside the project, where they do."""
    folder = Path(__file__).parents[2] / "shared" / "assets"
    if not folder.is_dir():
        absent("assets", "the shared clips are not beside the project")
    return folder


def picture(width: int, height: int, luma: int = 128, blue: int = 128, red: int = 128) -> Image:
    """A plain I420 picture."""
    image = blank(width, height)
    for plane, value in zip(planes(image), (luma, blue, red), strict=True):
        plane[:] = value
    return image
