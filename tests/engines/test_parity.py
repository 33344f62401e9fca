"""All engines on the same bytes."""

import numpy as np
import pytest

from engines.choice import BACKENDS, availabilities, open_engine
from streamstyle.frames import Batch, Colour
from tests.engines.graphs import tiny_pack
from tests.engines.tolerances import TOLERANCES, difference, within

COLOURS = [Colour(matrix, range) for matrix in ("bt601", "bt709") for range in ("limited", "full")]
RUNNING = [(one.backend, name) for one in availabilities() if one.reason is None for name in one.precisions]
# Packs without an int8 graph, and generators known to PyTorch only by their graph, are left out here.
TINY = [(backend, name) for backend, name in RUNNING if name != "int8" and not backend.startswith("torch")]


def picture(count: int = 1, width: int = 96, height: int = 64) -> Batch:
    """Soft noise in the legal range: something like a photograph."""
    dice = np.random.default_rng(5)
    coarse = dice.integers(40, 210, (count, height * 3 // 8, width // 4), dtype=np.uint8)
    return np.ascontiguousarray(coarse.repeat(4, 1).repeat(4, 2))


@pytest.mark.parametrize("colour", COLOURS, ids=lambda colour: f"{colour.matrix} {colour.range}")
@pytest.mark.parametrize(("backend", "precision"), TINY)
def test_a_picture_that_nothing_changes_comes_back(backend: str, precision: str, colour: Colour) -> None:
    engine = open_engine(tiny_pack(identity=True), 96, 64, colour, engine=backend, precision=precision)
    assert np.abs(engine(picture()).astype(int) - picture()).max() <= {"fp32": 1, "bf16": 3}.get(precision, 2)


@pytest.mark.parametrize(("backend", "precision"), TINY)
def test_engines_agree(backend: str, precision: str) -> None:
    wanted = open_engine(tiny_pack(), 96, 64, COLOURS[2], engine="openvino", precision="fp32")(picture(3)[:1])
    engine = open_engine(tiny_pack(), 96, 64, COLOURS[2], engine=backend, precision=precision, batch=3)
    painted = engine(picture(3))
    found = difference(painted[:1], wanted)
    assert within(found, TOLERANCES[precision]), found
    assert painted.std() > 20
    assert not np.array_equal(painted[0], painted[1])
    assert engine.spec.precision == precision and engine.spec.backend == backend


def test_the_result_is_valid_until_the_next_call_and_the_input_untouched() -> None:
    for backend in {backend for backend, _ in TINY}:
        engine = open_engine(tiny_pack(), 96, 64, COLOURS[0], engine=backend)
        image = picture()
        first = engine(image)
        kept = first.copy()
        assert np.array_equal(image, picture())
        engine(255 - image)
        assert np.array_equal(engine(image), kept)


def test_names_of_backends_are_those_of_the_modules() -> None:
    assert {backend for backend, _ in RUNNING} <= set(BACKENDS)
