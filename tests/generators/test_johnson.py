import pytest
import torch

from streamstyle.generators.johnson import Johnson


def convolution(inside: int, outside: int, size: int) -> int:
    return inside * outside * size * size + outside


def norm(channels: int) -> int:
    return 2 * channels


def test_parameters_are_those_of_the_papers_table() -> None:
    """Its supplementary table 1: 9x9x32, 3x3x64 and 3x3x128 with stride 2, five residual blocks of 128, up, 9x9x3."""
    down = convolution(3, 32, 9) + norm(32) + convolution(32, 64, 3) + norm(64) + convolution(64, 128, 3) + norm(128)
    trunk = 5 * 2 * (convolution(128, 128, 3) + norm(128))
    up = convolution(128, 64, 3) + norm(64) + convolution(64, 32, 3) + norm(32) + convolution(32, 3, 9)
    counted = sum(weight.numel() for weight in Johnson().parameters())
    assert counted == down + trunk + up == 1_679_235


@pytest.mark.parametrize(("height", "width"), [(16, 16), (24, 40)])
def test_pictures_keep_their_size(height: int, width: int) -> None:
    picture = torch.rand(2, 3, height, width)
    assert Johnson(4, 1)(picture).shape == picture.shape


def test_every_weight_learns() -> None:
    model = Johnson(4, 1)
    model(torch.rand(1, 3, 32, 32)).square().sum().backward()
    for name, weight in model.named_parameters():
        assert weight.grad is not None and torch.isfinite(weight.grad).all()
        # A bias in front of an instance norm is taken out again by it.
        normed = name.endswith(".0.bias")
        assert normed or weight.grad.abs().max() > 0, name


def test_borders_are_mirrored_not_black() -> None:
    """On an even picture zeros around it would show as a frame."""
    torch.manual_seed(0)
    with torch.no_grad():
        painted = Johnson(4, 1)(torch.full((1, 3, 32, 32), 0.7))
    assert painted.std((2, 3)).max() < 1e-4
