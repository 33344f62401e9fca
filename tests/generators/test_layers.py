import pytest
import torch
from torch.nn import functional

from streamstyle.generators.layers import SHARP, SOFT, NormedResidual, Residual, smoothing
from streamstyle.generators.small import Small


@pytest.mark.parametrize(("kernel", "borders"), [(SOFT, (1, 1, 1, 1)), (SHARP, (1, 2, 1, 2))], ids=["soft", "sharp"])
def test_smoothing_squares_is_smoothing_the_plane(kernel: tuple[float, ...], borders: tuple[int, ...]) -> None:
    plane = torch.rand(1, 1, 16, 24)
    taps = torch.tensor(kernel) / sum(kernel)
    expected = functional.conv2d(functional.pad(plane, borders), (taps[:, None] * taps)[None, None])
    squares = functional.conv2d(functional.pixel_unshuffle(plane, 2), smoothing(kernel), padding=1)
    assert torch.allclose(functional.pixel_shuffle(squares, 2), expected, atol=1e-6)


@pytest.mark.parametrize("kernel", [SOFT, SHARP], ids=["soft", "sharp"])
def test_no_grid_of_two_pixels_passes(kernel: tuple[float, ...]) -> None:
    rows, columns = torch.meshgrid(torch.arange(16), torch.arange(16), indexing="ij")
    for grid in ((-1.0) ** rows, (-1.0) ** columns, (-1.0) ** (rows + columns)):
        squares = functional.pixel_unshuffle(grid[None, None], 2)
        passed = functional.pixel_shuffle(functional.conv2d(squares, smoothing(kernel), padding=1), 2)
        assert float(passed[..., 4:-4, 4:-4].abs().max()) < 1e-6


def test_plain_residual_blocks_start_as_nothing() -> None:
    features = torch.rand(1, 8, 6, 6)
    assert torch.equal(Residual(8)(features), features)
    assert not torch.equal(NormedResidual(8)(features), features)


def test_a_generator_says_which_kernel_it_has() -> None:
    assert Small(4, 4, 1).parameters_given["kernel"] == list(SHARP)
    given = Small(4, 4, 1, kernel=SOFT).parameters_given
    assert torch.equal(Small(**given).smooth, Small(4, 4, 1, SOFT).smooth)
