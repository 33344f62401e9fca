"""One style from what was asked for to the pack: material, generator, objective, run, card."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn

from streamstyle.errors import InputError, UsageError
from streamstyle.generators import build
from streamstyle.packs import Manifest
from streamstyle.training.checkpoint import load_checkpoint
from streamstyle.training.choosing import Judges, Material, choose_objective
from streamstyle.training.features import load_features
from streamstyle.training.objectives import Weights
from streamstyle.training.packing import pack_generator
from streamstyle.training.paintings import painting_paths
from streamstyle.training.photos import Photos, read_photos
from streamstyle.training.run import CHECKPOINT, Plan, Report, Training, choose_device
from streamstyle.training.watching import FIGURES, add_figures, measured, write_plot, write_sheet
from streamstyle.training.whitebox import CartoonWeights

STYLE_SIZE = 384
PAINTING_TV, CARTOON_TV = 0.1, 0.5
LARGEST_STYLE_SIZE = {"multimodal": 1024}
RATES = {"small": 4e-3, "johnson": 2e-3, "multimodal": 2e-3, "cartoon": 2e-4, "cartoongan": 2e-4}
"""Discriminators cannot follow a generator that learns fast, nor do deep networks without norms survive it."""
CARTOON_RATE = 5e-4
CROPS, BATCHES = {"multimodal": 384}, {"multimodal": 1}
"""Three judges look at every step of it: one large crop teaches more than several small ones."""
CROP, BATCH = 256, 4


class Asked(Protocol):
    """What a person can say about a training run."""

    paintings: list[Path]
    photos: Path
    cartoons: Path | None
    name: str
    generator: str
    minutes: float | None
    steps: int | None
    resume: bool
    overwrite: bool
    start_from: Path | None
    features: str
    weights: Path | None
    style_weight: float
    content_weight: float
    tv_weight: float | None
    steady_weight: float
    grid_weight: float
    colour_weight: float
    surface_weight: float
    texture_weight: float
    structure_weight: float
    style_size: int | None
    crop: int | None
    batch: int | None
    rate: float | None
    width: int | None
    device: str
    seed: int
    threads: int | None
    title: str | None
    artist: str
    year: str
    licence: str


@dataclass(frozen=True)
class Lesson:
    """A training run that is ready to start, and its pack."""

    asked: Asked
    training: Training
    style_size: int

    def __str__(self) -> str:
        photos, plan = self.training.photos, self.training.plan
        length = f"{self.training.steps} steps" if plan.minutes is None else f"{plan.minutes:g} minutes"
        begun = f" from step {self.training.step}" if self.training.step else ""
        return f"{self.asked.name}: {self.asked.generator} on {len(photos)} photos for {length}{begun}"

    def train(self, each: Callable[[Report], None]) -> None:
        self.training.run(each, _keep)

    def pack(self, target: Path) -> Manifest:
        """Quantises, measures and writes."""
        training = self.training
        return pack_generator(
            training.generator.eval(),
            self._card(),
            training.photos.held_out or training.photos.pictures,
            target,
            measure=training.objective.measure,
            calibration=training.photos.pictures[:: max(1, len(training.photos) // 24)],
        )

    def _card(self) -> Manifest:
        asked, training = self.asked, self.training
        learnt: dict[str, Any] = {
            "learnt_from": [path.name for path in painting_paths(asked.paintings)],
            "photos": len(training.photos),
            "features": asked.features,
            "style_size": self.style_size,
            "style_weight": asked.style_weight,
            "content_weight": asked.content_weight,
            "tv_weight": _tv_weight(asked),
            "steady_weight": asked.steady_weight,
            "grid_weight": asked.grid_weight,
            "colour_weight": asked.colour_weight,
            "steps": training.step,
            "minutes": round(training.seconds / 60, 1),
            "batch": training.plan.batch,
            "crop": training.plan.crop,
            "rate": training.plan.rate,
            "seed": asked.seed,
        }
        if asked.cartoons is not None:
            learnt["cartoons"] = asked.cartoons.name
        if asked.start_from is not None:
            learnt["started_from"] = asked.start_from.parent.name or asked.start_from.name
        return Manifest(
            name=asked.name,
            title=asked.title or re.sub(r"-", " ", asked.name).capitalize(),
            generator=asked.generator,
            artist=asked.artist,
            year=asked.year,
            licence=asked.licence,
            short_side=_short_side(self.style_size),
            training=learnt,
        )


def prepare(asked: Asked, folder: Path) -> Lesson:
    """Reads everything that can be wrong before the first step."""
    if asked.threads is not None:
        torch.set_num_threads(asked.threads)
    device = choose_device(asked.device)
    _check_unfinished(asked, folder)
    crop = asked.crop or CROPS.get(asked.generator, CROP)
    photos = read_photos(asked.photos, asked.seed)
    _check_sides(crop, photos)
    size = asked.style_size or LARGEST_STYLE_SIZE.get(asked.generator, STYLE_SIZE)
    features = load_features(asked.features, asked.weights).to(device).to(memory_format=torch.channels_last)
    torch.manual_seed(asked.seed)
    generator = build(asked.generator, {} if asked.width is None else {"width": asked.width})
    if asked.start_from is not None:
        _start_from(generator, asked.start_from)
    judges = Judges(features, _weights(asked), _cartoon_weights(asked), asked.seed)
    objective = choose_objective(asked.generator, Material(asked.paintings, asked.cartoons, size, crop), judges)
    batch = asked.batch or BATCHES.get(asked.generator, BATCH)
    plan = Plan(asked.steps, asked.minutes, batch, crop, asked.rate or _rate(asked))
    training = Training(generator, objective, photos, plan, folder, device)
    if device.type == "cuda":
        # Pays within a minute there; on a CPU the convolutions are what takes the time.
        generator.compile(dynamic=True)
        features.compile(dynamic=True)
    if asked.resume:
        training.resume()
    else:
        (folder / FIGURES).unlink(missing_ok=True)
    return Lesson(asked, training, size)


def _short_side(style_size: int) -> int:
    """Where a picture is painted so that strokes stand to it as they do to the painting."""
    return max(64, round(style_size * 360 / STYLE_SIZE / 8) * 8)


def _keep(training: Training) -> None:
    photos = training.photos.held_out or training.photos.pictures
    training.generator.eval()
    write_sheet(training.folder, training.generator, photos)
    figures = measured(training.generator, training.objective.measure, photos)
    training.generator.train()
    add_figures(training.folder, {"minutes": training.seconds / 60, "step": training.step, **figures})
    write_plot(training.folder, training.history)


def _rate(asked: Asked) -> float:
    usual = RATES[asked.generator]
    return usual if asked.cartoons is None else min(usual, CARTOON_RATE)


def _check_unfinished(asked: Asked, folder: Path) -> None:
    """Nobody should lose an hour of training for want of a word."""
    path = folder / CHECKPOINT
    if asked.resume or asked.overwrite or not path.is_file():
        return
    state = load_checkpoint(path)
    if state["step"] < state["steps"]:
        raise UsageError(
            f"{path}: is of a run that stopped at step {state['step']} of {state['steps']}: "
            "--resume goes on, --overwrite starts anew"
        )


def _check_sides(crop: int, photos: Photos) -> None:
    if crop % 16:
        raise UsageError(f"--crop must be a multiple of 16, not {crop}")
    if crop < 64:
        raise UsageError(f"--crop must be at least 64, not {crop}")
    largest = max(min(picture.shape[:2]) for picture in photos.pictures)
    if crop > 4 * largest:
        raise UsageError(f"--crop {crop} is far larger than the photos (short sides up to {largest})")


def _tv_weight(asked: Asked) -> float:
    """Cartoons are smooth, paintings are not."""
    if asked.tv_weight is not None:
        return asked.tv_weight
    return PAINTING_TV if asked.cartoons is None else CARTOON_TV


def _weights(asked: Asked) -> Weights:
    return Weights(
        style=asked.style_weight,
        content=asked.content_weight,
        tv=_tv_weight(asked),
        grid=asked.grid_weight,
        colour=asked.colour_weight,
        steady=asked.steady_weight,
    )


def _cartoon_weights(asked: Asked) -> CartoonWeights:
    return CartoonWeights(
        surface=asked.surface_weight,
        texture=asked.texture_weight,
        structure=asked.structure_weight,
        content=asked.content_weight,
        tv=_tv_weight(asked),
    )


def _start_from(generator: nn.Module, path: Path) -> None:
    weights: Mapping[str, Any] = load_checkpoint(path)["generator"]
    try:
        generator.load_state_dict(dict(weights))
    except RuntimeError as error:
        raise InputError(f"{path}: is of another generator than is to be trained") from error
