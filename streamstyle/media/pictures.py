"""Pictures as sinks: one file, or a numbered sequence."""

from types import TracebackType
from typing import Self

import cv2
import numpy as np

from streamstyle.colour import to_rgb
from streamstyle.errors import OutputError, UsageError
from streamstyle.frames import Frame, Image, MediaInfo
from streamstyle.media.places import PICTURES, Place
from streamstyle.media.targets import Part, PartFile, PartFolder, explained


class PictureSink:
    """Writes RGB pictures; they appear under their names when all of them are there."""

    def __init__(self, target: Place, info: MediaInfo) -> None:
        if target.extension not in PICTURES:
            raise UsageError(f"{target}: pictures are written as {', '.join(PICTURES)}")
        self.target = target
        self._info = info
        self._part: Part | None = None
        self.frames = 0

    def __enter__(self) -> Self:
        try:
            self._part = (PartFolder if self.target.kind == "sequence" else PartFile)(self.target.path)
        except OSError as error:
            raise explained(error, self.target) from error
        return self

    def write(self, frame: Frame) -> None:
        assert self._part is not None
        if self.target.kind == "file" and self.frames:
            stem, suffix = self.target.path.stem, self.target.path.suffix
            raise UsageError(f"{self.target}: is one picture; for a clip name a sequence such as {stem}-%05d{suffix}")
        self.frames += 1
        path = self._part.part
        if self.target.kind == "sequence":
            path = path.with_name(path.name % self.frames)
        try:
            path.write_bytes(encoded(frame.image, self._info, self.target.extension))
        except OSError as error:
            raise explained(error, self.target) from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._part is not None
        if kind is None and self.frames:
            try:
                self._part.commit()
            except OSError as failure:
                self._part.abandon()
                raise explained(failure, self.target) from failure
            return
        if kind is not KeyboardInterrupt:
            self._part.abandon()
        if kind is None:
            raise OutputError(f"{self.target}: not written, since there was no picture to write")


def encoded(image: Image, info: MediaInfo, extension: str) -> bytes:
    """The picture as the bytes of a PNG, JPEG and so on, at the size to show."""
    width, height = info.shown
    rgb = to_rgb(image, info.colour)[:height, :width]
    good, data = cv2.imencode(f".{extension}", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    if not good:
        raise OutputError(f"a picture of {width}x{height} cannot be written as {extension}")
    return np.asarray(data, np.uint8).tobytes()
