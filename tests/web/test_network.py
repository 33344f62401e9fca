"""Loss, delay and jitter: the picture lives on, and its age comes back."""

import asyncio
import time

import numpy as np
from aiortc import RTCSessionDescription

from streamstyle.frames import Image
from streamstyle.live import stamps
from tests.web.callers import Camera, house, image, looped, until
from tests.web.relay import Relay

SDP = {"Content-Type": "application/sdp"}


@looped
async def test_five_percent_loss_and_a_tenth_of_a_second() -> None:
    async with house() as home:
        caller, camera, relay = home.caller(), Camera(), Relay()
        offer = await caller.offer("both", camera=camera)
        bare = "\r\n".join(line for line in offer.splitlines() if "candidate" not in line) + "\r\n"
        async with home.http.post("/offer", data=bare, headers=SDP) as response:
            assert response.status == 201
            answer = await relay.before(await response.text())
        try:
            await caller.peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
            await until(lambda: len(caller.pictures) > 20)
            room = home.studio.rooms.find("studio")
            assert room is not None
            painted: list[tuple[float, Image]] = []
            room.watch(lambda picture, pts: painted.append((time.monotonic(), picture.copy())))

            relay.loss, relay.delay, relay.jitter = 0.05, 0.1, 0.02
            start = len(caller.pictures)
            await asyncio.sleep(6)
            assert relay.lost > 10
            assert len(painted) > 40, "the server's pictures stopped"
            assert len(caller.pictures) - start > 20, "the caller's pictures stopped"

            relay.loss = relay.delay = relay.jitter = 0.0
            await asyncio.sleep(2.5)
            ages = [
                moment - camera.moments[number]
                for moment, picture in painted[-15:]
                if (number := stamps.read(picture)) is not None
            ]
            assert len(ages) > 3 and float(np.median(ages)) < 1.0
            newest = stamps.read(image(caller.pictures[-1][1]))
            assert newest is None or caller.pictures[-1][0] - camera.moments[newest] < 2.0
        finally:
            relay.close()
