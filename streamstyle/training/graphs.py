"""Runs exported graphs on single pictures, to measure what a pack will paint."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from streamstyle.colour import HOUSE, graph_colour
from streamstyle.frames import Image, size
from streamstyle.packs import GRAPH, WEIGHTS

Paint = Callable[[Image], Image]


def runner(graph: bytes, weights: bytes) -> Paint:
    """Paints I420 pictures of the house's colours, of any size that the graph takes, in single precision."""
    import openvino

    core = openvino.Core()
    with tempfile.TemporaryDirectory(prefix="streamstyle-") as folder:
        place = Path(folder)
        (place / GRAPH).write_bytes(graph)
        (place / WEIGHTS).write_bytes(weights)
        # Without mapping: the files are gone before the weights are used.
        model = core.read_model(str(place / GRAPH), config={"ENABLE_MMAP": False})
    compiled: dict[tuple[int, int], openvino.CompiledModel] = {}
    colour = graph_colour(HOUSE)

    def paint(picture: Image) -> Image:
        if size(picture) not in compiled:
            fixed = model.clone()
            fixed.reshape({"image": [1, *picture.shape], "colour": [2, 3, 4]})
            compiled[size(picture)] = core.compile_model(fixed, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        results = compiled[size(picture)]({"image": picture[None], "colour": colour})
        return np.array(results[0][0], np.uint8)

    return paint


def decibels(one: Image, other: Image) -> float:
    """Peak signal to noise of two pictures; 99 where they are equal."""
    error = float(np.square(one.astype(np.float64) - other).mean())
    return 99.0 if error == 0 else float(10 * np.log10(255**2 / error))
