import numpy as np
import torch
from numpy.typing import NDArray

from streamstyle.training.adversarial import (
    EdgeDiscriminator,
    PatchDiscriminator,
    edges_smoothed,
    logs_to_pass,
    logs_to_tell,
    squares_to_pass,
    squares_to_tell,
)


def test_losses_equal_their_formulas() -> None:
    random = np.random.default_rng(4)
    real, fake, blurred = random.normal(size=(3, 2, 1, 4, 5))
    given = [torch.tensor(values) for values in (real, fake, blurred)]
    real32, fake32, blurred32 = (values.astype(np.float32) for values in (real, fake, blurred))

    def probability(logits: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(1 / (1 + np.exp(-logits)), np.float32)

    tell = 0.5 * (((real32 - 1) ** 2).mean() + (fake32**2).mean())
    np.testing.assert_allclose(squares_to_tell(given[0], given[1]).item(), tell, rtol=1e-5)
    np.testing.assert_allclose(squares_to_pass(given[1]).item(), ((fake32 - 1) ** 2).mean(), rtol=1e-5)
    logs = -np.log(probability(real32)).mean()
    logs = logs - np.log(1 - probability(fake32)).mean() - np.log(1 - probability(blurred32)).mean()
    np.testing.assert_allclose(logs_to_tell(*given).item(), logs, rtol=1e-5)
    np.testing.assert_allclose(logs_to_pass(given[1]).item(), -np.log(probability(fake32)).mean(), rtol=1e-5)


def test_no_convolution_of_the_patch_discriminator_stretches() -> None:
    torch.manual_seed(1)
    judge = PatchDiscriminator(width=8)
    with torch.no_grad():
        for parameter in judge.parameters():
            parameter.mul_(7)
        for _ in range(30):
            values = judge(torch.rand(1, 3, 64, 64))
    assert values.shape == (1, 1, 8, 8)
    for layer in judge:
        if isinstance(layer, torch.nn.Conv2d):
            largest = torch.linalg.matrix_norm(layer.weight.flatten(1), ord=2)
            assert abs(largest.item() - 1) < 0.1


def test_discriminators_have_the_papers_parameters() -> None:
    def convolution(inside: int, outside: int, size: int = 3) -> int:
        return inside * outside * size * size + outside

    patch = convolution(3, 32) + convolution(32, 32) + convolution(32, 64) + convolution(64, 64)
    patch += convolution(64, 128) + convolution(128, 128) + convolution(128, 1, 1)
    assert sum(p.numel() for p in PatchDiscriminator().parameters()) == patch
    edge = convolution(3, 32) + convolution(32, 64) + convolution(64, 128) + convolution(128, 128)
    edge += convolution(128, 256) + convolution(256, 256) + convolution(256, 1) + 2 * (128 + 256 + 256)
    judge = EdgeDiscriminator()
    assert sum(p.numel() for p in judge.parameters()) == edge
    assert judge(torch.rand(1, 3, 64, 64)).shape == (1, 1, 16, 16)


def test_smoothing_touches_edges_only() -> None:
    picture = np.full((48, 48, 3), 20, np.uint8)
    picture[:, 24:] = 220
    smoothed = edges_smoothed(picture)
    assert (smoothed[:, :18] == picture[:, :18]).all() and (smoothed[:, 30:] == picture[:, 30:]).all()
    step = np.abs(np.diff(smoothed[24, :, 0].astype(int))).max()
    assert 0 < step < 150
    assert edges_smoothed(np.full((8, 8, 3), 9, np.uint8)).max() == 9
