"""WHIP and WHEP over real HTTP, line by line of what clients expect."""

import asyncio
import re

import pytest
from aiortc import RTCIceServer

from streamstyle.frames import planes
from streamstyle.live import stamps
from streamstyle.web.guard import Guard
from tests.web.callers import BLUE, LIMITS, RED, Caller, house, looped, until

SDP = {"Content-Type": "application/sdp"}
FRAGMENT = {"Content-Type": "application/trickle-ice-sdpfrag"}


@pytest.mark.parametrize("codec", ["VP8", "H264"])
@looped
async def test_a_sent_stream_is_watched_painted(codec: str) -> None:
    async with house() as home:
        await home.sender(codec=codec)
        viewer = home.caller()
        assert await viewer.call("/whep/room", way="out", codec=codec) == 201
        await until(lambda: len(viewer.pictures) > 30 and viewer.sounds > 30)
        luma, blue, red = planes(viewer.newest())
        assert abs(float(blue.mean()) - BLUE) < 6 and abs(float(red.mean()) - RED) < 6
        assert stamps.read(viewer.newest()) is not None
        assert luma.shape == (180, 320)


@looped
async def test_the_answer_to_a_sender() -> None:
    async with house() as home:
        caller = home.caller()
        offer = await caller.offer("in")
        async with home.http.post("/whip/room", data=offer, headers=SDP) as response:
            text = await response.text()
            assert response.status == 201
            assert response.content_type == "application/sdp"
            assert re.fullmatch(r"/session/[\w-]{20,}", response.headers["Location"])
            assert re.fullmatch(r'"[0-9a-f]+"', response.headers["ETag"])
        assert text.count("a=recvonly") == 2 and "a=sendrecv" not in text
        assert "a=candidate:" in text and "a=end-of-candidates" in text


@looped
async def test_the_answer_to_a_watcher() -> None:
    async with house() as home:
        await home.sender()
        caller = home.caller()
        offer = await caller.offer("out")
        async with home.http.post("/whep/room", data=offer, headers=SDP) as response:
            text = await response.text()
            assert response.status == 201
        assert text.count("a=sendonly") == 2


@looped
async def test_nothing_to_watch_yet() -> None:
    async with house() as home:
        offer = await home.caller().offer("out")
        async with home.http.post("/whep/room", data=offer, headers=SDP) as response:
            assert response.status == 409
            assert int(response.headers["Retry-After"]) > 0


@looped
async def test_a_room_has_one_sender() -> None:
    async with house() as home:
        await home.sender()
        offer = await home.caller().offer("in")
        async with home.http.post("/whip/room", data=offer, headers=SDP) as response:
            assert response.status == 409


@looped
async def test_types_and_texts_that_are_no_offer() -> None:
    async with house() as home:
        offer = await home.caller().offer("in")
        for body, kind, status in (
            (offer, "application/json", 415),
            (offer, "text/plain", 415),
            ("hello", "application/sdp", 400),
            ("v=0\r\nm=video nine RTP 1\r\n", "application/sdp", 400),
            (offer.replace("a=ice-ufrag", "a=ice-other"), "application/sdp", 400),
        ):
            async with home.http.post("/whip/room", data=body, headers={"Content-Type": kind}) as response:
                assert response.status == status, (body[:20], kind)
        assert not len(home.studio.sessions) and not len(home.studio.rooms)


@looped
async def test_offers_that_cannot_be_met() -> None:
    async with house() as home:
        await home.sender()
        sending = await home.caller().offer("in", codec="H264")
        watching = await home.caller().offer("out")
        video = sending[sending.index("m=video") :]
        for path, offer in (
            ("/whip/other", re.sub("profile-level-id=42.01f", "profile-level-id=640028", sending)),
            ("/whip/other", sending.replace("H264/90000", "H265/90000")),
            ("/whip/other", sending.replace("opus/48000", "mystery/48000").replace("a=rtpmap:0 ", "a=rtpmap:99 ")),
            ("/whip/other", sending.replace("a=sendonly", "a=recvonly")),
            ("/whep/room", watching.replace("a=recvonly", "a=sendonly")),
            ("/whip/other", sending + video.replace("a=mid:0", "a=mid:7")),
        ):
            async with home.http.post(path, data=offer, headers=SDP) as response:
                assert response.status == 422, offer
        assert home.studio.rooms.find("other") is None


@looped
async def test_trickling() -> None:
    async with house() as home:
        caller = home.caller()
        offer = await caller.offer("in")
        candidates = [line for line in offer.splitlines() if line.startswith("a=candidate:")]
        name = re.search(r"a=ice-ufrag:(\S+)", offer)
        assert name is not None
        # Without a single candidate, as OBS and FFmpeg offer.
        bare = "\r\n".join(line for line in offer.splitlines() if "candidate" not in line) + "\r\n"
        async with home.http.post("/whip/room", data=bare, headers=SDP) as response:
            assert response.status == 201
            where, tag = response.headers["Location"], response.headers["ETag"]
        fragment = f"a=ice-ufrag:{name[1]}\r\nm=video 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n"
        fragment += "\r\n".join([*candidates, "a=candidate:broken", "a=candidate:1 1 tcp 1 10.0.0.1 9 typ host"])
        for headers, body, status in (
            ({}, fragment, 428),
            ({"If-Match": '"other"'}, fragment, 412),
            ({"If-Match": tag, "Content-Type": "application/sdp"}, fragment, 415),
            ({"If-Match": tag}, "what is this", 400),
            ({"If-Match": "*"}, fragment.replace(name[1], "restart"), 422),
            ({"If-Match": tag}, fragment, 204),
        ):
            async with home.http.patch(where, data=body, headers={**FRAGMENT, **headers}) as response:
                assert response.status == status, (headers, await response.text())
        async with home.http.delete(where) as response:
            assert response.status == 200


@looped
async def test_a_restart_leaves_the_session_running() -> None:
    async with house() as home:
        sender = await home.sender()
        headers = {**FRAGMENT, "If-Match": sender.etag}
        body = "a=ice-ufrag:anew\r\na=ice-pwd:0123456789012345678901\r\n"
        async with home.http.patch(sender.location, data=body, headers=headers) as response:
            assert response.status == 422
        viewer = home.caller()
        assert await viewer.call("/whep/room", way="out") == 201
        await until(lambda: len(viewer.pictures) > 10)


@looped
async def test_leaving_frees_everything() -> None:
    async with house() as home:
        sender = await home.sender()
        async with home.http.delete(sender.location) as response:
            assert response.status == 200
        assert not len(home.studio.sessions) and not len(home.studio.rooms)
        for method in ("DELETE", "PATCH"):
            async with home.http.request(method, sender.location, headers=FRAGMENT) as response:
                assert response.status == 404


@looped
async def test_options_and_preflights() -> None:
    guard = Guard(token="secret", origins=frozenset({"https://player.example"}))
    async with house(guard=guard) as home:
        for path in ("/whip/room", "/whep/room", "/session/any"):
            async with home.http.options(path) as response:
                assert response.status in (200, 204)
                assert response.headers["Accept-Post"] == "application/sdp"
            preflight = {"Origin": "https://player.example", "Access-Control-Request-Method": "POST"}
            async with home.http.options(path, headers=preflight) as response:
                assert response.status in (200, 204)
                assert response.headers["Access-Control-Allow-Origin"] == "https://player.example"
                allowed = response.headers["Access-Control-Allow-Headers"]
                assert {"Authorization", "Content-Type", "If-Match"} <= set(allowed.split(", "))
            async with home.http.options(path, headers={"Origin": "https://evil.example"}) as response:
                assert response.status == 403
                assert "Access-Control-Allow-Origin" not in response.headers


@looped
async def test_a_page_elsewhere_can_read_the_answer() -> None:
    async with house(guard=Guard(origins=frozenset({"https://player.example"}))) as home:
        offer = await home.caller().offer("in")
        headers = {**SDP, "Origin": "https://player.example"}
        async with home.http.post("/whip/room", data=offer, headers=headers) as response:
            assert response.status == 201
            exposed = set(response.headers["Access-Control-Expose-Headers"].split(", "))
            assert exposed == {"ETag", "Link", "Location"}


@looped
async def test_tokens() -> None:
    async with house(guard=Guard(token="right")) as home:
        offer = await home.caller().offer("in")
        for given in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic right"}):
            async with home.http.post("/whip/room", data=offer, headers={**SDP, **given}) as response:
                assert response.status == 401
                assert response.headers["WWW-Authenticate"] == "Bearer"
        headers = {**SDP, "Authorization": "Bearer right"}
        async with home.http.post("/whip/room", data=offer, headers=headers) as response:
            assert response.status == 201
            where = response.headers["Location"]
        async with home.http.delete(where) as response:
            assert response.status == 401
        async with home.http.delete(where, headers={"Authorization": "bearer right"}) as response:
            assert response.status == 200


@looped
async def test_ice_servers_are_told_as_links() -> None:
    async with house() as home:
        # Nobody asks it: gathering is through before a name that does not exist would be looked up.
        offer = await home.caller().offer("in")
        server = RTCIceServer("turn:127.0.0.1:9?transport=tcp", "anna", "pass")
        links: list[str] = []
        from streamstyle.web import server as web_server

        links = web_server._links(server)
        assert links == [
            '<turn:127.0.0.1:9?transport=tcp>; rel="ice-server"; username="anna"; credential="pass"; '
            'credential-type="password"'
        ]
        assert offer


@looped
async def test_full() -> None:
    from dataclasses import replace

    async with house(limits=replace(LIMITS, peers=1)) as home:
        await home.sender()
        offer = await home.caller().offer("in")
        async with home.http.post("/whip/other", data=offer, headers=SDP) as response:
            assert response.status == 503
            assert int(response.headers["Retry-After"]) > 0


@looped
async def test_a_session_that_never_connects_is_dropped() -> None:
    from dataclasses import replace

    async with house(limits=replace(LIMITS, connect_seconds=0.5)) as home:
        offer = await home.caller().offer("in")
        bare = "\r\n".join(line for line in offer.splitlines() if "candidate" not in line) + "\r\n"
        async with home.http.post("/whip/room", data=bare, headers=SDP) as response:
            assert response.status == 201
        await until(lambda: not len(home.studio.sessions) and not len(home.studio.rooms), 6)


@looped
async def test_watchers_stay_while_senders_change() -> None:
    async with house() as home:
        first = await home.sender()
        viewer = home.caller()
        assert await viewer.call("/whep/room", way="out") == 201
        await until(lambda: len(viewer.pictures) > 10)
        async with home.http.delete(first.location) as response:
            assert response.status == 200
        await home.sender()
        seen = len(viewer.pictures)
        await until(lambda: len(viewer.pictures) > seen + 30)
        stamps_seen = [frame.pts or 0 for _, frame in viewer.pictures]
        assert stamps_seen == sorted(stamps_seen)


@looped
async def test_many_watchers_of_one_sender() -> None:
    async with house() as home:
        await home.sender()
        viewers: list[Caller] = [home.caller() for _ in range(3)]
        assert await asyncio.gather(*(viewer.call("/whep/room", way="out") for viewer in viewers)) == [201] * 3
        await until(lambda: all(len(viewer.pictures) > 20 for viewer in viewers))
