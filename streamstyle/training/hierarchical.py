"""The objective of multimodal transfer: each subnet's output against the painting at its own scale, all at once."""

from collections.abc import Callable, Mapping, Sequence

from torch import Tensor
from torch.nn import functional

ScaleLoss = Callable[[Tensor, Tensor], Mapping[str, Tensor]]
"""Weighted losses by name, of what was painted and of the photo, at one scale."""

SHARES = (1.0, 0.5, 0.25)
"""How much the coarse, the middle and the fine output count (lambda_k)."""
NAMES = ("coarse", "middle", "fine")


def style_sizes(largest: int) -> tuple[int, int, int]:
    """The painting's size for each output: 256, 512 and 1024 in the paper."""
    return largest // 4, largest // 2, largest


def hierarchical(
    outputs: Sequence[Tensor], photos: Tensor, losses: Sequence[ScaleLoss], shares: Sequence[float] = SHARES
) -> dict[str, Tensor]:
    """The losses of every output by name, such as 'style coarse'; `photos` are as large as the last output.

    Nothing is detached: a later output's loss trains the subnets before it too.
    """
    result: dict[str, Tensor] = {}
    for name, painted, loss, share in zip(NAMES, outputs, losses, shares, strict=True):
        smaller = functional.avg_pool2d(photos, photos.shape[-1] // painted.shape[-1])
        result |= {f"{kind} {name}": share * value for kind, value in loss(painted, smaller).items()}
    return result
