"""Pictures and the things they travel through: the vocabulary that every other module speaks.

A picture is one contiguous uint8 array of shape (height * 3 // 2, width): planar YUV 4:2:0 (I420), even sizes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from types import TracebackType
from typing import Literal, Protocol, Self

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""One I420 picture, C-contiguous."""
Plane = NDArray[np.uint8]
Batch = NDArray[np.uint8]
"""Pictures of one size: (count, height * 3 // 2, width)."""

Matrix = Literal["bt601", "bt709"]
Range = Literal["limited", "full"]


@dataclass(frozen=True, slots=True)
class Colour:
    """How the planes of a stream mean colours."""

    matrix: Matrix = "bt601"
    range: Range = "limited"


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture and the moment it belongs to."""

    image: Image
    pts: int
    time_base: Fraction
    vectors: NDArray[np.int32] | None = None
    """Motion vectors of the codec, one row each: (width, height, source x, source y, x, y), in full pixels."""

    @property
    def seconds(self) -> float:
        return float(self.pts * self.time_base)

    def with_image(self, image: Image) -> "Frame":
        return replace(self, image=image)

    def __repr__(self) -> str:
        rows, width = self.image.shape
        return f"Frame({width}x{rows * 2 // 3} at {self.seconds:.3f} s)"


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What a source will deliver."""

    width: int
    height: int
    rate: Fraction
    colour: Colour = Colour()
    live: bool = False
    frames: int | None = None
    """How many pictures to expect, where the source knows."""
    crop: tuple[int, int] | None = None
    """The size to show, (width, height), where the picture was padded to even sides."""

    @property
    def shown(self) -> tuple[int, int]:
        return self.crop or (self.width, self.height)


class Frames(Protocol):
    """Pictures in order; close() may come from any thread, any number of times, and ends the iteration."""

    def __iter__(self) -> Iterator[Frame]: ...
    def close(self) -> None: ...


class Source(Frames, Protocol):
    @property
    def info(self) -> MediaInfo: ...


Stage = Callable[[Frames], Frames]


class Sink(Protocol):
    """Takes pictures; leaving its context cleanly commits, leaving on an error abandons."""

    def __enter__(self) -> Self: ...
    def write(self, frame: Frame) -> None: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """What a compiled generator is and the one size it runs at."""

    backend: str
    device: str
    precision: str
    batch: int
    height: int
    width: int


class Engine(Protocol):
    """A compiled generator, for one thread at a time; its result is valid until the next call."""

    @property
    def spec(self) -> EngineSpec: ...
    def __call__(self, images: Batch) -> Batch: ...
    def close(self) -> None: ...


def blank(width: int, height: int) -> Image:
    """An uninitialised picture."""
    return np.empty((height * 3 // 2, width), np.uint8)


def size(image: Image) -> tuple[int, int]:
    """(width, height) of a picture."""
    return image.shape[1], image.shape[0] * 2 // 3


def planes(image: Image) -> tuple[Plane, Plane, Plane]:
    """The Y, U and V planes of a contiguous picture, as views."""
    width, height = size(image)
    flat = image.reshape(-1)
    luma, chroma = width * height, width * height // 4
    return (
        flat[:luma].reshape(height, width),
        flat[luma : luma + chroma].reshape(height // 2, width // 2),
        flat[luma + chroma :].reshape(height // 2, width // 2),
    )
