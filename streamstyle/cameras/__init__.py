"""Cameras, screens and test scenes as live sources.

Every frame of a live source carries the moment it was taken: its pts is the monotonic clock in microseconds
(`LIVE`), so the age of a picture is known wherever it ends up.
"""

import time
from fractions import Fraction

LIVE = Fraction(1, 1_000_000)
"""The time base of every live source."""


def now() -> int:
    """The clock that live sources stamp with."""
    return time.monotonic_ns() // 1000
