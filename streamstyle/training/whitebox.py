"""The objective of White-box Cartoonization: five losses, each with a weight that is the user's to choose."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from streamstyle.training.adversarial import PatchDiscriminator, squares_to_pass, squares_to_tell
from streamstyle.training.representations import colour_shift, structures, surface, texture

Features = Callable[[Tensor], Tensor]
"""Deep features of pictures in 0..1, at one layer."""


@dataclass(frozen=True, slots=True)
class CartoonWeights:
    """How much each representation counts; content and structure are relative L1 distances of deep features."""

    surface: float = 0.1
    texture: float = 1.0
    structure: float = 1.0
    content: float = 1.0
    tv: float = 0.5


class WhiteBox:
    """The generator's losses, and the two discriminators that train against it."""

    def __init__(
        self, features: Features, weights: CartoonWeights, device: torch.device, rate: float = 2e-4, seed: int = 0
    ) -> None:
        self._features, self._weights = features, weights
        self.judges = nn.ModuleDict({"surface": PatchDiscriminator(3), "texture": PatchDiscriminator(1)}).to(device)
        self._optimiser = torch.optim.Adam(self.judges.parameters(), rate, betas=(0.5, 0.99))
        self._random = torch.Generator().manual_seed(seed)

    def losses(self, photos: Tensor, painted: Tensor) -> Mapping[str, Tensor]:
        """What the generator should make smaller, weighted, by name."""
        weights = self._weights
        painted_features = self._features(painted)
        with torch.no_grad():
            photo_features = self._features(photos)
            flat_features = self._features(structures(painted))
        shifted = texture(painted, colour_shift(self._random))
        self.judges.requires_grad_(False)
        try:
            return {
                "surface": weights.surface * squares_to_pass(self.judges["surface"](surface(painted))),
                "texture": weights.texture * squares_to_pass(self.judges["texture"](shifted)),
                "structure": weights.structure * apart(painted_features, flat_features),
                "content": weights.content * apart(painted_features, photo_features),
                "tv": weights.tv * total_variation(painted),
            }
        finally:
            self.judges.requires_grad_(True)

    def teach(self, painted: Tensor, cartoons: Tensor) -> float:
        """One step of both discriminators; their loss."""
        painted = painted.detach()
        shift = colour_shift(self._random)
        pairs = {
            "surface": (surface(cartoons), surface(painted)),
            "texture": (texture(cartoons, shift), texture(painted, shift)),
        }
        self._optimiser.zero_grad()
        told = [
            squares_to_tell(self.judges[name](real), self.judges[name](fake)) for name, (real, fake) in pairs.items()
        ]
        loss = told[0] + told[1]
        torch.autograd.backward(loss)
        self._optimiser.step()
        return float(loss.detach())

    def state_dict(self) -> dict[str, Any]:
        return {
            "judges": self.judges.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "random": self._random.get_state(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.judges.load_state_dict(state["judges"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._random.set_state(state["random"])


def apart(features: Tensor, others: Tensor) -> Tensor:
    """The mean absolute difference of features, as a share of the others' mean size: alike for every network."""
    return (features.float() - others.float()).abs().mean() / others.float().abs().mean()


def total_variation(pictures: Tensor) -> Tensor:
    """The mean squared difference of neighbouring pixels, down and across."""
    down = (pictures[..., 1:, :] - pictures[..., :-1, :]).float().square().mean()
    across = (pictures[..., 1:] - pictures[..., :-1]).float().square().mean()
    return down + across
