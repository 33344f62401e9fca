"""Trust against the exact occlusions of the scenes: what cannot have been seen is not believed, the rest is."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from streamstyle.scenes import Scene, open_scene
from streamstyle.temporal.flow import Dis
from streamstyle.temporal.sketch import Sketch
from streamstyle.temporal.trust import Trust


def judged(scene: Scene, index: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_], Trust]:
    """What is not believed and what is truly hidden, at the size of sketches, and the trust itself."""
    newer, older = Sketch(320, 180), Sketch(320, 180)
    trust, find = Trust(320, 180), Dis(320, 180)
    for step in (index - 2, index - 1, index):
        newer, older = older, newer
        newer.take(scene.picture(step))
        if step > index - 2:
            trust(newer, older, find(newer, older, None), older.expose_like(newer))
    truth = scene.occluded(index, index - 1).astype(np.float32)
    hidden = cv2.resize(truth, (320, 180), interpolation=cv2.INTER_AREA)
    return trust.shares < 0.5, hidden > 0.99, trust


@pytest.mark.parametrize(("name", "found", "right"), [("test:sprite", 0.65, 0.3), ("test:pan?speed=3", 0.95, 0.1)])
def test_what_comes_into_view_is_not_believed(name: str, found: float, right: float) -> None:
    scene, recalls, precisions = open_scene(name), [], []
    for index in (51, 75, 99):
        doubted, hidden, _ = judged(scene, index)
        recalls.append((doubted & hidden).sum() / hidden.sum())
        # Two pixels around what is hidden are doubted rightly: no flow is sharper than that.
        near = cv2.dilate(hidden.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        precisions.append((doubted & near).sum() / doubted.sum())
    assert np.mean(recalls) > found
    assert np.mean(precisions) > right


@pytest.mark.parametrize("name", ["test:pan", "test:zoom", "test:rotate", "test:noise", "test:pan?noise=3"])
def test_what_only_moves_is_believed(name: str) -> None:
    doubted, hidden, _ = judged(open_scene(name), 60)
    assert doubted[~hidden].mean() < 0.06


def test_the_noise_of_the_sensor_is_seen() -> None:
    _, _, quiet = judged(open_scene("test:noise?noise=0"), 20)
    _, _, noisy = judged(open_scene("test:noise?noise=12"), 20)
    assert noisy.noise > quiet.noise + 0.5


def test_another_light_is_not_believed() -> None:
    scene = open_scene("test:exposure")
    _, _, before = judged(scene, 58)
    _, _, step = judged(scene, 60)
    assert before.shares.mean() > 0.95
    assert step.shares.max() == 0
