"""Sends a room's painted stream on to a WHIP server, for as long as there is one."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from urllib.parse import urljoin, urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout
from aiortc import RTCIceServer, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack

from streamstyle.web import tuning
from streamstyle.web.journal import event
from streamstyle.web.outlets import PictureOutlet, SoundOutlet
from streamstyle.web.rooms import Room, Rooms

SHORTEST, LONGEST = 1.0, 30.0
"""Seconds before another try: doubled each time."""
TIMEOUT = ClientTimeout(total=15)
CONNECTING, SILENCE, GOODBYE = 15.0, 10.0, 3.0
LARGEST = 64 << 10
log = logging.getLogger(__name__)


class Push:
    """Waits for pictures in the room, sends them on, and comes back when the connection breaks."""

    def __init__(
        self, rooms: Rooms, room: str, url: str, token: str | None = None, servers: Sequence[RTCIceServer] = ()
    ) -> None:
        self._rooms, self._room, self._url, self._servers = rooms, room, url, servers
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._place = urlsplit(url).hostname
        self.connected = False

    async def run(self) -> None:
        """Until it is cancelled."""
        pause = SHORTEST
        async with ClientSession(timeout=TIMEOUT) as http:
            while True:
                room = self._rooms.find(self._room)
                if room is None or not room.live:
                    await asyncio.sleep(0.2)
                    continue
                try:
                    await self._send(http, room)
                    pause = SHORTEST
                except (ClientError, ConnectionError, TimeoutError, ValueError) as error:
                    event(log, "push failed", to=self._place, reason=type(error).__name__, again_in=pause)
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, LONGEST)

    async def _send(self, http: ClientSession, room: Room) -> None:
        tracks: list[MediaStreamTrack] = [PictureOutlet(), SoundOutlet()]
        peer = tuning.connection(self._servers)
        for track in tracks:
            peer.addTransceiver(track, direction="sendonly")
        offering = asyncio.ensure_future(self._offered(http, peer))
        try:
            await asyncio.shield(offering)
            for track in tracks:
                room.join(track)
            await self._watched(peer, room)
        finally:
            self.connected = False
            for track in tracks:
                room.leave(track)
                track.stop()
            # Cut short, it would leave a session there and sockets here.
            done, _ = await asyncio.wait({offering}, timeout=GOODBYE)
            offering.cancel()
            await peer.close()
            if done and not offering.exception():
                with suppress(ClientError, TimeoutError):
                    await http.delete(offering.result(), headers=self._headers)

    async def _offered(self, http: ClientSession, peer: RTCPeerConnection) -> str:
        """Makes the connection known to the server; where its session is."""
        await peer.setLocalDescription(await peer.createOffer())
        headers: Mapping[str, str] = {**self._headers, "Content-Type": "application/sdp"}
        async with http.post(self._url, data=peer.localDescription.sdp, headers=headers) as response:
            if response.status != 201 or "Location" not in response.headers:
                raise ConnectionError(f"the server answered {response.status}")
            answer = (await response.content.read(LARGEST)).decode()
            session = urljoin(str(response.url), response.headers["Location"])
        try:
            await peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
            tuning.tune(peer)
        except Exception as error:
            # The parser trusts its input; whatever the server sent, it is not to end this program.
            with suppress(ClientError, TimeoutError):
                await http.delete(session, headers=self._headers)
            raise ConnectionError("the server's answer cannot be used") from error
        return session

    async def _watched(self, peer: RTCPeerConnection, room: Room) -> None:
        """Returns when the room has fallen silent, raises when the connection has broken."""
        loop = asyncio.get_running_loop()
        deadline, heard = loop.time() + CONNECTING, loop.time()
        while True:
            await asyncio.sleep(0.2)
            state = peer.connectionState
            if state == "connected" and not self.connected:
                self.connected = True
                event(log, "push connected", to=self._place)
            if state in ("failed", "closed") or (not self.connected and loop.time() > deadline):
                raise ConnectionError("the connection broke")
            if room.fresh:
                heard = loop.time()
            elif loop.time() - heard > SILENCE:
                return
