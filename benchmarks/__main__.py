"""The table of benchmarks: `python -m benchmarks NAME`, or `all`."""

import argparse
import sys
from importlib import import_module

from streamstyle.errors import StreamStyleError

TABLE = {
    "movie": "benchmarks.movie",
    "steady": "benchmarks.steady",
    "speed": "benchmarks.speed",
    "quality": "benchmarks.quality",
    "designs": "benchmarks.designs",
    "multimodal": "benchmarks.multimodal",
    "live": "benchmarks.live",
    "call": "benchmarks.call",
}


def main(words: list[str]) -> int:
    if words[:1] == ["all"]:
        return max(main([name, *words[1:]]) for name in TABLE)
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measures, and writes the tables.")
    parsers = parser.add_subparsers(metavar="NAME", required=True)
    # Only the one that is asked for is imported: each brings its own large libraries.
    for name, module in TABLE.items():
        sub = parsers.add_parser(name)
        if words[:1] == [name]:
            benchmark = import_module(module)
            sub.description = benchmark.HELP
            benchmark.add_arguments(sub)
            sub.set_defaults(run=benchmark.run)
    parsed = parser.parse_args(words)
    try:
        return int(parsed.run(parsed) or 0)
    except StreamStyleError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return error.status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
