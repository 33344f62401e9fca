"""Pictures between PyAV, which WebRTC speaks, and the house's own frames."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from av import VideoFrame
from av.video.reformatter import ColorRange, Colorspace

from streamstyle.frames import Colour, Frame, Image, blank, planes

CLOCK = Fraction(1, 90_000)
SMALLEST, LARGEST = 32, 1920
BROADCAST = Colour()
PLANAR = ("yuv420p", "yuvj420p")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A decoded picture and the moment it was here, on the clock of `time.monotonic`."""

    picture: VideoFrame
    moment: float


@dataclass(frozen=True, slots=True)
class Arrived(Frame):
    """A frame that knows when it came."""

    moment: float = 0.0
    colour: Colour = BROADCAST


def unpacked(arrival: Arrival) -> Arrived | None:
    """The picture as I420 with even sides; None where it is of no size that a call can have."""
    picture = arrival.picture
    if not (min(picture.width, picture.height) >= SMALLEST and max(picture.width, picture.height) <= LARGEST):
        return None
    if picture.format.name not in PLANAR:
        picture = picture.reformat(format="yuv420p")
    width, height = picture.width & ~1, picture.height & ~1
    image = blank(width, height)
    for plane, target in zip(picture.planes, planes(image), strict=True):
        rows, columns = target.shape
        stored = np.frombuffer(memoryview(plane), np.uint8)[: plane.line_size * plane.height]
        target[:] = stored.reshape(plane.height, plane.line_size)[:rows, :columns]
    assert arrival.picture.pts is not None
    return Arrived(image, arrival.picture.pts, CLOCK, moment=arrival.moment, colour=_colour(arrival.picture))


def packed(image: Image, pts: int) -> VideoFrame:
    """A picture of its own for one encoder."""
    picture = VideoFrame.from_ndarray(image, format="yuv420p")
    picture.pts, picture.time_base = pts, CLOCK
    return picture


def _colour(picture: Any) -> Colour:
    full = picture.format.name == "yuvj420p" or picture.color_range == ColorRange.JPEG
    return Colour("bt709" if picture.colorspace == Colorspace.ITU709 else "bt601", "full" if full else "limited")
