"""The figures of one style, part by part: what is quick first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor

from benchmarks.measures import Measures, style_distance, tensor
from benchmarks.yardsticks import decibels, frechet, grid_ratios, optimised
from engines.choice import open_engine
from streamstyle.colour import HOUSE, from_rgb, to_rgb
from streamstyle.errors import InputError
from streamstyle.frames import Image
from streamstyle.packs import Pack
from streamstyle.training.cartoons import read_cartoons

SIZE, SMALL = (480, 320), (320, 208)
"""Of the photos, and of those that are optimised: that takes a hundred passes and back."""
_PICTURES = {".jpg", ".jpeg", ".png"}

Part = Mapping[str, Any]


@dataclass(frozen=True)
class Losses:
    """What a style was trained to make small: its painting and the weights."""

    painting: list[Tensor]
    style: float
    content: float
    tv: float

    def total(self, measures: Measures, pictures: Tensor, content: Tensor) -> Tensor:
        style, kept = measures.both(pictures, self.painting, content)
        down = (pictures[..., 1:, :] - pictures[..., :-1, :]).square().mean()
        across = (pictures[..., 1:] - pictures[..., :-1]).square().mean()
        return self.style * style + self.content * kept + self.tv * (down + across)


class Scorer:
    """Holds the photos and what was measured of them once."""

    def __init__(
        self, measures: Measures, paths: Sequence[Path], paintings: Path, cartoons: Path | None, few: int, steps: int
    ) -> None:
        self._measures, self._paintings, self._cartoons = measures, paintings, cartoons
        self._photos = [photo(path, SIZE) for path in paths]
        self._few = [photo(path, SMALL) for path in paths[:few]]
        self._steps = steps

    @classmethod
    def of(cls, arguments: Any) -> "Scorer":
        paths = sorted(path for path in arguments.photos.glob("*") if path.suffix.lower() in _PICTURES)
        if not paths:
            raise InputError(f"{arguments.photos}: no photos in it")
        step = max(1, len(paths) // arguments.count)
        chosen = paths[::step][: arguments.count]
        measures = Measures(arguments.weights)
        few, steps = arguments.optimised, arguments.iterations
        return cls(measures, chosen, arguments.paintings, arguments.cartoons, few, steps)

    def parts(self, pack: Pack) -> Iterator[Part]:
        """Figures by name; the last part says that all are there."""
        plain = painted(pack, self._photos, "fp32")
        yield self._grid(plain)
        losses = self._losses(pack)
        yield self._distances(plain, losses)
        if pack.has_int8:
            yield self._int8(plain, painted(pack, self._photos, "int8"), losses)
        if losses is None:
            yield from self._likeness(plain)
        else:
            yield self._optimised(pack, losses)
        yield {"done": True}

    @torch.no_grad()
    def _distances(self, pictures: Sequence[Image], losses: Losses | None) -> Part:
        kept = [
            float(self._measures.content_distance(tensor(picture), self._measures.content(tensor(photo))))
            for picture, photo in zip(pictures, self._photos, strict=True)
        ]
        if losses is None:
            return {"content_distance": median(kept)}
        return {
            "style_distance": self._style(pictures, losses),
            "photo_style_distance": self._style(self._photos, losses),
            "content_distance": median(kept),
        }

    @torch.no_grad()
    def _style(self, pictures: Sequence[Image], losses: Losses) -> float:
        grams = (self._measures.grams(tensor(picture)) for picture in pictures)
        return median(float(style_distance(found, losses.painting)) for found in grams)

    def _grid(self, pictures: Sequence[Image]) -> Part:
        return {"grid": worst_grid(pictures), "photo_grid": worst_grid(self._photos)}

    def _int8(self, plain: Sequence[Image], rough: Sequence[Image], losses: Losses | None) -> Part:
        part: dict[str, Any] = {"int8_db": median(map(decibels, plain, rough))}
        if losses is not None:
            change = self._style(rough, losses) / self._style(plain, losses) - 1
            part["int8_style"] = f"{change:+.1%}"
        return part

    def _optimised(self, pack: Pack, losses: Losses) -> Part:
        ratios = []
        for picture, photo in zip(painted(pack, self._few, "fp32"), self._few, strict=True):
            content = self._measures.content(tensor(photo))

            def loss(pixels: Tensor, content: Tensor = content) -> Tensor:
                return losses.total(self._measures, pixels, content)

            with torch.no_grad():
                ours = float(loss(tensor(picture)))
            ratios.append(ours / optimised(tensor(photo), loss, self._steps)[1])
        return {"total_ratio": median(ratios)}

    def _likeness(self, pictures: Sequence[Image]) -> Iterator[Part]:
        if self._cartoons is None:
            return
        cartoons = self._samples(read_cartoons(self._cartoons, SIZE[1]))
        photos, ours = self._samples(self._photos), self._samples(pictures)
        yield {
            "to_cartoons": frechet(ours, cartoons),
            "photo_to_cartoons": frechet(photos, cartoons),
            "to_photos": frechet(ours, photos),
        }

    def _samples(self, pictures: Sequence[Image]) -> Any:
        return np.concatenate([self._measures.samples(tensor(picture)) for picture in pictures])

    def _losses(self, pack: Pack) -> Losses | None:
        """What the manifest says of the training; None for a style that has no painting."""
        training = pack.manifest.training
        path = self._painting(pack)
        if path is None:
            return None
        picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if picture is None:
            raise InputError(f"{path}: not a picture")
        scale = int(training.get("style_size", 384)) / min(picture.shape[:2])
        interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        sized = cv2.cvtColor(
            cv2.resize(picture, None, fx=scale, fy=scale, interpolation=interpolation), cv2.COLOR_BGR2RGB
        )
        with torch.no_grad():
            grams = self._measures.grams(tensor(np.asarray(sized, np.uint8)))
        weights = (float(training.get(f"{name}_weight", usual)) for name, usual in WEIGHTS.items())
        return Losses(grams, *weights)

    def _painting(self, pack: Pack) -> Path | None:
        """By the longest name that the style's begins with: starry-night-multimodal is of starry-night.jpg."""
        fitting = [path for path in self._paintings.glob("*") if pack.name.startswith(path.stem)]
        return max(fitting, key=lambda path: len(path.stem), default=None)


WEIGHTS = {"style": 10.0, "content": 1.0, "tv": 0.1}
"""Where a manifest names none."""


def photo(path: Path, size: tuple[int, int]) -> Image:
    """An RGB photo scaled and cut to (width, height)."""
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise InputError(f"{path}: not a picture")
    width, height = size
    scale = max(width / picture.shape[1], height / picture.shape[0])
    sides = max(width, round(picture.shape[1] * scale)), max(height, round(picture.shape[0] * scale))
    sized = cv2.resize(picture, sides, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    left, top = (sides[0] - width) // 2, (sides[1] - height) // 2
    return np.asarray(cv2.cvtColor(sized[top : top + height, left : left + width], cv2.COLOR_BGR2RGB), np.uint8)


def painted(pack: Pack, photos: Sequence[Image], precision: str) -> list[Image]:
    """The photos in a style; all are of one size."""
    height, width = photos[0].shape[:2]
    engine = open_engine(pack, width, height, HOUSE, precision=precision)
    try:
        return [to_rgb(engine(from_rgb(picture, HOUSE)[None])[0].copy(), HOUSE) for picture in photos]
    finally:
        engine.close()


def worst_grid(pictures: Sequence[Image]) -> float:
    """The largest of the grids' energies, each taken as its median over the pictures."""
    ratios = [grid_ratios(picture) for picture in pictures]
    return max(median(ratio[name] for ratio in ratios) for name in ratios[0])
