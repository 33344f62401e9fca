import numpy as np
import torch

from streamstyle.generators.cartoongan import CartoonGAN
from streamstyle.training.cartoongan import CartoonGANObjective
from streamstyle.training.cartoons import CartoonCrops
from tests.training.judges import random_features

STEPS = 2000


def objective(rate: float = 2e-4) -> CartoonGANObjective:
    torch.manual_seed(3)
    coarse = np.random.default_rng(1).integers(0, 2, (12, 12, 3)) * 255
    cartoon = coarse.repeat(8, 0).repeat(8, 1).astype(np.uint8)
    return CartoonGANObjective(random_features(), CartoonCrops([cartoon], 64), initial=10, rate=rate)


def test_the_initial_phase_looks_at_content_alone() -> None:
    box, model = objective(), CartoonGAN(width=2, blocks=1)
    photos = torch.rand(1, 3, 64, 64)
    assert list(box.losses(model, photos, 9, STEPS)) == ["content"]
    assert box.after_step() == {}
    assert list(box.losses(model, photos, 10, STEPS)) == ["content", "adversarial"]
    assert box.after_step()["judge"] > 0


def test_smoothed_edges_are_told_from_cartoons() -> None:
    box = objective(rate=1e-3)
    told = []
    for _ in range(25):
        sharp, smoothed = box._crops.draw(2)
        told.append(box.teach(smoothed, sharp, smoothed))
    assert told[-1] < told[0]
    sharp, smoothed = box._crops.draw(2)
    with torch.no_grad():
        assert box.judge(sharp).mean() > box.judge(smoothed).mean()
