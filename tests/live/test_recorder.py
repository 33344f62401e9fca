"""Recordings of live streams: time stamps, sound in step, and every way to end."""

import subprocess
import time
import wave
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from streamstyle.cameras import LIVE, now
from streamstyle.errors import CameraError, OutputError, UsageError
from streamstyle.frames import Frame, Image, MediaInfo, planes
from streamstyle.live.microphone import Microphone, microphone_job, open_microphone
from streamstyle.live.recorder import Recorder
from streamstyle.screens.nowhere import NullSink
from streamstyle.screens.several import Behind, Several

INFO = MediaInfo(320, 180, Fraction(30), live=True)


def noise(seed: int) -> Image:
    return np.random.default_rng(seed).integers(0, 255, (270, 320), np.uint8)


def decoded(path: Path) -> tuple[list[float], list[Any]]:
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    return [float(frame.time or 0) for frame in frames], frames


@pytest.mark.parametrize("extension", ["mp4", "mov", "mkv", "webm", "ts", "flv"])
def test_the_moments_of_the_pictures_are_kept(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"take.{extension}"
    moments = [0, 33_000, 66_000, 200_000, 233_000, 900_000]
    with Recorder(str(path), INFO) as sink:
        for number, moment in enumerate(moments):
            sink.write(Frame(noise(number), 5_000_000_000 + moment, LIVE))
        assert not path.exists()
    seconds, _ = decoded(path)
    np.testing.assert_allclose(np.array(seconds) - seconds[0], np.array(moments) / 1e6, atol=0.002)
    assert list(tmp_path.iterdir()) == [path]


def test_what_was_recorded_is_kept_when_the_stream_breaks(tmp_path: Path) -> None:
    path = tmp_path / "take.mp4"
    with pytest.raises(RuntimeError, match="elsewhere"), Recorder(str(path), INFO) as sink:
        for number in range(5):
            sink.write(Frame(noise(number), number * 33_000, LIVE))
        raise RuntimeError("elsewhere")
    assert len(decoded(path)[0]) == 5


def test_two_pictures_at_one_moment_do_not_fall_together(tmp_path: Path) -> None:
    path = tmp_path / "take.mkv"
    with Recorder(str(path), INFO) as sink:
        for moment in (0, 0, 10, 33_000):
            sink.write(Frame(noise(moment), moment, LIVE))
    assert len(decoded(path)[0]) == 4


def test_nothing_to_write_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no picture"), Recorder(str(tmp_path / "a.mp4"), INFO):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["take.gif", "take.png", "take.m3u8", "%03d.png", "-"])
def test_what_cannot_be_recorded_to_is_said(name: str) -> None:
    with pytest.raises(UsageError, match=r"\.mp4"):
        Recorder(name, INFO)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="nowhere"), Recorder(str(tmp_path / "nowhere" / "a.mp4"), INFO):
        pass


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True, timeout=10
    )
    if done.returncode:
        pytest.skip("a small disk cannot be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True, timeout=10)


@pytest.mark.parametrize("extension", ["mp4", "mkv"])
def test_a_full_disk_ends_the_recording_playable_and_the_rest_goes_on(small_disk: Path, extension: str) -> None:
    path, said, shown = small_disk / f"take.{extension}", list[str](), NullSink()
    recorder = Behind(Recorder(str(path), INFO))
    with Several([("window", shown), ("recording", recorder)], said.append) as sink:
        for number in range(300):
            sink.write(Frame(noise(number), number * 33_000, LIVE))
            time.sleep(0.004)
    assert said == [f"{path}: the disk is full; going on with window"]
    assert shown.frames == 300
    assert [entry.name for entry in small_disk.iterdir()] == [path.name]
    with av.open(str(path)) as container:
        count = 0
        for packet in container.demux(video=0):
            try:
                count += len(packet.decode())
            except av.error.InvalidDataError:
                break  # The piece that was cut off.
    assert count >= 15


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    """One second of silence, then two of a tone."""
    path = tmp_path / "tone.wav"
    samples = (8000 * np.sin(np.arange(3 * 48000) * 2 * np.pi * 440 / 48000)).astype(np.int16)
    samples[:48000] = 0
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48000)
        file.writeframes(samples.tobytes())
    return path


@pytest.mark.parametrize("extension", ["mp4", "webm"])
def test_sound_is_in_step_with_the_pictures(tmp_path: Path, tone: Path, extension: str) -> None:
    path = tmp_path / f"take.{extension}"
    microphone = open_microphone(str(tone))
    began = microphone.take()[0].moment
    first = None
    try:
        with Recorder(str(path), INFO, lambda: microphone) as sink:
            for number in range(48):
                frame = Frame(noise(number), now(), LIVE)
                first = frame.pts if first is None else first
                sink.write(frame)
                time.sleep(1 / 30)
            assert first is not None
            lasted = (now() - first) / 1e6
    finally:
        microphone.close()
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        frames = list(container.decode(stream))
        sound = np.concatenate([frame.to_ndarray()[0].astype(np.float64) for frame in frames])
        start = float(frames[0].time or 0)
        assert len(container.streams.video) == 1
    loud = np.abs(sound).reshape(-1)[: len(sound) // 480 * 480].reshape(-1, 480).max(axis=1)
    onset = start + float(np.argmax(loud > loud.max() / 2)) * 480 / 48000
    assert onset == pytest.approx((began + 1_000_000 - first) / 1e6, abs=0.06)
    assert len(sound) / 48000 == pytest.approx(lasted, abs=0.25)


def test_sound_ends_with_the_pictures(tmp_path: Path, tone: Path) -> None:
    """However late the recording is closed."""
    path = tmp_path / "take.mkv"
    microphone = open_microphone(str(tone))
    try:
        with Recorder(str(path), INFO, lambda: microphone) as sink:
            began = now()
            for number in range(10):
                sink.write(Frame(noise(number), began + number * 33_333, LIVE))
            time.sleep(1)
    finally:
        microphone.close()
    with av.open(str(path)) as container:
        last = [float(frame.time or 0) + frame.samples / 48000 for frame in container.decode(audio=0)][-1]
    assert 0.2 < last < 0.5


def test_a_microphone_that_is_not_there_is_said() -> None:
    with pytest.raises(CameraError, match="microphone nowhere"):
        Microphone(microphone_job("nowhere", "linux"), "nowhere")


def test_a_file_without_sound_is_no_microphone(tmp_path: Path) -> None:
    path = tmp_path / "silent.mp4"
    with Recorder(str(path), INFO) as sink:
        sink.write(Frame(noise(1), 0, LIVE))
        sink.write(Frame(noise(2), 33_000, LIVE))
    with pytest.raises(CameraError, match="there is no sound in it"):
        open_microphone(str(path))


@pytest.mark.parametrize(("platform", "form", "file"), [("linux", "alsa", "default"), ("darwin", "avfoundation", ":0")])
def test_the_microphone_in_each_systems_words(platform: str, form: str, file: str) -> None:
    job = microphone_job("default", platform)
    assert (job.format, job.file, job.sound) == (form, file, True)


def test_pictures_survive_recording(tmp_path: Path) -> None:
    path = tmp_path / "take.mp4"
    image = np.full((270, 320), 128, np.uint8)
    planes(image)[0][:, 160:] = 220
    with Recorder(str(path), INFO) as sink:
        for number in range(3):
            sink.write(Frame(image, number * 33_000, LIVE))
    _, frames = decoded(path)
    seen = frames[-1].to_ndarray(format="yuv420p")
    assert abs(int(seen[90, 40]) - 128) < 6
    assert abs(int(seen[90, 300]) - 220) < 6
