"""How the pictures of a file become upright, square-pixelled, progressive 8-bit planes: one chain of filters."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from streamstyle.frames import Colour
from streamstyle.media.side_data import side_data

BT2020 = (9, 10)
HDR_CURVES = {16: "pq", 18: "hlg"}
HD_HEIGHT = 720

Sizing = Callable[[int, int], tuple[int, int]]
"""From the size that a picture has, (width, height), to the one that is wanted."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What has to happen to each decoded picture, and what comes out."""

    filters: tuple[str, ...]
    width: int
    height: int
    colour: Colour
    curve: str | None = None
    """The HDR curve to map to SDR, if any."""
    turned: bool = False

    @property
    def plain(self) -> bool:
        """Nothing to do but to copy the planes."""
        return not self.filters


def shape(frame: Any, aspect: Fraction | None, wanted: Sizing | None) -> Shape:
    """Reads the first decoded picture of a stream and decides."""
    format_ = frame.format
    is_rgb = bool(format_.is_rgb) or format_.name.startswith(("pal8", "gray", "mono"))
    curve = HDR_CURVES.get(int(frame.color_trc))
    colour = Colour("bt601", "full") if is_rgb else _colour(frame)
    filters: list[str] = []
    if frame.interlaced_frame:
        filters.append("bwdif=mode=send_frame:deint=interlaced")
    turn, quarter = _turn(frame)
    filters += turn
    if turn and turn[-1] == "vflip":
        # FFmpeg flips by walking upwards through memory; a copy puts the lines in order.
        filters.append("copy")
    width, height = (frame.height, frame.width) if quarter else (frame.width, frame.height)
    if aspect and aspect != 1:
        ratio = 1 / aspect if quarter else aspect
        # The longer way round keeps every line of detail.
        width, height = (round(width * ratio), height) if ratio > 1 else (width, round(height / ratio))
    if wanted:
        width, height = wanted(width, height)
    if curve:
        # The tone curve works on RGB; what comes back is ordinary SDR video.
        colour = Colour("bt709", "limited")
        filters += [
            f"scale=w={width}:h={height}:in_color_matrix=bt2020",
            "format=gbrp10le",
            "lut3d@tone",
            "format=gbrp",
        ]
    scale = _scale(frame, is_rgb, colour, width, height, curve)
    changed = format_.name not in ("yuv420p", "yuvj420p") or (width, height) != (frame.width, frame.height)
    if changed or curve or int(frame.colorspace) in BT2020:
        filters += [scale, "format=yuv420p"]
    return Shape(tuple(filters), width, height, colour, curve, bool(turn))


def _scale(frame: Any, is_rgb: bool, colour: Colour, width: int, height: int, curve: str | None) -> str:
    matrix = colour.matrix
    given = "bt2020" if int(frame.colorspace) in BT2020 and not curve else matrix
    reach = "pc" if colour.range == "full" else "tv"
    parts = [
        f"w={width}",
        f"h={height}",
        f"out_color_matrix={matrix}",
        f"out_range={reach}",
        "flags=bicubic+accurate_rnd",
    ]
    if not (is_rgb or curve):
        parts += [f"in_color_matrix={given}", f"in_range={reach}"]
    return "scale=" + ":".join(parts)


def _colour(frame: Any) -> Colour:
    """As tagged; untagged pictures follow the usual rule of size."""
    space = int(frame.colorspace)
    if space in (1, *BT2020):
        matrix = "bt709"
    elif space in (4, 5, 6, 7):
        matrix = "bt601"
    else:
        matrix = "bt709" if max(frame.height, frame.width * 9 // 16) >= HD_HEIGHT else "bt601"
    full = int(frame.color_range) == 2 or frame.format.name.startswith("yuvj")
    return Colour("bt709" if matrix == "bt709" else "bt601", "full" if full else "limited")


def _turn(frame: Any) -> tuple[list[str], bool]:
    """Filters for the display matrix, and whether width and height change places."""
    data = side_data(frame, "DISPLAYMATRIX")
    if data is None:
        return [], False
    across, down = np.frombuffer(bytes(data), np.int32).reshape(3, 3)[:2, :2] / 65536
    # The matrix maps stored to shown positions (x' = a x + c y); its rows are (a, b) and (c, d).
    a, b, c, d = (int(np.rint(value)) for value in (*across, *down))
    turns: dict[tuple[int, int, int, int], list[str]] = {
        (1, 0, 0, 1): [],
        (-1, 0, 0, -1): ["hflip", "vflip"],
        (0, 1, -1, 0): ["transpose=clock"],
        (0, -1, 1, 0): ["transpose=cclock"],
        (-1, 0, 0, 1): ["hflip"],
        (1, 0, 0, -1): ["vflip"],
        (0, 1, 1, 0): ["transpose=cclock_flip"],
        (0, -1, -1, 0): ["transpose=clock_flip"],
    }
    return turns.get((a, b, c, d), []), a == 0
