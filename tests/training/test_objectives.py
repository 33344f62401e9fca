import numpy as np
import pytest
import torch
from torch import nn

from streamstyle.generators import build
from streamstyle.generators.planes import luma, paint
from streamstyle.training.losses import GRIDS, consistency, feature_consistency, grid, grid_ratios, overlap
from streamstyle.training.objectives import BORDER, PerceptualObjective, Weights, style_of
from tests.training.judges import random_features

STEPS = 2000
PHOTOS = torch.rand(2, 3, 104, 104, generator=torch.Generator().manual_seed(4))
PAINTING = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)


def objective(weights: Weights, seed: int = 0) -> PerceptualObjective:
    features = random_features()
    return PerceptualObjective(features, style_of(features, [PAINTING]), weights, seed)


class Pass(nn.Module):
    """Paints the photo itself."""

    domain = "rgb"

    def __init__(self, gain: float = 1.0) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.tensor(gain))

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        return picture * self.gain


def test_every_loss_reaches_every_weight_that_it_should() -> None:
    torch.manual_seed(0)
    generator = build("small", {"stem": 4, "width": 4, "depth": 1})
    losses = objective(Weights()).losses(generator, PHOTOS, 500, STEPS)
    assert set(losses) == {"style", "content", "tv", "grid", "range", "steady", "steady features"}
    torch.autograd.backward(sum(losses.values(), torch.zeros(())))
    silent = [name for name, weight in generator.named_parameters() if weight.grad is None]
    assert not silent
    assert all(bool(weight.grad.isfinite().all()) for weight in generator.parameters() if weight.grad is not None)


def test_steadiness_sees_noise_but_not_motion_or_light() -> None:
    quiet = objective(Weights(steady=1.0, ramp=1))
    # The photo itself follows light exactly, so only the grain is left: at most four levels.
    change = quiet.losses(Pass(), PHOTOS * 0.5 + 0.25, 0, STEPS)["steady"].item()
    assert change < 2 * (4 / 255) ** 2
    loud = objective(Weights(steady=1.0, ramp=1)).losses(Pass(4.0), PHOTOS * 0.5 + 0.25, 0, STEPS)["steady"].item()
    assert loud > 4 * change


def test_the_ramp_holds_steadiness_back_at_first() -> None:
    ramped = Weights(ramp=100)
    early, late = (objective(ramped).losses(Pass(), PHOTOS, step, STEPS)["steady"].item() for step in (0, 1000))
    assert early == pytest.approx(late / 100, rel=1e-4)


def test_without_steadiness_nothing_is_cut_off() -> None:
    plain = objective(Weights(steady=0.0))
    assert plain.margin == 0
    assert "steady" not in plain.losses(Pass(), PHOTOS, 0, STEPS)


def test_overlap_shows_the_same_place() -> None:
    scene = torch.rand(1, 3, 60, 70)
    one, other = scene[..., :50, :60], scene[..., 4:54, 7:67]
    assert torch.equal(overlap(one, (4, 7), 2), overlap(other, (-4, -7), 2))
    assert float(consistency(overlap(one, (4, 7)), overlap(other, (-4, -7)))) == 0


def test_features_follow_a_fractional_flow() -> None:
    ramp = torch.arange(24, dtype=torch.float32).expand(1, 1, 24, 24) + 5
    moved = ramp + 0.75
    assert float(feature_consistency(ramp, moved, (0, 0.75))) == pytest.approx(0, abs=1e-8)
    assert float(feature_consistency(ramp, moved, (0, 0))) > 1e-4


@pytest.mark.parametrize("where", range(len(GRIDS)))
def test_a_grid_stands_out_where_it_is(where: int) -> None:
    down, across = GRIDS[where]
    rows, columns = torch.meshgrid(torch.arange(64), torch.arange(64), indexing="ij")
    wave = torch.cos(2 * torch.pi * (down * rows + across * columns))
    noise = torch.rand(1, 1, 64, 64, generator=torch.Generator().manual_seed(0)) * 0.1
    ratios = grid_ratios(noise + 0.05 * wave)
    assert int(ratios.argmax()) == where and float(ratios[where]) > 20
    assert float(grid(noise + 0.05 * wave)) > float(grid(noise)) + 0.3


def test_the_measures_of_a_photo_left_alone() -> None:
    photo = PHOTOS[:1, :, :64, :64]
    figures = objective(Weights()).measure(photo, photo)
    assert figures["content_distance"] == 0
    assert figures["style_distance"] == pytest.approx(figures["photo_style_distance"])
    assert figures["grid"] == figures["photo_grid"]
    assert BORDER * 2 < 64
    assert paint(Pass(), photo).shape == photo.shape and luma(photo).shape == (1, 1, 64, 64)


def test_keeping_colours_leaves_the_style_to_brightness() -> None:
    kept = Weights(colour=100.0, steady=0.0)
    red = PHOTOS * torch.tensor([1.0, 0.3, 0.3]).view(1, 3, 1, 1)
    same = torch.cat([luma(red)] * 3, dim=1)
    # Each looks from a place of its own; equal seeds choose equal places.
    coloured, plain = (objective(kept).losses(Pass(), photos, 0, STEPS) for photos in (red, same))
    assert coloured["style"].item() == pytest.approx(plain["style"].item(), rel=1e-4)
    assert coloured["colour"].item() == 0

    class Grey(Pass):
        def forward(self, picture: torch.Tensor) -> torch.Tensor:
            return luma(picture).expand_as(picture) * self.gain

    assert objective(kept).losses(Grey(), red, 0, STEPS)["colour"].item() > 0.01
