"""The adversarial list for hops and shutdown."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from streamstyle.frames import Frame, MediaInfo, Stage
from streamstyle.stream import Closed, Mailbox, buffered, each, latest, run
from tests.conftest import picture

BASE = Fraction(1, 25)


class Pictures:
    """A source of `count` tiny frames that may fail at one of them."""

    def __init__(self, count: int, fails_at: int | None = None, pause: float = 0.0) -> None:
        self.info = MediaInfo(16, 16, Fraction(25))
        self._count, self._fails_at, self._pause = count, fails_at, pause
        self._closed = threading.Event()
        self.closes = 0

    def __iter__(self) -> Iterator[Frame]:
        for index in range(self._count):
            if self._closed.wait(self._pause) or self._closed.is_set():
                return
            if index == self._fails_at:
                raise ValueError("the source broke")
            yield Frame(picture(16, 16, index % 256), index, BASE)

    def close(self) -> None:
        self.closes += 1
        self._closed.set()


class Stuck(Pictures):
    """A camera that delivers three pictures and then nothing, looking at `closed` now and then."""

    def __iter__(self) -> Iterator[Frame]:
        for index in range(3):
            yield Frame(picture(16, 16), index, BASE)
        while not self._closed.wait(0.05):
            pass


class Kept:
    """A sink that keeps time stamps, and may fail."""

    def __init__(self, fails_at: int | None = None, pause: float = 0.0) -> None:
        self.pts: list[int] = []
        self._fails_at, self._pause = fails_at, pause
        self.left: type[BaseException] | str | None = "not left"

    def __enter__(self) -> Self:
        return self

    def write(self, frame: Frame) -> None:
        if frame.pts == self._fails_at:
            raise OSError("the sink broke")
        time.sleep(self._pause)
        self.pts.append(frame.pts)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.left = kind


def hops(count: int) -> list[Stage]:
    return [buffered(2) for _ in range(count)]


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_every_frame_arrives_in_order(count: int) -> None:
    sink = Kept()
    assert run(Pictures(50), hops(count), sink) == 50
    assert sink.pts == list(range(50))
    assert sink.left is None


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_a_source_that_fails_delivers_what_came_before(count: int) -> None:
    sink, source = Kept(), Pictures(50, fails_at=7)
    with pytest.raises(ValueError, match="the source broke") as caught:
        run(source, hops(count), sink)
    assert sink.pts == list(range(7))
    assert sink.left is ValueError
    assert source.closes
    assert any(entry.name == "__iter__" for entry in caught.traceback), "the traceback reaches the source"


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_stage_that_fails_stops_everything(count: int) -> None:
    def fail(frame: Frame) -> Frame:
        if frame.pts == 5:
            raise RuntimeError("the stage broke")
        return frame

    released: list[str] = []
    sink, source = Kept(), Pictures(10_000)
    stages = [*hops(count), each(fail, lambda: released.append("stage")), *hops(1)]
    with pytest.raises(RuntimeError, match="the stage broke"):
        run(source, stages, sink)
    assert sink.pts == list(range(5))
    assert released == ["stage"]


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_a_sink_that_fails_frees_the_source(count: int) -> None:
    sink, source = Kept(fails_at=3), Pictures(10_000)
    with pytest.raises(OSError, match="the sink broke"):
        run(source, hops(count), sink)
    assert sink.left is OSError
    assert source.closes


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_stuck_camera_lets_a_failing_stage_go(count: int) -> None:
    def fail(frame: Frame) -> Frame:
        if frame.pts == 2:
            raise RuntimeError("the stage broke")
        return frame

    began = time.monotonic()
    with pytest.raises(RuntimeError):
        run(Stuck(0), [*hops(count), each(fail)], Kept())
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_close_from_another_thread_ends_the_stream(count: int) -> None:
    source, sink = Pictures(100_000, pause=0.001), Kept()
    timer = threading.Timer(0.2, source.close)
    timer.start()
    began = time.monotonic()
    written = run(source, hops(count), sink)
    timer.join()
    assert time.monotonic() - began < 3
    assert 0 < written < 100_000
    assert sink.left is None


INTERRUPTED = """
import os, signal, threading, time
from tests.test_stream import Kept, Pictures, hops
from streamstyle.stream import run
sink = Kept()
moment = []
def interrupt():
    moment.append(time.monotonic())
    os.kill(os.getpid(), signal.SIGINT)
threading.Timer(0.3, interrupt).start()
try:
    run(Pictures(100_000, pause=0.005), hops(2), sink)
except KeyboardInterrupt:
    print(time.monotonic() - moment[0], sink.left.__name__, threading.active_count())
"""


def test_an_interrupt_ends_within_a_second() -> None:
    """In a process of its own: libraries that other tests load put their own handlers in the way of signals."""
    root = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], cwd=root, capture_output=True, text=True, timeout=60, check=True
    )
    seconds, left, threads = done.stdout.split()
    assert float(seconds) < 1
    assert left == "KeyboardInterrupt"
    assert int(threads) == 1


def test_the_newest_frame_wins() -> None:
    sink = Kept(pause=0.03)
    source = Pictures(100, pause=0.003)
    written = run(source, [latest()], sink)
    assert written < 40
    assert sink.pts[-1] == 99
    assert sink.pts == sorted(sink.pts)


def test_mailbox_bounded_waits_and_newest_drops() -> None:
    newest: Mailbox[int] = Mailbox(1, newest=True)
    for number in range(5):
        newest.put(number)
    assert newest.get() == 4
    assert newest.dropped == 4

    bounded: Mailbox[int] = Mailbox(2)
    bounded.put(1)
    bounded.put(2)
    done = threading.Event()

    def third() -> None:
        bounded.put(3)
        done.set()

    thread = threading.Thread(target=third)
    thread.start()
    assert not done.wait(0.1)
    assert bounded.get() == 1
    assert done.wait(1)
    thread.join()
    bounded.finish()
    assert [bounded.get(), bounded.get()] == [2, 3]
    with pytest.raises(Closed):
        bounded.get()


def test_mailbox_times_out_and_refuses_after_close() -> None:
    box: Mailbox[int] = Mailbox(1)
    with pytest.raises(TimeoutError):
        box.get(timeout=0.05)
    box.close()
    with pytest.raises(Closed):
        box.put(1)


def test_release_runs_however_the_stream_ends() -> None:
    released: list[int] = []
    run(Pictures(3), [each(lambda frame: frame, lambda: released.append(1))], Kept())
    with pytest.raises(OSError):
        run(Pictures(9), [each(lambda frame: frame, lambda: released.append(2))], Kept(fails_at=1))
    assert released == [1, 2]
