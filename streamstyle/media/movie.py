"""A movie as a source: whatever PyAV opens, decoded in order, upright and with its own time stamps."""

from collections.abc import Generator, Iterator
from contextlib import suppress
from fractions import Fraction
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from streamstyle.errors import InputError, UsageError
from streamstyle.frames import Frame, MediaInfo
from streamstyle.media.decoders import accelerated, demuxed
from streamstyle.media.filters import Filters, vectors_of
from streamstyle.media.geometry import Sizing, shape
from streamstyle.media.opening import STILL_RATE
from streamstyle.media.places import numbered, place
from streamstyle.media.planes import even, image_of

REORDER_PACKETS = 200
"""How far to look for the first picture before giving up."""


class Movie:
    """Decodes one video stream; what could not be decoded is counted and said in `remarks`."""

    def __init__(
        self,
        name: str,
        *,
        start: float = 0.0,
        end: float | None = None,
        size: Sizing | None = None,
        vectors: bool = False,
        rate: Fraction | None = None,
        companions: bool = False,
        decoder: str = "auto",
    ) -> None:
        self.place = place(name)
        self.remarks: list[str] = []
        self._start, self._end = start, end
        if end is not None and end <= start:
            raise UsageError(f"--end {end:g} is not after --start {start:g}")
        self._closed = False
        self.delivered = 0
        self.demuxer = demuxed(self.place, rate, companions, decoder, vectors)
        """With `companions`, what travels beside the picture waits here for whoever carries it."""
        try:
            self._prepare(size, vectors, decoder)
        except BaseException:
            self.demuxer.release()
            raise

    def _prepare(self, size: Sizing | None, vectors: bool, decoder: str) -> None:
        self._container, self._stream = self.demuxer.container, self.demuxer.video
        self._stream.thread_type = "AUTO"
        # A device does all the work, and threads around it would only hold pictures back.
        self._stream.codec_context.thread_count = 1 if self.demuxer.device else 2
        if vectors:
            self._stream.codec_context.options = {"flags2": "+export_mvs"}
        if self._start and self.place.kind != "pipe":
            self._seek()
        self._decoded = self._decode()
        first = next(self._decoded, None)
        if first is None:
            raise InputError(f"{self.place}: not one picture could be decoded" + (" there" if self._start else ""))
        if decoder == self.demuxer.device and not accelerated(self._stream.codec_context):
            what = f"{self._stream.codec_context.codec.name}, {first.format.name}, {first.width}x{first.height}"
            raise InputError(f"{self.place}: --decoder {decoder} does not take it ({what})")
        self._first = first
        aspect = self._stream.sample_aspect_ratio
        self._shape = shape(first, aspect, size)
        self._graph = None if self._shape.plain else Filters(self._shape, first, self._stream.time_base)
        self.info = self._describe()

    def _describe(self) -> MediaInfo:
        stream, width, height = self._stream, self._shape.width, self._shape.height
        rate = stream.average_rate or stream.guessed_rate or STILL_RATE
        whole = (even(width), even(height))
        return MediaInfo(
            *whole,
            rate=Fraction(rate),
            colour=self._shape.colour,
            live=self.place.kind == "url" and not self._container.duration,
            frames=self._expected(Fraction(rate)),
            crop=None if whole == (width, height) else (width, height),
        )

    def _expected(self, rate: Fraction) -> int | None:
        if self.place.kind == "sequence":
            return len(numbered(self.place))
        whole: int | None = self._stream.frames or None
        if whole is None and self._container.duration:
            whole = round(self._container.duration / av.time_base * rate)
        if whole is None or not (self._start or self._end is not None):
            return whole
        seconds = float(whole / rate)
        return max(0, round((min(self._end or seconds, seconds) - self._start) * rate))

    @property
    def origin(self) -> Fraction:
        """The time of the source that becomes zero: companions are shifted by it."""
        start = Fraction(self._start).limit_denominator(1_000_000)
        return self._origin_pts() * Fraction(self._stream.time_base) + start

    @property
    def length(self) -> Fraction | None:
        """The seconds that are kept, where there is an end to them."""
        return None if self._end is None else Fraction(self._end - self._start).limit_denominator(1_000_000)

    def _seek(self) -> None:
        offset = self._origin_pts()
        with suppress(av.error.FFmpegError):
            self._container.seek(offset + round(self._start / self._stream.time_base), stream=self._stream)

    def _origin_pts(self) -> int:
        return (self._stream.start_time or 0) if self._start or self._end is not None else 0

    def __iter__(self) -> Iterator[Frame]:
        try:
            yield from self._frames()
        finally:
            self._finish()

    def _frames(self) -> Iterator[Frame]:
        first, self._first = self._first, None
        shift = self._origin_pts() + (round(self._start / self._stream.time_base) if self._start else 0)
        for decoded in self._chained(first):
            if self._closed:
                return
            for picture, vectors in self._filtered(decoded):
                frame = self._frame(picture, vectors, shift)
                if frame is not None:
                    self.delivered += 1
                    yield frame

    def _chained(self, first: Any) -> Iterator[Any]:
        if first is not None:
            yield first
        yield from self._decoded
        yield None

    def _filtered(self, decoded: Any) -> Iterator[tuple[Any, NDArray[np.int32] | None]]:
        if self._graph is not None:
            yield from ((picture, None) for picture in self._graph(decoded))
        elif decoded is not None:
            yield decoded, vectors_of(decoded)

    def _frame(self, picture: Any, vectors: NDArray[np.int32] | None, shift: int) -> Frame | None:
        base, pts = Fraction(picture.time_base or self._stream.time_base), picture.pts
        if pts is None:
            # Raw streams carry no time stamps: the rate makes them.
            base, pts = 1 / self.info.rate, self.delivered
        exact = pts * base / self._stream.time_base
        if exact.denominator == 1:
            base, pts = Fraction(self._stream.time_base), int(exact)
        if base == self._stream.time_base:
            pts -= shift
        seconds = float(pts * base)
        if (self._start and pts < 0) or (self._end is not None and seconds >= self._end - self._start):
            return None
        return Frame(image_of(picture), pts, base, vectors)

    def _decode(self) -> Generator[Any, None, None]:
        """Every picture that can be decoded; a broken packet is counted and passed over."""
        barren = 0
        for packet in self.demuxer:
            if self._past_end(packet):
                return
            try:
                for frame in packet.decode():
                    barren = 0
                    yield frame
            except av.error.FFmpegError:
                self.demuxer.broken += 1
            barren += 1
            if barren > REORDER_PACKETS:
                return

    def _past_end(self, packet: Any) -> bool:
        # A second of slack, since packets come in decoding order.
        if self._end is None or packet.pts is None or packet.dts is None:
            return False
        return float((packet.dts - self._origin_pts()) * packet.time_base) > self._end + 1

    def _finish(self) -> None:
        self._decoded.close()
        self.demuxer.release()
        if self.demuxer.broken:
            self.remarks.append(f"{self.place}: {self.demuxer.broken} damaged packets were passed over")
        whole = self._stream.frames
        if not (self._closed or self._start or self._end is not None) and whole and self.delivered < whole:
            self.remarks.append(f"{self.place}: {self.delivered} of {whole} pictures could be decoded")

    def close(self) -> None:
        """Ends the iteration before its next picture."""
        self._closed = True
        self.demuxer.close()

    def discard(self) -> None:
        """Gives up a movie that is not iterated."""
        self.close()
        self._finish()
