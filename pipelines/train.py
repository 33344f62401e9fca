"""Learns a style from paintings, or from cartoons, and writes it as a pack."""

import argparse
import re
import sys
import time
from pathlib import Path
from typing import Any

from pipelines import options

HELP = "learn a style from a painting"

GENERATORS = ("small", "johnson", "multimodal", "cartoon", "cartoongan")
FEATURES = ("squeezenet1_0", "vgg16", "vgg19")
MINUTES = 10.0
LINE_SECONDS = 30.0
"""How often a line is printed where there is no terminal to draw on."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paintings", nargs="*", type=Path, metavar="PAINTING", help="a picture, a folder, a pattern")
    parser.add_argument("--photos", type=Path, required=True, metavar="DIR", help="photos to learn to paint")
    parser.add_argument("--name", required=True, help="what the style will be called")
    parser.add_argument("--generator", choices=GENERATORS, default="small")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--minutes", type=_above_zero, metavar="N", help=f"how long to train (default: {MINUTES:g})")
    length.add_argument("--steps", type=options.positive, metavar="N", help="train for so many steps instead")
    parser.add_argument("--resume", action="store_true", help="go on where an earlier run of that name stopped")
    parser.add_argument("--start-from", type=Path, metavar="FILE", help="begin with the weights of a checkpoint.pt")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to put the pack (default: among your styles)")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="for checkpoint, sheet, plot (training/NAME)")
    parser.add_argument("--overwrite", action="store_true", help="replace a style or an unfinished run of that name")
    parser.add_argument("--quiet", action="store_true")
    _add_losses(parser.add_argument_group("losses"))
    _add_run(parser.add_argument_group("run"))
    card = parser.add_argument_group("card")
    card.add_argument("--title", help="the painting's name as people read it")
    card.add_argument("--artist", default="", metavar="WHO")
    card.add_argument("--year", default="", metavar="TEXT")
    card.add_argument("--licence", default="", metavar="TEXT")


def _add_losses(group: Any) -> None:
    group.add_argument("--features", choices=FEATURES, default=FEATURES[0], help="the network that judges")
    group.add_argument("--weights", type=Path, metavar="FILE", help="its weights (default: torchvision's)")
    group.add_argument("--cartoons", type=Path, metavar="DIR", help="cartoons to tell from what is painted")
    group.add_argument("--style-weight", type=_not_negative, default=10.0, metavar="X")
    group.add_argument("--content-weight", type=_not_negative, default=1.0, metavar="X")
    group.add_argument("--tv-weight", type=_not_negative, metavar="X", help="against noise")
    group.add_argument("--steady-weight", type=_not_negative, default=20.0, metavar="X", help="against flicker")
    group.add_argument("--grid-weight", type=_not_negative, default=0.2, metavar="X", help="against regular grids")
    group.add_argument(
        "--colour-weight", type=_not_negative, default=0.0, metavar="X", help="for the photo's own colours: about 100"
    )
    group.add_argument("--surface-weight", type=_not_negative, default=0.05, metavar="X", help="of cartoons")
    group.add_argument("--texture-weight", type=_not_negative, default=0.15, metavar="X", help="of cartoons")
    group.add_argument("--structure-weight", type=_not_negative, default=0.25, metavar="X", help="of cartoons")
    group.add_argument("--style-size", type=options.positive, metavar="PIXELS", help="the paintings' short side (384)")


def _add_run(group: Any) -> None:
    group.add_argument("--crop", type=options.positive, metavar="PIXELS", help="side of what is learnt from (256)")
    group.add_argument("--batch", type=options.positive, metavar="N", help="photos in a step (4)")
    group.add_argument("--rate", type=_above_zero, metavar="X", help="the largest learning rate")
    group.add_argument("--width", type=options.positive, metavar="N", help="channels of the generator")
    group.add_argument("--device", default="auto", metavar="auto|cpu|cuda")
    group.add_argument("--seed", type=int, default=0, metavar="N")
    group.add_argument("--threads", type=options.positive, metavar="N")


def run(arguments: Any) -> int:
    from streamstyle import library
    from streamstyle.errors import OutputError, UsageError
    from streamstyle.packs import SUFFIX
    from streamstyle.training import lesson

    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", arguments.name):
        raise UsageError(f"--name {arguments.name!r}: only small letters, digits and single hyphens")
    if not arguments.paintings and not arguments.cartoons:
        raise UsageError("name a painting, or --cartoons DIR")
    if arguments.steps is None and arguments.minutes is None:
        arguments.minutes = MINUTES
    target = arguments.out or library.own_folder() / f"{arguments.name}{SUFFIX}"
    if target.exists() and not arguments.overwrite:
        raise OutputError(f"{target} exists; --overwrite replaces it")
    folder = arguments.folder or Path("training") / arguments.name
    prepared = lesson.prepare(arguments, folder)
    if not arguments.quiet:
        print(f"{prepared}; sheet, plot and checkpoint are in {folder}", file=sys.stderr)
    prepared.train(Ticker(arguments.quiet))
    card = prepared.pack(target)
    print(target)
    if not arguments.quiet:
        figures = (f"{name} {value:g}" for name, value in card.training.items() if isinstance(value, float))
        print(", ".join(figures), file=sys.stderr)
    return 0


class Ticker:
    """Shows the losses and the time left: in place on a terminal, now and then elsewhere."""

    def __init__(self, quiet: bool) -> None:
        self._quiet, self._live = quiet, sys.stderr.isatty()
        self._shown = -LINE_SECONDS

    def __call__(self, report: Any) -> None:
        now = time.monotonic()
        last = report.step >= report.steps
        if self._quiet or (not last and now - self._shown < (0.2 if self._live else LINE_SECONDS)):
            return
        self._shown = now
        share = report.step / report.steps
        losses = "  ".join(f"{name} {value:.3g}" for name, value in report.losses.items())
        line = f"{share:4.0%}  step {report.step}/{report.steps}  {losses}  {_clock(report.left)} left"
        end = "\n" if last or not self._live else ""
        start = "\r\x1b[K" if self._live else ""
        print(start + line, end=end, file=sys.stderr, flush=True)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(max(0, round(seconds)), 60)
    return f"{minutes}:{rest:02d}"


def _not_negative(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"must be a number from 0 up, not {text}")
    return value


def _above_zero(text: str) -> float:
    value = _not_negative(text)
    if value == 0:
        raise argparse.ArgumentTypeError("must be above 0")
    return value
