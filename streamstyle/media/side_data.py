"""What a decoder says beside a picture: how it is turned, how its blocks moved."""

from typing import Any

from av.sidedata.sidedata import SideDataContainer


def side_data(frame: Any, kind: str) -> Any:
    """The entry of that name, or None.

    `frame.side_data` would make frame and container hold each other, and every picture would stay in memory until the
    garbage collector comes by, which for a program that makes as few objects as this one may take thousands of them.
    """
    container: Any = SideDataContainer  # its stub leaves the frame out
    return next((entry for entry in container(frame) if entry.type.name == kind), None)
