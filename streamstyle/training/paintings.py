"""The paintings that a style is taken from."""

from collections.abc import Sequence
from pathlib import Path

from streamstyle.errors import InputError, MissingError
from streamstyle.frames import Image
from streamstyle.training.photos import SUFFIXES, read_picture, resized

SMALLEST = 32
MANY = 64
"""More pictures than this of one folder say little more about its style."""


def painting_paths(places: Sequence[Path]) -> list[Path]:
    """Files as they are; of a folder every picture in it; of a pattern such as scenes/town-*.jpg what fits."""
    found: list[Path] = []
    for place in places:
        if place.is_dir():
            inside = sorted(path for path in place.iterdir() if path.suffix.lower() in SUFFIXES)
            if not inside:
                raise InputError(f"{place}: no pictures in it")
            found += inside
        elif any(sign in place.name for sign in "*?["):
            fitting = sorted(place.parent.glob(place.name))
            if not fitting:
                raise MissingError(f"{place}: no file fits that pattern")
            found += fitting
        else:
            found.append(place)
    return found[:: max(1, len(found) // MANY)]


def read_paintings(places: Sequence[Path], short_side: int) -> list[Image]:
    """The paintings as RGB at the size of which their strokes are learnt."""
    return [_read(path, short_side) for path in painting_paths(places)]


def _read(path: Path, short_side: int) -> Image:
    if not path.is_file():
        raise MissingError(f"{path}: there is no such painting")
    picture = read_picture(path)
    if picture is None:
        raise InputError(f"{path}: not a picture that can be read")
    if min(picture.shape[:2]) < SMALLEST:
        raise InputError(f"{path}: too small for a painting ({picture.shape[1]}x{picture.shape[0]})")
    return resized(picture, short_side / min(picture.shape[:2]))
