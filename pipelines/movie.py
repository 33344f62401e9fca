"""A clip becomes a painting: every picture, in order, with its sound and at its own timing."""

import argparse
import json
import sys
from contextlib import closing
from typing import Any

from pipelines import options
from streamstyle.errors import UsageError

HELP = "paint a clip, a picture or a numbered sequence"
CODECS = "auto, h264, hevc, av1, vp9, prores, ffv1 or an encoder's name"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("input", metavar="IN", help="a file, frames/%%05d.png, a URL, -, or test:pan and the like")
    parser.add_argument("output", metavar="OUT", help="a file, frames/%%05d.png, a URL, or -")
    options.add_painting(parser)
    options.add_engine(parser)
    group = parser.add_argument_group("clip")
    group.add_argument("--size", metavar="720p|WxH", help="another size for the result")
    group.add_argument("--start", type=options.seconds, default=0.0, metavar="TIME", help="where to begin")
    group.add_argument("--end", type=options.seconds, metavar="TIME", help="where to stop")
    group.add_argument("--compare", choices=("side", "split"), help="show the original as well")
    group.add_argument("--decoder", choices=options.DECODERS, default="auto", help="what reads the clip")
    group.add_argument("--codec", default="auto", metavar="NAME", help=CODECS)
    group.add_argument("--crf", type=int, metavar="N", help="quality of the encoder: lower is better")
    group.add_argument("--preset", metavar="NAME", help="the encoder's trade of size for speed")
    group.add_argument("--overwrite", action="store_true", help="replace the output if it exists")
    group.add_argument("--quiet", action="store_true", help="say nothing but errors")
    group.add_argument("--json", action="store_true", help="end with one line, a JSON object")


def run(arguments: Any) -> int:
    from pipelines.painting import Job, paint_movie
    from streamstyle.media.codecs import Encoding

    if arguments.crf is not None and not 0 <= arguments.crf <= 63:
        raise UsageError(f"--crf {arguments.crf}: goes from 0 to 63")
    job = Job(
        input=arguments.input,
        output=arguments.output,
        settings=options.settings(arguments),
        engine=options.engine_options(arguments),
        encoding=Encoding(arguments.codec, arguments.crf, arguments.preset),
        size=arguments.size,
        start=arguments.start,
        end=arguments.end,
        compare=arguments.compare,
        overwrite=arguments.overwrite,
        decoder=arguments.decoder,
    )
    with closing(job.prepared(_say)) as work:
        result = paint_movie(work, arguments.quiet)
    if not arguments.quiet:
        _say(result.line())
    if arguments.json:
        # Standard output may be the clip itself.
        print(json.dumps(result.record()), file=sys.stderr if arguments.output == "-" else sys.stdout, flush=True)
    return 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
