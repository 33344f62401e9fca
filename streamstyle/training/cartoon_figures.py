"""What the model card of a cartoon style says: how much of the photo is left, and how even the pixels are."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import nn

from streamstyle.frames import Image
from streamstyle.generators.planes import luma, paint
from streamstyle.training.features import Features
from streamstyle.training.losses import grid_ratios, relative
from streamstyle.training.photos import tensor


@torch.no_grad()
def cartoon_figures(features: Features, generator: nn.Module, photos: Sequence[Image]) -> Mapping[str, float]:
    """Medians over the photos: content distance, and the largest of the grids."""
    distances, ratios = [], []
    for photo in photos:
        height, width = (side // 16 * 16 for side in photo.shape[:2])
        given = tensor(photo[:height, :width]).to(features.mean.device)
        painted = paint(generator, given).clamp(0, 1)
        distances.append(float(relative(features.content(painted), features.content(given))))
        ratios.append(grid_ratios(luma(painted)).cpu())
    worst = float(torch.stack(ratios).median(0).values.max())
    return {"content_distance": float(np.median(distances)), "grid": worst}
