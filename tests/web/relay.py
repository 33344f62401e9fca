"""A bad network: a UDP relay on loopback that loses, delays and shuffles datagrams."""

import asyncio
import random
import re
from typing import Any


class Relay:
    """Stands between one caller and the server; `loss` is a share, `delay` and `jitter` are seconds."""

    def __init__(self) -> None:
        self.loss = self.delay = self.jitter = 0.0
        self.passed = self.lost = 0
        self._random = random.Random(5)
        self._caller: Any = None
        self._server: tuple[str, int] = ("", 0)
        self._front: Any = None
        self._back: Any = None

    async def before(self, answer: str) -> str:
        """Opens the relay to the answer's first candidate, and writes its own port into the answer."""
        found = re.search(r"a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host", answer)
        assert found is not None
        self._server = (found[1], int(found[2]))
        loop = asyncio.get_running_loop()
        self._front, _ = await loop.create_datagram_endpoint(lambda: Side(self._from_caller), (found[1], 0))
        self._back, _ = await loop.create_datagram_endpoint(lambda: Side(self._from_server), (found[1], 0))
        port = self._front.get_extra_info("sockname")[1]
        kept: list[str] = []
        seen: set[str] = set()
        for line in answer.split("\r\n"):
            if line.startswith("m="):
                seen.clear()
            if line.startswith("a=candidate:"):
                if seen:
                    continue
                seen.add(line)
                line = line.replace(f" {found[2]} typ", f" {port} typ")
            kept.append(line)
        return "\r\n".join(kept)

    def _from_caller(self, data: bytes, address: Any) -> None:
        self._caller = address
        self._pass(lambda: self._back.sendto(data, self._server))

    def _from_server(self, data: bytes, address: Any) -> None:
        if self._caller is not None:
            self._pass(lambda: self._front.sendto(data, self._caller))

    def _pass(self, send: Any) -> None:
        if self._random.random() < self.loss:
            self.lost += 1
            return
        self.passed += 1
        wait = self.delay + self._random.uniform(0, self.jitter)
        asyncio.get_running_loop().call_later(wait, send) if wait else send()

    def close(self) -> None:
        for side in (self._front, self._back):
            if side is not None:
                side.abort()


class Side(asyncio.DatagramProtocol):
    def __init__(self, take: Any) -> None:
        self._take = take

    def datagram_received(self, data: bytes, address: Any) -> None:
        self._take(data, address)
