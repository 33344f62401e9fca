"""What rides along with the picture: sound, subtitles, chapters and metadata, copied wherever the container allows."""

from fractions import Fraction
from typing import Any, Protocol

import av

from streamstyle.media.enclosures import COVERED, Cover, attach, is_cover
from streamstyle.media.movie import Movie
from streamstyle.media.subtitles import Rewriting, wording

SHORTEST_CHAPTER = Fraction(1, 20)
"""Seconds; what is left of a neighbour after a cut is no chapter."""

TRANSPORTED = ("aac", "mp2", "mp3", "ac3", "eac3", "dts", "opus")
"""Sound that a transport stream holds."""


class Passengers(Protocol):
    """Boards an output before its header is written, then keeps step with the picture."""

    def board(self, output: Any) -> None: ...
    def advance(self) -> None: ...
    def finish(self) -> None: ...
    def close(self) -> None: ...


class _Way(Protocol):
    """How one stream gets into the output."""

    def carry(self, packet: Any) -> None: ...
    def finish(self) -> None: ...


class Companions:
    """The other streams of a movie opened with `companions`; its demuxer lays their packets aside."""

    def __init__(self, movie: Movie) -> None:
        self.remarks = movie.remarks
        self._demuxer = movie.demuxer
        self._demuxer.hold()
        self._origin, self._length = movie.origin, movie.length
        self._ways: dict[Any, _Way] = {}

    def board(self, output: Any) -> None:
        source = self._demuxer.container
        for stream in source.streams:
            if stream is not self._demuxer.video:
                self._admit(stream, output)
        output.metadata.update(_told(source))
        if chapters := self._chapters():
            output.set_chapters(chapters)

    def _admit(self, stream: Any, output: Any) -> None:
        name = stream.codec_context.name if stream.codec_context is not None else stream.type
        label = f"{stream.type} track {stream.index} ({name})"
        if is_cover(stream) and output.format.name in COVERED:
            self._ways[stream] = Cover(stream, output)
        elif attach(stream, self._demuxer.aside, output):
            return
        elif stream.type not in ("audio", "subtitle"):
            self.remarks.append(f"left out: {label}")
        elif _holds(output, stream.codec_context.codec.canonical_name):
            self._ways[stream] = _Copy(stream, output)
        elif stream.type == "audio" and output.default_audio_codec not in ("none", ""):
            self._ways[stream] = _Transcode(stream, output)
            self.remarks.append(f"converted to {output.default_audio_codec}: {label}")
        elif stream.type == "subtitle" and (kind := wording(stream, output)):
            self._ways[stream] = Rewriting(stream, output, kind)
            self.remarks.append(f"converted to {kind}: {label}")
        else:
            self.remarks.append(f"left out, since {output.format.name} cannot hold it: {label}")

    def _chapters(self) -> list[Any]:
        """The chapters inside the part that is kept, moved with it."""
        kept = []
        for chapter in self._demuxer.container.chapters():
            base = chapter["time_base"] or Fraction(1, 1000)
            start, end = chapter["start"] * base - self._origin, chapter["end"] * base - self._origin
            start, end = max(start, Fraction(0)), end if self._length is None else min(end, self._length)
            if end - start < SHORTEST_CHAPTER:
                continue
            kept.append({**chapter, "start": round(start / base), "end": round(end / base)})
        return kept

    def advance(self) -> None:
        """Lets everything board that has been read by now; the demuxer is a few pictures ahead."""
        aside = self._demuxer.aside
        while aside:
            packet = aside.popleft()
            if packet.stream in self._ways and self._moved(packet):
                self._ways[packet.stream].carry(packet)

    def finish(self) -> None:
        self.advance()
        for way in self._ways.values():
            way.finish()

    def _moved(self, packet: Any) -> bool:
        """Whether the packet lies in the part that is kept; its time becomes that of the output."""
        if is_cover(packet.stream):
            # A cover belongs to no moment.
            return True
        shift = round(self._origin / packet.time_base)
        packet.dts -= shift
        packet.pts = packet.dts if packet.pts is None else packet.pts - shift
        seconds = packet.dts * packet.time_base
        cut = self._origin and seconds < 0
        return not (cut or (self._length is not None and seconds >= self._length))

    def close(self) -> None:
        self._demuxer.release()


def _holds(output: Any, codec: str) -> bool:
    if output.format.name in ("mpegts", "hls"):
        # These have no table of codecs that FFmpeg could be asked for.
        return codec in TRANSPORTED
    return codec in output.supported_codecs and output.format.name != "gif"


_OWN = ("encoder", "major_brand", "minor_version", "compatible_brands", "ENCODER", "DURATION")


def _told(of: Any) -> dict[str, str]:
    """What the source says of itself, but for what the output has to say of its own."""
    return {key: value for key, value in of.metadata.items() if key not in _OWN}


class _Copy:
    """Carries packets over as they are."""

    def __init__(self, stream: Any, output: Any) -> None:
        self._output = output
        self._stream = output.add_stream_from_template(stream)
        self._stream.metadata.update(_told(stream))
        self._stream.disposition = stream.disposition

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
        self._stream.metadata.update(_told(stream))
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
