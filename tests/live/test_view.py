"""What is shown of a picture and its painting."""

from fractions import Fraction

import numpy as np
import pytest

from streamstyle.frames import Frame, Image, planes
from streamstyle.live.view import View, compose
from streamstyle.settings import Controls, Settings

WIDTH, HEIGHT = 64, 32


def ramp() -> Image:
    """A picture whose every plane grows from left to right."""
    image = np.zeros((HEIGHT * 3 // 2, WIDTH), np.uint8)
    luma, blue, red = planes(image)
    luma[:] = np.arange(WIDTH)
    blue[:] = np.arange(WIDTH // 2) + 64
    red[:] = np.arange(WIDTH // 2) + 128
    return image


def flat(value: int) -> Image:
    return np.full((HEIGHT * 3 // 2, WIDTH), value, np.uint8)


def frame(image: Image, pts: int = 0) -> Frame:
    return Frame(image, pts, Fraction(1, 30))


def test_nothing_asked_shows_the_painting_itself() -> None:
    painted = flat(7)
    assert compose(flat(1), painted, Settings("a")) is painted


def test_mirror_turns_every_plane_round_and_leaves_the_painting_alone() -> None:
    painted = ramp()
    shown = compose(flat(1), painted, Settings("a", mirror=True))
    for plane, source in zip(planes(shown), planes(ramp()), strict=True):
        np.testing.assert_array_equal(plane, source[:, ::-1])
    np.testing.assert_array_equal(painted, ramp())


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize(("share", "column"), [(0.0, 0), (0.25, 16), (0.5, 32), (1.0, 64)])
def test_the_original_stands_left_of_the_line(share: float, column: int, mirror: bool) -> None:
    shown = compose(flat(10), flat(200), Settings("a", split=share, mirror=mirror))
    for plane, scale in zip(planes(shown), (1, 2, 2), strict=True):
        edge = column // scale
        assert (plane[:, : max(edge - 2, 0)] == 10).all()
        assert (plane[:, edge + 2 :] == 200).all()


def test_the_line_is_drawn() -> None:
    luma, blue, _ = planes(compose(flat(10), flat(20), Settings("a", split=0.5)))
    assert (luma[:, 31:33] == 235).all()
    assert (blue[:, 15:17] == 128).all()


def test_frozen_it_shows_the_same_picture_and_paints_nothing() -> None:
    controls = Controls(Settings("a"))
    painted: list[int] = []

    def paint(given: Frame) -> Frame:
        painted.append(given.pts)
        return given.with_image(given.image + np.uint8(1))

    view = View(paint, controls)
    assert view(frame(flat(1), 0)).image[0, 0] == 2
    controls.change(freeze=True)
    shown = [view(frame(flat(10 + pts), pts)) for pts in range(1, 4)]
    assert [picture.pts for picture in shown] == [1, 2, 3]
    assert [int(picture.image[0, 0]) for picture in shown] == [12, 12, 12]
    assert painted == [0, 1]
    controls.change(split=1.0)
    assert view(frame(flat(90), 5)).image[0, 0] == 11
    controls.change(freeze=False, split=None)
    assert view(frame(flat(50), 6)).image[0, 0] == 51
