import numpy as np
import torch

from streamstyle.generators.multimodal import MultiModal
from streamstyle.generators.planes import luma
from streamstyle.training.hierarchical import HierarchicalObjective, style_sizes
from streamstyle.training.losses import grams, grid, relative, style_distance
from streamstyle.training.objectives import Weights, style_of
from tests.training.judges import random_features

FEATURES = random_features()
STEPS = 100
LAST = 80
"""All subnets learn by then; and judges look from the corner."""
PLAIN = Weights(style=2, content=3, tv=0, range=0)


def objective(weights: Weights = PLAIN) -> HierarchicalObjective:
    random = np.random.default_rng(1)
    paintings = [random.integers(0, 255, (side, side, 3)).astype(np.uint8) for side in (48, 64, 96)]
    return HierarchicalObjective(FEATURES, [style_of(FEATURES, [painting]) for painting in paintings], weights)


def photos() -> torch.Tensor:
    return torch.rand(1, 3, 128, 128, generator=torch.Generator().manual_seed(1))


def test_each_output_meets_its_own_painting_at_its_own_size() -> None:
    model, given = MultiModal(width=2), photos()
    box = objective()
    losses = box.losses(model, given, LAST, STEPS)
    assert list(losses) == [f"{kind} {name}" for name in ("coarse", "middle", "fine") for kind in KINDS]
    # The later subnets of a fresh model change nothing: so each loss can be worked out from the coarse output.
    quarter = given.reshape(1, 3, 32, 4, 32, 4).mean((3, 5))
    coarse = model.hierarchy(quarter)[0]
    found = FEATURES(coarse)
    expected = 2 * style_distance(grams(found, FEATURES.taps.style), box._paintings[0])
    torch.testing.assert_close(losses["style coarse"], expected, rtol=1e-3, atol=1e-5)
    content = relative(found[FEATURES.taps.content], FEATURES.content(quarter))
    torch.testing.assert_close(losses["content coarse"], 3 * content, rtol=1e-3, atol=1e-5)
    doubled = torch.nn.functional.interpolate(coarse, scale_factor=2, mode="bilinear")
    half = given.reshape(1, 3, 64, 2, 64, 2).mean((3, 5))
    content = relative(FEATURES.content(doubled), FEATURES.content(half))
    torch.testing.assert_close(losses["content middle"], 0.5 * 3 * content, rtol=1e-3, atol=1e-5)


KINDS = ("style", "content", "smooth")


def test_the_finest_loss_trains_the_coarsest_subnet() -> None:
    torch.manual_seed(1)
    model = MultiModal(width=2)
    losses = objective().losses(model, photos(), LAST, STEPS)
    torch.autograd.backward(losses["style fine"])
    gradient = next(p.grad for name, p in model.named_parameters() if name.startswith("style.together.5"))
    assert gradient is not None and gradient.abs().sum() > 0
    finest = next(p.grad for name, p in model.named_parameters() if name.startswith("refine.layers.8"))
    assert finest is not None and finest.abs().sum() > 0


def test_a_grid_counts_and_judges_look_from_another_corner_at_every_step() -> None:
    model, given = MultiModal(width=2), photos()
    plain, strict = objective(), objective(Weights(style=2, content=3, tv=0, range=0, grid=5))
    first, gridded = (box.losses(model, given, LAST, STEPS) for box in (plain, strict))
    fine = model(given)
    expected = 0.25 * (5 - PLAIN.grid) * grid(luma(fine))
    torch.testing.assert_close(gridded["smooth fine"] - first["smooth fine"], expected, rtol=1e-3, atol=1e-5)
    second = plain.losses(model, given, 86, STEPS)
    assert second["content fine"] != first["content fine"]
    content = relative(FEATURES.content(fine[..., 2:, 1:]), FEATURES.content(given[..., 2:, 1:]))
    torch.testing.assert_close(second["content fine"], 0.25 * 3 * content, rtol=1e-3, atol=1e-5)


def test_joint_training_lowers_the_loss() -> None:
    torch.manual_seed(1)
    model, given, box = MultiModal(width=2), photos(), objective()
    optimiser = torch.optim.Adam(model.parameters(), 2e-3)
    history = []
    for step in range(5):
        total = torch.stack(list(box.losses(model, given, LAST + step, STEPS).values())).sum()
        history.append(total.item())
        optimiser.zero_grad()
        torch.autograd.backward(total)
        optimiser.step()
    assert history[-1] < history[0]


def test_figures_are_those_of_the_largest_painting() -> None:
    given, box = photos(), objective()
    figures = box.measure(given, given)
    assert figures["content_distance"] == 0
    expected = style_distance(grams(FEATURES(given), FEATURES.taps.style), box._paintings[2]).item()
    np.testing.assert_allclose([figures["style_distance"], figures["photo_style_distance"]], expected)


def test_the_painting_halves_with_each_subnet_before() -> None:
    assert style_sizes(1024) == (256, 512, 1024)


def test_subnets_join_one_after_the_other_and_the_finest_of_them_is_given_the_whole_photo() -> None:
    model, given, box = MultiModal(width=2), photos(), objective()
    for share, subnets in ((0.0, 1), (0.39, 1), (0.4, 2), (0.64, 2), (0.65, 3), (1.0, 3)):
        losses = box.losses(model, given, round(share * STEPS), STEPS)
        assert [name for name in losses if name.startswith("style")] == [
            f"style {name}" for name in ("coarse", "middle", "fine")[:subnets]
        ]
    alone = box.losses(model, given, 0, STEPS)
    content = relative(FEATURES.content(model.hierarchy(given, 1)[0]), FEATURES.content(given))
    torch.testing.assert_close(alone["content coarse"], 3 * content, rtol=1e-3, atol=1e-5)


def test_a_subnet_that_has_learnt_goes_on_at_once() -> None:
    model, box = MultiModal(width=2), objective()
    assert model.begun == 1
    torch.nn.init.normal_(model.enhance.together[-1].get_parameter("weight"))
    assert model.begun == 2
    assert "style middle" in box.losses(model, photos(), 0, STEPS)
    torch.nn.init.normal_(model.refine.layers[-1].get_parameter("weight"))
    assert model.begun == 3
    assert "style fine" in box.losses(model, photos(), 0, STEPS)
