"""Hardware decoders: refused with a reason, never in the way, and right where there is one."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from pipelines import options
from streamstyle.errors import InputError, StreamStyleError, UsageError
from streamstyle.frames import Image
from streamstyle.media import decoders
from streamstyle.media.filters import Filters
from streamstyle.media.geometry import Shape, shape
from streamstyle.media.movie import Movie
from streamstyle.media.places import place
from streamstyle.media.planes import image_of
from tests.conftest import absent
from tests.media.clips import ramp, write

BROKEN = "none of the kind: a test says so"


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write(tmp_path / "clip.mp4", [np.roll(ramp(160, 96), 4 * step, axis=1) for step in range(12)])


def shown(clip: Path, **how: Any) -> list[tuple[float, Image]]:
    return [(frame.seconds, frame.image) for frame in Movie(str(clip), **how)]


def same(one: list[tuple[float, Image]], other: list[tuple[float, Image]], levels: int = 0) -> bool:
    return [moment for moment, _ in one] == [moment for moment, _ in other] and all(
        np.abs(a.astype(int) - b).max() <= levels for (_, a), (_, b) in zip(one, other, strict=True)
    )


def opening() -> str:
    """The first device that opens here."""
    reasons = {device: decoders.refusal(device) for device in decoders.DEVICES}
    for device, reason in reasons.items():
        if reason is None:
            return device
    absent("gpu", "no hardware decoder opens here: " + "; ".join(f"{name}: {why}" for name, why in reasons.items()))
    raise AssertionError


@pytest.fixture
def every_file_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoders, "SMALLEST", 1)
    monkeypatch.setattr(decoders, "WORTH", 1)


def test_the_command_line_offers_what_there_is() -> None:
    assert options.DECODERS == decoders.DECODERS


def test_auto_shows_what_software_shows(clip: Path, every_file_is_large: None, capfd: Any) -> None:
    assert same(shown(clip), shown(clip, decoder="software"))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("device", decoders.DEVICES)
def test_a_device_opens_or_says_in_one_line_why_not(clip: Path, device: str, capfd: Any) -> None:
    if decoders.refusal(device) is None:
        assert len(shown(clip, decoder=device)) == 12
        return
    with pytest.raises(InputError, match=f"--decoder {device}: does not open here") as error:
        Movie(str(clip), decoder=device)
    assert "\n" not in str(error.value)
    assert capfd.readouterr() == ("", "")


def test_what_makes_no_sense_is_refused(clip: Path) -> None:
    with pytest.raises(UsageError, match="there are auto, software, cuda"):
        Movie(str(clip), decoder="steam")
    with pytest.raises(UsageError, match="motion vectors"):
        Movie(str(clip), decoder="cuda", vectors=True)


class Machine:
    """A machine on which some devices open, and take what they are given or not."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, opens: tuple[str, ...], takes: tuple[str, ...]) -> None:
        self.asked: list[str] = []
        self._opens, self._takes = opens, takes
        monkeypatch.setattr(decoders, "refusal", self._refusal)
        monkeypatch.setattr(decoders, "_takes", lambda device, where: device in takes)

    def _refusal(self, device: str, codec: str = "h264") -> str | None:
        self.asked.append(device)
        return None if device in self._opens else BROKEN


@pytest.fixture
def fallen_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever device is asked for, FFmpeg's own decoder comes, as it does where a profile is beyond a device."""
    monkeypatch.setattr("streamstyle.media.opening.HWAccel", lambda device, allow_software_fallback: None)


def device_for(name: object, decoder: str = "auto", vectors: bool = False) -> str | None:
    demuxer = decoders.demuxed(place(str(name)), None, False, decoder, vectors)
    demuxer.release()
    return demuxer.device


def test_auto_takes_the_first_device_that_takes_the_file(
    clip: Path, every_file_is_large: None, fallen_back: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(monkeypatch, opens=("videotoolbox", "vaapi"), takes=("vaapi",))
    assert device_for(clip) == "vaapi"
    assert machine.asked == list(decoders.DEVICES)


def test_auto_leaves_to_software_what_does_not_pay(
    clip: Path, fallen_back: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(monkeypatch, opens=decoders.DEVICES, takes=decoders.DEVICES)
    assert device_for(clip) is None, "a small clip"
    monkeypatch.setattr(decoders, "SMALLEST", 1)
    assert device_for(clip) is None, "a short clip"
    monkeypatch.setattr(decoders, "WORTH", 1)
    assert device_for(clip, vectors=True) is None, "motion vectors are wanted"
    assert device_for(clip, "software") is None
    for number, picture in enumerate((ramp(64, 48), ramp(64, 48, 9))):
        write(clip.parent / f"picture{number}.png", [picture], codec="png", pixels="rgb24", container_format="image2")
    assert device_for(clip.parent / "picture0.png") is None
    assert device_for(clip.parent / "picture%d.png") is None
    assert machine.asked == [], "no device is started for these"
    assert device_for(clip) == "cuda"


def test_a_named_device_is_never_left_for_another(
    clip: Path, fallen_back: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    Machine(monkeypatch, opens=("vaapi",), takes=())
    assert device_for(clip, "vaapi") == "vaapi"
    with pytest.raises(StreamStyleError, match=BROKEN):
        device_for(clip, "cuda")


def test_what_a_device_cannot_decode_is_said(clip: Path, fallen_back: None, monkeypatch: pytest.MonkeyPatch) -> None:
    Machine(monkeypatch, opens=decoders.DEVICES, takes=())
    with pytest.raises(InputError, match=r"clip\.mp4: --decoder cuda does not take it \(h264, yuv420p, 160x96\)"):
        Movie(str(clip), decoder="cuda")


def test_auto_goes_on_in_software_where_a_device_falls_back_after_all(
    clip: Path, every_file_is_large: None, fallen_back: None, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    Machine(monkeypatch, opens=decoders.DEVICES, takes=decoders.DEVICES)
    assert Movie(str(clip)).demuxer.device == "cuda"
    assert same(shown(clip), shown(clip, decoder="software"))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("layout", "planar"), [("nv12", "yuv420p"), ("p010le", "yuv420p10le")])
@pytest.mark.parametrize("reach", [1, 2], ids=["limited", "full"])
@pytest.mark.parametrize("matrix", [1, 5, 9], ids=["bt709", "bt601", "bt2020"])
def test_the_layouts_of_devices_come_out_as_software_has_them(
    layout: str, planar: str, matrix: int, reach: int
) -> None:
    """Devices bring interleaved chroma, and ten bits in the upper part of sixteen."""
    frame: Any = av.VideoFrame.from_ndarray(ramp(160, 96), "rgb24").reformat(
        format=planar, dst_colorspace=matrix, dst_color_range=reach
    )
    other: Any = frame.reformat(format=layout)
    for each in (frame, other):
        each.colorspace, each.color_range, each.pts, each.time_base = matrix, reach, 7, Fraction(1, 25)
    wanted, found = shape(frame, None, None), shape(other, None, None)
    assert found.colour == wanted.colour
    image, pts = seen(found, other)
    assert np.abs(image.astype(int) - seen(wanted, frame)[0]).max() <= (layout == "p010le")
    assert pts == 7


def seen(how: Shape, frame: Any) -> tuple[Image, int]:
    pictures = [frame] if how.plain else [*(run := Filters(how, frame, frame.time_base))(frame), *run(None)]
    (picture,) = pictures
    return image_of(picture), picture.pts


def test_planes_may_change_in_the_middle(clip: Path) -> None:
    """As they do where a device gives up and software goes on."""
    movie = Movie(str(clip), size=lambda width, height: (80, 48))
    software = [frame.image for frame in movie]
    other = Movie(str(clip), size=lambda width, height: (80, 48))
    decoded = other._decoded
    other._decoded = (frame.reformat(format="nv12") if number > 4 else frame for number, frame in enumerate(decoded))
    for one, two in zip(software, (frame.image for frame in other), strict=True):
        assert np.array_equal(one, two)


@pytest.mark.gpu
@pytest.mark.parametrize("pixels", ["yuv420p", "yuv420p10le"])
@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_a_device_shows_what_software_shows(
    tmp_path: Path, codec: str, pixels: str, every_file_is_large: None, capfd: Any
) -> None:
    device = opening()
    pictures = [np.roll(ramp(320, 240), 4 * step, axis=1) for step in range(30)]
    clip = write(tmp_path / "clip.mp4", pictures, codec=codec, pixels=pixels)
    software = shown(clip, decoder="software")
    assert same(shown(clip), software, levels=1)
    if pixels == "yuv420p":
        movie = Movie(str(clip), decoder=device)
        assert movie.info == Movie(str(clip), decoder="software").info
        assert same([(frame.seconds, frame.image) for frame in movie], software)
        assert same(shown(clip, decoder=device, start=0.4), shown(clip, decoder="software", start=0.4))
    assert capfd.readouterr() == ("", "")
