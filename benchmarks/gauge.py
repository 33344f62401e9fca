"""Measures one thing in a process of its own, so that its memory is its own: `python -m benchmarks.gauge JOB`.

The job and what was found are one JSON object each.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
LONGEST = 300


@dataclass(frozen=True, slots=True)
class Job:
    """What to measure: a style on an engine, or the eager port of Johnson's network where the engine is `eager`."""

    style: str
    engine: str = "auto"
    precision: str = "auto"
    sizes: tuple[tuple[int, int], ...] = ((656, 376),)
    seconds: float = 1.0
    threads: int | None = None
    batch: int = 1
    streams: int = 1
    environment: Mapping[str, str] = field(default_factory=dict)


def gauged(job: Job) -> dict[str, Any]:
    """Runs the job in a new process: {milliseconds by size, first, peak, precision, device} or {reason}."""
    environment = {**os.environ, **job.environment, "PYTHONPATH": str(ROOT)}
    began = time.time()
    words = [sys.executable, "-m", "benchmarks.gauge", json.dumps(asdict(job)), str(began)]
    done = subprocess.run(
        words, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=LONGEST, check=False
    )
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        return {"reason": lines[-1] if lines else f"exit status {done.returncode}"}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main(words: list[str]) -> None:
    card = json.loads(words[0])
    card["sizes"] = tuple(tuple(size) for size in card["sizes"])
    job = Job(**card)
    found = _eager(job) if job.engine == "eager" else _engines(job, float(words[1]))
    print(json.dumps({**found, "peak": _peak()}))


def _engines(job: Job, began: float) -> dict[str, Any]:
    from engines.choice import open_engine
    from engines.foreign import load_style
    from engines.timing import milliseconds, overlapped, sample
    from streamstyle.errors import StreamStyleError
    from streamstyle.frames import Colour

    try:
        pack = load_style(job.style)
        found: dict[str, Any] = {"milliseconds": [], "overlapped": []}
        for width, height in job.sizes:
            engines = [
                open_engine(
                    pack,
                    width,
                    height,
                    Colour("bt709"),
                    engine=job.engine,
                    precision=job.precision,
                    batch=job.batch,
                    threads=job.threads,
                )
                for _ in range(job.streams)
            ]
            if "first" not in found:
                engines[0](sample(engines[0]))
                found["first"] = time.time() - began
            with ThreadPoolExecutor(job.streams) as pool:
                times = list(pool.map(lambda engine: milliseconds(engine, job.seconds), engines))
            found["milliseconds"].append(sum(times) / len(times))
            found["overlapped"].append(overlapped(engines[0], job.seconds))
            spec = engines[0].spec
            for engine in engines:
                engine.close()
    except StreamStyleError as error:
        return {"reason": str(error)}
    return {**found, "engine": spec.backend, "device": spec.device, "precision": spec.precision}


def _eager(job: Job) -> dict[str, Any]:
    """What a port of Johnson's network is: PyTorch, eager, singles, RGB at full size."""
    import numpy as np
    import torch

    from streamstyle.generators import build

    network = build("johnson").eval()
    times = []
    with torch.inference_mode():
        for width, height in job.sizes:
            picture = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
            runs = []
            for _ in range(3):
                start = time.perf_counter()
                tensor = torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255
                (network(tensor)[0].clamp(0, 1) * 255).byte().permute(1, 2, 0).contiguous().numpy()
                runs.append(time.perf_counter() - start)
            times.append(1000 * float(np.median(runs)))
    return {"milliseconds": times, "engine": "eager", "precision": "fp32", "device": "CPU", "first": 0.0}


def _peak() -> float | None:
    """The most memory that this process held, in MiB."""
    status = Path("/proc/self/status")
    if status.exists():
        # Not getrusage, which counts what the parent held when it started this process.
        held = next(entry for entry in status.read_text().splitlines() if entry.startswith("VmHWM:"))
        return int(held.split()[1]) / 1024
    try:
        import resource
    except ImportError:
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


if __name__ == "__main__":
    main(sys.argv[1:])
