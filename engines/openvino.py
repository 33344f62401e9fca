"""OpenVINO: the default on x86 and Arm processors."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engines.backends import Availability, Request, check_batch, fitting, last_line
from engines.cache import Cache, Key
from engines.endings import parted
from streamstyle.colour import graph_colour
from streamstyle.errors import EngineError
from streamstyle.frames import Batch, EngineSpec
from streamstyle.packs import GRAPH, WEIGHTS, Pack

if TYPE_CHECKING:
    import openvino

NAME = "openvino"
REVISION = 2
"""Goes up whenever another graph is compiled of the same pack: what lies in caches is then forgotten."""
_FLOATS = {"fp32": "f32", "bf16": "bf16", "fp16": "f16"}


def availability() -> Availability:
    try:
        import openvino
    except ImportError as error:
        return Availability(NAME, f"OpenVINO cannot be imported ({error})")
    core = openvino.Core()
    if "CPU" not in core.available_devices:
        return Availability(NAME, "OpenVINO has no plugin for this processor")
    able = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    order = [name for name in ("int8", "bf16", "fp16", "fp32") if name.upper() in able]
    return Availability(NAME, None, core.get_property("CPU", "FULL_DEVICE_NAME").strip(), tuple(order))


class OpenVinoEngine:
    """One compiled graph and one request; its output lands in the same array every time."""

    def __init__(self, compiled: "openvino.CompiledModel", spec: EngineSpec) -> None:
        import openvino

        self.spec = spec
        self._tensor = openvino.Tensor
        self._shape = (spec.batch, spec.height * 3 // 2, spec.width)
        self._painted: Batch = np.empty(self._shape, np.uint8)
        self._request: Any = compiled.create_infer_request()
        self._request.set_output_tensor(openvino.Tensor(self._painted, shared_memory=True))

    def __call__(self, images: Batch) -> Batch:
        check_batch(images, self._shape)
        # Shared memory: the graph reads the caller's bytes where they lie.
        self._request.set_input_tensor(self._tensor(images, shared_memory=True))
        self._request.infer()
        return self._painted

    def close(self) -> None:
        self._request = None


def open_pack(pack: Pack, request: Request) -> OpenVinoEngine:
    """Compiles the pack for one size, or takes what was compiled before from the cache."""
    available = availability()
    spec = fitting(available, pack, request)
    return OpenVinoEngine(_compiled(pack, request, spec.precision, available), spec)


def _compiled(pack: Pack, request: Request, precision: str, available: Availability) -> "openvino.CompiledModel":
    import openvino

    core, cache = openvino.Core(), Cache()
    reason: Exception | None = None
    for hint in _hints(precision, available):
        config: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": hint}
        if request.threads is not None:
            config["INFERENCE_NUM_THREADS"] = request.threads
        parts = (
            NAME,
            REVISION,
            openvino.__version__,
            available.device,
            available.precisions,
            pack.key,
            request,
            config,
        )
        key = Key(f"{pack.name}-{request.width}x{request.height}-{precision}-{NAME}", parts)
        if found := _cached(core, cache, key, config):
            return found
        try:
            model = parted(fixed_model(read_model(core, pack, precision), request))
            made = core.compile_model(model, "CPU", config)
        except RuntimeError as error:
            reason = error
            continue
        cache.store(key, bytes(made.export_model().read()))
        return made
    assert reason is not None
    raise EngineError(f"{pack.name}: OpenVINO cannot compile it in {precision} ({last_line(reason)})") from reason


def _hints(precision: str, available: Availability) -> tuple[str, ...]:
    """The floats to compute in. What int8 leaves over runs in bf16 where it can, which is a tenth faster than singles.

    OpenVINO promises bf16 by the processor's name, even where the instructions are masked: hence a second try.
    """
    if precision != "int8":
        return (_FLOATS[precision],)
    return ("bf16", "f32") if "bf16" in available.precisions else ("f32",)


def _cached(core: "openvino.Core", cache: Cache, key: Key, config: dict[str, Any]) -> "openvino.CompiledModel | None":
    data = cache.load(key)
    if data is None:
        return None
    try:
        return core.import_model(data, "CPU", config)
    except RuntimeError:
        # Whole, yet not for this library after all.
        cache.forget(key)
        return None


def read_model(core: "openvino.Core", pack: Pack, precision: str) -> "openvino.Model":
    """The reader wants the weights as a file beside the graph, so both are laid out for a moment."""
    with tempfile.TemporaryDirectory(prefix="streamstyle-", ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        (place / GRAPH).write_bytes(pack.graph(int8=precision == "int8"))
        (place / WEIGHTS).write_bytes(pack.files[WEIGHTS])
        try:
            # Without mapping: the files are gone before the weights are used.
            return core.read_model(str(place / GRAPH), config={"ENABLE_MMAP": False})
        except RuntimeError as error:
            raise EngineError(f"{pack.name}: OpenVINO cannot read its graph ({last_line(error)})") from error


def fixed_model(model: "openvino.Model", request: Request) -> "openvino.Model":
    """The graph with the colours baked in and one static size."""
    import openvino.opset13 as ops

    colour = next(node for node in model.get_parameters() if "colour" in node.output(0).get_names())
    constant = ops.constant(graph_colour(request.colour))
    for target in colour.output(0).get_target_inputs():
        target.replace_source_output(constant.output(0))
    model.remove_parameter(colour)
    model.reshape([request.batch, request.rows, request.width])
    return model
