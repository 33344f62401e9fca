"""The web server: the page, its peers, WHIP and WHEP, and what operators look at."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import web
from aiortc import RTCIceServer

from streamstyle.web import offers, studio, tuning
from streamstyle.web.files import Files
from streamstyle.web.gallery import Gallery
from streamstyle.web.guard import HEADERS, PREFLIGHT, Doorkeeper, Guard, cors
from streamstyle.web.refusals import Refusal
from streamstyle.web.sessions import Kind, Session
from streamstyle.web.studio import Studio, Visit
from streamstyle.web.trainings import Trainings

SDP, FRAGMENT = "application/sdp", "application/trickle-ice-sdpfrag"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
log = logging.getLogger(__name__)


@dataclass
class Server:
    """Answers requests; everything that lasts is in the studio."""

    studio: Studio
    guard: Guard = field(default_factory=Guard)
    gallery: Gallery = field(default_factory=Gallery)
    trainings: Trainings | None = None
    room: str = "studio"
    """The room that the first page gets."""

    def __post_init__(self) -> None:
        limits = self.studio.limits
        self._files = Files()
        self._door = Doorkeeper(limits.requests, limits.burst)

    def application(self) -> web.Application:
        app = web.Application(middlewares=[self._answered], client_max_size=self.studio.limits.upload_bytes)
        app.add_routes(
            [
                web.get("/", self._page("index.html")),
                web.get("/watch/{room}", self._page("watch.html")),
                web.get("/static/{name}", self._static),
                web.get("/healthz", self._health),
                web.get("/metrics", self._metrics),
                web.get("/config", self._config),
                web.get("/styles/{name}/thumbnail", self._thumbnail),
                web.post("/offer", self._offer),
                web.post("/whip/{room}", self._whip),
                web.post("/whep/{room}", self._whep),
                web.options("/{kind:whip|whep}/{room}", self._options),
                web.options("/session/{session}", self._options),
                web.patch("/session/{session}", self._patch),
                web.delete("/session/{session}", self._delete),
                web.post("/train", self._train),
                web.get("/train", self._training),
                web.get("/train/preview", self._preview),
            ]
        )
        app.cleanup_ctx.append(self._running)
        return app

    async def _running(self, app: web.Application) -> AsyncIterator[None]:
        tuning.prepare()
        watching = asyncio.ensure_future(self.studio.sessions.watch())
        yield
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await self.studio.sessions.end("the server is closing")
        if self.trainings is not None:
            await self.trainings.end()

    # What every answer has

    @web.middleware
    async def _answered(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        origin: str | None = None
        try:
            origin = self.guard.check_origin(request)
            response = await handler(request)
        except Refusal as refusal:
            response = self._refused(refusal)
        except web.HTTPException as error:
            response = self._refused(Refusal(error.status, error.reason))
            if "Allow" in error.headers:
                response.headers["Allow"] = error.headers["Allow"]
        response.headers.update(HEADERS)
        response.headers.update(cors(origin))
        return response

    def _refused(self, refusal: Refusal) -> web.Response:
        self.studio.ledger.refused(refusal.status)
        response = web.Response(status=refusal.status, text=refusal.reason + "\n")
        if refusal.retry_after is not None:
            response.headers["Retry-After"] = str(refusal.retry_after)
        if refusal.status == 401:
            response.headers["WWW-Authenticate"] = "Bearer"
        if refusal.status in (408, 413):
            # The rest of the body is not waited for.
            response.force_close()
        return response

    # The page

    def _page(self, name: str) -> Handler:
        async def page(request: web.Request) -> web.StreamResponse:
            return self._files.response(name, request)

        return page

    async def _static(self, request: web.Request) -> web.StreamResponse:
        return self._files.response(request.match_info["name"], request)

    async def _config(self, request: web.Request) -> web.StreamResponse:
        self.guard.check_token(request.headers)
        training = self.trainings is not None
        servers = [_ice_json(server) for server in self.studio.ice_servers]
        content = {"styles": self.gallery.cards(), "iceServers": servers, "train": training}
        return web.json_response(content | {"style": self.studio.settings.style})

    async def _thumbnail(self, request: web.Request) -> web.StreamResponse:
        self.guard.check_token(request.headers)
        picture = self.gallery.thumbnail(request.match_info["name"])
        return web.Response(body=picture, content_type="image/jpeg", headers={"Cache-Control": "private, max-age=60"})

    async def _health(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"status": "ok", "sessions": len(self.studio.sessions)})

    async def _metrics(self, request: web.Request) -> web.StreamResponse:
        self.guard.check_token(request.headers)
        return web.Response(text=self.studio.ledger.text(self.studio.sessions.counts()))

    # Connections

    async def _offer(self, request: web.Request) -> web.StreamResponse:
        wanted = request.query.get("room")
        return await self._send(request, "page", wanted or self.studio.rooms.unused(self.room))

    async def _whip(self, request: web.Request) -> web.StreamResponse:
        return await self._send(request, "whip", request.match_info["room"])

    async def _send(self, request: web.Request, kind: Kind, room: str) -> web.StreamResponse:
        visit = await self._visit(request, kind, room)
        wishes = replace(self.studio.settings, **self._wishes(request))
        session, answer = await studio.publish(self.studio, visit, wishes)
        return self._created(session, answer)

    async def _whep(self, request: web.Request) -> web.StreamResponse:
        visit = await self._visit(request, "whep", request.match_info["room"])
        session, answer = await studio.watch(self.studio, visit)
        return self._created(session, answer)

    async def _visit(self, request: web.Request, kind: Kind, room: str) -> Visit:
        address = request.remote or "?"
        self._door.check(address)
        self.guard.check_token(request.headers)
        if request.content_type != SDP:
            raise Refusal(415, f"the offer has to come as {SDP}")
        text = await self._text(request)
        way: offers.Way = {"page": "both", "whip": "in", "whep": "out"}[kind]  # type: ignore[assignment]
        socket = request.transport.get_extra_info("sockname") if request.transport else None
        return Visit(kind, offers.read(text, way), address, room, socket[0] if socket else None)

    def _wishes(self, request: web.Request) -> dict[str, Any]:
        """`?style=NAME` lets a program that cannot talk choose."""
        style = request.query.get("style")
        if style is None:
            return {}
        if style not in self.gallery.names():
            raise Refusal(404, f"there is no style {style[:40]!r}")
        return {"style": style}

    def _created(self, session: Session, answer: str) -> web.Response:
        response = web.Response(status=201, text=answer, content_type=SDP)
        response.headers["Location"] = f"/session/{session.name}"
        response.headers["ETag"] = session.etag
        if session.kind == "page":
            response.headers["X-Room"] = session.room
        for server in self.studio.ice_servers:
            for link in _links(server):
                response.headers.add("Link", link)
        return response

    async def _options(self, request: web.Request) -> web.StreamResponse:
        headers = {"Accept-Post": SDP, "Accept-Patch": FRAGMENT}
        if "Origin" in request.headers:
            headers |= PREFLIGHT
        return web.Response(status=204, headers=headers)

    async def _patch(self, request: web.Request) -> web.StreamResponse:
        self._door.check(request.remote or "?")
        self.guard.check_token(request.headers)
        session = self.studio.sessions.get(request.match_info["session"])
        if request.content_type != FRAGMENT:
            raise Refusal(415, f"candidates have to come as {FRAGMENT}")
        match = request.headers.get("If-Match")
        if match is None:
            raise Refusal(428, "If-Match is missing")
        fragment = offers.read_fragment(await self._text(request))
        # `*` is what asks for an ICE restart, which is told so.
        if match not in (session.etag, "*"):
            raise Refusal(412, "the session has another ETag")
        await self.studio.sessions.trickle(session, fragment)
        return web.Response(status=204)

    async def _delete(self, request: web.Request) -> web.StreamResponse:
        self.guard.check_token(request.headers)
        session = self.studio.sessions.get(request.match_info["session"])
        await self.studio.sessions.close(session, "the other end left")
        return web.Response(status=200)

    # Training

    async def _train(self, request: web.Request) -> web.StreamResponse:
        self._door.check(request.remote or "?")
        self.guard.check_token(request.headers)
        trainings = self._trainings()
        picture = await self._body(request, self.studio.limits.upload_bytes)
        await trainings.start(picture, request.query.get("name", ""))
        return web.json_response(trainings.report(), status=202)

    async def _training(self, request: web.Request) -> web.StreamResponse:
        self.guard.check_token(request.headers)
        return web.json_response(self._trainings().report())

    async def _preview(self, request: web.Request) -> web.StreamResponse:
        self.guard.check_token(request.headers)
        return web.Response(
            body=self._trainings().preview(), content_type="image/jpeg", headers={"Cache-Control": "no-store"}
        )

    def _trainings(self) -> Trainings:
        if self.trainings is None:
            raise Refusal(404, "this server does not train styles")
        return self.trainings

    # Bodies

    async def _text(self, request: web.Request) -> str:
        body = await self._body(request, self.studio.limits.offer_bytes)
        try:
            return body.decode()
        except UnicodeDecodeError:
            raise Refusal(400, "that is no text") from None

    async def _body(self, request: web.Request, largest: int) -> bytes:
        """No more than allowed, and no longer waited for than allowed."""
        if (request.content_length or 0) > largest:
            raise Refusal(413, f"at most {largest} bytes")
        parts = bytearray()
        try:
            async with asyncio.timeout(self.studio.limits.body_seconds):
                async for part in request.content.iter_chunked(16 << 10):
                    parts += part
                    if len(parts) > largest:
                        raise Refusal(413, f"at most {largest} bytes")
        except TimeoutError:
            raise Refusal(408, "the body came too slowly") from None
        return bytes(parts)


def _ice_json(server: RTCIceServer) -> dict[str, Any]:
    urls = server.urls if isinstance(server.urls, list) else [server.urls]
    content: dict[str, Any] = {"urls": urls}
    return content | {"username": server.username, "credential": server.credential} if server.username else content


def _links(server: RTCIceServer) -> list[str]:
    urls = server.urls if isinstance(server.urls, list) else [server.urls]
    extra = ""
    if server.username:
        extra = f'; username="{server.username}"; credential="{server.credential}"; credential-type="password"'
    return [f'<{url}>; rel="ice-server"{extra}' for url in urls]


async def listen(app: web.Application, host: str, port: int, tls: Any = None) -> tuple[web.AppRunner, int]:
    """Starts to serve; says at which port."""
    # Sessions end by themselves; a browser's idle connection must not hold the end up.
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0, handle_signals=False)
    await runner.setup()
    site = web.TCPSite(runner, host, port, ssl_context=tls)
    try:
        await site.start()
    except BaseException:
        with contextlib.suppress(Exception):
            await runner.cleanup()
        raise
    return runner, runner.addresses[0][1]
