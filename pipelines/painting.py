"""One painting job from a file to a file, as commands, demo, benchmarks and Python callers start it."""

import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any

from pipelines.options import EngineOptions, size_for
from pipelines.stylist import Stylist
from streamstyle import compare
from streamstyle.errors import UsageError
from streamstyle.frames import Frame, MediaInfo, Sink, Source, Stage
from streamstyle.media import open_movie
from streamstyle.media.codecs import Encoding
from streamstyle.media.movie import Movie
from streamstyle.media.passengers import Companions
from streamstyle.media.places import place
from streamstyle.media.sinks import open_sink
from streamstyle.media.targets import check
from streamstyle.progress import Progress
from streamstyle.settings import Controls, Settings
from streamstyle.stream import buffered, each, run

Say = Callable[[str], None]
OWN_OPTIONS = "test:pan?size=640x360&seconds=3"
WITH_VECTORS = ("codec",)


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be painted, and how."""

    input: str
    output: str
    settings: Settings
    engine: EngineOptions = field(default_factory=EngineOptions)
    encoding: Encoding = field(default_factory=Encoding)
    size: str | None = None
    start: float = 0.0
    end: float | None = None
    compare: str | None = None
    overwrite: bool = False
    decoder: str = "auto"

    def prepared(self, say: Say = lambda line: None) -> "Work":
        """Opens everything that can fail before the first picture is painted."""
        target = place(self.output)
        check(target, None if self.input.startswith("test:") else place(self.input), self.overwrite)
        with ExitStack() as stack:
            source = self._source(companions=not target.is_pictures)
            stack.callback(source.close)
            threads = self.engine.threads or generator_threads()
            stylist = Stylist(source.info, Controls(self.settings), replace(self.engine, threads=threads))
            stack.callback(stylist.close)
            passengers = None
            if isinstance(source, Movie):
                passengers = Companions(source)
                stack.callback(passengers.close)
            sink = open_sink(self.output, self._shown(source.info), self.encoding, passengers, say)
            return Work(self, source, stylist, sink, say, stack.pop_all())

    def _source(self, companions: bool) -> Source:
        if self.input.startswith("test:"):
            if self.size or self.start or self.end is not None:
                raise UsageError(f"{self.input}: a scene's size and length belong to its name: {OWN_OPTIONS}")
            return open_movie(self.input)
        return Movie(
            self.input,
            start=self.start,
            end=self.end,
            size=partial(size_for, self.size) if self.size else None,
            vectors=self.engine.flow in WITH_VECTORS,
            companions=companions,
            decoder=self.decoder,
        )

    def _shown(self, info: MediaInfo) -> MediaInfo:
        if self.compare != "side":
            return info
        # Padding would stand between the two pictures, so it stays.
        return replace(info, width=2 * info.width, crop=None)


@dataclass(frozen=True, slots=True)
class Work:
    """A job with everything open."""

    job: Job
    source: Source
    stylist: Stylist
    sink: Sink
    say: Say
    stack: ExitStack

    def close(self) -> None:
        self.stack.close()

    def stages(self) -> list[Stage]:
        """Decoding, generator, steadiness and encoding each have a thread."""
        painting = [buffered(), each(self.stylist.paint), buffered(2), each(self.stylist.finish)]
        if self.job.compare:
            painting = [buffered(), each(self._compared)]
        return [*painting, buffered(2)]

    def _compared(self, frame: Frame) -> Frame:
        painted = self.stylist(frame)
        way = compare.beside if self.job.compare == "side" else compare.split
        return painted.with_image(way(frame.image, painted.image))


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a job."""

    frames: int
    seconds: float
    fps: float
    engine: str
    precision: str
    output: str

    def record(self) -> dict[str, Any]:
        return asdict(self)

    def line(self) -> str:
        return (
            f"{self.frames} pictures in {self.seconds:.1f} s, {self.fps:.1f} a second "
            f"({self.engine}, {self.precision}): {self.output}"
        )


def paint_movie(work: Work, quiet: bool = False) -> Result:
    """Paints the whole clip and says what came of it."""
    spec = work.stylist.engine.spec
    progress = Progress(work.source.info.frames, quiet=quiet)
    try:
        frames = run(work.source, work.stages(), work.sink, lambda frame: progress.step())
    finally:
        progress.finish()
        if isinstance(work.source, Movie):
            for remark in work.source.remarks:
                work.say(f"note: {remark}")
    seconds = progress.seconds
    output = "the pipe" if work.job.output == "-" else work.job.output
    return Result(frames, round(seconds, 3), round(frames / seconds, 2), spec.backend, spec.precision, output)


def generator_threads() -> int:
    """Half of the cores: decoder, steadiness and encoder keep the other half busy, and waiting for them costs more."""
    return max(1, (os.cpu_count() or 2) // 2)
