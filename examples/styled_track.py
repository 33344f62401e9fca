"""The smallest aiortc server with a style: a page, or any WHIP-like client, POSTs an offer and sees itself painted.

python examples/styled_track.py starry-night
"""

import sys

from aiohttp import web
from aiortc import RTCPeerConnection, RTCSessionDescription

from pipelines.styled_track import StyledTrack

STYLE = sys.argv[1] if len(sys.argv) > 1 else "starry-night"
calls: set[RTCPeerConnection] = set()


async def answer(request: web.Request) -> web.Response:
    call = RTCPeerConnection()
    calls.add(call)

    @call.on("track")
    def coming(track):
        call.addTrack(StyledTrack(track, STYLE) if track.kind == "video" else track)

    await call.setRemoteDescription(RTCSessionDescription(await request.text(), "offer"))
    await call.setLocalDescription(await call.createAnswer())
    return web.Response(status=201, text=call.localDescription.sdp, content_type="application/sdp")


if __name__ == "__main__":
    app = web.Application()
    app.add_routes([web.post("/offer", answer)])
    web.run_app(app, host="127.0.0.1", port=8080)
