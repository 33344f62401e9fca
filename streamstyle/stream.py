"""The straight line: a source, stages and hops between threads, a sink.

run(movie, [buffered(), stylise, buffered()], mp4)    every picture, in order
run(camera, [latest(), stylise], screen)              the newest picture wins, delay never grows
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

from streamstyle.frames import Frame, Frames, Sink, Stage

T = TypeVar("T")


class Closed(Exception):
    """The mailbox takes nothing more."""


class Mailbox(Generic[T]):
    """Hands things from one thread to another: bounded and complete, or newest only."""

    def __init__(self, capacity: int, newest: bool = False) -> None:
        self._items: deque[T] = deque()
        self._capacity = capacity
        self._newest = newest
        self._condition = threading.Condition()
        self._finished = False
        self._closed = False
        self._error: BaseException | None = None
        self.dropped = 0

    def put(self, item: T) -> None:
        """Waits for room, or replaces the oldest where only the newest counts; raises Closed after close()."""
        with self._condition:
            while not self._closed and not self._newest and len(self._items) >= self._capacity:
                self._condition.wait()
            if self._closed:
                raise Closed
            if len(self._items) >= self._capacity:
                self._items.popleft()
                self.dropped += 1
            self._items.append(item)
            self._condition.notify_all()

    def finish(self, error: BaseException | None = None) -> None:
        """No more will come; what is inside is still delivered, then the error is raised."""
        with self._condition:
            self._finished = True
            self._error = error
            self._condition.notify_all()

    def close(self) -> None:
        with self._condition:
            self._closed = True
            self._items.clear()
            self._condition.notify_all()

    def get(self, timeout: float | None = None) -> T:
        """The next item; StopIteration's cousin Closed at the end, TimeoutError when nothing came in time."""
        with self._condition:
            if not self._condition.wait_for(lambda: self._items or self._finished or self._closed, timeout):
                raise TimeoutError
            if self._items:
                item = self._items.popleft()
                self._condition.notify_all()
                return item
            if self._error is not None and not self._closed:
                error, self._error = self._error, None
                raise error
            raise Closed


class Hop:
    """Runs what is upstream of it on a thread of its own."""

    def __init__(self, upstream: Frames, mailbox: Mailbox[Frame], name: str) -> None:
        self._upstream = upstream
        self._mailbox = mailbox
        self._thread = threading.Thread(target=self._pump, name=name, daemon=True)
        self._started = threading.Lock()
        self._running = False

    @property
    def dropped(self) -> int:
        return self._mailbox.dropped

    def __iter__(self) -> Iterator[Frame]:
        with self._started:
            if not self._running:
                self._running = True
                self._thread.start()
        with suppress(Closed):
            while True:
                yield self._mailbox.get()

    def _pump(self) -> None:
        try:
            for frame in self._upstream:
                self._mailbox.put(frame)
        except Closed:
            pass
        except BaseException as error:
            self._mailbox.finish(error)
        else:
            self._mailbox.finish()

    def close(self) -> None:
        """Closes the mailbox, then the upstream, then waits: a blocked put and a blocked read both let go first."""
        self._mailbox.close()
        self._upstream.close()
        with self._started:
            started, self._running = self._running, True
        if started and self._thread is not threading.current_thread():
            # A device driver that ignores close() must not hold the program: the thread is a daemon.
            self._thread.join(timeout=5)


class Each:
    """A stage that turns every frame into one frame."""

    def __init__(self, upstream: Frames, turn: Callable[[Frame], Frame], release: Callable[[], None]) -> None:
        self._upstream = upstream
        self._turn = turn
        self._release = release

    def __iter__(self) -> Iterator[Frame]:
        try:
            for frame in self._upstream:
                yield self._turn(frame)
        finally:
            self._release()

    def close(self) -> None:
        self._upstream.close()


def each(turn: Callable[[Frame], Frame], release: Callable[[], None] = lambda: None) -> Stage:
    """A stage from a function; `release` runs on the same thread when the stream ends, however it ends."""
    return lambda upstream: Each(upstream, turn, release)


def buffered(capacity: int = 4) -> Stage:
    """Every frame, in order, upstream on its own thread."""
    return lambda upstream: Hop(upstream, Mailbox(capacity), "buffered")


def latest() -> Stage:
    """The newest frame, upstream on its own thread: what the reader is too slow for is dropped."""
    return lambda upstream: Hop(upstream, Mailbox(1, newest=True), "latest")


def joined(source: Frames, stages: Sequence[Stage]) -> Frames:
    """The source seen through the stages."""
    frames: Frames = source
    for stage in stages:
        frames = stage(frames)
    return frames


def run(
    source: Frames, stages: Sequence[Stage], sink: Sink, shown: Callable[[Frame], None] = lambda frame: None
) -> int:
    """Moves every frame from the source to the sink and says how many; `shown` hears of each one written."""
    frames = joined(source, stages)
    count = 0
    try:
        with sink:
            for frame in frames:
                sink.write(frame)
                count += 1
                shown(frame)
    finally:
        frames.close()
    return count
