"""Matting networks that others trained: any ONNX file that takes one picture and gives one channel.

What cannot be seen in the file is given after a question mark, as for styles. Two that are well known:

- MODNet (Ke et al. 2022; 1x3xHxW, -1..1): `--matte modnet.onnx?range=-1..1`
- MediaPipe's selfie segmentation, turned to ONNX (1x256x256x3, 0..1): `--matte selfie_segmentation.onnx`
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.backends import last_line
from streamstyle.colour import to_rgb
from streamstyle.errors import EngineError, MissingError, PackError, UsageError
from streamstyle.frames import Colour, Image, planes, size

Matte = NDArray[np.float32]
Floats = NDArray[np.float32]
FREE_SIDE, STRIDE = 320, 32
"""The shorter side at which a network of free size is run, and what its sides are multiples of."""
RANGES: dict[str, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    "0..1": ((0, 0, 0), (1, 1, 1)),
    "-1..1": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    "0..255": ((0, 0, 0), (1 / 255, 1 / 255, 1 / 255)),
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
}
"""What is taken from the red, green and blue of a picture in 0..1, and what it is divided by."""


def open_matte(
    text: str, width: int, height: int, colour: Colour, threads: int | None = None
) -> Callable[[Image], Matte]:
    """Compiles the network; it gives mattes of its own size, one for each picture."""
    name, _, query = text.partition("?")
    options = dict(parse_qsl(query))
    if strange := set(options) - {"range", "order"}:
        raise UsageError(f"{name} takes range= and order=, not {min(strange)!r}")
    given, order = options.get("range", "0..1"), options.get("order", "rgb")
    if given not in RANGES:
        raise UsageError(f"{name}: range is one of {', '.join(RANGES)}, not {given!r}")
    if order not in ("rgb", "bgr"):
        raise UsageError(f"{name}: order is rgb or bgr, not {order!r}")
    if not Path(name).is_file():
        raise MissingError(f"{name}: there is no such network")
    return MatteNetwork(name, (width, height), colour, RANGES[given], order == "bgr", threads)


class MatteNetwork:
    """One network compiled for one size."""

    def __init__(
        self,
        name: str,
        shown: tuple[int, int],
        colour: Colour,
        normal: tuple[tuple[float, float, float], tuple[float, float, float]],
        bgr: bool,
        threads: int | None,
    ) -> None:
        import openvino

        core = openvino.Core()
        try:
            model = core.read_model(name)
        except RuntimeError as error:
            raise PackError(f"{name}: not a network that can be read ({last_line(error)})") from error
        self._last, self._size = _input(name, model, shown)
        width, height = self._size
        config: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY"} | (
            {"INFERENCE_NUM_THREADS": threads} if threads else {}
        )
        try:
            model.reshape([1, height, width, 3] if self._last else [1, 3, height, width])
            self._network: Any = core.compile_model(model, "CPU", config)
        except RuntimeError as error:
            raise EngineError(f"{name}: cannot be run at {width}x{height} ({last_line(error)})") from error
        self._colour, self._bgr = colour, bgr
        self._mean, self._deviation = (np.array(part, np.float32) for part in normal)
        if self._matte(np.full((height, width, 3), 128, np.uint8)).size == 0:
            raise PackError(f"{name}: does not give one channel, 1x1xHxW, as a matting network does")

    def __call__(self, image: Image) -> Matte:
        return self._matte(to_rgb(_small(image, self._size), self._colour))

    def _matte(self, picture: Image) -> Matte:
        width, height = self._size
        if picture.shape[:2] != (height, width):
            picture = np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
        floats = (picture.astype(np.float32) / 255 - self._mean) / self._deviation
        if self._bgr:
            floats = floats[..., ::-1]
        tensor = np.ascontiguousarray(floats[None] if self._last else floats.transpose(2, 0, 1)[None])
        return _channel(np.asarray(self._network(tensor)[0], np.float32))


def _small(image: Image, wanted: tuple[int, int]) -> Image:
    """The picture near the network's size, before its colours are turned: that is where the time would go."""
    width, height = size(image)
    target = min(width, wanted[0] + wanted[0] % 2), min(height, wanted[1] + wanted[1] % 2)
    result = np.empty((target[1] * 3 // 2, target[0]), np.uint8)
    for source, plane in zip(planes(image), planes(result), strict=True):
        cv2.resize(source, plane.shape[::-1], dst=plane, interpolation=cv2.INTER_AREA)
    return result


def _input(name: str, model: Any, shown: tuple[int, int]) -> tuple[bool, tuple[int, int]]:
    """Whether channels come last, and the size to run at: the network's own, or a small one of the picture's shape."""
    shape = model.inputs[0].get_partial_shape() if len(model.inputs) == 1 else None
    if shape is None or not shape.rank.is_static or shape.rank.get_length() != 4:
        raise PackError(f"{name}: takes {len(model.inputs)} inputs; a matting network takes one picture, 1x3xHxW")
    sides = [None if side.is_dynamic else int(side.get_length()) for side in shape]
    last = sides[1] != 3
    if last and sides[3] != 3:
        raise PackError(f"{name}: takes {shape}; a matting network takes one picture, 1x3xHxW")
    height, width = sides[1:3] if last else sides[2:4]
    scale = FREE_SIDE / min(shown)
    free = [max(STRIDE, round(side * scale / STRIDE) * STRIDE) for side in shown]
    return last, (width or free[0], height or free[1])


def _channel(result: Floats) -> Matte:
    """The one channel of the first output, in 0..1."""
    plane = result.reshape([side for side in result.shape if side != 1] or [1])
    if plane.ndim != 2:
        return np.empty((0, 0), np.float32)
    if float(plane.min()) < -0.05 or float(plane.max()) > 1.05:
        # What is not a share is its logit.
        plane = (1 / (1 + np.exp(-np.clip(plane, -30, 30)))).astype(np.float32)
    return np.asarray(np.clip(plane, 0, 1), np.float32)
