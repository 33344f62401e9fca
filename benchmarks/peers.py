"""Callers without a browser: numbered pictures out, painted ones back, and how old each is. A process of its own."""

import argparse
import asyncio
import contextlib
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from aiohttp import ClientSession
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import VideoFrame

from streamstyle.frames import Image, planes
from streamstyle.live import stamps

RATE = 30
WARM_UP = 3.0


class Numbered(MediaStreamTrack):
    """A camera whose pictures bear their number; remembers when each was taken."""

    kind = "video"

    def __init__(self, width: int, height: int) -> None:
        super().__init__()
        self._base = np.full((height * 3 // 2, width), 128, np.uint8)
        planes(self._base)[0][:] = np.add.outer(np.arange(height), np.arange(width)) % 200 + 25
        self._start, self._count = time.monotonic(), 0
        self.moments: dict[int, float] = {}

    async def recv(self) -> VideoFrame:
        if self.readyState != "live":
            raise MediaStreamError
        await asyncio.sleep(max(0, self._start + self._count / RATE - time.monotonic()))
        image: Image = self._base.copy()
        stamps.draw(image, self._count)
        picture = VideoFrame.from_ndarray(image, format="yuv420p")
        picture.pts, picture.time_base = self._count, Fraction(1, RATE)
        self.moments[self._count] = time.monotonic()
        self._count += 1
        return picture


@dataclass
class Caller:
    """One connection, and the ages (in milliseconds) and moments of what came back."""

    peer: RTCPeerConnection
    camera: Numbered
    ages: list[float]
    moments: list[float]

    async def take(self, track: MediaStreamTrack) -> None:
        with contextlib.suppress(MediaStreamError):
            while True:
                picture = await track.recv()
                moment = time.monotonic()
                assert isinstance(picture, VideoFrame)
                self.moments.append(moment)
                number = stamps.read(np.asarray(picture.to_ndarray(format="yuv420p"), np.uint8))
                if number is not None and number in self.camera.moments:
                    self.ages.append(1000 * (moment - self.camera.moments[number]))

    def vanish(self) -> None:
        """Goes without a goodbye."""
        for transceiver in self.peer.getTransceivers():
            for protocol in transceiver.receiver.transport.transport._connection._protocols:
                protocol.transport.abort()


async def called(http: ClientSession, width: int, height: int) -> Caller:
    caller = Caller(RTCPeerConnection(RTCConfiguration(iceServers=[])), Numbered(width, height), [], [])
    taking: list[asyncio.Future[None]] = []
    caller.peer.on("track", lambda track: taking.append(asyncio.ensure_future(caller.take(track))))
    caller.peer.addTrack(caller.camera)
    await caller.peer.setLocalDescription(await caller.peer.createOffer())
    headers = {"Content-Type": "application/sdp"}
    async with http.post("/offer", data=caller.peer.localDescription.sdp, headers=headers) as response:
        answer = await response.text()
        if response.status != 201:
            raise SystemExit(f"the server answered {response.status}: {answer}")
    await caller.peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    return caller


async def measured(url: str, count: int, width: int, height: int, seconds: float) -> dict[str, Any]:
    """Half of the callers say goodbye, the others vanish."""
    async with ClientSession(url) as http:
        callers = [await called(http, width, height) for _ in range(count)]
        await asyncio.sleep(WARM_UP)
        for caller in callers:
            caller.ages.clear()
            caller.moments.clear()
        await asyncio.sleep(seconds)
        ages = [age for caller in callers for age in caller.ages]
        rates = [len(caller.moments) / seconds for caller in callers]
        for index, caller in enumerate(callers):
            if index % 2:
                caller.vanish()
            else:
                await caller.peer.close()
    return {"rates": rates, "ages": ages}


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    for name in ("count", "width", "height"):
        parser.add_argument(name, type=int)
    parser.add_argument("seconds", type=float)
    given = parser.parse_args(words)
    print(json.dumps(asyncio.run(measured(given.url, given.count, given.width, given.height, given.seconds))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
