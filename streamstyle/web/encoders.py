"""Encoders for painted pictures: more bits than aiortc gives, no lag, and few key frames.

Paintings are all edges and texture: at the rates that suit a talking head they arrive as mud.
"""

import os
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import av
from aiortc.codecs.h264 import H264Encoder
from aiortc.codecs.vpx import Vp8Encoder
from aiortc.mediastreams import VIDEO_TIME_BASE, convert_timebase
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

RATE = 30
START, LOWEST, HIGHEST = 0.22, 0.03, 0.4
"""Bits per pixel: before the receiver has said anything, and the bounds of what it may ask for."""
FLOOR, CEILING = 150_000, 12_000_000
LESS, MORE = 0.8, 1.4
"""A new rate means a new encoder and so a key frame: only clear changes are followed."""
PATIENCE = 4.0
FEWEST, FEWER, MANIER, SMOOTHING = 4.0, 0.6, 1.6, 0.1
"""Pictures a second: the least that an encoder is told, and what of a change is followed."""


class Pace:
    """The bit rate of one encoder: follows the receiver's estimate, within what suits the size of the picture.

    It follows the rate of the pictures too: x264 without delay gives each its share of a second by what it was told,
    so that a slow painter's would be mud, and the receiver's estimate sink with what it gets.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.estimate: int | None = None
        self.rate = 0
        self.pictures = float(RATE)
        """How many a second."""
        self._interval, self._last = 1 / RATE, clock()
        self._pixels = 0
        self._moment = 0.0
        self._clock = clock

    def stale(self, width: int, height: int) -> bool:
        """Whether the rate in use has to change; `rate` is then the new one."""
        wanted, moment = self._wanted(width * height), self._clock()
        self._interval += SMOOTHING * (min(moment - self._last, 1.0) - self._interval)
        self._last = moment
        pictures = min(max(1 / max(self._interval, 1e-3), FEWEST), RATE)
        if width * height == self._pixels:
            share, patient = wanted / self.rate, moment - self._moment < PATIENCE
            kept = LESS < share < MORE and (FEWER < pictures / self.pictures < MANIER)
            if kept or (share > 0.5 and patient):
                return False
        self._pixels, self.rate, self.pictures, self._moment = width * height, wanted, pictures, moment
        return True

    def _wanted(self, pixels: int) -> int:
        def bits(each: float) -> int:
            return int(min(max(pixels * RATE * each, FLOOR), CEILING))

        return bits(START) if self.estimate is None else min(max(self.estimate, bits(LOWEST)), bits(HIGHEST))


class Paced:
    """What both encoders have: a codec that is opened anew when the rate has to change."""

    codec: VideoCodecContext | None
    _opened: Callable[[int, int, int, float], VideoCodecContext]

    def __init__(self) -> None:
        self._pace = Pace()
        super().__init__()

    @property
    def target_bitrate(self) -> int:
        return self._pace.rate

    @target_bitrate.setter
    def target_bitrate(self, bitrate: int) -> None:
        self._pace.estimate = bitrate

    def _encoded(self, frame: Any, key: bool) -> bytes:
        if self._pace.stale(frame.width, frame.height) or self.codec is None:
            self.codec = self._opened(frame.width, frame.height, self._pace.rate, self._pace.pictures)
        frame.pict_type = PictureType.I if key else PictureType.NONE
        return b"".join(bytes(packet) for packet in self.codec.encode(frame))


def _context(name: str, width: int, height: int, rate: int, pictures: float) -> VideoCodecContext:
    codec = av.CodecContext.create(name, "w")
    assert isinstance(codec, VideoCodecContext)
    codec.width, codec.height = width, height
    codec.pix_fmt = "yuv420p"
    codec.bit_rate = rate
    codec.framerate = Fraction(round(pictures))
    # The clock of RTP: two pictures that come quickly one after the other still have time stamps of their own.
    codec.time_base = VIDEO_TIME_BASE
    codec.gop_size = 3000
    return codec


def _vp8(width: int, height: int, rate: int, pictures: float) -> VideoCodecContext:
    codec = _context("libvpx", width, height, rate, pictures)
    codec.qmin, codec.qmax = 2, 56
    codec.options = {
        "deadline": "realtime",
        "cpu-used": "-10",
        "lag-in-frames": "0",
        "minrate": str(rate),
        "maxrate": str(rate),
        "bufsize": str(rate),
        "max-intra-rate": "400",
        "overshoot-pct": "15",
        "undershoot-pct": "100",
        "static-thresh": "1",
        "partitions": "0",
    }
    codec.thread_count = 2 if width * height > 640 * 480 and (os.cpu_count() or 1) > 3 else 1
    return codec


def _h264(width: int, height: int, rate: int, pictures: float) -> VideoCodecContext:
    codec = _context("libx264", width, height, rate, pictures)
    codec.profile = "Baseline"
    codec.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "level": "31" if width * height <= 1280 * 720 else "40",
        "maxrate": str(rate),
        "bufsize": str(rate // 2),
        "threads": "1" if width * height <= 640 * 480 else "2",
    }
    return codec


class Vp8(Paced, Vp8Encoder):
    """VP8, tuned for speed: no denoiser, which would smear brush strokes anyway."""

    _opened = staticmethod(_vp8)

    def encode(self, frame: Any, force_keyframe: bool = False) -> tuple[list[bytes], int]:
        payloads = self._packetize(self._encoded(frame, force_keyframe), self.picture_id)
        self.picture_id = (self.picture_id + 1) % (1 << 15)
        return payloads, convert_timebase(frame.pts, frame.time_base, VIDEO_TIME_BASE)


class H264(Paced, H264Encoder):
    """H.264 Baseline without lookahead or B-frames."""

    _opened = staticmethod(_h264)

    def encode(self, frame: Any, force_keyframe: bool = False) -> tuple[list[bytes], int]:
        units = self._split_bitstream(self._encoded(frame, force_keyframe))
        return self._packetize(units), convert_timebase(frame.pts, frame.time_base, VIDEO_TIME_BASE)


def encoder(codec_name: str) -> Vp8 | H264:
    """The encoder of a negotiated video codec."""
    return Vp8() if codec_name.upper() == "VP8" else H264()
