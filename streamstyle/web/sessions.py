"""Sessions: one connection each, counted and limited, and dropped when they never connect or have gone."""

import asyncio
import gc
import logging
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

from aiortc import RTCPeerConnection

from streamstyle.web.figures import Ledger
from streamstyle.web.journal import event
from streamstyle.web.offers import Fragment, Offer
from streamstyle.web.refusals import Refusal

Kind = Literal["page", "whip", "whep"]
CLOSING = 8.0
GOODBYE, TICK = 3.0, 0.1
log = logging.getLogger(__name__)
Ending = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Limits:
    """What the server takes on."""

    peers: int = 4
    """Streams that are painted: pages and WHIP senders."""
    viewers: int = 16
    each_address: int = 32
    """Sessions that one address may hold."""
    requests: float = 10.0
    """New sessions a second from one address, once the burst is used up."""
    burst: float = 40.0
    offer_bytes: int = 64 << 10
    upload_bytes: int = 12 << 20
    body_seconds: float = 5.0
    connect_seconds: float = 20.0
    """A session that has not connected by then is dropped."""
    silent_seconds: float = 20.0
    """A sender that sends no picture for so long is dropped."""
    retry_after: int = 5


@dataclass(eq=False)
class Session:
    """A connection and what has to end with it."""

    kind: Kind
    address: str
    room: str
    peer: RTCPeerConnection
    offer: Offer
    name: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    etag: str = field(default_factory=lambda: f'"{secrets.token_hex(8)}"')
    started: float = field(default_factory=time.monotonic)
    connected: bool = False
    farewell: Callable[[str], None] | None = None
    """Tells the other end, once there is a way to."""
    silence: Callable[[], float] = lambda: 0.0
    """Seconds since the last picture came."""
    endings: list[Ending] = field(default_factory=list)


class Sessions:
    """Every session by name."""

    def __init__(self, limits: Limits, ledger: Ledger) -> None:
        self.limits = limits
        self._ledger = ledger
        self._sessions: dict[str, Session] = {}
        self._opening: Counter[tuple[str, str]] = Counter()
        self._closing: set[asyncio.Task[None]] = set()
        self._ended = False
        self._left = False
        """Whether somebody has gone since the last clearing up."""

    def __len__(self) -> int:
        return len(self._sessions)

    def counts(self) -> dict[str, int]:
        kinds = Counter(session.kind for session in self._sessions.values())
        return {kind: kinds[kind] for kind in ("page", "whip", "whep")}

    def get(self, name: str) -> Session:
        session = self._sessions.get(name)
        if session is None:
            raise Refusal(404, "there is no such session")
        return session

    def of_room(self, room: str) -> list[Session]:
        return [session for session in self._sessions.values() if session.room == room]

    @asynccontextmanager
    async def opening(self, kind: Kind, address: str) -> AsyncIterator[Callable[[Session], None]]:
        """Holds a place while the connection is made ready; 503 where there is none."""
        self._check_place(kind, address)
        self._opening[kind, address] += 1
        try:
            yield self._opened
        finally:
            self._opening[kind, address] -= 1
            if not self._opening[kind, address]:
                del self._opening[kind, address]

    def _check_place(self, kind: Kind, address: str) -> None:
        if self._ended:
            raise Refusal(503, "the server is closing", 30)
        held = Counter[tuple[str, str]](self._opening)
        held.update((session.kind, session.address) for session in self._sessions.values())
        painted, limits = kind != "whep", self.limits
        here = sum(count for (other, _), count in held.items() if (other != "whep") == painted)
        if here >= (limits.peers if painted else limits.viewers):
            raise Refusal(503, "full: every place is taken", limits.retry_after)
        if sum(count for (_, other), count in held.items() if other == address) >= limits.each_address:
            raise Refusal(503, "too many sessions from this address", limits.retry_after)

    def _opened(self, session: Session) -> None:
        self._sessions[session.name] = session
        self._ledger.opened(session.kind)
        event(log, "session opened", kind=session.kind, session=session.name[:6], room=session.room)

        @session.peer.on("connectionstatechange")
        def changed() -> None:
            state = session.peer.connectionState
            if state == "connected":
                session.connected = True
                event(log, "session connected", session=session.name[:6])
            elif state in ("failed", "closed"):
                self.drop(session, state)

    def drop(self, session: Session, reason: str) -> None:
        """Ends a session in the background."""
        self._behind(self.close(session, reason))

    def give_up(self, session: Session, reason: str) -> None:
        """Ends a session in the background, and tells its other end."""
        self._behind(self.dismiss(session, reason))

    def _behind(self, ending: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(ending)
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def dismiss(self, session: Session, reason: str) -> None:
        """Ends a session after its other end was told why; that may still be connecting."""
        waited = 0.0
        while session.kind == "page" and session.farewell is None and waited < GOODBYE:
            await asyncio.sleep(TICK)
            waited += TICK
        if session.farewell is not None:
            session.farewell(reason)
            # Goodbyes leave before the connection closes.
            await asyncio.sleep(2 * TICK)
        await self.close(session, reason)

    async def close(self, session: Session, reason: str) -> None:
        """Frees everything that the session holds; a second time it does nothing."""
        if self._sessions.pop(session.name, None) is None:
            return
        self._left = True
        for ending in reversed(session.endings):
            await ending()
        try:
            await asyncio.wait_for(session.peer.close(), CLOSING)
        except Exception:
            log.warning("a connection did not close cleanly", exc_info=True)
        seconds = round(time.monotonic() - session.started, 1)
        event(log, "session closed", session=session.name[:6], reason=reason, seconds=seconds)

    async def trickle(self, session: Session, fragment: Fragment) -> None:
        """Takes more candidates; 422 for an ICE restart."""
        if fragment.names - session.offer.fragments:
            raise Refusal(422, "ICE restart is not supported here; start a new session")
        for candidate in fragment.candidates:
            # An address that cannot be used must not end a session that works.
            with suppress(ValueError, OSError):
                await session.peer.addIceCandidate(candidate)

    async def watch(self) -> None:
        """Drops, for as long as it runs, sessions that never connected and senders that fell silent."""
        while True:
            await asyncio.sleep(1)
            self._clear_up()
            now = time.monotonic()
            for session in tuple(self._sessions.values()):
                if not session.connected and now - session.started > self.limits.connect_seconds:
                    self.drop(session, "never connected")
                elif session.connected and session.silence() > self.limits.silent_seconds:
                    self.drop(session, "silent")

    def _clear_up(self) -> None:
        """Frees what connections hold in cycles; once nobody is there, so that no picture waits for it."""
        if self._left and not self._sessions and not self._closing:
            self._left = False
            gc.collect()

    async def end(self, reason: str) -> None:
        """Says goodbye to everybody and takes no more."""
        self._ended = True
        sessions = tuple(self._sessions.values())
        await asyncio.gather(*(self.dismiss(session, reason) for session in sessions), *self._closing)
