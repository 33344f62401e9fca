"""Pictures on their way through a GPU: while one is computed, the next goes up and the last comes down."""

from collections import deque
from collections.abc import Sequence
from typing import Protocol

from engines.backends import check_batch
from streamstyle.frames import Batch, EngineSpec


class Lane(Protocol):
    """One batch in flight: a stream with buffers of its own."""

    def submit(self, images: Batch) -> None: ...
    def wait(self) -> Batch: ...
    def close(self) -> None: ...


class LaneEngine:
    """An engine over two lanes or more. Called, it is like any other; `start` and `finish` keep several in flight."""

    def __init__(self, spec: EngineSpec, lanes: Sequence[Lane]) -> None:
        self.spec = spec
        self._shape = (spec.batch, spec.height * 3 // 2, spec.width)
        self._free: deque[Lane] = deque(lanes)
        self._busy: deque[Lane] = deque()

    @property
    def room(self) -> int:
        """How many batches can still be started before one has to be finished."""
        return len(self._free)

    @property
    def busy(self) -> int:
        """How many batches are on their way."""
        return len(self._busy)

    def start(self, images: Batch) -> None:
        """Sends a batch on its way; the caller's array is free again on return."""
        check_batch(images, self._shape)
        if not self._free:
            raise RuntimeError("every lane is busy: finish() comes first")
        lane = self._free.popleft()
        lane.submit(images)
        self._busy.append(lane)

    def finish(self) -> Batch:
        """The oldest batch that was started; valid until its lane is started again."""
        lane = self._busy.popleft()
        try:
            return lane.wait()
        finally:
            self._free.append(lane)

    def __call__(self, images: Batch) -> Batch:
        self.start(images)
        return self.finish()

    def close(self) -> None:
        for lane in (*self._busy, *self._free):
            lane.close()
        self._busy.clear()
        self._free.clear()
