"""Builds TensorRT engines from a pack's graph: strongly typed, so the precision is that of the graph."""

import sys
import threading
from typing import Any, TextIO

from engines.cache import Cache, Key
from engines.cuda import Card
from engines.precision import half_graph, shaped_graph, signed_graph
from streamstyle.errors import EngineError
from streamstyle.frames import EngineSpec
from streamstyle.packs import WEIGHTS, Pack

WORKSPACE = 4 << 30
LEVEL = 4
"""How hard the builder searches, 0 to 5: kernels are compiled for the very shapes."""


def build(tensorrt: Any, logger: Any, pack: Pack, spec: EngineSpec, card: Card, cache: Cache) -> bytes:
    """A serialised engine for one size and a range of batches; what was timed is kept for the next one."""
    timings = Key(f"timings-{card.name}", ("timings", tensorrt.__version__, card))
    builder = tensorrt.Builder(logger)
    network = builder.create_network(1 << int(tensorrt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))
    parser = tensorrt.OnnxParser(network, logger)
    # Its own kernels instead of a plugin, which would not be part of the engine.
    parser.set_flag(tensorrt.OnnxParserFlag.NATIVE_INSTANCENORM)
    if not parser.parse(typed_graph(pack, spec)):
        reasons = "; ".join(parser.get_error(index).desc() for index in range(parser.num_errors))
        raise EngineError(f"{pack.name}: TensorRT cannot read its graph ({reasons})")
    config = builder.create_builder_config()
    config.set_memory_pool_limit(tensorrt.MemoryPoolType.WORKSPACE, WORKSPACE)
    config.builder_optimization_level = LEVEL
    # Singles mean singles: no rounding to ten bits behind their back.
    config.clear_flag(tensorrt.BuilderFlag.TF32)
    progress = BuildProgress(f"building {pack.name} {spec.width}x{spec.height} {spec.precision}")
    config.progress_monitor = monitor(tensorrt, progress)
    if config.add_optimization_profile(_profile(builder, spec)) < 0:
        raise EngineError(f"{pack.name}: TensorRT refuses {spec.width}x{spec.height} in batches of {spec.batch}")
    timed = config.create_timing_cache(cache.load(timings) or b"")
    config.set_timing_cache(timed, False)
    plan = builder.build_serialized_network(network, config)
    progress.close()
    if plan is None:
        raise EngineError(f"{pack.name}: TensorRT cannot build an engine for {card.name}")
    cache.store(timings, bytes(config.get_timing_cache().serialize()))
    return bytes(plan)


def typed_graph(pack: Pack, spec: EngineSpec) -> bytes:
    """The pack's graph in the precision and the size asked for, in one piece."""
    # Shapes inside become constants where the sides are; the batch alone may vary.
    batch = spec.batch if spec.batch == 1 else None
    if spec.precision == "int8":
        try:
            graph = signed_graph(pack.graph(int8=True))
        except ValueError as error:
            raise EngineError(f"{pack.name}: TensorRT cannot compute it in int8 ({error})") from None
        return shaped_graph(graph, pack.files[WEIGHTS], batch, spec.height * 3 // 2, spec.width)
    graph = shaped_graph(pack.graph(), pack.files[WEIGHTS], batch, spec.height * 3 // 2, spec.width)
    return half_graph(graph, b"") if spec.precision == "fp16" else graph


def _profile(builder: Any, spec: EngineSpec) -> Any:
    profile = builder.create_optimization_profile()
    one, whole = ((batch, spec.height * 3 // 2, spec.width) for batch in (1, spec.batch))
    profile.set_shape("image", one, whole, whole)
    return profile


class BuildProgress:
    """How far a build is, from its nested phases; told from any thread."""

    def __init__(self, title: str, out: TextIO | None = None) -> None:
        self._title = title
        self._out = out or sys.stderr
        self._lock = threading.Lock()
        self._phases: dict[str, tuple[str | None, int]] = {}
        self._done: dict[str, int] = {}
        self._shown = 0.0
        self._best = 0.0

    def start(self, name: str, parent: str | None, steps: int) -> None:
        with self._lock:
            self._phases[name] = (parent, max(1, steps))
            self._done[name] = 0
            self._show()

    def step(self, name: str, step: int) -> None:
        with self._lock:
            self._done[name] = step + 1
            self._show()

    def end(self, name: str) -> None:
        with self._lock:
            self._phases.pop(name, None)
            self._done.pop(name, None)
            self._show()

    @property
    def share(self) -> float:
        """Between 0 and 1; it never falls, since phases come and go."""
        roots = [name for name, (parent, _) in self._phases.items() if parent not in self._phases]
        if roots:
            self._best = max(self._best, min(1.0, self._inside(roots[0])))
        return self._best

    def _inside(self, name: str) -> float:
        steps = self._phases[name][1]
        below = [self._inside(other) for other, (parent, _) in self._phases.items() if parent == name]
        return (self._done[name] + (max(below) if below and self._done[name] < steps else 0.0)) / steps

    def _show(self) -> None:
        share = self.share
        if self._out.isatty() and share - self._shown >= 0.005:
            self._shown = share
            bar = "█" * round(share * 24)
            self._out.write(f"\r\x1b[K{bar:░<24} {share:4.0%}  {self._title}")
            self._out.flush()

    def close(self) -> None:
        if self._shown:
            self._out.write("\r\x1b[K")
            self._out.flush()


def monitor(tensorrt: Any, progress: BuildProgress) -> Any:
    """The progress as what TensorRT calls back."""

    class Monitor(tensorrt.IProgressMonitor):  # type: ignore[misc]
        def __init__(self) -> None:
            tensorrt.IProgressMonitor.__init__(self)

        def phase_start(self, phase_name: str, parent_phase: str | None, num_steps: int) -> None:
            progress.start(phase_name, parent_phase, num_steps)

        def step_complete(self, phase_name: str, step: int) -> bool:
            progress.step(phase_name, step)
            return True

        def phase_finish(self, phase_name: str) -> None:
            progress.end(phase_name)

    return Monitor()
