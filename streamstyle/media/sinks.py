"""Movies as sinks: containers, streams and pipes that PyAV writes."""

import errno
import sys
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from types import TracebackType
from typing import Any, Self

import av

from streamstyle.errors import OutputError, StreamStyleError, UsageError
from streamstyle.frames import Frame, MediaInfo, Sink
from streamstyle.media.codecs import Encoding, choose, format_of, tag
from streamstyle.media.passengers import Passengers
from streamstyle.media.pictures import PictureSink
from streamstyle.media.places import Place, place
from streamstyle.media.planes import frame_of
from streamstyle.media.targets import Part, PartFile, PartFolder, explained

PUSH_SECONDS = 10.0
DEFAULT = Encoding()


def open_sink(
    name: str,
    info: MediaInfo,
    encoding: Encoding = DEFAULT,
    passengers: Passengers | None = None,
    remark: Callable[[str], None] = lambda line: None,
) -> Sink:
    """A sink by extension or URL; whether it may replace something is for `targets.check` to say first."""
    target = place(name)
    if target.is_pictures:
        return PictureSink(target, info)
    return MovieSink(target, info, encoding, passengers, remark)


class MovieSink:
    """Encodes into one container; a file appears under its name only when it is whole."""

    def __init__(
        self,
        target: Place,
        info: MediaInfo,
        encoding: Encoding,
        passengers: Passengers | None,
        remark: Callable[[str], None],
    ) -> None:
        self.target = target
        self._info, self._passengers, self._remark = info, passengers, remark
        self._format = format_of(target)
        self._encoder = choose(encoding, self._format, info)
        self._crop = self._cropped(info.crop)
        self._part: Part | None = None
        self._container: Any = None
        self._stream: Any = None
        self._palette: Any = None
        self._last: tuple[int, Fraction] | None = None
        self.frames = 0

    def _cropped(self, crop: tuple[int, int] | None) -> tuple[int, int] | None:
        if crop is None or self._encoder.name in ("libvpx-vp9", "ffv1", "gif", "wrapped_avframe"):
            return crop
        whole = (crop[0] - crop[0] % 2, crop[1] - crop[1] % 2)
        self._remark(f"{self.target}: {self._encoder.name} holds even sizes only: {whole[0]}x{whole[1]}")
        return whole

    def __enter__(self) -> Self:
        try:
            self._container = self._opened()
        except (av.error.FFmpegError, OSError) as error:
            self._abandon()
            raise explained(error, self.target) from error
        return self

    def _opened(self) -> Any:
        if self.target.kind == "pipe":
            return av.open(sys.stdout.buffer, mode="w", format=self._format)
        if self.target.kind == "url":
            return av.open(self.target.name, mode="w", format=self._format, timeout=PUSH_SECONDS)
        # Sound that starts before zero (encoder delay) must not push the picture away from its own time stamps.
        options = {"avoid_negative_ts": "disabled"} if self._format == "matroska" else {}
        if self._format == "hls":
            options = {"hls_list_size": "0", "hls_time": "4"}
        self._part = (PartFolder if self._format == "hls" else PartFile)(self.target.path)
        return av.open(str(self._part.part), mode="w", format=self._format, options=options)

    def write(self, frame: Frame) -> None:
        """Encodes one picture, and all that belongs before it."""
        try:
            if self._stream is None:
                self._start(frame.time_base)
            if self._passengers is not None:
                self._passengers.advance()
            self._encode(frame)
        except (av.error.FFmpegError, OSError, ValueError) as error:
            if isinstance(error, StreamStyleError):
                raise
            raise _reason(error, self.target) from error
        self.frames += 1

    def _start(self, time_base: Fraction) -> None:
        """Opens the encoder on the first picture, whose time base the file takes over."""
        width, height = self._crop or (self._info.width, self._info.height)
        try:
            stream = self._stream = self._container.add_stream(self._encoder.name, rate=self._info.rate)
        except ValueError as error:
            raise self._unfit(error) from error
        stream.options = dict(self._encoder.options)
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = width, height, self._encoder.format
        context.time_base = stream.time_base = time_base
        if self._encoder.name == "gif":
            self._palette = _palette(width, height, time_base)
        else:
            tag(context, self._info.colour)
        try:
            context.open()
        except (av.error.FFmpegError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise OutputError(
                f"{self.target}: the encoder {self._encoder.name} does not open at {width}x{height} ({reason})"
            ) from error
        if self._passengers is not None:
            self._passengers.board(self._container)
        try:
            self._container.start_encoding()
        except (av.error.FFmpegError, ValueError) as error:
            raise self._unfit(error) from error

    def _unfit(self, error: Exception) -> StreamStyleError:
        if getattr(error, "errno", errno.EINVAL) != errno.EINVAL:
            # The first bytes are written here, and the disk may refuse them.
            return explained(error, self.target)
        return UsageError(f"{self.target}: {self._format} and {self._encoder.name} do not fit together ({error})")

    def _encode(self, frame: Frame) -> None:
        pts = frame.pts
        if self._last is not None and self._last[1] == frame.time_base and pts <= self._last[0]:
            # Two pictures at one moment: containers hold only the later one's follower.
            pts = self._last[0] + 1
        self._last = (pts, frame.time_base)
        picture = frame_of(frame.image, self._info.colour, self._crop)
        picture.pts, picture.time_base = pts, frame.time_base
        if self._palette is not None:
            picture = self._palette(picture)
        elif self._encoder.format != "yuv420p":
            picture = picture.reformat(format=self._encoder.format)
        self._container.mux(self._stream.encode(picture))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._finish()
        elif kind is KeyboardInterrupt and self._part is not None and self.frames:
            # What is there so far can be played; the target itself stays as it was.
            self._drain()
            self._container.close()
            self._remark(f"stopped: what was painted so far is in {self._part.part}")
        else:
            self._abandon()

    def _finish(self) -> None:
        if not self.frames:
            self._abandon()
            raise OutputError(f"{self.target}: not written, since there was no picture to write")
        try:
            self._drain()
            self._container.close()
            if self._part is not None:
                self._part.commit()
        except (av.error.FFmpegError, OSError) as error:
            self._abandon()
            raise explained(error, self.target) from error

    def _drain(self) -> None:
        if self._passengers is not None:
            self._passengers.finish()
        self._container.mux(self._stream.encode(None))

    def _abandon(self) -> None:
        if self._container is not None:
            # Closing flushes, and that may be what has just failed.
            with suppress(av.error.FFmpegError, OSError, ValueError):
                self._container.close()
        if self._part is not None:
            self._part.abandon()


def _reason(error: Exception, target: Place) -> OutputError:
    return explained(error, target) if isinstance(error, OSError) else OutputError(f"{target}: {error}")


def _palette(width: int, height: int, time_base: Fraction) -> Callable[[Any], Any]:
    """Reduces every picture to its own best 256 colours."""
    graph = av.filter.Graph()
    source = graph.add("buffer", f"width={width}:height={height}:pix_fmt=yuv420p:time_base={time_base}")
    split, generate = graph.add("split"), graph.add("palettegen", "stats_mode=single")
    use, sink = graph.add("paletteuse", "new=1:dither=bayer:bayer_scale=4"), graph.add("buffersink")
    source.link_to(split)
    split.link_to(use, 0, 0)
    split.link_to(generate, 1, 0)
    generate.link_to(use, 0, 1)
    use.link_to(sink)
    graph.configure()

    def reduce(picture: Any) -> Any:
        graph.vpush(picture)
        return graph.vpull()

    return reduce
