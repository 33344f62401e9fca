"""Small outputs for the tests."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from streamstyle.colour import from_rgb
from streamstyle.frames import Frame, MediaInfo
from streamstyle.media.codecs import Encoding
from streamstyle.media.sinks import open_sink
from tests.media.clips import ramp

INFO = MediaInfo(160, 96, Fraction(25))


def frames(count: int = 12, info: MediaInfo = INFO, base: Fraction = Fraction(1, 25)) -> Iterator[Frame]:
    for index in range(count):
        yield Frame(from_rgb(ramp(info.width, info.height, index), info.colour), index, base)


def written(path: Path, count: int = 12, info: MediaInfo = INFO, **encoding: Any) -> Path:
    with open_sink(str(path), info, Encoding(**encoding)) as sink:
        for frame in frames(count, info):
            sink.write(frame)
    return path
