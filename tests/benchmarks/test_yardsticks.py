import numpy as np
import torch
from torch import Tensor

from benchmarks.yardsticks import frechet, grid_ratios, optimised, samples


def noise(seed: int = 1) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.random.default_rng(seed).integers(100, 150, (160, 240, 3)).astype(np.uint8)


def test_a_grid_shows_where_it_is_and_noise_shows_none() -> None:
    plain = noise()
    assert all(0.1 < ratio < 6 for ratio in grid_ratios(plain).values())
    rows, squares, wide = plain.copy(), plain.copy(), plain.copy()
    rows[::2] += 10
    squares[::2, ::2] += 20
    wide += (10 * np.outer(np.arange(160) // 2 % 2, np.arange(240) // 2 % 2)).astype(np.uint8)[..., None]
    assert grid_ratios(rows)["1/2,0"] > 100 > 6 > grid_ratios(rows)["0,1/2"]
    assert min(grid_ratios(squares)[name] for name in ("1/2,1/2", "1/2,0", "0,1/2")) > 100
    assert grid_ratios(wide)["1/4,1/4"] > 50 and grid_ratios(wide)["1/2,1/2"] < 6


def test_frechet_of_normal_samples_is_what_their_moments_say() -> None:
    random = np.random.default_rng(2)
    one, other = random.normal(size=(20_000, 4)), random.normal(size=(20_000, 4)) * 2 + 1
    # Four means that differ by 1, and four deviations that differ by 1.
    np.testing.assert_allclose(frechet(one, other), 8, rtol=0.02)
    assert frechet(one, one) < 1e-9


def test_optimisation_finds_the_smallest_loss_inside_the_range() -> None:
    wanted = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(1)) * 2 - 0.5

    def loss(picture: Tensor) -> Tensor:
        return (picture - wanted).square().sum()

    picture, value = optimised(torch.full((1, 3, 8, 8), 0.5), loss, iterations=20)
    torch.testing.assert_close(picture, wanted.clamp(0, 1), atol=1e-3, rtol=0)
    np.testing.assert_allclose(value, float(loss(wanted.clamp(0, 1))), rtol=1e-3)


def test_samples_are_the_means_of_cells() -> None:
    features = torch.rand(2, 3, 12, 24, generator=torch.Generator().manual_seed(1))
    found = samples(features, cells=6)
    expected = features.reshape(2, 3, 6, 2, 6, 4).mean((3, 5)).permute(0, 2, 3, 1).reshape(72, 3)
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-5)
