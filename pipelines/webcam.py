"""The webcam as a live filter: the newest picture is painted, and the delay never grows."""

import argparse
import json
import sys
from typing import Any

from pipelines import options
from streamstyle.errors import UsageError

HELP = "paint a camera, a screen or a network camera while it plays"
AUTO = "auto"
TO = "window (default), virtual[:DEVICE], null, a file or a URL; may be given several times"
CAMERA = "number, name or path of a camera; screen[:display[+x,y WxH]]; a URL; a file; test:pan and the like"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_painting(parser)
    options.add_engine(parser)
    group = parser.add_argument_group("live")
    group.add_argument("--list", action="store_true", help="show the cameras with their sizes and rates")
    group.add_argument("--camera", default="0", metavar="WHICH", help=CAMERA)
    group.add_argument("--size", metavar="WxH", help="size to ask the camera for")
    group.add_argument("--rate", type=float, metavar="N", help="pictures a second to ask the camera for")
    group.add_argument("--decoder", choices=options.DECODERS, default="auto", help="what reads a clip or a URL")
    group.add_argument("--to", action="append", metavar="WHERE", help=TO)
    group.add_argument("--microphone", nargs="?", const="default", metavar="NAME", help="record sound as well")
    group.add_argument("--overwrite", action="store_true", help="replace a recording that exists")
    group.add_argument("--for", dest="seconds", type=options.seconds, metavar="TIME", help="end by itself")
    group.add_argument("--quality", type=quality, default=AUTO, metavar="auto|0.4..1", help="share of the inner size")
    group.add_argument("--mirror", action="store_true", help="as in a mirror")
    group.add_argument("--only", choices=("person", "background"), help="paint only this; without --matte what moves")
    group.add_argument("--matte", metavar="FILE.onnx", help="a matting network that finds the person")
    group.add_argument("--json", action="store_true", help="end with one line, a JSON object")


def quality(text: str) -> float | str:
    """`auto`, or a share."""
    return AUTO if text == AUTO else float(text)


def run(arguments: Any) -> int:
    if arguments.list:
        return show_cameras()
    from pipelines.live import Live, Wanted
    from streamstyle.cameras.address import size

    if arguments.rate is not None and not 1 <= arguments.rate <= 240:
        raise UsageError(f"--rate {arguments.rate:g}: goes from 1 to 240")
    if arguments.matte and not arguments.only:
        raise UsageError("--matte says where the person is; say --only person or --only background as well")
    automatic = arguments.quality == AUTO
    settings = options.settings(
        arguments, quality=1.0 if automatic else arguments.quality, mirror=arguments.mirror, overlay=True
    )
    wanted = Wanted(
        camera=arguments.camera,
        size=size(arguments.size) if arguments.size else None,
        rate=arguments.rate,
        to=tuple(arguments.to or ["window"]),
        seconds=arguments.seconds,
        automatic=automatic,
        only=arguments.only,
        matte=arguments.matte,
        microphone=arguments.microphone,
        overwrite=arguments.overwrite,
        decoder=arguments.decoder,
    )
    with Live(settings, options.engine_options(arguments), wanted, say) as live:
        try:
            live.run()
        finally:
            if arguments.json:
                print(json.dumps(live.figures()), flush=True)
    return 0


def show_cameras() -> int:
    from streamstyle.cameras.listing import cameras, with_modes
    from streamstyle.cameras.modes import listed

    found = [with_modes(device) for device in cameras()]
    print(listed(found) or "no camera was found on this machine")
    return 0


def say(line: str) -> None:
    print(f"streamstyle: {line}", file=sys.stderr, flush=True)
