"""Compiling ahead of time."""

import argparse
import json
from pathlib import Path

import pytest

from engines.cache import cache_folder
from pipelines import build
from streamstyle import library
from streamstyle.errors import EngineError, PackError, UsageError
from streamstyle.packs import write_pack
from tests.engines.graphs import tiny_pack


@pytest.fixture
def style(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One style of the user's own; none ship, and nothing is compiled."""
    monkeypatch.setattr(library, "SHIPPED", tmp_path / "none")
    monkeypatch.setenv("STREAMSTYLE_CACHE", str(tmp_path / "cache"))
    folder = library.own_folder()
    folder.mkdir(parents=True)
    pack = tiny_pack()
    return write_pack(folder / "tiny.style", pack.manifest, pack.files)


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    build.add_arguments(parser)
    return build.run(parser.parse_args(words))


def test_every_style_is_compiled_for_the_size_of_its_strokes(style: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--size", "720p", "--engine", "openvino", "--json") == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["style"], record["size"], record["inner"]) == ("tiny", "1280x720", "656x376")
    assert record["engine"] == "openvino" and record["milliseconds"] > 0
    assert len(list(cache_folder().iterdir())) == 1
    first = record["seconds"]
    assert run("--size", "720p", "--engine", "openvino", "--style", "tiny") == 0
    assert f"tiny: 656x376 for 1280x720, {record['precision']} on openvino" in capsys.readouterr().out
    assert len(list(cache_folder().iterdir())) == 1 and first >= 0


def test_the_stylist_finds_what_was_built(style: Path) -> None:
    from fractions import Fraction

    from pipelines.options import EngineOptions
    from pipelines.stylist import Stylist
    from streamstyle.frames import Colour, MediaInfo
    from streamstyle.settings import Controls, Settings

    run("--size", "720p", "--engine", "openvino")
    built = {path.name for path in cache_folder().iterdir()}
    info = MediaInfo(1280, 720, Fraction(30), Colour("bt709"))
    stylist = Stylist(info, Controls(Settings("tiny")), EngineOptions("openvino"))
    stylist.close()
    assert {path.name for path in cache_folder().iterdir()} == built


def test_whole_pictures_and_batches(style: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--size", "96x64", "--whole", "--batch", "2", "--engine", "openvino", "--json") == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["inner"], record["batch"]) == ("112x80", 2)


def test_what_cannot_be_built(style: Path) -> None:
    with pytest.raises(UsageError):
        run("--size", "huge")
    with pytest.raises(PackError, match="no style"):
        run("--style", "tony")
    with pytest.raises(EngineError, match="no int8"):
        run("--precision", "int8", "--engine", "openvino")
    style.unlink()
    with pytest.raises(PackError, match="no styles"):
        run()
