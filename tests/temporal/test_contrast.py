import cv2
import numpy as np

from streamstyle.temporal.contrast import Contrast

WIDTH, HEIGHT = 160, 96


def strokes(seed: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    rough = np.random.default_rng(seed).normal(size=(HEIGHT, WIDTH)).astype(np.float32)
    soft = np.asarray(cv2.GaussianBlur(rough, (0, 0), 2), np.float32)
    return np.asarray(128 + soft * (20 / soft.std()), np.float32)


def mixed() -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.asarray((strokes(1) + strokes(2)) / 2, np.float32)


def test_two_paintings_half_and_half_are_as_strong_as_one() -> None:
    fresh, blend = strokes(1), mixed()
    weak = blend.std()
    Contrast(WIDTH, HEIGHT)(blend, fresh, np.ones((HEIGHT, WIDTH), np.float32))
    assert weak < 0.75 * fresh.std()
    assert abs(blend.std() / fresh.std() - 1) < 0.1
    assert abs(blend.mean() - 128) < 1


def test_what_is_not_carried_stays_as_it_is() -> None:
    blend = mixed()
    before = blend.copy()
    Contrast(WIDTH, HEIGHT)(blend, strokes(1), np.zeros((HEIGHT, WIDTH), np.float32))
    np.testing.assert_array_equal(blend, before)


def test_plain_areas_are_not_made_rough() -> None:
    plain = np.full((HEIGHT, WIDTH), 90.0).astype(np.float32)
    Contrast(WIDTH, HEIGHT)(plain, strokes(1), np.ones((HEIGHT, WIDTH), np.float32))
    np.testing.assert_allclose(plain, 90, atol=0.5)
