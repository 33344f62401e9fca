"""One live stream, wired: camera, newest frame, generator, steadiness, and wherever it is to be seen."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from engines.matte import open_matte
from pipelines.options import EngineOptions
from pipelines.stylist import Stylist
from streamstyle.cameras.opening import open_camera
from streamstyle.frames import Frame, Frames, MediaInfo, Sink, Source, Stage
from streamstyle.library import brisk
from streamstyle.live.captioned import Captioned
from streamstyle.live.desk import Desk
from streamstyle.live.governor import Governor
from streamstyle.live.matte import Cutout, FindMatte, MotionMatte, Only
from streamstyle.live.meter import Meter
from streamstyle.live.microphone import Microphone, open_microphone
from streamstyle.live.recorder import Recorder
from streamstyle.live.view import View
from streamstyle.media.places import place
from streamstyle.media.targets import check
from streamstyle.screens.nowhere import NullSink
from streamstyle.screens.several import Behind, Several
from streamstyle.screens.virtual import VirtualSink
from streamstyle.screens.window import WindowSink
from streamstyle.settings import Controls, Settings
from streamstyle.stream import Hop, each, latest, run

Say = Callable[[str], None]
PUSHED_WAITING, RECORDED_WAITING = 3, 30
"""Pictures that an encoder may be behind: what is pushed is watched as it comes, what is recorded is not."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a live stream beside its painting."""

    camera: str = "0"
    size: tuple[int, int] | None = None
    rate: float | None = None
    to: tuple[str, ...] = ("window",)
    seconds: float | None = None
    automatic: bool = True
    only: Only | None = None
    matte: str | None = None
    microphone: str | None = None
    overwrite: bool = False
    decoder: str = "auto"


class Live:
    """A context: entering opens everything that can fail, `run` paints until the end, leaving closes.

    A source of one's own, stamped as cameras are, may take the camera's place; sinks of one's own join those wanted.
    """

    def __init__(
        self,
        settings: Settings,
        engine: EngineOptions,
        wanted: Wanted,
        say: Say = lambda line: None,
        source: Source | None = None,
        sinks: Sequence[tuple[str, Sink]] = (),
    ) -> None:
        self.controls = Controls(settings)
        self._engine, self._wanted, self._say = engine, wanted, say
        self._own_source, self._own_sinks = source, tuple(sinks)
        self._hops: list[Hop] = []
        self.meter = Meter(lambda: sum(hop.dropped for hop in self._hops))
        self._stack = ExitStack()
        self._began: float | None = None
        self._costs = {"paint": 0.0, "finish": 0.0}
        self._recorders: list[Behind] = []

    def __enter__(self) -> Self:
        wanted = self._wanted
        for name in wanted.to:
            if name not in ("window", "null") and not name.startswith("virtual"):
                check(place(name), None, wanted.overwrite)
        with self._stack:
            self.source = self._own_source or self._camera()
            self._stack.callback(self.source.close)
            self.stylist = Stylist(self.source.info, self.controls, self._engine)
            self._stack.callback(self.stylist.close)
            self.desk = self._desk(self.source)
            sinks = [(name, self._sink(name)) for name in wanted.to]
            self.sinks = self.desk.sinks = Several([*sinks, *self._own_sinks], self._heard)
            self._cutout = self._cut(self.source.info)
            self._governor = Governor(1 / float(self.source.info.rate), self.controls) if wanted.automatic else None
            self._stack = self._stack.pop_all()
        return self

    def _camera(self) -> Source:
        wanted = self._wanted
        return open_camera(wanted.camera, wanted.size, wanted.rate, self._heard, wanted.decoder)

    def _desk(self, source: Source) -> Desk:
        return Desk(
            controls=self.controls,
            styles=tuple(brisk()),
            info=source.info,
            end=source.close,
            recorder=lambda path: self._recorder(str(path)),
        )

    def _heard(self, line: str) -> None:
        """What the person should know: on the terminal, and for a moment in the window."""
        self._say(line)
        if hasattr(self, "desk"):
            self.desk.overlay.say(line)

    def _sink(self, name: str) -> Sink:
        info = self.source.info
        if name == "null":
            return NullSink()
        if name == "window":
            return Captioned(WindowSink(info, self.desk.heard), self._draw)
        if name == "virtual" or name.startswith("virtual:"):
            return VirtualSink(info, name.partition(":")[2] or None)
        return self._recorder(name)

    def _recorder(self, name: str) -> Sink:
        """On a thread of its own: a slow disk or network holds up nobody."""
        wanted = self._wanted.microphone

        def microphone() -> Microphone:
            return open_microphone(str(wanted), self._heard)

        pushed = place(name).kind == "url"
        sink = Recorder(name, self.source.info, microphone if wanted else None)
        behind = Behind(sink, PUSHED_WAITING if pushed else RECORDED_WAITING)
        self._recorders.append(behind)
        return behind

    def _draw(self, image: Any) -> Any:
        return self.desk.overlay(image, self.desk.figures(Path(self.stylist.style).stem, self.meter))

    def _cut(self, info: MediaInfo) -> Cutout | None:
        wanted = self._wanted
        if wanted.only is None:
            return None
        find: FindMatte = MotionMatte()
        if wanted.matte:
            find = open_matte(wanted.matte, info.width, info.height, info.colour, self._engine.threads)
        else:
            self._say("without --matte what moves counts as the person: keep the camera still, and step out once")
        return Cutout(find, wanted.only, info.width, info.height)

    def stages(self) -> list[Stage]:
        """The generator works on the next picture while this one is made steady, enlarged and shown."""
        paint = self._timed("paint", self.stylist.paint)
        finish = View(self._finished, self.controls)
        return [each(self.meter.arrived), self._newest, each(paint), self._newest, each(self._timed("finish", finish))]

    def _newest(self, upstream: Frames) -> Frames:
        hop = latest()(upstream)
        assert isinstance(hop, Hop)
        self._hops.append(hop)
        return hop

    def _finished(self, frame: Frame) -> Frame:
        painted = self.stylist.finish(frame)
        if self._cutout is None:
            return painted
        return painted.with_image(self._cutout(frame.image, painted.image))

    def _timed(self, name: str, turn: Callable[[Frame], Frame]) -> Callable[[Frame], Frame]:
        def timed(frame: Frame) -> Frame:
            began = time.monotonic()
            result = turn(frame)
            self._costs[name] = time.monotonic() - began
            return result

        return timed

    def run(self) -> int:
        """Paints until the camera ends, the person quits or the time is over; says how many pictures."""
        return run(self.source, self.stages(), self.sinks, self._left)

    def _left(self, frame: Frame) -> None:
        self.meter.left(frame)
        self.desk.shown(frame)
        if self._governor is not None and not self.controls.now.freeze:
            self._governor(max(*self._costs.values(), *(recorder.cost for recorder in self._recorders)))
        moment = time.monotonic()
        self._began = moment if self._began is None else self._began
        if self._wanted.seconds is not None and moment - self._began >= self._wanted.seconds:
            self.source.close()

    def figures(self) -> dict[str, Any]:
        """What `--json` prints."""
        return self.meter.total() | {"quality": self.controls.now.quality}

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
