"""How far two engines may differ on the same bytes: the one place that says so."""

from dataclasses import dataclass

import numpy as np

from streamstyle.frames import Batch


@dataclass(frozen=True, slots=True)
class Tolerance:
    """In grey levels over all planes, against the same graph in fp32."""

    mean: float
    most: float
    """At the 99.9th percentile."""


TOLERANCES = {
    "fp32": Tolerance(0.02, 1),
    "fp16": Tolerance(0.4, 4),
    "bf16": Tolerance(2.0, 12),
    "int8": Tolerance(5.0, 36),
}


def difference(one: Batch, other: Batch) -> Tolerance:
    """What two results differ by."""
    levels = np.abs(one.astype(np.int16) - other.astype(np.int16))
    return Tolerance(float(levels.mean()), float(np.percentile(levels, 99.9)))


def within(found: Tolerance, allowed: Tolerance) -> bool:
    return found.mean <= allowed.mean and found.most <= allowed.most
