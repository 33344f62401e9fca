"""Text over a picture, drawn on its planes: a line of figures, a word for a moment, the list of keys."""

import time
from collections.abc import Callable, Sequence

import cv2
import numpy as np

from streamstyle.frames import Image, planes, size

FONT = cv2.FONT_HERSHEY_SIMPLEX
INK = 235
SHADE = 0.35
SECONDS = 2.5
COLUMN = 4
"""Line heights from one column to the next."""
LINE_HEIGHT = 26
"""At 720 lines; it scales with the picture."""


def write(image: Image, lines: Sequence[str], bottom: bool = True) -> Image:
    """A copy with the lines on a darkened ground, at the bottom or at the top left."""
    shown = image.copy()
    if not lines:
        return shown
    luma, blue, red = planes(shown)
    width, height = size(image)
    step = max(12, LINE_HEIGHT * min(width, height) // 720)
    scale, thickness = step / 40, 1 if step < 22 else 2
    tall = min(height, step * len(lines) + step // 2) // 2 * 2
    broad = width
    if not bottom:
        text = max(cv2.getTextSize(line.split("\t")[-1], FONT, scale, thickness)[0][0] for line in lines)
        broad = min(width, text + (1 + COLUMN * any("\t" in line for line in lines)) * step) // 2 * 2
    top = height - tall if bottom else 0
    ground = luma[top : top + tall, :broad]
    ground[:] = (ground * SHADE).astype(np.uint8)
    for plane in (blue, red):
        plane[top // 2 : (top + tall) // 2, : broad // 2] = 128
    for number, line in enumerate(lines):
        # The letters are of different widths: what follows a tab stands in a column of its own.
        for column, part in enumerate(line.split("\t")):
            at = (step // 2 + column * COLUMN * step, top + step * (number + 1))
            cv2.putText(luma, part, at, FONT, scale, INK, thickness, cv2.LINE_AA)
    return shown


class Overlay:
    """What stands over the window's picture at the moment."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._word: tuple[str, float] = ("", 0.0)
        self._list: tuple[str, ...] = ()

    def say(self, word: str) -> None:
        """Shows a word for a moment."""
        self._word = word, self._clock() + SECONDS

    def toggle(self, lines: Sequence[str]) -> None:
        """Shows a list until it is asked for again."""
        self._list = () if self._list else tuple(lines)

    def __call__(self, image: Image, figures: str | None) -> Image:
        """The picture with all that is to be read on it; the picture itself where there is nothing."""
        word, until = self._word
        lines = [line for line in (word if self._clock() < until else "", figures) if line]
        if lines:
            image = write(image, ["   ".join(lines)])
        return write(image, self._list, bottom=False) if self._list else image
