"""The painter of one stream, which follows its controls: new styles and sizes are made ready beside the running one."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace

from engines.choice import open_engine
from engines.foreign import load_style
from pipelines.options import EngineOptions
from streamstyle.canvas import Canvas, canvas
from streamstyle.errors import StreamStyleError
from streamstyle.frames import Engine, Frame, MediaInfo
from streamstyle.packs import Pack
from streamstyle.painter import Finisher, Painted, Painter
from streamstyle.settings import Controls, Settings
from streamstyle.sparing import Sparing

KEPT_ENGINES = 4
GAP_SECONDS = 0.5
Key = tuple[str, Canvas]
OpenEngine = Callable[..., Engine]
"""As `open_engine`: streams that share their engines bring their own."""

log = logging.getLogger(__name__)


class Stylist:
    """Paints frames as `controls` say. Its two halves may run on two threads, each on one at a time."""

    def __init__(
        self, info: MediaInfo, controls: Controls, options: EngineOptions, opening: OpenEngine = open_engine
    ) -> None:
        self._info, self._options, self._controls, self._opening = info, options, controls, opening
        self._packs: dict[str, Pack] = {}
        self._engines: OrderedDict[Key, Engine] = OrderedDict()
        self._lock = threading.Lock()
        self._loader: threading.Thread | None = None
        self._closed = False
        self._refused: set[Key] = set()
        self._last: float | None = None
        self._finisher = Finisher(options.flow)
        first = self._wanted(controls.now)
        for key in first:
            self._engines[key] = self._opened(key)
        self._use(first, [self._engines[key] for key in first], controls.now.blend)

    @property
    def engine(self) -> Engine:
        """The engine of the style at hand."""
        return self._painter.engines[0]

    @property
    def style(self) -> str:
        """The style that is really painted now: a new one counts once it is ready."""
        return self._keys[0][0]

    def __call__(self, frame: Frame) -> Frame:
        return self.finish(self.paint(frame))

    def paint(self, frame: Frame) -> Painted:
        """The first half: the generator."""
        settings = self._controls.now
        self._follow(settings)
        painted = self._paint(frame)
        gap = self._last is None or not 0 <= frame.seconds - self._last < GAP_SECONDS
        self._last = frame.seconds
        return replace(painted, gap=gap)

    def finish(self, painted: Frame) -> Frame:
        """The second half: steadiness, enlargement, strength."""
        assert isinstance(painted, Painted)
        settings = self._controls.now
        return self._finisher(painted, settings.steady, settings.strength)

    def _use(self, keys: tuple[Key, ...], engines: Sequence[Engine], blend: float) -> None:
        self._keys = keys
        self._painter = Painter(keys[0][1], engines, blend)
        every = self._options.every
        self._paint: Callable[[Frame], Painted] = Sparing(self._painter, every) if every > 1 else self._painter

    def _wanted(self, settings: Settings) -> tuple[Key, ...]:
        names = [settings.style]
        if settings.second and settings.blend > 0 and settings.second != settings.style:
            names.append(settings.second)
        pack = self._pack(names[0])
        size = canvas(
            self._info.width,
            self._info.height,
            pack.manifest.short_side,
            settings.brush,
            settings.quality,
            pack.manifest.stride,
        )
        return tuple((name, size) for name in names)

    def _pack(self, name: str) -> Pack:
        if name not in self._packs:
            self._packs[name] = load_style(name)
        return self._packs[name]

    def _opened(self, key: Key) -> Engine:
        name, size = key
        width, height = size.bordered
        options = self._options
        return self._opening(
            self._pack(name),
            width,
            height,
            self._info.colour,
            engine=options.engine,
            precision=options.precision,
            threads=options.threads,
        )

    def _follow(self, settings: Settings) -> None:
        """Swaps to what the settings ask for once it is ready; until then the old one goes on."""
        try:
            wanted = self._wanted(settings)
        except StreamStyleError as error:
            log.warning("%s", error)
            self._controls.change(style=self._keys[0][0], second=None)
            return
        if wanted == self._keys:
            self._painter.blend = settings.blend
            return
        with self._lock:
            ready = [self._engines.get(key) for key in wanted]
            engines = [engine for engine in ready if engine is not None]
            if len(engines) == len(wanted):
                for key in wanted:
                    self._engines.move_to_end(key)
                if [name for name, _ in wanted] != [name for name, _ in self._keys]:
                    # In another style, the pictures before have nothing to say about the next one.
                    self._last = None
                self._use(wanted, engines, settings.blend)
                self._drop_old()
                return
            missing = [key for key in wanted if key not in self._engines and key not in self._refused]
            if missing and self._loader is None and not self._closed:
                self._loader = threading.Thread(
                    target=self._load, args=(missing[0],), name="engine-loader", daemon=True
                )
                self._loader.start()

    def _load(self, key: Key) -> None:
        try:
            engine = self._opened(key)
        except StreamStyleError as error:
            log.warning("%s", error)
            with self._lock:
                self._refused.add(key)
                self._loader = None
            return
        with self._lock:
            self._loader = None
            if self._closed:
                engine.close()
            else:
                self._engines[key] = engine

    def _drop_old(self) -> None:
        while len(self._engines) > KEPT_ENGINES:
            key = next(iter(self._engines))
            if key in self._keys:
                self._engines.move_to_end(key)
            else:
                self._engines.pop(key).close()

    def close(self) -> None:
        """Gives the engines back, after the one that is being loaded, if any."""
        with self._lock:
            self._closed = True
            loader = self._loader
        if loader is not None:
            loader.join(timeout=30)
        with self._lock:
            while self._engines:
                self._engines.popitem()[1].close()
