"""Sheets of pictures: rows and columns with captions."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from streamstyle.errors import OutputError

Picture = NDArray[np.uint8]
GAP, CAPTION = 8, 26
PAPER, INK = (250, 249, 246), (60, 56, 52)


def sheet(
    rows: Sequence[Sequence[Picture]], columns: Sequence[str] = (), cell: tuple[int, int] | None = None
) -> Picture:
    """RGB pictures in rows, each cut to the cell (width, height), with a caption over every column."""
    width, height = cell or (rows[0][0].shape[1], rows[0][0].shape[0])
    top = CAPTION if columns else 0
    count = max(len(row) for row in rows)
    whole = np.empty((top + GAP + len(rows) * (height + GAP), GAP + count * (width + GAP), 3), np.uint8)
    whole[:] = PAPER
    for index, name in enumerate(columns):
        _write(whole, name, GAP + index * (width + GAP), CAPTION - 4, width)
    for down, row in enumerate(rows):
        for across, picture in enumerate(row):
            y, x = top + GAP + down * (height + GAP), GAP + across * (width + GAP)
            whole[y : y + height, x : x + width] = filled(picture, width, height)
    return whole


def filled(picture: Picture, width: int, height: int) -> Picture:
    """The middle of a picture at exactly this size."""
    rows, columns = picture.shape[:2]
    scale = max(width / columns, height / rows)
    size = (max(width, round(columns * scale)), max(height, round(rows * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    scaled = cv2.resize(picture, size, interpolation=way)
    y, x = (size[1] - height) // 2, (size[0] - width) // 2
    return np.asarray(scaled[y : y + height, x : x + width], np.uint8)


def _write(whole: Picture, text: str, x: int, y: int, width: int) -> None:
    scale = 0.5
    while scale > 0.25 and cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)[0][0] > width:
        scale -= 0.05
    cv2.putText(whole, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, scale, INK, 1, cv2.LINE_AA)


def save(path: Path, picture: Picture) -> Path:
    """Writes an RGB picture as the extension says."""
    good, data = cv2.imencode(path.suffix or ".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    if not good:
        raise OutputError(f"{path}: cannot be written as {path.suffix}")
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(data.tobytes())
        part.replace(path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror})") from error
    finally:
        part.unlink(missing_ok=True)
    return path
