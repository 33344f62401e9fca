"""What rides along with the picture: sound, subtitles, chapters and metadata, copied wherever the container allows."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Protocol

import av

from streamstyle.media.movie import Movie

SHORTEST_CHAPTER = Fraction(1, 20)
"""Seconds; what is left of a neighbour after a cut is no chapter."""


class Passengers(Protocol):
    """Boards an output before its header is written, then keeps step with the picture."""

    def board(self, output: Any) -> None: ...
    def advance(self, seconds: float) -> None: ...
    def finish(self) -> None: ...
    def close(self) -> None: ...


class Companions:
    """The other streams of a movie, read from the file once more so that the picture is never waited for."""

    def __init__(self, movie: Movie, start: float = 0.0, end: float | None = None) -> None:
        self.remarks = movie.remarks
        self._end = None if end is None else end - start
        self._start = start
        self._container: Any = av.open(movie.place.name)
        self._origin = self._first_video_time() if start or end is not None else Fraction(0)
        self._ways: dict[int, _Copy | _Transcode] = {}
        self._packets: Iterator[Any] = iter(())
        self._waiting: Any = None

    def _first_video_time(self) -> Fraction:
        video = self._container.streams.video[0]
        return Fraction((video.start_time or 0) * video.time_base)

    def board(self, output: Any) -> None:
        source = self._container
        for stream in source.streams:
            if stream.type == "video" and stream.index == source.streams.video[0].index:
                continue
            self._admit(stream, output)
        output.metadata.update({key: value for key, value in source.metadata.items() if key not in _OWN})
        if chapters := self._chapters():
            output.set_chapters(chapters)
        if self._ways:
            if self._start:
                source.seek(round((float(self._origin) + self._start) * av.time_base), backward=True)
            self._packets = source.demux([source.streams[index] for index in self._ways])
            self._waiting = next(self._packets, None)

    def _admit(self, stream: Any, output: Any) -> None:
        name = stream.codec_context.name if stream.codec_context is not None else stream.type
        label = f"{stream.type} track {stream.index} ({name})"
        if stream.type not in ("audio", "subtitle"):
            self.remarks.append(f"left out: {label}")
        elif stream.codec_context.codec.canonical_name in output.supported_codecs and output.format.name != "gif":
            self._ways[stream.index] = _Copy(stream, output)
        elif stream.type == "audio" and output.default_audio_codec not in ("none", ""):
            self._ways[stream.index] = _Transcode(stream, output)
            self.remarks.append(f"converted to {output.default_audio_codec}: {label}")
        else:
            self.remarks.append(f"left out, since {output.format.name} cannot hold it: {label}")

    def _chapters(self) -> list[Any]:
        """The chapters inside the part that is kept, moved with it."""
        kept = []
        for chapter in self._container.chapters():
            base = chapter["time_base"] or Fraction(1, 1000)
            shift = Fraction(self._start).limit_denominator(1_000_000) + self._origin
            start, end = chapter["start"] * base - shift, chapter["end"] * base - shift
            start, end = max(start, Fraction(0)), end if self._end is None else min(end, Fraction(self._end))
            if end - start < SHORTEST_CHAPTER:
                continue
            kept.append({**chapter, "start": round(start / base), "end": round(end / base)})
        return kept

    def advance(self, seconds: float) -> None:
        """Lets everything board that belongs before this moment."""
        while self._waiting is not None and self._time(self._waiting) <= seconds:
            self._carry(self._waiting)
            self._waiting = next(self._packets, None)

    def finish(self) -> None:
        self.advance(float("inf"))
        for way in self._ways.values():
            way.finish()

    def _time(self, packet: Any) -> float:
        if packet.dts is None:
            return 0.0
        return float(packet.dts * packet.time_base - self._origin) - self._start

    def _carry(self, packet: Any) -> None:
        if packet.dts is None:
            return
        if self._start or self._end is not None:
            seconds = self._time(packet)
            if seconds < 0 or (self._end is not None and seconds >= self._end):
                return
            shift = round((self._origin + Fraction(self._start)) / packet.time_base)
            packet.dts -= shift
            packet.pts = packet.dts if packet.pts is None else packet.pts - shift
        self._ways[packet.stream.index].carry(packet)

    def close(self) -> None:
        self._container.close()


_OWN = ("encoder", "major_brand", "minor_version", "compatible_brands", "ENCODER")


class _Copy:
    """Carries packets over as they are."""

    def __init__(self, stream: Any, output: Any) -> None:
        self._output = output
        self._stream = output.add_stream_from_template(stream)
        self._stream.metadata.update(stream.metadata)

    def carry(self, packet: Any) -> None:
        packet.stream = self._stream
        self._output.mux_one(packet)

    def finish(self) -> None: ...


class _Transcode:
    """Decodes sound that the container cannot hold and encodes it as it likes it."""

    def __init__(self, stream: Any, output: Any) -> None:
        self._output = output
        codec = "libopus" if output.default_audio_codec in ("opus", "vorbis") else output.default_audio_codec
        rate = 48000 if codec == "libopus" else stream.codec_context.sample_rate
        self._stream = output.add_stream(codec, rate=rate)
        self._stream.metadata.update(stream.metadata)
        context = self._stream.codec_context
        context.layout = "stereo" if stream.codec_context.channels > 1 else "mono"
        context.open()
        self._resampler = av.AudioResampler(context.format, context.layout, rate, frame_size=context.frame_size or None)

    def carry(self, packet: Any) -> None:
        for frame in packet.decode():
            self._encode(self._resampler.resample(frame))

    def _encode(self, frames: list[Any]) -> None:
        for frame in frames:
            self._output.mux(self._stream.encode(frame))

    def finish(self) -> None:
        self._encode(self._resampler.resample(None))
        self._output.mux(self._stream.encode(None))
