import pytest
import torch
from torch import nn

from streamstyle.generators.small import Small
from streamstyle.training.losses import grid_ratios


def convolution(inside: int, outside: int) -> int:
    return inside * outside * 9 + outside


def stirred(model: Small, seed: int = 0) -> Small:
    """Weights that leave nothing at its start, where some are zero or equal."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn(weight.shape, generator=generator) * 0.1)
    return model


@pytest.mark.parametrize(("stem", "width", "depth"), [(24, 32, 5), (8, 16, 2)])
def test_parameters_are_those_of_its_layers(stem: int, width: int, depth: int) -> None:
    layers = convolution(6, stem) + convolution(stem, width) + depth * 2 * convolution(width, width)
    layers += convolution(width, stem) + convolution(stem, 6)
    norms = 2 * (stem + width + width)
    assert sum(weight.numel() for weight in Small(stem, width, depth).parameters()) == layers + norms


def test_the_names_of_its_weights_are_what_packs_hold() -> None:
    layers = ["stem", "stem_norm", "down", "down_norm", "trunk.0.first", "trunk.0.second", "trunk_norm", "up", "head"]
    expected = {f"{layer}.{kind}" for layer in layers for kind in ("weight", "bias")}
    assert set(Small(8, 8, 1).state_dict()) == expected


@pytest.mark.parametrize(("height", "width"), [(32, 32), (24, 40)])
def test_planes_keep_their_size(height: int, width: int) -> None:
    planes = torch.rand(2, 6, height // 2, width // 2)
    assert Small(8, 8, 1)(planes).shape == planes.shape


def test_every_weight_learns() -> None:
    model = stirred(Small(8, 8, 2))
    model(torch.rand(1, 6, 16, 16)).square().sum().backward()
    silent = [name for name, weight in model.named_parameters() if weight.grad is None or not weight.grad.any()]
    # A bias in front of an instance norm is taken out again by it.
    assert set(silent) <= {"stem.bias", "down.bias"}
    assert all(torch.isfinite(weight.grad).all() for weight in model.parameters() if weight.grad is not None)


def test_no_grid_of_two_pixels_whatever_the_weights() -> None:
    torch.manual_seed(3)
    model = stirred(Small(8, 8, 2))
    with torch.no_grad():
        # The four pixels of a square as different as can be: a head that wants to paint a chequerboard.
        model.head.weight[:4] *= torch.tensor([3.0, -3.0, -3.0, 3.0]).view(4, 1, 1, 1)
        planes = model(torch.rand(1, 6, 64, 64))
    luma = nn.functional.pixel_shuffle(planes[:, :4], 2)
    assert grid_ratios(luma)[:3].max() < 2


def test_pictures_of_a_batch_do_not_see_one_another() -> None:
    model = stirred(Small(8, 8, 1)).eval()
    planes = torch.rand(2, 6, 16, 16)
    with torch.no_grad():
        assert torch.allclose(model(planes)[1:], model(planes[1:]), atol=1e-6)


def test_black_and_white_are_within_reach() -> None:
    model = Small(8, 8, 1)
    head = model.head
    assert head.bias is not None
    with torch.no_grad():
        head.bias[:] = 20
        assert model(torch.rand(1, 6, 16, 16)).min() >= 1
        head.bias[:] = -20
        assert model(torch.rand(1, 6, 16, 16)).max() <= 0
