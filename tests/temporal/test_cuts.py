"""Cuts: every kind is found, and nothing else is taken for one."""

import numpy as np
import pytest

from streamstyle.scenes import Scene, open_scene
from streamstyle.temporal.cuts import Cuts
from streamstyle.temporal.flow import Dis
from streamstyle.temporal.sketch import Sketch


def found(scene: Scene, pictures: range) -> list[int]:
    width, height = scene.info.width // 2, scene.info.height // 2
    newer, older, cuts, find = Sketch(width, height), Sketch(width, height), Cuts(), Dis(width, height)
    seen = []
    for index in pictures:
        newer, older = older, newer
        newer.take(scene.picture(index))
        if index == pictures.start:
            continue
        older.expose_like(newer)
        if cuts(newer.bytes, older.bytes, find(newer, older, None)):
            seen.append(index)
            cuts.reset()
    return seen


@pytest.mark.parametrize("options", ["", "&noise=4&rate=10"])
def test_all_kinds_of_cuts_are_found(options: str) -> None:
    scene = open_scene(f"test:cut?size=320x180{options}")
    pictures = range(0, 330 if "rate" not in options else 110)
    wanted = [index for index in pictures if scene.is_cut(index)]
    assert len(wanted) >= 13
    assert found(scene, pictures) == wanted


@pytest.mark.parametrize(
    "name",
    [
        "test:flash?size=320x180",
        "test:flash?size=320x180&speed=4",
        "test:pan?size=320x180&speed=12",
        "test:pan?size=320x180&speed=25",
        "test:zoom?size=320x180&speed=8",
        "test:rotate?size=320x180&speed=8",
        "test:sprite?size=320x180&speed=3",
        "test:exposure?size=320x180",
        "test:noise?size=320x180&noise=20",
    ],
)
def test_nothing_else_is_a_cut(name: str) -> None:
    assert found(open_scene(name), range(0, 70)) == []


def test_black_and_white_pictures_are_no_cuts_but_what_follows_may_be() -> None:
    scene, cuts = open_scene("test:cut?size=320x180"), Cuts()
    still = np.zeros((90, 160, 2), np.float32)
    first, other = Sketch(160, 90), Sketch(160, 90)
    first.take(scene.picture(20))
    other.take(scene.picture(30))
    assert not cuts(np.full_like(first.bytes, 250), first.bytes, still)
    assert not cuts(first.bytes, np.full_like(first.bytes, 250), still)
    assert not cuts(first.bytes, np.zeros_like(first.bytes), still)
    assert cuts(other.bytes, first.bytes, still)
