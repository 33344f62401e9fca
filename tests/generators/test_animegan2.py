import torch

from streamstyle.generators.animegan2 import AnimeGAN2


def test_parameters_are_those_of_the_published_layout() -> None:
    """Every convolution without bias but the depthwise ones, and two numbers per channel for every group norm."""

    def block(inside: int, outside: int, size: int = 3) -> int:
        return inside * outside * size * size + 2 * outside

    def inverted(inside: int, outside: int) -> int:
        inner = 2 * inside
        depthwise = inner * 9 + inner + 2 * inner
        return block(inside, inner, 1) + depthwise + block(inner, outside, 1)

    expected = (
        *(block(3, 32, 7), block(32, 64), block(64, 64), block(64, 128), block(128, 128), block(128, 128)),
        *(inverted(128, 256), 3 * inverted(256, 256), block(256, 128), 2 * block(128, 128)),
        *(block(128, 64), block(64, 64), block(64, 32, 7), 32 * 3),
    )
    assert sum(parameter.numel() for parameter in AnimeGAN2().parameters()) == sum(expected) == 2_143_552


def test_names_are_those_of_the_published_checkpoints() -> None:
    names = AnimeGAN2().state_dict()
    assert names["block_a.0.1.weight"].shape == (32, 3, 7, 7)
    assert names["block_c.1.layers.1.1.bias"].shape == (256,)
    assert names["block_c.4.layers.3.weight"].shape == (256,)
    assert names["out_layer.0.weight"].shape == (3, 32, 1, 1)
    assert len(names) == 12 * 3 + 4 * 10 + 1


def test_keeps_the_size_and_trains_every_layer() -> None:
    torch.manual_seed(1)
    model = AnimeGAN2()
    picture = torch.rand(1, 3, 32, 48)
    painted = model(picture)
    assert painted.shape == picture.shape
    torch.autograd.backward((painted**2).mean())
    assert all(parameter.grad is not None for parameter in model.parameters())
