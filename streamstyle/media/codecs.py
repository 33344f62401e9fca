"""Which encoder writes what into which container, and how it is set."""

import os
from dataclasses import dataclass, field
from typing import Any

import av

from streamstyle.errors import OutputError, UsageError
from streamstyle.frames import Colour, MediaInfo
from streamstyle.media.places import Place
from streamstyle.media.planes import RANGES, SPACES

FAMILIES = {
    "h264": ("libx264", "h264_nvenc", "h264_videotoolbox", "h264_qsv", "h264_vaapi"),
    "hevc": ("libx265", "hevc_nvenc", "hevc_videotoolbox", "hevc_qsv", "hevc_vaapi"),
    "av1": ("libsvtav1", "av1_nvenc", "av1_qsv", "av1_vaapi"),
    "vp9": ("libvpx-vp9", "vp9_qsv", "vp9_vaapi"),
    "prores": ("prores_ks", "prores_videotoolbox"),
    "ffv1": ("ffv1",),
}
PRESETS = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow", "placebo")
HARDWARE = ("nvenc", "videotoolbox", "qsv", "vaapi")
FORMATS = {
    "mp4": "mp4",
    "m4v": "mp4",
    "mov": "mov",
    "mkv": "matroska",
    "webm": "webm",
    "avi": "avi",
    "ts": "mpegts",
    "flv": "flv",
    "gif": "gif",
    "y4m": "yuv4mpegpipe",
    "m3u8": "hls",
}
URL_FORMATS = {"rtmp": "flv", "rtmps": "flv", "rtsp": "rtsp", "srt": "mpegts", "udp": "mpegts", "tcp": "mpegts"}
PIPE_FORMAT = "matroska"


@dataclass(frozen=True, slots=True)
class Encoding:
    """What the user says of the encoder."""

    codec: str = "auto"
    crf: int | None = None
    preset: str | None = None
    threads: int | None = None
    live: bool = False
    """Latency before size: for pushes and recordings of cameras."""


@dataclass(frozen=True, slots=True)
class Encoder:
    """An encoder by FFmpeg's name, with its options and the planes it takes."""

    name: str
    format: str = "yuv420p"
    options: dict[str, str] = field(default_factory=dict)


def format_of(place: Place) -> str:
    """FFmpeg's name of the container for a target."""
    if place.kind == "pipe":
        return PIPE_FORMAT
    if place.kind == "url":
        scheme = place.name.partition("://")[0].lower()
        if place.extension == "m3u8":
            return "hls"
        if scheme in URL_FORMATS:
            return URL_FORMATS[scheme]
        raise UsageError(f"{place}: cannot be written to; push to rtmp, srt, rtsp, udp or tcp")
    if place.extension in FORMATS:
        return FORMATS[place.extension]
    known = ", ".join(sorted(FORMATS))
    said = f"'.{place.extension}' is not an extension" if place.extension else "it has no extension"
    raise UsageError(f"{place}: {said} that can be written; known are {known}, png, jpg, %05d.png")


def choose(encoding: Encoding, container: str, info: MediaInfo) -> Encoder:
    """The encoder that opens: the one asked for, or the best of what this machine and the container have."""
    if container == "yuv4mpegpipe":
        return Encoder("wrapped_avframe")
    if container == "gif":
        return Encoder("gif", "pal8")
    family = encoding.codec
    if family == "auto":
        family = "vp9" if container == "webm" else "h264"
        for name in FAMILIES[family][1:]:
            if opens(name, info):
                return _set(name, encoding)
        return _set(FAMILIES[family][0], encoding)
    names = FAMILIES.get(family, (family,))
    if not any(name in av.codecs_available for name in names):
        raise UsageError(f"--codec {family}: not an encoder here; known are auto, {', '.join(FAMILIES)}")
    for name in names:
        if opens(name, info):
            return _set(name, encoding)
    raise OutputError(f"--codec {family}: the encoder does not open at {info.width}x{info.height} on this machine")


def opens(name: str, info: MediaInfo) -> bool:
    """Whether the encoder is here and starts; hardware encoders are often listed and seldom there."""
    if name not in av.codecs_available:
        return False
    if not any(kind in name for kind in HARDWARE):
        return True
    try:
        with av.logging.Capture():
            context: Any = av.CodecContext.create(name, "w")
            context.width, context.height, context.pix_fmt = info.width, info.height, "yuv420p"
            context.time_base, context.framerate = 1 / info.rate, info.rate
            context.open()
    except (av.error.FFmpegError, ValueError, OSError):
        return False
    return True


def _set(name: str, encoding: Encoding) -> Encoder:
    crf, preset = encoding.crf, encoding.preset
    options: dict[str, str] = {}
    pixels = "yuv420p"
    if name in ("libx264", "libx265"):
        if preset not in (None, *PRESETS):
            # x264 would complain on its own, in a line that names no option.
            raise UsageError(f"--preset {preset}: {name} knows {', '.join(PRESETS)}")
        options = {"crf": str(20 if crf is None else crf), "preset": preset or "superfast"}
        if encoding.live:
            options |= {"tune": "zerolatency", "g": "60"}
        if name == "libx265":
            options["x265-params"] = "log-level=error"
    elif name == "libsvtav1":
        # Errors only; it writes to the terminal past FFmpeg's log.
        os.environ.setdefault("SVT_LOG", "1")
        options = {"crf": str(32 if crf is None else crf), "preset": preset or "10"}
    elif name == "libvpx-vp9":
        options = {"crf": str(28 if crf is None else crf), "b:v": "0", "row-mt": "1", "deadline": "realtime"}
        options["cpu-used"] = preset or "6"
    elif name == "prores_ks":
        options, pixels = {"profile": preset or "hq"}, "yuv422p10le"
    elif any(kind in name for kind in HARDWARE):
        options = {} if crf is None else {"cq" if "nvenc" in name else "global_quality": str(crf)}
        if preset:
            options["preset"] = preset
    if encoding.threads:
        options["threads"] = str(encoding.threads)
    return Encoder(name, pixels, options)


def tag(context: Any, colour: Colour) -> None:
    """Writes the meaning of the planes into the stream."""
    space = SPACES[colour.matrix]
    context.colorspace = context.color_primaries = context.color_trc = space
    context.color_range = RANGES[colour.range]
