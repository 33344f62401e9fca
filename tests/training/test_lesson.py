"""What a run is when nobody says otherwise, and what it does not overwrite."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
import torchvision
from safetensors.torch import save_file

from pipelines import train
from streamstyle.errors import UsageError
from streamstyle.training import lesson
from streamstyle.training.cartoongan import CartoonGANObjective
from streamstyle.training.checkpoint import save_checkpoint
from streamstyle.training.run import Training


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("material")
    random = np.random.default_rng(0)
    for kind, count in (("photos", 9), ("cartoons", 2)):
        (folder / kind).mkdir()
        for index in range(count):
            cv2.imwrite(str(folder / kind / f"{index}.png"), random.integers(0, 256, (150, 160, 3), np.uint8))
    torch.manual_seed(0)
    save_file(torchvision.models.squeezenet1_0().state_dict(), folder / "judge.safetensors")
    return folder


def asked(material: Path, *more: str) -> Namespace:
    parser = ArgumentParser()
    train.add_arguments(parser)
    words = [str(material / "photos" / "0.png"), "--photos", str(material / "photos"), "--name", "tiny"]
    words += ["--weights", str(material / "judge.safetensors"), "--steps", "4", "--width", "2"]
    return parser.parse_args([*words, *more])


@pytest.mark.parametrize(
    ("more", "crop", "rate", "short_side"),
    [
        (["--generator", "small"], 256, 4e-3, 360),
        (["--generator", "small", "--style-size", "256"], 256, 4e-3, 240),
        (["--generator", "johnson", "--crop", "64", "--rate", "0.001"], 64, 1e-3, 360),
        (["--generator", "multimodal"], 384, 2e-3, 960),
        (["--generator", "cartoon", "--cartoons", "cartoons"], 256, 2e-4, 360),
        (["--generator", "small", "--cartoons", "cartoons"], 256, 5e-4, 360),
    ],
)
def test_each_generator_has_a_usual_way_to_be_trained(
    material: Path, tmp_path: Path, more: list[str], crop: int, rate: float, short_side: int
) -> None:
    words = [str(material / word) if word == "cartoons" else word for word in more]
    ready = lesson.prepare(asked(material, *words), tmp_path)
    assert (ready.training.plan.crop, ready.training.plan.rate) == (crop, rate)
    card = ready._card()
    assert card.short_side == short_side and (card.training["crop"], card.training["rate"]) == (crop, rate)


def test_an_unfinished_run_is_not_lost_for_want_of_a_word(material: Path, tmp_path: Path) -> None:
    ready = lesson.prepare(asked(material), tmp_path)
    ready.training.step = 3
    ready.training.save()
    with pytest.raises(UsageError, match="stopped at step 3 of 4: --resume goes on, --overwrite starts anew"):
        lesson.prepare(asked(material), tmp_path)
    assert lesson.prepare(asked(material, "--resume"), tmp_path).training.step == 3
    assert lesson.prepare(asked(material, "--overwrite"), tmp_path).training.step == 0


def test_a_finished_run_may_be_done_again(material: Path, tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "checkpoint.pt", {"step": 4, "steps": 4})
    assert lesson.prepare(asked(material), tmp_path).training.step == 0


@pytest.mark.parametrize("family", ["johnson", "multimodal", "cartoon", "cartoongan"])
def test_every_objective_goes_on_as_if_nothing_had_happened(material: Path, tmp_path: Path, family: str) -> None:
    words = ["--generator", family, "--crop", "64", "--batch", "1", "--style-size", "128"]
    if family.startswith("cartoon"):
        words += ["--cartoons", str(material / "cartoons")]

    def prepared(*more: str) -> Training:
        training = lesson.prepare(asked(material, *words, *more), tmp_path).training
        if isinstance(training.objective, CartoonGANObjective):
            # Without its initial phase, in which there is no discriminator.
            training.objective._initial = 0
        return training

    whole = prepared()
    whole.advance()
    whole.save()
    expected = [whole.advance().losses for _ in range(2)]
    again = prepared("--resume")
    assert [again.advance().losses for _ in range(2)] == expected
    for name, weights in whole.generator.state_dict().items():
        assert torch.equal(weights, again.generator.state_dict()[name]), name
