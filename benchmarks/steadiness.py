"""What steadiness is measured by: warping error, ghosts, sharpness; along exact flow, or a strong one, checked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from streamstyle.colour import to_rgb
from streamstyle.frames import Colour, Image, planes, size
from streamstyle.scenes import Scene

Flow = NDArray[np.float32]
Mask = NDArray[np.bool_]
Floats = NDArray[np.float32]
SETTLING = 20
"""The pictures at the start that count for nothing: every method needs some to settle."""


@dataclass(frozen=True)
class Motion:
    """Between a picture and the next: the flow forward, where it may be compared, and what comes into view there."""

    forward: Flow
    comparable: Mask
    uncovered: Mask
    back: Flow


class Truth(Protocol):
    """Knows the motion between picture number `index` of a sequence and the one after it."""

    def motion(self, index: int) -> Motion | None: ...


@dataclass(frozen=True)
class Figures:
    """Of one sequence: root of the warping error in grey levels, ghosts and sharpness as shares."""

    error: float
    ghosts: float | None
    sharpness: float | None


def figures(pictures: Sequence[Image], plain: Sequence[Image], truth: Truth, colour: Colour) -> Figures:
    """Measures a sequence against the same one frame by frame."""
    errors: list[float] = []
    ghosts: list[tuple[float, float]] = []
    for index in range(SETTLING, len(pictures) - 1):
        motion = truth.motion(index)
        if motion is None:
            continue
        first, second = (_rgb(pictures[each], colour) for each in (index, index + 1))
        errors.append(_squared(first, second, motion))
        if motion.uncovered.sum() > 200:
            fresh, before = _rgb(plain[index + 1], colour), _rgb(plain[index], colour)
            stale = warped(before, motion.back)
            where = motion.uncovered
            ghosts.append((float(np.abs(second - fresh)[where].mean()), float(np.abs(stale - fresh)[where].mean())))
    ghost = sum(ours for ours, _ in ghosts) / sum(worst for _, worst in ghosts) if ghosts else None
    return Figures(float(np.sqrt(np.mean(errors))), ghost, sharpness(pictures, plain))


def sharpness(pictures: Sequence[Image], plain: Sequence[Image]) -> float:
    """The energy in the upper half of the spectrum beside that of frame by frame, late in the sequence."""
    late = range(len(pictures) // 2, len(pictures), 5)
    return float(np.mean([fine_energy(pictures[index]) / fine_energy(plain[index]) for index in late]))


def fine_energy(picture: Image) -> float:
    """The energy of the luma above a quarter of a cycle per pixel."""
    luma = planes(picture)[0].astype(np.float64)
    height, width = luma.shape
    window = np.hanning(height)[:, None] * np.hanning(width)
    power = np.abs(np.fft.rfft2((luma - luma.mean()) * window)) ** 2
    upper = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)) > 0.25
    return float(power[upper].sum())


def warped(picture: Floats, flow: Flow) -> Floats:
    """A picture seen along a flow; bicubic, since a blur would pass for steadiness."""
    height, width = flow.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    seen = cv2.remap(picture, x + flow[..., 0], y + flow[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(seen, np.float32)


def edges_of_motion(flow: Flow) -> Mask:
    """Ruder et al. 2016: |du|^2 + |dv|^2 > 0.01 |w|^2 + 0.002."""
    steep = sum(np.square(slope) for part in (0, 1) for slope in np.gradient(flow[..., part]))
    return np.asarray(steep > 0.01 * np.square(flow).sum(axis=-1) + 0.002)


def hidden(forward: Flow, back: Flow) -> Mask:
    """Where the flow back does not return: |w' + w|^2 > 0.01 (|w'|^2 + |w|^2) + 0.5."""
    returned = warped(back, forward)
    lengths = np.square(forward).sum(axis=-1) + np.square(returned).sum(axis=-1)
    return np.asarray(np.square(forward + returned).sum(axis=-1) > 0.01 * lengths + 0.5)


class SceneTruth:
    """The exact motion of a scene, from one of its pictures on."""

    def __init__(self, scene: Scene, first: int) -> None:
        self._scene, self._first = scene, first

    def motion(self, index: int) -> Motion | None:
        here, there = self._first + index, self._first + index + 1
        if self._scene.is_cut(there):
            return None
        forward = self._scene.flow(here, there)
        comparable = ~self._scene.occluded(here, there) & ~edges_of_motion(forward)
        back = self._scene.flow(there, here)
        height, width = comparable.shape
        x, y = np.meshgrid(np.arange(width), np.arange(height))
        inside = (np.abs(x + back[..., 0] - (width - 1) / 2) <= (width - 1) / 2) & (
            np.abs(y + back[..., 1] - (height - 1) / 2) <= (height - 1) / 2
        )
        # What comes in from outside the picture hides no ghost: nothing was painted there.
        return Motion(forward, comparable, self._scene.occluded(there, here) & inside, back)


class StrongFlow:
    """For clips: DIS at full size and to its finest scale, both ways, each checked against the other."""

    def __init__(self, originals: Sequence[Image], cuts: Sequence[int]) -> None:
        self._originals = originals
        self._cuts = frozenset(cuts)
        self._known: dict[int, Motion] = {}

    def motion(self, index: int) -> Motion | None:
        if index + 1 in self._cuts:
            return None
        if index not in self._known:
            first, second = (planes(self._originals[each])[0] for each in (index, index + 1))
            forward, back = _searched(first, second), _searched(second, first)
            width, height = size(self._originals[index])
            columns, rows = np.meshgrid(np.arange(width), np.arange(height))
            x, y = columns + forward[..., 0], rows + forward[..., 1]
            inside = (x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1)
            comparable = inside & ~hidden(forward, back) & ~edges_of_motion(forward)
            # A flow that is only found is no truth about what comes into view.
            nothing = np.zeros_like(comparable)
            self._known[index] = Motion(forward, comparable, nothing, back)
        return self._known[index]


def _searched(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> Flow:
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    search.setFinestScale(0)
    return np.asarray(search.calc(first, second, np.zeros((*first.shape, 2), np.float32)), np.float32)


def _squared(first: Floats, second: Floats, motion: Motion) -> float:
    wrong = np.square(warped(second, motion.forward) - first)[motion.comparable]
    return float(wrong.mean()) if wrong.size else 0.0


def _rgb(picture: Image, colour: Colour) -> Floats:
    return to_rgb(picture, colour).astype(np.float32)
