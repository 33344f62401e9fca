"""The keys of the window, and the desk that they reach."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from streamstyle.cameras import LIVE, now
from streamstyle.frames import Frame, MediaInfo, Sink
from streamstyle.live.desk import Desk
from streamstyle.live.keys import KEYS, listed
from streamstyle.live.meter import Meter
from streamstyle.live.recorder import Recorder
from streamstyle.screens.nowhere import NullSink
from streamstyle.screens.several import Several
from streamstyle.screens.window import Key, Line, Shut
from streamstyle.settings import Controls, Settings

INFO = MediaInfo(64, 32, Fraction(30), live=True)
STYLES = ("alpha", "beta", "gamma")


class Ended:
    count = 0

    def __call__(self) -> None:
        self.count += 1


@pytest.fixture
def ended() -> Ended:
    return Ended()


@pytest.fixture
def desk(tmp_path: Path, ended: Ended) -> Iterator[Desk]:
    def recorder(path: Path) -> Sink:
        return Recorder(str(path), INFO)

    desk = Desk(Controls(Settings("alpha")), STYLES, INFO, ended, recorder, tmp_path)
    with Several([("null", NullSink())], print) as sinks:
        desk.sinks = sinks
        yield desk


def press(desk: Desk, *names: str) -> Settings:
    for name in names:
        desk.heard(Key(name))
    return desk.controls.now


def test_no_key_means_two_things() -> None:
    names = [name for key in KEYS for name in key.names]
    assert len(names) == len(set(names))
    assert not any(name.isdigit() or name.isupper() for name in names)


def test_styles_go_round_and_by_number(desk: Desk) -> None:
    assert press(desk, "n").style == "beta"
    assert press(desk, "n", "n").style == "alpha"
    assert press(desk, "p").style == "gamma"
    assert press(desk, "2").style == "beta"
    assert press(desk, "9").style == "beta"


def test_a_style_that_is_not_leafed_through_is_left_for_the_ends(desk: Desk) -> None:
    desk.controls.change(style="heavy")
    assert press(desk, "n").style == "alpha"
    desk.controls.change(style="heavy")
    assert press(desk, "p").style == "gamma"
    desk.controls.change(style="heavy")
    assert [press(desk, "b").second for _ in range(4)] == ["alpha", "beta", "gamma", None]


def test_a_second_style_is_mixed_in(desk: Desk) -> None:
    settings = press(desk, "b")
    assert (settings.second, settings.blend) == ("beta", 0.5)
    assert press(desk, ">").blend == pytest.approx(0.6)
    assert press(desk, "b").second == "gamma"
    settings = press(desk, "b")
    assert (settings.second, settings.blend) == (None, 0.0)


@pytest.mark.parametrize(
    ("keys", "setting", "value"),
    [
        ("--", "strength", 0.8),
        ("-" * 20, "strength", 0.0),
        ("-=", "strength", 1.0),
        ("]", "brush", 1.125),
        ("]" * 30, "brush", 2.0),
        ("[" * 30, "brush", 0.5),
        (";;", "steady", 0.7),
        ("''", "steady", 1.0),
    ],
)
def test_amounts_move_within_their_limits(desk: Desk, keys: str, setting: str, value: float) -> None:
    assert getattr(press(desk, *keys), setting) == pytest.approx(value)


def test_the_line_moves_by_keys_and_mouse_only_where_it_stands(desk: Desk) -> None:
    desk.heard(Line(0.2))
    assert press(desk, "left").split is None
    assert press(desk, "v").split == 0.5
    assert press(desk, "right", "right").split == pytest.approx(0.54)
    desk.heard(Line(0.2))
    assert desk.controls.now.split == 0.2
    assert press(desk, *["left"] * 20).split == 0.0
    assert press(desk, "v").split is None


@pytest.mark.parametrize(("key", "setting"), [("f", "freeze"), ("space", "freeze"), ("m", "mirror"), ("o", "overlay")])
def test_switches(desk: Desk, key: str, setting: str) -> None:
    assert getattr(press(desk, key), setting) is True
    assert getattr(press(desk, key), setting) is False


@pytest.mark.parametrize("event", [Key("q"), Key("escape"), Shut()])
def test_quitting_ends_the_stream(desk: Desk, ended: Ended, event: Key | Shut) -> None:
    desk.heard(event)
    assert ended.count == 1


def test_a_snapshot_is_the_picture_shown(desk: Desk, tmp_path: Path) -> None:
    image = np.full((48, 64), 128, np.uint8)
    image.reshape(-1)[: 64 * 32] = 180
    press(desk, "s")
    assert list(tmp_path.iterdir()) == []
    desk.shown(Frame(image, now(), LIVE))
    press(desk, "s", "s")
    first, second = sorted(tmp_path.iterdir())
    assert first.suffix == second.suffix == ".png"
    seen = cv2.imread(str(first))
    assert seen is not None
    assert seen.shape == (32, 64, 3)
    np.testing.assert_allclose(seen, 191, atol=2)


def test_a_snapshot_that_cannot_be_kept_is_said_and_nothing_breaks(desk: Desk) -> None:
    desk.folder = desk.folder / "gone"
    desk.shown(Frame(np.full((48, 64), 128, np.uint8), now(), LIVE))
    press(desk, "s")
    assert "cannot be written" in desk.overlay._word[0]


def test_recording_begins_and_ends_at_a_key(desk: Desk, tmp_path: Path) -> None:
    assert desk.sinks is not None
    press(desk, "r", "o")
    assert "REC" in (desk.figures("alpha", Meter()) or "")
    for number in range(4):
        desk.sinks.write(Frame(np.full((48, 64), 50, np.uint8), number * 33_000, LIVE))
    press(desk, "r")
    assert desk.sinks.names == ("null",)
    [path] = tmp_path.iterdir()
    assert path.suffix == ".mp4"
    assert path.stat().st_size > 500
    assert "REC" not in (desk.figures("alpha", Meter()) or "")


def test_the_figures_name_both_styles(desk: Desk) -> None:
    desk.controls.change(overlay=True, second="beta", blend=0.4)
    assert (desk.figures("alpha", Meter()) or "").startswith("alpha + beta 40%  ")
    desk.controls.change(second=None)
    assert (desk.figures("alpha", Meter()) or "").startswith("alpha  ")


def test_the_help_lists_every_key(desk: Desk) -> None:
    lines = listed()
    assert len(lines) == len(KEYS) + 1
    assert all(key.help in "\n".join(lines) for key in KEYS)
    picture = np.full((720 * 3 // 2, 1280), 128, np.uint8)
    before = desk.overlay(picture, None)
    press(desk, "?")
    after = desk.overlay(picture, None)
    assert before is not after
    press(desk, "?")


def test_the_figures_are_shown_only_where_wanted(desk: Desk) -> None:
    meter = Meter(lambda: 3)
    assert desk.figures("alpha", meter) is None
    press(desk, "o")
    for _ in range(3):
        meter.left(Frame(np.zeros((48, 64), np.uint8), now() - 40_000, LIVE))
    desk.controls.change(quality=0.6)
    line = desk.figures("alpha", meter)
    assert line is not None
    assert line.startswith("alpha")
    assert "40 ms" in line
    assert "3 dropped" in line
    assert "quality 60%" in line
