"""What a generator is trained for: losses by name, and what is measured of the result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from streamstyle.generators.planes import luma
from streamstyle.training.arithmetic import Arithmetic, Painter
from streamstyle.training.features import Features
from streamstyle.training.hierarchical import hierarchical
from streamstyle.training.lessons import Lesson
from streamstyle.training.losses import (
    Grams,
    consistency,
    grams,
    grid,
    outside,
    overlap,
    relative,
    style_distance,
    total_variation,
)

BORDER = 24
"""How far from its border a crop's painting still knows of it: such pixels are not compared."""
RAMP = 0.25
"""The share of the training over which steadiness comes in: first there must be something to hold steady."""


class Objective(Protocol):
    """Losses of a generator; what learns along with it; and figures of the result."""

    def losses(self, paint: Painter, lesson: Lesson) -> Mapping[str, Tensor]:
        """What the generator should make smaller, weighted, by name."""

    def learn(self) -> None:
        """Called after the generator's own step: discriminators, where there are any, take theirs."""

    def measure(self, painted: Tensor, photo: Tensor) -> Mapping[str, float]:
        """Figures of one painting and its photo (1 x 3 x H x W in 0..1), for people and for the model card."""

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: Mapping[str, Any]) -> None: ...


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each loss counts."""

    style: float = 10.0
    content: float = 1.0
    tv: float = 0.1
    grid: float = 0.3
    steady: float = 20.0
    range: float = 1.0


class Perceptual:
    """Johnson's losses of style and content on one painting, and what films need: no grid, no flicker."""

    def __init__(self, features: Features, painting: Grams, how: Arithmetic, weights: Weights) -> None:
        self._features, self._painting, self._how, self._weights = features, painting, how, weights

    def losses(self, paint: Painter, lesson: Lesson) -> Mapping[str, Tensor]:
        weights, (down, across) = self._weights, lesson.shift
        if not weights.steady:
            return self.of(paint(lesson.photos), lesson.photos)
        painted, later = paint(torch.cat([lesson.photos, lesson.later])).chunk(2)
        border = min(BORDER, (lesson.photos.shape[-1] - max(down, across)) // 4)
        apart = consistency(overlap(painted, (down, across), border), overlap(later, (-down, -across), border))
        ramp = min(1.0, lesson.share / RAMP)
        return {**self.of(painted, lesson.photos), "steady": weights.steady * ramp * apart}

    def of(self, painted: Tensor, photos: Tensor) -> dict[str, Tensor]:
        """The losses of paintings alone."""
        weights, taps = self._weights, self._features.taps
        with self._how.fast():
            found = self._features(_laid_out(painted))
            with torch.no_grad():
                wanted = self._features.content(_laid_out(photos))
        return {
            "style": weights.style * style_distance(grams(found, taps.style), self._painting),
            "content": weights.content * relative(found[taps.content], wanted),
            "tv": weights.tv * total_variation(painted),
            "grid": weights.grid * grid(luma(painted)),
            "range": weights.range * outside(painted),
        }

    def learn(self) -> None:
        pass

    @torch.no_grad()
    def measure(self, painted: Tensor, photo: Tensor) -> Mapping[str, float]:
        taps, device = self._features.taps, self._how.device
        found, photo_found = (self._features(pictures.to(device)) for pictures in (painted, photo))
        return {
            "style_distance": float(style_distance(grams(found, taps.style), self._painting)),
            "content_distance": float(relative(found[taps.content], photo_found[taps.content])),
        }

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        pass


class Hierarchical:
    """Multimodal transfer: the subnets' outputs against the painting at three sizes, smallest first, all at once."""

    def __init__(self, features: Features, paintings: Sequence[Grams], how: Arithmetic, weights: Weights) -> None:
        self._scales = [Perceptual(features, painting, how, weights) for painting in paintings]

    def losses(self, paint: Painter, lesson: Lesson) -> Mapping[str, Tensor]:
        outputs = paint.hierarchy(lesson.photos)
        return hierarchical(outputs, lesson.photos, [scale.of for scale in self._scales])

    def learn(self) -> None:
        pass

    def measure(self, painted: Tensor, photo: Tensor) -> Mapping[str, float]:
        return self._scales[-1].measure(painted, photo)

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        pass


def _laid_out(pictures: Tensor) -> Tensor:
    return pictures.contiguous(memory_format=torch.channels_last)
