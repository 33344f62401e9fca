"""A filter graph that brings decoded pictures into the house's form, and what a decoder says beside the pictures."""

import tempfile
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from streamstyle.media.geometry import Shape
from streamstyle.media.side_data import side_data
from streamstyle.media.tone import write_table


class Filters:
    """Pushes pictures in and gives back those that are ready; None ends the stream."""

    def __init__(self, shape: Shape, first: Any, time_base: Fraction) -> None:
        self._folder = tempfile.TemporaryDirectory() if shape.curve else None
        graph = self._graph = av.filter.Graph()
        self._form = first.format.name
        nodes = [
            graph.add(
                "buffer",
                f"width={first.width}:height={first.height}:pix_fmt={first.format.name}:time_base={time_base}"
                f":colorspace={int(first.colorspace)}:range={int(first.color_range)}",
            )
        ]
        for text in shape.filters:
            name, _, arguments = text.partition("=")
            if name == "lut3d@tone":
                assert self._folder is not None and shape.curve is not None
                table = write_table(Path(self._folder.name) / "tone.cube", shape.curve)
                name, arguments = "lut3d", f"file={table}:interp=tetrahedral"
            nodes.append(graph.add(name, arguments or None))
        graph.link_nodes(*nodes, graph.add("buffersink")).configure()
        if self._folder is not None:
            self._folder.cleanup()

    def __call__(self, frame: Any) -> Iterator[Any]:
        if frame is not None and frame.format.name != self._form:
            # A device that meets what it cannot decode leaves the rest to software, whose planes lie otherwise.
            frame = frame.reformat(format=self._form)
        self._graph.vpush(frame)
        with suppress(av.error.BlockingIOError, av.error.EOFError):
            while True:
                yield self._graph.vpull()


def vectors_of(frame: Any) -> NDArray[np.int32] | None:
    """The motion vectors that point to earlier pictures."""
    data = side_data(frame, "MOTION_VECTORS")
    if data is None:
        return None
    rows = data.to_ndarray()
    rows = rows[rows["source"] < 0]
    return np.stack([rows[name].astype(np.int32) for name in ("w", "h", "src_x", "src_y", "dst_x", "dst_y")], axis=-1)
