"""Pictures and recordings kept at the press of a key get names of their own."""

import time
from pathlib import Path

import cv2

from streamstyle.colour import to_rgb
from streamstyle.errors import OutputError
from streamstyle.frames import Colour, Image


def fresh(folder: Path, extension: str) -> Path:
    """A name from the clock that nothing has yet."""
    stem = time.strftime("streamstyle-%Y%m%d-%H%M%S")
    for number in range(1, 1000):
        path = folder / f"{stem}{'' if number == 1 else f'-{number}'}.{extension}"
        if not path.exists():
            return path
    raise OutputError(f"{folder}: has no name left for a picture of this second")


def keep(image: Image, colour: Colour, folder: Path) -> Path:
    """Writes the picture as PNG."""
    path = fresh(folder, "png")
    done, data = cv2.imencode(".png", to_rgb(image, colour)[..., ::-1])
    assert done
    try:
        path.write_bytes(data.tobytes())
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror})") from error
    return path
