"""A source that is no device, made to behave as one: at its own speed, stamped with the moment of each picture."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

from streamstyle.cameras import LIVE, now
from streamstyle.frames import Frame, Source


class Paced:
    """Plays a source in real time, from the start again at its end where `again` opens it anew."""

    def __init__(self, source: Source, again: Callable[[], Source] | None = None) -> None:
        self.info = replace(source.info, live=True, frames=None)
        self._source = source
        self._again = again
        self._closed = threading.Event()

    def __iter__(self) -> Iterator[Frame]:
        start = now()
        while True:
            length = 0.0
            for frame in self._source:
                length = frame.seconds + 1 / float(self.info.rate)
                late = now() - start - round(frame.seconds * 1e6)
                if late < 0 and self._closed.wait(-late / 1e6):
                    return
                yield replace(frame, pts=now(), time_base=LIVE)
            if self._closed.is_set() or self._again is None or not length:
                return
            start += round(length * 1e6)
            self._reopen()

    def _reopen(self) -> None:
        assert self._again is not None
        self._source.close()
        self._source = self._again()
        if self._closed.is_set():
            self._source.close()

    def close(self) -> None:
        self._closed.set()
        self._source.close()
