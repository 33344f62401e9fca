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
        raise InputError(f"{path}: not a PyTorch checkpoint ({str(error).splitlines()[0][:120]})") from error
    return _tensors(path, found)


def _tensors(path: Path, found: Any) -> State:
    while isinstance(found, Mapping) and (inner := next((name for name in _WRAPPERS if name in found), None)):
        found = found[inner]
    if not isinstance(found, Mapping) or not found:
        raise InputError(f"{path}: not a checkpoint of a generator: it holds no named weights")
    if strange := [name for name, value in found.items() if not isinstance(value, Tensor)]:
        raise InputError(f"{path}: not a checkpoint of a generator: {strange[0]!r} is not a weight")
    return {str(name).removeprefix("module."): value.float() for name, value in found.items()}


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


LAYOUTS: Mapping[str, Callable[[State], nn.Module]] = {"animegan2": animegan2}
"""What `import --as` can read."""
