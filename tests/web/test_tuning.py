"""What is changed inside aiortc: that it is still there to be changed, and that the changes do what they promise."""

from typing import Any

import numpy as np
import pytest
from aiortc.codecs import depayload
from aiortc.codecs.h264 import H264Encoder
from aiortc.codecs.vpx import Vp8Encoder
from aiortc.jitterbuffer import JitterBuffer
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtp import HeaderExtensions, HeaderExtensionsMap, RtpPacket, unpack_header_extensions
from av import CodecContext, Packet, VideoFrame

from streamstyle.frames import Image
from streamstyle.web import encoders, tuning
from streamstyle.web.pictures import CLOCK


def packet(sequence: int, stamp: int, marker: bool = False, data: bytes = b"\x10data") -> RtpPacket:
    made = RtpPacket(payload_type=97, sequence_number=sequence, timestamp=stamp, marker=int(marker))
    made._data = data  # type: ignore[attr-defined]
    return made


def test_a_picture_leaves_with_its_last_packet() -> None:
    prompt, theirs = tuning.PromptBuffer(), JitterBuffer(capacity=512, is_video=True)
    packets = [packet(1, 100), packet(2, 100, marker=True)]
    assert [prompt.add(each)[1] is not None for each in packets] == [False, True]
    # aiortc's own waits for the next picture: once it does not, ours can go.
    assert [theirs.add(each)[1] is not None for each in packets] == [False, False]


def test_packets_that_overtake_each_other() -> None:
    prompt = tuning.PromptBuffer()
    assert prompt.add(packet(1, 100, data=b"\x10a"))[1] is None
    assert prompt.add(packet(3, 100, marker=True, data=b"c"))[1] is None
    frame = prompt.add(packet(2, 100, data=b"b"))[1]
    assert frame is not None and frame.data == b"\x10abc" and frame.timestamp == 100


def test_a_hole_is_given_up_and_a_key_picture_asked_for() -> None:
    now = 0.0
    prompt = tuning.PromptBuffer(lambda: now)
    assert prompt.add(packet(1, 100, marker=True))[1] is not None
    asked = []
    for number in range(3, 40):
        now += 1 / 30
        pli, frame = prompt.add(packet(number, 3000 * number, marker=True, data=b"\x11inter"))
        assert frame is None
        asked.append(pli)
    assert sum(asked) == 1 and prompt.lost == 1
    frame = prompt.add(packet(40, 3000 * 40, marker=True, data=b"\x10key"))[1]
    assert frame is not None and frame.data == b"\x10key"
    assert prompt.add(packet(41, 3000 * 41, marker=True, data=b"\x11inter"))[1] is not None


def test_playout_at_once_goes_with_every_packet() -> None:
    mapped = tuning.PlayoutMap(6)
    profile, value = mapped.set(HeaderExtensions())
    assert (6, tuning.AT_ONCE) in list(unpack_header_extensions(profile, value))
    assert HeaderExtensionsMap().set(HeaderExtensions()) != (profile, value)


@pytest.mark.parametrize("ours, theirs", [(encoders.Vp8, Vp8Encoder), (encoders.H264, H264Encoder)])
def test_paintings_get_the_bits_they_need(ours: type, theirs: type) -> None:
    base = np.kron(np.random.default_rng(3).integers(0, 255, (54, 64), np.uint8), np.ones((10, 10), np.uint8))

    def error(make: type) -> float:
        encoder = make()
        decoder = CodecContext.create("vp8" if issubclass(make, Vp8Encoder) else "h264", "r")
        errors = []
        for count in range(20):
            image = np.roll(base, 3 * count, axis=1)
            for decoded in decoder.decode(Packet(sent(encoder, image, count))):
                luma = np.asarray(decoded.to_ndarray(format="yuv420p"))[:360]
                errors.append(float(np.abs(luma.astype(int) - image[:360]).mean()))
        return float(np.mean(errors[10:]))

    assert error(ours) < error(theirs)


def sent(encoder: Any, image: Image, count: int, key: bool = False) -> bytes:
    """What the decoder at the other end is given."""
    picture = VideoFrame.from_ndarray(image, format="yuv420p")
    picture.pts, picture.time_base = 3000 * count, CLOCK
    name = "VP8" if isinstance(encoder, Vp8Encoder) else "H264"
    codec = RTCRtpCodecParameters(mimeType=f"video/{name}", clockRate=90_000)
    payloads, _ = encoder.encode(picture, force_keyframe=key)
    return b"".join(depayload(codec, payload) for payload in payloads)


def test_a_rate_is_followed_without_a_key_picture_for_every_change() -> None:
    now = 0.0
    pace = encoders.Pace(lambda: now)
    assert pace.stale(640, 360)
    start = pace.rate
    changes = 0
    for step in range(300):
        now += 1 / encoders.RATE
        pace.estimate = int(start * (1 + 0.1 * (step % 3)))
        changes += pace.stale(640, 360)
    assert changes == 0
    pace.estimate = start // 4
    assert pace.stale(640, 360) and pace.rate < start / 2
    assert pace.stale(1280, 720)
    pace.estimate = 10**9
    now += 60
    assert pace.stale(1280, 720) and pace.rate <= encoders.CEILING


@pytest.mark.parametrize("make", [encoders.Vp8, encoders.H264])
def test_key_pictures_on_request(make: type) -> None:
    encoder = make()
    image = np.full((270, 320), 128, np.uint8)
    image[:180] = np.arange(320).astype(np.uint8)
    keys = [count for count in range(12) if tuning.is_key(sent(encoder, np.roll(image, count, 1), count, count == 6))]
    assert keys == [0, 6]


def test_few_pictures_a_second_are_larger_ones() -> None:
    """VP8 goes by the time stamps and does so by itself."""
    base = np.kron(np.random.default_rng(3).integers(0, 255, (54, 64), np.uint8), np.ones((5, 5), np.uint8))

    def bits(rate: int) -> float:
        encoder, sizes, now = encoders.H264(), [], 0.0
        encoder._pace = encoders.Pace(lambda: now)
        for count in range(9 * rate):
            now += 1 / rate
            sizes.append(8 * len(sent(encoder, np.roll(base, 90 // rate * count, 1), count * 30 // rate)))
        return sum(sizes[6 * rate :]) / 3

    assert bits(10) > 0.7 * bits(30)
