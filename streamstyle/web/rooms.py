"""Rooms: one sender each, painted, and everybody who watches."""

import asyncio
import re
import secrets
import time
from collections.abc import Callable, Iterator

from aiortc.mediastreams import MediaStreamTrack
from av import VideoFrame

from streamstyle.frames import Image
from streamstyle.web.easel import Easel
from streamstyle.web.outlets import PictureOutlet, SoundOutlet
from streamstyle.web.pictures import packed
from streamstyle.web.refusals import Refusal

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
FRESH = 3.0
"""A sender that has shown nothing for so many seconds gives way to another."""
ENCODING = 0.004
"""Seconds from a painted picture to its packets, which sound has not."""
LONGEST_WAIT = 0.5
Watcher = Callable[[Image, int], None]


class Room:
    """Passes on what its sender paints; watchers stay while senders change."""

    def __init__(self, name: str, loop: asyncio.AbstractEventLoop) -> None:
        self.name = name
        self.easel: Easel | None = None
        self._loop = loop
        # Replaced, never changed: the worker reads them while the loop writes.
        self._pictures: tuple[PictureOutlet, ...] = ()
        self._watchers: tuple[Watcher, ...] = ()
        self._sounds: tuple[SoundOutlet, ...] = ()
        self._due = 0.0

    @property
    def live(self) -> bool:
        """Whether there is something to watch."""
        easel = self.easel
        return easel is not None and easel.figures.coming > 0 and self.fresh

    @property
    def fresh(self) -> bool:
        return self.easel is not None and time.monotonic() - self.easel.figures.last_arrival < FRESH

    @property
    def watched(self) -> bool:
        return bool(self._pictures or self._watchers)

    @property
    def empty(self) -> bool:
        return self.easel is None and not self.watched

    def join(self, track: MediaStreamTrack) -> None:
        if isinstance(track, PictureOutlet):
            self._pictures = (*self._pictures, track)
        elif isinstance(track, SoundOutlet):
            self._sounds = (*self._sounds, track)

    def leave(self, track: MediaStreamTrack) -> None:
        self._pictures = tuple(each for each in self._pictures if each is not track)
        self._sounds = tuple(each for each in self._sounds if each is not track)

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Calls back with every picture, on the worker's thread; returns what ends that."""
        self._watchers = (*self._watchers, watcher)

        def end() -> None:
            self._watchers = tuple(each for each in self._watchers if each is not watcher)

        return end

    def show(self, image: Image, pts: int) -> None:
        """From the worker's thread: every receiver's encoder gets a picture of its own."""
        for watcher in self._watchers:
            watcher(image, pts)
        pictures = [(outlet, packed(image, pts)) for outlet in self._pictures]
        if pictures and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(_put_all, pictures)

    def hear(self, payload: bytes, pts: int) -> None:
        """On the loop: sound waits as long as the pictures that came with it take."""
        if not self._sounds or self.easel is None:
            return
        wait = min(self.easel.figures.age + ENCODING, LONGEST_WAIT)
        # Strictly later than the packet before, or timers of one moment could swap them.
        self._due = max(self._loop.time() + wait, self._due + 1e-6)
        self._loop.call_at(self._due, self._sound, payload, pts)

    def _sound(self, payload: bytes, pts: int) -> None:
        for outlet in self._sounds:
            outlet.put(payload, pts)


def _put_all(pictures: list[tuple[PictureOutlet, VideoFrame]]) -> None:
    for outlet, picture in pictures:
        outlet.put(picture)


class Rooms:
    """Every room by name; a room is there as long as somebody is in it."""

    def __init__(self) -> None:
        self._rooms: dict[str, Room] = {}

    def __iter__(self) -> Iterator[Room]:
        return iter(tuple(self._rooms.values()))

    def __len__(self) -> int:
        return len(self._rooms)

    def find(self, name: str) -> Room | None:
        return self._rooms.get(name)

    def room(self, name: str) -> Room:
        """The room of this name, opened where there is none."""
        if not NAME.fullmatch(name):
            raise Refusal(404, "room names are letters, digits, - and _, 64 at most")
        if name not in self._rooms:
            self._rooms[name] = Room(name, asyncio.get_running_loop())
        return self._rooms[name]

    def unused(self, wish: str) -> str:
        """The wished name where it is free, a random one otherwise."""
        room = self._rooms.get(wish)
        return wish if room is None or room.easel is None else f"{wish}-{secrets.token_hex(4)}"

    def tidy(self) -> None:
        self._rooms = {name: room for name, room in self._rooms.items() if not room.empty}
