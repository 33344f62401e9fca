"""Records or pushes a live stream. Whatever ends it, what was recorded can be played."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

import av

from streamstyle.cameras import LIVE
from streamstyle.errors import OutputError, StreamStyleError, UsageError
from streamstyle.frames import Frame, MediaInfo
from streamstyle.live.microphone import Microphone
from streamstyle.live.sound import Soundtrack
from streamstyle.media.codecs import Encoder, Encoding, choose, format_of, tag
from streamstyle.media.places import place
from streamstyle.media.planes import frame_of
from streamstyle.media.targets import PartFile, explained

PUSH_SECONDS = 10.0
OPTIONS = {
    # A film in pieces, each complete in itself: cut off anywhere it plays up to there.
    "mp4": {"movflags": "frag_keyframe+empty_moov+default_base_moof"},
    "mov": {"movflags": "frag_keyframe+empty_moov+default_base_moof"},
    "matroska": {"cluster_time_limit": "1000"},
    "webm": {"cluster_time_limit": "1000"},
    "mpegts": {},
    "flv": {"flvflags": "no_duration_filesize"},
    "rtsp": {"rtsp_transport": "tcp"},
}
SOUND_CODECS = {"webm": "libopus"}
KEYFRAMES = "30"
SHORTEST = 1000
"""Microseconds: some containers count in milliseconds, where two pictures must not fall together."""


class Recorder:
    """A sink for live frames: a file under its name in the end, or a push to a URL."""

    def __init__(self, name: str, info: MediaInfo, microphone: Callable[[], Microphone] | None = None) -> None:
        self.target = place(name)
        if self.target.kind not in ("file", "url") or self.target.is_picture:
            raise UsageError(f"--to {name}: a live stream is recorded to .mp4, .mov, .mkv, .webm, .ts or .flv")
        self._format = format_of(self.target)
        if self._format not in OPTIONS:
            raise UsageError(f"--to {name}: a live stream is recorded to .mp4, .mov, .mkv, .webm, .ts or .flv")
        self._info = info
        self._open_microphone = microphone
        self._microphone: Microphone | None = None
        self._encoder = _quick(choose(Encoding(live=True), self._format, info))
        self._part = PartFile(self.target.path) if self.target.kind == "file" else None
        self._container: Any = None
        self._stream: Any = None
        self._sound: Soundtrack | None = None
        self._first: int | None = None
        self._last = -SHORTEST
        self._interval = round(1e6 / info.rate)
        self.frames = 0

    def __enter__(self) -> Self:
        try:
            self._open()
        except (av.error.FFmpegError, OSError, ValueError) as error:
            self._release()
            if isinstance(error, StreamStyleError):
                raise
            raise explained(error, self.target) from error
        return self

    def _open(self) -> None:
        name = str(self._part.part) if self._part else self.target.name
        options = OPTIONS[self._format] | {"max_interleave_delta": "1000000"}
        timeout = None if self._part else PUSH_SECONDS
        self._container = av.open(name, mode="w", format=self._format, options=options, timeout=timeout)
        stream = self._stream = self._container.add_stream(self._encoder.name, rate=self._info.rate)
        stream.options = dict(self._encoder.options)
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = self._info.width, self._info.height, self._encoder.format
        context.time_base = stream.time_base = LIVE
        tag(context, self._info.colour)
        if self._open_microphone is not None:
            self._microphone = self._open_microphone()
            codec = SOUND_CODECS.get(self._format, "aac")
            self._sound = Soundtrack(self._container, codec, self._microphone)
        self._container.start_encoding()

    def write(self, frame: Frame) -> None:
        """Encodes one picture, and the sound up to now."""
        assert frame.time_base == LIVE
        self._first = frame.pts if self._first is None else self._first
        self._last = max(frame.pts - self._first, self._last + SHORTEST)
        picture = frame_of(frame.image, self._info.colour)
        picture.pts, picture.time_base = self._last, LIVE
        try:
            self._container.mux(self._stream.encode(picture))
            if self._sound is not None:
                self._sound.catch_up(self._first, frame.pts)
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise explained(error, self.target) from error
        self.frames += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        failure: OutputError | None = None
        try:
            if self.frames:
                if self._sound is not None and self._first is not None:
                    # Closing may take a while, in which there is more to hear than to see.
                    self._sound.catch_up(self._first, self._first + self._last + self._interval)
                    self._sound.finish()
                self._container.mux(self._stream.encode(None))
            self._container.close()
        except (av.error.FFmpegError, OSError, ValueError) as second:
            failure = explained(second, self.target)
        self._release()
        # An error that is under way already says why the recording ended.
        if kind is None and failure is not None:
            raise failure
        if kind is None and not self.frames:
            raise OutputError(f"{self.target}: not written, since there was no picture to write")

    def _release(self) -> None:
        if self._container is not None:
            with suppress(av.error.FFmpegError, OSError, ValueError):
                self._container.close()
        if self._microphone is not None:
            self._microphone.close()
        if self._part is None:
            return
        if self.frames and self._part.part.exists() and self._part.part.stat().st_size:
            self._part.commit()
        else:
            self._part.abandon()


def _quick(encoder: Encoder) -> Encoder:
    """Set for little work: the machine is busy painting."""
    if encoder.name != "libx264":
        return encoder
    return replace(encoder, options=encoder.options | {"preset": "superfast", "g": KEYFRAMES})
