"""Several sinks as one: each may fail for itself, come later and go earlier, and none waits for another."""

import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from streamstyle.errors import OutputError, StreamStyleError
from streamstyle.frames import Frame, Sink
from streamstyle.stream import Closed, Mailbox

FINISH_SECONDS = 30.0
WAITING = 30
"""Pictures that a slow sink may be behind; then the oldest is dropped."""


class Behind:
    """A sink on a thread of its own: what it takes long over holds up nobody; its error arrives with a later write."""

    def __init__(self, sink: Sink, waiting: int = WAITING) -> None:
        self._sink = sink
        self._box: Mailbox[Frame] = Mailbox(waiting, newest=True)
        self._thread = threading.Thread(target=self._pump, name="behind", daemon=True)
        self._error: BaseException | None = None
        self.cost = 0.0
        """Seconds that the sink took over its last picture; none once it is finished."""

    @property
    def dropped(self) -> int:
        return self._box.dropped

    def __enter__(self) -> Self:
        self._sink.__enter__()
        self._thread.start()
        return self

    def write(self, frame: Frame) -> None:
        if self._error is not None:
            raise self._error
        self._box.put(frame)

    def _pump(self) -> None:
        try:
            while True:
                frame = self._box.get()
                began = time.monotonic()
                self._sink.write(frame)
                self.cost = time.monotonic() - began
        except Closed:
            pass
        except BaseException as error:
            self._error = error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None or kind is KeyboardInterrupt:
            self._box.finish()
        else:
            self._box.close()
        self._thread.join(timeout=FINISH_SECONDS)
        self.cost = 0.0
        if self._thread.is_alive():
            raise OutputError("a sink did not take its last pictures in time")
        failed = self._error
        if kind is None and failed is not None:
            self._sink.__exit__(type(failed), failed, failed.__traceback__)
            raise failed
        else:
            self._sink.__exit__(kind, error, trace)


class Several:
    """Writes to all; one that fails is said and left, and only when none is left does the stream end in an error."""

    def __init__(self, sinks: Sequence[tuple[str, Sink]], say: Callable[[str], None]) -> None:
        self._given = tuple(sinks)
        self._say = say
        self._lock = threading.Lock()
        self._open: dict[str, Sink] = {}

    @property
    def names(self) -> tuple[str, ...]:
        with self._lock:
            return tuple(self._open)

    def __enter__(self) -> Self:
        failures: list[StreamStyleError] = []
        try:
            for name, sink in self._given:
                try:
                    self._open[name] = sink.__enter__()
                except StreamStyleError as error:
                    failures.append(error)
        except BaseException as error:
            self.__exit__(type(error), error, error.__traceback__)
            raise
        if failures and not self._open:
            raise failures[0]
        for failure in failures:
            self._say(f"{failure}; going on with {', '.join(self._open)}")
        return self

    def add(self, name: str, sink: Sink) -> None:
        """Opens one more, from any thread."""
        entered = sink.__enter__()
        with self._lock:
            self._open[name] = entered

    def remove(self, name: str) -> None:
        """Finishes one, from any thread."""
        with self._lock:
            sink = self._open.pop(name, None)
        if sink is not None:
            sink.__exit__(None, None, None)

    def write(self, frame: Frame) -> None:
        with self._lock:
            sinks = tuple(self._open.items())
        for name, sink in sinks:
            try:
                sink.write(frame)
            except StreamStyleError as error:
                self._leave(name, error)

    def _leave(self, name: str, error: StreamStyleError) -> None:
        with self._lock:
            sink = self._open.pop(name, None)
            left = ", ".join(self._open)
        if sink is None:
            return
        _finish(sink, error, self._say)
        if not left:
            raise error
        self._say(f"{error}; going on with {left}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            sinks, self._open = tuple(self._open.values()), {}
        failures: list[StreamStyleError] = []
        for sink in sinks:
            if kind is None:
                try:
                    sink.__exit__(None, None, None)
                except StreamStyleError as failure:
                    failures.append(failure)
            else:
                _finish(sink, error, self._say)
        if failures:
            for other in failures[1:]:
                self._say(str(other))
            raise failures[0]


def _finish(sink: Sink, error: BaseException | None, say: Callable[[str], None]) -> None:
    """Ends a sink because of an error, which a second error must not hide."""
    try:
        sink.__exit__(type(error) if error else None, error, error.__traceback__ if error else None)
    except StreamStyleError as second:
        if second is not error:
            say(str(second))
