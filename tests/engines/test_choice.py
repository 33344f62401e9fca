"""The choice of a backend: by name, by itself, and what is said where it fails."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engines.backends import Availability, chosen_precision
from engines.choice import BACKENDS, availabilities, open_engine
from streamstyle.errors import EngineError, UsageError
from streamstyle.frames import Batch, Colour
from tests.engines.graphs import tiny_pack

COLOUR = Colour("bt709", "limited")


def noise(count: int = 1, width: int = 64, height: int = 48) -> Batch:
    return np.random.default_rng(3).integers(0, 256, (count, height * 3 // 2, width), dtype=np.uint8)


def test_every_backend_runs_or_says_why_not() -> None:
    found = availabilities()
    assert tuple(one.backend for one in found) == BACKENDS
    for one in found:
        assert one.reason or (one.device and one.precisions)


def test_auto_takes_the_first_that_can() -> None:
    engine = open_engine(tiny_pack(), 64, 48, COLOUR)
    able = [one.backend for one in availabilities() if one.reason is None]
    assert engine.spec.backend == able[0]
    assert (engine.spec.width, engine.spec.height, engine.spec.batch) == (64, 48, 1)
    assert engine(noise()).shape == (1, 72, 64)
    engine.close()


def test_the_precision_asked_for_is_never_another() -> None:
    with pytest.raises(EngineError, match="no int8 graph"):
        open_engine(tiny_pack(), 64, 48, COLOUR, engine="openvino", precision="int8")
    with pytest.raises(EngineError, match="no bf16"):
        open_engine(tiny_pack(), 64, 48, COLOUR, engine="onnx", precision="bf16")
    here = Availability("somewhere", None, "Device", ("int8", "fp32"))
    assert chosen_precision(here, tiny_pack(), "auto") == "fp32"
    assert chosen_precision(here, tiny_pack(int8=b"graph"), "auto") == "int8"
    with pytest.raises(EngineError, match="no fp16 on Device"):
        chosen_precision(here, tiny_pack(), "fp16")


def test_auto_names_every_reason() -> None:
    with pytest.raises(EngineError, match="no int8 graph") as caught:
        open_engine(tiny_pack(), 64, 48, COLOUR, precision="int8")
    assert all(one.backend in str(caught.value) or one.reason is None for one in availabilities())


@pytest.mark.parametrize(
    ("width", "height", "batch", "threads"),
    [(60, 48, 1, None), (64, 50, 1, None), (8, 8, 1, None), (64, 48, 0, None), (64, 48, 1, 0)],
)
def test_sizes_that_the_graph_does_not_take(width: int, height: int, batch: int, threads: int | None) -> None:
    with pytest.raises(EngineError, match=r"multiples of 8|one picture or more|one thread or more"):
        open_engine(tiny_pack(), width, height, COLOUR, engine="openvino", batch=batch, threads=threads)


def test_unknown_names_are_wrong_usage() -> None:
    with pytest.raises(UsageError, match="openvino"):
        open_engine(tiny_pack(), 64, 48, COLOUR, engine="tensorflow")
    with pytest.raises(UsageError, match="bf16"):
        open_engine(tiny_pack(), 64, 48, COLOUR, precision="fp64")


def test_the_second_opening_comes_from_the_cache(cache: Path) -> None:
    first = open_engine(tiny_pack(), 64, 48, COLOUR, engine="openvino")
    (entry,) = cache.iterdir()
    before = entry.read_bytes()
    again = open_engine(tiny_pack(), 64, 48, COLOUR, engine="openvino")
    assert np.array_equal(first(noise()), again(noise()))
    assert entry.read_bytes() == before and len(list(cache.iterdir())) == 1
    entry.write_bytes(before[:-100])
    rebuilt = open_engine(tiny_pack(), 64, 48, COLOUR, engine="openvino")
    assert np.array_equal(first(noise()), rebuilt(noise()))
    assert len(entry.read_bytes()) > len(before) - 100


def test_another_colour_or_pack_is_another_entry(cache: Path) -> None:
    for pack, colour in [(tiny_pack(), COLOUR), (tiny_pack(), Colour("bt601", "full")), (tiny_pack(True), COLOUR)]:
        open_engine(pack, 64, 48, colour, engine="openvino").close()
    assert len(list(cache.iterdir())) == 3


def test_an_engine_takes_only_what_it_was_compiled_for() -> None:
    engine = open_engine(tiny_pack(), 64, 48, COLOUR, engine="openvino")
    wrongs: list[Any] = [noise(2), noise(1, 72, 48), noise().astype(np.float32), noise(1, 128, 48)[..., ::2]]
    for wrong in wrongs:
        with pytest.raises(ValueError, match="contiguous uint8"):
            engine(wrong)
