"""Text over pictures."""

import numpy as np
import pytest

from streamstyle.frames import Image, planes
from streamstyle.live.overlay import SECONDS, Overlay, write


def grey(width: int = 640, height: int = 360) -> Image:
    return np.full((height * 3 // 2, width), 128, np.uint8)


def test_a_line_stands_at_the_bottom_on_a_darker_ground() -> None:
    picture = grey()
    luma, _, _ = planes(write(picture, ["starry-night  30/s"]))
    assert (planes(picture)[0] == 128).all()
    assert (luma[:300] == 128).all()
    bottom = luma[-16:]
    assert int(bottom.min()) < 60
    assert int(bottom.max()) > 200


def test_a_list_stands_at_the_top_left() -> None:
    luma, _, _ = planes(write(grey(), ["n next style", "q quit"], bottom=False))
    assert int(luma[:20, :100].max()) > 200
    assert (luma[100:] == 128).all()
    assert (luma[:, 400:] == 128).all()


@pytest.mark.parametrize(("width", "height"), [(64, 32), (320, 180), (1280, 720), (1080, 1920)])
def test_it_fits_pictures_of_every_size(width: int, height: int) -> None:
    shown = write(grey(width, height), ["one line"] * 40, bottom=False)
    assert shown.shape == (height * 3 // 2, width)
    write(grey(width, height), ["one line" * 40])


def test_a_word_goes_after_a_moment() -> None:
    moment = 0.0
    overlay = Overlay(lambda: moment)
    picture = grey()
    assert overlay(picture, None) is picture
    overlay.say("mirror on")
    assert overlay(picture, None) is not picture
    moment = SECONDS + 0.1
    assert overlay(picture, None) is picture
