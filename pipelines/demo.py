"""The first thing to run: paints a clip of its own and shows before and after."""

import argparse
from contextlib import closing
from pathlib import Path
from typing import Any

HELP = "paint a built-in clip: demo.mp4, and demo.png with before and after"
CLIP = "test:pan?seconds=4&size=960x540&rate=25"
MOMENTS = (10, 40, 70, 95)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--style", default="starry-night", metavar="NAME")
    parser.add_argument("--folder", type=Path, default=Path(), metavar="DIR", help="where the two files go")


def run(arguments: Any) -> int:
    from pipelines.painting import Job, paint_movie
    from streamstyle.settings import Settings
    from streamstyle.sheets import save, sheet

    clip, picture = arguments.folder / "demo.mp4", arguments.folder / "demo.png"
    job = Job(CLIP, str(clip), Settings(arguments.style), overwrite=True)
    with closing(job.prepared(print)) as work:
        result = paint_movie(work)
    before, after = (_moments(name) for name in (CLIP, str(clip)))
    save(picture, sheet([before, after], cell=(400, 225)))
    print(result.line())
    print(f"the film:     {clip.resolve()}\nbefore/after: {picture.resolve()}")
    return 0


def _moments(name: str) -> list[Any]:
    from streamstyle.colour import to_rgb
    from streamstyle.media import open_movie

    source = open_movie(name)
    try:
        return [to_rgb(frame.image, source.info.colour) for index, frame in enumerate(source) if index in MOMENTS]
    finally:
        source.close()
