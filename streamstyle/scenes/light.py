"""What changes in a scene without anything moving: exposure, flashes, sensor noise."""

from dataclasses import dataclass
from math import pi, sin

import cv2
import numpy as np

from streamstyle.frames import Image, Plane, planes

BANK = 128


@dataclass(frozen=True, slots=True)
class Light:
    """How bright a picture is: stored luma becomes black + gain * (luma - black) + lift."""

    gain: float = 1.0
    lift: float = 0.0

    def shine(self, image: Image) -> None:
        levels = np.arange(256, dtype=np.float64)
        luma = np.clip(np.rint(16 + self.gain * (levels - 16) + self.lift), 16, 235).astype(np.uint8)
        chroma = np.clip(np.rint(128 + min(self.gain, 1.2) * (levels - 128)), 16, 240).astype(np.uint8)
        for plane, table in zip(planes(image), (luma, chroma, chroma), strict=True):
            cv2.LUT(plane, table, dst=plane)


def exposed(seconds: float) -> Light:
    """Slow waves of exposure, and a sudden step every two seconds."""
    step = (1.0, 0.72, 1.12, 0.85)[int(seconds / 2) % 4]
    return Light(step * (1 + 0.12 * sin(2 * pi * seconds / 5)))


def flashed(seconds: float) -> Light:
    """A photographer's flash of a tenth of a second every one and a half seconds."""
    phase = seconds % 1.5 - 0.7
    return Light(1.15, 95 * (1 - phase / 0.1)) if 0 <= phase < 0.1 else Light()


class Noise:
    """Sensor noise on the luma: drawn once, larger than the picture, and seen at another place every time."""

    def __init__(self, size: tuple[int, int], level: float) -> None:
        width, height = size
        random = np.random.default_rng(7)
        # A second share below one grey level keeps the rounded sum at the level that was asked for.
        bank = random.normal(0, level, (height + BANK, width + BANK))
        self._bank = np.rint(bank).astype(np.int16)
        self._size = size

    def add(self, plane: Plane, index: int) -> None:
        width, height = self._size
        x, y = (int(place) for place in np.random.default_rng((9, index)).integers(0, BANK, 2))
        cv2.add(plane, self._bank[y : y + height, x : x + width], dst=plane, dtype=cv2.CV_8U)
