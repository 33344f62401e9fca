"""A server over real HTTP, and real aiortc clients that call it; aiortc itself is left as it comes."""

import asyncio
import contextlib
import functools
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError, MediaStreamTrack
from av import VideoFrame

from streamstyle.frames import Frame, Image, MediaInfo, planes
from streamstyle.live import stamps
from streamstyle.settings import Controls, Settings
from streamstyle.web.guard import Guard
from streamstyle.web.pictures import CLOCK
from streamstyle.web.server import Server
from streamstyle.web.sessions import Limits
from streamstyle.web.studio import Studio

STYLES = ("red", "blue")
LIMITS = Limits(peers=4, requests=1000, burst=1000)
BLUE, RED = 90, 200
"""The planes that the stand-in style leaves in its pictures."""


class Poster:
    """A stand-in for a style: few grey levels, one colour; the stamp survives it."""

    def __init__(self, info: MediaInfo, controls: Controls) -> None:
        self.info, self._controls = info, controls

    def __call__(self, frame: Frame) -> Frame:
        image = frame.image.copy()
        luma, blue, red = planes(image)
        np.bitwise_and(luma, 0xE0, out=luma)
        blue[:], red[:] = (BLUE, RED) if self._controls.now.style == "red" else (RED, BLUE)
        return frame.with_image(image)

    def close(self) -> None:
        pass


class Camera(MediaStreamTrack):
    """Numbered pictures, 30 a second."""

    kind = "video"

    def __init__(self, width: int = 320, height: int = 180, rate: float = 30) -> None:
        super().__init__()
        self._size, self._rate, self._count = (width, height), rate, 0
        self._start = time.monotonic()
        self.moments: dict[int, float] = {}

    async def recv(self) -> VideoFrame:
        if self.readyState != "live":
            raise MediaStreamError
        await asyncio.sleep(max(0, self._start + self._count / self._rate - time.monotonic()))
        width, height = self._size
        image = np.full((height * 3 // 2, width), 128, np.uint8)
        planes(image)[0][:] = np.linspace(40, 220, width).astype(np.uint8)
        stamps.draw(image, self._count)
        picture = VideoFrame.from_ndarray(image, format="yuv420p")
        picture.pts, picture.time_base = round(self._count * 90_000 / self._rate), CLOCK
        self.moments[self._count] = time.monotonic()
        self._count += 1
        return picture


class Caller:
    """One client: a connection, what it gets, and what it is told."""

    def __init__(self, http: ClientSession) -> None:
        self.http = http
        self.peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.pictures: list[tuple[float, VideoFrame]] = []
        self.sounds = 0
        self.told: list[dict[str, Any]] = []
        self.channel: Any = None
        self.location = self.etag = ""
        self._tasks: list[asyncio.Task[None]] = []
        self.peer.on("track", self._track)

    def _track(self, track: MediaStreamTrack) -> None:
        self._tasks.append(asyncio.ensure_future(self._take(track)))

    async def _take(self, track: MediaStreamTrack) -> None:
        with contextlib.suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                if isinstance(frame, VideoFrame):
                    self.pictures.append((time.monotonic(), frame))
                else:
                    self.sounds += 1

    async def offer(self, way: str = "both", codec: str = "VP8", camera: Any = None, sound: Any = None) -> str:
        """The offer of a page (`both`), a WHIP sender (`in`) or a WHEP player (`out`)."""
        if way == "out":
            video = self.peer.addTransceiver("video", direction="recvonly")
            self.peer.addTransceiver("audio", direction="recvonly")
        else:
            direction = "sendrecv" if way == "both" else "sendonly"
            video = self.peer.addTransceiver(camera or Camera(), direction=direction)
            self.peer.addTransceiver(sound or AudioStreamTrack(), direction=direction)
        capable = RTCRtpSender.getCapabilities("video").codecs
        video.setCodecPreferences([each for each in capable if each.name == codec])
        if way == "both":
            self.channel = self.peer.createDataChannel("controls")
            self.channel.on("message", lambda text: self.told.append(json.loads(text)))
        await self.peer.setLocalDescription(await self.peer.createOffer())
        return self.peer.localDescription.sdp

    async def call(self, path: str, **more: Any) -> int:
        """Connects; the status that the server gave."""
        offer = self.peer.localDescription.sdp if self.peer.localDescription else await self.offer(**more)
        async with self.http.post(path, data=offer, headers={"Content-Type": "application/sdp"}) as response:
            if response.status == 201:
                self.location, self.etag = response.headers["Location"], response.headers["ETag"]
                await self.peer.setRemoteDescription(RTCSessionDescription(await response.text(), "answer"))
            return response.status

    def change(self, **settings: Any) -> None:
        self.channel.send(json.dumps({"set": settings}))

    async def until(self, condition: Callable[[], Any], seconds: float = 40) -> None:
        await until(condition, seconds)

    def newest(self) -> Image:
        return image(self.pictures[-1][1])

    async def close(self) -> None:
        await self.peer.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def image(picture: VideoFrame) -> Image:
    return np.asarray(picture.to_ndarray(format="yuv420p"), np.uint8)


async def until(condition: Callable[[], Any], seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        await asyncio.sleep(0.02)


class House:
    """A running server and callers of it."""

    def __init__(self, server: Server, http: ClientSession) -> None:
        self.server, self.http = server, http
        self.studio = server.studio
        self._callers: list[Caller] = []

    def caller(self) -> Caller:
        self._callers.append(Caller(self.http))
        return self._callers[-1]

    async def sender(self, path: str = "/whip/room", **more: Any) -> Caller:
        """A caller whose pictures arrive."""
        caller = self.caller()
        assert await caller.call(path, **{"way": "in", **more}) == 201
        room = path.rpartition("/")[2]
        await until(lambda: (found := self.studio.rooms.find(room)) and found.live)
        return caller

    async def close(self) -> None:
        await asyncio.gather(*(caller.close() for caller in self._callers))


@asynccontextmanager
async def house(
    limits: Limits = LIMITS, guard: Guard | None = None, make: Any = Poster, **more: Any
) -> AsyncIterator[House]:
    """A server on a port of its own, ended afterwards."""
    studio = Studio(make, Settings("red"), lambda: STYLES, limits)
    server = Server(studio, guard or Guard(), **more)
    async with TestServer(server.application()) as site, ClientSession(site.make_url("/")) as http:
        opened = House(server, http)
        try:
            yield opened
        finally:
            await opened.close()


def looped(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Runs an asynchronous test on a loop of its own, with an end to waiting."""

    @functools.wraps(test)
    def run(*args: Any, **more: Any) -> None:
        async def bounded() -> None:
            async with asyncio.timeout(60):
                await test(*args, **more)

        asyncio.run(bounded())

    return run
