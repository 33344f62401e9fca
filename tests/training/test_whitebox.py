from copy import deepcopy

import numpy as np
import torch

from streamstyle.generators.cartoon import Cartoon
from streamstyle.training.cartoons import CartoonCrops
from streamstyle.training.representations import structures
from streamstyle.training.whitebox import CartoonWeights, WhiteBoxObjective, apart
from tests.training.judges import random_features

FEATURES = random_features()
STEPS = 2000


def objective(weights: CartoonWeights = CartoonWeights(), seed: int = 0, rate: float = 2e-4) -> WhiteBoxObjective:  # noqa: B008
    torch.manual_seed(3)
    cartoons = np.random.default_rng(1).integers(204, 255, (2, 80, 100, 3)).astype(np.uint8)
    crops = CartoonCrops(list(cartoons), 64, seed)
    return WhiteBoxObjective(FEATURES, crops, weights, initial=2, rate=rate)


def test_the_relative_distance_equals_numpy() -> None:
    one, other = np.random.default_rng(5).random((2, 2, 3, 6, 7))
    found = apart(torch.tensor(one), torch.tensor(other)).item()
    np.testing.assert_allclose(found, np.abs(one - other).mean() / np.abs(other).mean(), rtol=1e-5)


def test_every_weight_scales_its_own_loss() -> None:
    random = torch.Generator().manual_seed(1)
    photos, painted = torch.rand(2, 1, 3, 64, 64, generator=random) * 1.2

    def losses(weights: CartoonWeights) -> dict[str, float]:
        return {name: value.item() for name, value in objective(weights).judged(painted, photos).items()}

    plain = losses(CartoonWeights(1, 1, 1, 1, 1, 1))
    weighed = losses(CartoonWeights(surface=2, texture=3, structure=4, content=5, tv=6, range=7))
    assert list(plain) == ["surface", "texture", "structure", "content", "tv", "range"]
    for name, factor in zip(plain, (2, 3, 4, 5, 6, 7), strict=True):
        np.testing.assert_allclose(weighed[name], factor * plain[name], rtol=1e-5)
        assert plain[name] > 0


def test_it_starts_with_the_structure_of_the_photo() -> None:
    photos = torch.rand(1, 3, 64, 64)
    model, box = Cartoon(width=4, blocks=1), objective()
    losses = box.losses(model, photos, 1, STEPS)
    torch.testing.assert_close(losses["start"], 10 * (model(photos) - structures(photos)).abs().mean())
    assert list(losses) == ["start"] and box.after_step() == {}
    assert "texture" in box.losses(model, photos, 2, STEPS)
    assert box.after_step()["judges"] > 0


def test_the_discriminators_learn_and_the_generator_follows_them() -> None:
    torch.manual_seed(1)
    random = torch.Generator().manual_seed(2)
    model = Cartoon(width=4, blocks=1)
    box = objective(CartoonWeights(1, 1, 0, 0, 0, 0), rate=2e-3)
    told = [box.teach(torch.rand(2, 3, 64, 64, generator=random), box._crops.draw(2)[0]) for _ in range(8)]
    assert told[-1] < told[0]
    before = [parameter.clone() for parameter in box.judges.parameters()]
    optimiser = torch.optim.Adam(model.parameters(), 4e-3)
    passed = []
    for step in range(2, 10):
        losses = box.losses(model, torch.rand(2, 3, 64, 64, generator=random), step, STEPS)
        total = losses["surface"] + losses["texture"]
        optimiser.zero_grad()
        torch.autograd.backward(total)
        optimiser.step()
        passed.append(total.item())
    assert passed[-1] < passed[0]
    # The generator's step leaves the discriminators as they are.
    assert all(torch.equal(old, new) for old, new in zip(before, box.judges.parameters(), strict=True))


def test_state_goes_on_where_it_stopped() -> None:
    photos = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(2))
    model = Cartoon(width=4, blocks=1)

    def three(box: WhiteBoxObjective) -> list[float]:
        found = []
        for step in range(2, 5):
            found.append(sum(loss.item() for loss in box.losses(model, photos, step, STEPS).values()))
            found.append(box.after_step()["judges"])
        return found

    box = objective()
    three(box)
    # As if through a file: the optimiser's state is not copied when it is loaded.
    state = deepcopy(box.state_dict())
    other = objective(seed=9)
    other.load_state_dict(state)
    assert three(box) == three(other)


def test_figures() -> None:
    photo, painted = torch.rand(2, 1, 3, 70, 90)
    figures = objective().measure(painted, photo)
    assert set(figures) == {"content_distance", "grid"} and figures["content_distance"] > 0
