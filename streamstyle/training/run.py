"""The run itself: steps, checkpoints, and going on after an interruption as if there had been none."""

import math
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from streamstyle.errors import InputError, StreamStyleError
from streamstyle.training.checkpoint import load_checkpoint, save_checkpoint
from streamstyle.training.objectives import Objective
from streamstyle.training.photos import Photos

CHECKPOINT = "checkpoint.pt"
KEPT_SECONDS = 60.0
"""How often the state, a sheet and a plot go to disk."""
TIMED_STEPS, TIMED_AGAIN = 8, 50
"""After so many steps a run of some minutes knows how many steps they are; later ones may cost more, or less."""
USUAL_STEPS = 1000
NOTED = 5
"""Every so many steps the losses are noted for the plot."""
WARM_UP, START, END = 0.15, 1 / 25, 1e-3
"""The rate rises for that share of the run, from a share of its height, and falls to another."""
LARGEST_GRADIENT = 1.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how to train: a number of steps, or minutes."""

    steps: int | None = None
    minutes: float | None = None
    batch: int = 4
    crop: int = 256
    rate: float = 4e-3


@dataclass(frozen=True, slots=True)
class Report:
    """What a step came to."""

    step: int
    steps: int
    losses: Mapping[str, float]
    seconds: float
    """Trained so far, over all interruptions."""

    @property
    def left(self) -> float:
        return self.seconds / self.step * (self.steps - self.step)

    @property
    def total(self) -> float:
        return sum(self.losses.values())


class Training:
    """One generator on its way; `folder` holds its checkpoint."""

    def __init__(
        self, generator: nn.Module, objective: Objective, photos: Photos, plan: Plan, folder: Path, device: torch.device
    ) -> None:
        self.generator = generator.to(device).to(memory_format=torch.channels_last).train()
        self.objective, self.photos, self.plan, self.folder, self.device = objective, photos, plan, folder, device
        self.step, self.seconds = 0, 0.0
        self._timed = self.step, self.seconds
        self.steps = plan.steps or USUAL_STEPS
        self.history: list[tuple[int, dict[str, float]]] = []
        self._saved_step: int | None = None
        self._optimiser = torch.optim.Adam(self.generator.parameters(), plan.rate)
        self._precision = precision(device)
        self._scaler = torch.amp.GradScaler(device.type, enabled=self._precision == torch.float16)

    @property
    def checkpoint(self) -> Path:
        return self.folder / CHECKPOINT

    def run(self, each: Callable[[Report], None], kept: Callable[["Training"], None]) -> None:
        """Trains to the end; `each` hears of every step, `kept` after every checkpoint.

        Ctrl-C leaves a checkpoint of the very step.
        """
        saved = time.monotonic()
        try:
            while self.step < self.steps:
                each(self.advance())
                if time.monotonic() - saved >= KEPT_SECONDS and self.step < self.steps:
                    self.save()
                    kept(self)
                    saved = time.monotonic()
        except KeyboardInterrupt:
            self.save()
            raise
        self.save()
        kept(self)

    def advance(self) -> Report:
        """One step."""
        began = time.perf_counter()
        losses = self._descend()
        self.step += 1
        self.seconds += time.perf_counter() - began
        if self.plan.minutes is not None and (self.step == TIMED_STEPS or self.step % TIMED_AGAIN == 0):
            self._set_length(self.plan.minutes * 60)
        if self.step % NOTED == 0 or self.step == 1:
            self.history.append((self.step, losses))
        return Report(self.step, self.steps, losses, self.seconds)

    def _set_length(self, seconds: float) -> None:
        """How many steps the run has where the rest go on at the pace of the latest."""
        step, spent = self._timed
        pace = (self.seconds - spent) / (self.step - step)
        self.steps = self.step + max(0, round((seconds - self.seconds) / pace))
        self._timed = self.step, self.seconds

    def _descend(self) -> dict[str, float]:
        for group in self._optimiser.param_groups:
            group["lr"] = self.plan.rate * height(self.step / self.steps)
        photos = self.photos.draw(self.plan.batch, self.plan.crop + self.objective.margin)
        photos = photos.to(self.device, memory_format=torch.channels_last)
        self._optimiser.zero_grad(set_to_none=True)
        with self._autocast():
            losses = self.objective.losses(self.generator, photos, self.step, self.steps)
        total = torch.stack([loss.float() for loss in losses.values()]).sum()
        if not math.isfinite(total.item()):
            wrong = [name for name, loss in losses.items() if not math.isfinite(loss.item())]
            raise StreamStyleError(self._lost(", ".join(wrong) or "the sum of all losses"))
        torch.autograd.backward(self._scaler.scale(total))
        self._scaler.unscale_(self._optimiser)
        norm = nn.utils.clip_grad_norm_(self.generator.parameters(), LARGEST_GRADIENT)
        # Before the step, so that no checkpoint ever holds what is not a number. In fp16 the scaler skips such steps.
        if not self._scaler.is_enabled() and not math.isfinite(norm.item()):
            raise StreamStyleError(self._lost("the gradient"))
        self._scaler.step(self._optimiser)
        self._scaler.update()
        named = {name: loss.item() for name, loss in losses.items()}
        return named | dict(self.objective.after_step())

    def _autocast(self) -> AbstractContextManager[Any]:
        if self._precision == torch.float32:
            return nullcontext()
        return torch.autocast(self.device.type, self._precision)

    def _lost(self, wrong: str) -> str:
        good = f"the last good state is {self.checkpoint}"
        if self._saved_step is None:
            good = "no state was saved yet"
        else:
            good += f" (step {self._saved_step})"
        return f"step {self.step + 1}: not a number any more: {wrong}; {good}; a smaller --rate may help"

    def save(self) -> None:
        """Writes the checkpoint."""
        save_checkpoint(
            self.checkpoint,
            {
                "plan": asdict(self.plan),
                "family": self._traits,
                "step": self.step,
                "steps": self.steps,
                "seconds": self.seconds,
                "history": self.history,
                "generator": self.generator.state_dict(),
                "optimiser": self._optimiser.state_dict(),
                "scaler": self._scaler.state_dict(),
                "objective": self.objective.state_dict(),
                "photos": self.photos.random.bit_generator.state,
                "random": torch.get_rng_state(),
            },
        )
        self._saved_step = self.step

    def resume(self) -> None:
        """Goes on where the checkpoint was written."""
        state = load_checkpoint(self.checkpoint)
        if state.get("family") != self._traits:
            raise InputError(f"{self.checkpoint}: is of another generator: {state.get('family')}, not {self._traits}")
        differing = [
            f"{name} was {was}, not {now}"
            for name, now in asdict(self.plan).items()
            if name not in ("steps", "minutes") and (was := state["plan"].get(name)) != now
        ]
        if differing:
            raise InputError(f"{self.checkpoint}: was trained otherwise: {'; '.join(differing)}")
        self.step, self.seconds = self._timed = state["step"], state["seconds"]
        self.steps = self.plan.steps or state["steps"]
        self.history = [(step, dict(losses)) for step, losses in state["history"]]
        self.generator.load_state_dict(state["generator"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._scaler.load_state_dict(state["scaler"])
        self.objective.load_state_dict(state["objective"])
        self.photos.random.bit_generator.state = state["photos"]
        torch.set_rng_state(state["random"])
        self._saved_step = self.step

    @property
    def _traits(self) -> dict[str, Any]:
        generator: Any = self.generator
        return {"family": generator.family, **generator.parameters_given}


def height(share: float) -> float:
    """The learning rate over the run as a share of its largest: up, then down, both as half a cosine."""
    if share < WARM_UP:
        return START + (1 - START) * (1 - math.cos(math.pi * share / WARM_UP)) / 2
    return END + (1 - END) * (1 + math.cos(math.pi * min(1.0, (share - WARM_UP) / (1 - WARM_UP)))) / 2


def precision(device: torch.device) -> torch.dtype:
    """The smallest float that is fast there."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    if device.type == "cpu" and (torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()):
        return torch.bfloat16
    return torch.float32


def choose_device(name: str) -> torch.device:
    """`auto` is CUDA where there is one."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise InputError(f"device {name}: cannot be used here ({str(error).splitlines()[0][:100]})") from error
    return device
