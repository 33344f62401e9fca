import torch

from streamstyle.generators.cartoon import Cartoon


def test_parameters_are_those_of_the_paper() -> None:
    """1.48 million in the paper's table; 7x7, strided and plain 3x3, four residual blocks, additions for skips."""

    def convolution(inside: int, outside: int, size: int = 3) -> int:
        return inside * outside * size * size + outside

    down = convolution(3, 32, 7) + convolution(32, 32) + convolution(32, 64) + convolution(64, 64)
    deep = convolution(64, 128) + 4 * 2 * convolution(128, 128) + convolution(128, 64)
    up = convolution(64, 64) + convolution(64, 32) + convolution(32, 32) + convolution(32, 3, 7)
    count = sum(parameter.numel() for parameter in Cartoon().parameters())
    assert count == down + deep + up == 1_467_075


def test_keeps_the_size_and_trains_every_layer() -> None:
    torch.manual_seed(1)
    model = Cartoon(width=4)
    picture = torch.rand(2, 3, 32, 48)
    painted = model(picture)
    assert painted.shape == picture.shape
    torch.autograd.backward((painted**2).mean())
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


def test_the_guided_filter_gives_the_photos_edges_back() -> None:
    """A network that only blurs comes out sharper than it painted."""
    torch.manual_seed(1)
    model = Cartoon(width=4)
    photo = torch.zeros(1, 3, 32, 32)
    photo[..., 16:] = 1
    blurred = torch.nn.functional.avg_pool2d(photo, 5, 1, 2, count_include_pad=False) * 2 - 1
    model.unfiltered = lambda photo: blurred  # type: ignore[method-assign]
    step = (model(photo)[..., 16] - model(photo)[..., 15]).mean()
    assert step > 1.9 * ((blurred[..., 16] - blurred[..., 15]) / 2).mean()
