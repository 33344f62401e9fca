"""Checkpoints that others published, as generators of ours: read as plain tensors, never by unpickling code."""

import pickle
import re
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from streamstyle.errors import InputError, MissingError
from streamstyle.generators.animegan2 import AnimeGAN2
from streamstyle.generators.johnson import Johnson

State = dict[str, Tensor]

_WRAPPERS = ("state_dict", "model_state_dict", "model", "params", "generator", "g_ema")
_STATISTICS = re.compile(r"(.*\.)?(running_mean|running_var|num_batches_tracked)$")


def read_checkpoint(path: Path) -> State:
    """The tensors of a PyTorch checkpoint by name; one clear error for anything else."""
    if not path.is_file():
        raise MissingError(f"{path}: there is no such file")
    try:
        with warnings.catch_warnings():
            # A TorchScript archive is refused right after the warning about it.
            warnings.simplefilter("ignore")
            found = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise InputError(f"{path}: holds more than weights (or is no checkpoint at all), and is not opened") from error
    except (RuntimeError, EOFError, OSError, ValueError, KeyError, AttributeError, IndexError, TypeError) as error:
        reason = (str(error) or "it ends too soon").splitlines()[0][:120]
        raise InputError(f"{path}: not a PyTorch checkpoint ({reason})") from error
    return _tensors(path, found)


def _tensors(path: Path, found: Any) -> State:
    while isinstance(found, Mapping) and (inner := next((name for name in _WRAPPERS if name in found), None)):
        found = found[inner]
    if not isinstance(found, Mapping) or not found:
        raise InputError(f"{path}: not a checkpoint of a generator: it holds no named weights")
    if strange := [name for name, value in found.items() if not isinstance(value, Tensor)]:
        raise InputError(f"{path}: not a checkpoint of a generator: {strange[0]!r} is not a weight")
    return {str(name).removeprefix("module."): value.float() for name, value in found.items()}


class FastNeuralStyle(nn.Module):
    """Johnson's network as PyTorch's fast_neural_style example has it: bytes in, bytes out, nothing after the head."""

    family = "johnson"
    domain = "rgb"
    stride = 8

    def __init__(self) -> None:
        super().__init__()
        self.parameters_given = {"layout": "fast_neural_style"}
        self.network = Johnson()

    def forward(self, picture: Tensor) -> Tensor:
        return self.network.drawn(picture * 255) / 255


def johnson(state: State) -> nn.Module:
    """The generator of PyTorch's fast_neural_style example, of old (scale and shift for norms) and new layout."""
    model = FastNeuralStyle()
    ours: State = {}
    for name, tensor in state.items():
        # Old checkpoints carry running statistics that the network never uses.
        if not _STATISTICS.match(name):
            ours["network." + _johnson_name(name)] = tensor
    return _filled(model, ours, "the generator of fast_neural_style")


_PARTS = {"1": "stem", "2": "down_to_half", "3": "down_to_quarter", "4": "up_to_half", "5": "up_to_full"}


def _johnson_name(name: str) -> str:
    """conv1.conv2d.weight is stem.0.weight here, res2.in1.scale is trunk.1.first.1.weight, and so on."""
    name = re.sub(r"\.scale$", ".weight", re.sub(r"\.shift$", ".bias", name))
    name = name.replace(".conv2d.", ".")
    if match := re.fullmatch(r"deconv3\.(weight|bias)", name):
        return f"head.{match[1]}"
    if match := re.fullmatch(r"deconv([12])\.(weight|bias)", name):
        return f"{_PARTS[str(int(match[1]) + 3)]}.0.{match[2]}"
    if match := re.fullmatch(r"(conv|in)([1-5])\.(weight|bias)", name):
        return f"{_PARTS[match[2]]}.{'01'[match[1] == 'in']}.{match[3]}"
    if match := re.fullmatch(r"res([1-5])\.(conv|in)([12])\.(weight|bias)", name):
        half = ("first", "second")[int(match[3]) - 1]
        return f"trunk.{int(match[1]) - 1}.{half}.{'01'[match[2] == 'in']}.{match[4]}"
    return name


def animegan2(state: State) -> nn.Module:
    """AnimeGANv2's generator, as bryandlee/animegan2-pytorch publishes it."""
    model = AnimeGAN2()
    return _filled(model, state, "AnimeGANv2's generator")


def _filled(model: nn.Module, state: State, what: str) -> nn.Module:
    expected = model.state_dict()
    for name, tensor in expected.items():
        if name not in state:
            raise InputError(f"not {what}: it has no {name}")
        if state[name].shape != tensor.shape:
            here, there = (" x ".join(map(str, shape)) for shape in (state[name].shape, tensor.shape))
            raise InputError(f"not {what}: {name} is {here}, not {there}")
        if not state[name].isfinite().all():
            raise InputError(f"not usable: {name} is not finite everywhere")
    if strange := sorted(state.keys() - expected.keys()):
        raise InputError(f"not {what}: {strange[0]} does not belong there")
    model.load_state_dict(state)
    return model.eval()


LAYOUTS: Mapping[str, Callable[[State], nn.Module]] = {"johnson": johnson, "animegan2": animegan2}
"""What `import --as` can read."""
