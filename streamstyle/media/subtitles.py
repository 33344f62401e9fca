"""Subtitles of a kind that the container cannot hold, said again in one that it can."""

from fractions import Fraction
from typing import Any

from av.subtitles.subtitle import AssSubtitle, SubtitleSet

MILLISECONDS = Fraction(1, 1000)
WRITTEN = ("ass", "subrip", "mov_text", "webvtt")
"""The kinds of text that FFmpeg encodes, those that keep most first."""


def wording(stream: Any, output: Any) -> str | None:
    """The kind of text that the container holds, if these are words, not pictures of words."""
    if not stream.codec_context.codec.text_sub:
        return None
    return next((kind for kind in WRITTEN if kind in output.supported_codecs), None)


class Rewriting:
    """Decodes one track of text and encodes it as the container likes it."""

    def __init__(self, stream: Any, output: Any, kind: str) -> None:
        self._output = output
        self._decoder = stream.codec_context
        self._decoder.open(strict=False)
        self._stream = output.add_stream(kind)
        self._stream.metadata.update(stream.metadata)
        self._stream.disposition = stream.disposition
        self._encoder = self._stream.codec_context
        # Fonts and colours are named once for the whole track, and the lines refer to them.
        self._encoder.subtitle_header = self._decoder.subtitle_header
        self._encoder.time_base = self._stream.time_base = MILLISECONDS
        self._encoder.open()

    def carry(self, packet: Any) -> None:
        said = self._decoder.decode2(packet)
        lines = [each.ass for each in said or () if isinstance(each, AssSubtitle)]
        if not lines:
            # MP4 writes the silence between two lines as a line of its own.
            return
        text = lines[0] + b"".join(rb"\N" + _words(line) for line in lines[1:])
        length = round((packet.duration or 0) * packet.time_base / MILLISECONDS)
        length = length or said.end_display_time
        written = self._encoder.encode_subtitle(SubtitleSet.create(text, 0, length))
        written.stream, written.time_base = self._stream, MILLISECONDS
        written.pts = written.dts = round(packet.pts * packet.time_base / MILLISECONDS)
        written.duration = length
        self._output.mux_one(written)

    def finish(self) -> None: ...


def _words(line: bytes) -> bytes:
    """Eight fields stand before the words of a line of ASS."""
    return line.split(b",", 8)[-1]
