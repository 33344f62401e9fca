"""Which decoder reads a stream: FFmpeg's own, or hardware that really opens, takes the stream, and pays."""

from contextlib import suppress
from fractions import Fraction
from typing import Any

import av
from av.codec.hwaccel import HWAccel, hwdevices_available

from streamstyle.errors import InputError, StreamStyleError, UsageError
from streamstyle.media.demuxer import Demuxer
from streamstyle.media.opening import opened
from streamstyle.media.places import Place

DEVICES = ("cuda", "videotoolbox", "d3d11va", "vaapi")
"""FFmpeg's kinds of hardware, in the order of `auto`. Its plain decoders know hardly any other, qsv among them."""
DECODERS = ("auto", "software", *DEVICES)
SMALLEST, WORTH = 1280 * 720, 600_000_000
"""Pixels of a picture, and of a clip. One takes 3 ns of a core in software, and starting a device some tenths of a
second: only from some seconds of decoding on is there something to gain."""


def refusal(device: str, codec: str = "h264") -> str | None:
    """Why the device decodes no such codec here; None where it opens. Hardware is often listed and seldom there."""
    if device not in hwdevices_available():
        return "this PyAV was built without it"
    try:
        with av.logging.Capture():
            HWAccel(device).create(av.Codec(codec, "r"))
    except NotImplementedError:
        return f"it knows no {codec}"
    except (av.error.FFmpegError, OSError, ValueError, RuntimeError) as error:
        said = getattr(error, "strerror", None) or str(error)
        return f"no such device, or no driver for it ({said})"
    return None


def asked(decoder: str, vectors: bool = False) -> str | None:
    """The device that is asked for by name, which is never left for another; None for `auto` and `software`."""
    if decoder not in DECODERS:
        raise UsageError(f"--decoder {decoder}: there are {', '.join(DECODERS)}")
    if decoder not in DEVICES:
        return None
    if vectors:
        raise UsageError(f"--decoder {decoder}: motion vectors (--flow codec) come from --decoder software alone")
    if reason := refusal(decoder):
        raise InputError(f"--decoder {decoder}: does not open here: {reason}")
    return decoder


def demuxed(place: Place, rate: Fraction | None, aside: bool, decoder: str, vectors: bool) -> Demuxer:
    """A stream on its way to its decoder. What `auto` finds to pay is opened once more, for the device."""
    demuxer = Demuxer(place, rate, aside, asked(decoder, vectors))
    # A pipe and a live stream can be opened once only; how blocks moved is said by software alone.
    if decoder != "auto" or vectors or place.kind != "file" or place.is_picture:
        return demuxer
    try:
        device = _paying(place, demuxer.container)
    except BaseException:
        demuxer.release()
        raise
    with suppress(InputError):
        if device is not None:
            quicker = Demuxer(place, rate, aside, device)
            demuxer.release()
            return quicker
    return demuxer


def _paying(place: Place, container: Any) -> str | None:
    """The first device that takes this file, where it is large enough."""
    if not _large(container):
        return None
    return next((device for device in DEVICES if refusal(device) is None and _takes(device, place)), None)


def _large(container: Any) -> bool:
    # Every stream of pictures would be given a device, a cover as well.
    if len(container.streams.video) != 1:
        return False
    stream = container.streams.video[0]
    pixels = stream.width * stream.height
    return bool(pixels >= SMALLEST and (not stream.frames or stream.frames * pixels >= WORTH))


def _takes(device: str, place: Place) -> bool:
    """Whether a first picture comes back: profiles, depths and sizes beyond a device show only then."""
    try:
        with av.logging.Capture(), opened(place, None, device=device) as container:
            stream = container.streams.video[0]
            return next(container.decode(stream), None) is not None and accelerated(stream.codec_context)
    except (StreamStyleError, av.error.FFmpegError):
        return False


def accelerated(context: Any) -> bool:
    """Whether the last picture of a decoder came from its device: it falls back by itself where it has to."""
    forms = [config.format.name for config in context.codec.hardware_configs if config.format is not None]
    return bool(context.is_hwaccel) and context.pix_fmt in forms
