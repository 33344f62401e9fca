"""Where a person sits: keys and mouse change the controls, keep pictures, start and stop recordings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from streamstyle.errors import StreamStyleError
from streamstyle.frames import Frame, Image, MediaInfo, Sink
from streamstyle.live.keys import listed, press
from streamstyle.live.meter import Meter
from streamstyle.live.overlay import Overlay
from streamstyle.live.snapshot import fresh, keep
from streamstyle.screens.several import Several
from streamstyle.screens.window import Event, Key, Line
from streamstyle.settings import Controls


@dataclass
class Desk:
    """Hears what is done in the window, on the window's thread, while another paints."""

    controls: Controls
    styles: Sequence[str]
    info: MediaInfo
    end: Callable[[], None]
    """Ends the stream cleanly."""
    recorder: Callable[[Path], Sink]
    folder: Path = field(default_factory=Path.cwd)
    overlay: Overlay = field(default_factory=Overlay)
    sinks: Several | None = None
    _shown: Image | None = None
    _recording: Path | None = None

    def shown(self, frame: Frame) -> None:
        """Remembers what a snapshot would keep."""
        self._shown = frame.image

    def heard(self, event: Event) -> None:
        match event:
            case Key(name):
                try:
                    word = press(name, self)
                except StreamStyleError as error:
                    word = str(error)
                if word:
                    self.overlay.say(word)
            case Line(share):
                if self.controls.now.split is not None:
                    self.controls.change(split=share)
            case _:
                self.stop()

    def snapshot(self) -> str:
        if self._shown is None:
            return "no picture yet"
        return f"kept {keep(self._shown, self.info.colour, self.folder).name}"

    def record(self) -> str:
        assert self.sinks is not None
        path, self._recording = self._recording, None
        if path is not None and str(path) in self.sinks.names:
            self.sinks.remove(str(path))
            return f"recorded {path.name}"
        path = fresh(self.folder, "mp4")
        self.sinks.add(str(path), self.recorder(path))
        self._recording = path
        return f"recording {path.name}"

    def help(self) -> str:
        self.overlay.toggle(listed())
        return ""

    def stop(self) -> None:
        self.end()

    def figures(self, style: str, meter: Meter) -> str | None:
        """The line of figures, where it is wanted."""
        settings = self.controls.now
        if not settings.overlay:
            return None
        reading = meter.reading()
        if settings.second and settings.blend > 0:
            style = f"{style} + {settings.second} {settings.blend:.0%}"
        words = [style, f"{reading.rate:.0f}/s", f"{reading.age_ms:.0f} ms", f"{reading.dropped} dropped"]
        if settings.quality < 1:
            words.append(f"quality {settings.quality:.0%}")
        if self._recording is not None and self.sinks is not None and str(self._recording) in self.sinks.names:
            words.append("REC")
        return "  ".join(words)
