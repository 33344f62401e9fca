"""What people try: the server answers properly, and the caller who is connected does not notice."""

import asyncio
import functools
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from streamstyle.web.guard import HEADERS, Guard
from streamstyle.web.sessions import Limits
from tests.web.callers import LIMITS, Caller, House, house, looped, until

SDP = {"Content-Type": "application/sdp"}


def complained(page: Caller, before: int) -> bool:
    return any("error" in told for told in page.told[before:])


PATHS = (
    "/static/../server.py",
    "/static/..%2fserver.py",
    "/static/%2e%2e/server.py",
    "/static//etc/passwd",
    "/static/",
)


@asynccontextmanager
async def unnoticed(home: House) -> AsyncIterator[Caller]:
    """A page's call that goes on all the while."""
    page = home.caller()
    assert await page.call("/offer") == 201
    await until(lambda: len(page.pictures) > 5)
    yield page
    seen = len(page.pictures)
    await until(lambda: len(page.pictures) > seen + 10)
    assert page.peer.connectionState == "connected"


@looped
async def test_broken_offers() -> None:
    async with house() as home, unnoticed(home):
        offer = await home.caller().offer("both")
        broken = [offer[: len(offer) * share // 12] for share in range(1, 12)]
        broken += [offer.replace("\r\n", "\n\0"), offer.replace("sha-256", "sha-0"), "v=0\r\n" * 2000, "v=0" + "é" * 99]
        broken += [offer.replace("a=mid:0", "a=mid:" + "x" * 5000), offer.replace("m=video", "m=hologram")]
        for body in broken:
            async with home.http.post("/offer", data=body.encode(), headers=SDP) as response:
                assert response.status in (201, 400, 422), body
                if response.status == 201:
                    await home.http.delete(response.headers["Location"])
        async with home.http.post("/offer", data=b"\xff\xfe\x00", headers=SDP) as response:
            assert response.status == 400
        assert len(home.studio.sessions) == 1


@looped
async def test_huge_bodies() -> None:
    async def flood() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"v=0 " * 16384

    async with house() as home, unnoticed(home):
        for body in (io.BytesIO(b"v=0" * 1_000_000), flood()):
            try:
                async with home.http.post("/whip/room", data=body, headers=SDP) as response:
                    assert response.status == 413
            except (ConnectionError, OSError):
                # The server has hung up in the middle of it, which is as good.
                pass


@looped
async def test_slow_bodies() -> None:
    async def trickle() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"v=0 "
            await asyncio.sleep(0.2)

    async with house(limits=replace(LIMITS, body_seconds=0.5)) as home, unnoticed(home):
        try:
            async with home.http.post("/whip/room", data=trickle(), headers=SDP) as response:
                assert response.status == 408
        except (ConnectionError, OSError):
            pass


@looped
async def test_a_thousand_sessions_that_never_connect() -> None:
    limits = Limits(peers=3, connect_seconds=1.0, requests=50, burst=100)
    async with house(limits=limits) as home, unnoticed(home):
        offer = await home.caller().offer("in")
        bare = "\r\n".join(line for line in offer.splitlines() if "candidate" not in line) + "\r\n"
        statuses = []
        for number in range(1000):
            async with home.http.post(f"/whip/room-{number}", data=bare, headers=SDP) as response:
                statuses.append(response.status)
        assert set(statuses) <= {201, 429, 503} and statuses.count(201) < 100
        assert {429, 503} <= set(statuses)
        await until(lambda: len(home.studio.sessions) == 1 and len(home.studio.rooms) == 1, 10)


@looped
async def test_sessions_for_each_address() -> None:
    async with house(limits=replace(LIMITS, each_address=1)) as home:
        await home.sender()
        offer = await home.caller().offer("in")
        async with home.http.post("/whip/other", data=offer, headers=SDP) as response:
            assert response.status == 503 and "Retry-After" in response.headers


@looped
async def test_junk_over_the_data_channel() -> None:
    async with house() as home, unnoticed(home) as page:
        await until(lambda: page.told)
        for junk in (
            b"\x00\xff",
            "",
            "{",
            "[]",
            "null",
            '{"set": 3}',
            '{"set": {"style": "../../etc/passwd"}}',
            '{"set": {"style": "/tmp/evil.onnx"}}',
            '{"set": {"strength": "much"}}',
            '{"set": {"strength": 1e999}}',
            '{"set": {"strength": NaN}}',
            '{"set": {"steady": true}}',
            '{"set": {"quality": 0.4}}',
            '{"set": {"__class__": 1}}',
            '{"set": {"style": "red"}, "more": 1}',
            "[" * 2000,
            json.dumps({"set": {"strength": 0.5}}) + " " * 4000,
        ):
            before = len(page.told)
            page.channel.send(junk)
            await until(functools.partial(complained, page, before))
        for _ in range(2000):
            page.channel.send("x")
        page_settings = [told["settings"] for told in page.told if "settings" in told]
        assert all(settings["style"] == "red" and settings["strength"] == 1 for settings in page_settings)


@looped
async def test_foreign_pages() -> None:
    async with house() as home:
        offer = await home.caller().offer("in")
        for headers in (
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Host": "evil.example"},
            {"Host": "evil.example", "Origin": "http://evil.example"},
        ):
            async with home.http.post("/whip/room", data=offer, headers={**SDP, **headers}) as response:
                assert response.status == 403, headers
        own = str(home.http._base_url).rstrip("/")
        async with home.http.post("/whip/room", data=offer, headers={**SDP, "Origin": own}) as response:
            assert response.status == 201


@looped
async def test_tokens_that_are_wrong() -> None:
    async with house(guard=Guard(token="right-token")) as home:
        for path in ("/config", "/metrics", "/styles/red/thumbnail", "/train"):
            for given in ({}, {"Authorization": "Bearer right-tokem"}, {"Authorization": "Bearer \udcff\udcfe"}):
                async with home.http.get(path, headers=given) as response:
                    assert response.status == 401, path
        for path in ("/", "/healthz", "/static/app.js"):
            async with home.http.get(path) as response:
                assert response.status == 200, path


@pytest.mark.parametrize("path", PATHS)
@looped
async def test_no_path_leaves_the_page(path: str) -> None:
    from yarl import URL

    async with house() as home:
        site = str(home.http._base_url).rstrip("/")
        async with home.http.get(URL(site + path, encoded=True)) as response:
            assert response.status == 404
            assert "class Server" not in await response.text()


@looped
async def test_every_answer_carries_the_policy() -> None:
    async with house() as home:
        for path in ("/", "/watch/room", "/static/style.css", "/healthz", "/nowhere", "/styles/none/thumbnail"):
            async with home.http.get(path) as response:
                for name, value in HEADERS.items():
                    assert response.headers[name] == value, (path, name)
        assert "unsafe" not in HEADERS["Content-Security-Policy"]
