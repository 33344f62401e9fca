"""Footage painted frame by frame, and the ways of keeping it steady that are held against each other."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from statistics import median
from time import perf_counter
from types import TracebackType
from typing import Self

import numpy as np

from benchmarks.steadiness import SceneTruth, StrongFlow, Truth
from engines.choice import open_engine
from streamstyle import library
from streamstyle.canvas import Canvas, canvas
from streamstyle.frames import Colour, Frame, Image, Source, size
from streamstyle.media.movie import Movie
from streamstyle.packs import read_pack
from streamstyle.painter import Painter
from streamstyle.scenes import open_scene
from streamstyle.temporal.cuts import Cuts
from streamstyle.temporal.detail import Detail
from streamstyle.temporal.flow import Dis
from streamstyle.temporal.layers import Layers
from streamstyle.temporal.sketch import Sketch, Vectors
from streamstyle.temporal.steady import Steady
from streamstyle.temporal.trust import OUTSIDE, Trust
from streamstyle.temporal.warp import Floats, Flow, warp_marked

ON_SCREEN = 30
"""Where the scenes begin: the sprite is in the picture by then."""


@dataclass(frozen=True)
class Footage:
    """A sequence at the size at which it is painted, as it is and frame by frame."""

    name: str
    originals: Sequence[Image]
    plain: Sequence[Image]
    vectors: Sequence[Vectors | None]
    truth: Truth
    colour: Colour
    rate: Fraction
    cuts: Sequence[int]


class Bench:
    """Paints footage in one style."""

    def __init__(self, style: str) -> None:
        self._pack = read_pack(library.find(style))
        self._painters: dict[Canvas, Painter] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for painter in self._painters.values():
            for engine in painter.engines:
                engine.close()

    def scene(self, kind: str, pictures: int) -> Footage:
        """A test scene, at the size at which 16:9 is painted."""
        shape = canvas(1280, 720, self._pack.manifest.short_side)
        scene = open_scene(f"test:{kind}?size={shape.inner_width}x{shape.inner_height}")
        frames = [Frame(scene.picture(ON_SCREEN + index), index, 1 / scene.info.rate) for index in range(pictures)]
        cuts = [index for index in range(1, pictures) if scene.is_cut(ON_SCREEN + index)]
        return self._footage(kind, scene, frames, SceneTruth(scene, ON_SCREEN), cuts)

    def clip(self, name: str, pictures: int) -> Footage:
        """A movie; its flow is searched, its cuts are those that are found."""
        movie = Movie(name, vectors=True)
        try:
            frames = list(islice(movie, pictures))
        finally:
            movie.close()
        footage = self._footage(name, movie, frames, StrongFlow((), ()), ())
        cuts = found_cuts(footage.originals)
        return replace(footage, truth=StrongFlow(footage.originals, cuts), cuts=cuts)

    def painted(self, footage: Footage) -> list[Image]:
        """Footage that another style was painted on, in this one, frame by frame."""
        width, height = size(footage.originals[0])
        painter = self._painter(Canvas(width, height, width, height), footage.colour)
        return [painter.paint(original).copy() for original in footage.originals]

    def _footage(
        self, name: str, source: Source, frames: Sequence[Frame], truth: Truth, cuts: Sequence[int]
    ) -> Footage:
        info = source.info
        shape = canvas(info.width, info.height, self._pack.manifest.short_side)
        painter = self._painter(shape, info.colour)
        originals: list[Image] = []
        plain: list[Image] = []
        vectors: list[Vectors | None] = []
        for frame in frames:
            painted = painter(frame)
            assert painted.inner is not None and painted.painting is not None
            originals.append(painted.inner.copy())
            plain.append(painted.painting.copy())
            scale = shape.inner_width / shape.width
            vectors.append(None if frame.vectors is None else frame.vectors * scale)
        return Footage(name, originals, plain, vectors, truth, info.colour, info.rate, cuts)

    def _painter(self, shape: Canvas, colour: Colour) -> Painter:
        if shape not in self._painters:
            self._painters[shape] = Painter(shape, [open_engine(self._pack, *shape.bordered, colour)])
        return self._painters[shape]


def found_cuts(originals: Sequence[Image]) -> list[int]:
    """The pictures that begin a scene, as the detector sees them."""
    height, width = originals[0].shape[0] // 3, originals[0].shape[1] // 2
    newer, older, cuts = Sketch(width, height), Sketch(width, height), Cuts()
    find = Dis(width, height)
    found = []
    for index, original in enumerate(originals):
        newer, older = older, newer
        newer.take(original)
        if index and cuts(newer.bytes, older.bytes, find(newer, older, None)):
            found.append(index)
            cuts.reset()
    return found


class _Blind(Trust):
    """Believes everything that is inside the picture."""

    def __call__(self, newer: Sketch, older: Sketch, flow: Flow, exposed: float) -> None:
        warp_marked(older.floats, flow, self._change, OUTSIDE)
        np.greater_equal(self._change, 0, out=self.shares, casting="unsafe")


class _Untouched(Detail):
    """Leaves the blend as it is."""

    def __call__(self, picture: Floats, fresh: Floats, shares: Floats) -> None:
        return


class _Averaged(Layers):
    """Carries nothing: everything is averaged along the flow."""

    def follow(self, flow: Flow, shares: Floats, shown: Sequence[Floats], fresh: Sequence[Floats]) -> bool:
        return False


class _Rough(Dis):
    """The search alone, neither refined nor mended."""

    def __call__(self, newer: Sketch, older: Sketch, vectors: Vectors | None) -> Flow:
        self._search.calc(newer.bytes, older.bytes, self._flow)
        return self._flow


def _blend(width: int, height: int) -> Steady:
    steady = _trusting(width, height)
    steady._trust = _Blind(width // 2, height // 2)
    return steady


def _trusting(width: int, height: int) -> Steady:
    steady = _carrying(width, height)
    steady._layers = _Averaged(width, height)
    return steady


def _carrying(width: int, height: int) -> Steady:
    steady = Steady(width, height, "dis")
    steady._detail = _Untouched(width, height)
    return steady


def _rough(width: int, height: int) -> Steady:
    steady = Steady(width, height, "dis")
    steady._find = _Rough(width // 2, height // 2)
    return steady


METHODS: Mapping[str, Callable[[int, int], Steady]] = {
    "flow and blend alone": _blend,
    "and trust": _trusting,
    "and carried paint": _carrying,
    "all but the refined flow": _rough,
    "all, DIS": lambda width, height: Steady(width, height, "dis"),
    "all, DIS, 0.8": lambda width, height: Steady(width, height, "dis", amount=0.8),
}
CODEC = "all, codec"


def steadied(footage: Footage, steady: Steady) -> tuple[list[Image], float]:
    """The footage kept steady, and the median of the milliseconds a picture."""
    pictures, times = [], []
    for original, styled, vectors in zip(footage.originals, footage.plain, footage.vectors, strict=True):
        began = perf_counter()
        picture = steady(original, styled, vectors=vectors)
        times.append((perf_counter() - began) * 1e3)
        pictures.append(picture.copy())
    return pictures, median(times)
