"""Decoded pictures to contiguous I420 and back."""

from typing import Any

import av
import cv2
import numpy as np

from streamstyle.frames import Colour, Image, blank, planes, size

SPACES = {"bt709": 1, "bt601": 6}
RANGES = {"limited": 1, "full": 2}


def even(length: int) -> int:
    return length + length % 2


def image_of(frame: Any) -> Image:
    """Copies the planes of a yuv420p picture; odd sides are padded by repeating the last line."""
    width, height = frame.width, frame.height
    image = blank(even(width), even(height))
    for plane, target in zip(frame.planes, planes(image), strict=True):
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
        target[: plane.height, : plane.width] = rows[:, : plane.width]
        if plane.width < target.shape[1]:
            target[: plane.height, plane.width :] = target[: plane.height, plane.width - 1 : plane.width]
        if plane.height < target.shape[0]:
            target[plane.height :] = target[plane.height - 1]
    return image


def frame_of(image: Image, colour: Colour, crop: tuple[int, int] | None = None) -> Any:
    """A PyAV picture with the colours tagged; `crop` cuts odd sizes back out."""
    width, height = crop or size(image)
    frame = av.VideoFrame(width, height, "yuv420p")
    for plane, source in zip(frame.planes, planes(image), strict=True):
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
        rows[:, : plane.width] = source[: plane.height, : plane.width]
    frame.colorspace = SPACES[colour.matrix]
    frame.color_range = RANGES[colour.range]
    return frame


def resized(image: Image, width: int, height: int) -> Image:
    """The picture at another even size."""
    if size(image) == (width, height):
        return image
    shrinks = width * height < image.shape[1] * image.shape[0] * 2 // 3
    result = blank(width, height)
    for source, target in zip(planes(image), planes(result), strict=True):
        way = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
        cv2.resize(source, (target.shape[1], target.shape[0]), dst=target, interpolation=way)
    return result
