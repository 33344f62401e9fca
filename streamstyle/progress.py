"""Tells the person how far a long piece of work is, on the terminal's error stream."""

import sys
import time
from typing import TextIO

REFRESH_SECONDS = 0.1
BAR_CELLS = 24


class Progress:
    """A bar on a terminal, nothing elsewhere and when told to be quiet."""

    def __init__(
        self, whole: int | None, unit: str = "pictures", quiet: bool = False, out: TextIO | None = None
    ) -> None:
        self._out = out or sys.stderr
        self._on = not quiet and self._out.isatty()
        self._whole, self._unit = whole, unit
        self._began = self._shown = time.monotonic()
        self.done = 0

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    @property
    def rate(self) -> float:
        return self.done / max(self.seconds, 1e-6)

    def step(self) -> None:
        self.done += 1
        now = time.monotonic()
        if self._on and now - self._shown >= REFRESH_SECONDS:
            self._shown = now
            self._out.write("\r\x1b[K" + self.line())
            self._out.flush()

    def line(self) -> str:
        if not self._whole:
            return f"{self.done} {self._unit}, {self.rate:.1f} a second"
        share = min(1.0, self.done / self._whole)
        bar = "█" * round(share * BAR_CELLS)
        left = (self._whole - self.done) / self.rate if self.rate > 0 else 0
        return (
            f"{bar:░<{BAR_CELLS}} {share:4.0%}  {self.done}/{self._whole} {self._unit}, "
            f"{self.rate:.1f} a second, {max(0, left):.0f} s left"
        )

    def finish(self) -> None:
        if self._on:
            self._out.write("\r\x1b[K")
            self._out.flush()
