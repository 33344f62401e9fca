import torch

from streamstyle.generators.multimodal import MultiModal


def convolution(inside: int, outside: int, size: int, normed: bool = True) -> int:
    return inside * outside * size * size + outside + (2 * outside if normed else 0)


def residuals(channels: int) -> int:
    return 3 * 2 * convolution(channels, channels, 3)


def test_parameters_are_those_of_the_papers_structure() -> None:
    """Worked out layer by layer from section 3.1: 9x9, 3x3, 3x3, residual blocks, resize-convolutions, last one."""
    model = MultiModal(width=16)
    entry = convolution(16, 32, 3) + convolution(32, 64, 3) + residuals(64)
    colour, luminance = convolution(3, 16, 9) + entry, convolution(1, 16, 9) + entry
    ups = convolution(128, 64, 3) + convolution(64, 32, 3)
    style = colour + luminance + residuals(128) + ups + convolution(32, 3, 3, normed=False)
    # The enhance subnet has one more convolution down in each block and one more resize-convolution up.
    further = 2 * convolution(16, 16, 3) + convolution(32, 16, 3)
    enhance = colour + luminance + further + residuals(128) + ups + convolution(16, 3, 3, normed=False)
    refine = (
        *(convolution(3, 32, 9), convolution(32, 64, 3), convolution(64, 128, 3), residuals(128)),
        *(ups, convolution(32, 3, 3, normed=False)),
    )
    counts = [sum(p.numel() for p in part.parameters()) for part in (model.style, model.enhance, model.refine)]
    assert counts == [style, enhance, sum(refine)] == [1_476_963, 1_485_891, 1_080_963]


def test_outputs_double_from_subnet_to_subnet() -> None:
    model = MultiModal(width=2)
    picture = torch.rand(1, 3, 64, 96)
    sides = [(16, 24), (32, 48), (64, 96)]
    for subnets in (1, 2, 3):
        painted = model.hierarchy(torch.rand(1, 3, 16, 24), subnets)
        assert [tuple(one.shape[2:]) for one in painted] == sides[:subnets]
    assert model(picture).shape == picture.shape


def test_a_loss_on_the_last_output_trains_every_subnet() -> None:
    torch.manual_seed(1)
    model = MultiModal(width=2)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    torch.autograd.backward((model(torch.rand(2, 3, 64, 64)) ** 2).mean())
    still = [
        name
        for name, parameter in model.named_parameters()
        if parameter.grad is None or not parameter.grad.abs().sum() > 0
    ]
    assert still == []


def test_a_loss_on_the_first_output_leaves_the_later_subnets_alone() -> None:
    model = MultiModal(width=2)
    torch.autograd.backward(model.hierarchy(torch.rand(1, 3, 16, 16))[0].sum())
    assert all(parameter.grad is None for parameter in model.enhance.parameters())
    assert all(parameter.grad is not None for parameter in model.style.parameters())
