"""The small parts: the gallery, certificates, time stamps, trainings, pictures."""

import asyncio
import ssl
import stat
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from av import VideoFrame

from streamstyle import library
from streamstyle.errors import InputError
from streamstyle.frames import planes, size
from streamstyle.packs import GRAPH, THUMBNAIL, WEIGHTS, Manifest, write_pack
from streamstyle.web.certificates import self_signed, tls
from streamstyle.web.gallery import Gallery
from streamstyle.web.guard import Doorkeeper
from streamstyle.web.outlets import Continued, PictureOutlet
from streamstyle.web.pictures import CLOCK, Arrival, packed, unpacked
from streamstyle.web.refusals import Refusal
from streamstyle.web.trainings import Trainings
from tests.web.callers import looped, until


def test_the_gallery_shows_what_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "SHIPPED", tmp_path / "none")
    folder = library.own_folder()
    folder.mkdir(parents=True)
    files = {GRAPH: b"g", WEIGHTS: b"w"}
    write_pack(folder / "one.style", Manifest("one", "One", "small", artist="Anna"), {**files, THUMBNAIL: b"jpeg"})
    write_pack(folder / "two.style", Manifest("two", "Two", "small"), files)
    (folder / "bad.style").write_bytes(b"no zip")
    gallery = Gallery()
    cards = {card["name"]: card for card in gallery.cards()}
    assert set(cards) == {"one", "two"}
    assert cards["one"]["artist"] == "Anna" and cards["one"]["thumbnail"] and not cards["two"]["thumbnail"]
    assert gallery.thumbnail("one") == b"jpeg"
    for name in ("two", "bad", "none", "../one"):
        with pytest.raises(Refusal):
            gallery.thumbnail(name)


def test_a_certificate_is_kept_and_renewed_for_new_names(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path, ["localhost", "192.0.2.7"])
    first = certificate.read_bytes()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    self_signed(tmp_path, ["localhost"])
    assert certificate.read_bytes() == first
    self_signed(tmp_path, ["localhost", "other.example"])
    assert certificate.read_bytes() != first
    assert tls(certificate, key).minimum_version >= ssl.TLSVersion.TLSv1_2
    certificate.write_text("rubbish")
    with pytest.raises(InputError, match="TLS"):
        tls(certificate, key)


def test_time_stamps_go_on_where_they_start_over() -> None:
    continued = Continued(3000)
    assert [continued(pts) for pts in (500, 3500, 6500, 0, 3000, 3000)] == [0, 3000, 6000, 9000, 12000, 15000]
    loose = Continued(960, slack=24000)
    assert [loose(pts) for pts in (960, 2880, 1920, 3840)] == [0, 1920, 960, 2880]


@looped
async def test_a_slow_receiver_gets_the_newest_picture() -> None:
    outlet = PictureOutlet()
    image = np.full((96, 64), 128, np.uint8)
    for count in range(4):
        outlet.put(packed(image, 3000 * count))
    picture = await outlet.recv()
    assert picture.pts == 0 and outlet.dropped == 3
    waiting = asyncio.ensure_future(outlet.recv())
    await asyncio.sleep(0.01)
    outlet.put(packed(image, 15000))
    assert (await waiting).pts == 6000
    outlet.stop()


@pytest.mark.parametrize("width, height", [(64, 48), (65, 49), (321, 181)])
def test_pictures_of_odd_sizes_lose_their_last_line(width: int, height: int) -> None:
    picture = VideoFrame(width, height, "yuv420p")
    for plane, value in zip(picture.planes, (100, 110, 120), strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    picture.pts, picture.time_base = 9000, CLOCK
    frame = unpacked(Arrival(picture, 1.5))
    assert frame is not None and size(frame.image) == (width & ~1, height & ~1)
    assert [int(plane.min()) for plane in planes(frame.image)] == [100, 110, 120]
    assert frame.moment == 1.5 and frame.pts == 9000


def test_pictures_of_no_sensible_size_are_left_out() -> None:
    picture = VideoFrame(16, 16, "yuv420p")
    picture.pts = 0
    assert unpacked(Arrival(picture, 0.0)) is None


def test_the_door_is_kept_for_each_address_by_itself() -> None:
    door = Doorkeeper(rate=0.001, burst=3)
    for _ in range(3):
        door.check("one")
    with pytest.raises(Refusal) as refusal:
        door.check("one")
    assert refusal.value.status == 429
    door.check("other")


LESSON = """
import pathlib, sys, time
painting, name, folder, way = sys.argv[1:]
assert pathlib.Path(painting).stat().st_size > 100
for step in range(1, 4):
    print(f"  {step / 3:.0%}  step {step}/3  style 0.1", flush=True)
    pathlib.Path(folder, "sheet.jpg").write_bytes(b"sheet")
    time.sleep(0.1)
if way == "fail":
    sys.exit("it would not learn")
time.sleep(60 if way == "stay" else 0)
"""


def trainings(way: str) -> Trainings:
    return Trainings(lambda path, name, folder: [sys.executable, "-c", LESSON, str(path), name, str(folder), way], list)


def painting(width: int = 96) -> bytes:
    noise = np.random.default_rng(2).integers(0, 255, (96, width, 3), np.uint8)
    return cv2.imencode(".png", noise)[1].tobytes()


@looped
async def test_a_painting_is_learnt() -> None:
    lessons = trainings("learn")
    await lessons.start(painting(), "My Own Painting!.png")
    assert lessons.report()["name"] == "my-own-painting-png"
    with pytest.raises(Refusal) as refusal:
        await lessons.start(painting(), "another")
    assert refusal.value.status == 409
    await until(lambda: lessons.report()["state"] == "done")
    assert lessons.report()["preview"] and lessons.preview() == b"sheet"
    await lessons.end()


@looped
async def test_a_lesson_that_fails_says_why() -> None:
    lessons = trainings("fail")
    await lessons.start(painting(), "x")
    await until(lambda: lessons.report()["state"] == "failed")
    assert "it would not learn" in lessons.report()["reason"]
    await lessons.end()


@looped
async def test_the_end_stops_a_lesson() -> None:
    lessons = trainings("stay")
    await lessons.start(painting(), "x")
    await until(lambda: lessons.report().get("progress") == 1.0)
    await lessons.end()
    assert lessons.report()["state"] == "failed"


@pytest.mark.parametrize("data", [b"", b"GIF89a nonsense", painting(8), b"\x89PNG\r\n\x1a\n" + b"\0" * 100])
@looped
async def test_what_is_no_painting(data: bytes) -> None:
    lessons = trainings("learn")
    with pytest.raises(Refusal) as refusal:
        await lessons.start(data, "x")
    assert refusal.value.status == 422
    await lessons.end()
