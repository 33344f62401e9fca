"""A camera that other programs can pick: pyvirtualcam as a sink."""

import platform
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from streamstyle.errors import NeedsExtra, OutputError
from streamstyle.frames import Frame, MediaInfo, size
from streamstyle.screens.levels import limited

LOAD = "sudo modprobe v4l2loopback exclusive_caps=1 card_label=StreamStyle"
INSTALL = {
    "debian": "sudo apt install v4l2loopback-dkms",
    "fedora": "sudo dnf install v4l2loopback",
    "rhel": "sudo dnf install v4l2loopback",
    "arch": "sudo pacman -S v4l2loopback-dkms",
    "suse": "sudo zypper install v4l2loopback-kmp-default",
    "gentoo": "sudo emerge media-video/v4l2loopback",
    "alpine": "sudo apk add v4l2loopback-src",
}


class VirtualSink:
    """Sends every picture to the first virtual camera that opens, or to the one named."""

    def __init__(self, info: MediaInfo, device: str | None = None) -> None:
        self._info = info
        self._device = device
        self._camera: Any = None

    @property
    def device(self) -> str:
        return str(self._camera.device)

    def __enter__(self) -> Self:
        try:
            import pyvirtualcam
        except ImportError as error:
            raise NeedsExtra("the virtual camera", "virtual") from error
        info = self._info
        try:
            self._camera = pyvirtualcam.Camera(
                info.width, info.height, float(info.rate), fmt=pyvirtualcam.PixelFormat.I420, device=self._device
            )
        except (RuntimeError, ValueError, OSError) as error:
            reason = "; ".join(str(error).splitlines())
            raise OutputError(f"virtual camera: {reason}. To have one: {command()}") from error
        return self

    def write(self, frame: Frame) -> None:
        if size(frame.image) != (self._info.width, self._info.height):
            raise OutputError(
                f"virtual camera: it was opened for {self._info.width}x{self._info.height}, not {frame!r}"
            )
        try:
            self._camera.send(limited(frame.image, self._info.colour))
        except (RuntimeError, OSError) as error:
            raise OutputError(f"virtual camera: it has gone ({error})") from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._camera is not None:
            self._camera.close()


def command() -> str:
    """The one command that brings a virtual camera to this system."""
    system = platform.system()
    if system == "Windows":
        return "winget install OBSProject.OBSStudio"
    if system == "Darwin":
        return "brew install --cask obs, then start its virtual camera once"
    if any(Path("/lib/modules", platform.release()).rglob("v4l2loopback.ko*")):
        return LOAD
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        release = {}
    return f"{installing(release)} && {LOAD}"


def installing(release: Mapping[str, str]) -> str:
    """The package's install command for a Linux by its os-release."""
    for family in [release.get("ID", ""), *release.get("ID_LIKE", "").split()]:
        for known, words in INSTALL.items():
            if known in family:
                return words
    if release.get("ID") in ("ubuntu", "raspbian", "linuxmint"):
        return INSTALL["debian"]
    return "install v4l2loopback from your packages"
