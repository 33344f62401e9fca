"""What a person looks at while a style is learnt: photos that it does not learn from, figures of them, its losses."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median

import numpy as np
import torch
from torch import Tensor, nn

from streamstyle.frames import Image
from streamstyle.generators.planes import paint
from streamstyle.sheets import filled, save, sheet
from streamstyle.training.checkpoint import write_whole
from streamstyle.training.photos import tensor

SHEET, PLOT, FIGURES = "sheet.jpg", "losses.png", "figures.csv"
CELL = (384, 256)
SHOWN, MEASURED = 6, 4


def write_sheet(folder: Path, generator: nn.Module, photos: Sequence[Image]) -> Path:
    """Photos and their paintings, side by side."""
    pictures: list[Image] = []
    for photo in photos[:SHOWN]:
        fitted = filled(photo, *CELL)
        pictures += [fitted, painted(generator, fitted)]
    rows = [pictures[start : start + 4] for start in range(0, len(pictures), 4)]
    return save(folder / SHEET, sheet(rows, ["photo", "painted"] * 2, CELL))


@torch.no_grad()
def painted(generator: nn.Module, photo: Image) -> Image:
    """A photo in RGB, sides multiples of the stride, as it is painted now."""
    given = tensor(photo).to(next(generator.parameters()).device)
    whole = (paint(generator, given)[0].clamp(0, 1) * 255).round().permute(1, 2, 0)
    return np.asarray(whole.cpu().numpy().astype(np.uint8))


@torch.no_grad()
def measured(
    generator: nn.Module, measure: Callable[[Tensor, Tensor], Mapping[str, float]], photos: Sequence[Image]
) -> dict[str, float]:
    """The medians of a few photos' figures."""
    found = []
    for photo in photos[:MEASURED]:
        given = tensor(filled(photo, *CELL)).to(next(generator.parameters()).device)
        found.append(measure(paint(generator, given).clamp(0, 1), given))
    return {name: median(figures[name] for figures in found) for name in found[0]}


def add_figures(folder: Path, figures: Mapping[str, float]) -> Path:
    """One more row of a table; rows from `step` on, which an interruption has undone, go."""
    path = folder / FIGURES
    rows: list[Mapping[str, object]] = []
    if path.is_file():
        with path.open(newline="") as file:
            rows += [row for row in csv.DictReader(file) if float(row["step"]) < figures["step"]]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(figures), extrasaction="ignore")
    writer.writeheader()
    writer.writerows([*rows, {name: f"{value:.5g}" for name, value in figures.items()}])
    write_whole(path, text.getvalue().encode())
    return path


def write_plot(folder: Path, history: Sequence[tuple[int, Mapping[str, float]]]) -> Path:
    """Each loss over the steps, on a logarithmic scale."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    for name in dict.fromkeys(name for _, losses in history for name in losses):
        points = [(step, losses[name]) for step, losses in history if losses.get(name, 0) > 0]
        if points:
            axes.plot(*zip(*points, strict=True), label=name, linewidth=1)
    axes.set(xlabel="step", ylabel="weighted loss", yscale="log")
    if axes.lines:
        axes.legend(loc="upper right", frameon=False)
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=100)
    write_whole(folder / PLOT, data.getvalue())
    return folder / PLOT
