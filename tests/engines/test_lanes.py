"""Several batches in flight, in order, and none mixed up."""

import numpy as np
import pytest

from engines.lanes import LaneEngine
from engines.timing import milliseconds, overlapped
from streamstyle.frames import Batch, EngineSpec

SPEC = EngineSpec("drawn", "none", "fp32", 2, 8, 16)


class Inverting:
    """A lane that does its work when it is waited for, as late as a GPU may."""

    def __init__(self) -> None:
        self.held: Batch | None = None
        self.closed = False

    def submit(self, images: Batch) -> None:
        assert self.held is None
        self.held = images.copy()

    def wait(self) -> Batch:
        assert self.held is not None
        held, self.held = self.held, None
        return 255 - held

    def close(self) -> None:
        self.closed = True


def batch(value: int) -> Batch:
    return np.full((2, 12, 16), value, np.uint8)


def test_batches_come_back_in_the_order_in_which_they_went() -> None:
    lanes = [Inverting(), Inverting()]
    engine = LaneEngine(SPEC, lanes)
    assert (engine(batch(1)) == 254).all()
    engine.start(batch(2))
    engine.start(batch(3))
    assert engine.room == 0 and engine.busy == 2
    with pytest.raises(RuntimeError, match="finish"):
        engine.start(batch(4))
    assert (engine.finish() == 253).all()
    engine.start(batch(5))
    assert (engine.finish() == 252).all() and (engine.finish() == 250).all()
    with pytest.raises(ValueError, match="contiguous"):
        engine.start(batch(1)[:1])
    engine.start(batch(6))
    engine.close()
    assert all(lane.closed for lane in lanes) and engine.room == 0


def test_lanes_are_kept_busy_while_they_are_measured() -> None:
    engine = LaneEngine(SPEC, [Inverting(), Inverting()])
    spent = overlapped(engine, 0.01)
    assert spent is not None and 0 < spent < 100
    assert milliseconds(engine, 0.01) > 0
    assert engine.busy == 0
