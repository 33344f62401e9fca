"""The objective of White-box Cartoonization: five losses, each with a weight that is the user's to choose."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from streamstyle.generators.planes import paint
from streamstyle.training.adversarial import PatchDiscriminator, squares_to_pass, squares_to_tell
from streamstyle.training.cartoon_figures import cartoon_figures
from streamstyle.training.cartoons import CartoonCrops
from streamstyle.training.features import Features
from streamstyle.training.losses import outside, total_variation
from streamstyle.training.representations import colour_shift, structures, surface, texture

START_WEIGHT = 10.0


@dataclass(frozen=True, slots=True)
class CartoonWeights:
    """How much each representation counts; content and structure are relative L1 distances of deep features.

    Nothing is flatter than one grey: with structure twice as heavy as content, a small generator paints that after
    three hundred steps. At a quarter of it photos stay what they show.
    """

    surface: float = 0.05
    texture: float = 0.15
    structure: float = 0.25
    content: float = 1.0
    tv: float = 0.5
    range: float = 1.0
    """Of values outside 0..1, which no screen can show."""


class WhiteBoxObjective:
    """The generator's losses, and the two discriminators that train against it.

    For the first `initial` steps the generator only learns to give the photo's own structure back: the authors begin
    with the photo itself, but have a hundred thousand steps to get from there to flat colours.
    """

    margin = 0

    def __init__(
        self, features: Features, crops: CartoonCrops, weights: CartoonWeights, initial: int = 100, rate: float = 2e-4
    ) -> None:
        self._features, self._crops, self._weights, self._initial = features, crops, weights, initial
        device = features.mean.device
        self.judges = nn.ModuleDict({"surface": PatchDiscriminator(3), "texture": PatchDiscriminator(1)}).to(device)
        self._optimiser = torch.optim.Adam(self.judges.parameters(), rate, betas=(0.5, 0.99))
        self._random = torch.Generator().manual_seed(int(crops.random.integers(1 << 31)))
        self._painted: Tensor | None = None

    def losses(self, generator: nn.Module, photos: Tensor, step: int, steps: int) -> Mapping[str, Tensor]:
        painted = paint(generator, photos)
        if step < self._initial:
            return {"start": START_WEIGHT * (painted - structures(photos)).abs().mean()}
        self._painted = painted.detach()
        return self.judged(painted, photos)

    def judged(self, painted: Tensor, photos: Tensor) -> dict[str, Tensor]:
        """The losses of what was painted of photos."""
        weights = self._weights
        features = self._features.content(painted)
        with torch.no_grad():
            photo_features = self._features.content(photos)
            flat_features = self._features.content(structures(painted))
        shifted = texture(painted, colour_shift(self._random))
        self.judges.requires_grad_(False)
        try:
            passed = {
                "surface": squares_to_pass(self.judges["surface"](surface(painted))),
                "texture": squares_to_pass(self.judges["texture"](shifted)),
            }
        finally:
            self.judges.requires_grad_(True)
        return {
            "surface": weights.surface * passed["surface"],
            "texture": weights.texture * passed["texture"],
            "structure": weights.structure * apart(features, flat_features),
            "content": weights.content * apart(features, photo_features),
            "tv": weights.tv * total_variation(painted),
            "range": weights.range * outside(painted),
        }

    def after_step(self) -> Mapping[str, float]:
        """The discriminators learn from what the generator just painted."""
        if self._painted is None:
            return {}
        painted, self._painted = self._painted, None
        cartoons = self._crops.draw(len(painted))[0].to(painted.device)
        return {"judges": self.teach(painted, cartoons)}

    def teach(self, painted: Tensor, cartoons: Tensor) -> float:
        """One step of both discriminators; their loss."""
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

    def measure(self, painted: Tensor, photo: Tensor) -> Mapping[str, float]:
        return cartoon_figures(self._features, painted, photo)

    def state_dict(self) -> dict[str, Any]:
        return {
            "judges": self.judges.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "random": self._random.get_state(),
            "crops": self._crops.random.bit_generator.state,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.judges.load_state_dict(state["judges"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._random.set_state(state["random"])
        self._crops.random.bit_generator.state = state["crops"]


def apart(features: Tensor, others: Tensor) -> Tensor:
    """The mean absolute difference of features, as a share of the others' mean size: alike for every network."""
    return (features.float() - others.float()).abs().mean() / others.float().abs().mean()
