"""Every second picture painted: which ones, and where the others have theirs from."""

from fractions import Fraction

import numpy as np
import pytest

from streamstyle.canvas import canvas
from streamstyle.frames import Batch, EngineSpec, Frame, Image, planes
from streamstyle.painter import Painted, Painter
from streamstyle.scenes import open_scene
from streamstyle.sparing import Sparing

WIDTH, HEIGHT = 320, 192


class Negative:
    """An engine whose paintings are told from pictures, and counted."""

    def __init__(self, width: int, height: int) -> None:
        self.spec = EngineSpec("test", "CPU", "fp32", 1, height, width)
        self.calls = 0

    def __call__(self, images: Batch) -> Batch:
        self.calls += 1
        return 255 - images

    def close(self) -> None: ...


def painter() -> tuple[Painter, Negative]:
    shape = canvas(WIDTH, HEIGHT, HEIGHT)
    engine = Negative(*shape.bordered)
    return Painter(shape, [engine]), engine


def scene(kind: str, first: int, pictures: int) -> list[Image]:
    shown = open_scene(f"test:{kind}?size={WIDTH}x{HEIGHT}")
    return [shown.picture(first + index) for index in range(pictures)]


def painted(sparing: Sparing, pictures: list[Image]) -> list[Painted]:
    return [sparing(Frame(picture, index, Fraction(1, 30))) for index, picture in enumerate(pictures)]


@pytest.mark.parametrize(("every", "calls"), [(1, 12), (2, 6), (3, 4)])
def test_one_of_so_many_is_painted(every: int, calls: int) -> None:
    whole, engine = painter()
    results = painted(Sparing(whole, every), scene("pan", 30, 12))
    assert engine.calls == calls
    assert [result.pts for result in results] == list(range(12))


@pytest.mark.parametrize("kind", ["pan", "noise"])
def test_what_is_carried_lies_where_it_would_be_painted(kind: str) -> None:
    pictures = scene(kind, 30, 8)
    results = painted(Sparing(painter()[0], 2), pictures)
    for before, picture, result in zip(results[::2], pictures[1::2], results[1::2], strict=True):
        assert before.painting is not None and result.painting is not None and result.inner is picture
        wanted = planes(255 - picture)[0].astype(int)
        moved, stale = (np.abs(planes(each)[0] - wanted).mean() for each in (result.painting, before.painting))
        assert moved < 4
        assert kind == "noise" or moved < stale / 2


def test_another_scene_is_painted_at_once() -> None:
    pictures = [*scene("pan", 30, 3), *scene("sprite", 30, 3)]
    whole, engine = painter()
    results = painted(Sparing(whole, 2), pictures)
    assert engine.calls == 4, "0, 2, the cut at 3, 5"
    assert same(results[3].painting, 255 - pictures[3])


def test_paintings_that_were_given_away_stay_as_they_are() -> None:
    pictures = scene("pan", 30, 6)
    results = painted(Sparing(painter()[0], 2), pictures)
    for picture, result in zip(pictures[::2], results[::2], strict=True):
        assert same(result.painting, 255 - picture)


def same(painting: Image | None, wanted: Image) -> bool:
    return painting is not None and np.array_equal(painting, wanted)
