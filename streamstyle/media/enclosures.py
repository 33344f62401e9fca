"""What lies in a container without a moment of its own: a cover picture, fonts and other attached files."""

from collections.abc import Iterable
from typing import Any

from av.stream import Disposition

COVERED = ("mp4", "ipod")
"""Containers that hold a cover as a stream of one packet."""
TYPES = {"mjpeg": ("cover.jpg", "image/jpeg"), "png": ("cover.png", "image/png"), "webp": ("cover.webp", "image/webp")}


def is_cover(stream: Any) -> bool:
    return stream.type == "video" and bool(stream.disposition & Disposition.attached_pic)


def attach(stream: Any, aside: Iterable[Any], output: Any) -> bool:
    """Puts an attachment, or a cover whose packet lies aside, into the output as a file; whether it can be."""
    if output.format.name != "matroska":
        return False
    if stream.type == "attachment":
        output.add_attachment(stream.name or "attached", stream.mimetype or "application/octet-stream", stream.data)
        return True
    picture = next((packet for packet in aside if packet.stream is stream), None)
    if picture is None or stream.codec_context.name not in TYPES:
        return False
    name, kind = TYPES[stream.codec_context.name]
    output.add_attachment(stream.metadata.get("filename", name), kind, bytes(picture))
    return True


class Cover:
    """Carries the one packet of a cover; a container that was sought in gives it again."""

    def __init__(self, stream: Any, output: Any) -> None:
        self._output = output
        self._stream = output.add_stream_from_template(stream)
        self._stream.disposition = stream.disposition
        self._carried = False

    def carry(self, packet: Any) -> None:
        if not self._carried:
            packet.pts = packet.dts = 0
            packet.stream = self._stream
            self._output.mux_one(packet)
            self._carried = True

    def finish(self) -> None: ...
