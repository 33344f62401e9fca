"""One engine for every stream that wants the same style at the same size.

Streams take turns and are not gathered into batches: on a CPU four pictures at once cost 9% less each at 320x180 and up
to 4% more at 640x360 (benchmarks/NOTES.md), and the first of them would wait for the last.
"""

import threading
from dataclasses import dataclass, field
from typing import Any

from engines.choice import open_engine
from streamstyle.frames import Batch, Colour, Engine, EngineSpec
from streamstyle.packs import Pack

Key = tuple[Any, ...]


@dataclass
class Shared:
    """An engine in use, and how many use it."""

    engine: Engine
    users: int = 0
    turn: threading.Lock = field(default_factory=threading.Lock)
    """Engines are for one thread at a time."""


class Share:
    """One stream's part of an engine; its result is its own."""

    def __init__(self, pool: "SharedEngines", key: Key, shared: Shared) -> None:
        self._pool, self._key, self._shared = pool, key, shared
        self._closed = False

    @property
    def spec(self) -> EngineSpec:
        return self._shared.engine.spec

    def __call__(self, images: Batch) -> Batch:
        with self._shared.turn:
            # The next stream's turn overwrites what the engine hands out.
            return self._shared.engine(images).copy()

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._pool.release(self._key)


class SharedEngines:
    """Opens engines as `open_engine` does, and the same one for the same wish; the last to close one closes it."""

    def __init__(self, opening: Any = open_engine) -> None:
        self._opening = opening
        self._engines: dict[Key, Shared] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._engines)

    def open(self, pack: Pack, width: int, height: int, colour: Colour, **options: Any) -> Share:
        key = pack.key, width, height, colour, *sorted(options.items())
        # Two streams that come at once must not both compile: the second waits for the first.
        with self._lock:
            shared = self._engines.get(key)
            if shared is None:
                shared = self._engines[key] = Shared(self._opening(pack, width, height, colour, **options))
            shared.users += 1
        return Share(self, key, shared)

    def release(self, key: Key) -> None:
        with self._lock:
            shared = self._engines[key]
            shared.users -= 1
            if shared.users:
                return
            del self._engines[key]
        with shared.turn:
            shared.engine.close()
