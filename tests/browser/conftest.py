"""The real command, a real Chromium with a film for a camera, and the page connected: one launch for everything."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.chromium import camera_film, chromium
from tests.conftest import absent

ROOT = Path(__file__).parents[2]
STYLES = ("starry-night", "udnie", "great-wave")
ELSEWHERE = "http://127.0.0.1:9"
"""The origin of a page that is not ours: the browser is handed it, nobody serves it."""
GENEROUS = 30_000
"""Milliseconds: machines that test are busy ones."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The real command with a real style, on two rooms' worth of peers."""
    from streamstyle import library

    if STYLES[0] not in library.styles():
        pytest.skip("no style ships yet")
    process = subprocess.Popen(
        [
            sys.executable,
            "run_stream.py",
            "call",
            "--port",
            "0",
            "--peers",
            "1",
            "--style",
            STYLES[0],
            "--origin",
            ELSEWHERE,
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "STREAMSTYLE_STYLES": str(tmp_path_factory.mktemp("styles"))},
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line.startswith("open "), line
        yield line.split()[1]
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            status = process.wait(30)
        finally:
            process.kill()
            process.stdout.close()
        assert status == 0


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    if shutil.which("chromium") is None:
        absent("browser", "chromium is not installed")
    film = camera_film(tmp_path_factory.mktemp("camera") / "camera.y4m", 640, 360)
    with chromium(film, viewport={"width": 1280, "height": 800}) as context:
        context.set_default_timeout(GENEROUS)
        yield context


@pytest.fixture(scope="module")
def page(browser: Any, server: str) -> Iterator[Any]:
    """The page, connected; nothing may have gone wrong in it at the end."""
    page = browser.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if "Content Security" in message.text else None)
    page.goto(f"{server}?size=640x360")
    page.wait_for_selector("#gallery [role=radio]")
    page.click("#start")
    page.wait_for_selector("#stage[data-state=live]")
    yield page
    assert not wrong
    with contextlib.suppress(Exception):
        page.close()
