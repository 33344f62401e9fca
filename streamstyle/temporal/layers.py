"""Paint that is carried along instead of averaged.

Strokes that differ from picture to picture blur into nothing when they are averaged under a moving camera, and whatever
is resampled again and again blurs as well. So a whole painting is kept, together with how far each of its places has
moved since; it is resampled once, however long it is carried. Every now and then a fresh painting takes its place.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from streamstyle.temporal.warp import Floats, Flow, warp, warp_sharp

PERIOD, FADE = 32, 16
"""Pictures from one fresh painting to the next, and for how many of them one fades into the other."""
MOVED = 0.25
"""Pixels, at half size, from which on a place counts as moved: what stands still is better averaged."""
TORN = 0.75
"""Pixels, at half size, by which neighbours may have moved differently: beyond it there is an edge between them."""
LENIENCE = 1.6
"""A place is given up for good by what is doubted strongly, not by every little doubt."""
WORN = 0.6
"""A painting of which less than this share is still good is replaced at once."""


class Layer:
    """One painting, where its places have gone, and which of them are still good."""

    def __init__(self, width: int, height: int) -> None:
        half = height // 2, width // 2
        self.planes = [np.zeros(shape, np.float32) for shape in ((height, width), half, half)]
        # Four planes in one array are moved in a third of the time that two take.
        self._state, self._carried = (np.zeros((*half, 4), np.float32) for _ in range(2))
        self._across, self._down, self.good, self._moved = (np.zeros(half, np.float32) for _ in range(4))
        self.weight, self._spare, self._torn = (np.zeros(half, np.float32) for _ in range(3))
        self._full = [np.zeros((height, width), np.float32) for _ in range(2)]
        self.age = 0

    def take(self, planes: Sequence[Floats]) -> None:
        for kept, plane in zip(self.planes, planes, strict=True):
            np.copyto(kept, plane)
        self._state[:] = 0, 0, 1, 0
        self.good[:] = 1
        self.age = 0

    def follow(self, flow: Flow, shares: Floats) -> None:
        """Carries everything one picture on; `shares` says where the flow can be believed."""
        across, down, good, moved = self._across, self._down, self.good, self._moved
        warp(self._state, flow, self._carried)
        cv2.split(self._carried, [across, down, good, moved])
        across += flow[..., 0]
        down += flow[..., 1]
        np.multiply(shares, LENIENCE, out=self._spare)
        cv2.min(good, self._spare, dst=good)
        self._give_up_torn()
        # What comes back to where it was has moved all the same: a hand that shakes must not switch to and fro.
        for shift in (across, down):
            np.abs(shift, out=self._spare)
            self._spare *= 1 / MOVED
            cv2.max(moved, self._spare, dst=moved)
        np.minimum(moved, 1, out=moved)
        np.multiply(moved, good, out=self.weight)
        cv2.merge([across, down, good, moved], dst=self._state)
        self.age += 1

    def _give_up_torn(self) -> None:
        """Between things that move apart the shift is a mean of both and leads nowhere."""
        for shift, spare in ((self._across, self._torn), (self._down, self._spare)):
            cv2.blur(shift, (3, 3), dst=spare)
            cv2.absdiff(shift, spare, dst=spare)
        cv2.max(self._torn, self._spare, dst=self._torn)
        self.good *= self._torn <= TORN

    def seen(self, index: int, out: Floats) -> None:
        """Plane number `index` where it is now."""
        if index:
            # Sharp for colours too: half a pixel of theirs is a whole one of the picture.
            warp_sharp(self.planes[index], self._across, self._down, out)
            return
        height, width = out.shape
        across, down = self._full
        for shift, full in (self._across, across), (self._down, down):
            cv2.resize(shift, (width, height), dst=full, interpolation=cv2.INTER_LINEAR)
            full *= 2
        warp_sharp(self.planes[0], across, down, out)


class Layers:
    """The painting that is shown, and the one that is about to take its place."""

    def __init__(self, width: int, height: int) -> None:
        self._size = width, height
        half = height // 2, width // 2
        self._old, self._new = Layer(width, height), Layer(width, height)
        self._fading = False
        self._moved = False
        self._changes = {shape: [np.zeros(shape, np.float32) for _ in range(2)] for shape in ((height, width), half)}
        self._weights = [np.zeros((height, width), np.float32) for _ in range(2)]
        self.weight = np.zeros((height, width), np.float32)
        """How much of the luma is carried, 0..1."""
        self.colour_weight = np.zeros(half, np.float32)

    def start(self, planes: Sequence[Floats]) -> None:
        self._old.take(planes)
        self._fading = self._moved = False

    def follow(self, flow: Flow, shares: Floats, shown: Sequence[Floats], fresh: Sequence[Floats]) -> bool:
        """Whether anything is carried now; `shown` is what was shown before, at its own places."""
        if not self._moved:
            if not flow.any():
                return False
            # What stood still was averaged, and is what begins to move.
            self._old.take(shown)
            self._moved = True
        self._old.follow(flow, shares)
        if self._fading:
            self._new.follow(flow, shares)
            if self._new.age >= FADE:
                self._old, self._new = self._new, self._old
                self._fading = False
        if not self._fading:
            self._new.weight[:] = 0
            if self._old.age >= PERIOD or float(self._old.good.mean()) < WORN:
                self._new.take(fresh)
                self._fading = True
        self._share()
        return True

    def _share(self) -> None:
        """Fades from the old painting to the new one; where the old one is not good the new one is there at once."""
        if not self._fading:
            return
        share = self._new.age / FADE
        share = share * share * (3 - 2 * share)
        old, new = self._old.weight, self._new.weight
        new *= 1 - (1 - share) * old
        old *= 1 - share

    def lay(self, planes: Sequence[Floats], amount: float) -> None:
        """Lays what is carried over three planes."""
        layers = [self._old, self._new] if self._fading else [self._old]
        self.weight[:] = 0
        self.colour_weight[:] = 0
        for layer, wide in zip(layers, self._weights, strict=False):
            layer.weight *= amount
            cv2.resize(layer.weight, self._size, dst=wide, interpolation=cv2.INTER_LINEAR)
            self.weight += wide
            self.colour_weight += layer.weight
        for index, plane in enumerate(planes):
            self._lay(index, plane, layers, [layer.weight for layer in layers] if index else self._weights)

    def _lay(self, index: int, plane: Floats, layers: Sequence[Layer], weights: Sequence[Floats]) -> None:
        changes = self._changes[plane.shape]
        for layer, weight, change in zip(layers, weights, changes, strict=False):
            layer.seen(index, change)
            change -= plane
            change *= weight
        for _, change in zip(layers, changes, strict=False):
            plane += change
