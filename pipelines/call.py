"""Video calls: a web page and WebRTC in, painted WebRTC out."""

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines import options

if TYPE_CHECKING:
    from pipelines.shared_engines import SharedEngines
    from pipelines.stylist import Stylist
    from streamstyle.web.guard import Guard
    from streamstyle.web.server import Server

HELP = "paint video calls: a page in the browser, WHIP in, WHEP out"
PORT = 8420
LOOPBACK = ("127.0.0.1", "localhost", "::1")
WINDOW = (1280, 720)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_painting(parser)
    options.add_engine(parser)
    group = parser.add_argument_group("server")
    group.add_argument("--host", default=LOOPBACK[0], help="where to listen; other machines need 0.0.0.0, and TLS")
    group.add_argument("--port", type=_port, default=PORT)
    group.add_argument("--peers", type=options.positive, default=4, metavar="N", help="senders painted at once")
    group.add_argument("--viewers", type=options.positive, default=16, metavar="N", help="watchers at once")
    group.add_argument("--room", default="studio", metavar="NAME", help="the room that the first page gets")
    group.add_argument("--log-json", action="store_true", help="logs as one JSON object a line")
    group = parser.add_argument_group("safety")
    group.add_argument("--token", metavar="TEXT", help="what callers must know; off loopback one is made up")
    group.add_argument("--tls-cert", type=Path, metavar="FILE")
    group.add_argument("--tls-key", type=Path, metavar="FILE")
    group.add_argument("--tls-self-signed", action="store_true", help="make a certificate, once")
    group.add_argument("--name", action="append", default=[], metavar="HOST", help="a name of this server (repeatable)")
    group.add_argument("--origin", action="append", default=[], metavar="URL", help="a page elsewhere that may call")
    group = parser.add_argument_group("network")
    group.add_argument(
        "--ice-server", action="append", default=[], metavar="URL", help="stun:HOST or turn:USER:PASSWORD@HOST"
    )
    group = parser.add_argument_group("ways on")
    group.add_argument("--to", choices=("virtual", "window"), help="show the room's stream on this machine too")
    group.add_argument("--push", metavar="URL", help="send the room's stream on to a WHIP server")
    group.add_argument("--push-token", metavar="TEXT", help="its bearer token (or STREAMSTYLE_PUSH_TOKEN)")
    group = parser.add_argument_group("teaching")
    group.add_argument("--train-photos", type=Path, metavar="DIR", help="learn paintings dropped on the page, on these")
    group.add_argument("--train-weights", type=Path, metavar="FILE", help="what judges them (default: torchvision's)")
    group.add_argument("--train-minutes", type=float, default=10.0, metavar="N", help="how long each is learnt (10)")


def run(arguments: Any) -> int:
    import asyncio
    from contextlib import closing

    from pipelines.shared_engines import SharedEngines
    from streamstyle.web.journal import JsonLines, Lines, write_logs

    engines = SharedEngines()
    server, tls = _server(arguments, engines), _tls(arguments)
    handler = write_logs(JsonLines() if arguments.log_json else Lines())
    try:
        with closing(_warm(arguments, engines)):
            return asyncio.run(_serve(arguments, server, tls))
    finally:
        handler.close()


def _warm(arguments: Any, engines: "SharedEngines") -> "Stylist":
    """The first style's engine at the size that most cameras come to: the first caller need not wait for it."""
    from fractions import Fraction

    from pipelines.stylist import Stylist
    from streamstyle.frames import MediaInfo
    from streamstyle.settings import Controls

    info = MediaInfo(1280, 720, Fraction(30), live=True)
    return Stylist(info, Controls(options.settings(arguments)), options.engine_options(arguments), engines.open)


def _server(arguments: Any, engines: "SharedEngines") -> "Server":
    """The server as the options say, with every wrong one found before it listens."""
    from pipelines.stylist import Stylist
    from streamstyle import library
    from streamstyle.web.gallery import Gallery
    from streamstyle.web.server import Server
    from streamstyle.web.sessions import Limits
    from streamstyle.web.studio import Studio

    wishes = options.settings(arguments)
    for style in filter(None, (wishes.style, wishes.second)):
        library.load(style)
    engine = options.engine_options(arguments)
    gallery = Gallery()
    studio = Studio(
        lambda info, controls: Stylist(info, controls, engine, engines.open),
        wishes,
        gallery.names,
        Limits(peers=arguments.peers, viewers=arguments.viewers),
        [ice_server(url) for url in arguments.ice_server],
    )
    return Server(studio, _guard(arguments), gallery, _trainings(arguments, gallery.names), arguments.room)


def _guard(arguments: Any) -> "Guard":
    import secrets
    import socket

    from streamstyle.errors import UsageError
    from streamstyle.web.guard import Guard

    open_to_others = arguments.host not in LOOPBACK
    with_tls = arguments.tls_self_signed or arguments.tls_cert
    if open_to_others and not with_tls:
        raise UsageError("off loopback browsers give no camera without TLS: add --tls-self-signed, or --tls-cert")
    if arguments.token is not None and len(arguments.token) < 8:
        raise UsageError("--token: at least 8 characters")
    token = arguments.token or (secrets.token_urlsafe(16) if open_to_others else None)
    names = {*arguments.name, arguments.host, socket.gethostname(), f"{socket.gethostname()}.local"}
    return Guard(token, frozenset(arguments.origin), frozenset(names))


def _tls(arguments: Any) -> Any:
    import socket

    from engines.cache import cache_folder
    from streamstyle.errors import UsageError
    from streamstyle.web.certificates import self_signed, tls

    if bool(arguments.tls_cert) != bool(arguments.tls_key):
        raise UsageError("--tls-cert and --tls-key go together")
    if arguments.tls_cert:
        return tls(arguments.tls_cert, arguments.tls_key)
    if not arguments.tls_self_signed:
        return None
    names = ["localhost", "127.0.0.1", socket.gethostname(), *addresses(arguments.host), *arguments.name]
    return tls(*self_signed(cache_folder() / "tls", list(dict.fromkeys(names))))


def _trainings(arguments: Any, names: Any) -> Any:
    import sys

    from streamstyle.errors import MissingError
    from streamstyle.web.trainings import Trainings

    if arguments.train_photos is None:
        return None
    if not arguments.train_photos.is_dir():
        raise MissingError(f"--train-photos {arguments.train_photos}: there is no such folder")
    if arguments.train_weights is not None and not arguments.train_weights.is_file():
        raise MissingError(f"--train-weights {arguments.train_weights}: there is no such file")
    more = ["--photos", str(arguments.train_photos), "--minutes", str(arguments.train_minutes)]
    more += ["--weights", str(arguments.train_weights)] if arguments.train_weights else []
    program = "import os, sys, run_stream; os.nice(10); sys.exit(run_stream.main(sys.argv[1:]))"

    def command(painting: Path, name: str, folder: Path) -> list[str]:
        words = ["train", str(painting), "--name", name, "--folder", str(folder), "--overwrite"]
        return [sys.executable, "-c", program, *words, *more]

    return Trainings(command, names)


async def _serve(arguments: Any, server: "Server", tls: Any) -> int:
    """Until SIGTERM (status 0) or Ctrl-C (130); everybody is told before it ends."""
    import asyncio
    import signal

    from streamstyle.errors import OutputError
    from streamstyle.web.server import listen

    ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def end(status: int) -> None:
        if not ended.done():
            ended.set_result(status)

    for number, status in ((signal.SIGTERM, 0), (signal.SIGINT, 130)):
        asyncio.get_running_loop().add_signal_handler(number, end, status)
    try:
        runner, port = await listen(server.application(), arguments.host, arguments.port, tls)
    except OSError as error:
        raise OutputError(f"cannot listen on {arguments.host}:{arguments.port}: {error.strerror}") from error
    try:
        async with ways_on(arguments, server):
            _welcome(arguments, server.guard.token, port, tls is not None)
            return await ended
    finally:
        await runner.cleanup()


def ways_on(arguments: Any, server: "Server") -> Any:
    """The room's stream on a screen of this machine, and pushed on, for as long as the context lasts."""
    import asyncio
    import os
    from collections.abc import AsyncIterator
    from contextlib import asynccontextmanager

    from streamstyle.web.projection import Projection
    from streamstyle.web.push import Push

    @asynccontextmanager
    async def running() -> AsyncIterator[None]:
        rooms, tasks = server.studio.rooms, []
        projection = Projection(_screen(arguments.to), *WINDOW) if arguments.to else None
        if projection is not None:
            await asyncio.to_thread(projection.wait)
        # A room that is shown here stays open while senders come and go.
        leave = rooms.room(arguments.room).watch(projection.show) if projection else None
        if arguments.push:
            token = arguments.push_token or os.environ.get("STREAMSTYLE_PUSH_TOKEN")
            push = Push(rooms, arguments.room, arguments.push, token, server.studio.ice_servers)
            tasks.append(asyncio.ensure_future(push.run()))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if leave and projection:
                leave()
                await asyncio.to_thread(projection.close)

    return running()


def _screen(name: str) -> Any:
    if name == "virtual":
        from streamstyle.screens.virtual import VirtualSink

        return VirtualSink
    from streamstyle.screens.window import WindowSink

    return WindowSink


def _welcome(arguments: Any, token: str | None, port: int, tls: bool) -> None:
    """The link goes to standard output, the only place where the token is ever written."""
    end = f"#token={token}" if token else ""
    for host in addresses(arguments.host):
        shown = f"[{host}]" if ":" in host else host
        print(f"open {'https' if tls else 'http'}://{shown}:{port}/{end}", flush=True)


def addresses(host: str) -> list[str]:
    """Where a browser finds a server that listens there."""
    import ifaddr

    if host not in ("0.0.0.0", "::"):
        return ["localhost" if host in LOOPBACK else host]
    found = [ip.ip for adapter in ifaddr.get_adapters() for ip in adapter.ips if isinstance(ip.ip, str)]
    return sorted(found, key=lambda address: address.startswith("127."))


def ice_server(url: str) -> Any:
    """`turn:USER:PASSWORD@HOST:PORT` or `stun:HOST`."""
    from aiortc import RTCIceServer
    from aiortc.rtcicetransport import parse_stun_turn_uri

    from streamstyle.errors import UsageError

    match = re.fullmatch(r"(stuns?|turns?):(?:([^:@]+):([^@]+)@)?(.+)", url)
    try:
        if match is None:
            raise ValueError
        plain = f"{match[1]}:{match[4]}"
        parse_stun_turn_uri(plain)
    except ValueError:
        raise UsageError("--ice-server: say stun:HOST or turn:USER:PASSWORD@HOST") from None
    return RTCIceServer(plain, match[2], match[3])


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port")
    return number
