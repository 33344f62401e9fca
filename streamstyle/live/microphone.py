"""Sound for recordings: a microphone, or a file in its place, captured by a child process as cameras are."""

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from streamstyle.cameras.child import Child
from streamstyle.cameras.records import DESCRIPTION, FAILURE, SOUND, Job
from streamstyle.errors import CameraError
from streamstyle.stream import Mailbox

CHUNKS = 500
OPEN_SECONDS = 10.0

Samples = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Interleaved samples and the moment of the first one, in microseconds of the monotonic clock."""

    moment: int
    samples: Samples


class Microphone:
    """Sound as it is heard; `take` never waits."""

    def __init__(self, job: Job, name: str, say: Callable[[str], None] = lambda line: None) -> None:
        self.name = name
        self.rate, self.channels = 48000, 2
        self._say = say
        self._box: Mailbox[Chunk] = Mailbox(CHUNKS, newest=True)
        self._ready = threading.Event()
        self._failure: str | None = None
        self._child = Child(job)
        self._thread = threading.Thread(target=self._listen, name="microphone", daemon=True)
        self._thread.start()
        if not self._ready.wait(OPEN_SECONDS) or self._failure is not None:
            self.close()
            raise CameraError(f"microphone {name}: {self._failure or 'delivers no sound'}")

    def _listen(self) -> None:
        while (record := self._child.read()) is not None:
            if record.kind == DESCRIPTION:
                self.rate, self.channels = record.words["rate"], record.words["channels"]
            elif record.kind == SOUND:
                samples = np.frombuffer(record.data, np.int16)
                # The moment is that of the arrival, when the last sample had been heard.
                lasted = len(samples) // self.channels * 1_000_000 // self.rate
                self._box.put(Chunk(record.moment - lasted, samples))
                self._ready.set()
            elif record.kind == FAILURE:
                self._failed(record.words["reason"])
        self._failed("it ended before it was heard")

    def _failed(self, reason: str) -> None:
        if not self._ready.is_set():
            self._failure = self._failure or reason
            self._ready.set()
        elif self._failure is None and reason:
            self._failure = reason
            self._say(f"microphone {self.name}: no more sound; going on without")

    def take(self) -> list[Chunk]:
        """What was heard since the last time."""
        chunks = []
        try:
            while True:
                chunks.append(self._box.get(timeout=0))
        except TimeoutError:
            return chunks

    def close(self) -> None:
        self._failure = self._failure or "closed"
        self._child.close()
        self._thread.join(timeout=5)


def open_microphone(name: str, say: Callable[[str], None] = lambda line: None) -> Microphone:
    """The system's own microphone for `default`, one by its name, or a file played at its speed."""
    return Microphone(microphone_job(name), name, say)


def microphone_job(name: str, platform: str = sys.platform) -> Job:
    if Path(name).is_file():
        return Job(None, name, sound=True, paced=True)
    if platform == "darwin":
        return Job("avfoundation", ":" + ("0" if name == "default" else name), sound=True)
    if platform == "win32":
        return Job("dshow", f"audio={_first_heard() if name == 'default' else name}", sound=True)
    return Job("alsa", name, sound=True)


def _first_heard() -> str:
    """DirectShow has no default device: the first one that hears."""
    import av

    for device in av.enumerate_input_devices("dshow"):
        if "audio" in [str(kind) for kind in getattr(device, "media_types", None) or ()]:
            return str(device.description or device.name)
    raise CameraError("microphone: there is none on this machine")
