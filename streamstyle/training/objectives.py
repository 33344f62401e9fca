"""What a training run makes smaller: the protocol of objectives, and the one of perceptual losses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from streamstyle.frames import Image
from streamstyle.generators.planes import chroma, grey, luma, paint, to_planes, to_rgb
from streamstyle.training.features import Features
from streamstyle.training.losses import (
    Grams,
    consistency,
    feature_consistency,
    grams,
    grid,
    grid_ratios,
    mean_grams,
    outside,
    overlap,
    relative,
    style_distance,
    total_variation,
    windowed,
)
from streamstyle.training.photos import tensor

Losses = Mapping[str, Tensor]
FARTHEST = 7
"""Pixels by which the second picture of a pair is shifted at most."""
GAIN, NOISE = 0.05, 4 / 255
BORDER = 24
"""What the border of a crop does to the painting reaches about that far."""
GRID_REACH = 6
JITTER = 4
"""Judges subsample; a painting that is judged at one place only learns to suit their grid."""


class Objective(Protocol):
    """Says how good a generator is, and may learn on its own beside it (discriminators)."""

    @property
    def margin(self) -> int:
        """How many pixels larger than the crop the photos must be."""
        ...

    def losses(self, generator: nn.Module, photos: Tensor, step: int, steps: int) -> Losses:
        """Weighted, by name; their sum is what the generator makes smaller. Photos: N x 3 x S x S, RGB in 0..1.

        `steps` is how many the whole run will have.
        """
        ...

    def after_step(self) -> Mapping[str, float]:
        """Called when the generator has learnt from the losses; figures worth showing."""
        ...

    def measure(self, painted: Tensor, photo: Tensor) -> Mapping[str, float]:
        """Figures for the model card, of one painting and its photo (1 x 3 x H x W, RGB in 0..1)."""
        ...

    def state_dict(self) -> dict[str, Any]: ...
    def load_state_dict(self, state: Mapping[str, Any]) -> None: ...


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each loss counts."""

    style: float = 10.0
    content: float = 1.0
    tv: float = 0.1
    grid: float = 0.2
    steady: float = 20.0
    """Of the outputs of the same place, shifted, lighter and noisier."""
    steady_features: float = 0.1
    colour: float = 0.0
    """Of the photo's own colours; above nothing the style is one of brightness alone."""
    range: float = 1.0
    ramp: int = 200
    """Steps until steadiness counts in full."""


class PerceptualObjective:
    """Style as Gram matrices, content as features, and steadiness between two views of the same photo.

    The second view is a few pixels further on, a little lighter or darker, and noisy, as the next frame of a film.
    """

    def __init__(self, features: Features, painting: Grams, weights: Weights, seed: int = 0) -> None:
        self._features, self._painting, self._weights = features, painting, weights
        self._random = np.random.default_rng(seed)

    @property
    def margin(self) -> int:
        return FARTHEST + 1 if self._weights.steady > 0 else 0

    def losses(self, generator: nn.Module, photos: Tensor, step: int, steps: int) -> Losses:
        if self._weights.steady <= 0:
            painted = paint(generator, photos)
            return self._looks(painted, photos)
        side = photos.shape[-1] - self.margin
        shift = int(self._random.integers(FARTHEST + 1)), int(self._random.integers(FARTHEST + 1))
        first = photos[..., :side, :side]
        later = photos[..., shift[0] : shift[0] + side, shift[1] : shift[1] + side]
        light, noise = self._random.uniform(-GAIN, GAIN), self._random.uniform(0, NOISE)
        grain = torch.from_numpy(self._random.standard_normal(later.shape, np.float32)).to(later.device)
        both = torch.cat([first, (later * (1 + light) + grain * noise).clamp(0, 1)])
        painted, encoded = _painted_and_encoded(generator, both)
        count = len(first)
        result = dict(self._looks(painted[:count], first))
        ramp = min(1.0, (step + 1) / self._weights.ramp)
        lighter = overlap(luma(first), shift, BORDER) * light
        change = consistency(
            overlap(painted[:count], shift, BORDER), overlap(painted[count:], (-shift[0], -shift[1]), BORDER), lighter
        )
        result["steady"] = self._weights.steady * ramp * change
        if encoded is not None and self._weights.steady_features > 0:
            scale = encoded.shape[-1] / side
            moved = feature_consistency(encoded[:count], encoded[count:], (shift[0] * scale, shift[1] * scale))
            result["steady features"] = self._weights.steady_features * ramp * moved
        return result

    def _looks(self, painted: Tensor, photos: Tensor) -> dict[str, Tensor]:
        weights = self._weights
        down, across = (int(value) for value in self._random.integers(0, JITTER, 2))
        seen, wanted = (picture[..., down:, across:] for picture in (painted, photos))
        found = self._features(self._judged(seen))
        with torch.no_grad():
            content = self._features.content(self._judged(wanted))
        layers = self._features.taps
        result = {
            "style": weights.style * style_distance(grams(found, layers.style), self._painting),
            "content": weights.content * relative(found[layers.content], content),
            "tv": weights.tv * total_variation(painted),
            "grid": weights.grid * grid(luma(painted)),
            "range": weights.range * outside(painted),
        }
        if weights.colour > 0:
            result["colour"] = weights.colour * (chroma(painted) - chroma(photos)).square().mean()
        return result

    def _judged(self, pictures: Tensor) -> Tensor:
        """What the judge is shown: without colours where the photo's own are to stay."""
        return grey(pictures) if self._weights.colour > 0 else pictures

    def after_step(self) -> Mapping[str, float]:
        return {}

    @torch.no_grad()
    def measure(self, painted: Tensor, photo: Tensor) -> Mapping[str, float]:
        """Style and content distance, the photo's own style distance, and the largest grid beside the photo's own."""
        found, wanted = self._features(self._judged(painted)), self._features(self._judged(photo))
        content = self._features.taps.content
        return {
            "style_distance": float(self._style(found)),
            "photo_style_distance": float(self._style(wanted)),
            "content_distance": float(relative(found[content], wanted[content])),
            "grid": float(grid_ratios(windowed(luma(painted)), GRID_REACH).max()),
            "photo_grid": float(grid_ratios(windowed(luma(photo)), GRID_REACH).max()),
        }

    def _style(self, found: Mapping[int, Tensor]) -> Tensor:
        return style_distance(grams(found, self._features.taps.style), self._painting)

    def state_dict(self) -> dict[str, Any]:
        return {"random": self._random.bit_generator.state}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._random.bit_generator.state = state["random"]


def style_of(features: Features, paintings: Sequence[Image], coloured: bool = True) -> dict[int, Tensor]:
    """The mean Gram matrices of some paintings, or of their brightness."""
    pictures = (tensor(one).to(features.mean.device) for one in paintings)
    with torch.no_grad():
        shown = (one if coloured else grey(one) for one in pictures)
        return mean_grams([grams(features(one), features.taps.style) for one in shown])


def _painted_and_encoded(generator: Any, photos: Tensor) -> tuple[Tensor, Tensor | None]:
    """The painting, and the features of generators that have a half-way."""
    if not hasattr(generator, "encode"):
        return paint(generator, photos), None
    encoded: Tensor = generator.encode(to_planes(photos))
    return to_rgb(generator.decode(encoded).float()), encoded.float()
