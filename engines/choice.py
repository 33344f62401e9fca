"""Which backend runs a style here: the one asked for, or the first that can."""

import importlib
import logging
from typing import cast

from engines.backends import PRECISIONS, Availability, Backend, Request
from engines.foreign import FOREIGN, open_foreign
from streamstyle.errors import EngineError, UsageError
from streamstyle.frames import Colour, Engine
from streamstyle.packs import Pack

log = logging.getLogger(__name__)

_MODULES = {
    "tensorrt": "engines.tensorrt",
    "torch-cuda": "engines.torch_cuda",
    "openvino": "engines.openvino",
    "onnx": "engines.onnx",
    "torch": "engines.torch",
}
BACKENDS = tuple(_MODULES)
"""In the order in which `auto` tries them."""
ENGINES = ("auto", *BACKENDS)


def availabilities() -> tuple[Availability, ...]:
    """What every backend says of this machine, in the order of `auto`."""
    return tuple(_backend(name).availability() for name in BACKENDS)


def open_engine(
    pack: Pack,
    width: int,
    height: int,
    colour: Colour,
    *,
    engine: str = "auto",
    precision: str = "auto",
    batch: int = 1,
    threads: int | None = None,
) -> Engine:
    """An engine that paints pictures of one size; EngineError with every reason where none can."""
    if engine not in ENGINES:
        raise UsageError(f"there is no engine {engine!r}; there are {', '.join(ENGINES)}")
    if precision not in PRECISIONS:
        raise UsageError(f"there is no precision {precision!r}; there are {', '.join(PRECISIONS)}")
    request = Request(width, height, colour, precision, batch, threads)
    if engine != "auto":
        return _open(engine, pack, request)
    reasons: list[str] = []
    for name in BACKENDS:
        try:
            return _open(name, pack, request)
        except EngineError as error:
            log.debug("%s: %s", name, error)
            reasons.append(str(error))
    raise EngineError(f"no engine can run {pack.name} here: " + "; ".join(reasons))


def _backend(name: str) -> Backend:
    # Imported when needed: each backend brings a large library.
    return cast(Backend, importlib.import_module(_MODULES[name]))


def _open(name: str, pack: Pack, request: Request) -> Engine:
    backend = _backend(name)
    available = backend.availability()
    if available.reason:
        raise EngineError(f"{name}: {available.reason}")
    if pack.manifest.generator == FOREIGN:
        return open_foreign(pack, request, available)
    return backend.open_pack(pack, request)
