"""Ages and counts, and stamps that survive being painted."""

from fractions import Fraction

import cv2
import numpy as np
import pytest

from streamstyle.cameras import LIVE, now
from streamstyle.frames import Frame, Image, planes
from streamstyle.live import stamps
from streamstyle.live.meter import Meter, age_ms

IMAGE = np.zeros((24, 16), np.uint8)


def test_figures_of_a_run() -> None:
    meter = Meter(lambda: 5)
    for number in range(100):
        frame = meter.arrived(Frame(IMAGE, now() - (200_000 if number >= 90 else 30_000), LIVE))
        if number % 2 == 0:
            meter.left(frame)
    total = meter.total()
    assert (total["in"], total["out"], total["dropped"]) == (100, 50, 5)
    assert total["age_ms_median"] == pytest.approx(30, abs=5)
    assert total["age_ms_p95"] == pytest.approx(200, abs=10)
    assert meter.reading().age_ms == pytest.approx(30, abs=5)


def test_nothing_yet() -> None:
    meter = Meter()
    assert meter.total() == {"in": 0, "out": 0, "dropped": 0, "rate": 0.0, "age_ms_median": None, "age_ms_p95": None}
    assert meter.reading().rate == 0.0


def test_the_age_is_that_of_the_moment_of_taking() -> None:
    assert age_ms(Frame(IMAGE, now() - 50_000, LIVE)) == pytest.approx(50, abs=5)
    with pytest.raises(AssertionError):
        age_ms(Frame(IMAGE, 0, Fraction(1, 30)))


def noise(width: int, height: int) -> Image:
    return np.random.default_rng(1).integers(0, 255, (height * 3 // 2, width), np.uint8)


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (640, 360), (320, 180), (480, 852)])
@pytest.mark.parametrize("number", [0, 1, 12_345_678, (1 << 24) - 1])
def test_a_stamp_is_read_back(width: int, height: int, number: int) -> None:
    image = noise(width, height)
    stamps.draw(image, number)
    assert stamps.read(image) == number


def test_a_stamp_survives_what_painting_does() -> None:
    image = noise(1280, 720)
    stamps.draw(image, 7_654_321)
    luma = planes(image)[0]
    small = cv2.resize(luma, (640, 360), interpolation=cv2.INTER_AREA)
    strokes = cv2.blur(small, (9, 9)).astype(np.float32) * 0.3 + 90
    strokes += np.random.default_rng(2).normal(0, 12, strokes.shape)
    luma[:] = cv2.resize(np.clip(strokes, 0, 255).astype(np.uint8), (1280, 720))
    assert stamps.read(image) == 7_654_321


def test_what_is_no_stamp_is_seldom_taken_for_one() -> None:
    dice = np.random.default_rng(3)
    read = [stamps.read(dice.integers(0, 255, (270, 320), np.uint8)) for _ in range(300)]
    assert sum(number is not None for number in read) < 30
