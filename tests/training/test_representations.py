import numpy as np
import torch

from streamstyle.training.representations import colour_shift, structures, surface, texture


def test_texture_is_four_fifths_luminance() -> None:
    grey = torch.full((1, 3, 4, 4), 0.5)
    weights = torch.stack([colour_shift(torch.Generator().manual_seed(seed)) for seed in range(200)])
    assert (weights - 0.8 * torch.tensor([0.299, 0.587, 0.114])).abs().max() <= 0.2
    assert weights.std(0).min() > 0.08
    shifted = texture(grey, weights[0])
    assert shifted.shape == (1, 1, 4, 4)
    np.testing.assert_allclose(shifted.numpy(), 0.5 * weights[0].sum().item(), rtol=1e-5)


def test_the_surface_has_less_texture_and_the_same_mean() -> None:
    noise = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(1)) * 0.2 + 0.4
    smooth = surface(noise)
    assert smooth.std() < noise.std() / 3
    assert abs(smooth.mean() - noise.mean()) < 0.01


def test_structures_are_flat_and_take_no_gradient() -> None:
    picture = torch.rand(2, 3, 40, 40, generator=torch.Generator().manual_seed(2), requires_grad=True)
    flat = structures(picture, count=5)
    assert flat.shape == picture.shape and not flat.requires_grad
    assert all(len(torch.unique(image.flatten(1), dim=1).T) <= 5 for image in flat)
