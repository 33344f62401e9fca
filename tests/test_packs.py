"""Packs: the round trip, and everything a hostile or damaged file may try."""

import json
import zipfile
from pathlib import Path

import pytest

from streamstyle import packs
from streamstyle.errors import MissingError, PackError
from streamstyle.library import HEAVY, brisk, find, load, styles
from streamstyle.packs import GRAPH, MANIFEST, WEIGHTS, Manifest, read_manifest, read_pack, write_pack

FILES = {GRAPH: b"graph", WEIGHTS: b"weights" * 100}
CARD = Manifest("mine", "Mine", "small", artist="Me", parameters={"width": 8}, training={"steps": 3})


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return write_pack(tmp_path / "mine.style", CARD, FILES)


def rewritten(pack: Path, changes: dict[str, bytes | None]) -> Path:
    with zipfile.ZipFile(pack) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    for name, data in changes.items():
        files.pop(name, None)
        if data is not None:
            files[name] = data
    with zipfile.ZipFile(pack, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return pack


def test_the_round_trip(pack: Path) -> None:
    opened = read_pack(pack)
    assert opened.manifest.title == "Mine"
    assert opened.manifest.parameters == {"width": 8}
    assert opened.graph() == b"graph"
    assert opened.graph(int8=True) == b"graph", "without an int8 graph the plain one"
    assert not opened.has_int8
    assert opened.thumbnail is None
    assert read_manifest(pack) == opened.manifest
    assert [path.name for path in pack.parent.iterdir()] == ["mine.style"]


def test_equal_contents_make_equal_files_and_keys(pack: Path, tmp_path: Path) -> None:
    again = write_pack(tmp_path / "again.style", CARD, FILES)
    assert again.read_bytes() == pack.read_bytes()
    assert read_pack(again).key == read_pack(pack).key
    other = write_pack(tmp_path / "other.style", CARD, {**FILES, WEIGHTS: b"else"})
    assert read_pack(other).key != read_pack(pack).key


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({WEIGHTS: b"changed"}, "damaged: weights.safetensors"),
        ({GRAPH: None}, "it has no graph.onnx"),
        ({"run.py": b"import os"}, "'run.py', which does not belong"),
        ({"../evil": b"x"}, "does not belong"),
        ({MANIFEST: b"{"}, "manifest cannot be read"),
        ({MANIFEST: b"[]"}, "manifest cannot be read"),
        ({MANIFEST: json.dumps({"format": 99}).encode()}, "format 99"),
        ({MANIFEST: json.dumps({"format": 1, "name": "x"}).encode()}, "manifest cannot be read"),
        (
            {MANIFEST: json.dumps({"format": 1, "name": "x", "title": "x", "generator": 3}).encode()},
            "wrong types",
        ),
        (
            {MANIFEST: json.dumps({"format": 1, "name": "x", "title": "x", "generator": "y", "stride": 7}).encode()},
            "stride 7",
        ),
        (
            {
                MANIFEST: json.dumps(
                    {"format": 1, "name": "x", "title": "x", "generator": "y", "short_side": 1}
                ).encode()
            },
            "short_side 1",
        ),
    ],
)
def test_damaged_and_foreign_packs_are_refused(pack: Path, changes: dict[str, bytes | None], message: str) -> None:
    with pytest.raises(PackError, match=message) as caught:
        read_pack(rewritten(pack, changes))
    assert "mine.style" in str(caught.value)


def test_what_is_no_pack_at_all(tmp_path: Path) -> None:
    (tmp_path / "text.style").write_text("words")
    for read in (read_pack, read_manifest):
        with pytest.raises(PackError, match="not a style pack"):
            read(tmp_path / "text.style")
    with pytest.raises(MissingError):
        read_pack(tmp_path / "none.style")
    pickle = tmp_path / "pickle.style"
    pickle.write_bytes(b"\x80\x04cos\nsystem\n")
    with pytest.raises(PackError, match="not a style pack"):
        read_pack(pickle)


def test_truncated_packs_are_refused(pack: Path) -> None:
    data = pack.read_bytes()
    for share in (0.3, 0.6, 0.95):
        pack.write_bytes(data[: int(len(data) * share)])
        with pytest.raises(PackError):
            read_pack(pack)


def test_a_bomb_does_not_go_off(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packs, "LARGEST_FILE", 1000)
    bomb = rewritten(pack, {WEIGHTS: b"0" * 2000})
    with pytest.raises(PackError, match="is larger than"):
        read_pack(bomb)
    monkeypatch.setattr(packs, "LARGEST_PACK", 100)
    with pytest.raises(PackError, match="larger than a style pack may be"):
        read_pack(bomb)


def test_styles_are_found_by_name_and_by_path(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAMSTYLE_STYLES", str(pack.parent))
    assert styles()["mine"] == pack
    assert load("mine").name == "mine"
    assert find(str(pack)) == pack
    with pytest.raises(PackError, match="did you mean mine"):
        find("mime")
    with pytest.raises(PackError, match="there are"):
        find("zzzzzzzzzzz")


def test_heavy_styles_come_last_and_are_not_leafed_through(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAMSTYLE_STYLES", str(pack.parent))
    (pack.parent / "aaa.style").write_bytes(bytes(HEAVY + 1))
    assert list(styles())[-1] != "mine" and "aaa" in styles()
    ordered = list(styles())
    assert ordered.index("aaa") > ordered.index("mine")
    assert "mine" in brisk() and "aaa" not in brisk()
    assert list(brisk()) == ordered[: len(brisk())]


def test_every_shipped_pack_opens_and_says_what_it_is() -> None:
    shipped = styles()
    assert "starry-night" in shipped
    for name, path in shipped.items():
        opened = read_pack(path)
        card = opened.manifest
        assert card.name == name
        assert card.title
        assert card.licence
        assert card.training["steps"]
        assert opened.thumbnail
        assert path.stat().st_size < 8_000_000
