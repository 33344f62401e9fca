"""FFmpeg's own WHIP sender, in a process of its own."""

import asyncio
import sys
from pathlib import Path

import av
import pytest
from OpenSSL import SSL

from streamstyle.frames import planes
from streamstyle.web import dtls
from streamstyle.web.certificates import self_signed
from streamstyle.web.tuning import take_small_group
from tests.web.callers import BLUE, house, looped, until

pytestmark = pytest.mark.skipif("whip" not in av.formats_available, reason="this PyAV has no whip muxer")
SENDER = Path(__file__).with_name("send_whip.py")


async def sent_and_seen(*more: str) -> None:
    async with house() as home:
        url = str(home.http._base_url).rstrip("/") + "/whip/room"
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(SENDER), url, *more, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        try:
            await until(lambda: (room := home.studio.rooms.find("room")) and room.live, 20)
            viewer = home.caller()
            assert await viewer.call("/whep/room", way="out") == 201
            await until(lambda: len(viewer.pictures) > 30 and viewer.sounds > 30)
            assert abs(float(planes(viewer.newest())[1].mean()) - BLUE) < 6
            out, _ = await asyncio.wait_for(process.communicate(b""), 20)
            assert process.returncode == 0 and out.decode().startswith("sent")
            # It says goodbye by DELETE.
            await until(lambda: home.studio.sessions.counts()["whip"] == 0)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


@looped
async def test_ffmpeg_with_a_certificate(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path, ["localhost"])
    await sent_and_seen(str(certificate), str(key))


@pytest.mark.skipif(
    not take_small_group(SSL.Context(SSL.DTLS_METHOD)) and dtls.library() is None,
    reason="neither OpenSSL here has P-224, on which GnuTLS makes FFmpeg's own certificate",
)
@looped
async def test_ffmpeg_with_the_certificate_that_it_makes() -> None:
    await sent_and_seen()
