"""From file to file at three sizes, beside the loop that a port of Johnson's network is."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from benchmarks.machine import AVX2, description, line

HELP = "pictures a second from file to file, beside PyTorch eager"
SIZES = {"360p": (640, 360), "720p": (1280, 720), "1080p": (1920, 1080)}
SECONDS, QUICK_SECONDS = 20, 5
EAGER_PICTURES = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quick", action="store_true", help="shorter clips")
    parser.add_argument("--style", default="starry-night", metavar="NAME")
    parser.add_argument("--flow", default="auto", metavar="NAME")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the table there as well")


def run(arguments: Any) -> int:
    seconds = QUICK_SECONDS if arguments.quick else SECONDS
    lines = [f"`python -m benchmarks movie` on {line(description())}", ""]
    for row in rows(arguments.style, arguments.flow, seconds):
        print(row, flush=True)
        lines.append(row)
    if arguments.out:
        arguments.out.write_text("\n".join(lines) + "\n")
    return 0


def rows(style: str, flow: str, seconds: float) -> Iterator[str]:
    """The table; beside the engine that `auto` takes, 720p as an older processor and the other engine paint it."""
    yield from _HEAD
    with tempfile.TemporaryDirectory() as folder:
        for name, (width, height) in SIZES.items():
            clip = _clip(Path(folder), width, height, seconds)
            eager = _eager(clip)
            yield _row(name, _painted(clip, style, flow), eager)
            if name == "720p":
                yield _row(
                    f"{name}, AVX2 only",
                    _painted(clip, style, flow, environment={**AVX2, "STREAMSTYLE_CACHE": folder}),
                    eager,
                )
                yield _row(f"{name}, ONNX Runtime", _painted(clip, style, flow, "onnx"), eager)
                yield _row(f"{name}, `--every 2`", _painted(clip, style, flow, every=2), eager)


def _row(name: str, ours: dict[str, float], eager: float) -> str:
    return (
        f"| {name} | {ours['fps']:.1f} | {ours['first']:.1f} s | {ours['peak']:.0f} MiB "
        f"| {eager:.2f} | {ours['fps'] / eager:.0f} times |"
    )


_HEAD = [
    "| size | pictures a second | first picture after | peak memory | PyTorch eager, Johnson | ratio |",
    "|---|---|---|---|---|---|",
]


def _clip(folder: Path, width: int, height: int, seconds: float) -> Path:
    """A real H.264 file with real motion."""
    from streamstyle.media import open_movie
    from streamstyle.media.sinks import open_sink
    from streamstyle.stream import buffered
    from streamstyle.stream import run as run_stream

    path = folder / f"{height}.mp4"
    source = open_movie(f"test:pan?seconds={seconds}&size={width}x{height}&rate=30")
    run_stream(source, [buffered()], open_sink(str(path), source.info))
    return path


_CHILD = """
import json, sys, time
began = time.perf_counter()
from contextlib import closing
from pipelines.painting import Job, paint_movie
from pipelines.options import EngineOptions
from streamstyle.settings import Settings
source, target, style, flow, engine, every = sys.argv[1:]
first = []
options = EngineOptions(engine, flow=flow, every=int(every))
with closing(Job(source, target, Settings(style), options, overwrite=True).prepared()) as work:
    class Sink:
        def __enter__(self):
            work.sink.__enter__()
            return self
        def write(self, frame):
            first or first.append(time.perf_counter() - began)
            work.sink.write(frame)
        def __exit__(self, *error):
            return work.sink.__exit__(*error)
    from dataclasses import replace
    result = paint_movie(replace(work, sink=Sink()), quiet=True)
# Not ru_maxrss, which starts from the parent's.
peak = max(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) / 1024
print(json.dumps({"fps": result.fps, "first": first[0], "peak": peak}))
"""


def _painted(
    clip: Path,
    style: str,
    flow: str,
    engine: str = "auto",
    environment: Mapping[str, str] = MappingProxyType({}),
    every: int = 1,
) -> dict[str, float]:
    """In a process of its own: start-up and memory are those of a user's run; the second run has a warm cache."""
    figures: dict[str, float] = {}
    for _ in range(2):
        words = [str(clip), str(clip.with_suffix(".out.mp4")), style, flow, engine, str(every)]
        done = subprocess.run(
            [sys.executable, "-c", _CHILD, *words],
            env={**os.environ, "OPENCV_FOR_THREADS_NUM": "1", **environment},  # as the command has it
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def _eager(clip: Path) -> float:
    """Decode to RGB, Johnson's network in fp32, encode: one thread of control, as the ports do it."""
    import av
    import torch

    from streamstyle.generators.johnson import Johnson

    network = Johnson().eval()
    with (
        torch.inference_mode(),
        av.open(str(clip)) as given,
        av.open(str(clip.with_suffix(".eager.mp4")), "w") as taken,
    ):
        stream: Any = taken.add_stream("libx264", rate=30)
        stream.width, stream.height = given.streams.video[0].width, given.streams.video[0].height
        began = time.perf_counter()
        for index, frame in enumerate(given.decode(video=0)):
            rgb = torch.from_numpy(frame.to_ndarray(format="rgb24")).permute(2, 0, 1)[None].float() / 255
            painted = (network(rgb)[0].clamp(0, 1) * 255).byte().permute(1, 2, 0).numpy()
            taken.mux(stream.encode(av.VideoFrame.from_ndarray(painted, format="rgb24")))
            if index == EAGER_PICTURES:
                break
            if index == 0:
                # The first picture pays for the warming up.
                began = time.perf_counter()
        return EAGER_PICTURES / (time.perf_counter() - began)
