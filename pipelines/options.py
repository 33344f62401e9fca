"""The options that several commands share, and what they come to."""

import argparse
import re
from dataclasses import dataclass
from typing import Any

from streamstyle.errors import UsageError
from streamstyle.settings import Settings

ENGINES = ("auto", "openvino", "onnx", "torch", "tensorrt")
PRECISIONS = ("auto", "fp32", "bf16", "fp16", "int8")
EVERY = (1, 2)
EVERY_HELP = "2 paints every second picture and carries it to the next: quicker, softer, edges of motion lag"
FLOWS = ("auto", "codec", "dis", "raft", "off")
DECODERS = ("auto", "software", "cuda", "videotoolbox", "d3d11va", "vaapi")
DEFAULT_STYLE = "starry-night"


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """How the generator is run."""

    engine: str = "auto"
    precision: str = "auto"
    threads: int | None = None
    flow: str = "auto"
    every: int = 1
    """Which pictures are painted; those between take over the painting before them, along the flow."""


def add_painting(parser: argparse.ArgumentParser) -> None:
    """What is painted and how strongly."""
    group = parser.add_argument_group("painting")
    group.add_argument("--style", default=DEFAULT_STYLE, metavar="NAME|FILE", help="a style; `styles` lists them")
    group.add_argument("--second", metavar="NAME", help="a second style to mix in")
    group.add_argument("--blend", type=float, default=0.0, metavar="0..1", help="the share of the second style")
    group.add_argument("--strength", type=float, default=1.0, metavar="0..1", help="0 is the picture as it came")
    group.add_argument("--brush", type=brush, default=1.0, metavar="0.5..2|auto", help="size of the strokes")
    group.add_argument("--steady", type=float, default=0.9, metavar="0..1", help="how much flicker is held down")
    group.add_argument("--flow", choices=FLOWS, default="auto", help="how motion is found")
    group.add_argument("--every", type=int, choices=EVERY, default=1, help=EVERY_HELP)


def add_engine(parser: argparse.ArgumentParser) -> None:
    """What runs the generator."""
    group = parser.add_argument_group("engine")
    group.add_argument("--engine", choices=ENGINES, default="auto")
    group.add_argument("--precision", choices=PRECISIONS, default="auto")
    group.add_argument("--threads", type=positive, metavar="N", help="threads for the generator")


def settings(arguments: Any, **more: Any) -> Settings:
    """The settings that the options say."""
    if arguments.second and not arguments.blend:
        arguments.blend = 0.5
    return Settings(
        style=arguments.style,
        second=arguments.second,
        blend=arguments.blend,
        strength=arguments.strength,
        brush=arguments.brush,
        steady=arguments.steady,
        **more,
    )


def engine_options(arguments: Any) -> EngineOptions:
    flow, every = getattr(arguments, "flow", "auto"), getattr(arguments, "every", 1)
    return EngineOptions(arguments.engine, arguments.precision, arguments.threads, flow, every)


def brush(text: str) -> float:
    """A number, or `auto`: the painting's own stroke size."""
    return 1.0 if text == "auto" else float(text)


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return number


def size_for(text: str, width: int, height: int) -> tuple[int, int]:
    """`720p` keeps the shape, with even sides; `WxH` does not."""
    if match := re.fullmatch(r"(\d+)p", text):
        short = int(match[1])
        scale = short / min(width, height)
        # Most codecs hold even sides only, and 853 columns would lose one.
        wanted = (2 * round(width * scale / 2), 2 * round(height * scale / 2))
    elif match := re.fullmatch(r"(\d+)x(\d+)", text):
        wanted = (int(match[1]), int(match[2]))
    else:
        raise UsageError(f"--size {text}: say 720p or 1280x720")
    if not all(16 <= side <= 8192 for side in wanted):
        raise UsageError(f"--size {text}: sides go from 16 to 8192 pixels")
    return wanted


def seconds(text: str) -> float:
    """`12.5`, `1:30` or `1:02:03`."""
    try:
        total = 0.0
        for part in text.split(":"):
            total = total * 60 + float(part)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time; say 12.5, 1:30 or 1:02:03") from None
    if not 0 <= total < 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time that a clip can have")
    return total
