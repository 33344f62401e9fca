from copy import deepcopy

import numpy as np
import torch
from torch import Tensor

from streamstyle.generators.cartoon import Cartoon
from streamstyle.training.whitebox import CartoonWeights, WhiteBox, apart, total_variation


def pooled(pictures: Tensor) -> Tensor:
    return torch.nn.functional.avg_pool2d(pictures, 4)


def test_distances_equal_numpy() -> None:
    random = np.random.default_rng(5)
    one, other = random.random((2, 2, 3, 6, 7))
    found = apart(torch.tensor(one), torch.tensor(other)).item()
    np.testing.assert_allclose(found, np.abs(one - other).mean() / np.abs(other).mean(), rtol=1e-5)
    expected = (np.diff(one, axis=2) ** 2).mean() + (np.diff(one, axis=3) ** 2).mean()
    np.testing.assert_allclose(total_variation(torch.tensor(one)).item(), expected, rtol=1e-5)


def test_every_weight_scales_its_own_loss() -> None:
    photos = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    painted = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(2))

    def losses(weights: CartoonWeights) -> dict[str, float]:
        torch.manual_seed(3)
        found = WhiteBox(pooled, weights, torch.device("cpu")).losses(photos, painted)
        return {name: value.item() for name, value in found.items()}

    plain = losses(CartoonWeights(1, 1, 1, 1, 1))
    weighed = losses(CartoonWeights(surface=2, texture=3, structure=4, content=5, tv=6))
    assert list(plain) == ["surface", "texture", "structure", "content", "tv"]
    for name, factor in zip(plain, (2, 3, 4, 5, 6), strict=True):
        np.testing.assert_allclose(weighed[name], factor * plain[name], rtol=1e-5)


def test_the_discriminators_learn_and_the_generator_follows_them() -> None:
    torch.manual_seed(1)
    random = torch.Generator().manual_seed(2)
    model = Cartoon(width=4, blocks=1)
    box = WhiteBox(pooled, CartoonWeights(1, 1, 0, 0, 0), torch.device("cpu"), rate=2e-3)
    optimiser = torch.optim.Adam(model.parameters(), 2e-3)
    told = []
    for _ in range(12):
        painted = model(torch.rand(2, 3, 32, 32, generator=random))
        told.append(box.teach(painted, torch.rand(2, 3, 32, 32, generator=random) * 0.2 + 0.8))
    assert told[-1] < told[0]
    before = [parameter.clone() for parameter in box.judges.parameters()]
    passed = []
    for _ in range(12):
        photos = torch.rand(2, 3, 32, 32, generator=random)
        losses = box.losses(photos, model(photos))
        optimiser.zero_grad()
        total = losses["surface"] + losses["texture"]
        torch.autograd.backward(total)
        optimiser.step()
        passed.append(total.item())
    assert passed[-1] < passed[0]
    # The generator's step leaves the discriminators as they are.
    assert all(torch.equal(old, new) for old, new in zip(before, box.judges.parameters(), strict=True))


def test_state_goes_on_where_it_stopped() -> None:
    random = torch.Generator().manual_seed(2)
    painted, cartoons = torch.rand(2, 1, 3, 32, 32, generator=random)
    torch.manual_seed(1)
    box = WhiteBox(pooled, CartoonWeights(), torch.device("cpu"))
    box.teach(painted, cartoons)
    # As if through a file: the optimiser's state is not copied when it is loaded.
    state = deepcopy(box.state_dict())
    other = WhiteBox(pooled, CartoonWeights(), torch.device("cpu"), seed=9)
    other.load_state_dict(state)
    assert [box.teach(painted, cartoons) for _ in range(3)] == [other.teach(painted, cartoons) for _ in range(3)]
