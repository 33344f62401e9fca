"""Turns a checkpoint that somebody published into a style of this program."""

import argparse
import hashlib
import re
import sys
from pathlib import Path
from typing import Any

HELP = "turn a published checkpoint into a style"

LAYOUTS = ("johnson", "animegan2")
CALIBRATION, SIZE = 12, (480, 320)
"""How many photos the 8-bit graph is calibrated on, and their size."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="a .pth of fast_neural_style, a .pt of AnimeGANv2")
    parser.add_argument("--as", dest="layout", required=True, choices=LAYOUTS, help="whose layout the file has")
    parser.add_argument("--name", help="what the style will be called (default: the file's name)")
    parser.add_argument("--title", help="its name as people read it")
    parser.add_argument("--artist", default="", metavar="WHO", help="who made the painting")
    parser.add_argument("--licence", default="", metavar="TEXT", help="under what the weights were published")
    parser.add_argument("--photos", type=Path, metavar="DIR", help="photos to calibrate an 8-bit graph on as well")
    parser.add_argument("--output", type=Path, metavar="FILE", help="where to put it (default: among your styles)")
    parser.add_argument("--overwrite", action="store_true", help="replace a style of that name")


def run(arguments: Any) -> int:
    from streamstyle import library
    from streamstyle.errors import OutputError, UsageError
    from streamstyle.packs import SUFFIX, Manifest, write_pack

    name = arguments.name or re.sub(r"[^a-z0-9]+", "-", arguments.file.stem.lower()).strip("-")
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        raise UsageError(f"--name {name!r}: only small letters, digits and single hyphens")
    target = arguments.output or library.own_folder() / f"{name}{SUFFIX}"
    if target.exists() and not arguments.overwrite:
        raise OutputError(f"{target} exists; --overwrite replaces it")
    generator, files = _exported(arguments.file, arguments.layout, arguments.photos)
    manifest = Manifest(
        name=name,
        title=arguments.title or name.replace("-", " ").capitalize(),
        generator=generator.family,
        artist=arguments.artist,
        licence=arguments.licence,
        parameters=generator.parameters_given,
        stride=generator.stride,
        training={
            "imported_from": arguments.file.name,
            "layout": arguments.layout,
            "sha256": hashlib.sha256(arguments.file.read_bytes()).hexdigest(),
        },
    )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_pack(target, manifest, files)
    except OSError as error:
        raise OutputError(f"{target}: cannot be written ({error.strerror or error})") from error
    print(target)
    if not arguments.photos:
        print("no --photos to calibrate on: the style has no 8-bit graph", file=sys.stderr)
    return 0


def _exported(file: Path, layout: str, photos: Path | None) -> tuple[Any, dict[str, bytes]]:
    from streamstyle.errors import InputError
    from streamstyle.export import export_graph, quantise
    from streamstyle.generators.published import LAYOUTS, read_checkpoint
    from streamstyle.packs import GRAPH, GRAPH_INT8, WEIGHTS

    state = read_checkpoint(file)
    # Photos are looked for before the work begins: it takes a minute.
    pictures = _calibration(photos) if photos else []
    try:
        generator: Any = LAYOUTS[layout](state)
    except InputError as error:
        raise InputError(f"{file}: {error}") from error
    graph, weights = export_graph(generator)
    files = {GRAPH: graph, WEIGHTS: weights}
    if pictures:
        files[GRAPH_INT8] = quantise(graph, weights, pictures)
    return generator, files


def _calibration(folder: Path) -> list[Any]:
    import cv2
    import numpy as np

    from streamstyle.colour import HOUSE, from_rgb
    from streamstyle.errors import InputError, MissingError

    if not folder.is_dir():
        raise MissingError(f"{folder}: there is no such folder of photos")
    pictures: list[Any] = []
    for path in sorted(folder.iterdir()):
        found = cv2.imread(str(path), cv2.IMREAD_COLOR) if path.is_file() else None
        if found is not None:
            sized = cv2.resize(found, SIZE, interpolation=cv2.INTER_AREA)
            rgb = np.asarray(cv2.cvtColor(sized, cv2.COLOR_BGR2RGB), np.uint8)
            pictures.append(from_rgb(rgb, HOUSE))
        if len(pictures) == CALIBRATION:
            break
    if not pictures:
        raise InputError(f"{folder}: no photos in it that can be read")
    return pictures
