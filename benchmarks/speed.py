"""How fast the generator is: engines, precisions, sizes, streams, start-up, held to the eager port and to the floor."""

import argparse
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import movie
from benchmarks.gauge import Job, gauged
from benchmarks.machine import AVX2, Rates, card_rates, description, line, rates

HELP = "engines, precisions, sizes and streams against PyTorch eager and the machine's own floor"
INNER, HD = (656, 376), (1280, 720)
SIZES = {"360p": (640, 360), "720p": HD, "1080p": (1920, 1080), "1440p": (2560, 1440), "2160p": (3840, 2160)}
STREAMS = (1, 2, 4, 8)
BATCHES = (1, 2, 4, 8)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quick", action="store_true", help="fewer rows, shorter runs: under a minute")
    parser.add_argument("--style", default="starry-night", metavar="NAME")
    parser.add_argument(
        "--folder", type=Path, default=Path("benchmarks/results"), metavar="DIR", help="for tables and plots"
    )


@dataclass(frozen=True, slots=True)
class Bench:
    """What every table needs to know."""

    style: str
    seconds: float
    quick: bool
    rates: Rates
    port: float
    """Milliseconds of the eager port at 720p."""

    def floor(self, precision: str, operations: float, numbers: float) -> float:
        """Milliseconds below which this machine cannot go: the slower of products and memory."""
        width = {"fp32": 4, "int8": 1}.get(precision, 2)
        return max(operations / self.rates.matrix[precision], numbers * width / 1000 / self.rates.memory) * 1000


def run(arguments: Any) -> int:
    machine = description()
    seconds = 0.4 if arguments.quick else 2.0
    bench = _bench(arguments, seconds)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    measured = ", ".join(f"{name} {rate:.0f}" for name, rate in bench.rates.matrix.items())
    lines = [
        f"`python -m benchmarks speed{' --quick' if arguments.quick else ''}` on {line(machine)}.",
        f"Measured rates: {measured} thousand million operations a second, memory {bench.rates.memory:.0f} GB/s.",
        f"The eager port (PyTorch, fp32, Johnson's network, RGB) takes {bench.port:.0f} ms for one 1280x720 picture.",
    ]
    tables = [_movies, _engines, _sizes, _streams, _start, _families] + ([_card] if _has_card() else [])
    for table in tables:
        for row in table(bench, arguments.folder):
            print(row, flush=True)
            lines.append(row)
    (arguments.folder / "speed.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (arguments.folder / "machine.json").write_text(json.dumps(machine, indent=2) + "\n", encoding="utf-8")
    print(f"\n{arguments.folder / 'speed.md'}")
    return 0


def _bench(arguments: Any, seconds: float) -> Bench:
    port = gauged(Job(arguments.style, "eager", sizes=(HD,)))
    if "reason" in port:
        raise SystemExit(f"benchmarks: the eager port cannot be run: {port['reason']}")
    return Bench(arguments.style, seconds, arguments.quick, rates(seconds), port["milliseconds"][0])


def _work(style: str, size: tuple[int, int]) -> tuple[float, float]:
    from benchmarks.operations import work
    from engines.foreign import load_style

    found = work(load_style(style), *size)
    return found.operations, found.numbers


def _movies(bench: Bench, folder: Path) -> Iterator[str]:
    """From file to file: decoder, generator, steady step, encoder."""
    if bench.quick:
        return
    yield from ("", "### From file to file: decoder, generator, steady step, x264", "")
    yield from movie.rows(bench.style, "auto", movie.QUICK_SECONDS)


def _engines(bench: Bench, folder: Path) -> Iterator[str]:
    """Every engine in every precision, at the size that strokes ask for and whole."""
    from engines.choice import availabilities

    yield from ("", "### Engines and precisions", "")
    yield "| engine | 656x376 | times the port | whole 1280x720 | times the port | share of the floor | peak memory |"
    yield "|---|---|---|---|---|---|---|"
    jobs = [
        (f"{one.backend} {precision}", Job(bench.style, one.backend, precision, (INNER, HD), bench.seconds))
        for one in availabilities()
        if one.reason is None
        for precision in one.precisions
    ]
    if bench.quick:
        jobs = [job for job in jobs if not job[0].startswith("torch")]
    capped = ("int8",) if bench.quick else ("int8", "fp32")
    jobs += [
        (
            f"openvino {precision}, AVX2 only",
            Job(bench.style, "openvino", precision, (INNER, HD), bench.seconds, environment=AVX2),
        )
        for precision in capped
    ]
    work = _work(bench.style, HD)
    for title, job in jobs:
        with tempfile.TemporaryDirectory() as cache:
            found = gauged(_with(job, STREAMSTYLE_CACHE=cache))
        if "reason" in found:
            yield f"| {title} | {found['reason']} | | | | | |"
            continue
        inner, whole = found["milliseconds"]
        share = "" if job.environment else _share(bench, found["precision"], work, whole)
        yield (
            f"| {title} | {inner:.1f} ms | {bench.port / inner:.0f} | {whole:.1f} ms | {bench.port / whole:.0f} "
            f"| {share} | {_memory(found)} |"
        )
    for one in availabilities():
        if one.reason:
            yield f"| {one.backend} | not run: {one.reason} | | | | | |"


def _share(bench: Bench, precision: str, work: tuple[float, float], spent: float) -> str:
    return f"{bench.floor(precision, *work) / spent:.0%}" if precision in bench.rates.matrix else ""


def _sizes(bench: Bench, folder: Path) -> Iterator[str]:
    """Cost against size, whole pictures, each in a process of its own."""
    names = ("360p", "720p", "1080p") if bench.quick else tuple(SIZES)
    yield from ("", "### Whole pictures of every size, the engine that `auto` takes", "")
    yield "| size | one picture | a second | share of the floor | peak memory |"
    yield "|---|---|---|---|---|"
    points = []
    for name in names:
        width, height = SIZES[name]
        found = gauged(Job(bench.style, sizes=((width, height),), seconds=bench.seconds))
        if "reason" in found:
            yield f"| {name} | {found['reason']} | | | |"
            continue
        spent = found["milliseconds"][0]
        points.append((width * height / 1e6, spent))
        share = _share(bench, found["precision"], _work(bench.style, (width, height)), spent)
        yield f"| {name} | {spent:.1f} ms | {1000 / spent:.1f} | {share} | {_memory(found)} |"
    _plot(folder / "sizes.png", points, "million pixels", "milliseconds a picture")
    yield from ("", "![cost against size](sizes.png)")


def _streams(bench: Bench, folder: Path) -> Iterator[str]:
    """Several streams at once, an engine and a thread for each."""
    counts = STREAMS[:2] if bench.quick else STREAMS
    yield from ("", "### Several streams at once, at 656x376", "")
    yield "| streams | pictures a second, all together | each | one picture | peak memory |"
    yield "|---|---|---|---|---|"
    points = []
    for count in counts:
        found = gauged(Job(bench.style, sizes=(INNER,), seconds=bench.seconds, streams=count))
        if "reason" in found:
            yield f"| {count} | {found['reason']} | | | |"
            continue
        spent = found["milliseconds"][0]
        points.append((float(count), 1000 * count / spent))
        each = 1000 / spent
        yield f"| {count} | {each * count:.0f} | {each:.0f} | {spent:.1f} ms | {_memory(found)} |"
    _plot(folder / "streams.png", points, "streams", "pictures a second, all together")
    yield from ("", "![cost against streams](streams.png)")


def _start(bench: Bench, folder: Path) -> Iterator[str]:
    """From the start of the process to the first painted picture."""
    yield from ("", "### Start-up to the first painted picture, the whole process", "")
    yield "| cache | seconds |"
    yield "|---|---|"
    with tempfile.TemporaryDirectory() as cache:
        job = Job(bench.style, sizes=(INNER,), seconds=0.05, environment={"STREAMSTYLE_CACHE": cache})
        for state in ("cold", "warm"):
            found = gauged(job)
            yield f"| {state} | {found.get('reason') or format(found['first'], '.2f')} |"


def _families(bench: Bench, folder: Path) -> Iterator[str]:
    """One style of every family of generators that is at hand."""
    from streamstyle.library import styles
    from streamstyle.packs import read_manifest

    found_families: dict[str, tuple[str, int]] = {}
    for name, path in styles().items():
        card = read_manifest(path)
        found_families.setdefault(card.generator, (name, card.stride))
    if len(found_families) < 2:
        return
    yield from ("", "### Families of generators, at 656x376 or the next larger size that they take", "")
    yield "| family | style | precision | thousand million operations | one picture | share of the floor |"
    yield "|---|---|---|---|---|---|"
    for family, (name, stride) in found_families.items():
        width, height = (-(-side // stride) * stride for side in INNER)
        found = gauged(Job(name, sizes=((width, height),), seconds=bench.seconds))
        work = _work(name, (width, height))
        if "reason" in found:
            yield f"| {family} | {name} | {found['reason']} | {work[0]:.1f} | | |"
            continue
        spent = found["milliseconds"][0]
        share = _share(bench, found["precision"], work, spent)
        yield f"| {family} | {name} | {found['precision']} | {work[0]:.1f} | {spent:.1f} ms | {share} |"


def _has_card() -> bool:
    from engines.choice import availabilities

    return any(one.reason is None for one in availabilities() if one.backend in ("tensorrt", "torch-cuda"))


def _card(bench: Bench, folder: Path) -> Iterator[str]:
    """The GPU: whole pictures, batches, copies up and down included and overlapped."""
    from engines.choice import availabilities

    products, memory = card_rates(bench.seconds)
    yield from (
        "",
        f"### GPU, copies included; measured {products:.0f} thousand million fp16 operations, {memory:.0f} GB/s",
        "",
    )
    yield "| engine | size | batch | one picture | a second, overlapped | share of the products | share of the memory |"
    yield "|---|---|---|---|---|---|---|"
    for one in availabilities():
        if one.reason or one.backend not in ("tensorrt", "torch-cuda"):
            continue
        for name in ("720p",) if bench.quick else ("720p", "1080p", "2160p"):
            operations, numbers = _work(bench.style, SIZES[name])
            for batch in BATCHES[:1] if bench.quick else BATCHES:
                job = Job(bench.style, one.backend, "fp16", (SIZES[name],), bench.seconds, batch=batch)
                found = gauged(job)
                if "reason" in found:
                    yield f"| {one.backend} | {name} | {batch} | {found['reason']} | | | |"
                    continue
                alone, together = found["milliseconds"][0], found["overlapped"][0]
                rate = 1000 / together
                yield (
                    f"| {one.backend} | {name} | {batch} | {alone:.2f} ms | {rate:.0f} "
                    f"| {operations * rate / products:.0%} | {numbers * 2 / 1000 * rate / memory:.0%} |"
                )


def _memory(found: dict[str, Any]) -> str:
    return f"{found['peak']:.0f} MiB" if found["peak"] else ""


def _with(job: Job, **environment: str) -> Job:
    from dataclasses import replace

    return replace(job, environment={**job.environment, **environment})


def _plot(path: Path, points: list[tuple[float, float]], across: str, up: str) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(5, 3), layout="constrained")
    axes.plot([x for x, _ in points], [y for _, y in points], "o-", clip_on=False)
    axes.set(xlabel=across, ylabel=up, xlim=(0, None), ylim=(0, None))
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
