"""A small network of random weights in place of one trained on ImageNet."""

import torch
import torchvision

from streamstyle.training.features import Features


def random_features(seed: int = 1) -> Features:
    torch.manual_seed(seed)
    return Features("squeezenet1_0", torchvision.models.squeezenet1_0().features)
