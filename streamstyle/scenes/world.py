"""The still as planes that a camera moves over, in several moods for the shots of a cut."""

from math import ceil

import cv2
import numpy as np

from streamstyle.colour import from_rgb
from streamstyle.frames import Colour, Image, planes
from streamstyle.scenes.brushes import Canvas
from streamstyle.scenes.camera import Affine
from streamstyle.scenes.still import ASPECT, draw_still

BORDER = cv2.BORDER_REFLECT_101


class World:
    """The still, large enough that a view of `size` at scale 1 shows the share `span` of it."""

    def __init__(self, size: tuple[int, int], span: float) -> None:
        width, height = size
        tall = max(ceil(height / span), ceil(width / span / ASPECT), 32)
        self._still = draw_still(tall + tall % 2)
        if self._still.shape[1] % 2:
            self._still = np.ascontiguousarray(self._still[:, :-1])
        self._moods: dict[int, Image] = {}

    @property
    def size(self) -> tuple[int, int]:
        return self._still.shape[1], self._still.shape[0]

    def draw(self, image: Image, shot: int, to_still: Affine) -> None:
        """Fills a picture with the view that a map says."""
        halved = _halved(to_still)
        maps = to_still, halved, halved
        ways = cv2.INTER_CUBIC, cv2.INTER_LINEAR, cv2.INTER_LINEAR
        for plane, still, matrix, way in zip(planes(image), planes(self._mood(shot % 4)), maps, ways, strict=True):
            flags = way | cv2.WARP_INVERSE_MAP
            cv2.warpAffine(still, matrix[:2], plane.shape[::-1], dst=plane, flags=flags, borderMode=BORDER)

    def _mood(self, shot: int) -> Image:
        if shot not in self._moods:
            self._moods[shot] = from_rgb(_graded(self._still, shot), Colour())
        return self._moods[shot]


def _graded(still: Canvas, shot: int) -> Canvas:
    """The still as it is, mirrored, at dusk, and black and white upside down in tone."""
    if shot == 1:
        return np.ascontiguousarray(still[:, ::-1])
    if shot == 2:
        return np.asarray(still * np.array((0.62, 0.42, 0.52)) + (12, 4, 26), np.uint8)
    if shot == 3:
        grey = still.mean(axis=2, keepdims=True)
        return np.asarray(np.repeat(235 - 0.8 * grey[::-1], 3, axis=2), np.uint8)
    return still


def _halved(matrix: Affine) -> Affine:
    """The same map between half-size planes, whose samples lie in the middle of four luma pixels."""
    double = np.array([[2, 0, 0.5], [0, 2, 0.5], [0, 0, 1]])
    return np.asarray(np.linalg.inv(double) @ matrix @ double, np.float64)
