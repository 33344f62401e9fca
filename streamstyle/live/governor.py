"""Holds the rate by itself: paints smaller when the machine is busy, larger again when it has been idle for a while."""

import statistics
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from streamstyle.settings import Controls


@dataclass(frozen=True, slots=True)
class Policy:
    """When to give way and when to come back; shares are of the time between two pictures."""

    ladder: tuple[float, ...] = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
    """Few sizes, so that each is compiled once and found again."""
    busy: float = 0.95
    """Above this share the rate is about to fall."""
    aim: float = 0.85
    """Where a step down wants to end."""
    idle: float = 0.8
    """A step up must be expected to stay below this share."""
    window: int = 15
    """Pictures whose median counts."""
    warming: int = 5
    """Pictures that say nothing: caches are cold, libraries still load."""
    calibration: int = 6
    """Pictures after which the first size is chosen."""
    hurry: float = 1.0
    """Seconds after which fewer pictures must do, on a machine that makes only a few."""
    fewest: int = 3
    settling: float = 1.2
    """Seconds after a step in which nothing is judged: the new size is compiled meanwhile."""
    patience: float = 2.5
    """Seconds of idleness before a step up; doubled each time such a step had to be taken back."""
    longest_patience: float = 120.0
    fixed: float = 0.25
    """The share of the cost that does not shrink with the picture."""


class Governor:
    """Follows the cost of each picture, in seconds, by changing `controls.quality`."""

    def __init__(
        self,
        interval: float,
        controls: Controls,
        policy: Policy | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._interval = interval
        self._controls = controls
        self._policy = policy or Policy()
        self._clock = clock
        self._costs: deque[float] = deque(maxlen=self._policy.window)
        self._calibrated = False
        self._warming = self._policy.warming
        self._settled = 0.0
        self._since = 0.0
        self._idle_since: float | None = None
        self._patience = self._policy.patience
        self._stepped_up = float("-inf")

    def __call__(self, cost: float) -> None:
        policy, moment = self._policy, self._clock()
        if moment < self._settled:
            return
        if self._warming:
            # A picture that takes seconds is no cold start.
            self._warming = 0 if cost > policy.hurry else self._warming - 1
            return
        if not self._costs:
            self._since = moment
        self._costs.append(cost)
        if not self._enough(moment):
            return
        share = statistics.median(self._costs) / self._interval
        quality = self._controls.now.quality
        if share > policy.busy:
            self._idle_since = None
            self._down(quality, share, moment)
        elif (higher := self._higher(quality)) and self._expected(share, quality, higher) < policy.idle:
            self._idle_since = moment if self._idle_since is None else self._idle_since
            if moment - self._idle_since >= self._patience:
                self._stepped_up = moment
                self._step(higher, moment)
        else:
            self._idle_since = None
        self._calibrated = True

    def _enough(self, moment: float) -> bool:
        wanted = self._policy.window if self._calibrated else self._policy.calibration
        late = moment - self._since >= self._policy.hurry
        return len(self._costs) >= (self._policy.fewest if late else wanted)

    def _down(self, quality: float, share: float, moment: float) -> None:
        lower = [rung for rung in self._policy.ladder if rung < quality - 1e-6]
        if not lower:
            return
        if moment - self._stepped_up < self._patience + 2 * self._policy.settling:
            # The step up was a mistake: the next one waits longer.
            self._patience = min(2 * self._patience, self._policy.longest_patience)
        else:
            self._patience = self._policy.patience
        fitting = [rung for rung in lower if self._expected(share, quality, rung) <= self._policy.aim]
        self._step(max(fitting, default=lower[0]), moment)

    def _higher(self, quality: float) -> float | None:
        return next((rung for rung in self._policy.ladder if rung > quality + 1e-6), None)

    def _expected(self, share: float, quality: float, rung: float) -> float:
        """The share at another size: the greater part of the cost goes with the area."""
        fixed = self._policy.fixed
        return share * (fixed + (1 - fixed) * (rung / quality) ** 2)

    def _step(self, quality: float, moment: float) -> None:
        self._costs.clear()
        self._idle_since = None
        self._settled = moment + self._policy.settling
        self._controls.change(quality=quality)
