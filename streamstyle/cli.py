"""The command line: a table of commands, one boundary for errors, and the exit status."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module, metadata
from typing import NoReturn

from streamstyle.errors import StreamStyleError

INTERRUPTED, BROKEN_PIPE = 130, 141


class Parser(argparse.ArgumentParser):
    """Says what is wrong with the usage in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (--help shows the usage)\n")


def main(arguments: Sequence[str] | None, commands: Mapping[str, str]) -> int:
    """Runs one command of the table (name: module) and returns the exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser = Parser(prog="streamstyle", description="Paints moving pictures: clips, webcams, video calls.")
    parser.add_argument("--version", action="version", version=f"streamstyle {_version()}")
    parsers = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)
    # Command modules import what is heavy only when they run, so all of them can be listed.
    for name, module in commands.items():
        pipeline = import_module(module)
        sub = parsers.add_parser(name, help=pipeline.HELP, description=pipeline.HELP)
        pipeline.add_arguments(sub)
        sub.set_defaults(run=pipeline.run)
    parsed = parser.parse_args(words)
    try:
        return int(parsed.run(parsed))
    except StreamStyleError as error:
        print(f"streamstyle: {error}", file=sys.stderr)
        return error.status
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has left; the interpreter's last flush must not complain about it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE


def _version() -> str:
    try:
        return metadata.version("streamstyle")
    except metadata.PackageNotFoundError:
        return "(not installed)"
