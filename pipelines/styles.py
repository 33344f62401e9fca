"""Lists the styles, and draws one picture in each of them."""

import argparse
import json
from pathlib import Path
from typing import Any

from pipelines import options

HELP = "list the styles, or draw a sheet of them"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sheet", type=Path, metavar="FILE", help="draw one picture in every style")
    parser.add_argument("--picture", action="append", metavar="FILE", help="a picture for the sheet (repeatable)")
    parser.add_argument("--styles", metavar="NAMES", help="only these, with commas between")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")
    options.add_engine(parser)


def run(arguments: Any) -> int:
    from streamstyle import library
    from streamstyle.packs import read_manifest

    paths = library.styles()
    if arguments.styles:
        paths = {name: library.find(name) for name in arguments.styles.split(",")}
    if arguments.sheet:
        _draw(arguments, list(paths))
        return 0
    cards = [(name, path, read_manifest(path)) for name, path in paths.items()]
    if arguments.json:
        for name, path, card in cards:
            record: dict[str, Any] = {"name": name, "title": card.title, "artist": card.artist, "year": card.year}
            record |= {"generator": card.generator, "bytes": path.stat().st_size, "licence": card.licence}
            print(json.dumps({**record, "path": str(path)}, ensure_ascii=False))
        return 0
    rows = [("name", "title", "artist", "generator", "size", "licence")]
    for name, path, card in cards:
        artist = f"{card.artist}, {card.year}" if card.year else card.artist
        rows.append((name, card.title, artist, card.generator, f"{path.stat().st_size / 1000:.0f} kB", card.licence))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())
    return 0


def _draw(arguments: Any, names: list[str]) -> None:
    from pipelines.api import paint_picture
    from streamstyle.progress import Progress
    from streamstyle.sheets import save, sheet

    pictures = [_picture(name) for name in arguments.picture or ["test:pan?size=640x360&seconds=1"]]
    progress = Progress(len(names), "styles")
    columns = [pictures]
    for name in names:
        painted = [paint_picture(picture, name, options=options.engine_options(arguments)) for picture in pictures]
        columns.append(painted)
        progress.step()
    progress.finish()
    rows = [[column[index] for column in columns] for index in range(len(pictures))]
    if len(pictures) == 1:
        # One picture in many styles reads best as a block.
        cells, titles = rows[0], ["original", *names]
        save(arguments.sheet, _block(cells, titles))
    else:
        save(arguments.sheet, sheet(rows, ["original", *names], (240, 160)))
    print(arguments.sheet)


def _block(cells: list[Any], titles: list[str]) -> Any:
    import numpy as np

    from streamstyle.sheets import sheet

    across = 4
    strips = []
    for start in range(0, len(cells), across):
        strip = sheet([cells[start : start + across]], titles[start : start + across], (320, 200))
        strips.append(strip)
    width = max(strip.shape[1] for strip in strips)
    padded = [
        np.concatenate([strip, np.broadcast_to(strip[:1, :1], (strip.shape[0], width - strip.shape[1], 3))], axis=1)
        for strip in strips
    ]
    return np.ascontiguousarray(np.concatenate(padded))


def _picture(name: str) -> Any:
    from streamstyle.colour import to_rgb
    from streamstyle.media import open_movie

    source = open_movie(name)
    try:
        frame = next(iter(source))
    finally:
        source.close()
    width, height = source.info.shown
    return to_rgb(frame.image, source.info.colour)[:height, :width]
