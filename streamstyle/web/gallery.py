"""The styles that a page can choose from, with their thumbnails."""

import zipfile
from dataclasses import dataclass
from pathlib import Path

from streamstyle import library
from streamstyle.errors import StreamStyleError
from streamstyle.packs import THUMBNAIL, Manifest, read_manifest
from streamstyle.web.refusals import Refusal

LARGEST_THUMBNAIL = 1 << 20


@dataclass(frozen=True, slots=True)
class Entry:
    manifest: Manifest
    thumbnail: bytes | None


class Gallery:
    """Reads each pack's card once, and again when its file changes."""

    def __init__(self) -> None:
        self._entries: dict[tuple[Path, int], Entry | None] = {}

    def names(self) -> tuple[str, ...]:
        return tuple(library.styles())

    def cards(self) -> list[dict[str, str | bool]]:
        cards: list[dict[str, str | bool]] = []
        for name, path in library.styles().items():
            if (entry := self._entry(path)) is not None:
                card = entry.manifest
                cards.append(
                    {
                        "name": name,
                        "title": card.title,
                        "artist": card.artist,
                        "year": card.year,
                        "licence": card.licence,
                        "thumbnail": entry.thumbnail is not None,
                    }
                )
        return cards

    def thumbnail(self, name: str) -> bytes:
        path = library.styles().get(name)
        entry = self._entry(path) if path else None
        if entry is None or entry.thumbnail is None:
            raise Refusal(404, "there is no such thumbnail")
        return entry.thumbnail

    def _entry(self, path: Path) -> Entry | None:
        """None for a pack that cannot be read: the others are shown all the same."""
        try:
            key = path, path.stat().st_mtime_ns
            if key not in self._entries:
                self._entries[key] = _read(path)
            return self._entries[key]
        except OSError:
            return None


def _read(path: Path) -> Entry | None:
    try:
        manifest = read_manifest(path)
        with zipfile.ZipFile(path) as archive:
            if THUMBNAIL not in archive.namelist():
                return Entry(manifest, None)
            with archive.open(THUMBNAIL) as member:
                return Entry(manifest, member.read(LARGEST_THUMBNAIL))
    except (StreamStyleError, zipfile.BadZipFile, OSError):
        return None
