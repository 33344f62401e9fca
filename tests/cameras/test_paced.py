"""Scenes and files as live sources."""

import itertools
import threading
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np

from streamstyle.cameras import LIVE, now
from streamstyle.cameras.opening import open_camera
from streamstyle.cameras.paced import Paced
from streamstyle.frames import Frame, MediaInfo
from streamstyle.live.recorder import Recorder


class Counted:
    """A source of numbered pictures, as fast as they are taken."""

    def __init__(self, count: int, rate: int = 50) -> None:
        self.info = MediaInfo(16, 16, Fraction(rate), frames=count)
        self.closed = False

    def __iter__(self) -> Iterator[Frame]:
        for number in range(self.info.frames or 0):
            yield Frame(np.full((24, 16), number, np.uint8), number, 1 / self.info.rate)

    def close(self) -> None:
        self.closed = True


def test_pictures_come_at_their_rate_and_carry_the_moment() -> None:
    source = Paced(Counted(26))
    began, gaps = time.monotonic(), []
    for frame in source:
        assert frame.time_base == LIVE
        gaps.append(now() - frame.pts)
    assert 0.45 < time.monotonic() - began < 0.8
    assert max(gaps) < 100_000
    assert source.info.live
    assert source.info.frames is None


def test_it_begins_again_without_a_gap_and_closes_what_it_opened() -> None:
    opened: list[Counted] = []

    def again() -> Counted:
        opened.append(Counted(5))
        return opened[-1]

    source = Paced(again(), again)
    began = time.monotonic()
    numbers = [int(frame.image[0, 0]) for frame in itertools.islice(source, 13)]
    assert numbers == [0, 1, 2, 3, 4] * 2 + [0, 1, 2]
    assert 0.2 < time.monotonic() - began < 0.5
    source.close()
    assert all(entry.closed for entry in opened)


def test_close_from_another_thread_ends_a_wait() -> None:
    source = Paced(Counted(100, rate=1))
    threading.Timer(0.2, source.close).start()
    began = time.monotonic()
    assert len(list(source)) == 1
    assert time.monotonic() - began < 0.8


def test_a_file_is_played_again_and_again(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    with Recorder(str(path), MediaInfo(64, 32, Fraction(25))) as sink:
        for number in range(5):
            sink.write(Frame(np.full((48, 64), 20 + 40 * number, np.uint8), number * 40_000, LIVE))
    source = open_camera(str(path))
    began = time.monotonic()
    frames = list(itertools.islice(source, 12))
    source.close()
    lumas = [int(frame.image[4, 4]) for frame in frames]
    assert lumas[:5] == lumas[5:10]
    assert len(set(lumas[:5])) == 5
    assert 0.3 < time.monotonic() - began < 1.5


def test_a_file_is_brought_to_the_size_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    with Recorder(str(path), MediaInfo(64, 32, Fraction(25))) as sink:
        for number in range(5):
            sink.write(Frame(np.full((48, 64), 20, np.uint8), number * 40_000, LIVE))
    source = open_camera(str(path), (128, 64))
    try:
        assert (source.info.width, source.info.height) == (128, 64)
    finally:
        source.close()


def test_a_test_scene_is_a_live_source_of_the_size_asked_for() -> None:
    source = open_camera("test:pan?seconds=1", (320, 180), 25)
    try:
        assert (source.info.width, source.info.height, int(source.info.rate)) == (320, 180, 25)
        assert source.info.live
        frames = list(source)
    finally:
        source.close()
    assert frames[0].image.shape == (270, 320)
    assert len(frames) == 25
    assert frames[24].pts > frames[0].pts + 700_000
