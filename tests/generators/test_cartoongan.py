import torch

from streamstyle.generators.cartoongan import CartoonGAN


def test_parameters_are_those_of_the_paper() -> None:
    """11.13 million, as White-box Cartoonization's table counts CartoonGAN; convolutions with bias, affine norms."""

    def convolution(inside: int, outside: int, size: int = 3) -> int:
        return inside * outside * size * size + outside

    flat = convolution(3, 64, 7) + convolution(64, 3, 7)
    down = convolution(64, 128) + convolution(128, 128) + convolution(128, 256) + convolution(256, 256)
    up = convolution(256, 128) + convolution(128, 128) + convolution(128, 64) + convolution(64, 64)
    norms = 2 * (64 + 128 + 256 + 16 * 256 + 128 + 64)
    count = sum(parameter.numel() for parameter in CartoonGAN().parameters())
    assert count == flat + down + 16 * convolution(256, 256) + up + norms == 11_129_667


def test_keeps_the_size_the_range_and_trains_every_layer() -> None:
    torch.manual_seed(1)
    model = CartoonGAN(width=4, blocks=2)
    picture = torch.rand(2, 3, 32, 48)
    painted = model(picture)
    assert painted.shape == picture.shape
    assert painted.min() >= 0 and painted.max() <= 1
    torch.autograd.backward((painted**3).mean())
    assert all(parameter.grad is not None for parameter in model.parameters())
    weights = {name: p.grad for name, p in model.named_parameters() if name.endswith("weight")}
    assert all(gradient is not None and gradient.abs().sum() > 0 for gradient in weights.values())
