"""Carried paint: resampled once, given up where it is hidden, replaced without a jump."""

import numpy as np

from streamstyle.temporal.layers import FADE, PERIOD, Layer, Layers
from streamstyle.temporal.warp import Floats

WIDTH, HEIGHT = 128, 72


def strokes(seed: int) -> list[Floats]:
    random = np.random.default_rng(seed)
    shapes = (HEIGHT, WIDTH), (HEIGHT // 2, WIDTH // 2), (HEIGHT // 2, WIDTH // 2)
    return [random.uniform(0, 255, shape).astype(np.float32) for shape in shapes]


def uniform(x: float, y: float) -> Floats:
    """A flow, at half size, of (x, y) pixels of the whole picture."""
    return np.full((HEIGHT // 2, WIDTH // 2, 2), (x / 2, y / 2), np.float32)


def believed() -> Floats:
    return np.ones((HEIGHT // 2, WIDTH // 2), np.float32)


def test_paint_that_is_carried_far_is_as_crisp_as_at_the_start() -> None:
    layer, painting = Layer(WIDTH, HEIGHT), strokes(1)
    layer.take(painting)
    for _ in range(40):
        layer.follow(uniform(0.3, 0.1), believed())
    seen = np.empty_like(painting[0])
    layer.seen(0, seen)
    inside = np.s_[10 : HEIGHT - 10, 10 : WIDTH - 20]
    # Forty steps of (0.3, 0.1) are twelve whole pixels across and four down.
    assert np.abs(seen[inside] - np.roll(painting[0], (-4, -12), (0, 1))[inside]).max() < 1


def test_what_was_hidden_once_is_given_up_and_stays_so() -> None:
    layer = Layer(WIDTH, HEIGHT)
    layer.take(strokes(1))
    shares = believed()
    shares[10:20, 30:40] = 0
    layer.follow(uniform(2, 0), shares)
    assert layer.weight[15, 35] == 0
    layer.follow(uniform(2, 0), believed())
    assert layer.weight[15, 34] == 0
    assert layer.weight[15, 50] == 1


def test_between_things_that_move_apart_nothing_is_carried() -> None:
    layer = Layer(WIDTH, HEIGHT)
    layer.take(strokes(1))
    flow = uniform(0.5, 0)
    flow[:, WIDTH // 4 :] = (3, 0)
    layer.follow(flow, believed())
    edge = layer.weight[20, WIDTH // 4 - 1 : WIDTH // 4 + 1]
    assert edge.max() == 0
    assert layer.weight[20, 5] == layer.weight[20, -5] == 1


def test_a_fresh_painting_takes_the_place_of_the_old_one_by_and_by() -> None:
    layers, shown = Layers(WIDTH, HEIGHT), strokes(1)
    layers.start(shown)
    steps = []
    for index in range(PERIOD + FADE + 10):
        before = shown[0].copy()
        # The picture moves in whole pixels, to and fro: what is shown is then never resampled.
        flow = uniform(2 if index % 2 else -2, 0)
        assert layers.follow(flow, believed(), shown, strokes(2))
        layers.lay(shown, 1.0)
        steps.append(float(np.abs(shown[0] - before)[8:-8, 8:-8].mean()))
    apart = float(np.abs(strokes(1)[0] - strokes(2)[0]).mean())
    assert layers.weight[20, 60] == 1
    # Smoothly: no step is more than a small share of the whole way.
    assert max(steps[5:]) < apart / 4 + max(steps[:5])
    kept = np.corrcoef(shown[0][8:-8, 8:-8].ravel(), strokes(1)[0][8:-8, 8:-8].ravel())[0, 1]
    assert abs(kept) < 0.2


def test_nothing_is_carried_while_everything_stands() -> None:
    layers, shown = Layers(WIDTH, HEIGHT), strokes(1)
    layers.start(shown)
    still = np.zeros((HEIGHT // 2, WIDTH // 2, 2), np.float32)
    assert not layers.follow(still, believed(), shown, strokes(2))
    assert layers.follow(uniform(1, 0), believed(), shown, strokes(2))
    assert layers.follow(still, believed(), shown, strokes(2))
