"""How much a generator has to do for one picture: the two numbers of the floor."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from engines.backends import Request
from engines.openvino import fixed_model, read_model
from streamstyle.frames import Colour
from streamstyle.packs import Pack


@dataclass(frozen=True, slots=True)
class Work:
    """What one picture costs at the least."""

    operations: float
    """Of the convolutions and products, in thousand millions; a product and a sum are two."""
    numbers: float
    """What they read and write, in millions of numbers."""


def work(pack: Pack, width: int, height: int) -> Work:
    """Counted on the graph at that size."""
    import openvino

    model = fixed_model(read_model(openvino.Core(), pack, "fp32"), Request(width, height, Colour()))
    operations = numbers = 0.0
    for node in model.get_ops():
        kind = node.get_type_name()
        if kind not in ("Convolution", "GroupConvolution", "ConvolutionBackpropData", "MatMul"):
            continue
        inside, weights = (_count(node.input(index).get_partial_shape()) for index in (0, 1))
        outside = _count(node.output(0).get_partial_shape())
        numbers += inside + weights + outside
        operations += 2 * outside * _depth(node, kind)
    return Work(operations / 1e9, numbers / 1e6)


def _depth(node: Any, kind: str) -> float:
    """How many products go into one number of the output."""
    if kind == "MatMul":
        return float(node.input(0).get_partial_shape()[-1].get_length())
    weights = [side.get_length() for side in node.input(1).get_partial_shape()]
    # (out, in, rows, columns); grouped ones carry the group in front, and see only their own.
    if kind == "GroupConvolution":
        weights = weights[1:]
    if kind == "ConvolutionBackpropData":
        scale = _count(node.input(0).get_partial_shape()[2:]) / _count(node.output(0).get_partial_shape()[2:])
        return float(weights[0] * np.prod(weights[2:]) * scale)
    return float(np.prod(weights[1:]))


def _count(shape: Any) -> float:
    return float(np.prod([side.get_length() for side in shape]))
