"""RAFT (Teed and Deng 2020) through torchvision: the best flow here, for work that need not be done in real time."""

import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from streamstyle.errors import InputError, MissingError, NeedsExtra
from streamstyle.temporal.sketch import Sketch, Vectors
from streamstyle.temporal.warp import Flow

PLACE = "STREAMSTYLE_RAFT"
"""The environment variable that names a file with the weights, in torchvision's layout."""
SMALLEST = 128


class Raft:
    """Takes its weights from a file or, where none is named, from torchvision, which fetches them once."""

    def __init__(self, width: int, height: int, weights: Path | None = None) -> None:
        try:
            import torch
            from torchvision.models.optical_flow import raft_small
        except ImportError as error:
            raise NeedsExtra("RAFT", "train") from error
        self._torch = torch
        named = os.environ.get(PLACE)
        if weights is None and named:
            weights = Path(named)
        if weights is None:
            try:
                self._network = raft_small(weights="DEFAULT", progress=False).eval()
            except (OSError, RuntimeError) as error:
                raise MissingError(f"RAFT: its weights cannot be fetched ({error}); name a file in {PLACE}") from error
        else:
            self._network = raft_small(weights=None).eval()
            self._network.load_state_dict(_read(weights))
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


def _read(path: Path) -> Any:
    import torch

    if not path.is_file():
        raise MissingError(f"{path}: there are no such weights of RAFT")
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise InputError(f"{path}: not the weights of RAFT ({error})") from error
