"""Another style, a second one or another size while pictures go on: the old engine paints until the new one is in."""

import threading
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engines.choice import open_engine
from pipelines.options import EngineOptions
from pipelines.stylist import Stylist
from streamstyle.frames import Engine, Frame, MediaInfo
from streamstyle.packs import GRAPH, WEIGHTS, Manifest, write_pack
from streamstyle.settings import Controls, Settings
from tests.engines.graphs import tiny_graph

INFO = MediaInfo(320, 240, Fraction(30), live=True)


class Gate:
    """Opens engines, the first at once and each later one only when told."""

    def __init__(self) -> None:
        self.asked = 0
        self.open = threading.Event()

    def __call__(self, *words: Any, **options: Any) -> Engine:
        self.asked += 1
        if self.asked > 1:
            assert self.open.wait(30)
        return open_engine(*words, **options)


@pytest.fixture
def styles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAMSTYLE_STYLES", str(tmp_path))
    for name in ("plain", "tiny"):
        graph, weights = tiny_graph(identity=name == "plain")
        write_pack(tmp_path / f"{name}.style", Manifest(name, name, "tiny"), {GRAPH: graph, WEIGHTS: weights})


@pytest.mark.parametrize(
    "changes",
    [{"style": "tiny"}, {"second": "tiny", "blend": 0.5}, {"quality": 0.5}],
    ids=["style", "blend", "quality"],
)
def test_no_picture_waits_for_a_new_engine(styles: None, changes: dict[str, Any]) -> None:
    controls, gate = Controls(Settings("plain")), Gate()
    stylist = Stylist(INFO, controls, EngineOptions(), gate)
    picture = np.random.default_rng(1).integers(60, 200, (360, 320), np.uint8)
    number = 0

    def painted() -> Frame:
        nonlocal number
        number += 1
        return stylist(Frame(picture, number, Fraction(1, 30)))

    def engines() -> list[Engine]:
        painted()
        return list(stylist._painter.engines)

    try:
        before = engines()
        controls.change(**changes)
        # Each of these would hang if it waited: nothing is let through yet.
        for _ in range(5):
            assert engines() == before
        until(lambda: gate.asked == 2)
        assert stylist.style == "plain"
        gate.open.set()
        until(lambda: engines() != before)
        assert stylist.style == changes.get("style", "plain")
        assert len(engines()) == (2 if "blend" in changes else 1)
        # Back again at once: the old engine was kept.
        controls.change(style="plain", second=None, blend=0.0, quality=1.0)
        assert engines() == before
        assert gate.asked == 2
    finally:
        gate.open.set()
        stylist.close()


def until(check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not check():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)
