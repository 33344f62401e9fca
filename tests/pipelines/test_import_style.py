import pickle
from collections import OrderedDict
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from engines.choice import open_engine
from streamstyle import cli
from streamstyle.colour import HOUSE, from_rgb, to_rgb
from streamstyle.errors import InputError, MissingError
from streamstyle.frames import Image
from streamstyle.generators.animegan2 import AnimeGAN2
from streamstyle.generators.published import LAYOUTS, read_checkpoint
from streamstyle.library import own_folder
from streamstyle.packs import read_pack


def command(arguments: list[str]) -> int:
    return cli.main(arguments, {"import": "pipelines.import_style"})


class Published(nn.Module):
    """The network of PyTorch's fast_neural_style example by its own names, as a test of its own."""

    def __init__(self) -> None:
        super().__init__()
        plain = ((3, 32, 9, 1), (32, 64, 3, 2), (64, 128, 3, 2))
        for number, (inside, outside, size, stride) in enumerate(plain, 1):
            self.add_module(f"conv{number}", layer(inside, outside, size, stride))
            self.add_module(f"in{number}", nn.InstanceNorm2d(outside, affine=True))
        for number in range(1, 6):
            names = (("conv1", layer(128, 128, 3)), ("in1", nn.InstanceNorm2d(128, affine=True)))
            others = (("conv2", layer(128, 128, 3)), ("in2", nn.InstanceNorm2d(128, affine=True)))
            self.add_module(f"res{number}", nn.Sequential(OrderedDict([*names, *others])))
        for number, (inside, outside) in enumerate(((128, 64), (64, 32)), 1):
            self.add_module(f"deconv{number}", layer(inside, outside, 3))
            self.add_module(f"in{number + 3}", nn.InstanceNorm2d(outside, affine=True))
        self.add_module("deconv3", layer(32, 3, 9))

    def forward(self, picture: Tensor) -> Tensor:
        """Bytes in, bytes out."""
        part = self.get_submodule
        features = picture
        for number in (1, 2, 3):
            features = torch.relu(part(f"in{number}")(part(f"conv{number}")(features)))
        for number in range(1, 6):
            first, norm, second, other = part(f"res{number}").children()
            features = features + other(second(torch.relu(norm(first(features)))))
        for number in (1, 2):
            larger = nn.functional.interpolate(features, scale_factor=2, mode="nearest")
            features = torch.relu(part(f"in{number + 3}")(part(f"deconv{number}")(larger)))
        painted: Tensor = part("deconv3")(features)
        return painted


def layer(inside: int, outside: int, size: int, stride: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(inside, outside, size, stride)
    return nn.Sequential(OrderedDict(reflection_pad=nn.ReflectionPad2d(size // 2), conv2d=convolution))


def published(seed: int = 1) -> Published:
    torch.manual_seed(seed)
    model = Published().eval()
    # The range of a trained network: bytes around the middle.
    last = model.get_submodule("deconv3.conv2d")
    assert isinstance(last, nn.Conv2d) and last.bias is not None
    with torch.no_grad():
        last.weight.mul_(60)
        last.bias.add_(128)
        for name, parameter in model.named_parameters():
            if ".in" in name or name.startswith("in"):
                parameter.add_(torch.rand_like(parameter) * 0.2)
    return model


def old_layout(model: nn.Module) -> dict[str, Tensor]:
    """Norms by scale and shift, and statistics that nobody uses."""
    state: dict[str, Tensor] = {}
    for name, tensor in model.state_dict().items():
        parts = name.split(".")
        if parts[-2].startswith("in"):
            state[".".join([*parts[:-1], {"weight": "scale", "bias": "shift"}[parts[-1]]])] = tensor
            state[".".join([*parts[:-1], "running_mean"])] = torch.zeros_like(tensor)
            state[".".join([*parts[:-1], "running_var"])] = torch.ones_like(tensor)
        else:
            state[name] = tensor
    return state


def picture(width: int = 96, height: int = 64) -> Image:
    coarse = np.random.default_rng(5).integers(0, 255, (8, 12, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


@pytest.mark.parametrize("layout", ["new", "old", "parallel"])
def test_both_layouts_of_fast_neural_style_compute_what_was_published(layout: str, tmp_path: Path) -> None:
    model = published()
    state = old_layout(model) if layout == "old" else dict(model.state_dict())
    if layout == "parallel":
        state = {f"module.{name}": tensor for name, tensor in state.items()}
    torch.save(state, tmp_path / "mosaic.pth")
    ours = LAYOUTS["johnson"](read_checkpoint(tmp_path / "mosaic.pth"))
    bytes_in = torch.rand(2, 3, 32, 48) * 255
    with torch.no_grad():
        torch.testing.assert_close(ours(bytes_in / 255) * 255, model(bytes_in), atol=1e-2, rtol=1e-4)


def test_an_imported_style_paints_as_the_published_network(tmp_path: Path) -> None:
    model = published()
    torch.save(model.state_dict(), tmp_path / "Mosaic Floor.pth")
    arguments = ["import", str(tmp_path / "Mosaic Floor.pth"), "--as", "johnson", "--title", "Mosaic"]
    assert command(arguments) == 0
    pack = read_pack(own_folder() / "mosaic-floor.style")
    assert (pack.manifest.title, pack.manifest.generator, pack.has_int8) == ("Mosaic", "johnson", False)
    stored = from_rgb(picture(), HOUSE)
    engine = open_engine(pack, 96, 64, HOUSE, precision="fp32")
    try:
        painted = to_rgb(engine(stored[None])[0].copy(), HOUSE)
    finally:
        engine.close()
    seen = torch.from_numpy(to_rgb(stored, HOUSE)).permute(2, 0, 1)[None].float()
    with torch.no_grad():
        expected = model(seen)[0].permute(1, 2, 0).numpy().clip(0, 255)
    # What differs is colour at half resolution, there and back: so brightness is compared.
    weights = np.array([0.299, 0.587, 0.114])
    difference = np.abs((painted - expected) @ weights)
    assert difference.mean() < 2.5 and expected.std() > 20


def test_animegan2_comes_in_with_its_own_names_and_range(tmp_path: Path) -> None:
    torch.manual_seed(2)
    model = AnimeGAN2().eval()
    torch.save({"state_dict": model.state_dict()}, tmp_path / "paprika.pt")
    ours = LAYOUTS["animegan2"](read_checkpoint(tmp_path / "paprika.pt"))
    given = torch.rand(1, 3, 32, 32)
    with torch.no_grad():
        assert torch.equal(ours(given), model(given))
        inner = model.block_a(given * 2 - 1)
    assert inner.shape == (1, 64, 16, 16)


@pytest.mark.slow
def test_photos_calibrate_an_eight_bit_graph(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for index in range(2):
        cv2.imwrite(str(tmp_path / "photos" / f"{index}.png"), picture())
    torch.save(published().state_dict(), tmp_path / "mosaic.pth")
    target = tmp_path / "there" / "mosaic.style"
    arguments = ["import", str(tmp_path / "mosaic.pth"), "--as", "johnson", "--output", str(target)]
    assert command([*arguments, "--photos", str(tmp_path / "photos")]) == 0
    assert read_pack(target).has_int8


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (Path.touch, (Path("/nowhere/touched"),))  # type: ignore[return-value]


def bad_files(folder: Path) -> dict[str, bytes]:
    torch.save({"weights": torch.zeros(3), "more": Evil()}, folder / "evil.pth")
    torch.save({"conv1.weight": torch.zeros(3)}, folder / "foreign.pth")
    torch.save({"epoch": 3, "loss": 0.1}, folder / "numbers.pth")
    state = dict(published().state_dict())
    state["conv1.conv2d.weight"] = torch.zeros(32, 3, 3, 3)
    torch.save(state, folder / "shape.pth")
    state["conv1.conv2d.weight"] = torch.full((32, 3, 9, 9), float("nan"))
    torch.save(state, folder / "nan.pth")
    (folder / "text.pth").write_text("this is no checkpoint")
    (folder / "empty.pth").write_bytes(b"")
    (folder / "pickle.pth").write_bytes(pickle.dumps({"a": 1}))
    whole = (folder / "foreign.pth").read_bytes()
    (folder / "cut.pth").write_bytes(whole[: len(whole) // 2])
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_bad_files_end_in_one_line_and_leave_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = bad_files(tmp_path)
    for name in files:
        assert command(["import", str(tmp_path / name), "--as", "johnson", "--name", "bad"]) == 1
        said = capsys.readouterr().err
        assert said.startswith("streamstyle: ") and said.count("\n") == 1 and name in said, said
    assert not (own_folder() / "bad.style").exists()
    assert command(["import", str(tmp_path / "absent.pth"), "--as", "animegan2"]) == 1
    assert "no such file" in capsys.readouterr().err


def test_code_in_a_checkpoint_is_named_as_such(tmp_path: Path) -> None:
    bad_files(tmp_path)
    with pytest.raises(InputError, match="more than weights"):
        read_checkpoint(tmp_path / "evil.pth")
    with pytest.raises(MissingError):
        read_checkpoint(tmp_path / "absent.pth")


def test_a_johnson_is_no_animegan2(tmp_path: Path) -> None:
    torch.save(published().state_dict(), tmp_path / "mosaic.pth")
    with pytest.raises(InputError, match="not AnimeGANv2's generator: it has no block_a"):
        LAYOUTS["animegan2"](read_checkpoint(tmp_path / "mosaic.pth"))


def test_a_style_is_not_replaced_unasked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "mine.style"
    target.write_bytes(b"precious")
    arguments = ["import", str(tmp_path / "x.pth"), "--as", "johnson", "--output", str(target)]
    assert command(arguments) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert target.read_bytes() == b"precious"
    assert command([*arguments, "--name", "Not A Name"]) == 2
