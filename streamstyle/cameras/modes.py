"""What a camera offers, and the offer nearest to what is wanted."""

from collections.abc import Sequence
from dataclasses import dataclass, field

HARD = ("mjpeg", "h264")
"""Formats that have to be decoded: taken where the plain ones are too slow for the rate."""
SIZE, RATE = (1280, 720), 30.0


@dataclass(frozen=True, slots=True)
class Mode:
    """One size in one pixel format, with its rates; none known where the system does not say."""

    width: int
    height: int
    format: str
    rates: tuple[float, ...] = ()

    def rate(self, wanted: float) -> float:
        """The rate nearest to the wanted one; one that is faster counts as nearer than one that is slower."""
        return min(self.rates, key=lambda rate: (rate < wanted - 0.5, abs(rate - wanted)), default=wanted)


@dataclass(frozen=True, slots=True)
class Device:
    """A camera of this machine."""

    path: str
    name: str
    modes: tuple[Mode, ...] = field(default=())


def nearest(modes: Sequence[Mode], size: tuple[int, int] | None, rate: float | None) -> Mode | None:
    """The mode whose size is nearest, then whose rate, then the one cheapest to read; None where none is known."""
    width, height = size or SIZE
    wanted = rate or RATE

    def distance(mode: Mode) -> tuple[float, float, bool]:
        apart = abs(mode.width - width) / width + abs(mode.height - height) / height
        return apart, max(0.0, wanted - mode.rate(wanted)), mode.format in HARD

    return min(modes, key=distance, default=None)


def listed(devices: Sequence[Device]) -> str:
    """What `--list` prints."""
    lines = []
    for number, device in enumerate(devices):
        lines.append(f"{number}  {device.name}  ({device.path})")
        for width, height in sorted({(mode.width, mode.height) for mode in device.modes}):
            offers = [mode for mode in device.modes if (mode.width, mode.height) == (width, height)]
            rates = ", ".join(f"{mode.format} {_rates(mode.rates)}".strip() for mode in offers)
            lines.append(f"     {width}x{height}  {rates}")
    return "\n".join(lines)


def _rates(rates: Sequence[float]) -> str:
    return "/".join(f"{rate:.4g}" for rate in sorted(rates, reverse=True))
