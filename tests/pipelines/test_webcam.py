"""The webcam command from end to end, on drawn scenes and tiny generators."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from streamstyle import cli
from streamstyle.colour import to_rgb

COMMANDS = {"webcam": "pipelines.webcam"}
ROOT = Path(__file__).parents[2]
SCENE = "test:pan?size=320x180&rate=30"
FIGURES = {"in", "out", "dropped", "rate", "age_ms_median", "age_ms_p95", "quality"}
pytestmark = pytest.mark.usefixtures("own_styles")


def webcam(*words: str) -> int:
    return cli.main(["webcam", "--style", "plain", *words], COMMANDS)


def figures(text: str) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(text.splitlines()[-1])
    return values


def test_the_last_line_is_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert webcam("--camera", SCENE, "--to", "null", "--for", "1.5", "--json") == 0
    values = figures(capsys.readouterr().out)
    assert set(values) == FIGURES
    assert values["out"] >= 10
    assert values["in"] >= values["out"] + values["dropped"]
    assert values["in"] <= values["out"] + values["dropped"] + 6
    assert 0 < values["age_ms_median"] <= values["age_ms_p95"] < 2000
    assert 0.4 <= values["quality"] <= 1


def test_a_scene_with_an_end_ends_the_stream(capsys: pytest.CaptureFixture[str]) -> None:
    assert webcam("--camera", f"{SCENE}&seconds=0.5", "--to", "null", "--json", "--quality", "0.6") == 0
    values = figures(capsys.readouterr().out)
    assert values["in"] == 15
    assert values["quality"] == 0.6


def test_several_sinks_get_the_stream(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = tmp_path / "one.mp4", tmp_path / "two.mkv"
    assert webcam("--camera", SCENE, "--to", "null", "--to", str(one), "--to", str(two), "--for", "1", "--json") == 0
    out = figures(capsys.readouterr().out)["out"]
    for path in (one, two):
        with av.open(str(path)) as container:
            assert len(list(container.decode(video=0))) == out


def test_a_recording_that_exists_is_replaced_only_when_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "take.mp4"
    path.write_bytes(b"precious")
    assert webcam("--camera", SCENE, "--to", str(path), "--for", "0.5") == 1
    assert "--overwrite" in capsys.readouterr().err
    assert path.read_bytes() == b"precious"
    assert webcam("--camera", SCENE, "--to", str(path), "--for", "0.5", "--overwrite") == 0
    assert path.stat().st_size > 1000


def test_the_microphone_is_recorded(tmp_path: Path) -> None:
    sound, path = tmp_path / "hum.mka", tmp_path / "take.mp4"
    with av.open(str(sound), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=48000, layout="mono")
        for number in range(200):
            frame = av.AudioFrame.from_ndarray(np.full((1, 960), 4000, np.int16), "s16", "mono")
            frame.sample_rate, frame.pts = 48000, number * 960
            container.mux(stream.encode(frame))
    assert webcam("--camera", SCENE, "--to", str(path), "--microphone", str(sound), "--for", "1") == 0
    with av.open(str(path)) as container:
        assert [stream.type for stream in container.streams] == ["video", "audio"]
        heard = sum(frame.samples for frame in container.decode(audio=0))
    assert heard > 24000


def test_freeze_mirror_and_split_reach_the_picture(tmp_path: Path) -> None:
    """The painting of `plain` is the picture itself, so a mirrored recording is the scene turned round."""
    path = tmp_path / "take.mkv"
    assert webcam("--camera", f"{SCENE}&speed=0.01", "--mirror", "--to", str(path), "--for", "0.5") == 0
    from streamstyle.scenes import open_scene

    scene = to_rgb(open_scene(f"{SCENE}&speed=0.01").picture(0), open_scene(SCENE).info.colour)
    with av.open(str(path)) as container:
        shown = next(iter(container.decode(video=0))).to_ndarray(format="rgb24").astype(int)
    same = np.abs(shown - scene[:, ::-1]).mean()
    other = np.abs(shown - scene).mean()
    assert same < 8 < other


@pytest.mark.parametrize(
    ("words", "said", "status"),
    [
        (["--camera", "test:nothing"], "there is no test scene", 2),
        (["--camera", "/dev/video98"], "there is no such camera", 1),
        (["--camera", SCENE, "--size", "huge"], "1280x720", 2),
        (["--camera", SCENE, "--rate", "0"], "--rate 0", 2),
        (["--camera", SCENE, "--quality", "0.2"], "quality must be a number from 0.4", 2),
        (["--camera", SCENE, "--to", "take.gif"], ".mp4", 2),
        (["--camera", SCENE, "--to", "/nowhere/take.mp4"], "does not exist", 1),
        (["--camera", SCENE, "--matte", "x.onnx"], "--only", 2),
        (["--camera", SCENE, "--only", "person", "--matte", "x.onnx", "--to", "null"], "no such network", 1),
        (["--camera", SCENE, "--microphone", "nowhere", "--to", "TAKE"], "microphone nowhere", 1),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_what_cannot_be_is_said_in_one_line(
    words: list[str], said: str, status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [str(tmp_path / "take.mp4") if word == "TAKE" else word for word in words]
    assert webcam(*words, "--for", "1") == status
    error = capsys.readouterr().err.strip()
    assert said in error.splitlines()[-1]
    assert "Traceback" not in error
    assert not (tmp_path / "take.mp4").exists()


def test_a_window_without_a_display_falls_away_where_something_else_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert webcam("--camera", SCENE, "--to", "window", "--to", "null", "--for", "0.5", "--json") == 0
    seen = capsys.readouterr()
    assert "there is no display here (DISPLAY is not set); going on with null" in seen.err
    assert figures(seen.out)["out"] > 3
    assert webcam("--camera", SCENE, "--for", "0.5") == 1


def test_without_a_virtual_camera_the_command_to_get_one_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    if list(Path("/sys/devices/virtual").glob("video4linux/*")):
        pytest.skip("this machine has a virtual camera")
    assert webcam("--camera", SCENE, "--to", "virtual", "--for", "1") == 1
    error = capsys.readouterr().err.strip().splitlines()
    assert len(error) == 1
    assert "To have one: " in error[0]


def test_only_what_moves_is_painted_without_a_network(capsys: pytest.CaptureFixture[str]) -> None:
    camera = "test:sprite?size=320x180&rate=30&seconds=1.5"
    assert webcam("--camera", camera, "--only", "person", "--to", "null", "--json") == 0
    assert "what moves counts as the person" in capsys.readouterr().err


def test_help_and_list_need_no_engine() -> None:
    code = (
        "import sys; from streamstyle import cli\n"
        "try: cli.main(['webcam', '--help'], {'webcam': 'pipelines.webcam'})\n"
        "except SystemExit: pass\n"
        "heavy = {'av', 'torch', 'openvino', 'onnxruntime', 'cv2', 'numpy'} & set(sys.modules)\n"
        "print('HEAVY', sorted(heavy - {'numpy'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == "HEAVY []"
    assert "--camera" in done.stdout


def test_ctrl_c_ends_it_with_the_recording_and_the_figures(
    running: Callable[..., "subprocess.Popen[str]"], tmp_path: Path
) -> None:
    path = tmp_path / "take.mp4"
    process = running("--camera", SCENE, "--to", str(path), "--json")
    part = tmp_path / "take.part.mp4"
    deadline = time.monotonic() + 60
    while not (part.exists() and part.stat().st_size > 20_000):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=40)
    assert process.returncode == cli.INTERRUPTED, err
    assert set(figures(out)) == FIGURES
    with av.open(str(path)) as container:
        assert len(list(container.decode(video=0))) > 10
    assert not part.exists()
