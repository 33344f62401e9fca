"""Several sinks at once: slow ones, failing ones, late ones."""

import threading
import time
from collections.abc import Callable
from fractions import Fraction
from types import TracebackType
from typing import Self

import numpy as np
import pytest

from streamstyle.errors import OutputError
from streamstyle.frames import Frame
from streamstyle.screens.nowhere import NullSink
from streamstyle.screens.several import Behind, Several

IMAGE = np.zeros((24, 16), np.uint8)


class Watched:
    """A sink that writes down what happens to it."""

    def __init__(self, on_write: Callable[[int], None] = lambda number: None, opens: bool = True) -> None:
        self.numbers: list[int] = []
        self.ends: list[type[BaseException] | None] = []
        self._on_write = on_write
        self._opens = opens

    def __enter__(self) -> Self:
        if not self._opens:
            raise OutputError("it does not open")
        return self

    def write(self, frame: Frame) -> None:
        self._on_write(frame.pts)
        self.numbers.append(frame.pts)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ends.append(kind)


def full_after(count: int) -> Callable[[int], None]:
    def check(number: int) -> None:
        if number >= count:
            raise OutputError("the disk is full")

    return check


def feed(sink: Several | Behind, count: int, start: int = 0) -> None:
    for number in range(start, start + count):
        sink.write(Frame(IMAGE, number, Fraction(1, 30)))


def test_all_get_every_picture_and_end_cleanly() -> None:
    one, two, nothing = Watched(), Watched(), NullSink()
    with Several([("one", one), ("two", two), ("null", nothing)], print) as sink:
        feed(sink, 4)
    assert one.numbers == two.numbers == [0, 1, 2, 3]
    assert nothing.frames == 4
    assert one.ends == two.ends == [None]


def test_one_that_fails_is_said_and_left_and_the_others_go_on() -> None:
    said: list[str] = []
    one, two = Watched(full_after(2)), Watched()
    with Several([("one", one), ("two", two)], said.append) as sink:
        feed(sink, 5)
        assert sink.names == ("two",)
    assert said == ["the disk is full; going on with two"]
    assert two.numbers == [0, 1, 2, 3, 4]
    assert one.ends == [OutputError]
    assert two.ends == [None]


def test_when_none_is_left_the_error_ends_the_stream() -> None:
    with pytest.raises(OutputError, match="disk is full"), Several([("one", Watched(full_after(1)))], print) as sink:
        feed(sink, 5)


def test_one_that_does_not_open_falls_away_with_one_line() -> None:
    said: list[str] = []
    two = Watched()
    with Several([("one", Watched(opens=False)), ("two", two)], said.append) as sink:
        feed(sink, 1)
    assert said == ["it does not open; going on with two"]
    assert two.numbers == [0]
    with pytest.raises(OutputError, match="it does not open"), Several([("one", Watched(opens=False))], print):
        pass


def test_what_is_open_is_closed_when_another_opening_breaks() -> None:
    class Broken(Watched):
        def __enter__(self) -> Self:
            raise KeyError("a mistake in the program")

    one = Watched()
    with pytest.raises(KeyError), Several([("one", one), ("two", Broken())], print):
        pass
    assert one.ends == [KeyError]


def test_one_comes_later_and_goes_earlier() -> None:
    one, late = Watched(), Watched()
    with Several([("one", one)], print) as sink:
        feed(sink, 2)
        sink.add("late", late)
        feed(sink, 2, 2)
        sink.remove("late")
        feed(sink, 2, 4)
        sink.remove("late")
    assert one.numbers == [0, 1, 2, 3, 4, 5]
    assert late.numbers == [2, 3]
    assert late.ends == [None]


def test_a_slow_sink_behind_holds_up_nobody_and_is_finished() -> None:
    slow = Watched(lambda number: time.sleep(0.02))
    began = time.monotonic()
    with Behind(slow, waiting=5) as behind:
        feed(behind, 20)
        assert time.monotonic() - began < 0.1
        dropped = behind.dropped
    assert dropped >= 10
    assert slow.numbers[-1] == 19
    assert slow.numbers == sorted(slow.numbers)
    assert slow.ends == [None]


def test_what_a_sink_costs_is_known_until_it_is_finished() -> None:
    slow = Watched(lambda number: time.sleep(0.02))
    with Behind(slow) as behind:
        feed(behind, 3)
        deadline = time.monotonic() + 5
        while behind.cost < 0.02 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert behind.cost >= 0.02
    assert behind.cost == 0


def test_its_error_arrives_with_a_later_write() -> None:
    said: list[str] = []
    full, other = Watched(full_after(1)), Watched()
    with Several([("file", Behind(full)), ("other", other)], said.append) as sink:
        deadline = time.monotonic() + 5
        number = 0
        while not said and time.monotonic() < deadline:
            feed(sink, 1, number)
            number += 1
            time.sleep(0.01)
    assert said == ["the disk is full; going on with other"]
    assert full.ends == [OutputError]
    assert other.numbers == list(range(number))


def test_an_error_on_the_last_picture_is_not_lost() -> None:
    gate = threading.Event()

    def late(number: int) -> None:
        gate.wait(2)
        raise OutputError("the disk is full")

    watched = Watched(late)
    with pytest.raises(OutputError, match="disk is full"), Several([("file", Behind(watched))], print) as sink:
        feed(sink, 1)
        gate.set()
    assert watched.ends == [OutputError]
