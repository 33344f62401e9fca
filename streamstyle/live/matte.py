"""Only the person, or only what is behind: a matte for every picture, soft at its edges and steady in time."""

from collections.abc import Callable
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from streamstyle.frames import Image, blank, planes
from streamstyle.temporal.warp import warp

Matte = NDArray[np.float32]
"""(height, width) at any size: 1 where the person is, 0 where not."""
FindMatte = Callable[[Image], Matte]
Only = Literal["person", "background"]

INNER = 256
"""The longer side at which mattes are kept steady."""
KEPT = 0.75
"""The share of the earlier matte where the motion is certain."""
DOUBT = 12.0
"""Grey levels by which a moved pixel may differ before the earlier matte is not believed there."""
EDGE = 3


class Cutout:
    """Lays the painting over the original where the matte says; one for each stream."""

    def __init__(self, find: FindMatte, only: Only, width: int, height: int) -> None:
        self._find = find
        self._only = only
        self._size = (width, height)
        scale = min(1.0, INNER / max(width, height))
        self._steady = SteadyMatte(max(16, round(width * scale)), max(16, round(height * scale)))

    def __call__(self, original: Image, painted: Image) -> Image:
        matte = self._steady(planes(original)[0], self._find(original))
        share = matte if self._only == "person" else 1 - matte
        full = cv2.resize(share, self._size, interpolation=cv2.INTER_LINEAR)
        half = cv2.resize(share, (self._size[0] // 2, self._size[1] // 2), interpolation=cv2.INTER_AREA)
        result = blank(*self._size)
        layers = zip(planes(painted), planes(original), planes(result), (full, half, half), strict=True)
        for top, ground, target, weight in layers:
            cv2.blendLinear(top, ground, weight, 1 - weight, dst=target)
        return result


class SteadyMatte:
    """Holds a matte still where the picture is still, and moves it with the picture's own motion."""

    def __init__(self, width: int, height: int) -> None:
        self._size = (width, height)
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._luma: NDArray[np.uint8] | None = None
        self._matte: Matte | None = None

    def __call__(self, luma: NDArray[np.uint8], matte: Matte) -> Matte:
        small = np.asarray(cv2.resize(luma, self._size, interpolation=cv2.INTER_AREA), np.uint8)
        fresh = np.asarray(cv2.resize(matte, self._size, interpolation=cv2.INTER_AREA), np.float32)
        fresh = np.asarray(cv2.GaussianBlur(fresh, (EDGE, EDGE), 0), np.float32)
        if self._luma is not None and self._matte is not None:
            fresh = self._mixed(small, self._luma, fresh, self._matte)
        self._luma, self._matte = small, fresh
        return fresh

    def _mixed(self, small: NDArray[np.uint8], before: NDArray[np.uint8], fresh: Matte, earlier: Matte) -> Matte:
        flow = np.asarray(self._flow.calc(small, before, np.zeros((*small.shape, 2), np.float32)), np.float32)
        moved, seen = np.empty_like(earlier), np.empty_like(before)
        warp(earlier, flow, moved)
        warp(before, flow, seen)
        apart = cv2.blur(cv2.absdiff(small, seen), (5, 5)).astype(np.float32)
        kept = KEPT * np.clip(1 - apart / DOUBT, 0, 1)
        return np.asarray(kept * moved + (1 - kept) * fresh, np.float32)


class MotionMatte:
    """What moves before a fixed camera: learns the place, and takes for a person what differs from it."""

    WIDTH = 192
    LEARNING = 12
    """Pictures that are taken as they come, to know the place at all."""
    QUICK, SLOW, REFUSED = 0.05, 0.0005, 0.6
    """How fast the place is learnt where it is seen and where it is covered; covered above this share it changed."""
    NEAR, FAR = 2.5, 5.0
    """Deviations from the place at which something begins to count, and counts in full."""
    FLOOR = 4.0

    def __init__(self) -> None:
        self._place: NDArray[np.float32] | None = None
        self._spread: NDArray[np.float32] | None = None
        self._seen = 0

    def __call__(self, image: Image) -> Matte:
        picture = self._small(image)
        if self._place is None or self._spread is None:
            self._place, self._spread = picture, np.full_like(picture, self.FLOOR)
        apart = np.abs(picture - self._place)
        far = (apart / (self._spread + self.FLOOR)).max(axis=2)
        raw = np.clip((far - self.NEAR) / (self.FAR - self.NEAR), 0, 1).astype(np.float32)
        matte = self._whole(raw)
        self._learn(picture, apart, matte)
        return matte

    def _small(self, image: Image) -> NDArray[np.float32]:
        luma, blue, red = planes(image)
        size = (self.WIDTH, max(16, round(self.WIDTH * luma.shape[0] / luma.shape[1])))
        layers = [cv2.resize(plane, size, interpolation=cv2.INTER_AREA) for plane in (luma, blue, red)]
        return np.stack(layers, axis=-1).astype(np.float32)

    @staticmethod
    def _whole(raw: Matte) -> Matte:
        """Specks go, holes close, edges become soft."""
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
        closing = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (11, 11))
        clean = cv2.morphologyEx(raw, cv2.MORPH_OPEN, disc)
        closed = cv2.morphologyEx(clean, cv2.MORPH_CLOSE, closing)
        return np.asarray(cv2.GaussianBlur(closed, (5, 5), 0), np.float32)

    def _learn(self, picture: NDArray[np.float32], apart: NDArray[np.float32], matte: Matte) -> None:
        assert self._place is not None and self._spread is not None
        self._seen += 1
        if self._seen <= self.LEARNING or float(matte.mean()) > self.REFUSED:
            rate: NDArray[np.float32] = np.full((*matte.shape, 1), 1 / min(self._seen + 1, 4), np.float32)
        else:
            rate = np.where(matte > 0.3, self.SLOW, self.QUICK).astype(np.float32)[..., None]
        self._place += rate * (picture - self._place)
        # What covers the place says nothing about how much the place itself varies.
        self._spread += np.where(matte[..., None] > 0.3, 0, rate) * (np.minimum(apart, 2 * self.FLOOR) - self._spread)
