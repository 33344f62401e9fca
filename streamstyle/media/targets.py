"""Where a finished thing goes: built beside the target, put in its place on a clean end, gone on an error."""

import errno
import os
import shutil
from pathlib import Path

import av

from streamstyle.errors import OutputError, UsageError
from streamstyle.media.places import UNBUILT, Place, numbered


def check(target: Place, source: Place | None, overwrite: bool) -> None:
    """Everything that can be wrong with a target before a single picture is painted."""
    if target.kind in ("url", "pipe"):
        return
    folder = target.path.parent
    if not folder.is_dir():
        raise OutputError(f"{target}: the folder {folder} does not exist")
    if not os.access(folder, os.W_OK):
        raise OutputError(f"{target}: the folder {folder} cannot be written to")
    if target.path.is_dir():
        raise OutputError(f"{target}: is a folder")
    if source is not None and _same(target, source):
        raise UsageError(f"{target}: is the input itself")
    there = target.path.exists() if target.kind == "file" else bool(numbered(target))
    if there and not overwrite:
        raise OutputError(f"{target}: exists already; --overwrite replaces it")


def _same(target: Place, source: Place) -> bool:
    if source.kind != target.kind:
        return False
    if target.kind == "sequence":
        return target.path == source.path
    return target.path.exists() and source.path.exists() and target.path.samefile(source.path)


class PartFile:
    """One file, written as name.part.ext."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.part = path.with_name(f"{path.stem}.part{path.suffix}")

    def commit(self) -> None:
        self.part.replace(self.path)

    def abandon(self) -> None:
        self.part.unlink(missing_ok=True)


class PartFolder:
    """Several files of one result, written into a folder of their own first; the named one is moved last."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.folder = path.with_name(f"{path.name}.part")
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        self.part = self.folder / path.name

    def commit(self) -> None:
        names = sorted(entry.name for entry in self.folder.iterdir())
        for name in sorted(names, key=lambda name: name == self.path.name):
            (self.folder / name).replace(self.path.with_name(name))
        self.folder.rmdir()

    def abandon(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


Part = PartFile | PartFolder


def explained(error: Exception, where: object) -> OutputError:
    """The system's reason in one line."""
    if getattr(error, "errno", None) == errno.ENOSPC:
        return OutputError(f"{where}: the disk is full")
    if isinstance(error, av.error.ProtocolNotFoundError):
        return OutputError(f"{where}: cannot be written ({UNBUILT})")
    return OutputError(f"{where}: cannot be written ({getattr(error, 'strerror', None) or error})")
