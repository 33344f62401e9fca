"""A style pack: one plain zip with all that running a style needs, and nothing that is ever executed."""

import hashlib
import json
import lzma
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from streamstyle.errors import MissingError, PackError

FORMAT = 1
SUFFIX = ".style"
MANIFEST, GRAPH, GRAPH_INT8, WEIGHTS, THUMBNAIL = (
    "manifest.json",
    "graph.onnx",
    "graph-int8.onnx",
    "weights.safetensors",
    "thumbnail.jpg",
)
REQUIRED = (MANIFEST, GRAPH, WEIGHTS)
LARGEST_FILE = 256 << 20
LARGEST_PACK = 512 << 20


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a pack says of itself: the model card."""

    name: str
    title: str
    generator: str
    artist: str = ""
    year: str = ""
    licence: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    short_side: int = 360
    """The short side, in pixels, at which the strokes have the painting's own size: what `--brush 1` paints at."""
    stride: int = 8
    """Sides that the graph takes are multiples of this."""
    training: Mapping[str, Any] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)
    format: int = FORMAT


@dataclass(frozen=True)
class Pack:
    """An opened pack, checked, in memory."""

    path: Path
    manifest: Manifest
    files: Mapping[str, bytes]

    @cached_property
    def key(self) -> str:
        """Changes whenever the graph or the weights do."""
        digest = hashlib.sha256()
        for name in sorted(self.manifest.hashes):
            digest.update(f"{name} {self.manifest.hashes[name]}\n".encode())
        return digest.hexdigest()[:32]

    @property
    def name(self) -> str:
        return self.manifest.name

    def graph(self, int8: bool = False) -> bytes:
        """The ONNX graph; its weights lie beside it in WEIGHTS as external data."""
        return self.files[GRAPH_INT8 if int8 and GRAPH_INT8 in self.files else GRAPH]

    @property
    def has_int8(self) -> bool:
        return GRAPH_INT8 in self.files

    @property
    def thumbnail(self) -> bytes | None:
        return self.files.get(THUMBNAIL)


def write_pack(path: Path, manifest: Manifest, files: Mapping[str, bytes]) -> Path:
    """Writes the pack beside itself and renames, so that no half of one is ever seen."""
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    card = json.dumps({**asdict(manifest), "hashes": hashes}, indent=2, ensure_ascii=False, sort_keys=True)
    part = path.with_name(path.name + ".part")
    try:
        with zipfile.ZipFile(part, "w") as archive:
            # A fixed date keeps equal packs equal, byte for byte.
            for name, data in sorted({**files, MANIFEST: card.encode()}.items()):
                # A fifth smaller than deflated: it tells the four bytes of a number apart. Cards must open fast.
                way = zipfile.ZIP_DEFLATED if name in (MANIFEST, THUMBNAIL) else zipfile.ZIP_LZMA
                archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data, way)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path


def read_pack(path: Path) -> Pack:
    """Opens a pack and checks every byte of it; one clear error otherwise."""
    if not path.exists():
        raise MissingError(f"{path}: there is no such style pack")
    try:
        with zipfile.ZipFile(path) as archive:
            files = _read_files(path, archive)
    except (zipfile.BadZipFile, lzma.LZMAError, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise PackError(f"{path}: not a style pack ({error})") from error
    manifest = _read_manifest(path, files.pop(MANIFEST))
    for name, data in files.items():
        if manifest.hashes.get(name) != hashlib.sha256(data).hexdigest():
            raise PackError(f"{path}: damaged: {name} does not match its hash")
    return Pack(path, manifest, files)


def read_manifest(path: Path) -> Manifest:
    """Only the card of a pack, for lists."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _read_manifest(path, _bounded(path, archive, MANIFEST))
    except (zipfile.BadZipFile, lzma.LZMAError, KeyError, EOFError, OSError, RuntimeError) as error:
        raise PackError(f"{path}: not a style pack ({error})") from error


def _read_files(path: Path, archive: zipfile.ZipFile) -> dict[str, bytes]:
    names = archive.namelist()
    known = {MANIFEST, GRAPH, GRAPH_INT8, WEIGHTS, THUMBNAIL}
    if missing := [name for name in REQUIRED if name not in names]:
        raise PackError(f"{path}: not a style pack: it has no {missing[0]}")
    if strange := [name for name in names if name not in known]:
        raise PackError(f"{path}: not a style pack: it holds {strange[0]!r}, which does not belong in one")
    if sum(entry.file_size for entry in archive.infolist()) > LARGEST_PACK:
        raise PackError(f"{path}: larger than a style pack may be ({LARGEST_PACK >> 20} MiB unpacked)")
    return {name: _bounded(path, archive, name) for name in names}


def _bounded(path: Path, archive: zipfile.ZipFile, name: str) -> bytes:
    """Reads no more than allowed, whatever the archive claims."""
    with archive.open(name) as member:
        data = member.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise PackError(f"{path}: {name} is larger than {LARGEST_FILE >> 20} MiB")
    return data


def _read_manifest(path: Path, data: bytes) -> Manifest:
    try:
        card = json.loads(data)
        version = card["format"]
        if version != FORMAT:
            raise PackError(f"{path}: written in format {version}; this program reads format {FORMAT}")
        names = {entry.name for entry in fields(Manifest)}
        manifest = Manifest(**{name: value for name, value in card.items() if name in names})
    except PackError:
        raise
    except (ValueError, TypeError, KeyError) as error:
        raise PackError(f"{path}: its manifest cannot be read ({error})") from error
    texts = (manifest.name, manifest.title, manifest.generator, manifest.artist, manifest.licence)
    if not all(isinstance(text, str) for text in texts) or not isinstance(manifest.hashes, dict):
        raise PackError(f"{path}: its manifest cannot be read (wrong types)")
    if not (isinstance(manifest.short_side, int) and 16 <= manifest.short_side <= 4320):
        raise PackError(f"{path}: its manifest cannot be read (short_side {manifest.short_side!r})")
    if manifest.stride not in (2, 4, 8, 16, 32):
        raise PackError(f"{path}: its manifest cannot be read (stride {manifest.stride!r})")
    return manifest
