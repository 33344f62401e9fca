"""Memory over thousands of pictures: decoded, painted, held steady, encoded, with sound beside them."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.media.clips import ramp, write

ROOT = Path(__file__).parents[2]
PICTURES, ROUND, SECONDS = 5000, 50, 2
PAINT = """
import psutil, sys
from contextlib import closing
from dataclasses import replace
from pipelines.painting import Job, paint_movie
from streamstyle.settings import Settings

class Watched:
    def __init__(self, sink):
        self.sink, self.resident = sink, []
    def __enter__(self):
        self.sink.__enter__()
        return self
    def write(self, frame):
        self.sink.write(frame)
        self.resident.append(psutil.Process().memory_info().rss / 2**20)
    def __exit__(self, *error):
        return self.sink.__exit__(*error)

with closing(Job(sys.argv[1], sys.argv[2], Settings("starry-night")).prepared()) as work:
    sink = Watched(work.sink)
    result = paint_movie(replace(work, sink=sink), quiet=True)
print(result.frames, work.source.info.height, sink.resident[499], sink.resident[-1], max(sink.resident))
"""


def again_and_again(clip: Path, target: Path, rounds: int) -> Path:
    """The packets of a clip repeated: a long film that costs nothing to make."""
    with av.open(str(target), "w") as output:
        ways: dict[int, Any] = {}
        for number in range(rounds):
            with av.open(str(clip)) as source:
                if not number:
                    ways = {stream.index: output.add_stream_from_template(stream) for stream in source.streams}
                for packet in source.demux():
                    if packet.dts is None or packet.pts is None:
                        continue
                    shift = round(number * SECONDS / packet.time_base)
                    packet.pts, packet.dts, packet.stream = (
                        packet.pts + shift, packet.dts + shift, ways[packet.stream.index]
                    )  # fmt: skip
                    output.mux_one(packet)
    return target


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_memory_stays_flat_over_five_thousand_pictures_at_720p(tmp_path: Path) -> None:
    moving = [np.roll(ramp(1280, 720), 9 * step, axis=1) for step in range(ROUND)]
    clip = write(tmp_path / "round.mkv", moving, sound=1, options={"preset": "ultrafast", "bf": "0"})
    film = again_and_again(clip, tmp_path / "film.mkv", PICTURES // ROUND)
    done = subprocess.run(
        [sys.executable, "-c", PAINT, str(film), str(tmp_path / "out.mp4")],
        cwd=ROOT,
        env=os.environ | {"OPENCV_FOR_THREADS_NUM": "1"},  # as the command has it
        stdout=subprocess.PIPE,
        text=True,
        timeout=2900,
        check=True,
    )
    frames, height, early, late, peak = map(float, done.stdout.split())
    print(f"{frames:.0f} pictures: {early:.0f} MiB after 500, {late:.0f} after all, {peak:.0f} at most")
    assert (frames, height) == (PICTURES, 720)
    assert abs(late - early) < 0.05 * early
    assert peak < 700
