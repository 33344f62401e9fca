"""The figures of one style, part by part: what is quick first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.yardsticks import frechet, grid_ratios, optimised, samples
from engines.choice import open_engine
from streamstyle.colour import HOUSE, from_rgb, to_rgb
from streamstyle.errors import InputError
from streamstyle.frames import Image
from streamstyle.packs import Pack
from streamstyle.training.cartoons import read_cartoons
from streamstyle.training.features import Features, load_features
from streamstyle.training.graphs import decibels
from streamstyle.training.losses import Grams, grams, relative, style_distance, total_variation
from streamstyle.training.objectives import style_of
from streamstyle.training.paintings import read_paintings
from streamstyle.training.photos import HELD_OUT, picture_paths, read_picture, resized, tensor

SIZE, SMALL = (480, 320), (320, 208)
"""Of the photos, and of those that are optimised: that takes a hundred passes and back."""
FRECHET_LAYER = 4
"""Its 128 features are textures and colours, not yet things: cartoons and photos show different ones."""

Part = Mapping[str, Any]


@dataclass(frozen=True)
class Losses:
    """What a style was trained to make small: its painting and the weights."""

    painting: Grams
    style: float
    content: float
    tv: float

    def total(self, features: Features, picture: Tensor, content: Tensor) -> Tensor:
        found, taps = features(picture), features.taps
        style = style_distance(grams(found, taps.style), self.painting)
        kept = relative(found[taps.content], content)
        return self.style * style + self.content * kept + self.tv * total_variation(picture)


class Scorer:
    """Holds the photos and what was measured of them once."""

    def __init__(
        self, features: Features, paths: Sequence[Path], paintings: Path, cartoons: Path | None, few: int, steps: int
    ) -> None:
        self._features, self._paintings, self._cartoons = features, paintings, cartoons
        self._photos = [photo(path, SIZE) for path in paths]
        self._few = [photo(path, SMALL) for path in paths[:few]]
        self._steps = steps

    @classmethod
    def of(cls, arguments: Any) -> "Scorer":
        paths = picture_paths(arguments.photos)
        if not paths:
            raise InputError(f"{arguments.photos}: no photos in it")
        # As `train` holds photos out: of the same folder these are those that no style has seen.
        step = max(4, len(paths) // HELD_OUT)
        chosen = paths[::step][: arguments.count]
        features = load_features("squeezenet1_0", arguments.weights)
        few, steps = arguments.optimised, arguments.iterations
        return cls(features, chosen, arguments.paintings, arguments.cartoons, few, steps)

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
        content = self._features.content
        kept = [
            float(relative(content(tensor(picture)), content(tensor(photo))))
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
        found = (grams(self._features(tensor(picture)), self._features.taps.style) for picture in pictures)
        return median(float(style_distance(one, losses.painting)) for one in found)

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
            content = self._features.content(tensor(photo))

            def loss(pixels: Tensor, content: Tensor = content) -> Tensor:
                return losses.total(self._features, pixels, content)

            with torch.no_grad():
                ours = float(loss(tensor(picture)))
            ratios.append(ours / optimised(tensor(photo), loss, self._steps)[1])
        return {"total_ratio": median(ratios)}

    def _likeness(self, pictures: Sequence[Image]) -> Iterator[Part]:
        if self._cartoons is None:
            return
        cartoons = self._samples(read_cartoons(self._cartoons, SIZE[1]))
        photos, ours = self._samples(self._photos), self._samples(pictures)
        # In units of the cartoons' own spread: features have none.
        unit = float(cartoons.var(axis=0).sum())
        yield {
            "to_cartoons": frechet(ours, cartoons) / unit,
            "photo_to_cartoons": frechet(photos, cartoons) / unit,
            "to_photos": frechet(ours, photos) / unit,
        }

    def _samples(self, pictures: Sequence[Image]) -> Any:
        layers = self._features.layers[: FRECHET_LAYER + 1]
        inputs = ((tensor(picture) - self._features.mean) / self._features.deviation for picture in pictures)
        return np.concatenate([samples(layers(given)) for given in inputs])

    def _losses(self, pack: Pack) -> Losses | None:
        """What the manifest says of the training; None for a style that has no painting."""
        training = pack.manifest.training
        path = self._painting(pack)
        if path is None:
            return None
        painting = read_paintings([path], int(training.get("style_size", 384)))
        weights = (float(training.get(f"{name}_weight", usual)) for name, usual in WEIGHTS.items())
        return Losses(style_of(self._features, painting), *weights)

    def _painting(self, pack: Pack) -> Path | None:
        """By the longest name that the style's begins with: starry-night-multimodal is of starry-night.jpg."""
        fitting = [path for path in self._paintings.glob("*") if pack.name.startswith(path.stem)]
        return max(fitting, key=lambda path: len(path.stem), default=None)


WEIGHTS = {"style": 10.0, "content": 1.0, "tv": 0.1}
"""Where a manifest names none."""


def photo(path: Path, size: tuple[int, int]) -> Image:
    """An RGB photo scaled and cut to (width, height)."""
    picture = read_picture(path)
    if picture is None:
        raise InputError(f"{path}: not a picture")
    width, height = size
    scale = max(width / picture.shape[1], height / picture.shape[0])
    sized = resized(picture, scale * 1.001)
    left, top = (sized.shape[1] - width) // 2, (sized.shape[0] - height) // 2
    return np.ascontiguousarray(sized[top : top + height, left : left + width])


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
