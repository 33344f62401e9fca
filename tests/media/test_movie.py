"""What comes in: time stamps, geometry, colours, and what is said of bad files."""

import gc
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from streamstyle.colour import to_rgb
from streamstyle.errors import InputError, MissingError, UsageError
from streamstyle.frames import Colour
from streamstyle.media import open_movie
from streamstyle.media.movie import Movie
from streamstyle.media.tone import WHITE_NITS, to_sdr
from tests.media.clips import ramp, write


def rgb(movie: Movie, index: int = 0) -> Any:
    frames = list(movie)
    width, height = movie.info.shown
    return to_rgb(frames[index].image, movie.info.colour)[:height, :width].astype(int)


@pytest.mark.parametrize("rate", [Fraction(25), Fraction(30000, 1001), Fraction(24000, 1001), Fraction(15)])
def test_time_stamps_of_constant_rates(tmp_path: Path, rate: Fraction) -> None:
    clip = write(tmp_path / "clip.mp4", [ramp(64, 48)] * 12, rate=rate)
    assert [frame.pts * frame.time_base for frame in Movie(str(clip))] == [index / rate for index in range(12)]


def test_time_stamps_that_vary_and_start_late(tmp_path: Path) -> None:
    moments = [500, 520, 600, 610, 900, 1400]
    clip = write(tmp_path / "clip.mkv", [ramp(64, 48)] * 6, time_base=Fraction(1, 1000), pts=moments)
    assert [frame.pts * frame.time_base * 1000 for frame in Movie(str(clip))] == moments


TURNS = {
    # degrees, mirrored: where the dark red top left corner of the stored picture is shown
    (0, False): "top left",
    (90, False): "bottom left",
    (180, False): "bottom right",
    (270, False): "top right",
    (0, True): "top right",
    (180, True): "bottom left",
}


@pytest.mark.parametrize("turn", TURNS)
def test_rotation_and_mirroring_are_applied(tmp_path: Path, turn: tuple[int, bool]) -> None:
    degrees, mirrored = turn
    clip = write(
        tmp_path / "clip.mp4",
        [ramp(96, 64)] * 3,
        setup=lambda stream: stream.set_display_rotation(degrees, mirrored) if degrees or mirrored else None,
    )
    movie = Movie(str(clip))
    assert movie.info.shown == ((64, 96) if degrees in (90, 270) else (96, 64))
    shown = rgb(movie)
    corners = {
        "top left": shown[2, 2],
        "top right": shown[2, -3],
        "bottom left": shown[-3, 2],
        "bottom right": shown[-3, -3],
    }
    nearest = min(corners, key=lambda name: float(np.abs(corners[name] - [140, 10, 10]).sum()))
    assert nearest == TURNS[turn]


def test_pixels_that_are_not_square_keep_their_shape(tmp_path: Path) -> None:
    def wide(stream: Any) -> None:
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)

    clip = write(tmp_path / "clip.mp4", [ramp(96, 64)] * 2, setup=wide)
    assert Movie(str(clip)).info.shown == (128, 64)


@pytest.mark.parametrize("size", [(63, 47), (64, 47), (63, 48)])
def test_odd_sizes_are_padded_and_known(tmp_path: Path, size: tuple[int, int]) -> None:
    clip = write(tmp_path / "clip.mkv", [ramp(*size)] * 2, codec="ffv1")
    movie = Movie(str(clip))
    assert movie.info.shown == size
    assert movie.info.width % 2 == movie.info.height % 2 == 0
    assert np.abs(rgb(movie) - ramp(*size)).mean() < 3


@pytest.mark.parametrize("matrix", ["bt601", "bt709"])
@pytest.mark.parametrize("reach", ["limited", "full"])
def test_colours_as_tagged(tmp_path: Path, matrix: str, reach: str) -> None:
    def tagged(stream: Any) -> None:
        stream.codec_context.colorspace = 1 if matrix == "bt709" else 6
        stream.codec_context.color_range = 2 if reach == "full" else 1

    clip = write(tmp_path / "clip.mp4", [ramp(96, 64)] * 2, setup=tagged)
    movie = Movie(str(clip))
    assert movie.info.colour == Colour(matrix, reach)  # type: ignore[arg-type]
    assert np.abs(rgb(movie) - ramp(96, 64)).mean() < 3


def test_untagged_colours_follow_the_size(tmp_path: Path) -> None:
    small = write(tmp_path / "small.mkv", [ramp(320, 240)], codec="ffv1")
    large = write(tmp_path / "large.mkv", [ramp(1280, 720)], codec="ffv1")
    assert Movie(str(small)).info.colour.matrix == "bt601"
    assert Movie(str(large)).info.colour.matrix == "bt709"


@pytest.mark.parametrize("pixels", ["yuv420p10le", "yuv422p10le", "yuv444p"])
def test_deep_and_full_chroma_come_out_right(tmp_path: Path, pixels: str) -> None:
    clip = write(tmp_path / "clip.mkv", [ramp(96, 64)] * 2, codec="ffv1", pixels=pixels)
    assert np.abs(rgb(Movie(str(clip))) - ramp(96, 64)).mean() < 3


def test_interlaced_pictures_lose_their_combs(tmp_path: Path) -> None:
    """Two fields from different moments: comb lines before, smooth after."""
    moving = [np.roll(ramp(160, 96), 12 * step, axis=1) for step in range(13)]
    woven = [moving[2 * step].copy() for step in range(6)]
    for step, picture in enumerate(woven):
        picture[1::2] = moving[2 * step + 1][1::2]
    combed = woven[3]
    clip = write(
        tmp_path / "clip.mkv",
        woven,
        options={"crf": "4", "preset": "ultrafast", "flags": "+ildct+ilme", "x264-params": "interlaced=1:tff=1"},
    )
    movie = Movie(str(clip))
    frames = list(movie)
    assert len(frames) == 6
    luma = frames[3].image[:96].astype(int)
    stored = combed.mean(axis=2).astype(int)

    def comb(plane: Any) -> float:
        return float(np.abs(plane[1:-1] - (plane[:-2] + plane[2:]) / 2).mean())

    assert comb(luma) < 0.5 * comb(stored)


def test_hdr_is_mapped_and_not_washed_out(tmp_path: Path) -> None:
    def pq(stream: Any) -> None:
        context = stream.codec_context
        context.colorspace, context.color_range, context.color_trc, context.color_primaries = 9, 1, 16, 9

    # PQ codes of 0, 1, 50 and 203 nits: black, deep shadow, mid tone, diffuse white.
    codes = (0.0, 0.15, 0.44, 0.58)
    picture = np.repeat(np.repeat(np.array([codes]) * 255, 48, axis=1), 48, axis=0)
    picture = np.stack([picture] * 3, axis=-1).astype(np.uint8)
    clip = write(tmp_path / "hdr.mp4", [picture] * 2, codec="libx265", pixels="yuv420p10le", setup=pq)
    movie = Movie(str(clip))
    assert movie.info.colour == Colour("bt709", "limited")
    shown = rgb(movie)[24, 24::48].mean(axis=-1)
    assert shown[0] < 6
    assert list(shown) == sorted(shown)
    assert 60 < shown[2] < 190, "the mid tone is a mid tone"
    assert shown[3] > 190, "white is white"


def test_tone_curve_on_known_values() -> None:
    white = np.full((1, 3), 0.5807)
    assert 0.75 < float(to_sdr(white, "pq")[0, 0]) < 0.95, f"diffuse white, {WHITE_NITS} nits"
    assert float(to_sdr(np.ones((1, 3)), "pq")[0, 0]) == pytest.approx(1)
    assert float(to_sdr(np.zeros((1, 3)), "hlg")[0, 0]) == pytest.approx(0, abs=1e-3)
    grey = to_sdr(np.linspace(0, 1, 32)[:, None].repeat(3, 1), "hlg")
    assert np.ptp(grey, axis=1).max() < 0.01, "grey stays grey"
    assert (np.diff(grey[:, 0]) >= 0).all()


def test_start_and_end(tmp_path: Path) -> None:
    clip = write(tmp_path / "clip.mp4", [ramp(64, 48)] * 50, options={"g": "10", "preset": "ultrafast"})
    frames = list(Movie(str(clip), start=0.4, end=1.0))
    assert [round(frame.seconds * 25) for frame in frames] == list(range(len(frames)))
    assert len(frames) == 15
    with pytest.raises(UsageError, match="not after"):
        Movie(str(clip), start=2, end=1)


def test_sequences_and_pictures(tmp_path: Path) -> None:
    for index in (7, 8, 9):
        picture: Any = av.VideoFrame.from_ndarray(ramp(64, 48, index), "rgb24")
        picture.to_image().save(tmp_path / f"p{index:03d}.png")
    movie = Movie(str(tmp_path / "p%03d.png"))
    assert movie.info.frames == 3
    assert len(list(movie)) == 3
    single = Movie(str(tmp_path / "p007.png"))
    assert np.abs(rgb(single) - ramp(64, 48, 7)).mean() < 3
    with pytest.raises(MissingError, match="no file matches"):
        Movie(str(tmp_path / "q%03d.png"))


def test_codec_vectors_come_with_the_frames(tmp_path: Path) -> None:
    pictures = [np.roll(ramp(128, 96), 4 * step, axis=1) for step in range(8)]
    clip = write(tmp_path / "clip.mp4", pictures, options={"bf": "0", "preset": "veryfast"})
    frames = list(Movie(str(clip), vectors=True))
    assert frames[0].vectors is None
    assert any(frame.vectors is not None and frame.vectors.shape[1] == 6 for frame in frames[1:])


def test_bad_inputs_get_one_line(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="no such file"):
        open_movie(str(tmp_path / "nothing.mp4"))
    with pytest.raises(InputError, match="is a folder"):
        open_movie(str(tmp_path))
    (tmp_path / "text.mp4").write_text("not a video " * 100)
    with pytest.raises(InputError, match=r"text\.mp4: cannot be opened"):
        open_movie(str(tmp_path / "text.mp4"))
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(InputError, match="is empty"):
        open_movie(str(tmp_path / "empty.mp4"))
    with av.open(str(tmp_path / "sound.mp4"), "w") as output:
        stream = output.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), format="fltp", layout="stereo")
        frame.sample_rate = 44100
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    with pytest.raises(InputError, match="no video"):
        open_movie(str(tmp_path / "sound.mp4"))


def test_a_truncated_clip_gives_what_decodes_and_says_the_loss(tmp_path: Path) -> None:
    whole = write(
        tmp_path / "whole.mp4",
        [ramp(160, 96, step) for step in range(40)],
        options={"crf": "4", "movflags": "faststart", "preset": "ultrafast", "g": "5"},
    )
    # The index has to stand before the pictures for a cut file to be readable at all.
    with (
        av.open(str(whole)) as source,
        av.open(str(tmp_path / "front.mp4"), "w", options={"movflags": "faststart"}) as out,
    ):
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                out.mux_one(packet)
    data = (tmp_path / "front.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(data[: len(data) * 2 // 3])
    movie = Movie(str(tmp_path / "cut.mp4"))
    count = len(list(movie))
    assert 5 < count < 40
    assert any(f"{count} of 40 pictures" in remark for remark in movie.remarks)


def test_flipped_bits_do_not_stop_the_clip(tmp_path: Path) -> None:
    clip = write(
        tmp_path / "clip.ts", [ramp(160, 96, step) for step in range(40)], options={"g": "5", "preset": "ultrafast"}
    )
    data = bytearray(clip.read_bytes())
    noise = np.random.default_rng(3)
    for place in noise.integers(len(data) // 4, len(data) * 3 // 4, 60):
        data[place] ^= 0xFF
    (tmp_path / "flipped.ts").write_bytes(bytes(data))
    with av.logging.Capture():
        assert len(list(Movie(str(tmp_path / "flipped.ts")))) > 20


def test_close_ends_the_iteration(tmp_path: Path) -> None:
    movie = Movie(str(write(tmp_path / "clip.mp4", [ramp(64, 48)] * 30)))
    seen = 0
    for _ in movie:
        seen += 1
        if seen == 3:
            movie.close()
    assert seen <= 4


def test_every_shared_clip_decodes_whole(assets: Path) -> None:
    counts = {}
    for clip in sorted((assets / "clips").iterdir()):
        movie = Movie(str(clip))
        counts[clip.name] = (len(list(movie)), movie.remarks)
    assert counts["bigbuckbunny.mp4"] == (132, [])
    assert counts["flower.mp4"] == (150, [])
    assert counts["h264_10bits.mp4"] == (30, [])


@pytest.mark.parametrize("vectors", [False, True])
def test_pictures_leave_memory_without_the_garbage_collector(tmp_path: Path, vectors: bool) -> None:
    clip = write(tmp_path / "clip.mp4", [ramp(64, 48, step) for step in range(40)])
    gc.collect()
    gc.disable()
    try:
        frames = sum(1 for _ in Movie(str(clip), vectors=vectors))
        assert (frames, gc.collect() < frames) == (40, True)
    finally:
        gc.enable()
