"""The runs of the live benchmark: a drawn camera with numbered pictures, and sinks that read the numbers back."""

import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from benchmarks.live import Row
from pipelines.live import Live, Wanted
from pipelines.options import EngineOptions
from streamstyle.cameras import LIVE, now
from streamstyle.frames import Frame, MediaInfo, Sink
from streamstyle.library import brisk
from streamstyle.live import stamps
from streamstyle.live.recorder import Recorder
from streamstyle.scenes import open_scene
from streamstyle.screens.nowhere import NullSink
from streamstyle.screens.several import Behind
from streamstyle.settings import Settings

RATE = Fraction(30)
LOOP_SECONDS = 2
SWAP_SECONDS = 3.0
NEIGHBOUR = "import time\nend = time.monotonic() + float({seconds})\nwhile time.monotonic() < end: pass"


class NumberedCamera:
    """There and back through a scene, at its rate, every picture with its number drawn in and its moment kept."""

    def __init__(self, size: tuple[int, int]) -> None:
        scene = open_scene("test:pan?size={}x{}&rate=30".format(*size))
        self.info = MediaInfo(*size, RATE, scene.info.colour, live=True)
        self._pictures = [scene.picture(number) for number in range(LOOP_SECONDS * int(RATE))]
        self._closed = threading.Event()
        self.moments: list[int] = []
        """When each picture was taken; its place is its number."""

    def __iter__(self) -> Iterator[Frame]:
        start, turn = now(), 2 * len(self._pictures) - 2
        while True:
            due = start + round(len(self.moments) * 1e6 / RATE)
            if self._closed.wait(max(0.0, (due - now()) / 1e6)):
                return
            number = len(self.moments)
            place = number % turn
            image = self._pictures[min(place, turn - place)].copy()
            stamps.draw(image, number)
            self.moments.append(now())
            yield Frame(image, self.moments[-1], LIVE)

    def again(self) -> "NumberedCamera":
        """The same camera for another run."""
        self._closed.clear()
        self.moments = []
        return self

    def close(self) -> None:
        self._closed.set()


class Reader:
    """A sink that reads the numbers before it passes the pictures on: (moment of leaving, age) of each one."""

    def __init__(self, camera: NumberedCamera, sink: Sink) -> None:
        self._camera, self._sink = camera, sink
        self.left: list[int] = []
        self.ages: list[float | None] = []

    def __enter__(self) -> Self:
        self._sink.__enter__()
        return self

    def write(self, frame: Frame) -> None:
        self._sink.write(frame)
        number, moment = stamps.read(frame.image), now()
        known = number is not None and number < len(self._camera.moments)
        self.left.append(moment)
        self.ages.append((moment - self._camera.moments[number]) / 1000 if known and number is not None else None)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sink.__exit__(kind, error, trace)


class Bench:
    """All runs on one camera and one engine."""

    def __init__(self, size: tuple[int, int], seconds: float, style: str, engine: str, precision: str) -> None:
        self._camera = NumberedCamera(size)
        self._seconds = seconds
        self._style = style
        self._engine = EngineOptions(engine, precision)

    def free(self) -> Iterator[Row]:
        yield from self._run("null", NullSink)

    def recording(self) -> Iterator[Row]:
        with _recording(self._camera.info) as recorder:
            yield from self._run("file", recorder)

    def beside_neighbour(self) -> Iterator[Row]:
        yield from self._run("null, neighbour", NullSink, self._neighbour)

    def recording_beside_neighbour(self) -> Iterator[Row]:
        with _recording(self._camera.info) as recorder:
            yield from self._run("file, neighbour", recorder, self._neighbour)

    def swapping(self) -> Iterator[Row]:
        """Through all styles, one after the other."""
        names = list(brisk())
        seconds = SWAP_SECONDS * (len(names) + 1)

        def swap(live: Live, done: threading.Event) -> None:
            for name in names:
                if done.wait(SWAP_SECONDS):
                    return
                live.controls.change(style=name)

        yield from self._run(f"swap through {len(names)} styles", NullSink, swap, seconds, parts=1)

    def _neighbour(self, live: Live, done: threading.Event) -> None:
        """A process that eats one core for the middle third."""
        third = self._seconds / 3
        if done.wait(third):
            return
        hungry = subprocess.Popen([sys.executable, "-c", NEIGHBOUR.format(seconds=third)])
        try:
            _until(hungry, done)
        finally:
            hungry.kill()
            hungry.wait()

    def _run(
        self,
        name: str,
        sink: Callable[[], Sink],
        beside: Callable[[Live, threading.Event], None] | None = None,
        seconds: float | None = None,
        parts: int | None = None,
    ) -> Iterator[Row]:
        seconds = seconds or self._seconds
        camera = self._camera.again()
        end = sink()
        recorded = isinstance(end, Recorder)
        reader = Reader(camera, end)
        wanted = Wanted(to=(), seconds=seconds)
        qualities: list[tuple[int, float]] = []
        done = threading.Event()
        where: Sink = Behind(reader) if recorded else reader
        with Live(Settings(self._style), self._engine, wanted, source=camera, sinks=[(name, where)]) as live:
            live.controls.listen(lambda settings: qualities.append((now(), settings.quality)))
            thread = threading.Thread(target=beside, args=(live, done)) if beside else None
            if thread:
                thread.start()
            try:
                live.run()
            finally:
                done.set()
                if thread:
                    thread.join()
        count = parts or (3 if beside else 1)
        titles = ("before", "during", "after") if count == 3 else ("all",)
        yield from _rows(name, titles, reader, camera, qualities)


def _until(process: "subprocess.Popen[bytes]", done: threading.Event) -> None:
    while process.poll() is None and not done.wait(0.1):
        pass


@contextmanager
def _recording(info: MediaInfo) -> Iterator[Callable[[], Sink]]:
    with tempfile.TemporaryDirectory() as folder:
        yield lambda: Recorder(str(Path(folder) / "take.mp4"), info)


def _rows(
    name: str, titles: tuple[str, ...], reader: Reader, camera: NumberedCamera, qualities: list[tuple[int, float]]
) -> Iterator[Row]:
    left = np.array(reader.left)
    borders = np.linspace(left[0], left[-1] + 1, len(titles) + 1)
    for title, start, end in zip(titles, borders, borders[1:], strict=False):
        inside = [place for place, moment in enumerate(left) if start <= moment < end]
        ages = [age for place in inside if (age := reader.ages[place]) is not None]
        taken = sum(start <= moment < end for moment in camera.moments)
        span = (end - start) / 1e6
        yield Row(
            name,
            title,
            rate=len(inside) / span,
            dropped=max(0, taken - len(inside)),
            age_ms_median=float(np.median(ages)) if ages else float("nan"),
            age_ms_p95=float(np.percentile(ages, 95)) if ages else float("nan"),
            gap_ms=float(np.diff(left[inside]).max() / 1000) if len(inside) > 1 else float("nan"),
            quality=next((value for moment, value in reversed(qualities) if moment < end), 1.0),
            read=len(ages) / max(1, len(inside)),
        )
