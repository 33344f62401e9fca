"""How a live stream holds its rate and its age: free, recording, beside a hungry neighbour, and while styles change."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

HELP = "rate and age of a 30 pictures-a-second camera, free, recording and beside a busy neighbour; hot swaps"
SECONDS, QUICK_SECONDS = 60.0, 12.0
HEADS = ("run", "part", "out/s", "dropped", "age median", "age p95", "longest gap", "quality", "stamps read")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--style", default="starry-night", metavar="NAME", help="the style to paint in")
    parser.add_argument("--size", default="1280x720", metavar="WxH", help="the camera's size")
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--quick", action="store_true", help="12 seconds each instead of 60")
    parser.add_argument("--out", type=Path, default=Path("live.md"), metavar="FILE", help="the table, in Markdown")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON as well")


@dataclass(frozen=True, slots=True)
class Row:
    """One part of one run."""

    run: str
    part: str
    rate: float
    dropped: int
    age_ms_median: float
    age_ms_p95: float
    gap_ms: float
    quality: float
    read: float
    """The share of the stamps that could be read in the painted picture."""

    def cells(self) -> tuple[str, ...]:
        ages = (f"{age:.0f} ms" for age in (self.age_ms_median, self.age_ms_p95, self.gap_ms))
        return (
            self.run,
            self.part,
            f"{self.rate:.1f}",
            str(self.dropped),
            *ages,
            f"{self.quality:.0%}",
            f"{self.read:.0%}",
        )


def run(arguments: Any) -> int:
    from benchmarks import machine
    from benchmarks.live_runs import Bench
    from streamstyle.cameras.address import size

    seconds = QUICK_SECONDS if arguments.quick else SECONDS
    bench = Bench(size(arguments.size), seconds, arguments.style, arguments.engine, arguments.precision)
    rows: list[Row] = []
    for part in (bench.free, bench.recording, bench.beside_neighbour, bench.recording_beside_neighbour, bench.swapping):
        for row in part():
            rows.append(row)
            print("  ".join(row.cells()), file=sys.stderr, flush=True)
    arguments.out.write_text(table(rows, f"{arguments.size}, 30 a second, {machine.line(machine.description())}"))
    if arguments.json:
        print(json.dumps([asdict(row) for row in rows]))
    print(arguments.out)
    return 0


def table(rows: Sequence[Row], machine: str) -> str:
    """The rows in Markdown, with the machine named."""
    lines = ["| " + " | ".join(HEADS) + " |", "|" + "---|" * len(HEADS)]
    lines += ["| " + " | ".join(row.cells()) + " |" for row in rows]
    return "\n".join([*lines, "", f"Camera: {machine}.", ""])
