"""The house keeps its shape: imports point down, none goes in a circle, modules stay short, `--help` stays light."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("streamstyle", "engines", "pipelines", "run_stream")
"""From the lowest up."""
LONGEST = 300
HEAVY = ("torch", "av", "openvino", "onnxruntime", "onnx", "tensorrt", "nncf", "engines", "aiortc", "aiohttp")


def files(*places: str) -> list[Path]:
    found: list[Path] = []
    for place in places:
        found += sorted((ROOT / place).rglob("*.py")) if (ROOT / place).is_dir() else [ROOT / f"{place}.py"]
    return [path for path in found if path.exists()]


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in files(*ROOMS)}


def imports(name: str) -> Iterator[str]:
    """Every module of the house that this one imports, wherever in the file."""
    package = name if MODULES[name].name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([base] if base else [])])
            names = [f"{base}.{alias.name}" for alias in node.names]
            # `from package import module` needs the module; `from package import name` what the package holds.
            yield from (full for full in names if full in MODULES)
            if base in MODULES and not all(full in MODULES for full in names):
                yield base


GRAPH = {name: sorted(set(imports(name)) - {name}) for name in MODULES}


def room(name: str) -> int:
    return ROOMS.index(name.partition(".")[0])


def circle(graph: dict[str, list[str]]) -> list[str]:
    """Some circle of modules, or an empty list."""
    done: set[str] = set()

    def walk(name: str, trail: list[str]) -> list[str]:
        if name in trail:
            return [*trail[trail.index(name) :], name]
        if name in done:
            return []
        for below in graph[name]:
            if found := walk(below, [*trail, name]):
                return found
        done.add(name)
        return []

    return next((found for name in graph if (found := walk(name, []))), [])


def test_imports_point_down() -> None:
    up = [f"{name} imports {other}" for name, others in GRAPH.items() for other in others if room(other) > room(name)]
    assert not up


def test_no_imports_go_in_a_circle() -> None:
    assert not circle(GRAPH)


def test_nothing_in_the_house_imports_its_tests_or_benchmarks() -> None:
    for name, path in MODULES.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            named += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [one for one in named if one.partition(".")[0] in ("tests", "benchmarks")], name


def test_the_walk_sees_a_circle_and_a_way_up() -> None:
    assert circle({"a": ["b"], "b": ["c"], "c": ["b"]}) == ["b", "c", "b"]
    assert circle({"a": ["b", "c"], "b": ["c"], "c": []}) == []
    assert "streamstyle.frames" in GRAPH["streamstyle.packs"] or "streamstyle.errors" in GRAPH["streamstyle.packs"]
    assert room("engines.choice") > room("streamstyle.frames")


def test_modules_are_short() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES.values()
    }
    assert not {name: length for name, length in lengths.items() if length > LONGEST}


def test_there_are_no_drawers_for_odds_and_ends() -> None:
    assert not [name for name in MODULES if name.rpartition(".")[2] in ("utils", "util", "helpers", "misc", "common")]


@pytest.mark.parametrize(
    "words", [["--help"], ["movie", "--help"], ["build", "--help"], ["doctor", "--help"]], ids=" ".join
)
def test_help_imports_nothing_heavy(words: list[str]) -> None:
    if not (ROOT / "run_stream.py").exists():
        pytest.skip("there is no command line yet")
    program = (
        "import sys, run_stream\n"
        "try:\n    run_stream.main(sys.argv[1:])\n"
        "except SystemExit as end:\n    assert end.code == 0, end.code\n"
        f"heavy = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *words], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "usage" in done.stdout
