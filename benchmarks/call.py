"""Video calls: the age of the picture that comes back to a real browser, and many callers at once."""

import argparse
import json
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

HELP = "rate and age of the returned picture in Chromium at 360p and 720p; 1, 2, 4, 8 callers, and what they leave"
SIZES = ((640, 360), (1280, 720))
CALLERS = (1, 2, 4, 8)
SMALL = (320, 180)
SECONDS, QUICK_SECONDS = 60.0, 8.0
SETTLING = 6.0
LEAVING = 40.0
"""Seconds in which the server must have noticed that callers vanished."""
HEADS = ("callers", "size", "codec", "rate", "age median", "age p95", "threads left", "memory left")
ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Row:
    """One run."""

    callers: str
    size: str
    codec: str
    rate: float
    age_ms_median: float
    age_ms_p95: float
    threads_left: int | None = None
    memory_left: float | None = None
    """MiB more than before the callers came."""

    def cells(self) -> tuple[str, ...]:
        threads = "" if self.threads_left is None else str(self.threads_left)
        memory = "" if self.memory_left is None else f"{self.memory_left:+.0f} MiB"
        ages = f"{self.age_ms_median:.0f} ms", f"{self.age_ms_p95:.0f} ms"
        return self.callers, self.size, self.codec, f"{self.rate:.1f}", *ages, threads, memory


@dataclass(frozen=True, slots=True)
class Running:
    """The command in a process of its own."""

    process: subprocess.Popen[str]
    url: str

    def sessions(self) -> int:
        with urllib.request.urlopen(self.url + "healthz", timeout=10) as response:
            return int(json.load(response)["sessions"])

    def holds(self) -> tuple[int, float]:
        """(threads, MiB of memory)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = {name: int(re.search(rf"{name}:\s+(\d+)", status)[1]) for name in ("Threads", "VmRSS")}  # type: ignore[index]
        return found["Threads"], found["VmRSS"] / 1024


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--style", default="starry-night", metavar="NAME", help="the style to paint in")
    parser.add_argument("--codec", choices=("H264", "VP8"), default="H264", help="what the browser prefers")
    parser.add_argument("--quick", action="store_true", help="8 seconds each instead of 60")
    parser.add_argument("--only", choices=("browser", "callers"), help="half of it")
    parser.add_argument("--out", type=Path, default=Path("call.md"), metavar="FILE", help="the table, in Markdown")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON as well")


def run(arguments: Any) -> int:
    from benchmarks import machine

    seconds = QUICK_SECONDS if arguments.quick else SECONDS
    rows: list[Row] = []
    for row in _rows(arguments, seconds):
        rows.append(row)
        print("  ".join(row.cells()), file=sys.stderr, flush=True)
    arguments.out.write_text(table(rows, machine.line(machine.description())))
    if arguments.json:
        print(json.dumps([asdict(row) for row in rows]))
    print(arguments.out)
    return 0


def _rows(arguments: Any, seconds: float) -> Iterator[Row]:
    if arguments.only != "callers":
        for width, height in SIZES:
            yield in_a_browser(arguments.style, width, height, arguments.codec, seconds)
    if arguments.only != "browser":
        with serving(arguments.style) as server:
            # The first call of all brings libraries and engines along, which are not leaks.
            with_callers(server, 1, 2.0)
            for count in CALLERS:
                yield with_callers(server, count, seconds)


@contextmanager
def serving(style: str) -> Iterator[Running]:
    words = ["call", "--port", "0", "--peers", "8", "--style", style]
    process = subprocess.Popen(
        [sys.executable, "run_stream.py", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield Running(process, process.stdout.readline().split()[1])
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        finally:
            process.kill()
            process.communicate()


def in_a_browser(style: str, width: int, height: int, codec: str, seconds: float) -> Row:
    """Chromium with a film for a camera, on the same machine as the server."""
    import numpy as np

    from benchmarks.chromium import WATCH, ages, camera_film, chromium

    with tempfile.TemporaryDirectory() as folder, serving(style) as server:
        film = camera_film(Path(folder, "camera.y4m"), width, height)
        with chromium(film, viewport={"width": 1280, "height": 800}) as context:
            page = context.new_page()
            page.goto(f"{server.url}?size={width}x{height}&codec={codec}")
            page.wait_for_selector("#gallery [role=radio]")
            page.select_option("#microphone", "none")
            page.click("#start")
            page.wait_for_selector("#stage[data-state=live]")
            time.sleep(SETTLING)
            page.evaluate(WATCH, [width, height])
            time.sleep(seconds)
            seen = page.evaluate("window.seen")
            shown = page.evaluate("(({ videoWidth, videoHeight }) => `${videoWidth}x${videoHeight}`)(painted)")
    found = ages(seen)
    rate = len(seen["after"]) / seconds
    return Row("Chromium", shown, codec, rate, float(np.median(found)), float(np.percentile(found, 95)))


def with_callers(server: Running, count: int, seconds: float) -> Row:
    """Callers in one process, the server in another; then what of them is left."""
    import numpy as np

    threads, memory = server.holds()
    words = [server.url, str(count), *map(str, SMALL), str(seconds)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.peers", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=seconds + 120,
    )
    result = json.loads(done.stdout)
    deadline = time.monotonic() + LEAVING
    while server.sessions() and time.monotonic() < deadline:
        time.sleep(0.5)
    time.sleep(1)
    threads_now, memory_now = server.holds()
    ages = result["ages"] or [float("nan")]
    left = server.sessions()
    return Row(
        f"{count} callers" + (f" ({left} never left)" if left else ""),
        "{}x{}".format(*SMALL),
        "VP8",
        float(np.mean(result["rates"])),
        float(np.median(ages)),
        float(np.percentile(ages, 95)),
        threads_now - threads,
        memory_now - memory,
    )


def table(rows: Sequence[Row], machine: str) -> str:
    """The rows in Markdown, with the machine named."""
    lines = ["| " + " | ".join(HEADS) + " |", "|" + "---|" * len(HEADS)]
    lines += ["| " + " | ".join(row.cells()) + " |" for row in rows]
    return "\n".join([*lines, "", f"Browser and callers on the same machine as the server: {machine}.", ""])
