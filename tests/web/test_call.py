"""The page's call: what comes back, what is told, what happens at the end."""

import asyncio
import gc
import time
import weakref

import numpy as np

from streamstyle.frames import planes
from streamstyle.live import stamps
from tests.web.callers import BLUE, RED, Caller, Camera, house, image, looped, until


async def called(home: object, **more: object) -> Caller:
    caller: Caller = home.caller()  # type: ignore[attr-defined]
    assert await caller.call("/offer", **more) == 201
    await until(lambda: len(caller.pictures) > 5)
    return caller


def colours(caller: Caller) -> tuple[float, float]:
    _, blue, red = planes(caller.newest())
    return float(blue.mean()), float(red.mean())


def part(caller: Caller, start: int, end: int) -> float:
    """How blue some columns are."""
    return float(planes(caller.newest())[1][:, start:end].mean())


@looped
async def test_settings_change_what_comes_back() -> None:
    async with house() as home:
        page = await called(home)
        await until(lambda: page.told)
        assert page.told[0]["hello"]["settings"]["style"] == "red"
        assert page.told[0]["hello"]["room"] == "studio"
        assert abs(colours(page)[0] - BLUE) < 6
        page.change(style="blue", strength=0.4)
        await until(lambda: abs(colours(page)[0] - RED) < 6)
        newest = [told["settings"] for told in page.told if "settings" in told][-1]
        assert newest["style"] == "blue" and newest["strength"] == 0.4
        await until(lambda: any(told.get("figures", {}).get("rate", 0) > 5 for told in page.told))


@looped
async def test_split_and_mirror() -> None:
    async with house() as home:
        page = await called(home)
        page.change(split=0.5)
        await until(lambda: abs(part(page, 0, 70) - 128) < 8 and abs(part(page, 90, 160) - BLUE) < 8)
        page.change(split=None, mirror=True)
        await until(lambda: stamps.read(np.ascontiguousarray(page.newest())) is None)


@looped
async def test_each_page_has_settings_and_a_room_of_its_own() -> None:
    async with house() as home:
        one, other = await called(home), await called(home)
        await until(lambda: one.told and other.told)
        rooms = {caller.told[0]["hello"]["room"] for caller in (one, other)}
        assert len(rooms) == 2 and "studio" in rooms
        other.change(style="blue")
        await until(lambda: abs(colours(other)[0] - RED) < 6)
        assert abs(colours(one)[0] - BLUE) < 6


@looped
async def test_the_picture_is_young_and_the_newest_wins() -> None:
    class Slow:
        def __init__(self, info: object, controls: object) -> None:
            pass

        def __call__(self, frame: object) -> object:
            time.sleep(0.1)
            return frame

        def close(self) -> None:
            pass

    async with house(make=Slow) as home:
        camera = Camera()
        page = await called(home, camera=camera)
        await asyncio.sleep(4)
        read = [(moment, stamps.read(image(frame))) for moment, frame in page.pictures[-10:]]
        moment, number = [(moment, number) for moment, number in read if number is not None][-1]
        # Ten a second of thirty: were they queued, the last would be more than three seconds old by now.
        assert moment - camera.moments[number] < 2
        assert number > 1.5 * len(page.pictures)
        assert home.studio.sessions.counts()["page"] == 1


@looped
async def test_what_cannot_be_painted_ends_the_call_with_its_reason() -> None:
    from streamstyle.errors import EngineError

    def refuse(info: object, controls: object) -> object:
        raise EngineError("no engine can run this")

    async with house(make=refuse) as home:
        page = home.caller()
        assert await page.call("/offer") == 201
        await until(lambda: any(told.get("bye") == "no engine can run this" for told in page.told))
        await until(lambda: not len(home.studio.sessions))


@looped
async def test_everybody_is_told_when_the_server_ends() -> None:
    async with house() as home:
        page = await called(home)
        ending = asyncio.ensure_future(home.studio.sessions.end("the server is closing"))
        await until(lambda: any(told.get("bye") == "the server is closing" for told in page.told))
        await ending
        assert not len(home.studio.sessions) and not len(home.studio.rooms)
        offer = await home.caller().offer("in")
        async with home.http.post("/whip/room", data=offer, headers={"Content-Type": "application/sdp"}) as response:
            assert response.status == 503


@looped
async def test_a_page_is_watched_by_name() -> None:
    async with house() as home:
        page = await called(home)
        viewer = home.caller()
        assert await viewer.call("/whep/studio", way="out") == 201
        await until(lambda: len(viewer.pictures) > 10 and viewer.sounds > 10)
        page.change(style="blue")
        await until(lambda: abs(colours(viewer)[0] - RED) < 6)


@looped
async def test_metrics_and_health() -> None:
    async with house() as home:
        await called(home)
        async with home.http.get("/healthz") as response:
            assert (await response.json()) == {"status": "ok", "sessions": 1}
        async with home.http.get("/metrics") as response:
            text = await response.text()
        values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
        assert values['streamstyle_peers{kind="page"}'] == "1"
        assert float(values["streamstyle_frames_in_total"]) >= float(values["streamstyle_frames_out_total"]) > 0
        assert values['streamstyle_age_seconds_bucket{le="+Inf"}'] == values["streamstyle_age_seconds_count"]


@looped
async def test_callers_who_vanish_leave_nothing() -> None:
    from dataclasses import replace

    from tests.web.callers import LIMITS

    async with house(limits=replace(LIMITS, silent_seconds=1.5)) as home:
        page = await called(home)
        # No goodbye: its sockets are gone at once.
        for transceiver in page.peer.getTransceivers():
            connection = transceiver.receiver.transport.transport._connection
            for protocol in connection._protocols:
                protocol.transport.abort()
        await until(lambda: not len(home.studio.sessions) and not len(home.studio.rooms), 12)


@looped
async def test_a_connection_is_freed_once_the_last_caller_has_gone() -> None:
    gc.collect()
    gc.disable()
    try:
        async with house() as home:
            page = await called(home)
            (session,) = home.studio.sessions.of_room("studio")
            connection = weakref.ref(session.peer)
            del session
            await page.close()
            await until(lambda: not len(home.studio.sessions))
            await until(lambda: connection() is None, 5)
    finally:
        gc.enable()
