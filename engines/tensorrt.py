"""TensorRT: runs a built engine on an NVIDIA GPU. How one is built is in `engines.tensorrt_build`."""

import logging
from typing import Any

import numpy as np

from engines.backends import Availability, Request, fitting
from engines.cache import Cache, Key
from engines.cuda import Card, Pinned, Resident, Stream, card
from engines.lanes import LaneEngine
from streamstyle.colour import Floats, graph_colour
from streamstyle.errors import EngineError
from streamstyle.frames import Batch, EngineSpec
from streamstyle.packs import Pack

NAME = "tensorrt"
LANES = 2
log = logging.getLogger(__name__)


def availability() -> Availability:
    try:
        import tensorrt  # noqa: F401
    except ImportError as error:
        return Availability(NAME, f"TensorRT cannot be imported ({error}): pip install 'streamstyle[tensorrt]'")
    try:
        found = card()
    except EngineError as error:
        return Availability(NAME, str(error))
    # Halves first: instance norms and resizes gain nothing from int8.
    return Availability(NAME, None, found.name, ("fp16", "int8", "fp32"))


def open_pack(pack: Pack, request: Request) -> LaneEngine:
    """Takes the built engine from the cache, or builds it, which takes minutes and shows how far it is."""
    import tensorrt

    spec = fitting(availability(), pack, request)
    cache, key = Cache(), engine_key(tensorrt.__version__, card(), pack, spec)
    logger = _logger(tensorrt)
    engine = _loaded(tensorrt, logger, cache.load(key))
    if engine is None:
        from engines.tensorrt_build import build

        plan = build(tensorrt, logger, pack, spec, card(), cache)
        cache.store(key, plan)
        engine = _loaded(tensorrt, logger, plan)
    if engine is None:
        raise EngineError(f"{pack.name}: TensorRT does not take the engine that it built")
    return LaneEngine(spec, [TensorRtLane(engine, spec, graph_colour(request.colour)) for _ in range(LANES)])


def engine_key(version: str, card: Card, pack: Pack, spec: EngineSpec) -> Key:
    """The colours are an input and no part of it: one engine, which took minutes to build, serves them all."""
    label = f"{pack.name}-{spec.width}x{spec.height}x{spec.batch}-{spec.precision}-{NAME}"
    return Key(label, (NAME, version, card.name, card.capability, pack.key, spec))


class TensorRtLane:
    """A context with its stream, its memory up and down, and the whole way recorded as one CUDA graph."""

    def __init__(self, engine: Any, spec: EngineSpec, colour: Floats) -> None:
        shape = (spec.batch, spec.height * 3 // 2, spec.width)
        self._stream = Stream()
        self._up, self._down = Pinned(shape), Pinned(shape)
        self._image, self._painted, self._colour = (
            Resident(self._up.bytes),
            Resident(self._down.bytes),
            Resident(colour.nbytes),
        )
        self._context = engine.create_execution_context()
        self._graph: Any = None
        if self._context is None:
            raise EngineError("TensorRT has no memory left for another picture in flight")
        self._bind(shape, colour)
        self._record()

    def _bind(self, shape: tuple[int, int, int], colour: Floats) -> None:
        staged = Pinned((1, 1, colour.nbytes))
        staged.images[:] = np.frombuffer(colour.tobytes(), np.uint8)
        self._stream.up(staged, self._colour)
        self._stream.wait()
        staged.close()
        places = {"image": self._image, "colour": self._colour, "painted": self._painted}
        fits = self._context.set_input_shape("image", shape)
        if not fits or not all(self._context.set_tensor_address(name, place.address) for name, place in places.items()):
            raise EngineError("TensorRT: the engine does not take pictures of this size")

    def _record(self) -> None:
        # The first run sets up what may not be set up while a graph is recorded.
        self._way()
        self._stream.wait()
        self._stream.begin()
        self._way()
        self._graph = self._stream.end()

    def _way(self) -> None:
        self._stream.up(self._up, self._image)
        if not self._context.execute_async_v3(self._stream.handle):
            raise EngineError("TensorRT: the engine failed to run")
        self._stream.down(self._painted, self._down)

    def submit(self, images: Batch) -> None:
        np.copyto(self._up.images, images)
        self._stream.launch(self._graph)

    def wait(self) -> Batch:
        self._stream.wait()
        return self._down.images

    def close(self) -> None:
        if self._context is None:
            return
        self._stream.wait()
        self._context = None
        self._stream.close(self._graph)
        for memory in (self._image, self._painted, self._colour, self._up, self._down):
            memory.close()


def _loaded(tensorrt: Any, logger: Any, plan: bytes | None) -> Any:
    if plan is None:
        return None
    # None where the plan is of another version or card: it is built again then.
    return tensorrt.Runtime(logger).deserialize_cuda_engine(plan)


def _logger(tensorrt: Any) -> Any:
    """TensorRT's log as ours."""
    severity = tensorrt.ILogger.Severity
    levels = {
        severity.INTERNAL_ERROR: logging.WARNING,
        severity.ERROR: logging.WARNING,
        severity.WARNING: logging.DEBUG,
        severity.INFO: logging.DEBUG,
        severity.VERBOSE: logging.NOTSET,
    }

    class Logger(tensorrt.ILogger):  # type: ignore[misc]
        def __init__(self) -> None:
            tensorrt.ILogger.__init__(self)

        def log(self, severity: Any, message: str) -> None:
            log.log(levels.get(severity, logging.DEBUG), "%s", message)

    return Logger()
