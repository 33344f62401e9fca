"""Flow against the truth of the scenes, in pixels of the whole picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from streamstyle.errors import MissingError, UsageError
from streamstyle.scenes import Scene, open_scene
from streamstyle.temporal.flow import Codec, Dis, FlowFinder, flow_finder
from streamstyle.temporal.sketch import Sketch, Vectors

HALF = 320, 180


def sketched(scene: Scene, index: int) -> Sketch:
    sketch = Sketch(*HALF)
    sketch.take(scene.picture(index))
    return sketch


def errors(find: FlowFinder, scene: Scene, index: int, vectors: Vectors | None = None) -> NDArray[np.float64]:
    """The end-point error of every pixel that was visible before."""
    newer, older = sketched(scene, index), sketched(scene, index - 1)
    older.expose_like(newer)
    flow = find(newer, older, vectors)
    found = cv2.resize(flow, (640, 360)) * 2
    wrong = np.linalg.norm(found - scene.flow(index, index - 1), axis=2)
    return np.asarray(wrong[~scene.occluded(index, index - 1)], np.float64)


@pytest.mark.parametrize(
    ("name", "mean", "most"),
    [
        ("test:pan", 0.15, 0.45),
        ("test:pan?speed=4", 0.4, 1.2),
        ("test:zoom", 0.2, 0.5),
        ("test:rotate", 0.12, 0.3),
        ("test:pan?noise=3", 0.2, 0.5),
        ("test:exposure", 0.1, 0.2),
    ],
)
def test_dis_is_right_to_a_fraction_of_a_pixel(name: str, mean: float, most: float) -> None:
    find, scene = Dis(*HALF), open_scene(name)
    for index in (41, 60):
        wrong = errors(find, scene, index)
        assert wrong.mean() < mean
        assert np.quantile(wrong, 0.95) < most


def test_a_sprite_does_not_drag_what_is_around_it() -> None:
    find, scene = Dis(*HALF), open_scene("test:sprite")
    for index in (61, 91, 121):
        flow = cv2.resize(find(sketched(scene, index), sketched(scene, index - 1), None), (640, 360)) * 2
        truth = scene.flow(index, index - 1)
        wrong, seen = np.linalg.norm(flow - truth, axis=2), ~scene.occluded(index, index - 1)
        sprite = np.abs(truth).max(axis=2) > 0
        around = cv2.dilate(sprite.astype(np.uint8), np.ones((41, 41), np.uint8)) > 0
        assert wrong[sprite & seen].mean() < 0.8
        assert wrong[around & ~sprite & seen].mean() < 1.0
        assert wrong[~around & seen].mean() < 0.05


def test_a_camera_that_stands_is_held_still() -> None:
    find, scene = Dis(*HALF), open_scene("test:noise")
    flow = find(sketched(scene, 5), sketched(scene, 4), None)
    assert (flow == 0).mean() > 0.95


def test_wide_pictures_are_searched_at_half_their_size() -> None:
    scene = open_scene("test:pan?size=1280x720")
    newer, older = Sketch(640, 360), Sketch(640, 360)
    newer.take(scene.picture(41))
    older.take(scene.picture(40))
    flow = cv2.resize(Dis(640, 360)(newer, older, None), (1280, 720)) * 2
    wrong = np.linalg.norm(flow - scene.flow(41, 40), axis=2)[~scene.occluded(41, 40)]
    assert wrong.mean() < 0.5


def encoded(scene: Scene, pictures: Sequence[int], path: Path) -> list[Vectors | None]:
    """The motion vectors that x264 leaves in a film of a scene."""
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=30, options={"bf": "0", "refs": "1", "preset": "fast", "crf": "20"})
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for index in pictures:
            film.mux(stream.encode(av.VideoFrame.from_ndarray(scene.picture(index), format="yuv420p")))
        film.mux(stream.encode())
    found: list[Vectors | None] = []
    with av.open(str(path)) as film:
        film.streams.video[0].codec_context.options = {"flags2": "+export_mvs"}
        for frame in film.decode(video=0):
            beside: Any = frame.side_data
            data = next((entry for entry in beside if entry.type.name == "MOTION_VECTORS"), None)
            if data is None:
                found.append(None)
                continue
            rows = data.to_ndarray()
            found.append(np.stack([rows[name] for name in ("w", "h", "src_x", "src_y", "dst_x", "dst_y")], axis=-1))
    return found


@pytest.mark.parametrize(("name", "mean"), [("test:pan", 0.4), ("test:pan?speed=4", 0.7), ("test:rotate", 0.5)])
def test_the_vectors_of_the_codec_become_a_flow(
    name: str, mean: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene, find = open_scene(name), Codec(*HALF)
    vectors = encoded(scene, range(40, 46), tmp_path / "film.mp4")
    assert vectors[0] is None
    assert all(rows is not None and len(rows) > 100 for rows in vectors[1:])
    # DIS may not come to the rescue: the vectors themselves have to lead.
    monkeypatch.setattr(find, "_dis", None)
    for index, rows in enumerate(vectors[1:], 41):
        assert errors(find, scene, index, rows).mean() < mean


def test_without_vectors_or_with_false_ones_the_codec_flow_is_that_of_dis() -> None:
    scene, codec, dis = open_scene("test:pan"), Codec(*HALF), Dis(*HALF)
    newer, older = sketched(scene, 41), sketched(scene, 40)
    wanted = dis(newer, older, None).copy()
    y, x = np.mgrid[8:360:16, 8:640:16].reshape(2, -1)
    false = np.stack([np.full_like(x, 16), np.full_like(x, 16), x + 90, y - 70, x, y], axis=-1)
    for vectors in (None, np.zeros((0, 6), np.int32), false, false[:9]):
        assert np.array_equal(codec(newer, older, vectors), wanted)


def test_flows_have_names() -> None:
    assert flow_finder("off", *HALF) is None
    assert isinstance(flow_finder("dis", *HALF), Dis)
    assert isinstance(flow_finder("auto", *HALF), Codec)
    with pytest.raises(UsageError, match="auto, codec, dis"):
        flow_finder("fast", *HALF)


def test_raft_says_what_weights_it_misses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torchvision")
    monkeypatch.setenv("STREAMSTYLE_RAFT", str(tmp_path / "none.pth"))
    with pytest.raises(MissingError, match=r"none\.pth: there are no such weights of RAFT"):
        flow_finder("raft", *HALF)


def test_raft_takes_weights_from_a_file(tmp_path: Path) -> None:
    torch, flows = pytest.importorskip("torch"), pytest.importorskip("torchvision.models.optical_flow")
    from streamstyle.temporal.raft import Raft

    torch.save(flows.raft_small(weights=None).state_dict(), tmp_path / "raft.pth")
    find, scene = Raft(160, 90, tmp_path / "raft.pth"), open_scene("test:pan?size=320x180")
    newer, older = Sketch(160, 90), Sketch(160, 90)
    newer.take(scene.picture(1))
    older.take(scene.picture(0))
    flow = find(newer, older, None)
    assert flow.shape == (90, 160, 2)
    assert np.isfinite(flow).all()
