"""The step that keeps a stream steady: the earlier painting, moved along the flow, under the fresh one."""

import cv2
import numpy as np

from streamstyle.frames import Image, blank, planes
from streamstyle.temporal.contrast import Contrast
from streamstyle.temporal.cuts import Cuts
from streamstyle.temporal.detail import Detail
from streamstyle.temporal.flow import flow_finder
from streamstyle.temporal.layers import Layers
from streamstyle.temporal.sketch import Sketch, Vectors
from streamstyle.temporal.trust import Trust
from streamstyle.temporal.warp import Floats, Flow, warp

USUAL = 0.9
"""The amount from which on what is carried is shown alone."""


class Steady:
    """One stream's memory, for pictures of one size; the result is valid until the next call."""

    def __init__(self, width: int, height: int, flow: str = "auto", amount: float = USUAL) -> None:
        self._size = width, height
        half = width // 2, height // 2
        self._amount, self._flow_name = amount, flow
        self._find = flow_finder(flow, *half)
        self._newer, self._older = Sketch(*half), Sketch(*half)
        self._cuts = Cuts()
        self._trust = Trust(*half)
        self._detail = Detail(width, height)
        colours = Contrast(*half)
        self._contrasts = Contrast(width, height), colours, colours
        self._layers = Layers(width, height)
        self._history = [np.empty(shape[::-1], np.float32) for shape in (self._size, half, half)]
        self._fresh = [np.empty_like(plane) for plane in self._history]
        self._spare = {plane.shape: np.empty_like(plane) for plane in self._history}
        self._shares = np.empty((height, width), np.float32)
        self._flow = np.empty((height, width, 2), np.float32)
        self._image = blank(width, height)
        self._started = False

    def reset(self) -> None:
        """Forgets everything: the next picture comes out as it is."""
        self._started = False

    def resized(self, width: int, height: int) -> "Steady":
        """The same memory for pictures of another size: what comes next follows without a jump."""
        other = Steady(width, height, self._flow_name, self._amount)
        if self._started:
            for kept, theirs in zip(self._history, other._history, strict=True):
                cv2.resize(kept, theirs.shape[::-1], dst=theirs, interpolation=cv2.INTER_LINEAR)
            other._newer.take_over(self._newer)
            other._trust.noise = self._trust.noise
            other._layers.start(other._history)
            other._started = True
        return other

    def __call__(
        self,
        original: Image,
        styled: Image,
        *,
        amount: float | None = None,
        vectors: Vectors | None = None,
        gap: bool = False,
    ) -> Image:
        """The steadied picture; `gap` says that pictures are missing before this one."""
        self._newer, self._older = self._older, self._newer
        self._newer.take(original)
        if gap:
            self._started = False
        if self._find is None or not self._started:
            return self._start(styled)
        exposed = self._older.expose_like(self._newer)
        flow = self._find(self._newer, self._older, vectors)
        if self._cuts(self._newer.bytes, self._older.bytes, flow):
            return self._start(styled)
        self._trust(self._newer, self._older, flow, exposed)
        self._blend(styled, flow, self._amount if amount is None else amount)
        return self._image

    def _start(self, styled: Image) -> Image:
        for plane, kept in zip(planes(styled), self._history, strict=True):
            kept[:] = plane
        self._layers.start(self._history)
        self._cuts.reset()
        self._started = True
        np.copyto(self._image, styled)
        return self._image

    def _blend(self, styled: Image, flow: Flow, amount: float) -> None:
        shares = self._trust.shares
        for plane, fresh in zip(planes(styled), self._fresh, strict=True):
            fresh[:] = plane
        carried = self._layers.follow(flow, shares, self._history, self._fresh)
        shares *= amount
        cv2.resize(shares, self._size, dst=self._shares, interpolation=cv2.INTER_LINEAR)
        moving = bool(flow.any())
        if moving:
            cv2.resize(flow, self._size, dst=self._flow, interpolation=cv2.INTER_LINEAR)
            self._flow *= 2
        fields = (self._flow, self._shares), (flow, shares), (flow, shares)
        for fresh, kept, (field, share) in zip(self._fresh, self._history, fields, strict=True):
            _mix(kept, fresh, self._spare[kept.shape], field if moving else None, share)
        if carried:
            self._layers.lay(self._history, min(1.0, amount / USUAL))
            weights = self._layers.weight, self._layers.colour_weight, self._layers.colour_weight
            for contrast, kept, fresh, weight in zip(self._contrasts, self._history, self._fresh, weights, strict=True):
                contrast(kept, fresh, weight)
            self._detail(self._history[0], self._fresh[0], self._layers.weight)
        self._show()

    def _show(self) -> None:
        for plane, kept in zip(planes(self._image), self._history, strict=True):
            # Cubic interpolation overshoots, and bytes would wrap around.
            np.clip(kept, 0, 255, out=kept)
            np.rint(kept, out=self._spare[kept.shape])
            np.copyto(plane, self._spare[kept.shape], casting="unsafe")


def _mix(kept: Floats, fresh: Floats, spare: Floats, flow: Flow | None, shares: Floats) -> None:
    """Puts `shares` of what is kept, moved along the flow, over what is fresh; the result is kept."""
    moved = kept
    if flow is not None:
        warp(kept, flow, spare)
        moved = spare
    np.subtract(moved, fresh, out=kept)
    np.multiply(kept, shares, out=kept)
    np.add(kept, fresh, out=kept)
