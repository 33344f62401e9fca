"""Connections made: senders to their easels, watchers to rooms."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from aiortc import RTCDataChannel, RTCIceServer, RTCPeerConnection, RTCRtpReceiver, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from streamstyle.settings import Controls, Settings
from streamstyle.web import offers, tuning
from streamstyle.web.easel import Easel, MakeStylist
from streamstyle.web.figures import Figures, Ledger
from streamstyle.web.messages import Dialogue, settings
from streamstyle.web.offers import Offer
from streamstyle.web.outlets import PictureOutlet, SoundOutlet
from streamstyle.web.pictures import Arrival
from streamstyle.web.refusals import Refusal
from streamstyle.web.rooms import Room, Rooms
from streamstyle.web.sessions import Kind, Limits, Session, Sessions

LABEL = "controls"
TELL = 1.0
MOST_UNSENT = 64 << 10
GATHERING = 10.0
log = logging.getLogger(__name__)


@dataclass
class Studio:
    """Everything that lives as long as the server."""

    make_stylist: MakeStylist
    settings: Settings
    styles: Callable[[], Sequence[str]]
    limits: Limits = field(default_factory=Limits)
    ice_servers: Sequence[RTCIceServer] = ()
    ledger: Ledger = field(default_factory=Ledger)
    rooms: Rooms = field(default_factory=Rooms)
    sessions: Sessions = field(init=False)

    def __post_init__(self) -> None:
        self.sessions = Sessions(self.limits, self.ledger)


@dataclass(frozen=True, slots=True)
class Visit:
    """One request for a connection."""

    kind: Kind
    offer: Offer
    address: str
    room: str
    near: str | None
    """The address of ours that the request came to."""


async def publish(studio: Studio, visit: Visit, wishes: Settings) -> tuple[Session, str]:
    """A sender's connection: its pictures are painted into its room. The page gets them back as well."""
    async with studio.sessions.opening(visit.kind, visit.address) as opened, AsyncExitStack() as stack:
        room = await _free_room(studio, visit.room)
        loop = asyncio.get_running_loop()
        peer = tuning.connection(studio.ice_servers)
        stack.push_async_callback(_discard, peer)
        session = Session(visit.kind, visit.address, room.name, peer, visit.offer)
        controls = Controls(wishes)

        def failed(reason: str) -> None:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(studio.sessions.give_up, session, reason)

        figures = Figures(studio.ledger)
        easel = Easel(studio.make_stylist, controls, room.show, failed, figures, lambda: room.watched)
        room.easel = easel
        session.silence = lambda: time.monotonic() - figures.last_arrival
        _ends(session, stack, _leaving(studio, room, easel))
        if visit.kind == "page":
            _add_outlets(peer, visit.offer, room, session, stack, studio)
            _talk(studio, session, easel)
        _listen(peer, room, easel, session, stack)
        text = await _answer(peer, visit)
        opened(session)
        stack.pop_all()
        return session, text


async def watch(studio: Studio, visit: Visit) -> tuple[Session, str]:
    """A watcher's connection; 409 where there is nothing to watch yet."""
    async with studio.sessions.opening(visit.kind, visit.address) as opened, AsyncExitStack() as stack:
        room = studio.rooms.find(visit.room)
        if room is None or not room.live:
            raise Refusal(409, "there is nothing to watch yet", 2)
        peer = tuning.connection(studio.ice_servers)
        stack.push_async_callback(_discard, peer)
        session = Session(visit.kind, visit.address, room.name, peer, visit.offer)
        _add_outlets(peer, visit.offer, room, session, stack, studio)
        text = await _answer(peer, visit)
        opened(session)
        stack.pop_all()
        return session, text


async def _free_room(studio: Studio, name: str) -> Room:
    """The room, once whoever had fallen silent in it has left; 409 while it is in use."""
    room = studio.rooms.room(name)
    if room.easel is None:
        return room
    if room.fresh:
        raise Refusal(409, "somebody is sending to this room already", 5)
    for session in studio.sessions.of_room(name):
        if session.kind != "whep":
            await studio.sessions.close(session, "replaced")
    # The last one out may have closed it.
    room = studio.rooms.room(name)
    if room.easel is not None:
        raise Refusal(409, "somebody is about to send to this room", 5)
    return room


def _ends(session: Session, stack: AsyncExitStack, ending: Callable[[], "asyncio.Future[None] | object"]) -> None:
    """Runs when the session ends, or now where it never comes to be."""

    async def end() -> None:
        result = ending()
        if asyncio.iscoroutine(result):
            await result

    session.endings.append(end)
    stack.push_async_callback(end)


def _leaving(studio: Studio, room: Room, easel: Easel) -> Callable[[], object]:
    async def leave() -> None:
        await easel.close()
        if room.easel is easel:
            room.easel = None
        studio.rooms.tidy()

    return leave


def _add_outlets(
    peer: RTCPeerConnection, offer: Offer, room: Room, session: Session, stack: AsyncExitStack, studio: Studio
) -> None:
    tracks: list[MediaStreamTrack] = [PictureOutlet()]
    if "audio" in offer.kinds:
        tracks.append(SoundOutlet())
    for track in tracks:
        peer.addTrack(track)
        room.join(track)

    def leave() -> None:
        for track in tracks:
            room.leave(track)
            track.stop()
        studio.rooms.tidy()

    _ends(session, stack, leave)


def _listen(peer: RTCPeerConnection, room: Room, easel: Easel, session: Session, stack: AsyncExitStack) -> None:
    """Pictures to the easel, sound to the room."""
    tasks: list[asyncio.Task[None]] = []

    @peer.on("track")
    def coming(track: MediaStreamTrack) -> None:
        if track.kind == "video":
            tasks.append(asyncio.ensure_future(_pump(track, easel)))
        else:
            receiver = next(each for each in peer.getReceivers() if each.track is track)
            _overhear(receiver, room)
            tasks.append(asyncio.ensure_future(_drain(track)))

    async def end() -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    _ends(session, stack, end)


async def _pump(track: MediaStreamTrack, easel: Easel) -> None:
    with contextlib.suppress(MediaStreamError):
        while True:
            picture = await track.recv()
            easel.put(Arrival(picture, time.monotonic()))  # type: ignore[arg-type]


async def _drain(track: MediaStreamTrack) -> None:
    """What aiortc decodes of the sound nobody needs."""
    with contextlib.suppress(MediaStreamError):
        while True:
            await track.recv()


def _overhear(receiver: RTCRtpReceiver, room: Room) -> None:
    last: int | None = None
    total = 0

    def hear(payload: bytes, stamp: int) -> None:
        nonlocal last, total
        if last is not None:
            # The shortest way round a circle of 32 bits.
            total += (stamp - last + (1 << 31)) % (1 << 32) - (1 << 31)
        last = stamp
        room.hear(payload, total)

    tuning.overhear(receiver, hear)


def _talk(studio: Studio, session: Session, easel: Easel) -> None:
    """The page's data channel."""
    loop = asyncio.get_running_loop()

    @session.peer.on("datachannel")
    def opened(channel: RTCDataChannel) -> None:
        if channel.label != LABEL:
            return

        def send(text: str) -> None:
            if channel.readyState == "open" and channel.bufferedAmount < MOST_UNSENT:
                channel.send(text)

        dialogue = Dialogue(easel.controls, studio.styles, send)
        channel.on("message", dialogue.hear)
        session.farewell = lambda reason: dialogue.say(bye=reason)
        dialogue.say(hello={"room": session.room, "settings": settings(easel.controls.now)})

        def changed(now: Settings) -> None:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(lambda: dialogue.say(settings=settings(now)))

        ending = easel.controls.listen(changed)
        telling = asyncio.ensure_future(_tell(dialogue, easel))

        async def end() -> None:
            ending()
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)

        session.endings.append(end)


async def _tell(dialogue: Dialogue, easel: Easel) -> None:
    while True:
        await asyncio.sleep(TELL)
        dialogue.say(figures=easel.figures.reading())


async def _discard(peer: RTCPeerConnection) -> None:
    """Closes a connection that never came to be; a half-read offer may have left it in any state."""
    try:
        await asyncio.wait_for(peer.close(), GATHERING)
    except Exception as error:
        log.info("a connection could not be closed: %s", type(error).__name__)


async def _answer(peer: RTCPeerConnection, visit: Visit) -> str:
    """Negotiates; every local candidate is in the answer."""
    try:
        await peer.setRemoteDescription(RTCSessionDescription(visit.offer.text, "offer"))
        tuning.tune(peer, visit.offer.at_once, visit.offer.ffmpeg)
        await asyncio.wait_for(peer.setLocalDescription(await peer.createAnswer()), GATHERING)
    except TimeoutError as error:
        raise Refusal(503, "the ICE servers do not answer", 10) from error
    except Exception as error:
        # aiortc trusts what it is given: whatever it stumbles over, it is the offer's fault.
        log.info("an offer could not be met: %s", type(error).__name__)
        raise Refusal(422, "the offer cannot be met") from error
    return offers.answer(peer.localDescription.sdp, visit.near)
