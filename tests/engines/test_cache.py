"""The cache: whole or absent, wherever the system keeps such things, whatever two processes do."""

import multiprocessing
import os
import stat
import sys
from pathlib import Path

import pytest

from engines import cache as module
from engines.cache import Cache, Key, cache_folder

KEY = Key("starry night/fp32", ("pack", 640, 360))
FILLING = b"compiled" * 1000


def test_what_is_stored_comes_back(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "deep" / "folder")
    assert cache.load(KEY) is None
    assert cache.store(KEY, FILLING)
    assert cache.load(KEY) == FILLING
    assert [path.name for path in cache.folder.iterdir()] == [KEY.file]


def test_every_part_changes_the_name() -> None:
    names = {Key("a", parts).file for parts in [("x", 1), ("x", 2), ("y", 1), ("x1",), ("x", "1"), ()]}
    assert len(names) == 6
    assert "/" not in KEY.file and " " not in KEY.file


@pytest.mark.parametrize("damage", [b"", b"streamstyle", FILLING, "cut", "flipped"])
def test_a_damaged_entry_counts_as_none_and_goes(tmp_path: Path, damage: bytes | str) -> None:
    cache = Cache(tmp_path)
    cache.store(KEY, FILLING)
    path = tmp_path / KEY.file
    whole = path.read_bytes()
    if isinstance(damage, str):
        damage = whole[:-1] if damage == "cut" else whole[:-9] + b"X" + whole[-8:]
    path.write_bytes(damage)
    assert cache.load(KEY) is None
    assert not path.exists()
    cache.store(KEY, FILLING)
    assert cache.load(KEY) == FILLING


def test_a_folder_that_takes_nothing_costs_a_warning_only(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = Cache(tmp_path / "file")
    assert not cache.store(KEY, FILLING)
    assert cache.load(KEY) is None
    assert str(cache.folder) in caplog.text


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="needs a user whom permissions bind")
def test_a_read_only_folder_costs_a_warning_only(tmp_path: Path) -> None:
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        assert not Cache(tmp_path).store(KEY, FILLING)
    finally:
        tmp_path.chmod(stat.S_IRWXU)


def test_the_longest_unused_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST", 3 * len(FILLING))
    cache = Cache(tmp_path)
    keys = [Key("n", (number,)) for number in range(3)]
    for age, key in enumerate(keys[:2]):
        cache.store(key, FILLING)
        os.utime(tmp_path / key.file, (1000 + age, 1000 + age))
    assert cache.load(keys[0]) == FILLING
    cache.store(keys[2], FILLING)
    assert cache.load(keys[1]) is None
    assert cache.load(keys[0]) == FILLING and cache.load(keys[2]) == FILLING


def _store_often(folder: Path, letter: bytes, done: "multiprocessing.Queue[bool]") -> None:
    cache = Cache(folder)
    sound = True
    for _ in range(50):
        cache.store(KEY, letter * 100_000)
        found = cache.load(KEY)
        sound = sound and found is not None and len(set(found)) == 1
    done.put(sound)


def test_two_processes_may_store_at_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    done: multiprocessing.Queue[bool] = context.Queue()
    writers = [context.Process(target=_store_often, args=(tmp_path, letter, done)) for letter in (b"a", b"b")]
    for writer in writers:
        writer.start()
    assert [done.get(timeout=60) for _ in writers] == [True, True]
    for writer in writers:
        writer.join(timeout=10)
    done.close()
    done.join_thread()
    assert [path.name for path in tmp_path.iterdir()] == [KEY.file]


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        ("linux", {}, Path.home() / ".cache" / "streamstyle"),
        ("linux", {"XDG_CACHE_HOME": "/var/tmp/x"}, Path("/var/tmp/x/streamstyle")),
        ("linux", {"XDG_CACHE_HOME": "relative"}, Path.home() / ".cache" / "streamstyle"),
        ("darwin", {"XDG_CACHE_HOME": "/x"}, Path.home() / "Library" / "Caches" / "streamstyle"),
        ("win32", {"LOCALAPPDATA": "/appdata"}, Path("/appdata/streamstyle/Cache")),
        ("win32", {}, Path.home() / "AppData" / "Local" / "streamstyle" / "Cache"),
        ("linux", {"STREAMSTYLE_CACHE": "/mine", "XDG_CACHE_HOME": "/x"}, Path("/mine")),
    ],
)
def test_where_each_system_keeps_it(platform: str, environment: dict[str, str], expected: Path) -> None:
    assert cache_folder(environment, platform) == expected
