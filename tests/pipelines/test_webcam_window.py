"""The window of the webcam command, driven by keys and looked at."""

import os
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from streamstyle.cameras.address import screen
from streamstyle.cameras.captured import Captured, Patience
from streamstyle.cameras.opening import screen_job
from streamstyle.colour import to_rgb
from streamstyle.frames import Image
from tests.displays import corner, window_id, xdotool, xvfb
from tests.pipelines.test_webcam import figures

pytestmark = pytest.mark.usefixtures("own_styles")


class Screen:
    """What a person sees of the window: one grab of the display that goes on."""

    def __init__(self, display: str) -> None:
        job = screen_job(screen(f"screen:{display}"), rate=5)
        self._source = Captured(job, "screen", patience=Patience(first=60, silent=60))
        self._frames = iter(self._source)

    def window(self) -> Image:
        for _ in range(3):
            # Two older ones may be under way.
            frame = next(self._frames)
        x, y = corner()
        return to_rgb(frame.image, self._source.info.colour)[y : y + 360, x : x + 640]

    def close(self) -> None:
        self._source.close()


def eventually(check: Callable[[], bool], seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.1)


def test_a_window_driven_by_keys(running: Callable[..., "subprocess.Popen[str]"], tmp_path: Path) -> None:
    """Every key that changes what is seen, on a still scene whose painting is grey noise or the scene itself."""
    keep = os.environ.get("STREAMSTYLE_SCREENSHOTS")
    with xvfb() as display, closing(Screen(display)) as eyes:
        environment = {"DISPLAY": display, "WAYLAND_DISPLAY": ""}
        camera = "test:sprite?size=640x360&rate=20&speed=0.01"
        process = running("--camera", camera, "--style", "tiny", "--quality", "0.5", "--json", **environment)
        os.environ["DISPLAY"], before = display, os.environ.get("DISPLAY")
        try:
            window = window_id()

            def shot(name: str) -> Image:
                picture = eyes.window()
                if keep:
                    cv2.imwrite(f"{keep}/{name}.png", picture[..., ::-1])
                return picture.astype(np.int32)

            def press(*keys: str) -> None:
                # Of two keys between two looks the window system's toolkit keeps the later one.
                xdotool("windowfocus", "--sync", window, "key", "--delay", "400", *keys)

            def differ(one: Image, other: Image, columns: slice = slice(0, 640)) -> float:
                """The mean difference above the line of figures."""
                return float(np.abs(one - other)[:330, columns].mean())

            def until(name: str, check: Callable[[Image], bool]) -> Image:
                """Looks until what is awaited is there."""
                deadline = time.monotonic() + 40
                while not check(picture := shot(name)):
                    assert time.monotonic() < deadline, f"{name}: it never happened"
                return picture

            until("painted", lambda now: float(now[346:].max()) > 180 and float(now[:100].std()) > 20)
            painted = until("painted", lambda now: float(now[346:, 400:].mean()) < 60)
            dark = painted[346:, 400:].mean()
            press("o")
            bare = until("bare", lambda now: now[346:, 400:].mean() > dark + 15)
            press("v")
            split = until("split", lambda now: differ(now, bare, slice(0, 310)) > 10)
            assert differ(split, bare, slice(330, 640)) < 6
            assert split[100:300, 319:321].min(axis=(1, 2)).mean() > 200
            press("Right", "Right", "Right", "Right", "Right")
            until("moved", lambda now: differ(now, split, slice(326, 375)) > 10)
            press("v", "m")
            until("mirrored", lambda now: differ(now[:, ::-1], bare) < differ(now, bare) / 2)
            press("m", "question")
            until("help", lambda now: float((now[:200, :130] - bare[:200, :130]).mean()) < -15)
            press("question", "s", "p")
            until("other style", lambda now: differ(now, bare) > 10)
            eventually(lambda: any(tmp_path.glob("streamstyle-*.png")))
            press("r")
            eventually(lambda: any(tmp_path.glob("streamstyle-*.part.mp4")))
            time.sleep(0.7)
            press("q")
            out, err = process.communicate(timeout=40)
        finally:
            os.environ.pop("DISPLAY", None)
            if before is not None:
                os.environ["DISPLAY"] = before
    assert process.returncode == 0, err
    assert figures(out)["out"] > 20
    [recording] = tmp_path.glob("streamstyle-*.mp4")
    with av.open(str(recording)) as container:
        assert len(list(container.decode(video=0))) > 3
