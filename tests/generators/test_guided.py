import numpy as np
import torch
from numpy.typing import NDArray

from streamstyle.generators.guided import guided_filter

Doubles = NDArray[np.float64]


def brute_force(guide: Doubles, picture: Doubles, radius: int, epsilon: float) -> Doubles:
    """The definition, window by window: a line fitted in each, and the mean of all lines over a pixel."""
    height, width = guide.shape
    slopes, offsets = np.zeros_like(guide), np.zeros_like(guide)

    def window(row: int, column: int) -> tuple[slice, slice]:
        return (
            slice(max(row - radius, 0), min(row + radius + 1, height)),
            slice(max(column - radius, 0), min(column + radius + 1, width)),
        )

    for row in range(height):
        for column in range(width):
            here, there = guide[window(row, column)], picture[window(row, column)]
            slope = ((here * there).mean() - here.mean() * there.mean()) / (here.var() + epsilon)
            slopes[row, column], offsets[row, column] = slope, there.mean() - slope * here.mean()
    result = np.zeros_like(guide)
    for row in range(height):
        for column in range(width):
            near = window(row, column)
            result[row, column] = slopes[near].mean() * guide[row, column] + offsets[near].mean()
    return result


def test_equals_the_definition_worked_out_window_by_window() -> None:
    random = np.random.default_rng(1)
    guide, picture = random.random((2, 3, 11, 14))
    for radius, epsilon in ((1, 5e-3), (3, 0.05)):
        found = guided_filter(torch.tensor(guide)[None], torch.tensor(picture)[None], radius, epsilon)[0]
        expected = np.stack([brute_force(*pair, radius, epsilon) for pair in zip(guide, picture, strict=True)])
        np.testing.assert_allclose(found.numpy(), expected, atol=1e-5)


def test_an_edge_of_the_guide_stays_and_noise_goes() -> None:
    noise = torch.randn(1, 1, 32, 32, generator=torch.Generator().manual_seed(2)) * 0.02
    edge = torch.zeros(1, 1, 32, 32)
    edge[..., 16:] = 1
    filtered = guided_filter(edge, edge + noise, radius=3, epsilon=0.01)
    assert (filtered[..., 16] - filtered[..., 15]).min() > 0.9
    assert filtered[..., :12].std() < noise.std() / 3


def test_gradients_reach_guide_and_picture() -> None:
    guide = torch.rand(1, 3, 8, 8, requires_grad=True)
    picture = torch.rand(1, 3, 8, 8, requires_grad=True)
    torch.autograd.backward((guided_filter(guide, picture, 1, 0.01) ** 2).sum())
    for given in (guide, picture):
        assert given.grad is not None and given.grad.abs().min() > 0
