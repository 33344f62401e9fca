"""Strokes of three sizes at once: the multimodal network at 1080p, beside Johnson's at full size and at a third."""

import argparse
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from streamstyle.frames import Image

HELP = "the multimodal network at 1080p, beside Johnson's: a sheet and a table"

SIZE = (1920, 1088)
"""Of what is painted: sides must be multiples of 16. What is shown is 1080 high."""
SHOWN = 1080
CELL = (432, 243)
PAINTING_SIZES = (1024, 512, 256)
"""A painting judged at 1024 shows its brushwork, at 256 its composition; pictures shrink as it does."""
QUALITY = 80


@dataclass(frozen=True, slots=True)
class Column:
    """One way to paint the picture: a style, and the share of the size at which it paints."""

    title: str
    style: str
    share: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weights", type=Path, metavar="FILE", help="SqueezeNet 1.0, for the table")
    parser.add_argument("--paintings", type=Path, metavar="DIR", help="NAME.jpg of the style, for the table")
    parser.add_argument("--painting", default="starry-night", metavar="NAME", help="whose styles are compared")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="what to paint (default: a rocket)")
    parser.add_argument("--out", type=Path, default=Path("multimodal.jpg"), metavar="FILE", help="the sheet")


def run(arguments: Any) -> int:
    from benchmarks.scoring import painted
    from streamstyle import library
    from streamstyle.errors import OutputError
    from streamstyle.packs import read_pack

    columns = columns_of(arguments.painting)
    photo = picture(arguments.picture)
    pictures, seconds = [photo], [0.0]
    for column in columns:
        pack = read_pack(library.find(column.style))
        stride = pack.manifest.stride
        sides = (round(side * column.share / stride) * stride for side in SIZE)
        began = time.perf_counter()
        given = np.asarray(cv2.resize(photo, tuple(sides), interpolation=cv2.INTER_AREA), np.uint8)
        (small,) = painted(pack, [given], "auto")
        seconds.append(time.perf_counter() - began)
        pictures.append(np.asarray(cv2.resize(small, SIZE, interpolation=cv2.INTER_CUBIC), np.uint8))
    titles = ["photo", *(column.title for column in columns)]
    sheet = drawn([one[:SHOWN] for one in pictures], titles)
    if not cv2.imwrite(str(arguments.out), sheet[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY]):
        raise OutputError(f"{arguments.out}: cannot be written")
    print(arguments.out)
    if arguments.weights and arguments.paintings:
        path = arguments.paintings / f"{arguments.painting}.jpg"
        print("\n".join(table(titles, seconds, distances(pictures, path, arguments.weights))))
    return 0


def columns_of(painting: str) -> list[Column]:
    return [
        Column("johnson, whole size", f"{painting}-johnson", 1.0),
        Column("johnson, a third", f"{painting}-johnson", 1 / 3),
        Column("multimodal", f"{painting}-multimodal", 1.0),
    ]


def picture(path: Path | None) -> Image:
    """An RGB picture of 1920x1088; the one of its own is in the public domain, and enlarged."""
    from streamstyle.errors import InputError
    from streamstyle.sheets import filled
    from streamstyle.training.photos import read_picture

    if path is None:
        from skimage.data import rocket

        return filled(np.asarray(rocket(), np.uint8), *SIZE)  # type: ignore[no-untyped-call]
    found = read_picture(path)
    if found is None:
        raise InputError(f"{path}: not a picture that can be read")
    return filled(found, *SIZE)


def drawn(pictures: Sequence[Image], titles: Sequence[str]) -> Image:
    """Whole pictures above, and the middle of each below, pixel for pixel."""
    from streamstyle.sheets import sheet

    width, height = CELL
    details = []
    for one in pictures:
        top, left = (one.shape[0] - height) // 2, (one.shape[1] - width) // 2
        details.append(one[top : top + height, left : left + width])
    return sheet([pictures, details], titles, CELL)


def distances(pictures: Sequence[Image], painting: Path, weights: Path) -> Sequence[Mapping[int, float]]:
    """Of every picture the style distance by the painting's size: what is seen from near, and from afar."""
    import torch

    from streamstyle.training.features import load_features
    from streamstyle.training.losses import grams, style_distance
    from streamstyle.training.objectives import style_of
    from streamstyle.training.paintings import read_paintings
    from streamstyle.training.photos import resized, tensor

    features = load_features("squeezenet1_0", weights)
    styles = {size: style_of(features, read_paintings([painting], size)) for size in PAINTING_SIZES}
    found = []
    with torch.no_grad():
        for one in pictures:
            seen = {size: tensor(resized(one, size / PAINTING_SIZES[0])) for size in styles}
            looks = {size: grams(features(shown), features.taps.style) for size, shown in seen.items()}
            found.append({size: float(style_distance(looks[size], style)) for size, style in styles.items()})
    return found


def table(titles: Sequence[str], seconds: Sequence[float], rows: Sequence[Mapping[int, float]]) -> list[str]:
    """In Markdown."""
    heads = [f"style distance, painting at {size}" for size in PAINTING_SIZES]
    lines = [f"| painted by | {' | '.join(heads)} | seconds, opening included |", "|" + "---|" * (len(heads) + 2)]
    for title, took, row in zip(titles, seconds, rows, strict=True):
        values = [f"{row[size]:.2g}" for size in PAINTING_SIZES]
        lines.append(f"| {title} | {' | '.join(values)} | {f'{took:.1f}' if took else ''} |")
    return lines
