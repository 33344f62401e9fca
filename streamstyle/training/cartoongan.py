"""The objective of CartoonGAN: a content-only initial phase, then cartoons against paintings and smoothed edges."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from streamstyle.training.adversarial import EdgeDiscriminator, logs_to_pass, logs_to_tell
from streamstyle.training.whitebox import apart

Features = Callable[[Tensor], Tensor]


class CartoonGANLosses:
    """The generator's losses, and the discriminator that trains against it.

    The paper weighs the mean L1 distance of VGG's conv4_4 with 10; relative to the features' size, as here, 1 is near.
    """

    def __init__(
        self, features: Features, device: torch.device, content: float = 1.0, rate: float = 2e-4, initial: int = 100
    ) -> None:
        self._features, self._content, self.initial = features, content, initial
        self.judge = EdgeDiscriminator().to(device)
        self._optimiser = torch.optim.Adam(self.judge.parameters(), rate, betas=(0.5, 0.999))

    def losses(self, photos: Tensor, painted: Tensor, step: int) -> Mapping[str, Tensor]:
        """What the generator should make smaller, weighted, by name: content alone for the first `initial` steps."""
        with torch.no_grad():
            wanted = self._features(photos)
        content = self._content * apart(self._features(painted), wanted)
        if step < self.initial:
            return {"content": content}
        self.judge.requires_grad_(False)
        try:
            return {"content": content, "adversarial": logs_to_pass(self.judge(painted))}
        finally:
            self.judge.requires_grad_(True)

    def teach(self, painted: Tensor, cartoons: Tensor, smoothed: Tensor) -> float:
        """One step of the discriminator; its loss."""
        loss = logs_to_tell(self.judge(cartoons), self.judge(painted.detach()), self.judge(smoothed))
        self._optimiser.zero_grad()
        torch.autograd.backward(loss)
        self._optimiser.step()
        return float(loss.detach())

    def state_dict(self) -> dict[str, Any]:
        return {"judge": self.judge.state_dict(), "optimiser": self._optimiser.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.judge.load_state_dict(state["judge"])
        self._optimiser.load_state_dict(state["optimiser"])
