"""Where styles are found: those that ship, those that the user trained or imported, and any file named outright."""

import difflib
import os
import sys
from pathlib import Path

from streamstyle.errors import PackError
from streamstyle.packs import SUFFIX, Pack, read_pack

SHIPPED = Path(__file__).parent / "styles"
HEAVY = 1_000_000
"""Bytes: packs that weigh more hold a network of the papers, which takes a second or more for a picture on a CPU."""


def own_folder() -> Path:
    """Where trained and imported styles go; STREAMSTYLE_STYLES overrides it."""
    if named := os.environ.get("STREAMSTYLE_STYLES"):
        return Path(named)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData/Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library/Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local/share"))
    return base / "streamstyle" / "styles"


def styles() -> dict[str, Path]:
    """Every style by name, heavy ones last; the user's own stand before shipped ones of the same name."""
    found: dict[str, Path] = {}
    for folder in (SHIPPED, own_folder()):
        if folder.is_dir():
            found.update({path.name.removesuffix(SUFFIX): path for path in sorted(folder.glob(f"*{SUFFIX}"))})
    return dict(sorted(found.items(), key=lambda style: (_heavy(style[1]), style[0])))


def brisk() -> dict[str, Path]:
    """The styles to leaf through while a camera runs: without heavy ones, unless there are no others."""
    every = styles()
    return {name: path for name, path in every.items() if not _heavy(path)} or every


def _heavy(path: Path) -> bool:
    try:
        return path.stat().st_size > HEAVY
    except OSError:
        return False


def find(name: str) -> Path:
    """The file of a style: by name, or by path."""
    known = styles()
    if name in known:
        return known[name]
    path = Path(name)
    if path.suffix in (SUFFIX, ".onnx") and path.is_file():
        return path
    near = difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.4)
    hint = f"; did you mean {' or '.join(near)}?" if near else f"; there are {', '.join(known) or 'none'}"
    raise PackError(f"there is no style {name!r}{hint}")


def load(name: str) -> Pack:
    """Opens the pack of a style."""
    return read_pack(find(name))
