"""What the model card of a cartoon style says: how much of the photo is left, and how even the pixels are."""

from collections.abc import Mapping

import torch
from torch import Tensor

from streamstyle.generators.planes import luma
from streamstyle.training.features import Features
from streamstyle.training.losses import grid_ratios, relative


@torch.no_grad()
def cartoon_figures(features: Features, painted: Tensor, photo: Tensor) -> Mapping[str, float]:
    """Content distance to the photo, and the largest grid, of one cartoon (1 x 3 x H x W, RGB in 0..1)."""
    content = relative(features.content(painted), features.content(photo))
    height, width = (side // 8 * 8 for side in painted.shape[-2:])
    grid = grid_ratios(luma(painted[..., :height, :width]))
    return {"content_distance": float(content), "grid": float(grid.max())}
