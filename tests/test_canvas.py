"""The inner size, the border, and the way back to full size."""

from fractions import Fraction

import cv2
import numpy as np
import pytest

from streamstyle.canvas import MARGIN, Canvas, Enlarger, bordered, canvas, shrunk, slopes, unbordered
from streamstyle.colour import HOUSE, from_rgb
from streamstyle.compare import beside, split
from streamstyle.frames import Engine, EngineSpec, Frame, Image, blank, planes, size
from streamstyle.painter import Finisher, Painter, mixed
from tests.conftest import picture
from tests.media.clips import ramp


class Negative:
    """An engine that can be foreseen: it turns brightness over."""

    def __init__(self, width: int, height: int) -> None:
        self.spec = EngineSpec("test", "none", "exact", 1, height, width)

    def __call__(self, images: Image) -> Image:
        result = images.copy()
        for image in result:
            planes(image)[0][:] = 255 - planes(image)[0]
        return result

    def close(self) -> None: ...


def textured(width: int, height: int) -> Image:
    image = from_rgb(ramp(width, height), HOUSE)
    luma = planes(image)[0]
    luma[:] = np.clip(luma.astype(int) + np.random.default_rng(5).integers(-20, 20, luma.shape), 0, 255)
    return image


@pytest.mark.parametrize(
    ("given", "inner"),
    [
        ((1280, 720), (640, 360)),
        ((1920, 1080), (640, 360)),
        ((640, 360), (640, 360)),
        ((320, 180), (320, 176)),
        ((720, 1280), (360, 640)),
    ],
)
def test_strokes_are_painted_at_one_size(given: tuple[int, int], inner: tuple[int, int]) -> None:
    made = canvas(*given, short_side=360)
    assert (made.inner_width, made.inner_height) == inner
    assert made.bordered == (inner[0] + 2 * MARGIN, inner[1] + 2 * MARGIN)
    assert made.whole == (given == inner)


def test_brush_and_quality_change_the_inner_size() -> None:
    assert canvas(1280, 720, 360, brush=2).inner_height == 176
    assert canvas(1280, 720, 360, brush=0.5).inner_height == 720
    assert canvas(1280, 720, 360, quality=0.5).inner_height == 176
    assert canvas(64, 48, 360, brush=2, quality=0.4).inner_height >= 48


def test_the_border_mirrors_and_comes_off_again() -> None:
    inner = textured(64, 48)
    large = blank(64 + 2 * MARGIN, 48 + 2 * MARGIN)
    bordered(inner, large)
    luma = planes(large)[0]
    assert np.array_equal(luma[MARGIN - 1], luma[MARGIN + 1])
    assert np.array_equal(unbordered(large, Canvas(64, 48, 64, 48)), inner)


def test_enlarging_the_picture_itself_gives_it_back() -> None:
    """Where painting and original are one, the slope is one, and the original's own detail returns."""
    image = textured(256, 128)
    small = Canvas(256, 128, 128, 64)
    inner = shrunk(image, small)
    again = Enlarger(small)(image, inner, inner)
    plain = cv2.resize(planes(inner)[0], (256, 128), interpolation=cv2.INTER_CUBIC)
    error = np.abs(planes(again)[0].astype(int) - planes(image)[0]).mean()
    assert error < 0.5 * np.abs(plain.astype(int) - planes(image)[0]).mean()


def test_flat_originals_add_nothing() -> None:
    image, small = picture(128, 128, 90), Canvas(128, 128, 64, 64)
    strokes = textured(64, 64)
    enlarged = Enlarger(small)(image, shrunk(image, small), strokes)
    plain = cv2.resize(planes(strokes)[0], (128, 128), interpolation=cv2.INTER_CUBIC)
    assert np.abs(planes(enlarged)[0].astype(int) - plain).max() <= 1


def test_slopes_are_the_local_regression() -> None:
    guide = planes(textured(96, 96))[0].astype(np.float32)
    assert slopes(guide, guide * 0.5 + 20)[48, 48] == pytest.approx(0.5, abs=0.15)
    assert slopes(guide, 255 - guide).min() >= -0.61


def test_a_picture_of_the_inner_size_is_not_resampled() -> None:
    image = textured(64, 48)
    own = Canvas(64, 48, 64, 48)
    assert shrunk(image, own) is image
    strokes = textured(64, 48)
    out = Enlarger(own)(image, image, strokes)
    assert np.array_equal(out, strokes)
    assert out is not strokes


def frame(image: Image, index: int = 0) -> Frame:
    return Frame(image, index, Fraction(1, 25))


def test_both_halves_paint_a_frame() -> None:
    image = textured(128, 96)
    made = Canvas(128, 96, 64, 48)
    painter = Painter(made, [Negative(*made.bordered)])
    finished = Finisher()(painter(frame(image, 7)), steady=0.9, strength=1.0)
    assert size(finished.image) == (128, 96)
    assert finished.pts == 7
    expected = 255 - planes(image)[0].astype(int)
    assert np.abs(planes(finished.image)[0].astype(int) - expected).mean() < 12


def test_strength_mixes_with_the_original() -> None:
    image = textured(64, 48)
    made = Canvas(64, 48, 64, 48)
    painter, finisher = Painter(made, [Negative(*made.bordered)]), Finisher("off")
    assert np.array_equal(finisher(painter(frame(image)), 0, 0).image, image)
    half = finisher(painter(frame(image)), 0, 0.5).image
    assert np.abs(planes(half)[0].astype(int) - 127).max() <= 1


def test_two_engines_blend() -> None:
    image = textured(64, 48)
    made = Canvas(64, 48, 64, 48)

    class Same(Negative):
        def __call__(self, images: Image) -> Image:
            return images

    both: list[Engine] = [Negative(*made.bordered), Same(*made.bordered)]
    for share, expected in ((0.0, 255 - planes(image)[0]), (1.0, planes(image)[0])):
        out = Painter(made, both, share).paint(image)
        assert np.array_equal(planes(out)[0], expected)


def test_mixed_is_exact_at_the_ends() -> None:
    one, other = textured(32, 32), picture(32, 32, 10)
    assert np.array_equal(mixed(one, other, 0), one)
    assert np.array_equal(mixed(one, other, 1), other)


def test_comparisons() -> None:
    one, other = picture(64, 48, 200), picture(64, 48, 20)
    pair = beside(one, other)
    assert size(pair) == (128, 48)
    assert planes(pair)[0][5, 5] == 200
    assert planes(pair)[0][5, 100] == 20
    line = split(one, other)
    assert planes(line)[0][5, 5] == 200
    assert planes(line)[0][5, 60] == 20
    assert planes(line)[0][5, 32] == 235
