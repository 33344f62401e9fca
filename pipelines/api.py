"""StreamStyle from Python: one picture, or one clip, in a line.

from pipelines.api import paint_clip, paint_picture
"""

from collections.abc import Callable
from contextlib import closing
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.options import DEFAULT_STYLE, EngineOptions
from pipelines.painting import Job, Result, paint_movie
from pipelines.stylist import Stylist
from streamstyle.colour import HOUSE, from_rgb, to_rgb
from streamstyle.errors import InputError
from streamstyle.frames import Frame, MediaInfo
from streamstyle.settings import Controls, Settings

Picture = NDArray[np.uint8]
AUTO = EngineOptions()


def paint_picture(
    picture: Picture, style: str = DEFAULT_STYLE, *, options: EngineOptions = AUTO, **more: Any
) -> Picture:
    """Paints one RGB picture (height, width, 3); `more` are Settings: strength, brush, second, blend."""
    with closing(
        Stylus(picture.shape[1], picture.shape[0], style, options=options, **{"steady": 0.0, **more})
    ) as stylus:
        return stylus(picture)


class Stylus:
    """Paints RGB pictures of one size as a stream: `steady` holds from each to the next; close() when done."""

    def __init__(
        self, width: int, height: int, style: str = DEFAULT_STYLE, *, options: EngineOptions = AUTO, **more: Any
    ) -> None:
        self._shown = (width, height)
        self.controls = Controls(Settings(style, **more))
        info = MediaInfo(width + width % 2, height + height % 2, Fraction(25), HOUSE)
        self._stylist = Stylist(info, self.controls, options)
        self._count = 0

    def __call__(self, picture: Picture) -> Picture:
        width, height = self._shown
        if picture.dtype != np.uint8 or picture.shape != (height, width, 3):
            raise InputError(
                f"a picture must be uint8 of shape {(height, width, 3)}, not {picture.dtype} {picture.shape}"
            )
        padded = np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        frame = Frame(from_rgb(padded, HOUSE), self._count, Fraction(1, 25))
        self._count += 1
        return to_rgb(self._stylist(frame).image, HOUSE)[:height, :width]

    def close(self) -> None:
        self._stylist.close()


def paint_clip(
    source: str, target: str, style: str = DEFAULT_STYLE, *, say: Callable[[str], None] = print, **more: Any
) -> Result:
    """Paints a clip into a file; `more` are the fields of Job (overwrite, size, start, end...) and of Settings."""
    names = Job.__dataclass_fields__
    job = {name: more.pop(name) for name in list(more) if name in names}
    with closing(Job(source, target, Settings(style, **more), **job).prepared(say)) as work:
        return paint_movie(work, quiet=True)
