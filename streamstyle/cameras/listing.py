"""The cameras of this machine, on every system."""

import re
import sys
from collections.abc import Sequence
from typing import Any

from streamstyle.cameras.modes import Device, Mode
from streamstyle.errors import CameraError, StreamStyleError

FORMATS = {"linux": "v4l2", "darwin": "avfoundation", "win32": "dshow"}
# [dshow]   pixel_format=yuyv422  min s=640x480 fps=5 max s=640x480 fps=30
_DSHOW = re.compile(
    r"(?:pixel_format|vcodec)=(?P<format>\w+)\s+min s=\d+x\d+ fps=(?P<low>[\d.]+) "
    r"max s=(?P<w>\d+)x(?P<h>\d+) fps=(?P<high>[\d.]+)"
)
# [avfoundation]   1280x720@[15.000000 30.000000]fps
_AVFOUNDATION = re.compile(r"(?P<w>\d+)x(?P<h>\d+)@\[(?P<low>[\d.]+) (?P<high>[\d.]+)\]fps")


def cameras(platform: str = sys.platform) -> list[Device]:
    """Every camera with its name, its path or number, and its modes where the system tells them."""
    if platform == "linux":
        from streamstyle.cameras import v4l2

        return v4l2.devices()
    import av

    name = FORMATS.get(platform)
    if name is None or name not in av.formats_available:
        raise CameraError(f"cameras cannot be listed on {platform}")
    return [
        Device(_path(platform, number, entry.name), entry.description or entry.name)
        for number, entry in enumerate(_devices(name))
    ]


def _devices(name: str) -> list[Any]:
    import av

    found = av.enumerate_input_devices(name)
    # Screens are offered as cameras by AVFoundation; they have an address of their own here.
    return [
        entry
        for entry in found
        if "audio" not in _kinds(entry) and not str(entry.description).startswith("Capture screen")
    ]


def _kinds(entry: Any) -> Sequence[str]:
    kinds = [str(kind) for kind in getattr(entry, "media_types", None) or ()]
    return kinds if "video" not in kinds else []


def _path(platform: str, number: int, name: str) -> str:
    return f"video={name}" if platform == "win32" else str(number)


def with_modes(device: Device, platform: str = sys.platform) -> Device:
    """The same device with its modes, which two of the systems tell only in what FFmpeg logs."""
    if device.modes or platform == "linux":
        return device
    import av

    # Asking for the list, and for a rate that no camera has, both end in an error after the modes were logged.
    options = {"list_options": "true"} if platform == "win32" else {"framerate": "999"}
    level = av.logging.get_level()
    av.logging.set_level(av.logging.INFO)
    try:
        with av.logging.Capture(False) as log, av.open(device.path, format=FORMATS[platform], options=options):
            pass
    except (av.error.FFmpegError, OSError):
        pass
    finally:
        av.logging.set_level(level)
    return Device(device.path, device.name, modes_in("\n".join(line for _, _, line in log)))


def modes_in(log: str) -> tuple[Mode, ...]:
    """The modes that DirectShow or AVFoundation listed in FFmpeg's log."""
    modes: dict[tuple[int, int, str], set[float]] = {}
    for expression in (_DSHOW, _AVFOUNDATION):
        for match in expression.finditer(log):
            key = int(match["w"]), int(match["h"]), match.groupdict().get("format") or ""
            modes.setdefault(key, set()).update(float(match[rate]) for rate in ("low", "high"))
    return tuple(Mode(*key, tuple(sorted(rates))) for key, rates in modes.items())


def chosen(wanted: str, devices: Sequence[Device]) -> Device:
    """The camera by its number in the list, its path, its name or a part of its name."""
    if wanted.isdigit() and int(wanted) < len(devices):
        return devices[int(wanted)]
    for device in devices:
        if wanted in (device.path, device.name):
            return device
    named = [device for device in devices if wanted.lower() in device.name.lower()]
    if len(named) == 1 and not wanted.isdigit():
        return named[0]
    raise absent(wanted, devices, named)


def absent(wanted: str, devices: Sequence[Device], named: Sequence[Device]) -> StreamStyleError:
    if not devices:
        return CameraError("no camera was found on this machine; `--camera test:pan` plays a drawn scene instead")
    names = ", ".join(f"{number} = {device.name}" for number, device in enumerate(devices))
    said = "fits several cameras" if len(named) > 1 else "is not a camera here"
    return CameraError(f"--camera {wanted}: {said}; there are: {names}")
