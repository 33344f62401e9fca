"""How long an engine takes for a picture, measured."""

import time
from typing import Any

import numpy as np

from streamstyle.frames import Batch, Engine


def sample(engine: Engine, seed: int = 0) -> Batch:
    """Soft noise in the engine's size: as costly as any picture."""
    spec = engine.spec
    dice = np.random.default_rng(seed)
    return dice.integers(16, 236, (spec.batch, spec.height * 3 // 2, spec.width), dtype=np.uint8)


def milliseconds(engine: Engine, seconds: float = 1.0, warm_up: int = 2) -> float:
    """The median over as many calls as fit, for one picture of the batch."""
    images = sample(engine)
    for _ in range(warm_up):
        engine(images)
    times: list[float] = []
    end = time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        engine(images)
        times.append(time.perf_counter() - start)
    return float(np.median(times)) * 1000 / engine.spec.batch


def overlapped(engine: Any, seconds: float = 1.0) -> float | None:
    """The same with every lane of a GPU engine kept busy; None for engines that have none."""
    if not hasattr(engine, "start"):
        return None
    images = sample(engine)
    while engine.room:
        engine.start(images)
    count, began = 0, time.perf_counter()
    while count < 3 or time.perf_counter() < began + seconds:
        engine.finish()
        engine.start(images)
        count += 1
    spent = time.perf_counter() - began
    while engine.busy:
        engine.finish()
    return spent * 1000 / count / int(engine.spec.batch)
