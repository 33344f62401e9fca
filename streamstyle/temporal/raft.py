"""RAFT (Teed and Deng 2020) through torchvision: the best flow here, for work that need not be done in real time."""

import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from streamstyle.errors import InputError, MissingError, NeedsExtra
from streamstyle.temporal.sketch import Sketch, Vectors
from streamstyle.temporal.warp import Flow

WEIGHTS = "raft_small_C_T_V2-01064c6d.pth"
WHERE = "https://download.pytorch.org/models/" + WEIGHTS
PLACE = "STREAMSTYLE_RAFT"
"""The environment variable that names a file with the weights."""
SMALLEST = 128


class Raft:
    """Reads its weights from a file, from torch's cache, or says where they are to be had; downloads nothing."""

    def __init__(self, width: int, height: int, weights: Path | None = None) -> None:
        try:
            import torch
            from torchvision.models.optical_flow import raft_small
        except ImportError as error:
            raise NeedsExtra("RAFT", "train") from error
        self._torch = torch
        self._network = raft_small(weights=None).eval()
        self._network.load_state_dict(_read(weights or _found(torch)))
        # RAFT halves three times and correlates what is left.
        self._inner = max(SMALLEST, (width + 7) // 8 * 8), max(SMALLEST, (height + 7) // 8 * 8)
        self._scale = np.array([width / self._inner[0], height / self._inner[1]], np.float32)

    def __call__(self, newer: Sketch, older: Sketch, vectors: Vectors | None) -> Flow:
        with self._torch.inference_mode():
            found = self._network(self._input(newer), self._input(older), num_flow_updates=12)[-1]
        flow = np.ascontiguousarray(found[0].permute(1, 2, 0).numpy())
        return np.asarray(cv2.resize(flow, newer.bytes.shape[::-1]) * self._scale, np.float32)

    def _input(self, sketch: Sketch) -> Any:
        picture = cv2.resize(sketch.bytes, self._inner).astype(np.float32) / 127.5 - 1
        return self._torch.from_numpy(picture)[None, None].expand(1, 3, -1, -1).contiguous()


def _found(torch: Any) -> Path:
    named = os.environ.get(PLACE)
    path = Path(named) if named else Path(torch.hub.get_dir()) / "checkpoints" / WEIGHTS
    if not path.is_file():
        raise MissingError(f"{path}: the weights of RAFT are not there; they are at {WHERE}")
    return path


def _read(path: Path) -> Any:
    import torch

    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise InputError(f"{path}: not the weights of RAFT ({error})") from error
