"""From RGB to the planes of 4:2:0 video and back, so that losses on RGB train a generator that lives on planes.

RGB is N x 3 x H x W in 0..1; planes are N x 6 x H/2 x W/2: Y of each 2x2 square in reading order, U, V, in the house's
colours. Both ways can be differentiated.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from streamstyle.colour import HOUSE, rgb_from_yuv, yuv_from_rgb

LUMA = (0.299, 0.587, 0.114)


def to_planes(picture: Tensor) -> Tensor:
    full = _affine(picture, yuv_from_rgb(HOUSE))
    return torch.cat([functional.pixel_unshuffle(full[:, :1], 2), functional.avg_pool2d(full[:, 1:], 2)], dim=1)


def to_rgb(planes: Tensor) -> Tensor:
    luma = functional.pixel_shuffle(planes[:, :4], 2)
    chroma = functional.interpolate(planes[:, 4:], scale_factor=2, mode="bilinear", align_corners=False)
    return _affine(torch.cat([luma, chroma], dim=1), rgb_from_yuv(HOUSE))


def luma(picture: Tensor) -> Tensor:
    """The brightness of RGB pictures: N x 1 x H x W."""
    return (picture * picture.new_tensor(LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)


def grey(picture: Tensor) -> Tensor:
    """RGB pictures without their colours."""
    return luma(picture).expand(-1, 3, -1, -1)


def chroma(picture: Tensor) -> Tensor:
    """The colours of RGB pictures: N x 2 x H/2 x W/2."""
    return to_planes(picture)[:, 4:]


def paint(generator: Any, picture: Tensor) -> Tensor:
    """RGB in and out, whatever the generator lives on; values may lie a little outside 0..1."""
    painted: Tensor
    if generator.domain == "planes":
        painted = to_rgb(generator(to_planes(picture)).float())
    else:
        painted = generator(picture).float()
    return painted


def _affine(picture: Tensor, matrix: Any) -> Tensor:
    # In bf16 eight bits would not survive, in training as little as on the screen.
    with torch.autocast(picture.device.type, enabled=False):
        weights = torch.as_tensor(matrix, dtype=picture.dtype, device=picture.device)
        return functional.conv2d(picture, weights[:, :3, None, None], weights[:, 3])
