"""The whole state of a training run as one file, written so that an interruption leaves the former one."""

import errno
import io
import os
import pickle
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from streamstyle.errors import InputError, MissingError, OutputError

FORMAT = 1


def save_checkpoint(path: Path, state: Mapping[str, Any]) -> None:
    """Writes beside and renames; on an error the former checkpoint stays."""
    buffer = io.BytesIO()
    torch.save({"format": FORMAT, **state}, buffer)
    write_whole(path, buffer.getvalue())


def load_checkpoint(path: Path) -> dict[str, Any]:
    """The state that was saved; never by unpickling code."""
    if not path.is_file():
        raise MissingError(f"{path}: there is no checkpoint to resume")
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        version = state["format"]
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path}: not a checkpoint of a training run ({(str(error).splitlines() or ['it is empty'])[0][:80]})"
        ) from error
    if version != FORMAT:
        raise InputError(f"{path}: written in format {version}; this program reads format {FORMAT}")
    return state


def write_whole(path: Path, data: bytes) -> None:
    """All of the bytes or, where that fails, what was there before and one clear error."""
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        kept = "; the former one is kept" if path.exists() else ""
        reason = "no space is left" if error.errno in (errno.ENOSPC, errno.EDQUOT) else error.strerror
        raise OutputError(f"{path}: cannot be written: {reason}{kept}") from error
