"""Compiles engines ahead of time, so that the first picture does not wait for them."""

import argparse
import json
import time
from typing import Any

from pipelines import options

HELP = "compile styles for a size ahead of time"
HD = 720
"""Pictures of this height or more are in BT.709 where nobody says otherwise."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--style", default="all", metavar="NAMES|all", help="styles, with commas between")
    parser.add_argument("--size", default="1080p", metavar="720p|WxH", help="the size of the pictures to be painted")
    parser.add_argument("--whole", action="store_true", help="paint at that size, not at the size of the strokes")
    parser.add_argument("--brush", type=options.brush, default=1.0, metavar="0.5..2|auto", help="size of the strokes")
    parser.add_argument("--batch", type=options.positive, default=1, metavar="N", help="pictures painted at once")
    parser.add_argument("--quiet", action="store_true")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")
    options.add_engine(parser)


def run(arguments: Any) -> int:
    from engines.foreign import load_style
    from streamstyle import library
    from streamstyle.errors import PackError
    from streamstyle.progress import Progress

    names = list(library.styles()) if arguments.style == "all" else arguments.style.split(",")
    if not names:
        raise PackError("there are no styles to build")
    packs = [load_style(name) for name in names]
    width, height = options.size_for(arguments.size, 16 * HD, 9 * HD)
    progress = Progress(len(packs), "engines", quiet=arguments.quiet or arguments.json)
    records = []
    for pack in packs:
        records.append(_built(pack, width, height, arguments))
        progress.step()
    progress.finish()
    for record in records:
        print(json.dumps(record) if arguments.json else _line(record))
    return 0


def _built(pack: Any, width: int, height: int, arguments: Any) -> dict[str, Any]:
    from engines.choice import open_engine
    from engines.timing import milliseconds
    from streamstyle.frames import Colour

    card = pack.manifest
    inner = _inner(width, height, card, arguments)
    began = time.perf_counter()
    engine = open_engine(
        pack,
        *inner,
        Colour("bt709" if height >= HD else "bt601"),
        engine=arguments.engine,
        precision=arguments.precision,
        batch=arguments.batch,
        threads=arguments.threads,
    )
    seconds = time.perf_counter() - began
    try:
        each = milliseconds(engine, seconds=0.2)
    finally:
        engine.close()
    spec = engine.spec
    return {
        "style": pack.name,
        "size": f"{width}x{height}",
        "inner": f"{spec.width}x{spec.height}",
        "engine": spec.backend,
        "device": spec.device,
        "precision": spec.precision,
        "batch": spec.batch,
        "seconds": round(seconds, 2),
        "milliseconds": round(each, 2),
    }


def _inner(width: int, height: int, card: Any, arguments: Any) -> tuple[int, int]:
    """The size that the stylist will ask for, borders included."""
    from streamstyle.canvas import canvas

    short = min(width, height) if arguments.whole else card.short_side
    return canvas(width, height, short, arguments.brush, 1.0, card.stride).bordered


def _line(record: dict[str, Any]) -> str:
    return (
        f"{record['style']}: {record['inner']} for {record['size']}, {record['precision']} on {record['engine']} "
        f"({record['device']}), ready in {record['seconds']} s, {record['milliseconds']} ms a picture"
    )
