"""Tiny styles, and the webcam command as a process of its own."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from streamstyle.packs import GRAPH, WEIGHTS, Manifest, write_pack
from tests.engines.graphs import tiny_graph

ROOT = Path(__file__).parents[2]


@pytest.fixture
def own_styles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`plain`, which changes nothing, and `tiny`, which changes everything."""
    folder = tmp_path / "styles"
    folder.mkdir()
    for name in ("plain", "tiny"):
        graph, weights = tiny_graph(identity=name == "plain")
        write_pack(folder / f"{name}.style", Manifest(name, name, "tiny"), {GRAPH: graph, WEIGHTS: weights})
    monkeypatch.setenv("STREAMSTYLE_STYLES", str(folder))
    return folder


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Starts the command as a person would; whatever still runs is ended."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: str, **environment: str) -> "subprocess.Popen[str]":
        code = "import sys; from streamstyle import cli; sys.exit(cli.main(None, {'webcam': 'pipelines.webcam'}))"
        command = [sys.executable, "-c", code, "webcam", "--style", "plain", *words]
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
