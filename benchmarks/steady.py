"""How steady a style is: scenes with exact flow and real clips, frame by frame, by parts, and all together."""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.steady_runs import Bench, Footage
    from streamstyle.frames import Colour, Image

HELP = "warping error, ghosts, sharpness and cost of keeping a style steady"
SCENES = "pan,zoom,rotate,sprite,noise,exposure,cut"
LONG, SHORT = 220, 60
Distance = Callable[[Sequence["Image"], "Colour"], float]


@dataclass(frozen=True, slots=True)
class Row:
    """One way of painting one piece of footage."""

    footage: str
    method: str
    error: float
    ratio: float | None = None
    """The squared error as a share of frame by frame's."""
    johnson: float | None = None
    """And of what Johnson's network, frame by frame, has on the same footage."""
    ghosts: float | None = None
    sharpness: float | None = None
    cut: int | None = None
    """The largest difference to frame by frame in a first picture after a cut, in grey levels."""
    style: float | None = None
    milliseconds: float | None = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--style", default="starry-night", metavar="NAME|FILE", help="the style to keep steady")
    parser.add_argument(
        "--beside", default="starry-night-johnson", metavar="NAME|FILE", help="Johnson's network, frame by frame"
    )
    parser.add_argument("--scenes", default=SCENES, metavar="NAMES", help="scenes, with commas between")
    parser.add_argument("--clips", type=Path, metavar="DIR|FILE", help="measure movies as well")
    parser.add_argument("--pictures", type=int, default=LONG, metavar="N", help="pictures of each scene and clip")
    parser.add_argument("--quick", action="store_true", help=f"{SHORT} pictures of each")
    parser.add_argument("--weights", type=Path, metavar="FILE", help="SqueezeNet 1.0, for the style distance")
    parser.add_argument("--painting", type=Path, metavar="FILE", help="the style's painting, for the style distance")
    parser.add_argument("--out", type=Path, default=Path("steady.md"), metavar="FILE", help="the table, in Markdown")
    parser.add_argument("--slice", type=Path, metavar="FILE.png", help="one row of pixels over time, and no table")
    parser.add_argument(
        "--before-after", type=Path, metavar="FILE.mp4", help="frame by frame beside steady, and no table"
    )


def run(arguments: Any) -> int:
    from benchmarks.machine import description, line
    from benchmarks.steady_runs import Bench

    pictures = SHORT if arguments.quick else arguments.pictures
    with Bench(arguments.style) as bench, Bench(arguments.beside) as johnson:
        footage = _footage(bench, arguments, pictures)
        if arguments.slice or arguments.before_after:
            return _pictured(next(footage), arguments)
        distance = _distance(arguments)
        rows: list[Row] = []
        for piece in footage:
            rows += measured(piece, johnson.painted(piece), distance)
            # Written after every piece: a long run that is stopped has something to show.
            arguments.out.write_text(table(rows, arguments.style, line(description())))
    print(arguments.out)
    return 0


def measured(footage: "Footage", johnson: Sequence["Image"], distance: Distance | None) -> Iterator[Row]:
    """The input, frame by frame, and every method; Johnson's network is what others show."""
    from benchmarks.steadiness import figures
    from benchmarks.steady_runs import CODEC, METHODS, steadied
    from streamstyle.frames import size
    from streamstyle.temporal import Steady

    colour, width_height = footage.colour, size(footage.originals[0])

    def style(pictures: Sequence["Image"]) -> float | None:
        return distance(pictures[25::20], colour) if distance else None

    source = figures(footage.originals, footage.plain, footage.truth, colour)
    yield _said(Row(footage.name, "input", source.error, style=style(footage.originals)))
    others = figures(johnson, johnson, footage.truth, colour).error
    yield _said(Row(footage.name, "Johnson, frame by frame", others, johnson=1.0, style=style(johnson)))
    plain = figures(footage.plain, footage.plain, footage.truth, colour)
    share = (plain.error / others) ** 2
    yield _said(Row(footage.name, "frame by frame", plain.error, 1.0, share, None, 1.0, None, style(footage.plain)))
    methods = dict(METHODS)
    if any(vectors is not None for vectors in footage.vectors):
        methods[CODEC] = lambda width, height: Steady(width, height, "codec")
    for name, method in methods.items():
        pictures, milliseconds = steadied(footage, method(*width_height))
        found = figures(pictures, footage.plain, footage.truth, colour)
        ratio = (found.error / plain.error) ** 2
        cut = max((_difference(pictures[index], footage.plain[index]) for index in footage.cuts), default=None)
        yield _said(
            Row(
                footage.name,
                name,
                found.error,
                ratio,
                (found.error / others) ** 2,
                found.ghosts,
                found.sharpness,
                cut,
                style(pictures),
                milliseconds,
            )
        )


def table(rows: Sequence[Row], style: str, machine: str) -> str:
    """Markdown, with the machine named."""
    head = (
        f"# Steadiness of {style}\n\n{machine}\n\n"
        "Error: root of the warping error in grey levels, along the exact flow of scenes and a checked one of clips; "
        "of frame by frame, of Johnson: its square as a share. Ghosts: distance to the fresh picture where something "
        "came into view, as a share of what the picture before would show there. Fine detail: energy in the upper half "
        "of the spectrum beside frame by frame. Cut: largest difference to it in the first picture after one.\n\n"
        "| footage | method | error | of frame by frame | of Johnson | ghosts | fine detail | cut "
        "| style distance | ms |\n"
        "|---|---|---|---|---|---|---|---|---|---|\n"
    )
    lines = (
        f"| {row.footage} | {row.method} | {row.error:.2f} | {_share(row.ratio)} | {_share(row.johnson)} "
        f"| {_share(row.ghosts)} | {_share(row.sharpness)} | {'' if row.cut is None else row.cut} "
        f"| {'' if row.style is None else f'{row.style:.3f}'} "
        f"| {'' if row.milliseconds is None else f'{row.milliseconds:.1f}'} |\n"
        for row in rows
    )
    return head + "".join(lines)


def _footage(bench: "Bench", arguments: Any, pictures: int) -> Iterator["Footage"]:
    for kind in filter(None, arguments.scenes.split(",")):
        yield bench.scene(kind, pictures)
    if arguments.clips:
        clips = [arguments.clips] if arguments.clips.is_file() else sorted(arguments.clips.iterdir())
        for clip in clips:
            yield bench.clip(str(clip), pictures)


def _pictured(footage: "Footage", arguments: Any) -> int:
    from benchmarks.steady_pictures import write_before_after, write_slice

    if arguments.slice:
        write_slice(arguments.slice, footage)
    if arguments.before_after:
        write_before_after(arguments.before_after, footage)
    return 0


def _distance(arguments: Any) -> Distance | None:
    """The style distance to the painting; None where weights or painting are not given."""
    if not (arguments.weights and arguments.painting):
        return None
    import torch

    from streamstyle.colour import to_rgb
    from streamstyle.training.features import load_features
    from streamstyle.training.losses import grams, style_distance
    from streamstyle.training.objectives import style_of
    from streamstyle.training.paintings import read_paintings
    from streamstyle.training.photos import tensor

    features = load_features("squeezenet1_0", arguments.weights)
    wanted = style_of(features, read_paintings([arguments.painting], 384))

    def distance(pictures: Sequence["Image"], colour: "Colour") -> float:
        with torch.no_grad():
            found = [grams(features(tensor(to_rgb(picture, colour))), features.taps.style) for picture in pictures]
            return sum(float(style_distance(one, wanted)) for one in found) / len(found)

    return distance


def _difference(one: "Image", other: "Image") -> int:
    import numpy as np

    return int(np.abs(one.astype(np.int16) - other).max())


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _said(row: Row) -> Row:
    print(f"{row.footage}: {row.method}: {row.error:.2f}", flush=True)
    return row
