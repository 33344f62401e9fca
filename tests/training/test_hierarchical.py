from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from streamstyle.generators.multimodal import MultiModal
from streamstyle.training.hierarchical import hierarchical, style_sizes


def to(level: float) -> "ToLevel":
    return ToLevel(level)


class ToLevel:
    """Wants a grey level: a stand-in for a painting, whose loss can be worked out by hand."""

    def __init__(self, level: float) -> None:
        self.level = level
        self.photos: list[Tensor] = []

    def __call__(self, painted: Tensor, photos: Tensor) -> Mapping[str, Tensor]:
        self.photos.append(photos)
        return {"style": (painted - self.level).square().mean()}


def test_each_output_meets_its_own_loss_at_its_own_size() -> None:
    photos = torch.rand(1, 3, 16, 24, generator=torch.Generator().manual_seed(1))
    outputs = [torch.full((1, 3, 4, 6), 0.5), torch.full((1, 3, 8, 12), 0.5), torch.full((1, 3, 16, 24), 0.5)]
    judges = [to(0.0), to(1.0), to(0.2)]
    losses = hierarchical(outputs, photos, judges)
    assert list(losses) == ["style coarse", "style middle", "style fine"]
    values = [value.item() for value in losses.values()]
    np.testing.assert_allclose(values, [1.0 * 0.25, 0.5 * 0.25, 0.25 * 0.09], rtol=1e-5)
    expected = photos.reshape(1, 3, 4, 4, 6, 4).mean((3, 5))
    torch.testing.assert_close(judges[0].photos[0], expected)
    assert judges[2].photos[0] is photos or torch.equal(judges[2].photos[0], photos)


def test_the_finest_loss_trains_the_coarsest_subnet() -> None:
    torch.manual_seed(1)
    model = MultiModal(width=2)
    photos = torch.rand(1, 3, 64, 64)
    losses = hierarchical(model.hierarchy(photos), photos, [to(0.1), to(0.5), to(0.9)])
    torch.autograd.backward(losses["style fine"])
    gradient = next(p.grad for name, p in model.named_parameters() if name == "style.together.5.weight")
    assert gradient is not None and gradient.abs().sum() > 0


def test_joint_training_lowers_the_loss() -> None:
    torch.manual_seed(1)
    model = MultiModal(width=2)
    photos = torch.rand(2, 3, 32, 32)
    optimiser = torch.optim.Adam(model.parameters(), 2e-2)
    history = []
    for _ in range(8):
        losses = hierarchical(model.hierarchy(photos), photos, [to(0.2), to(0.3), to(0.4)])
        total = torch.stack(list(losses.values())).sum()
        history.append(total.item())
        optimiser.zero_grad()
        torch.autograd.backward(total)
        optimiser.step()
    assert history[-1] < 0.8 * history[0]


def test_the_painting_halves_with_each_subnet_before() -> None:
    assert style_sizes(1024) == (256, 512, 1024)
