from pathlib import Path

import pytest
import torch
import torchvision
from safetensors.torch import save_file
from torch import Tensor

from streamstyle.errors import InputError, MissingError, StreamStyleError
from streamstyle.training.features import NETWORKS, load_features

State = dict[str, Tensor]


@pytest.fixture(scope="module")
def state() -> State:
    torch.manual_seed(0)
    return {name: value.clone() for name, value in torchvision.models.squeezenet1_0().state_dict().items()}


@pytest.fixture
def file(tmp_path: Path, state: State) -> Path:
    path = tmp_path / "weights.safetensors"
    save_file(state, path)
    return path


def test_features_are_those_of_torchvisions_network(file: Path, state: State) -> None:
    network = torchvision.models.squeezenet1_0()
    network.load_state_dict(state)
    picture = torch.rand(1, 3, 48, 64)
    expected = (picture - torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)) / torch.tensor(
        [0.229, 0.224, 0.225]
    ).view(1, 3, 1, 1)
    features = load_features("squeezenet1_0", file)
    with torch.no_grad():
        found = features(picture)
        for index, layer in enumerate(network.features[:10]):
            # Cloned, since the ReLU behind the first layer would write into it.
            expected = layer(expected.clone())
            if index in found:
                assert torch.allclose(found[index], expected, atol=1e-5), index
        assert set(found) == {1, 3, 4, 5, 7, 8, 9}
        assert torch.equal(features.content(picture), found[5])


def test_a_pytorch_file_will_do_too(tmp_path: Path, file: Path, state: State) -> None:
    path = tmp_path / "weights.pth"
    torch.save(state, path)
    picture = torch.rand(1, 3, 32, 32)
    assert torch.equal(
        load_features("squeezenet1_0", path).content(picture), load_features("squeezenet1_0", file).content(picture)
    )


def test_nothing_of_it_learns(file: Path) -> None:
    features = load_features("squeezenet1_0", file)
    assert not any(weight.requires_grad for weight in features.parameters())
    picture = torch.rand(1, 3, 32, 32, requires_grad=True)
    torch.autograd.backward(features.content(picture).square().sum())
    assert picture.grad is not None and picture.grad.any()


@pytest.mark.parametrize("name", NETWORKS)
def test_taps_are_where_their_papers_say(name: str) -> None:
    with torch.device("meta"):
        layers = getattr(torchvision.models, name)(weights=None).features
    taps = NETWORKS[name]
    kinds = {type(layers[index]).__name__ for index in (*taps.style, taps.content)}
    assert kinds == ({"ReLU"} if name.startswith("vgg") else {"ReLU", "Fire"})
    if name == "vgg19":
        # Five blocks, the first ReLU of each.
        widths = [layers[index - 1].out_channels for index in taps.style]
        assert widths == [64, 128, 256, 512, 512]
    if name == "vgg16":
        assert [layers[index - 1].out_channels for index in taps.style] == [64, 128, 256, 512]


def write(path: Path, kind: str, state: State) -> None:
    if kind == "cut":
        save_file({name: value for name, value in state.items() if not name.startswith("features.5")}, path)
    elif kind == "reshaped":
        save_file(state | {"features.0.weight": torch.zeros(96, 3, 3, 3)}, path)
    elif kind == "text":
        path.write_text("weights, honestly")
    elif kind == "empty":
        path.write_bytes(b"")


@pytest.mark.parametrize(
    ("kind", "said"),
    [("cut", "features.5"), ("reshaped", "features.0.weight"), ("text", "weights"), ("empty", "weights")],
)
def test_a_file_of_another_layout_is_one_line(tmp_path: Path, state: State, kind: str, said: str) -> None:
    path = tmp_path / "weights.safetensors"
    write(path, kind, state)
    with pytest.raises(InputError, match=said) as caught:
        load_features("squeezenet1_0", path)
    assert "\n" not in str(caught.value) and str(path) in str(caught.value)


def test_a_pickle_that_runs_code_is_not_run(tmp_path: Path) -> None:
    touched, path = tmp_path / "touched", tmp_path / "weights.pth"
    torch.save({"features.0.weight": _Trap(str(touched))}, path)
    with pytest.raises(InputError):
        load_features("squeezenet1_0", path)
    assert not touched.exists()


def test_what_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="there are no such weights"):
        load_features("squeezenet1_0", tmp_path / "none.safetensors")
    with pytest.raises(StreamStyleError, match="vgg19"):
        load_features("vgg18")


class _Trap:
    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, (self.path, "w")
