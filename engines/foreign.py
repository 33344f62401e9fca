"""Networks that others trained: any ONNX file that takes one picture and gives one, as `--style model.onnx`.

What cannot be seen in the file is given after a question mark: `model.onnx?range=0..255&order=bgr`.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.backends import Availability, Request, check_batch, last_line
from streamstyle.colour import from_rgb, to_rgb
from streamstyle.errors import EngineError, MissingError, PackError, UsageError
from streamstyle.frames import Batch, EngineSpec, Image
from streamstyle.library import load
from streamstyle.packs import GRAPH, LARGEST_FILE, Manifest, Pack

if TYPE_CHECKING:
    import openvino

FOREIGN = "foreign"
"""The generator family that such a network counts as."""
SUFFIX = ".onnx"
_RANGES = {"0..1": (1 / 255, 0.0), "0..255": (1.0, 0.0), "-1..1": (2 / 255, -1.0)}
"""How bytes become the numbers that the network takes, and gives: byte * scale + shift."""
_ORDERS = ("rgb", "bgr")
_FREE = 64
"""The size at which a network of free size is asked what it gives."""
_STRIDE = 32
"""Free sides are padded to multiples of it: most networks halve the picture a few times, and say nowhere how often."""

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Shape:
    """What the network takes: channels first or last, and a side of None where it is free."""

    last: bool
    height: int | None
    width: int | None


def load_style(name: str) -> Pack:
    """A style by name or by path, a foreign network being one too."""
    if name.partition("?")[0].endswith(SUFFIX):
        return read_foreign(name)
    return load(name)


def read_foreign(text: str | Path) -> Pack:
    """The network as a pack that lies in memory; PackError with the reason where it is no style network."""
    name, _, query = str(text).partition("?")
    path = Path(name)
    options = dict(parse_qsl(query))
    if strange := set(options) - {"range", "order"}:
        raise UsageError(f"{path.name} takes range= and order=, not {min(strange)!r}")
    if (given := options.get("range", "auto")) not in ("auto", *_RANGES):
        raise UsageError(f"{path.name}: range is one of {', '.join(_RANGES)}, not {given!r}")
    if (order := options.get("order", "rgb").lower()) not in _ORDERS:
        raise UsageError(f"{path.name}: order is rgb or bgr, not {order!r}")
    data = _read_bytes(path)
    model = _read_model(path)
    shape = _shape(path, model)
    value_range = _detected(path, model, shape) if given == "auto" else given
    fixed = [side for side in (shape.height, shape.width) if side is not None]
    manifest = Manifest(
        name=path.stem,
        title=path.stem,
        generator=FOREIGN,
        parameters={"range": value_range, "order": order},
        short_side=min(fixed) if fixed else 360,
        hashes={GRAPH: hashlib.sha256(data).hexdigest(), "options": f"{value_range} {order}"},
    )
    return Pack(path, manifest, {GRAPH: data})


class ForeignEngine:
    """Runs the network on RGB floats, picture by picture, with the planes turned on the way in and out."""

    def __init__(self, pack: Pack, request: Request, network: "openvino.CompiledModel", shape: Shape, spec: EngineSpec):
        self.spec = spec
        self._colour = request.colour
        self._scale, self._shift = _RANGES[pack.manifest.parameters["range"]]
        self._bgr = pack.manifest.parameters["order"] == "bgr"
        self._last = shape.last
        self._fixed = None if shape.width is None or shape.height is None else (shape.width, shape.height)
        self._network: Any = network
        self._shape = (spec.batch, request.rows, request.width)
        self._painted: Batch = np.empty(self._shape, np.uint8)

    def __call__(self, images: Batch) -> Batch:
        check_batch(images, self._shape)
        for image, painted in zip(images, self._painted, strict=True):
            painted[:] = self._paint(image)
        return self._painted

    def _paint(self, image: Image) -> Image:
        picture = self._ordered(self._fitted(to_rgb(image, self._colour)))
        floats = picture.astype(np.float32) * np.float32(self._scale) + np.float32(self._shift)
        tensor = np.ascontiguousarray(floats[None] if self._last else floats.transpose(2, 0, 1)[None])
        result = np.asarray(self._network(tensor)[0], np.float32)[0]
        levels = ((result if self._last else result.transpose(1, 2, 0)) - self._shift) / self._scale
        drawn = self._ordered(np.rint(np.clip(levels, 0, 255)).astype(np.uint8))
        width, height = self.spec.width, self.spec.height
        if self._fixed is None and drawn.shape[:2] == picture.shape[:2]:
            drawn = np.ascontiguousarray(drawn[:height, :width])
        return from_rgb(np.asarray(cv2.resize(drawn, (width, height)), np.uint8), self._colour)

    def _fitted(self, picture: Image) -> Image:
        if self._fixed is not None:
            smaller = self._fixed[0] * self._fixed[1] < picture.shape[0] * picture.shape[1]
            how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
            return np.asarray(cv2.resize(picture, self._fixed, interpolation=how), np.uint8)
        bottom, right = (-side % _STRIDE for side in picture.shape[:2])
        return np.asarray(cv2.copyMakeBorder(picture, 0, bottom, 0, right, cv2.BORDER_REFLECT_101), np.uint8)

    def _ordered(self, picture: Image) -> Image:
        return np.ascontiguousarray(picture[..., ::-1]) if self._bgr else picture

    def close(self) -> None:
        self._network = None


def open_foreign(pack: Pack, request: Request, available: Availability) -> ForeignEngine:
    """Compiles the network for one size with OpenVINO; every other backend runs style packs only."""
    if available.backend != "openvino":
        raise EngineError(f"{available.backend}: {pack.path.name} is a foreign network, which OpenVINO alone runs")
    if request.precision not in ("auto", "fp32"):
        raise EngineError(f"{pack.path.name}: a foreign network runs in fp32, not {request.precision}")
    model = _read_model(pack.path)
    shape = _shape(pack.path, model)
    padded = (request.height + -request.height % _STRIDE, request.width + -request.width % _STRIDE)
    compiled = _compiled(pack.path, model, shape, padded, request.threads)
    spec = EngineSpec("openvino", available.device, "fp32", request.batch, request.height, request.width)
    return ForeignEngine(pack, request, compiled, shape, spec)


def _read_bytes(path: Path) -> bytes:
    if not path.is_file():
        raise MissingError(f"{path}: there is no such network")
    if path.stat().st_size > LARGEST_FILE:
        raise PackError(f"{path}: larger than a style network may be ({LARGEST_FILE >> 20} MiB)")
    return path.read_bytes()


def _read_model(path: Path) -> "openvino.Model":
    import openvino

    try:
        return openvino.Core().read_model(str(path))
    except RuntimeError as error:
        raise PackError(f"{path}: not a network that can be read ({last_line(error)})") from error


def _shape(path: Path, model: "openvino.Model") -> Shape:
    if len(model.inputs) != 1 or len(model.outputs) < 1:
        raise PackError(f"{path}: takes {len(model.inputs)} inputs; a style network takes one picture")
    dimensions = model.inputs[0].get_partial_shape()
    sides = [None if side.is_dynamic else int(side.get_length()) for side in dimensions] if _four(dimensions) else []
    if len(sides) == 4 and sides[0] in (1, None):
        last = sides[1] != 3
        height, width = sides[1:3] if last else sides[2:4]
        if (not last or sides[3] == 3) and (height is None) == (width is None):
            return Shape(last, height, width)
    raise PackError(f"{path}: takes {dimensions}; a style network takes one picture, 1x3xHxW")


def _four(dimensions: Any) -> bool:
    return bool(dimensions.rank.is_static and dimensions.rank.get_length() == 4)


def _compiled(
    path: Path, model: "openvino.Model", shape: Shape, size: tuple[int, int], threads: int | None
) -> "openvino.CompiledModel":
    import openvino

    height, width = shape.height or size[0], shape.width or size[1]
    config: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
    if threads is not None:
        config["INFERENCE_NUM_THREADS"] = threads
    try:
        model.reshape([1, height, width, 3] if shape.last else [1, 3, height, width])
        return openvino.Core().compile_model(model, "CPU", config)
    except RuntimeError as error:
        raise EngineError(f"{path}: cannot be run at {width}x{height} ({last_line(error)})") from error


def _detected(path: Path, model: "openvino.Model", shape: Shape) -> str:
    """The range of the values, from what the network makes of a picture in 0..1.

    A network normalises inside, so what comes out is scaled as it was trained, however the input was.
    """
    try:
        compiled = _compiled(path, model, shape, (_FREE, _FREE), None)
        height, width = shape.height or _FREE, shape.width or _FREE
        dice = np.random.default_rng(0)
        coarse = cv2.resize(dice.random((8, 8, 3)).astype(np.float32), (width, height))
        picture = coarse[None] if shape.last else coarse.transpose(2, 0, 1)[None]
        result = cast(Floats, np.asarray(compiled(np.ascontiguousarray(picture))[0]))
    except RuntimeError as error:
        raise PackError(f"{path}: cannot be tried ({last_line(error)}); say its range: ?range=0..1") from error
    channels = result.shape[-1 if shape.last else 1] if result.ndim == 4 else 0
    if channels != 3:
        raise PackError(f"{path}: gives {'x'.join(map(str, result.shape))}; a style network gives one picture, 1x3xHxW")
    low, high = np.percentile(result, (2, 98))
    if max(abs(low), abs(high)) > 8:
        return "0..255"
    return "-1..1" if low < -0.2 else "0..1"
