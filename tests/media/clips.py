"""Small clips for the tests, written with PyAV alone."""

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]


def ramp(width: int, height: int, step: int = 0) -> Picture:
    """An RGB picture whose four corners differ: dark red, green, blue, white."""
    across = np.linspace(0, 1, width)[None, :, None]
    down = np.linspace(0, 1, height)[:, None, None]
    corners = np.array([[[140, 10, 10], [20, 160, 30]], [[20, 30, 170], [235, 235, 235]]], float)
    top = corners[0, 0] * (1 - across) + corners[0, 1] * across
    bottom = corners[1, 0] * (1 - across) + corners[1, 1] * across
    return np.asarray(np.clip(top * (1 - down) + bottom * down + step, 0, 255), np.uint8)


def write(
    path: Path,
    pictures: Iterable[Picture],
    *,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    rate: Fraction = Fraction(25),
    time_base: Fraction | None = None,
    pts: Sequence[int] | None = None,
    container_format: str | None = None,
    options: dict[str, str] | None = None,
    setup: Callable[[Any], None] = lambda stream: None,
    sound: int = 0,
) -> Path:
    """Writes RGB pictures as a clip; `sound` adds that many AAC tracks."""
    pictures = list(pictures)
    with av.open(str(path), "w", format=container_format) as output:
        stream: Any = output.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = pictures[0].shape[1], pictures[0].shape[0], pixels
        stream.options = options or ({"crf": "4", "preset": "ultrafast"} if codec == "libx264" else {})
        if time_base:
            stream.codec_context.time_base = stream.time_base = time_base
        setup(stream)
        tones = [output.add_stream("aac", rate=44100) for _ in range(sound)]
        for index, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, "rgb24")
            frame = frame.reformat(
                format=pixels,
                dst_colorspace=int(stream.codec_context.colorspace),
                dst_color_range=int(stream.codec_context.color_range),
            )
            frame.pts, frame.time_base = (pts[index] if pts else index), time_base or 1 / rate
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
        for number, tone in enumerate(tones):
            _tone(output, tone, len(pictures) / float(rate), 220.0 * (number + 1))
    return path


def _tone(output: Any, stream: Any, seconds: float, pitch: float) -> None:
    count = int(seconds * 44100) // 1024
    for index in range(count):
        times = (np.arange(1024) + index * 1024) / 44100
        wave = (0.2 * np.sin(2 * np.pi * pitch * times)).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(np.stack([wave, wave]), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = 44100, index * 1024, Fraction(1, 44100)
        output.mux(stream.encode(frame))
    output.mux(stream.encode(None))


def packets(path: Path, kind: str) -> list[list[bytes]]:
    """The bytes of every packet of every stream of a kind."""
    with av.open(str(path)) as container:
        streams = [stream for stream in container.streams if stream.type == kind]
        found: dict[int, list[bytes]] = {stream.index: [] for stream in streams}
        for packet in container.demux(streams):
            if packet.size:
                found[packet.stream.index].append(bytes(packet))
        return list(found.values())
