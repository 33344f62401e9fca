"""Which small generator: style distance against milliseconds over stem, width and depth, each trained alike."""

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.machine import description, line
from pipelines.options import positive

HELP = "trains small generators of several sizes and plots style distance against milliseconds"

INNER = (656, 376)
RUNS = 40
DESIGNS = ((24, 32, 5), (16, 16, 3), (24, 48, 5), (24, 32, 3), (16, 32, 5))
"""Channels of the stem, channels of the trunk, residual blocks."""
SHIPPED = (24, 32, 5)
FOLDER = Path("benchmarks/results/designs")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--painting", type=Path, metavar="FILE", help="whose style all learn")
    parser.add_argument("--photos", type=Path, metavar="DIR", help="what they learn on")
    parser.add_argument("--weights", type=Path, metavar="FILE", help="SqueezeNet 1.0, safetensors")
    parser.add_argument("--steps", type=positive, default=300, metavar="N", help="for each")
    parser.add_argument("--folder", type=Path, default=FOLDER, metavar="DIR", help="for packs, table and plot")


@dataclass(frozen=True, slots=True)
class Row:
    """What one design came to."""

    stem: int
    width: int
    depth: int
    milliseconds: float
    style: float
    content: float
    minutes: float

    @property
    def design(self) -> tuple[int, int, int]:
        return self.stem, self.width, self.depth

    @property
    def total(self) -> float:
        """What training makes small: style weighs ten times as much as content."""
        return 10 * self.style + self.content


def run(arguments: Any) -> int:
    from streamstyle.errors import UsageError
    from streamstyle.packs import read_pack

    for name in ("painting", "photos", "weights"):
        if getattr(arguments, name) is None:
            raise UsageError(f"designs: needs --{name}")
    arguments.folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for design in DESIGNS:
        # Each is kept as soon as it is there, so that an interrupted run goes on.
        kept = arguments.folder / f"{'-'.join(map(str, design))}-{arguments.steps}.style"
        figures = kept.with_suffix(".json")
        if not figures.exists():
            figures.write_text(json.dumps(_trained(arguments, design, kept)))
            print(f"{design}: {figures.read_text()}", file=sys.stderr, flush=True)
        # All of them in one run, so that they can be compared.
        rows.append(Row(*design, milliseconds=milliseconds(read_pack(kept)), **json.loads(figures.read_text())))
    lines = [f"`python -m benchmarks designs --steps {arguments.steps}` on {line(description())}.", "", *_table(rows)]
    (arguments.folder / "designs.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    _plot(arguments.folder / "designs.png", rows, arguments.steps)
    print("\n".join(lines))
    return 0


def _trained(arguments: Any, design: tuple[int, int, int], target: Path) -> dict[str, float]:
    import torch

    from streamstyle.generators.small import Small
    from streamstyle.packs import Manifest
    from streamstyle.training.features import load_features
    from streamstyle.training.objectives import PerceptualObjective, Weights, style_of
    from streamstyle.training.packing import pack_generator
    from streamstyle.training.paintings import read_paintings
    from streamstyle.training.photos import read_photos
    from streamstyle.training.run import Plan, Training

    stem, width, depth = design
    torch.manual_seed(0)
    features = load_features("squeezenet1_0", arguments.weights).to(memory_format=torch.channels_last)
    photos = read_photos(arguments.photos)
    objective = PerceptualObjective(features, style_of(features, read_paintings([arguments.painting], 384)), Weights())
    generator = Small(stem, width, depth)
    training = Training(
        generator, objective, photos, Plan(arguments.steps), target.with_suffix(".run"), torch.device("cpu")
    )
    training.run(lambda report: None, lambda training: None)
    card = pack_generator(
        generator.eval(),
        Manifest(name="design", title="Design", generator="small"),
        photos.held_out,
        target,
        measure=objective.measure,
        calibration=photos.pictures[:24],
    )
    return {
        "style": card.training["style_distance"],
        "content": card.training["content_distance"],
        "minutes": training.seconds / 60,
    }


def milliseconds(pack: Any) -> float:
    """Of one thread's processor time for one picture in int8; the least of many, since other work only adds to it."""
    from engines.choice import open_engine
    from engines.timing import sample
    from streamstyle.frames import Colour

    engine = open_engine(pack, *INNER, Colour(), precision="int8", threads=1)
    try:
        picture, spent = sample(engine), []
        for _ in range(RUNS):
            began = time.process_time()
            engine(picture)
            spent.append(time.process_time() - began)
    finally:
        engine.close()
    return 1000 * min(spent)


def _table(rows: Sequence[Row]) -> list[str]:
    lines = [
        "| stem | width | blocks | ms | style distance | content distance | 10 style + content |",
        "|" + "---|" * 7,
    ]
    for row in sorted(rows, key=lambda row: row.milliseconds):
        values = (*row.design, f"{row.milliseconds:.1f}", f"{row.style:.3f}", f"{row.content:.2f}", f"{row.total:.2f}")
        lines.append("| " + " | ".join(map(str, values)) + " |")
    return lines


def _plot(path: Path, rows: Sequence[Row], steps: int) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    for row in rows:
        looks: Mapping[str, Any] = {"color": "tab:orange", "zorder": 3} if row.design == SHIPPED else {"color": "0.4"}
        axes.scatter(row.milliseconds, row.total, s=30, **looks)
        text = f"{row.stem}, {row.width} x {row.depth}"
        axes.annotate(text, (row.milliseconds, row.total), (5, 5), textcoords="offset points", fontsize=8)
    axes.set(
        xlabel="milliseconds for one 656x376 picture, int8, one thread",
        ylabel=f"10 x style + content distance, {steps} steps",
        title="stem, trunk width x blocks; the one that ships in orange",
    )
    axes.margins(x=0.15)
    axes.set_ylim(0, 1.2 * max(row.total for row in rows))
    figure.savefig(path, dpi=110)
