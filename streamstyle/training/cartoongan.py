"""The objective of CartoonGAN: a content-only initial phase, then cartoons against paintings and smoothed edges."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from streamstyle.generators.planes import paint
from streamstyle.training.adversarial import EdgeDiscriminator, logs_to_pass, logs_to_tell
from streamstyle.training.cartoon_figures import cartoon_figures
from streamstyle.training.cartoons import CartoonCrops
from streamstyle.training.features import Features
from streamstyle.training.whitebox import apart


class CartoonGANObjective:
    """The generator's losses, and the discriminator that trains against it.

    The paper weighs the mean L1 distance of VGG's conv4_4 with 10; relative to the features' size, as here, 1 is near.
    """

    margin = 0

    def __init__(
        self, features: Features, crops: CartoonCrops, content: float = 1.0, initial: int = 100, rate: float = 2e-4
    ) -> None:
        self._features, self._crops, self._content, self._initial = features, crops, content, initial
        self.judge = EdgeDiscriminator().to(features.mean.device)
        self._optimiser = torch.optim.Adam(self.judge.parameters(), rate, betas=(0.5, 0.999))
        self._painted: Tensor | None = None

    def losses(self, generator: nn.Module, photos: Tensor, step: int, steps: int) -> Mapping[str, Tensor]:
        """Content alone for the first `initial` steps, then what the discriminator says as well."""
        painted = paint(generator, photos)
        with torch.no_grad():
            wanted = self._features.content(photos)
        content = self._content * apart(self._features.content(painted), wanted)
        if step < self._initial:
            return {"content": content}
        self._painted = painted.detach()
        self.judge.requires_grad_(False)
        try:
            return {"content": content, "adversarial": logs_to_pass(self.judge(painted))}
        finally:
            self.judge.requires_grad_(True)

    def after_step(self) -> Mapping[str, float]:
        """The discriminator learns from what the generator just painted."""
        if self._painted is None:
            return {}
        painted, self._painted = self._painted, None
        cartoons, smoothed = (crops.to(painted.device) for crops in self._crops.draw(len(painted)))
        return {"judge": self.teach(painted, cartoons, smoothed)}

    def teach(self, painted: Tensor, cartoons: Tensor, smoothed: Tensor) -> float:
        """One step of the discriminator; its loss."""
        loss = logs_to_tell(self.judge(cartoons), self.judge(painted), self.judge(smoothed))
        self._optimiser.zero_grad()
        torch.autograd.backward(loss)
        self._optimiser.step()
        return float(loss.detach())

    def measure(self, painted: Tensor, photo: Tensor) -> Mapping[str, float]:
        return cartoon_figures(self._features, painted, photo)

    def state_dict(self) -> dict[str, Any]:
        return {
            "judge": self.judge.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "crops": self._crops.random.bit_generator.state,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.judge.load_state_dict(state["judge"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._crops.random.bit_generator.state = state["crops"]
