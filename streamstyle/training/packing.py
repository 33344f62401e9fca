"""From finished weights to a pack: both graphs, a thumbnail, and a card with the figures that the graphs gave."""

import io
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from streamstyle.colour import HOUSE, from_rgb, to_rgb
from streamstyle.errors import InputError, OutputError
from streamstyle.export import export_graph, quantise
from streamstyle.frames import Image
from streamstyle.packs import GRAPH, GRAPH_INT8, THUMBNAIL, WEIGHTS, Manifest, write_pack
from streamstyle.sheets import Picture, filled
from streamstyle.training.graphs import Paint, decibels, runner

Measure = Callable[[Tensor, Tensor], Mapping[str, float]]
"""Figures of a painting and its photo (1 x 3 x H x W, RGB in 0..1), by name."""

CALIBRATION, MEASURED = 24, 12
WORST_INT8 = 32.0
"""Decibels to the full graph, below which an 8-bit graph does not paint the style any more and is left out."""
THUMB = 256


def pack_generator(
    generator: nn.Module,
    manifest: Manifest,
    photos: Sequence[Picture],
    path: Path,
    *,
    measure: Measure | None = None,
    calibration: Sequence[Picture] = (),
    thumbnail: Picture | None = None,
) -> Manifest:
    """Writes the pack of a trained generator and returns its card, figures included.

    `photos` (RGB) are what the generator never saw: figures are medians over them. 8 bits are calibrated on
    `calibration`, or on the photos where there is none. The thumbnail shows a painted portrait unless told otherwise.
    """
    if not photos:
        raise InputError("a pack needs photos to be calibrated and measured on")
    _make_room(path)
    traits: Any = generator
    graph, weights = export_graph(rounded(generator))
    width, height = _inner(manifest.short_side, traits.stride)
    held_out = [_planes(photo, width, height) for photo in photos[:MEASURED]]
    chosen = calibration[:CALIBRATION] or photos[:CALIBRATION]
    rough = _quantised(graph, weights, [_planes(photo, width, height) for photo in chosen])
    plain = runner(graph, weights)
    paintings = [plain(photo) for photo in held_out]
    in_int8 = runner(rough, weights)
    figures: dict[str, Any] = _medians(measure, paintings, held_out) if measure else {}
    figures["int8_db"] = round(median(map(decibels, map(in_int8, held_out), paintings)), 1)
    figures["measured_on"] = f"{len(held_out)} photos that it was not trained on, {width}x{height}"
    files = {
        GRAPH: graph,
        WEIGHTS: weights,
        THUMBNAIL: _thumbnail(plain, portrait() if thumbnail is None else thumbnail),
    }
    if figures["int8_db"] >= WORST_INT8:
        files[GRAPH_INT8] = rough
    card = replace(
        manifest,
        generator=traits.family,
        parameters=dict(traits.parameters_given),
        stride=traits.stride,
        training={**manifest.training, **figures},
    )
    try:
        write_pack(path, card, files)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror})") from error
    return card


def rounded(generator: nn.Module) -> nn.Module:
    """A copy whose weights are numbers of bfloat16, which zip to a half: what engines compute in is no finer."""
    return deepcopy(generator).to(torch.bfloat16).float()


def _make_room(path: Path) -> None:
    """What is in the way of the pack should say so before the work is done, not after."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror})") from error


def _quantised(graph: bytes, weights: bytes, pictures: Sequence[Image]) -> bytes:
    """As `quantise`, without the bars and notes that its library prints among the results of a command."""
    logger = logging.getLogger("nncf")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with redirect_stdout(io.StringIO()):
            return quantise(graph, weights, pictures)
    finally:
        logger.setLevel(level)


def portrait() -> Picture:
    """The picture that thumbnails show: in the public domain."""
    from skimage.data import astronaut

    return np.asarray(astronaut(), np.uint8)  # type: ignore[no-untyped-call]


def _inner(short: int, stride: int) -> tuple[int, int]:
    """A size of 3:2, as photos have it, at which the strokes are the painting's own."""
    width, height = (max(stride, round(side / stride) * stride) for side in (short * 3 / 2, short))
    return width, height


def _planes(photo: Picture, width: int, height: int) -> Image:
    return from_rgb(filled(photo, width, height), HOUSE)


def _medians(measure: Measure, paintings: Sequence[Image], photos: Sequence[Image]) -> dict[str, float]:
    with torch.no_grad():
        found = [measure(*map(_tensor, pair)) for pair in zip(paintings, photos, strict=True)]
    return {name: round(median(figures[name] for figures in found), 4) for name in found[0]}


def _tensor(image: Image) -> Tensor:
    return torch.from_numpy(to_rgb(image, HOUSE)).permute(2, 0, 1)[None].float() / 255


def _thumbnail(paint: Paint, picture: Picture) -> bytes:
    painted = to_rgb(paint(from_rgb(filled(picture, THUMB * 3 // 2, THUMB * 3 // 2), HOUSE)), HOUSE)
    small = cv2.cvtColor(filled(painted, THUMB, THUMB), cv2.COLOR_RGB2BGR)
    good, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 88])
    assert good
    return data.tobytes()
