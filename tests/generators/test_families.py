import subprocess
import sys

import pytest
import torch

from streamstyle.errors import StreamStyleError
from streamstyle.generators import FAMILIES, build
from streamstyle.generators.planes import luma, paint, to_planes, to_rgb

TINY: dict[str, dict[str, int]] = {
    "small": {"stem": 4, "width": 4, "depth": 1},
    "johnson": {"width": 2, "blocks": 1},
    "multimodal": {"width": 2},
    "cartoon": {"width": 2, "blocks": 1},
    "cartoongan": {"width": 2, "blocks": 1},
    "animegan2": {},
}


def test_every_family_is_tried_here() -> None:
    assert set(TINY) == set(FAMILIES)


@pytest.mark.parametrize("family", sorted(TINY))
def test_what_a_generator_says_of_itself_builds_it_again(family: str) -> None:
    first = build(family, TINY[family])
    again = build(first.family, first.parameters_given)  # type: ignore[arg-type]
    again.load_state_dict(first.state_dict())
    picture = torch.rand(1, 3, 32, 48)
    with torch.no_grad():
        painted = paint(first.eval(), picture)
        assert painted.shape == picture.shape
        assert torch.equal(painted, paint(again.eval(), picture))


@pytest.mark.parametrize(
    ("family", "parameters", "said"),
    [("jonson", {}, "johnson"), ("johnson", {"breadth": 3}, "breadth")],
)
def test_what_cannot_be_built_is_one_line(family: str, parameters: dict[str, int], said: str) -> None:
    with pytest.raises(StreamStyleError, match=said) as caught:
        build(family, parameters)
    assert "\n" not in str(caught.value)


def test_planes_and_back_keep_brightness_and_even_colours() -> None:
    picture = torch.rand(2, 3, 16, 24)
    assert torch.allclose(luma(to_rgb(to_planes(picture))), luma(picture), atol=1e-5)
    even = torch.tensor([0.9, 0.2, 0.4]).view(1, 3, 1, 1).expand(1, 3, 8, 8)
    assert torch.allclose(to_rgb(to_planes(even)), even, atol=1e-5)


def test_planes_are_those_of_a_picture_of_video() -> None:
    """The same numbers as the bytes that OpenCV's arithmetic gives, within its rounding."""
    import numpy as np

    from streamstyle.colour import HOUSE, from_rgb
    from streamstyle.frames import planes

    picture = np.random.default_rng(0).integers(0, 256, (16, 24, 3), np.uint8)
    six = to_planes(torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255)[0] * 255
    stored, blue, red = planes(from_rgb(picture, HOUSE))
    squares = np.stack([stored[row::2, column::2] for row in (0, 1) for column in (0, 1)])
    expected = np.concatenate([squares, blue[None], red[None]]).astype(np.float32)
    assert np.abs(six.numpy() - expected).max() <= 1.01


def test_the_table_of_families_costs_no_torch() -> None:
    code = "import sys; from streamstyle.generators import FAMILIES; assert FAMILIES; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
