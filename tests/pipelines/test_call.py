"""The call command, shared engines, and the track for other people's programs."""

import argparse
import asyncio
import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from aiortc import RTCConfiguration, RTCPeerConnection

from pipelines import call, train
from pipelines.shared_engines import SharedEngines
from pipelines.styled_track import StyledTrack
from streamstyle import library
from streamstyle.errors import MissingError, PackError, UsageError
from streamstyle.frames import Colour
from streamstyle.packs import write_pack
from tests.engines.graphs import tiny_pack
from tests.web.callers import Caller, Camera, image, looped, until

ROOT = Path(__file__).parents[2]


@pytest.fixture
def style(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(library, "SHIPPED", tmp_path / "none")
    folder = library.own_folder()
    folder.mkdir(parents=True)
    pack = tiny_pack()
    write_pack(folder / "tiny.style", pack.manifest, pack.files)
    return "tiny"


def parsed(*words: str) -> Any:
    parser = argparse.ArgumentParser()
    call.add_arguments(parser)
    return parser.parse_args(words)


def test_streams_of_one_style_and_size_share_an_engine(style: str) -> None:
    engines = SharedEngines()
    pack = library.load(style)
    one, other = (engines.open(pack, 64, 48, Colour(), threads=1) for _ in range(2))
    assert len(engines) == 1
    wider = engines.open(pack, 96, 48, Colour(), threads=1)
    assert len(engines) == 2 and wider.spec.width == 96
    wider.close()
    dice = np.random.default_rng(1)
    pictures = [dice.integers(0, 255, (1, 72, 64), np.uint8) for _ in range(2)]
    alone = [one(picture) for picture in pictures]
    together: dict[int, list[Any]] = {0: [], 1: []}

    def paint(index: int) -> None:
        for _ in range(20):
            together[index].append((one, other)[index](pictures[index]))

    threads = [threading.Thread(target=paint, args=(index,)) for index in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for index in range(2):
        assert all(np.array_equal(result, alone[index]) for result in together[index])
    one.close()
    one.close()
    assert len(engines) == 1
    other.close()
    assert not len(engines)


@looped
async def test_a_track_in_somebody_elses_program(style: str) -> None:
    camera = Camera(160, 96)
    track = StyledTrack(camera, "tiny", steady=0.0)
    painted = [await track.recv() for _ in range(5)]
    assert (painted[0].width, painted[0].height) == (160, 96)
    track.controls.change(strength=0.0)
    await asyncio.sleep(0.2)
    original = None
    for _ in range(5):
        original = await track.recv()
    assert original is not None
    # At no strength it is the camera's picture again.
    assert float(np.abs(image(painted[0])[:96].astype(int) - image(original)[:96]).mean()) > 5
    track.stop()
    camera.stop()
    await until(lambda: not [each for each in threading.enumerate() if each.name == "easel"])


def test_a_style_that_is_not_there_is_told_at_once(style: str) -> None:
    async def make() -> None:
        StyledTrack(Camera(), "tinny")

    with pytest.raises(PackError, match="did you mean tiny"):
        asyncio.run(make())


@looped
async def test_the_example(style: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from aiohttp import web

    monkeypatch.setattr(sys, "argv", ["styled_track.py", "tiny"])
    source = (ROOT / "examples/styled_track.py").read_text()
    assert len(source.splitlines()) < 40
    example: dict[str, Any] = {"__name__": "example"}
    # Nobody's STUN server is asked by a test.
    exec(source.replace("RTCPeerConnection()", "RTCPeerConnection(CONFIGURATION)"), example)
    example["CONFIGURATION"] = RTCConfiguration(iceServers=[])
    app = web.Application()
    app.add_routes([web.post("/offer", example["answer"])])
    async with TestServer(app) as site, ClientSession(site.make_url("/")) as http:
        caller = Caller(http)
        offer = await caller.offer("both", camera=Camera(160, 96))
        async with http.post("/offer", data=offer) as response:
            from aiortc import RTCSessionDescription

            await caller.peer.setRemoteDescription(RTCSessionDescription(await response.text(), "answer"))
        await until(lambda: len(caller.pictures) > 10)
        await caller.close()
        connections: set[RTCPeerConnection] = example["calls"]
        for connection in connections:
            await connection.close()


@contextmanager
def running(*words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command in a process of its own, and its link."""
    process = subprocess.Popen(
        [sys.executable, "run_stream.py", "call", "--style", str(library.find("tiny")), "--port", "0", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("open http"), process.stderr.read() if process.stderr else ""
        yield process, line.split()[1]
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number, status", [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_it_serves_and_ends(style: str, number: int, status: int) -> None:
    with running("--log-json") as (process, url):
        with urllib.request.urlopen(url, timeout=10) as page:
            assert b"StreamStyle" in page.read()
        with urllib.request.urlopen(url + "healthz", timeout=10) as health:
            assert json.load(health)["status"] == "ok"
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)
        assert process.returncode == status
        assert "Traceback" not in errors


def test_off_loopback_with_a_certificate_and_a_token(style: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with running("--host", "0.0.0.0", "--tls-self-signed") as (process, url):
        assert url.startswith("https://") and "#token=" in url
        site, token = url.split("#token=")
        anybody = ssl.create_default_context()
        anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
        request = urllib.request.Request(site + "config", headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=10, context=anybody) as config:
            assert json.load(config)["styles"]
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(site + "config", timeout=10, context=anybody)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
        assert token not in errors


@pytest.mark.parametrize(
    "words, message",
    [
        (["--host", "0.0.0.0"], "TLS"),
        (["--token", "short"], "at least 8"),
        (["--tls-cert", "a.pem"], "go together"),
        (["--ice-server", "http://example.org"], "stun:HOST"),
        (["--style", "nobody"], "no style"),
        (["--train-photos", "/nowhere"], "no such folder"),
        (["--train-photos", "/", "--train-weights", "/nowhere"], "no such file"),
    ],
)
def test_what_makes_no_sense_is_said_before_it_listens(style: str, words: list[str], message: str) -> None:
    with pytest.raises((UsageError, PackError, MissingError), match=message):
        call.run(parsed("--style", "tiny", *words))


def test_a_painting_dropped_on_the_page_is_taught_by_the_train_command(tmp_path: Path) -> None:
    weights = tmp_path / "judge.safetensors"
    weights.touch()
    given = parsed("--train-photos", str(tmp_path), "--train-weights", str(weights), "--train-minutes", "2")
    trainings = call._trainings(given, list)
    words = trainings._command(tmp_path / "painting.png", "mine", tmp_path / "preview")
    parser = argparse.ArgumentParser()
    train.add_arguments(parser)
    taught = parser.parse_args(words[words.index("train") + 1 :])
    assert (taught.paintings, taught.name, taught.minutes) == ([tmp_path / "painting.png"], "mine", 2.0)
    assert (taught.photos, taught.weights, taught.folder) == (tmp_path, weights, tmp_path / "preview")
    asyncio.run(trainings.end())


def test_ice_servers() -> None:
    server = call.ice_server("turn:anna:secret@turn.example:3478?transport=tcp")
    assert (server.urls, server.username, server.credential) == (
        "turn:turn.example:3478?transport=tcp",
        "anna",
        "secret",
    )
    assert call.ice_server("stun:stun.example").urls == "stun:stun.example"
