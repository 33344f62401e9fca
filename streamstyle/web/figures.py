"""What one stream counts, and what the whole server tells Prometheus."""

import threading
import time
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

BUCKETS = (0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0)
RECENT = 60
SMOOTHING = 0.1


@dataclass
class Histogram:
    """Cumulative buckets, as Prometheus wants them."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    total: float = 0.0

    def observe(self, value: float) -> None:
        self.counts[bisect_left(BUCKETS, value)] += 1
        self.total += value

    def lines(self, name: str) -> Iterable[str]:
        running = 0
        for bound, count in zip((*BUCKETS, float("inf")), self.counts, strict=True):
            running += count
            yield f'{name}_bucket{{le="{"+Inf" if bound == float("inf") else f"{bound:g}"}"}} {running}'
        yield f"{name}_sum {self.total:.6f}"
        yield f"{name}_count {running}"


class Ledger:
    """The counters of the whole server; safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._frames = {"in": 0, "out": 0}
        self._age, self._engine = Histogram(), Histogram()
        self._refusals: dict[int, int] = {}
        self._sessions: dict[str, int] = {}

    def arrived(self) -> None:
        with self._lock:
            self._frames["in"] += 1

    def painted(self, engine: float, age: float) -> None:
        with self._lock:
            self._frames["out"] += 1
            self._age.observe(age)
            self._engine.observe(engine)

    def refused(self, status: int) -> None:
        with self._lock:
            self._refusals[status] = self._refusals.get(status, 0) + 1

    def opened(self, kind: str) -> None:
        with self._lock:
            self._sessions[kind] = self._sessions.get(kind, 0) + 1

    def text(self, peers: dict[str, int]) -> str:
        """Prometheus' text format; `peers` are those at hand, by kind."""
        with self._lock:
            coming, going = self._frames["in"], self._frames["out"]
            lines = ["# TYPE streamstyle_peers gauge"]
            lines += [f'streamstyle_peers{{kind="{kind}"}} {count}' for kind, count in sorted(peers.items())]
            lines += ["# TYPE streamstyle_sessions_total counter"]
            lines += [f'streamstyle_sessions_total{{kind="{kind}"}} {n}' for kind, n in sorted(self._sessions.items())]
            lines += ["# TYPE streamstyle_frames_in_total counter", f"streamstyle_frames_in_total {coming}"]
            lines += ["# TYPE streamstyle_frames_out_total counter", f"streamstyle_frames_out_total {going}"]
            lines += ["# TYPE streamstyle_frames_dropped_total counter"]
            lines += [f"streamstyle_frames_dropped_total {max(coming - going, 0)}"]
            lines += ["# TYPE streamstyle_refusals_total counter"]
            lines += [
                f'streamstyle_refusals_total{{status="{code}"}} {n}' for code, n in sorted(self._refusals.items())
            ]
            lines += ["# TYPE streamstyle_age_seconds histogram", *self._age.lines("streamstyle_age_seconds")]
            lines += ["# TYPE streamstyle_engine_seconds histogram", *self._engine.lines("streamstyle_engine_seconds")]
        return "\n".join(lines) + "\n"


class Figures:
    """One stream's: its rate, how old its pictures are when they leave, what was dropped."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._moments: deque[float] = deque(maxlen=RECENT)
        self._engine = 0.0
        self.age = 0.0
        """Smoothed, in seconds."""
        self.coming = self.going = 0
        self.last_arrival = time.monotonic()

    def arrived(self) -> None:
        self.coming += 1
        self.last_arrival = time.monotonic()
        self._ledger.arrived()

    def painted(self, engine: float, age: float) -> None:
        self._ledger.painted(engine, age)
        first = not self.going
        self.going += 1
        self._moments.append(time.monotonic())
        self.age = age if first else self.age + SMOOTHING * (age - self.age)
        self._engine = engine if first else self._engine + SMOOTHING * (engine - self._engine)

    @property
    def dropped(self) -> int:
        return max(self.coming - self.going, 0)

    def reading(self) -> dict[str, float]:
        """For people: pictures a second, milliseconds."""
        moments = list(self._moments)
        since = time.monotonic() - 3
        recent = [moment for moment in moments if moment > since]
        span = recent[-1] - recent[0] if len(recent) > 1 else 0.0
        rate = (len(recent) - 1) / span if span else 0.0
        age, engine = round(1000 * self.age, 1), round(1000 * self._engine, 1)
        return {"rate": round(rate, 1), "age": age, "engine": engine, "dropped": self.dropped}
