"""Compiled engines on disk: whole or absent, never trusted beyond their hash, small enough to forget about."""

import hashlib
import logging
import os
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

log = logging.getLogger(__name__)

LARGEST = 1 << 30
"""Bytes that the folder may hold; the longest unused entries go first."""
_MAGIC = b"streamstyle engine 1\n"
_SUFFIX = ".engine"


def cache_folder(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Where this system keeps what can be made again; STREAMSTYLE_CACHE says otherwise."""
    if own := environment.get("STREAMSTYLE_CACHE"):
        return Path(own).expanduser()
    if platform == "win32":
        base = environment.get("LOCALAPPDATA")
        return (Path(base) if base else Path.home() / "AppData" / "Local") / "streamstyle" / "Cache"
    if platform == "darwin":
        return Path.home() / "Library" / "Caches" / "streamstyle"
    base = environment.get("XDG_CACHE_HOME")
    # The XDG rules: a relative path there counts as not set.
    return (Path(base) if base and Path(base).is_absolute() else Path.home() / ".cache") / "streamstyle"


@dataclass(frozen=True, slots=True)
class Key:
    """What an engine was compiled from and for; whatever changes the compiled bytes belongs in the parts."""

    label: str
    parts: tuple[object, ...]

    @property
    def file(self) -> str:
        digest = hashlib.sha256("\n".join(map(repr, self.parts)).encode()).hexdigest()[:24]
        plain = "".join(letter if letter.isalnum() or letter in "-." else "-" for letter in self.label)
        return f"{plain}-{digest}{_SUFFIX}"


class Cache:
    """A folder of compiled engines that several processes may share."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or cache_folder()

    def load(self, key: Key) -> bytes | None:
        """The stored bytes, or None where there are none, or none that are whole."""
        path = self.folder / key.file
        try:
            stored = path.read_bytes()
        except OSError:
            return None
        head = len(_MAGIC) + hashlib.sha256().digest_size
        data = stored[head:]
        if stored[:head] != _MAGIC + hashlib.sha256(data).digest():
            self.forget(key)
            return None
        with suppress(OSError):
            # Touched, so that what is used stays.
            os.utime(path)
        return data

    def store(self, key: Key, data: bytes) -> bool:
        """Keeps the bytes; False, and a warning, where the folder takes none."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._write(key, data)
        except OSError as error:
            log.warning("%s: compiled engines cannot be kept there (%s)", self.folder, error.strerror or error)
            return False
        self._prune(keep=key.file)
        return True

    def forget(self, key: Key) -> None:
        with suppress(OSError):
            (self.folder / key.file).unlink()

    def _write(self, key: Key, data: bytes) -> None:
        handle, part = tempfile.mkstemp(prefix=".", suffix=".part", dir=self.folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_MAGIC + hashlib.sha256(data).digest())
                file.write(data)
            os.replace(part, self.folder / key.file)
        finally:
            with suppress(OSError):
                os.unlink(part)

    def _prune(self, keep: str) -> None:
        entries: list[tuple[float, int, Path]] = []
        for path in self.folder.glob(f"*{_SUFFIX}"):
            with suppress(OSError):
                entries.append((path.stat().st_mtime, path.stat().st_size, path))
        total = sum(length for _, length, _ in entries)
        for _, length, path in sorted(entries):
            if total <= LARGEST:
                return
            if path.name != keep:
                with suppress(OSError):
                    path.unlink()
                total -= length
