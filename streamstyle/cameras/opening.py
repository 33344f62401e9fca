"""From what `--camera` says to a live source."""

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from streamstyle.cameras import listing
from streamstyle.cameras.address import Device, Played, Screen, address
from streamstyle.cameras.captured import Captured
from streamstyle.cameras.modes import RATE, SIZE, Mode, nearest
from streamstyle.cameras.modes import Device as Camera
from streamstyle.cameras.paced import Paced
from streamstyle.cameras.records import Job
from streamstyle.errors import CameraError, UsageError
from streamstyle.frames import Source
from streamstyle.media import open_movie
from streamstyle.media.decoders import DEVICES, asked

Say = Callable[[str], None]


def open_camera(
    text: str,
    size: tuple[int, int] | None = None,
    rate: float | None = None,
    say: Say = lambda line: None,
    decoder: str = "auto",
) -> Source:
    """A live source; whatever cannot be had exactly as asked is said in one line."""
    where = address(text)
    if not isinstance(where, Played) and decoder in DEVICES:
        raise UsageError(f"--decoder {decoder}: is for clips and network cameras, not for {text}")
    match where:
        case Played():
            return played(where, size, rate, say, decoder)
        case Screen():
            return Captured(screen_job(where, size, rate), f"screen {where.display}".rstrip(), say)
        case Device():
            camera = found(where.wanted)
            mode = nearest(camera.modes, size, rate)
            source = Captured(camera_job(camera, mode, size, rate), camera.name, say)
            tell(say, camera.name, source, size, rate)
            return source


def found(wanted: str, platform: str = sys.platform) -> Camera:
    """The camera with its modes; a path that is not listed is tried as it is, so that its own error is heard."""
    devices: Sequence[Camera] = listing.cameras(platform)
    if wanted.startswith("/dev/") and wanted not in {device.path for device in devices}:
        return Camera(wanted, wanted)
    return listing.with_modes(listing.chosen(wanted, devices), platform)


def camera_job(
    camera: Camera,
    mode: Mode | None,
    size: tuple[int, int] | None,
    rate: float | None,
    platform: str = sys.platform,
) -> Job:
    """How FFmpeg opens this camera in this mode."""
    options: dict[str, str] = {}
    if mode is not None:
        options["video_size"] = f"{mode.width}x{mode.height}"
        options["framerate"] = f"{mode.rate(rate or RATE):g}"
    elif size or rate:
        options |= {"video_size": "{}x{}".format(*(size or SIZE)), "framerate": f"{rate or RATE:g}"}
    if platform == "linux":
        if mode is not None and mode.format:
            options["input_format"] = mode.format
        return Job("v4l2", camera.path, options)
    if platform == "win32":
        # DirectShow buffers three seconds of pictures by default, and drops the newest when they are full.
        if mode is not None and mode.format:
            options["vcodec" if mode.format in ("mjpeg", "h264") else "pixel_format"] = mode.format
        return Job("dshow", camera.path, options | {"rtbufsize": "64M"})
    return Job("avfoundation", f"{camera.path}:none", {"framerate": "30", "pixel_format": "nv12"} | options)


def screen_job(
    where: Screen,
    size: tuple[int, int] | None = None,
    rate: float | None = None,
    platform: str = sys.platform,
) -> Job:
    """How FFmpeg grabs this part of this display; `size` is what the grabbed part is brought to."""
    options = {"framerate": f"{rate or RATE:g}"}
    if where.size:
        options["video_size"] = "{}x{}".format(*where.size)
    target = (size[0] & ~1, size[1] & ~1) if size else None
    x, y = where.corner or (0, 0)
    if platform == "win32":
        return Job("gdigrab", "desktop", options | {"offset_x": str(x), "offset_y": str(y)}, target)
    if platform == "darwin":
        return Job("avfoundation", f"Capture screen {where.display or 0}:none", options, target)
    display = where.display or os.environ.get("DISPLAY", "")
    if not display:
        hint = "; a Wayland desktop shares its screen only with programs that it asks you about" * (
            "WAYLAND_DISPLAY" in os.environ
        )
        raise CameraError(f"screen: there is no X display here (DISPLAY is not set){hint}")
    display = display if ":" in display else f":{display}"
    return Job("x11grab", f"{display}+{x},{y}", options, target)


def played(where: Played, size: tuple[int, int] | None, rate: float | None, say: Say, decoder: str = "auto") -> Source:
    """A scene until its end, if it has one; a network camera; a file at the speed of its time stamps, over and over."""
    if where.name.startswith("test:"):
        from streamstyle.scenes import open_scene

        return Paced(open_scene(with_options(where.name, size, rate)))
    if where.is_url:
        device = asked(decoder)
        return Captured(replace(network_job(where.name, size), decoder=device), where.name, say)
    movie = partial(open_movie, where.name, size=(lambda width, height: size) if size else None, decoder=decoder)
    return Paced(movie(), movie)


def network_job(url: str, size: tuple[int, int] | None = None) -> Job:
    """How FFmpeg opens a network camera: over TCP where there is a choice, and without a buffer of its own."""
    options = {"fflags": "nobuffer", "flags": "low_delay"}
    if url.startswith("rtsp"):
        options["rtsp_transport"] = "tcp"
    return Job(None, url, options, (size[0] & ~1, size[1] & ~1) if size else None)


def with_options(name: str, size: tuple[int, int] | None, rate: float | None) -> str:
    """A scene's name with the size and rate that were asked for, unless it has its own."""
    given = name.partition("?")[2]
    wanted = {"size": "{}x{}".format(*size) if size else "", "rate": f"{rate:g}" if rate else ""}
    added = [f"{key}={value}" for key, value in wanted.items() if value and f"{key}=" not in given]
    return name if not added else name + ("&" if given else "?") + "&".join(added)


def tell(say: Say, name: str, source: Source, size: tuple[int, int] | None, rate: float | None) -> None:
    """Says where the camera does not offer what was asked."""
    info = source.info
    if size and size != (info.width, info.height):
        say(f"{name} does not offer {size[0]}x{size[1]}; the nearest is {info.width}x{info.height}")
    if rate and abs(float(info.rate) - rate) > 0.5:
        say(f"{name} does not offer {rate:g} pictures a second; it delivers {float(info.rate):g}")
