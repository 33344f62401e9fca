"""A sink that shows nothing: for measuring, and for streams that only a second sink should see."""

from types import TracebackType
from typing import Self

from streamstyle.frames import Frame


class NullSink:
    """Counts."""

    def __init__(self) -> None:
        self.frames = 0

    def __enter__(self) -> Self:
        return self

    def write(self, frame: Frame) -> None:
        self.frames += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
