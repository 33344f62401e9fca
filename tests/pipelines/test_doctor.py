"""What the machine has, in words and as JSON."""

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from engines.choice import BACKENDS
from pipelines import doctor
from streamstyle import library
from streamstyle.packs import write_pack
from tests.engines.graphs import tiny_pack


@pytest.fixture(autouse=True)
def _nothing_ships(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "SHIPPED", tmp_path / "none")


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    doctor.add_arguments(parser)
    return doctor.run(parser.parse_args(words))


def report(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert run("--json", *words) == 0
    return json.loads(capsys.readouterr().out)


def test_everything_is_named_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    found = report(capsys)
    assert [engine["name"] for engine in found["engines"]] == list(BACKENDS)
    for engine in found["engines"]:
        assert engine["reason"] or engine["precisions"]
    assert "libx264" in found["encoders"]["h264"]
    assert found["auto"]["reason"] == "there are no styles to try"
    assert found["cameras"]["found"] or "reason" in found["cameras"]
    assert found["virtual_camera"]["device"] or found["virtual_camera"]["reason"]
    assert found["cores"] >= 1 and found["processor"]


def test_what_auto_would_choose_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    folder = library.own_folder()
    folder.mkdir(parents=True)
    pack = tiny_pack()
    write_pack(folder / "tiny.style", pack.manifest, pack.files)
    auto = report(capsys)["auto"]
    assert auto["style"] == "tiny" and auto["engine"] in BACKENDS and 0 < auto["milliseconds"] < 5000
    assert run() == 0
    text = capsys.readouterr().out
    assert f"auto: {auto['engine']} in {auto['precision']}; tiny for a 720p picture takes" in text


def test_a_style_that_is_not_there_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert "no style 'tony'" in report(capsys, "--style", "tony")["auto"]["reason"]
