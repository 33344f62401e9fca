"""Reading a container once for all of its readers: the picture's packets in turn, the others' laid aside."""

import threading
from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av

from streamstyle.errors import InputError
from streamstyle.media.enclosures import is_cover
from streamstyle.media.opening import opened
from streamstyle.media.places import Place

COMPANIONS = ("audio", "subtitle")


class Demuxer:
    """Iterates over the packets of the one video stream, on one thread; damage is counted in `broken`.

    With `aside`, packets of sound and subtitles are kept in a queue without a bound, so that neither the picture nor
    they ever wait for each other: a pipe can be read only once. The container closes when its last holder lets go.
    """

    def __init__(
        self, place: Place, rate: Fraction | None = None, aside: bool = False, device: str | None = None
    ) -> None:
        self._place = place
        self.device = device
        """What is to decode, None for software."""
        self._closed = False
        self._holders, self._lock = 1, threading.Lock()
        self.container: Any = opened(place, rate, lambda: self._closed, device)
        if not self.container.streams.video:
            self.container.close()
            raise InputError(f"{place}: there is no video in it")
        # A cover picture is a video stream too, and may come first.
        self.video: Any = self.container.streams.best("video") or self.container.streams.video[0]
        self.companions = [
            each for each in self.container.streams if aside and (each.type in COMPANIONS or is_cover(each))
        ]
        self.aside: deque[Any] = deque()
        self.broken = 0

    def __iter__(self) -> Iterator[Any]:
        packets = self._packets()
        while not self._closed:
            try:
                packet = next(packets, None)
            except IndexError:
                # A damaged transport stream seems to grow streams that PyAV does not know of.
                self.broken += 1
                packets = self._packets()
                continue
            except av.error.FFmpegError as error:
                if isinstance(error, TimeoutError) or self._place.kind == "url":
                    raise InputError(f"{self._place}: the stream stopped ({error.strerror})") from error
                self.broken += 1
                return
            if packet is None:
                return
            if packet.stream is self.video:
                yield packet
            elif packet.dts is not None or (packet.size and is_cover(packet.stream)):
                self.aside.append(packet)

    def _packets(self) -> Iterator[Any]:
        packets: Iterator[Any] = self.container.demux([self.video, *self.companions])
        return packets

    def close(self) -> None:
        """Ends the iteration before its next packet, from any thread."""
        self._closed = True

    def hold(self) -> None:
        """One more reader of the container."""
        with self._lock:
            self._holders += 1

    def release(self) -> None:
        """One reader less; each calls it once."""
        with self._lock:
            self._holders -= 1
            if not self._holders:
                self.container.close()
