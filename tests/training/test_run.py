"""The run, with a network of a few hundred weights: what it survives, and that resuming changes nothing."""

import errno
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from streamstyle.errors import InputError, MissingError, OutputError, StreamStyleError
from streamstyle.generators import build
from streamstyle.training.checkpoint import load_checkpoint, save_checkpoint, write_whole
from streamstyle.training.objectives import PerceptualObjective, Weights, style_of
from streamstyle.training.photos import Photos
from streamstyle.training.run import Plan, Report, Training, height
from streamstyle.training.watching import add_figures, write_plot, write_sheet
from tests.training.judges import random_features

TINY = {"stem": 4, "width": 4, "depth": 1}
PLAN = Plan(steps=6, batch=2, crop=64)


def photos() -> Photos:
    random = np.random.default_rng(3)
    pictures = [random.integers(0, 256, (80, 90, 3), np.uint8) for _ in range(4)]
    return Photos(pictures[:3], pictures[3:], seed=1)


def training(folder: Path, plan: Plan = PLAN, objective: Any = None) -> Training:
    if objective is None:
        features = random_features()
        objective = PerceptualObjective(features, style_of(features, photos().held_out), Weights(), seed=2)
    torch.manual_seed(0)
    return Training(build("small", TINY), objective, photos(), plan, folder, torch.device("cpu"))


class Plain:
    """Pulls the painting towards the photo; something is wrong from `bad` on."""

    margin = 0

    def __init__(self, bad: int | None = None) -> None:
        self.bad = bad

    def losses(self, generator: nn.Module, photos: Tensor, step: int, steps: int) -> Mapping[str, Tensor]:
        first = next(generator.parameters())
        wrong = float("nan") if self.bad is not None and step >= self.bad else 1.0
        return {"fine": first.square().mean(), "style": first.abs().mean() * wrong}

    def after_step(self) -> Mapping[str, float]:
        return {}

    def measure(self, painted: Tensor, photo: Tensor) -> Mapping[str, float]:
        return {}

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Nothing to load."""


def nothing(_: object) -> None:
    """Neither shows nor keeps."""


def test_resuming_equals_no_interruption_bit_for_bit(tmp_path: Path) -> None:
    whole = training(tmp_path / "whole")
    reports: list[Report] = []
    whole.run(reports.append, nothing)
    killed = training(tmp_path / "killed")
    for _ in range(3):
        killed.advance()
    killed.save()
    killed.advance()  # What comes after the last checkpoint is lost, and done again.
    # Nothing of the process that was killed lives on: other random numbers have been drawn meanwhile.
    again = training(tmp_path / "killed")
    torch.rand(7)
    again.photos.draw(1, 64)
    again.resume()
    later: list[Report] = []
    again.run(later.append, nothing)
    assert [report.step for report in later] == [4, 5, 6]
    assert [report.losses for report in later] == [report.losses for report in reports[3:]]
    for name, weights in whole.generator.state_dict().items():
        assert torch.equal(weights, again.generator.state_dict()[name]), name
    assert again.history == whole.history


def test_training_makes_the_losses_smaller(tmp_path: Path) -> None:
    reports: list[Report] = []
    training(tmp_path, Plan(steps=30, batch=2, crop=64), Plain()).run(reports.append, nothing)
    assert reports[-1].total < 0.9 * reports[0].total
    assert reports[-1].left == 0 and reports[9].left > 0


def test_what_is_not_a_number_stops_with_the_step_and_the_last_good_state(tmp_path: Path) -> None:
    run = training(tmp_path, Plan(steps=9, batch=1, crop=64), Plain(bad=5))
    for _ in range(4):
        run.advance()
    run.save()
    good = {name: value.clone() for name, value in run.generator.state_dict().items()}
    with pytest.raises(StreamStyleError, match=r"step 6: not a number any more: style; the last good .* \(step 4\)"):
        run.run(nothing, nothing)
    kept = load_checkpoint(run.checkpoint)
    assert kept["step"] == 4
    assert all(torch.equal(kept["generator"][name], value) for name, value in good.items())


def test_interrupting_leaves_a_checkpoint_of_the_very_step(tmp_path: Path) -> None:
    run = training(tmp_path, PLAN, Plain())

    def interrupt(report: Report) -> None:
        if report.step == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run.run(interrupt, nothing)
    assert load_checkpoint(run.checkpoint)["step"] == 3


def test_minutes_become_steps_once_a_step_has_been_timed(tmp_path: Path) -> None:
    run = training(tmp_path, Plan(minutes=0.002, batch=1, crop=64), Plain())
    run.run(nothing, nothing)
    assert run.step == run.steps >= 8


def test_minutes_hold_where_later_steps_cost_more(tmp_path: Path) -> None:
    class Tiring(Plain):
        def losses(self, generator: nn.Module, photos: Tensor, step: int, steps: int) -> Mapping[str, Tensor]:
            time.sleep(0.004 if step < 60 else 0.04)
            return super().losses(generator, photos, step, steps)

    run = training(tmp_path, Plan(minutes=0.08, batch=1, crop=64), Tiring())
    run.run(nothing, nothing)
    # 4.8 seconds; at the pace of the first steps it would have been thirty.
    assert 3 < run.seconds < 8


def test_no_space_keeps_the_former_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, {"step": 1})

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutputError, match="no space is left; the former one is kept"):
        save_checkpoint(path, {"step": 2})
    assert load_checkpoint(path)["step"] == 1
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="cannot be written"):
        write_whole(tmp_path / "file" / "checkpoint.pt", b"")


def test_resuming_refuses_what_does_not_fit(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="no checkpoint to resume"):
        training(tmp_path, PLAN, Plain()).resume()
    training(tmp_path, PLAN, Plain()).save()
    with pytest.raises(InputError, match="trained otherwise: crop was 64, not 80"):
        training(tmp_path, Plan(steps=6, batch=2, crop=80), Plain()).resume()
    other = Training(build("small", {**TINY, "depth": 2}), Plain(), photos(), PLAN, tmp_path, torch.device("cpu"))
    with pytest.raises(InputError, match="another generator"):
        other.resume()
    (tmp_path / "checkpoint.pt").write_bytes(b"garbage")
    with pytest.raises(InputError, match="not a checkpoint"):
        training(tmp_path, PLAN, Plain()).resume()


def test_the_rate_rises_and_falls() -> None:
    shares = [height(step / 100) for step in range(101)]
    top = shares.index(max(shares))
    assert top == 15 and shares[top] == pytest.approx(1)
    assert shares[:top] == sorted(shares[:top]) and shares[top:] == sorted(shares[top:], reverse=True)
    assert shares[0] == pytest.approx(0.04) and shares[-1] == pytest.approx(1e-3)


def test_sheet_and_plot_are_pictures(tmp_path: Path) -> None:
    import cv2

    run = training(tmp_path, PLAN, Plain())
    run.run(nothing, nothing)
    sheet = cv2.imread(str(write_sheet(tmp_path, run.generator, run.photos.held_out)))
    plot = cv2.imread(str(write_plot(tmp_path, run.history)))
    assert sheet is not None and plot is not None
    assert sheet.shape[0] > 256 and np.ptp(plot) > 200


def test_a_gradient_that_is_not_a_number_stops_before_it_does_harm(tmp_path: Path) -> None:
    class Steep(Plain):
        def losses(self, generator: nn.Module, photos: Tensor, step: int, steps: int) -> Mapping[str, Tensor]:
            # The root of nothing: a number, whose slope is none.
            first = next(generator.parameters())
            return {"style": (first * 0).square().sum().sqrt() if step == 1 else first.abs().mean()}

    run = training(tmp_path, PLAN, Steep())
    run.advance()
    with pytest.raises(StreamStyleError, match="step 2: not a number any more: the gradient; no state was saved yet"):
        run.advance()
    assert all(bool(weights.isfinite().all()) for weights in run.generator.parameters())


def test_figures_gain_a_row_at_a_time_and_forget_what_was_undone(tmp_path: Path) -> None:
    for step in (10, 20, 30, 20):
        path = add_figures(tmp_path, {"minutes": step / 10, "step": step, "style_distance": 1 / step})
    assert path.read_text().split() == ["minutes,step,style_distance", "1,10,0.1", "2,20,0.05"]
