"""The child process that holds a device: `python -m streamstyle.cameras.capture JOB`, records on its output.

A driver that hangs, crashes or ignores every timeout is ended with its process. It must never import OpenCV, whose
wheel carries its own X libraries: with both in one process, grabbing the screen crashes.
"""

import errno
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import av
import numpy as np
from av.codec.hwaccel import HWAccel

from streamstyle.cameras import now
from streamstyle.cameras.records import DESCRIPTION, FAILURE, HEARTBEAT, PICTURE, SOUND, Job, Kind, write_record
from streamstyle.media.decoders import accelerated
from streamstyle.stream import Closed, Mailbox

BEAT = 0.25
"""Seconds between signs of life while the device is silent."""
NETWORK_SECONDS = 10.0
SOUND_RATE = 48000
SOUND_CHUNKS = 200
LIMITED = 1
BT709 = 1

Item = tuple[bytes, dict[str, Any], int, Any]


def main() -> None:
    # Ctrl-C is for the parent, which then ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    job = Job.from_json(sys.argv[1])
    # What a library prints must not end up between the records.
    output = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    box: Mailbox[Item] = Mailbox(SOUND_CHUNKS if job.sound else 1, newest=True)
    threading.Thread(target=_fill, args=(job, box), daemon=True).start()
    with suppress(OSError):  # The parent may go first.
        _send(box, output)
    # Not sys.exit: the reading thread may be stuck inside a driver.
    os._exit(0)


def _send(box: Mailbox[Item], output: Any) -> None:
    described: dict[str, Any] | None = None
    while True:
        try:
            kind, description, moment, data = box.get(timeout=BEAT)
        except TimeoutError:
            write_record(output, HEARTBEAT, now())
            continue
        except Closed:
            return
        except Exception as error:
            write_record(output, FAILURE, now(), _words(_failure(error)))
            return
        if description != described:
            write_record(output, DESCRIPTION, moment, _words(description))
            described = description
        write_record(output, kind, moment, data)


def _words(words: dict[str, Any]) -> bytes:
    return json.dumps(words).encode()


def _failure(error: Exception) -> dict[str, Any]:
    number = getattr(error, "errno", None)
    kind: Kind = "broken"
    if number in (errno.ENOENT, errno.ENODEV, errno.ENXIO):
        kind = "missing"
    elif number == errno.EBUSY:
        kind = "busy"
    elif number in (errno.EACCES, errno.EPERM):
        kind = "forbidden"
    log = getattr(error, "log", None)
    reason = getattr(error, "strerror", None) or str(error)
    return {"kind": kind, "reason": f"{reason}: {log[2].strip()}" if log else reason}


def _fill(job: Job, box: Mailbox[Item]) -> None:
    try:
        timeout = NETWORK_SECONDS if "://" in job.file else None
        hardware = HWAccel(job.decoder, allow_software_fallback=True) if job.decoder else None
        options = dict(job.options)
        with av.open(job.file, format=job.format, options=options, timeout=timeout, hwaccel=hardware) as container:
            for item in (_sound if job.sound else _pictures)(job, container):
                box.put(item)
    except Closed:
        pass
    except Exception as error:
        box.finish(error)
    else:
        box.finish()


def _packets(job: Job, container: Any, stream: Any) -> Iterator[tuple[int, Any]]:
    """Packets with the moment they arrived, or would have where a file stands in for a device."""
    start, first = now(), None
    # A clip behind a URL comes as fast as the network allows, and HLS in pieces of seconds.
    paced = job.paced or (job.format is None and bool(container.duration or container.format.name == "hls"))
    for packet in container.demux(stream):
        if paced and packet.pts is not None:
            seconds = float(packet.pts * packet.time_base)
            first = seconds if first is None else first
            # A picture is there at its moment, sound once it has been heard.
            heard = float((packet.duration or 0) * packet.time_base) if job.sound else 0.0
            time.sleep(max(0.0, start / 1e6 + seconds + heard - first - now() / 1e6))
        yield now(), packet


def _pictures(job: Job, container: Any) -> Iterator[Item]:
    if not container.streams.video:
        raise ValueError("there is no video in it")
    stream = container.streams.video[0]
    # Frame threads hold pictures back, one for each thread.
    stream.thread_type = "SLICE"
    rate = stream.average_rate or stream.guessed_rate or 30
    for moment, packet in _packets(job, container, stream):
        for picture in packet.decode():
            if job.decoder and not accelerated(stream.codec_context):
                raise ValueError(f"{job.decoder} does not decode this {stream.codec_context.name}")
            width, height = job.size or (picture.width & ~1, picture.height & ~1)
            matrix = "bt709" if picture.colorspace == BT709 else "bt601"
            description = {"width": width, "height": height, "rate": [rate.numerator, rate.denominator]}
            yield PICTURE, description | {"matrix": matrix}, moment, _planar(picture, width, height)


def _planar(picture: Any, width: int, height: int) -> Any:
    """The picture as I420 in limited range, whatever the device delivers."""
    if (picture.width, picture.height, picture.format.name) != (width, height, "yuv420p") or picture.color_range == 2:
        picture = picture.reformat(width, height, "yuv420p", dst_color_range=LIMITED)
    return np.ascontiguousarray(picture.to_ndarray())


def _sound(job: Job, container: Any) -> Iterator[Item]:
    if not container.streams.audio:
        raise ValueError("there is no sound in it")
    stream = container.streams.audio[0]
    resampler = av.AudioResampler("s16", "stereo", SOUND_RATE)
    for moment, packet in _packets(job, container, stream):
        for heard in packet.decode():
            for frame in resampler.resample(heard):
                yield SOUND, {"rate": SOUND_RATE, "channels": 2}, moment, np.ascontiguousarray(frame.to_ndarray())


if __name__ == "__main__":
    main()
