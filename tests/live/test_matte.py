"""Only the person, or only the background."""

import numpy as np
import pytest
from numpy.typing import NDArray

from streamstyle.frames import Image, blank, planes
from streamstyle.live.matte import Cutout, MotionMatte, Only, SteadyMatte

WIDTH, HEIGHT = 320, 180


def place(noise: int = 0) -> Image:
    """An empty room: smooth, with a little noise."""
    image = blank(WIDTH, HEIGHT)
    luma, blue, red = planes(image)
    ramp = 60 + np.add.outer(np.arange(HEIGHT), np.arange(WIDTH)) // 6
    luma[:] = ramp + np.random.default_rng(noise).integers(-2, 3, ramp.shape)
    blue[:], red[:] = 120, 130
    return image


def visited(x: int, noise: int = 0) -> Image:
    """The room with somebody in it: 60 wide, 120 high, standing at x."""
    image = place(noise)
    luma, blue, red = planes(image)
    luma[60:, x : x + 60] = 200 - (np.arange(120)[:, None] // 2)
    blue[30:, x // 2 : x // 2 + 30], red[30:, x // 2 : x // 2 + 30] = 100, 160
    return image


def inside(matte: NDArray[np.float32], x: int) -> tuple[float, float]:
    """The mean of a matte well inside and well outside the person."""
    width = matte.shape[1]
    scale = width / WIDTH
    mask = np.zeros_like(matte, np.bool_)
    mask[round(70 * scale) :, round((x + 10) * scale) : round((x + 50) * scale)] = True
    outside = np.ones_like(mask)
    outside[round(45 * scale) :, max(0, round((x - 15) * scale)) : round((x + 75) * scale)] = False
    return float(matte[mask].mean()), float(matte[outside].mean())


def flat(value: int) -> Image:
    return np.full((HEIGHT * 3 // 2, WIDTH), value, np.uint8)


@pytest.mark.parametrize("only", ["person", "background"])
def test_the_painting_lies_where_the_matte_says(only: Only) -> None:
    matte = np.zeros((90, 160), np.float32)
    matte[:, 80:] = 1
    shown = Cutout(lambda image: matte, only, WIDTH, HEIGHT)(flat(50), flat(200))
    left, right = (50, 200) if only == "person" else (200, 50)
    for plane in planes(shown):
        columns = plane.shape[1]
        assert (plane[:, : columns // 2 - 6] == left).all()
        assert (plane[:, columns // 2 + 6 :] == right).all()
    luma = planes(shown)[0][90].astype(int)
    # A soft edge: several steps on the way, and no more than a few pixels of it.
    steps = np.abs(np.diff(luma))
    assert 3 <= np.count_nonzero(steps) <= 16
    assert steps.max() < 100


def test_motion_finds_who_walks_in_and_keeps_who_stands_still() -> None:
    find = MotionMatte()
    for number in range(40):
        find(place(number))
    for step in range(20):
        matte = find(visited(20 + 8 * step, step))
        person, room = inside(matte, 20 + 8 * step)
        assert person > 0.9, step
        assert room < 0.05, step
    for number in range(150):
        matte = find(visited(180, number))
    person, room = inside(matte, 180)
    assert person > 0.9
    assert room < 0.05


def test_when_the_whole_place_changes_it_is_learnt_anew() -> None:
    find = MotionMatte()
    for number in range(30):
        find(place(number))
    lit = place()
    planes(lit)[0][:] += 60
    assert float(find(lit).mean()) > 0.9
    for _ in range(20):
        matte = find(lit)
    assert float(matte.mean()) < 0.05


def test_a_flickering_matte_is_held_still_where_the_picture_is_still() -> None:
    dice = np.random.default_rng(5)
    steady = SteadyMatte(160, 90)
    luma = planes(place())[0]
    raw: list[NDArray[np.float32]] = []
    held: list[NDArray[np.float32]] = []
    for _ in range(30):
        matte = np.clip(dice.normal(0.5, 0.2, (90, 160)), 0, 1).astype(np.float32)
        raw.append(matte)
        held.append(steady(luma, matte))
    assert np.std(held[10:], axis=0).mean() < 0.4 * np.std(raw[10:], axis=0).mean()


def test_a_held_matte_goes_along_with_the_picture() -> None:
    steady = SteadyMatte(320, 180)
    for step in range(20):
        x = 20 + 6 * step
        matte = np.zeros((HEIGHT, WIDTH), np.float32)
        matte[60:, x : x + 60] = 1
        held = steady(planes(visited(x))[0], matte)
    person, room = inside(held, x)
    assert person > 0.95
    assert room < 0.03
