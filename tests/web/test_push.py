"""Painted streams sent on: to a WHIP server, and to a screen of this machine."""

import asyncio
from fractions import Fraction
from types import TracebackType
from typing import Self

import numpy as np
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from streamstyle.errors import MissingError
from streamstyle.frames import Frame, MediaInfo, planes, size
from streamstyle.web.guard import Guard
from streamstyle.web.projection import Projection, fitted
from streamstyle.web.push import Push
from tests.conftest import picture
from tests.web.callers import BLUE, RED, Caller, house, looped, until


@looped
async def test_a_room_is_pushed_to_another_server_and_comes_back_after_a_break() -> None:
    async with house() as near, house(guard=Guard(token="far-token")) as far:
        site = str(far.http._base_url)
        push = Push(near.studio.rooms, "room", site + "whip/far", "far-token")
        running = asyncio.ensure_future(push.run())
        try:
            await near.sender()
            await until(lambda: (room := far.studio.rooms.find("far")) is not None and room.live)
            watcher = Caller(far.http)
            far._callers.append(watcher)
            far.http.headers["Authorization"] = "Bearer far-token"
            assert await watcher.call("/whep/far", way="out") == 201
            # Painted here in red, and there once more: by the same stand-in.
            await until(lambda: len(watcher.pictures) > 10 and watcher.sounds > 10)
            assert abs(float(planes(watcher.newest())[1].mean()) - BLUE) < 6
            [session] = [each for each in far.studio.sessions.of_room("far") if each.kind == "whip"]
            await far.studio.sessions.close(session, "break")
            await until(lambda: bool([each for each in far.studio.sessions.of_room("far") if each.kind == "whip"]), 20)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        # Though it was cut short in the middle of connecting: it does not leave a session to time out.
        await until(lambda: far.studio.sessions.counts()["whip"] == 0, 8)
        assert RED != BLUE


@looped
async def test_an_end_in_the_middle_of_the_offer_leaves_nothing() -> None:
    """The server takes its time to answer; the push is ended before it has."""
    async with house() as near, house() as far:
        waiting, deleted = asyncio.Event(), asyncio.Event()

        async def slow(request: web.Request) -> web.Response:
            offer = await request.text()
            waiting.set()
            await asyncio.sleep(0.5)
            headers = {"Content-Type": "application/sdp"}
            async with far.http.post("/whip/far", data=offer, headers=headers) as response:
                answered = {"Location": response.headers["Location"], **headers}
                return web.Response(status=201, text=await response.text(), headers=answered)

        async def gone(request: web.Request) -> web.Response:
            deleted.set()
            async with far.http.delete(request.path) as response:
                return web.Response(status=response.status)

        app = web.Application()
        app.add_routes([web.post("/slow", slow), web.delete("/session/{name}", gone)])
        async with TestServer(app) as site:
            push = Push(near.studio.rooms, "room", str(site.make_url("/slow")))
            running = asyncio.ensure_future(push.run())
            await near.sender()
            await waiting.wait()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            assert deleted.is_set() and far.studio.sessions.counts()["whip"] == 0


@looped
async def test_a_server_that_refuses_is_tried_again() -> None:
    async with house() as near, house(guard=Guard(token="far-token")) as far:
        push = Push(near.studio.rooms, "room", str(far.http._base_url) + "whip/far", "wrong")
        running = asyncio.ensure_future(push.run())
        await near.sender()
        await until(lambda: 'streamstyle_refusals_total{status="401"} 2' in far.studio.ledger.text({}), 10)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert not push.connected


class Screen:
    """Keeps what it is shown."""

    def __init__(self, info: MediaInfo) -> None:
        self.info = info
        self.frames: list[Frame] = []
        self.closed = False

    def __enter__(self) -> Self:
        return self

    def write(self, frame: Frame) -> None:
        self.frames.append(frame)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closed = True


@looped
async def test_a_room_on_a_screen() -> None:
    screens: list[Screen] = []

    def open_screen(info: MediaInfo) -> Screen:
        screens.append(Screen(info))
        return screens[-1]

    projection = Projection(open_screen, 640, 480)
    projection.wait()
    async with house() as home:
        leave = home.studio.rooms.room("room").watch(projection.show)
        await home.sender()
        await until(lambda: bool(screens) and len(screens[0].frames) > 10)
        leave()
        projection.close()
    frame = screens[0].frames[-1]
    assert size(frame.image) == (640, 480) and screens[0].info.rate == Fraction(30)
    assert screens[0].closed
    luma, blue, _ = planes(frame.image)
    # 320x180 in 640x480: whole, with black above and below.
    assert int(luma[:50].max()) == 16 and abs(float(blue[60:180].mean()) - BLUE) < 6


def test_a_screen_that_is_not_there_is_told() -> None:
    def refuse(info: MediaInfo) -> Screen:
        raise MissingError("no virtual camera here")

    projection = Projection(refuse, 640, 480)
    with pytest.raises(MissingError, match="no virtual camera"):
        projection.wait()
    projection.close()


def test_fitting_keeps_the_shape() -> None:
    tall = fitted(picture(90, 160, luma=200), 320, 180)
    luma = planes(tall)[0]
    columns = np.flatnonzero((luma > 100).any(axis=0))
    assert len(columns) == 102 and int(luma[:, 0].max()) == 16
