"""ONNX Runtime: processors of every kind, and CoreML, DirectML or CUDA where its build has them."""

import importlib.util
from typing import Any

import numpy as np

from engines.backends import Availability, Request, check_batch, fitting, last_line
from streamstyle.colour import graph_colour
from streamstyle.errors import EngineError
from streamstyle.frames import Batch, EngineSpec
from streamstyle.packs import GRAPH, WEIGHTS, Pack

NAME = "onnx"
_DEVICES = {
    "CUDAExecutionProvider": "CUDA",
    "CoreMLExecutionProvider": "CoreML",
    "DmlExecutionProvider": "DirectML",
    "CPUExecutionProvider": "CPU",
}
"""The providers that are used, the quickest first."""


def availability() -> Availability:
    try:
        import onnxruntime
    except ImportError as error:
        return Availability(NAME, f"ONNX Runtime cannot be imported ({error}): pip install 'streamstyle[onnx]'")
    provider = _provider(onnxruntime.get_available_providers())
    if provider is None:
        return Availability(NAME, "this build of ONNX Runtime has no provider that runs these graphs")
    return Availability(NAME, None, _DEVICES[provider], _precisions(provider))


def _provider(present: list[str]) -> str | None:
    return next((name for name in _DEVICES if name in present), None)


def _precisions(provider: str) -> tuple[str, ...]:
    if provider == "CPUExecutionProvider":
        return ("int8", "fp32")
    if provider == "CoreMLExecutionProvider" or importlib.util.find_spec("onnx") is None:
        return ("fp32",)
    # The graph is rewritten to halves, for which the onnx package is needed.
    return ("fp16", "fp32")


class OnnxEngine:
    """One session with its arrays bound once; the input is read where it lies."""

    def __init__(self, session: Any, request: Request, spec: EngineSpec) -> None:
        self.spec = spec
        self._session = session
        self._shape = (spec.batch, spec.height * 3 // 2, spec.width)
        self._painted: Batch = np.empty(self._shape, np.uint8)
        self._binding = session.io_binding()
        self._binding.bind_cpu_input("colour", graph_colour(request.colour))
        self._binding.bind_output("painted", "cpu", 0, np.uint8, self._shape, self._painted.ctypes.data)

    def __call__(self, images: Batch) -> Batch:
        check_batch(images, self._shape)
        self._binding.bind_cpu_input("image", images)
        self._session.run_with_iobinding(self._binding)
        return self._painted

    def close(self) -> None:
        self._session = self._binding = None


def open_pack(pack: Pack, request: Request) -> OnnxEngine:
    """A session for one size."""
    spec = fitting(availability(), pack, request)
    return OnnxEngine(_session(pack, spec.precision, request, spec.device), request, spec)


def _session(pack: Pack, precision: str, request: Request, device: str) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = request.threads or 0
    options.log_severity_level = 3
    # Threads that spin between two pictures would take the cores from the decoder and the encoder.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    graph = pack.graph(int8=precision == "int8")
    if precision == "fp16":
        from engines.precision import half_graph

        graph = half_graph(graph, pack.files[WEIGHTS])
    elif precision == "fp32":
        weights = pack.files[WEIGHTS]
        options.add_external_initializers_from_files_in_memory([WEIGHTS], [weights], [len(weights)])
    chosen = next(name for name, title in _DEVICES.items() if title == device)
    providers = [chosen] if chosen == "CPUExecutionProvider" else [chosen, "CPUExecutionProvider"]
    try:
        return onnxruntime.InferenceSession(graph, options, providers=providers)
    except Exception as error:  # ONNX Runtime's errors share no class of their own.
        raise EngineError(f"{pack.name}: ONNX Runtime cannot take its {GRAPH} ({last_line(error)})") from error
