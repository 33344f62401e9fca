import torch
from torch import Tensor

from streamstyle.training.cartoongan import CartoonGANLosses


def pooled(pictures: Tensor) -> Tensor:
    return torch.nn.functional.avg_pool2d(pictures, 4)


def test_the_initial_phase_looks_at_content_alone() -> None:
    box = CartoonGANLosses(pooled, torch.device("cpu"), initial=10)
    photos = torch.rand(1, 3, 32, 32)
    assert list(box.losses(photos, photos, step=9)) == ["content"]
    assert box.losses(photos, photos, step=9)["content"].item() == 0
    assert list(box.losses(photos, photos, step=10)) == ["content", "adversarial"]


def test_smoothed_edges_are_told_from_cartoons() -> None:
    torch.manual_seed(1)
    box = CartoonGANLosses(pooled, torch.device("cpu"), rate=2e-3)
    random = torch.Generator().manual_seed(2)
    sharp = (torch.rand(2, 3, 32, 32, generator=random) > 0.5).float()
    smoothed = torch.nn.functional.avg_pool2d(sharp, 3, 1, 1)
    told = [box.teach(smoothed, sharp, smoothed) for _ in range(12)]
    assert told[-1] < 0.5 * told[0]
    with torch.no_grad():
        assert box.judge(sharp).mean() > box.judge(smoothed).mean()
