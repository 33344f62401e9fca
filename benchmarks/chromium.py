"""One Chromium with a film for a camera, and the age of every picture that comes back to it."""

import shutil
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from streamstyle.errors import MissingError
from streamstyle.frames import planes, size
from streamstyle.live import stamps
from streamstyle.scenes.opening import open_scene

RATE, SECONDS = 30, 4
NEAR = 1500
"""Milliseconds: half a film is the oldest that a picture can be told to be."""
PATIENCE = 30_000
"""Milliseconds that anything in the browser may take."""
SWITCHES = (
    "--no-sandbox",
    "--no-zygote",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    # A page nobody looks at is slowed down otherwise.
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
)

WATCH = """
async ([width, height]) => {
  // Copies a corner of the picture as it was decoded: a canvas would turn the whole of it into RGB first.
  const read = async (video) => {
    const frame = new VideoFrame(video);
    const side = Math.max(4, Math.floor(frame.codedWidth / 32) & ~3);
    const rect = { x: 0, y: 0, width: 16 * side, height: 4 * side };
    const data = new Uint8Array(frame.allocationSize({ rect }));
    const step = /^(RGB|BGR)/.test(frame.format) ? 4 : 1;
    const [{ offset, stride }] = await frame.copyTo(data, { rect });
    frame.close();
    const light = (x, y) => {
      let sum = 0;
      for (const across of [0.3, 0.5, 0.7]) {
        for (const down of [0.3, 0.5, 0.7]) {
          const [column, row] = [Math.floor((x + across) * side), Math.floor((y + down) * side)];
          sum += data[offset + row * stride + column * step + (step > 1 ? 1 : 0)];
        }
      }
      return sum;
    };
    let code = 0n;
    for (let place = 0; place < 31; place += 1) {
      const row = Math.floor(place / 8), column = 2 * (place % 8);
      if (light(column, row) > light(column + 1, row)) code |= 1n << BigInt(place);
    }
    const found = Number(code >> 7n);
    return found % 113 === Number(code & 127n) ? found : null;
  };
  const follow = (video, seen, moment) => {
    const next = (now, about) => {
      // The camera's picture counts from its being taken, the painting until it is to be seen.
      const when = moment(about);
      read(video).then((number) => seen.push([when, number]));
      video.requestVideoFrameCallback(next);
    };
    video.requestVideoFrameCallback(next);
  };
  // The camera once more, shown as a thumbnail: the page itself hides it while the painting is there.
  const camera = document.createElement("video");
  Object.assign(camera.style, { position: "fixed", right: 0, bottom: 0, width: "48px" });
  camera.muted = camera.autoplay = true;
  document.body.append(camera);
  camera.srcObject = await navigator.mediaDevices.getUserMedia({ video: { width, height, frameRate: 30 } });
  window.seen = { before: [], after: [] };
  follow(camera, window.seen.before, ({ captureTime }) => captureTime);
  follow(document.querySelector("#painted"), window.seen.after, (about) => about.expectedDisplayTime);
}
"""


def camera_film(path: Path, width: int, height: int) -> Path:
    """A film in which every picture bears its number, as a camera for Chromium."""
    scene = open_scene(f"test:pan?seconds={SECONDS}&size={width}x{height}&rate={RATE}")
    try:
        with path.open("wb") as file:
            file.write(f"YUV4MPEG2 W{width} H{height} F{RATE}:1 Ip A1:1 C420jpeg\n".encode())
            for number, frame in enumerate(scene):
                image = frame.image.copy()
                assert size(image) == (width, height)
                stamps.draw(image, number)
                file.write(b"FRAME\n")
                for plane in planes(image):
                    file.write(plane.tobytes())
    finally:
        scene.close()
    return path


@contextmanager
def chromium(camera: Path, *more: str, **options: Any) -> Iterator[Any]:
    """A context of pages in a new profile; Playwright's own clean-up ends the browser."""
    program = shutil.which("chromium")
    if program is None:
        raise MissingError("chromium is not installed: sudo apt install chromium")
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory(prefix="profile-") as profile, sync_playwright() as play:
        context = play.chromium.launch_persistent_context(
            profile,
            executable_path=program,
            headless=True,
            args=[*SWITCHES, f"--use-file-for-fake-video-capture={camera}", *more],
            permissions=["camera", "microphone", "clipboard-write", "local-network-access"],
            timeout=PATIENCE,
            **options,
        )
        try:
            context.set_default_timeout(PATIENCE)
            yield context
        finally:
            context.close()


def ages(seen: dict[str, list[list[float | None]]]) -> list[float]:
    """Milliseconds from a picture's being taken by the camera to its being shown painted.

    A browser that is short of time leaves camera pictures out; when they were due follows from their neighbours.
    """
    whole, interval = RATE * SECONDS, 1000 / RATE
    camera = [(moment, int(number)) for moment, number in seen["before"] if number is not None and moment is not None]
    found: list[float] = []
    for moment, number in seen["after"]:
        if number is None or moment is None:
            continue
        due: list[float] = []
        for near, other in camera:
            # The shorter way round the film, which is shown again and again.
            steps = (int(number) - other + whole // 2) % whole - whole // 2
            if abs(moment - near) < NEAR and abs(steps) < RATE:
                due.append(near + steps * interval)
        if due:
            found.append(moment - statistics.median(due))
    return found
