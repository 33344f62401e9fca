"""The guided filter: smooths a picture while it keeps another picture's edges, differentiably (He et al. 2010)."""

from torch import Tensor
from torch.nn import functional


def guided_filter(guide: Tensor, picture: Tensor, radius: int, epsilon: float) -> Tensor:
    """Filters each channel of `picture` by the same channel of `guide`; `epsilon` is in squared units of the guide.

    Windows are cut at the border, so that a constant stays constant there too.
    """
    # Variances are differences of near-equal numbers: half precision would leave nothing of them.
    guide, picture = guide.float(), picture.float()
    guide_mean, picture_mean = _mean(guide, radius), _mean(picture, radius)
    covariance = _mean(guide * picture, radius) - guide_mean * picture_mean
    variance = _mean(guide * guide, radius) - guide_mean * guide_mean
    slope = covariance / (variance + epsilon)
    offset = picture_mean - slope * guide_mean
    return _mean(slope, radius) * guide + _mean(offset, radius)


def _mean(picture: Tensor, radius: int) -> Tensor:
    return functional.avg_pool2d(picture, 2 * radius + 1, stride=1, padding=radius, count_include_pad=False)
