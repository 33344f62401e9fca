"""Shows a room's painted stream on this machine: a virtual camera, a window."""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction

import cv2

from streamstyle.errors import StreamStyleError
from streamstyle.frames import Frame, Image, MediaInfo, Sink, blank, planes, size
from streamstyle.stream import Closed, Mailbox
from streamstyle.web.pictures import CLOCK

PATIENCE = 20.0
"""Seconds that a device or a window gets to open."""
log = logging.getLogger(__name__)


class Projection:
    """Takes pictures of any size from the room's thread, and writes the newest to a sink of one size."""

    def __init__(self, open_sink: Callable[[MediaInfo], Sink], width: int, height: int) -> None:
        self._open, self._info = open_sink, MediaInfo(width, height, Fraction(30), live=True)
        self._mailbox: Mailbox[Frame] = Mailbox(1, newest=True)
        self.error: StreamStyleError | None = None
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._run, name="projection", daemon=True)
        self._thread.start()

    def show(self, image: Image, pts: int) -> None:
        """Never waits."""
        with suppress(Closed):
            self._mailbox.put(Frame(image.copy(), pts, CLOCK))

    def _run(self) -> None:
        try:
            with self._open(self._info) as sink, suppress(Closed):
                self._begun.set()
                while True:
                    frame = self._mailbox.get()
                    sink.write(frame.with_image(fitted(frame.image, self._info.width, self._info.height)))
        except StreamStyleError as error:
            self.error = error
            # Before it has begun, whoever waits for that is told.
            if self._begun.is_set():
                log.warning("%s", error)
        finally:
            self._begun.set()
            self._mailbox.close()

    def wait(self) -> None:
        """Until there is something to show pictures on; raises what stands in its way."""
        self._begun.wait(PATIENCE)
        if self.error is not None:
            raise self.error

    def close(self) -> None:
        self._mailbox.close()
        self._thread.join(timeout=5)


def fitted(image: Image, width: int, height: int) -> Image:
    """The picture at another size, whole, with black beside it."""
    if size(image) == (width, height):
        return image
    own_width, own_height = size(image)
    scale = min(width / own_width, height / own_height)
    inner = round(own_width * scale / 2) * 2, round(own_height * scale / 2) * 2
    left, top = (width - inner[0]) // 4 * 2, (height - inner[1]) // 4 * 2
    target = blank(width, height)
    for plane, source, black, part in zip(planes(target), planes(image), (16, 128, 128), (1, 2, 2), strict=True):
        plane[:] = black
        shape = inner[0] // part, inner[1] // part
        shrunk = cv2.resize(source, shape, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        plane[top // part : top // part + shape[1], left // part : left // part + shape[0]] = shrunk
    return target
