"""A sink for the eyes only: what is written over the picture stays out of recordings and calls."""

from collections.abc import Callable
from types import TracebackType
from typing import Self

from streamstyle.frames import Frame, Image, Sink


class Captioned:
    """Draws over each picture before the sink gets it."""

    def __init__(self, sink: Sink, draw: Callable[[Image], Image]) -> None:
        self._sink = sink
        self._draw = draw

    def __enter__(self) -> Self:
        self._sink.__enter__()
        return self

    def write(self, frame: Frame) -> None:
        self._sink.write(frame.with_image(self._draw(frame.image)))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sink.__exit__(kind, error, trace)
