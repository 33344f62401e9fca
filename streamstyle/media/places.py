"""What a name on the command line stands for: a file, a numbered sequence, a stream, a pipe."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

Kind = Literal["file", "sequence", "url", "pipe"]
SCHEMES = ("http", "https", "rtsp", "rtsps", "rtmp", "rtmps", "srt", "udp", "tcp", "rtp", "hls")
UNBUILT = "the FFmpeg of this PyAV was built without that protocol"
PICTURES = ("png", "jpg", "jpeg", "webp", "bmp", "tif", "tiff")
_NUMBERED = re.compile(r"%0?\d*d")


@dataclass(frozen=True, slots=True)
class Place:
    """A name and what it stands for."""

    name: str
    kind: Kind

    @property
    def extension(self) -> str:
        name = urlsplit(self.name).path if self.kind == "url" else self.name
        return Path(name).suffix.lower().lstrip(".")

    @property
    def path(self) -> Path:
        return Path(self.name)

    @property
    def is_picture(self) -> bool:
        return self.kind == "file" and self.extension in PICTURES

    @property
    def is_pictures(self) -> bool:
        return self.is_picture or self.kind == "sequence"

    def __str__(self) -> str:
        return {"pipe": "the pipe"}.get(self.kind, self.name)


def place(name: str) -> Place:
    """Tells a file from a sequence, a URL and a pipe by its name alone."""
    if name == "-":
        return Place(name, "pipe")
    if "://" in name and urlsplit(name).scheme.lower() in SCHEMES:
        return Place(name, "url")
    if _NUMBERED.search(Path(name).name):
        return Place(name, "sequence")
    return Place(name, "file")


def numbered(place: Place) -> list[Path]:
    """The files of a sequence that exist, in order."""
    folder, pattern = place.path.parent, place.path.name
    match = _NUMBERED.search(pattern)
    assert match is not None
    expression = re.compile(re.escape(pattern[: match.start()]) + r"(\d+)" + re.escape(pattern[match.end() :]))
    found = [(int(hit[1]), path) for path in folder.glob("*") if (hit := expression.fullmatch(path.name))]
    return [path for _, path in sorted(found)]
