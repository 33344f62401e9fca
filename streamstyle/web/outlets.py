"""What is sent: tracks that hand aiortc the newest picture, and sound in step with it."""

import asyncio
from collections import deque
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import Packet, VideoFrame

SOUND_CLOCK = Fraction(1, 48_000)
STEP = 3_000
"""From one picture to the next where time stamps start afresh, in ticks of 90 kHz."""
SOUND_STEP = 960
SOUND_SLACK = 24_000
MOST_SOUND = 50


class Continued:
    """Time stamps that only grow, though what comes in may start over."""

    def __init__(self, step: int, slack: int = 0) -> None:
        self._step, self._slack, self._offset = step, slack, 0
        self._last: int | None = None

    def __call__(self, pts: int) -> int:
        """Up to `slack` ticks back are no new start: packets may overtake each other."""
        if self._last is None:
            self._offset = -pts
        elif not -self._slack < pts + self._offset - self._last < 90_000 * 60:
            self._offset = self._last + self._step - pts
        continued = pts + self._offset
        self._last = continued if self._last is None else max(continued, self._last)
        return continued


class Outlet(MediaStreamTrack):
    """A track that waits for what it is given."""

    def __init__(self, continued: Continued) -> None:
        super().__init__()
        self._continued = continued
        self._arrived = asyncio.Event()

    async def _wait(self, there: Callable[[], object]) -> None:
        while not there():
            if self.readyState != "live":
                raise MediaStreamError
            await self._arrived.wait()
            self._arrived.clear()

    def stop(self) -> None:
        super().stop()
        self._arrived.set()


class PictureOutlet(Outlet):
    """Pictures to one receiver: where it is too slow for one, it gets the next."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__(Continued(STEP))
        self._newest: VideoFrame | None = None
        self.dropped = self.sent = 0

    def put(self, picture: VideoFrame) -> None:
        """On the loop's thread."""
        self.dropped += self._newest is not None
        self._newest = picture
        self._arrived.set()

    async def recv(self) -> VideoFrame:
        await self._wait(lambda: self._newest)
        picture, self._newest = self._newest, None
        assert picture is not None and picture.pts is not None
        picture.pts = self._continued(picture.pts)
        self.sent += 1
        return picture


class SoundOutlet(Outlet):
    """Sound to one receiver, as it came: encoded."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__(Continued(SOUND_STEP, slack=SOUND_SLACK))
        self._packets: deque[Packet[Any]] = deque(maxlen=MOST_SOUND)

    def put(self, payload: bytes, pts: int) -> None:
        """On the loop's thread."""
        packet = Packet(payload)
        packet.pts, packet.time_base = pts, SOUND_CLOCK
        self._packets.append(packet)
        self._arrived.set()

    async def recv(self) -> "Packet[Any]":
        await self._wait(lambda: self._packets)
        packet = self._packets.popleft()
        assert packet.pts is not None
        packet.pts = self._continued(packet.pts)
        return packet
