"""Test scenes: deterministic, of any size and rate, and with a flow that is true."""

from fractions import Fraction
from itertools import islice

import cv2
import numpy as np
import pytest

from streamstyle.errors import UsageError
from streamstyle.frames import planes, size
from streamstyle.scenes import open_scene, scene_names

SMALL = "?size=320x180"


@pytest.mark.parametrize("name", scene_names())
def test_every_scene_draws_the_same_pictures_again(name: str) -> None:
    first, second = open_scene(f"{name}{SMALL}&seconds=0.2"), open_scene(f"{name}{SMALL}&seconds=0.2")
    pictures = [frame.image for frame in first]
    assert len(pictures) == 6 == first.info.frames
    assert [size(picture) for picture in pictures] == [(320, 180)] * 6
    assert all(np.array_equal(a, b.image) for a, b in zip(pictures, second, strict=True))
    assert np.array_equal(second.picture(4), pictures[4])
    assert pictures[0].std() > 20


def test_time_stamps_follow_the_rate() -> None:
    frames = list(islice(open_scene("test:zoom?size=64x48&rate=30000/1001"), 4))
    assert [frame.pts for frame in frames] == [0, 1, 2, 3]
    assert frames[3].pts * frames[3].time_base == Fraction(3 * 1001, 30000)


def test_odd_sizes_are_padded_and_said_to_be_cropped() -> None:
    scene = open_scene("test:pan?size=161x91")
    assert (scene.info.width, scene.info.height, scene.info.shown) == (162, 92, (161, 91))
    assert size(scene.picture(0)) == (162, 92)
    assert open_scene("test:pan?size=160x90").info.crop is None


def test_closing_ends_the_pictures() -> None:
    scene = open_scene(f"test:noise{SMALL}")
    pictures = iter(scene)
    next(pictures)
    scene.close()
    scene.close()
    assert next(pictures, None) is None


@pytest.mark.parametrize("name", ["test:pan", "test:zoom", "test:rotate", "test:sprite"])
def test_the_flow_is_exact(name: str) -> None:
    scene = open_scene(f"{name}?size=640x360")
    for here, there in ((40, 41), (41, 40), (50, 47)):
        first, second = (planes(scene.picture(index))[0] for index in (here, there))
        flow, seen = scene.flow(here, there), ~scene.occluded(here, there)
        x, y = np.meshgrid(np.arange(640, dtype=np.float32), np.arange(360, dtype=np.float32))
        warped = cv2.remap(second, x + flow[..., 0], y + flow[..., 1], cv2.INTER_CUBIC).astype(np.float32)
        wrong = np.abs(warped - first)
        assert np.sqrt((wrong[seen] ** 2).mean()) < 4
        # Half a pixel beside the truth is worse: the flow is exact, not only near.
        beside = cv2.remap(second, x + flow[..., 0] + 0.5, y + flow[..., 1], cv2.INTER_CUBIC).astype(np.float32)
        assert (np.abs(beside - first)[seen] ** 2).mean() > 2 * (wrong[seen] ** 2).mean()


def test_occlusion_is_where_the_sprite_came_from() -> None:
    scene = open_scene("test:sprite?size=640x360")
    hidden = scene.occluded(60, 57)
    assert 300 < hidden.sum() < 15_000
    first, before = (planes(scene.picture(index))[0].astype(int) for index in (60, 57))
    flow = scene.flow(60, 57)
    assert np.abs(flow[hidden]).max() == 0
    assert np.abs(first - before)[hidden].mean() > 5 * np.abs(first - before)[~hidden & (flow[..., 0] == 0)].mean()


def test_noise_has_the_level_asked_for() -> None:
    scene = open_scene("test:noise?size=640x360&noise=2")
    first, second = (planes(scene.picture(index))[0].astype(float) for index in (3, 4))
    assert (first - second).std() == pytest.approx(2 * np.sqrt(2), rel=0.05)


def test_cuts_are_known_and_everything_is_hidden_across_them() -> None:
    scene = open_scene("test:cut?size=320x180")
    cuts = [index for index in range(100) if scene.is_cut(index)]
    assert cuts == [24, 48, 72, 96]
    assert scene.occluded(24, 23).all()
    assert not scene.occluded(23, 22).all()
    assert not any(open_scene("test:flash?size=320x180").is_cut(index) for index in range(100))


def test_exposure_and_flash_change_the_light_and_nothing_else() -> None:
    exposure, flash = open_scene(f"test:exposure{SMALL}"), open_scene(f"test:flash{SMALL}")
    means = [planes(exposure.picture(index))[0].mean() for index in (59, 60)]
    assert means[0] - means[1] > 20
    means = [planes(flash.picture(index))[0].mean() for index in (20, 21, 25)]
    assert means[1] - means[0] > 60
    assert abs(means[2] - means[0]) < 3
    assert np.abs(exposure.flow(0, 60)).max() == 0


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("test:pna", "did you mean pan"),
        ("test:", "there are pan, zoom"),
        ("test:pan?sise=64x64", "did you mean size"),
        ("test:pan?size=64", "like 640x360"),
        ("test:pan?size=64x100000", "from 16 to 4096"),
        ("test:pan?seconds=-1", "above zero"),
        ("test:pan?seconds=nan", "above zero"),
        ("test:pan?rate=1/0", "pictures a second"),
        ("test:pan?rate=0", "pictures a second"),
        ("test:pan?rate", "options are written like"),
        ("test:pan?noise=loud", "grey levels"),
    ],
)
def test_what_makes_no_sense_is_refused(name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        open_scene(name)
