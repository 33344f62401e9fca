"""What a person looks at while a style is learnt: a sheet of photos that it does not learn from, and its losses."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from streamstyle.frames import Image
from streamstyle.generators.planes import paint
from streamstyle.sheets import filled, save, sheet
from streamstyle.training.checkpoint import write_whole
from streamstyle.training.photos import tensor

SHEET, PLOT = "sheet.jpg", "losses.png"
CELL = (384, 256)
SHOWN = 6


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
