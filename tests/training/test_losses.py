from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from streamstyle.training import losses

SHIFT = (3, 5)


def pictures(seed: int, *shape: int) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def test_gram_is_what_numpy_says() -> None:
    features = pictures(0, 2, 5, 6, 7)
    flat = features.numpy().astype(np.float64).reshape(2, 5, 42)
    expected = np.einsum("nip,njp->nij", flat, flat) / 42
    np.testing.assert_allclose(losses.gram(features).numpy(), expected, rtol=1e-5)


def test_gram_is_in_singles_under_autocast() -> None:
    features = pictures(0, 1, 16, 32, 32)
    with torch.autocast("cpu", torch.bfloat16):
        halves = losses.gram(features.bfloat16())
    assert halves.dtype is torch.float32
    # What rounding the features costs, and no more: the sum itself is not rounded.
    assert torch.equal(halves, losses.gram(features.bfloat16()))


def test_gram_forgets_where_things_are() -> None:
    features = pictures(1, 1, 4, 8, 8)
    moved = features.flatten(2)[..., torch.randperm(64)].view(1, 4, 8, 8)
    assert torch.allclose(losses.gram(features), losses.gram(moved), atol=1e-6)


def test_style_distance_is_the_mean_of_relative_squares() -> None:
    found = {1: torch.tensor([[[2.0, 0.0], [0.0, 1.0]]]), 3: torch.tensor([[[3.0]]])}
    painting = {1: torch.tensor([[[1.0, 0.0], [0.0, 1.0]]]), 3: torch.tensor([[[2.0]]])}
    assert losses.style_distance(found, painting).item() == pytest.approx((1 / 2 + 1 / 4) / 2)


def test_mean_grams_of_one_are_its_own() -> None:
    one, other = ({1: pictures(seed, 1, 3, 3)} for seed in (0, 1))
    assert torch.equal(losses.mean_grams([one])[1], one[1])
    assert torch.allclose(losses.mean_grams([one, other])[1], (one[1] + other[1]) / 2)


def test_total_variation_of_stripes() -> None:
    stripes = torch.zeros(1, 1, 4, 4)
    stripes[..., ::2] = 1
    assert losses.total_variation(stripes).item() == pytest.approx(1.0)
    assert losses.total_variation(torch.full((1, 3, 4, 4), 0.3)).item() == 0


def test_outside_counts_what_no_screen_shows() -> None:
    picture = torch.tensor([-0.5, 0.0, 0.5, 1.0, 1.25, 0.75, 0.25, 0.1]).view(1, 1, 2, 4)
    assert losses.outside(picture).item() == pytest.approx((0.5 + 0.25) / 8)


@pytest.mark.parametrize("border", [0, 4])
def test_what_two_crops_share_is_compared_in_place(border: int) -> None:
    wide = pictures(2, 1, 3, 40, 40)
    first, later = wide[..., :32, :32], wide[..., SHIFT[0] : 32 + SHIFT[0], SHIFT[1] : 32 + SHIFT[1]]
    here, there = losses.overlap(first, SHIFT, border), losses.overlap(later, (-SHIFT[0], -SHIFT[1]), border)
    assert here.shape == (1, 3, 32 - SHIFT[0] - 2 * border, 32 - SHIFT[1] - 2 * border)
    assert losses.consistency(here, there).item() == 0
    assert losses.consistency(here, there.roll(1, -1)).item() > 0.01


def test_a_painting_may_become_lighter_as_the_photo_does() -> None:
    painted = pictures(3, 1, 3, 8, 8)
    assert losses.consistency(painted, painted + 0.1, torch.full((1, 1, 8, 8), 0.1)).item() == pytest.approx(
        0, abs=1e-9
    )
    assert losses.consistency(painted, painted, torch.full((1, 1, 8, 8), 0.1)).item() == pytest.approx(0.01, rel=1e-4)


@pytest.mark.parametrize("shift", [(0, 0), (2, 1)])
def test_features_that_only_moved_are_consistent(shift: tuple[int, int]) -> None:
    wide = pictures(4, 1, 6, 40, 40)
    first, later = wide[..., :32, :32], wide[..., shift[0] : 32 + shift[0], shift[1] : 32 + shift[1]]
    assert losses.feature_consistency(first, later, shift).item() < 1e-8
    assert losses.feature_consistency(first, later, (shift[0] + 1, shift[1])).item() > 0.1


def chequered(period: int, size: int = 64) -> Tensor:
    rows, columns = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    return ((rows % period < period // 2) ^ (columns % period < period // 2)).float()[None, None]


@pytest.mark.parametrize(("period", "where"), [(2, (0.5, 0.5)), (4, (0.25, 0.25))])
def test_a_grid_stands_out_where_it_is(period: int, where: tuple[float, float]) -> None:
    photo = pictures(5, 1, 1, 64, 64)
    clean, dirty = losses.grid_ratios(photo), losses.grid_ratios(photo + 0.2 * chequered(period))
    at = losses.GRIDS.index(where)
    assert dirty[at] > 20 * clean[at]
    assert losses.grid(photo + 0.2 * chequered(period)) > 2 * losses.grid(photo)


def test_an_even_picture_has_no_grid() -> None:
    assert losses.grid(torch.full((1, 1, 32, 32), 0.4)).item() == 0


LOSSES: dict[str, Callable[[Tensor], Tensor]] = {
    "gram": lambda picture: losses.gram(picture).square().mean(),
    "relative": lambda picture: losses.relative(picture, pictures(6, 1, 3, 16, 16)),
    "style": lambda picture: losses.style_distance(
        {1: losses.gram(picture)}, {1: losses.gram(pictures(7, 1, 3, 9, 9))}
    ),
    "total variation": losses.total_variation,
    # Away from its bends, of which a slope knows nothing.
    "outside": lambda picture: losses.outside(torch.where(pictures(12, 1, 3, 16, 16) > 0.5, 1.1, -0.3) + picture / 10),
    "consistency": lambda picture: losses.consistency(picture, pictures(8, 1, 3, 16, 16), pictures(9, 1, 1, 16, 16)),
    "features": lambda picture: losses.feature_consistency(picture, pictures(8, 1, 3, 16, 16), (1.5, 0.5)),
    "grid": lambda picture: losses.grid(picture[:, :1] + 0.3 * chequered(2, 16)),
}


@pytest.mark.parametrize("name", LOSSES)
def test_gradients_are_those_of_small_steps(name: str) -> None:
    """Along a random direction: the slope that is claimed is the slope."""
    loss = LOSSES[name]
    picture = pictures(10, 1, 3, 16, 16).requires_grad_()
    value = loss(picture)
    assert value.ndim == 0
    (slope,) = torch.autograd.grad(value, picture)
    direction = pictures(11, 1, 3, 16, 16) - 0.5
    step = 3e-3
    with torch.no_grad():
        measured = (loss(picture + step * direction) - loss(picture - step * direction)) / (2 * step)
    claimed = (slope * direction).sum()
    # The neighbours of a grid, and the size of features, are held fixed in the gradient on purpose.
    if name in ("grid", "features"):
        assert torch.isfinite(slope).all() and slope.any()
    else:
        assert claimed.item() == pytest.approx(measured.item(), rel=5e-2, abs=1e-5)
