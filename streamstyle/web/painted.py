"""A painted track for anybody's aiortc program."""

import asyncio
import time
from contextlib import suppress

from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import VideoFrame

from streamstyle.frames import Image
from streamstyle.settings import Controls
from streamstyle.web.easel import Easel, MakeStylist
from streamstyle.web.figures import Figures, Ledger
from streamstyle.web.outlets import PictureOutlet
from streamstyle.web.pictures import Arrival, packed


class PaintedTrack(PictureOutlet):
    """What another video track shows, painted; the newest picture wins, so that delay never grows.

    Nothing runs until the first `recv()`; `stop()`, or the end of the other track, ends it.
    """

    def __init__(self, track: MediaStreamTrack, make: MakeStylist, controls: Controls) -> None:
        super().__init__()
        self.controls, self.figures = controls, Figures(Ledger())
        self.error: str | None = None
        """Why painting ended, where it went wrong."""
        self._track, self._make = track, make
        self._easel: Easel | None = None
        self._pump: asyncio.Task[None] | None = None

    async def recv(self) -> VideoFrame:
        if self._easel is None and self.readyState == "live":
            self._start(asyncio.get_running_loop())
        return await super().recv()

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        def show(image: Image, pts: int) -> None:
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self.put, packed(image, pts))

        def failed(reason: str) -> None:
            self.error = reason
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self.stop)

        self._easel = Easel(self._make, self.controls, show, failed, self.figures)
        self._pump = asyncio.ensure_future(self._run(self._easel))

    async def _run(self, easel: Easel) -> None:
        try:
            with suppress(MediaStreamError):
                while True:
                    picture = await self._track.recv()
                    assert isinstance(picture, VideoFrame)
                    easel.put(Arrival(picture, time.monotonic()))
        finally:
            self.stop()

    def stop(self) -> None:
        super().stop()
        if self._easel is not None:
            self._easel.finish()
        if self._pump is not None:
            self._pump.cancel()
