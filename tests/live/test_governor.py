"""Quality that follows the load, against a machine whose speed the test sets."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from streamstyle.live.governor import Governor, Policy
from streamstyle.settings import Controls, Settings

INTERVAL = 1 / 30


class Machine:
    """Paints for `seconds` on a clock of its own: a picture costs `cost` at full quality, part of it always."""

    def __init__(self, cost: float) -> None:
        self.cost = cost
        self.moment = 0.0
        self.controls = Controls(Settings("a"))
        self.governor = Governor(INTERVAL, self.controls, clock=lambda: self.moment)
        self.changes: list[tuple[float, float]] = []
        self.controls.listen(lambda settings: self.changes.append((self.moment, settings.quality)))

    def price(self) -> float:
        return self.cost * (0.25 + 0.75 * self.controls.now.quality**2)

    def run(self, seconds: float, wobble: Callable[[int], float] = lambda number: 1.0) -> float:
        """The quality after that."""
        end, number = self.moment + seconds, 0
        while self.moment < end:
            price = self.price() * wobble(number)
            self.moment += max(INTERVAL, price)
            self.governor(price)
            number += 1
        return self.controls.now.quality


def test_a_fast_machine_is_left_alone() -> None:
    machine = Machine(0.5 * INTERVAL)
    assert machine.run(60) == 1.0
    assert machine.changes == []


def test_a_slow_machine_is_calibrated_within_a_second_and_in_one_step() -> None:
    machine = Machine(1.8 * INTERVAL)
    quality = machine.run(30)
    assert len(machine.changes) == 1
    assert machine.changes[0][0] < 0.8
    assert quality == 0.5
    assert machine.price() < INTERVAL


def test_the_first_slow_pictures_are_not_held_against_it() -> None:
    machine = Machine(0.5 * INTERVAL)
    assert machine.run(10, wobble=lambda number: 20.0 if number < 5 else 1.0) == 1.0
    assert machine.changes == []


def test_a_machine_that_takes_seconds_for_a_picture_is_not_waited_for_long() -> None:
    machine = Machine(45 * INTERVAL)
    machine.run(8)
    [(moment, quality), *_] = machine.changes
    assert quality == 0.4
    assert moment <= 6.5


def test_the_slowest_size_is_the_end_of_it() -> None:
    assert Machine(20 * INTERVAL).run(20) == Policy().ladder[0]


def test_load_for_twenty_seconds_is_followed_down_and_up_again() -> None:
    machine = Machine(0.75 * INTERVAL)
    assert machine.run(20) == 1.0
    machine.cost *= 2
    assert machine.run(20) < 0.8
    late = [change for change in machine.changes if change[0] > 22]
    assert not late
    machine.cost /= 2
    assert machine.run(40) == 1.0


@pytest.mark.parametrize("cost", [0.80, 0.9, 0.99, 1.05, 1.2, 1.5])
def test_it_does_not_swing(cost: float) -> None:
    machine = Machine(cost * INTERVAL)
    machine.run(300, wobble=lambda number: 1 + 0.1 * (number % 7 - 3) / 3)
    assert len([change for change in machine.changes if change[0] > 10]) <= 4


def test_a_step_up_that_had_to_be_taken_back_is_tried_less_and_less_often() -> None:
    class Deceiving(Machine):
        """Idle at 0.9, over its limit at 1.0: nothing in the cost of the one foretells the other."""

        def price(self) -> float:
            return (0.6 if self.controls.now.quality < 0.95 else 1.1) * INTERVAL

    machine = Deceiving(1.0)
    machine.run(400)
    ups = [moment for moment, quality in machine.changes if quality == 1.0]
    gaps = [later - earlier for earlier, later in pairwise(ups)]
    assert len(ups) < 10
    assert gaps == sorted(gaps)
    assert gaps[-1] > 3 * gaps[0]


def test_single_slow_pictures_change_nothing() -> None:
    machine = Machine(0.6 * INTERVAL)
    machine.run(60, wobble=lambda number: 6.0 if number % 10 == 9 else 1.0)
    assert machine.changes == []
