"""What the capturing child process writes to its parent: small headers, each followed by its bytes."""

import json
import struct
from dataclasses import asdict, dataclass, field
from typing import IO, Any, Literal

HEADER = struct.Struct("<cqI")
HEARTBEAT, DESCRIPTION, PICTURE, SOUND, FAILURE = b"H", b"D", b"P", b"S", b"F"

Kind = Literal["missing", "busy", "forbidden", "broken"]


@dataclass(frozen=True, slots=True)
class Job:
    """What a child is to capture, in FFmpeg's words."""

    format: str | None
    file: str
    options: dict[str, str] = field(default_factory=dict)
    size: tuple[int, int] | None = None
    """The size to deliver, where it is not the device's own."""
    sound: bool = False
    paced: bool = False
    """Deliver at the speed of the time stamps, as a device would."""
    decoder: str | None = None
    """The hardware that decodes, None for software."""

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> "Job":
        values = json.loads(text)
        size = values.pop("size")
        return Job(**values, size=tuple(size) if size else None)


@dataclass(frozen=True, slots=True)
class Record:
    """One message: its kind, the moment in microseconds of the monotonic clock, its bytes."""

    kind: bytes
    moment: int
    data: Any

    @property
    def words(self) -> dict[str, Any]:
        """The bytes of a description or a failure."""
        words: dict[str, Any] = json.loads(bytes(self.data))
        return words


def write_record(stream: IO[bytes], kind: bytes, moment: int, data: Any = b"") -> None:
    view = memoryview(data).cast("B")
    stream.write(HEADER.pack(kind, moment, len(view)))
    stream.write(view)
    stream.flush()


def read_record(stream: IO[bytes]) -> Record | None:
    """The next message, or nothing at the end of the stream."""
    header = _exactly(stream, HEADER.size)
    if header is None:
        return None
    kind, moment, length = HEADER.unpack(header)
    data = _exactly(stream, length)
    return None if data is None else Record(kind, moment, data)


def _exactly(stream: IO[bytes], length: int) -> bytearray | None:
    data = bytearray(length)
    view, filled = memoryview(data), 0
    while filled < length:
        try:
            got = stream.readinto(view[filled:])  # type: ignore[attr-defined]
        except ValueError:
            # Closed from another thread.
            return None
        if not got:
            return None
        filled += got
    return data
