"""A V4L2 camera for machines without one: a small library, preloaded into the capturing process only."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("drawn_camera.c")
NODE = "/dev/video70"


@pytest.fixture(scope="session")
def camera_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if sys.platform != "linux" or compiler is None:
        pytest.skip("the drawn V4L2 camera needs Linux and a C compiler")
    library = tmp_path_factory.mktemp("camera") / "camera.so"
    done = subprocess.run(
        [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE), "-ldl"], capture_output=True, timeout=60
    )
    if done.returncode:
        pytest.skip(f"the drawn V4L2 camera does not compile here: {done.stderr.decode()[:200]}")
    return library


@pytest.fixture
def camera_state(camera_library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Says how the camera behaves from now on: fine, busy, forbidden, silent or gone."""
    state = tmp_path / "state"

    def become(word: str) -> None:
        fresh = tmp_path / "state.new"
        fresh.write_text(word)
        fresh.replace(state)

    become("fine")
    monkeypatch.setenv("LD_PRELOAD", str(camera_library))
    monkeypatch.setenv("FAKE_CAMERA", str(state))
    return become
