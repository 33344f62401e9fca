"""How well every style paints: beside Gatys' optimisation, in the spectrum, and in int8; cartoons by Frechet."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.options import positive

HELP = "style, content, grid and int8 of every style, beside Gatys' optimisation"

Row = dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--photos", type=Path, metavar="DIR", help="photos that no style was trained on")
    parser.add_argument("--weights", type=Path, metavar="FILE", help="SqueezeNet 1.0, safetensors")
    parser.add_argument("--paintings", type=Path, metavar="DIR", help="NAME.jpg for each style")
    parser.add_argument("--cartoons", type=Path, metavar="DIR", help="what cartoon styles were trained on")
    parser.add_argument("--styles", metavar="NAMES", help="only these, with commas between")
    parser.add_argument("--count", type=positive, default=20, metavar="N", help="photos for the distances")
    parser.add_argument("--optimised", type=positive, default=3, metavar="N", help="photos for Gatys' optimisation")
    parser.add_argument("--iterations", type=positive, default=100, metavar="N", help="of Gatys' optimisation")
    parser.add_argument("--quick", action="store_true", help="4 photos, one of them optimised for 20 iterations")
    parser.add_argument("--fresh", action="store_true", help="measure again what the results already hold")
    parser.add_argument("--out", type=Path, default=Path("quality.md"), metavar="FILE", help="the table, in Markdown")


def run(arguments: Any) -> int:
    from benchmarks.scoring import Scorer
    from streamstyle import library
    from streamstyle.errors import UsageError
    from streamstyle.packs import read_pack

    for name in ("photos", "weights", "paintings"):
        if getattr(arguments, name) is None:
            raise UsageError(f"quality: needs --{name}")
    if arguments.quick:
        arguments.count, arguments.optimised, arguments.iterations = 4, 1, 20
    scorer = Scorer.of(arguments)
    results = Results(arguments.out, arguments.fresh)
    paths = library.styles()
    names = arguments.styles.split(",") if arguments.styles else list(paths)
    for name in names:
        pack = read_pack(library.find(name))
        key = f"{pack.name} {pack.key} {arguments.count} {arguments.optimised} {arguments.iterations}"
        if results.has(key):
            continue
        row: Row = {"key": key, "style": pack.name, "generator": pack.manifest.generator}
        # Each part is kept as soon as it is there: what is slow comes last, and the table is of use before it ends.
        for part in scorer.parts(pack):
            row |= part
            results.keep(row)
            if not part.get("done"):
                _say(f"{name}: " + ", ".join(f"{what} {_number(value)}" for what, value in part.items()))
    print(results.path)
    return 0


@dataclass(frozen=True)
class _Table:
    title: str
    note: str
    columns: Mapping[str, str]


TABLES = (
    _Table(
        "Paintings",
        "Medians over the photos. Total: the loss of the painting (style and content weighted as the style was "
        "trained) as a share of the loss that Gatys' optimisation reaches on the same photo.",
        {
            "style": "style",
            "generator": "generator",
            "style_distance": "style distance",
            "photo_style_distance": "the photo's own",
            "content_distance": "content distance",
            "total_ratio": "total, Gatys = 1",
            "grid": "grid, x neighbours",
            "photo_grid": "the photo's own",
            "int8_db": "int8, dB",
            "int8_style": "int8, style",
        },
    ),
    _Table(
        "Cartoons",
        "Frechet's distance of SqueezeNet features, in units of the cartoons' own variance (lower is nearer).",
        {
            "style": "style",
            "generator": "generator",
            "to_cartoons": "to the cartoons",
            "photo_to_cartoons": "the photos' own",
            "to_photos": "to the photos",
            "content_distance": "content distance",
            "grid": "grid, x neighbours",
            "photo_grid": "the photo's own",
            "int8_db": "int8, dB",
        },
    ),
)


class Results:
    """Rows on disk: as lines of JSON to go on from, and as the table that people read."""

    def __init__(self, path: Path, fresh: bool = False) -> None:
        self.path, self._record = path, path.with_suffix(".jsonl")
        self._rows: dict[str, Row] = {}
        if self._record.exists() and not fresh:
            rows = [json.loads(line) for line in self._record.read_text().splitlines()]
            self._rows = {row["key"]: row for row in rows}

    def has(self, key: str) -> bool:
        return bool(self._rows.get(key, {}).get("done"))

    def keep(self, row: Row) -> None:
        # A style that was trained again replaces its former self.
        stale = [key for key, other in self._rows.items() if other["style"] == row["style"] and key != row["key"]]
        for key in stale:
            del self._rows[key]
        self._rows[row["key"]] = dict(row)
        self._record.write_text("".join(json.dumps(kept) + "\n" for kept in self._rows.values()))
        self.path.write_text("\n".join(self._lines()))

    def _lines(self) -> Iterator[str]:
        for table, measured in zip(TABLES, ("style_distance", "to_cartoons"), strict=True):
            rows = [row for row in self._rows.values() if measured in row]
            if rows:
                yield from _markdown(table, sorted(rows, key=lambda row: str(row["style"])))


def _markdown(table: _Table, rows: Sequence[Row]) -> Iterator[str]:
    yield from (f"### {table.title}", "", table.note, "")
    yield "| " + " | ".join(table.columns.values()) + " |"
    yield "|" + "---|" * len(table.columns)
    for row in rows:
        yield "| " + " | ".join(_number(row.get(name)) for name in table.columns) + " |"
    yield ""


def _number(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
