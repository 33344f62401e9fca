"""The step, with a painter that flickers: steady where it should be, fresh where it must be, and crisp."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from benchmarks.steadiness import SceneTruth, figures
from streamstyle.canvas import Canvas, shrunk
from streamstyle.frames import Image, planes
from streamstyle.scenes import Scene, open_scene
from streamstyle.temporal import Steady

FIRST = 30


def flickering(original: Image, index: int) -> Image:
    """A painting of sorts: darker or lighter each time, with other strokes each time."""
    random = np.random.default_rng((3, index))
    height, width = planes(original)[0].shape
    strokes = random.normal(0, 45, (height, width)).astype(np.float32)
    strokes = cv2.GaussianBlur(strokes, (0, 0), 1.0) + random.normal(0, 1.5)
    painting = original.copy()
    luma = planes(painting)[0]
    luma[:] = np.clip(40 + luma * 0.75 + strokes, 0, 255)
    return painting


def paired(scene: Scene, pictures: int, first: int = FIRST) -> tuple[list[Image], list[Image]]:
    originals = [scene.picture(first + index) for index in range(pictures)]
    return originals, [flickering(original, index) for index, original in enumerate(originals)]


def steadied(steady: Steady, originals: list[Image], paintings: list[Image]) -> list[Image]:
    return [steady(original, painting).copy() for original, painting in zip(originals, paintings, strict=True)]


@pytest.fixture(scope="module")
def measured() -> Callable[[str], tuple[float, float, float, float | None, float | None]]:
    """Per scene: the error of input, frame by frame and steady, ghosts and fine detail."""

    def measure(name: str) -> tuple[float, float, float, float | None, float | None]:
        scene = open_scene(f"test:{name}?size=640x360")
        originals, paintings = paired(scene, 50)
        truth, colour = SceneTruth(scene, FIRST), scene.info.colour
        found = figures(steadied(Steady(640, 360, "dis"), originals, paintings), paintings, truth, colour)
        source, plain = (figures(each, paintings, truth, colour) for each in (originals, paintings))
        return source.error, plain.error, found.error, found.ghosts, found.sharpness

    return measure


@pytest.mark.parametrize("name", ["pan", "zoom", "rotate", "sprite"])
def test_moving_scenes_flicker_hardly_more_than_the_input(
    name: str, measured: Callable[[str], tuple[float, float, float, float | None, float | None]]
) -> None:
    source, plain, steady, ghosts, detail = measured(name)
    assert plain > 15
    assert steady < source + 3
    assert detail is not None and 0.7 < detail < 1.3
    if name == "sprite":
        assert ghosts is not None and ghosts < 0.12


def test_a_still_scene_with_noise_is_still(
    measured: Callable[[str], tuple[float, float, float, float | None, float | None]],
) -> None:
    source, plain, steady, _, _ = measured("noise")
    assert source > 2
    assert plain > 15
    assert steady < 2


def test_the_first_picture_after_a_cut_is_the_fresh_one() -> None:
    scene, steady = open_scene("test:cut?size=320x180"), Steady(320, 180, "dis")
    originals, paintings = paired(scene, 60, first=0)
    results = steadied(steady, originals, paintings)
    assert [scene.is_cut(index) for index in (24, 48)] == [True, True]
    same = [index for index in range(60) if np.array_equal(results[index], paintings[index])]
    assert same == [0, 24, 48]


def test_gaps_and_resets_forget() -> None:
    originals, paintings = paired(open_scene("test:pan?size=320x180"), 4)
    steady = Steady(320, 180, "dis")
    steadied(steady, originals, paintings)
    assert not np.array_equal(steady(originals[1], paintings[1]), paintings[1])
    assert np.array_equal(steady(originals[2], paintings[2], gap=True), paintings[2])
    assert not np.array_equal(steady(originals[3], paintings[3]), paintings[3])
    steady.reset()
    assert np.array_equal(steady(originals[0], paintings[0]), paintings[0])


@pytest.mark.parametrize("name", ["noise", "pan"])
def test_another_size_comes_in_softly(name: str) -> None:
    """As when the live filter gives way to a busy machine: nobody sees the moment."""

    def jump(before: Image, after: Image) -> float:
        small = cv2.resize(planes(before)[0], (240, 136), interpolation=cv2.INTER_AREA)
        other = cv2.resize(planes(after)[0], (240, 136), interpolation=cv2.INTER_AREA)
        return float(np.abs(small.astype(int) - other)[8:-8, 8:-8].mean())

    scene = open_scene(f"test:{name}?size=640x360")
    originals, paintings = paired(scene, 12)
    steady = Steady(640, 360, "dis")
    before = steadied(steady, originals, paintings)
    original = shrunk(scene.picture(FIRST + 12), Canvas(640, 360, 480, 270))
    painting = flickering(original, 99)
    after = steady.resized(480, 270)(original, painting)
    usual = jump(before[-2], before[-1])
    assert jump(before[-1], painting) > 6
    assert jump(before[-1], after) < usual + 2


def test_without_flow_or_amount_every_picture_is_fresh() -> None:
    originals, paintings = paired(open_scene("test:pan?size=320x180"), 4)
    for result in (
        steadied(Steady(320, 180, "off"), originals, paintings),
        steadied(Steady(320, 180, "dis", amount=0.0), originals, paintings),
    ):
        assert all(np.array_equal(a, b) for a, b in zip(result, paintings, strict=True))


def test_the_amount_can_change_from_picture_to_picture() -> None:
    originals, paintings = paired(open_scene("test:noise?size=320x180"), 3)
    steady = Steady(320, 180, "dis")
    first = steady(originals[0], paintings[0]).astype(int)
    strong = steady(originals[1], paintings[1], amount=0.95).astype(int).copy()
    steady.reset()
    steady(originals[0], paintings[0])
    weak = steady(originals[1], paintings[1], amount=0.3).astype(int)
    assert np.abs(strong - first).mean() < 0.3 * np.abs(weak - first).mean()


def test_what_is_given_is_left_as_it_is() -> None:
    originals, paintings = paired(open_scene("test:sprite?size=320x180"), 3)
    before = [picture.copy() for picture in (*originals, *paintings)]
    steadied(Steady(320, 180, "dis"), originals, paintings)
    assert all(np.array_equal(a, b) for a, b in zip(before, (*originals, *paintings), strict=True))


def test_a_sudden_change_of_light_is_seen_at_once() -> None:
    scene, steady = open_scene("test:exposure?size=320x180"), Steady(320, 180, "dis")
    originals = [scene.picture(index) for index in range(55, 64)]
    # A painter that keeps to the light of what it paints.
    results = steadied(steady, originals, originals)
    step = 5
    means = [planes(picture)[0].mean() for picture in originals]
    assert means[step] - means[step - 1] < -20
    assert abs(planes(results[step])[0].mean() - means[step]) < 1


@pytest.mark.parametrize(("width", "height"), [(48, 48), (50, 38), (330, 186), (96, 720)])
def test_any_even_size(width: int, height: int) -> None:
    scene = open_scene(f"test:pan?size={width}x{height}")
    originals, paintings = paired(scene, 4)
    results = steadied(Steady(width, height, "dis"), originals, paintings)
    assert [result.shape for result in results] == [picture.shape for picture in paintings]
    assert not np.array_equal(results[3], paintings[3])


def drift(pictures: int) -> tuple[float, float]:
    """How far a still, noisy scene has gone from where it began: the mean, and the worst place of a blurred picture."""
    scene, steady = open_scene("test:noise?size=96x54"), Steady(96, 54, "dis")
    rng = np.random.default_rng(5)
    noise = rng.normal(0, 6, (32, 54, 96))
    total, late = np.zeros((54, 96)), np.zeros((54, 96))
    for index in range(pictures):
        original = scene.picture(index)
        painting = original.copy()
        luma = planes(painting)[0]
        luma[:] = np.clip(luma * 0.8 + 30 + noise[index % 32], 0, 255)
        result = planes(steady(original, painting))[0]
        if 20 <= index < 84:
            total += result
        if index >= pictures - 64:
            late += result
    change = (late - total) / 64
    return abs(float(change.mean())), float(np.abs(cv2.blur(change, (5, 5))).max())


def test_a_thousand_pictures_end_where_they_began() -> None:
    mean, worst = drift(1_000)
    assert mean < 0.2
    assert worst < 1


@pytest.mark.slow
def test_ten_thousand_pictures_end_where_they_began() -> None:
    mean, worst = drift(10_000)
    assert mean < 0.2
    assert worst < 1


@pytest.mark.slow
def test_the_detail_is_there_after_two_hundred_pictures() -> None:
    scene = open_scene("test:pan?size=640x360")
    originals, paintings = paired(scene, 220)
    found = figures(
        steadied(Steady(640, 360, "dis"), originals, paintings), paintings, SceneTruth(scene, FIRST), scene.info.colour
    )
    assert found.sharpness is not None and 0.75 < found.sharpness < 1.25
