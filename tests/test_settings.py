"""Settings and the one place that holds them; the command line's own parts."""

import io

import pytest

from pipelines.options import brush, seconds, size_for
from streamstyle.errors import UsageError
from streamstyle.progress import Progress
from streamstyle.settings import Controls, Settings


@pytest.mark.parametrize(
    "change",
    [
        {"strength": 1.1},
        {"strength": -0.1},
        {"strength": float("nan")},
        {"strength": True},
        {"strength": "1"},
        {"brush": 0.1},
        {"quality": 0.1},
        {"split": 2},
        {"mirror": 1},
        {"style": None},
        {"style": 5},
        {"nonsense": 1},
    ],
)
def test_out_of_range_changes_nothing(change: dict[str, object]) -> None:
    controls = Controls(Settings("starry-night"))
    before = controls.now
    with pytest.raises(UsageError):
        controls.change(**change)
    assert controls.now == before


def test_changes_are_heard_until_they_are_not() -> None:
    controls = Controls(Settings("starry-night"))
    heard: list[float] = []
    stop = controls.listen(lambda settings: heard.append(settings.strength))
    controls.change(strength=0.5, split=None, second="udnie", blend=1)
    stop()
    stop()
    controls.change(strength=0.7)
    assert heard == [0.5]
    assert controls.now.second == "udnie"


def test_times_sizes_and_brushes() -> None:
    assert seconds("1:02:03.5") == 3723.5
    assert brush("auto") == 1
    assert size_for("720p", 1920, 1080) == (1280, 720)
    assert size_for("720p", 1080, 1920) == (720, 1280)
    assert size_for("64x48", 9, 9) == (64, 48)
    for wrong in ("big", "8x8", "99999p"):
        with pytest.raises(UsageError):
            size_for(wrong, 1920, 1080)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_shows_on_terminals_only() -> None:
    pipe, terminal = io.StringIO(), Terminal()
    for out in (pipe, terminal):
        bar = Progress(10, out=out)
        bar._shown -= 1
        bar.step()
        bar.finish()
    assert pipe.getvalue() == ""
    assert "1/10 pictures" in terminal.getvalue()
    assert "10%" in terminal.getvalue()
    assert "1 pictures" in Progress(None, out=pipe).line().replace("0 pictures", "1 pictures")
