"""The objective of multimodal transfer: each subnet's output against the painting at its own scale, all at once."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from streamstyle.generators.multimodal import MultiModal
from streamstyle.generators.planes import luma
from streamstyle.training.features import Features
from streamstyle.training.losses import (
    Grams,
    grams,
    grid,
    grid_ratios,
    outside,
    relative,
    style_distance,
    total_variation,
    windowed,
)
from streamstyle.training.objectives import GRID_REACH, JITTER, Weights

SHARES = (1.0, 0.5, 0.25)
"""How much the coarse, the middle and the fine output count (lambda_k)."""
NAMES = ("coarse", "middle", "fine")
JOINED = (0.0, 0.4, 0.65)
"""The share of a run after which the subnet learns too, with those before it.

Not in the paper, which has days: until then the photo itself is what the finest of them so far is given, so that the
coarse one learns from whole photos and not from a quarter of them. A subnet that has learnt already goes on.
"""


def style_sizes(largest: int) -> tuple[int, int, int]:
    """The painting's size for each output: 256, 512 and 1024 in the paper."""
    return largest // 4, largest // 2, largest


class HierarchicalObjective:
    """Style and content of every output; nothing is detached, so a later loss trains the subnets before it too.

    `paintings` are the Gram matrices of the painting at the sizes of `style_sizes`.
    """

    margin = 0

    def __init__(
        self, features: Features, paintings: Sequence[Grams], weights: Weights, shares: Sequence[float] = SHARES
    ) -> None:
        self._features, self._paintings, self._weights, self._shares = features, list(paintings), weights, shares

    def losses(self, generator: nn.Module, photos: Tensor, step: int, steps: int) -> Mapping[str, Tensor]:
        assert isinstance(generator, MultiModal)
        result: dict[str, Tensor] = {}
        subnets = max(generator.begun, sum(step >= share * steps for share in JOINED))
        outputs = generator.hierarchy(_pooled(photos, 2 ** (subnets - 1)), subnets)
        for name, painted, painting, share in zip(NAMES, outputs, self._paintings, self._shares, strict=False):
            smaller = _pooled(photos, photos.shape[-1] // painted.shape[-1])
            looks = self._looks(painted.float(), smaller, painting, step)
            result |= {f"{kind} {name}": share * value for kind, value in looks.items()}
        return result

    def _looks(self, painted: Tensor, photos: Tensor, painting: Grams, step: int) -> dict[str, Tensor]:
        weights, taps = self._weights, self._features.taps
        # From another corner at every step: judges subsample, and a painting would learn to suit their grid.
        down, across = step % JITTER, step // JITTER % JITTER
        found = self._features(painted[..., down:, across:])
        with torch.no_grad():
            content = self._features.content(photos[..., down:, across:])
        style = weights.style * style_distance(grams(found, taps.style), painting)
        kept = weights.content * relative(found[taps.content], content)
        smooth = weights.tv * total_variation(painted) + weights.range * outside(painted)
        smooth = smooth + weights.grid * grid(luma(painted))
        return {"style": style, "content": kept, "smooth": smooth}

    def after_step(self) -> Mapping[str, float]:
        return {}

    @torch.no_grad()
    def measure(self, painted: Tensor, photo: Tensor) -> Mapping[str, float]:
        """Style and content distance of what comes out, and of the photo itself, at the painting's largest size."""
        taps, painting = self._features.taps, self._paintings[-1]
        found, wanted = self._features(painted), self._features(photo)
        return {
            "style_distance": float(style_distance(grams(found, taps.style), painting)),
            "photo_style_distance": float(style_distance(grams(wanted, taps.style), painting)),
            "content_distance": float(relative(found[taps.content], wanted[taps.content])),
            "grid": float(grid_ratios(windowed(luma(painted)), GRID_REACH).max()),
            "photo_grid": float(grid_ratios(windowed(luma(photo)), GRID_REACH).max()),
        }

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Nothing here changes in training."""


def _pooled(photos: Tensor, times: int) -> Tensor:
    return functional.avg_pool2d(photos, times) if times > 1 else photos
