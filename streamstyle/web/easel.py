"""Where the pictures of one sender are painted: the loop puts them in, a thread of its own paints the newest."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction
from typing import Protocol

from streamstyle.errors import StreamStyleError
from streamstyle.frames import Colour, Frame, Image, MediaInfo, size
from streamstyle.live.governor import Governor
from streamstyle.live.view import View
from streamstyle.settings import Controls
from streamstyle.stream import Closed, Mailbox
from streamstyle.web.figures import Figures
from streamstyle.web.pictures import Arrival, Arrived, unpacked

RATE = 30
PATIENCE = 20.0
"""Seconds that a thread gets to end: it may be compiling an engine."""
KEPT = 2
log = logging.getLogger(__name__)


class Stylist(Protocol):
    """Paints the frames of one stream of one size."""

    def __call__(self, frame: Frame) -> Frame: ...
    def close(self) -> None: ...


MakeStylist = Callable[[MediaInfo, Controls], Stylist]
Fit = tuple[tuple[int, int], Colour]


class Fitting:
    """Paints frames of any size: one stylist for each, the last few kept, for senders that go up and down."""

    def __init__(self, make: MakeStylist, controls: Controls) -> None:
        self._make, self._controls = make, controls
        self._stylists: dict[Fit, Stylist] = {}

    def __call__(self, frame: Frame) -> Frame:
        assert isinstance(frame, Arrived)
        fit = size(frame.image), frame.colour
        stylist = self._stylists.pop(fit, None)
        if stylist is None:
            (width, height), colour = fit
            stylist = self._make(MediaInfo(width, height, Fraction(RATE), colour, live=True), self._controls)
        self._stylists[fit] = stylist
        while len(self._stylists) > KEPT:
            self._stylists.pop(next(iter(self._stylists))).close()
        return stylist(frame)

    def close(self) -> None:
        for stylist in self._stylists.values():
            stylist.close()
        self._stylists.clear()


class Easel:
    """Paints on a worker thread; `show(image, pts)` is called there, `failed(reason)` too where it cannot go on."""

    def __init__(
        self,
        make: MakeStylist,
        controls: Controls,
        show: Callable[[Image, int], None],
        failed: Callable[[str], None],
        figures: Figures,
        wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        self.controls, self.figures = controls, figures
        self._mailbox: Mailbox[Arrival] = Mailbox(1, newest=True)
        self._fitting = Fitting(make, controls)
        self._view = View(self._fitting, controls)
        self._govern = Governor(1 / RATE, controls)
        self._show, self._failed, self._wanted = show, failed, wanted
        self._thread = threading.Thread(target=self._run, name="easel", daemon=True)
        self._thread.start()

    def put(self, arrival: Arrival) -> None:
        """Never waits; what is not yet painted is dropped for it."""
        self.figures.arrived()
        with suppress(Closed):
            self._mailbox.put(arrival)

    def _arrivals(self) -> Iterator[Arrived]:
        with suppress(Closed):
            while True:
                arrival = self._mailbox.get()
                if self._wanted() and (frame := unpacked(arrival)) is not None:
                    yield frame

    def _run(self) -> None:
        try:
            for frame in self._arrivals():
                self._paint(frame)
        except StreamStyleError as error:
            self._failed(str(error))
        except Exception:
            log.exception("painting failed")
            self._failed("painting failed")
        finally:
            self._mailbox.close()
            self._fitting.close()

    def _paint(self, frame: Arrived) -> None:
        start = time.monotonic()
        painted = self._view(frame)
        end = time.monotonic()
        self._govern(end - start)
        self._show(painted.image, frame.pts)
        self.figures.painted(engine=end - start, age=time.monotonic() - frame.moment)

    def finish(self) -> None:
        """Lets the thread end after the picture at hand, without waiting for it."""
        self._mailbox.close()

    async def close(self) -> None:
        """Ends the thread, after the picture at hand."""
        self.finish()
        await asyncio.shield(asyncio.get_running_loop().run_in_executor(None, self._thread.join, PATIENCE))
