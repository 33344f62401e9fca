"""Structure as flat regions: Felzenszwalb's superpixels, merged as in selective search, adaptively coloured."""

import heapq
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from streamstyle.frames import Image

Labels = NDArray[np.int64]
"""Which region each pixel belongs to, from 0 on without gaps: (height, width)."""
Doubles = NDArray[np.float64]

_BINS = 25
EVEN, BUSY = 20.0, 40.0
"""Spread of a region's values, in grey levels: below EVEN it takes its mean, above BUSY its median."""
POWER = 1.2
"""Makes what would come out washed of averaging richer again."""


def superpixels(picture: Image, count: int = 200, smallest: int = 20) -> Labels:
    """Splits an RGB picture into at most `count` regions, where it has that many."""
    from skimage.segmentation import felzenszwalb

    fine: Labels = felzenszwalb(picture, scale=1, sigma=0.8, min_size=smallest).astype(np.int64)
    return merged(picture, fine, count)


def structure(picture: Image, count: int = 200, power: float = POWER) -> Image:
    """The structure representation of an RGB picture: its superpixels, each in one colour."""
    return adaptively_coloured(picture, superpixels(picture, count), power)


def merged(picture: Image, labels: Labels, count: int) -> Labels:
    """Joins the two most similar neighbours again and again until `count` regions are left.

    Similar as in selective search (Uijlings et al. 2013): alike in colour, small, and filling one another's gaps.
    """
    regions = _Regions(picture, labels)
    queue = [(-regions.similarity(one, other), one, other) for one, other in regions.pairs()]
    heapq.heapify(queue)
    alive = len(regions.sizes)
    while alive > count and queue:
        _, one, other = heapq.heappop(queue)
        if one in regions.neighbours and other in regions.neighbours:
            joined = regions.join(one, other)
            alive -= 1
            for neighbour in regions.neighbours[joined]:
                heapq.heappush(queue, (-regions.similarity(joined, neighbour), joined, neighbour))
    return regions.labels()


def adaptively_coloured(picture: Image, labels: Labels, power: float = POWER) -> Image:
    """Fills each region with the mean of its colours where it is even, the median where it is busy, half of each
    between; then raises brightness (0..1) to `power` and stretches the brightest value back to white.
    """
    flat, values = labels.reshape(-1), picture.reshape(-1, 3).astype(np.float64)
    sizes = np.bincount(flat).astype(np.float64)
    mean = _sums(flat, values) / sizes[:, None]
    grand = mean.mean(axis=1)
    spread = np.sqrt(np.maximum(_sums(flat, values**2).sum(axis=1) / (3 * sizes) - grand**2, 0))
    median = np.stack([_medians(flat, values[:, channel]) for channel in range(3)], axis=1)
    share = np.where(spread < EVEN, 0.0, np.where(spread > BUSY, 1.0, 0.5))[:, None]
    colours = (((1 - share) * mean + share * median) / 255) ** power
    brightest = colours.max()
    scaled = colours / brightest if brightest > 0 else colours
    painted: Image = np.rint(scaled * 255).astype(np.uint8)[flat].reshape(picture.shape)
    return painted


def _sums(labels: Labels, values: Doubles) -> Doubles:
    return np.stack([np.bincount(labels, values[:, channel]) for channel in range(values.shape[1])], axis=1)


def _medians(labels: Labels, values: Doubles) -> Doubles:
    ordered = values[np.lexsort((values, labels))]
    sizes = np.bincount(labels)
    starts = np.cumsum(sizes) - sizes
    middle: Doubles = (ordered[starts + (sizes - 1) // 2] + ordered[starts + sizes // 2]) / 2
    return middle


class _Regions:
    """Regions and who borders on whom; a joined region gets the next number."""

    def __init__(self, picture: Image, labels: Labels) -> None:
        self.fine = labels
        self.area = labels.size
        count = int(labels.max()) + 1
        self.parents = list(range(count))
        flat = labels.reshape(-1)
        self.sizes = [int(size) for size in np.bincount(flat, minlength=count)]
        self.histograms = list(_histograms(picture, flat, count))
        self.boxes = _boxes(labels, count)
        self.neighbours: dict[int, set[int]] = {region: set() for region in range(count)}
        for one, other in _touching(labels):
            self.neighbours[one].add(other)
            self.neighbours[other].add(one)

    def pairs(self) -> Iterator[tuple[int, int]]:
        return ((one, other) for one, others in self.neighbours.items() for other in others if one < other)

    def similarity(self, one: int, other: int) -> float:
        colour = float(np.minimum(self.histograms[one], self.histograms[other]).sum())
        size = self.sizes[one] + self.sizes[other]
        top, left, bottom, right = _around(self.boxes[one], self.boxes[other])
        gaps = (bottom - top) * (right - left) - size
        return colour + (1 - size / self.area) + (1 - gaps / self.area)

    def join(self, one: int, other: int) -> int:
        joined = len(self.parents)
        self.parents.append(joined)
        self.parents[one] = self.parents[other] = joined
        size = self.sizes[one] + self.sizes[other]
        mixed = self.histograms[one] * self.sizes[one] + self.histograms[other] * self.sizes[other]
        self.histograms.append(mixed / size)
        self.sizes.append(size)
        self.boxes.append(_around(self.boxes[one], self.boxes[other]))
        around = (self.neighbours.pop(one) | self.neighbours.pop(other)) - {one, other}
        for neighbour in around:
            self.neighbours[neighbour] -= {one, other}
            self.neighbours[neighbour].add(joined)
        self.neighbours[joined] = around
        return joined

    def labels(self) -> Labels:
        roots = np.array(self.parents)
        # Parents have higher numbers: one pass down from the top finds every root.
        for region in range(len(roots) - 1, -1, -1):
            roots[region] = roots[roots[region]]
        flat = np.unique(roots[self.fine.reshape(-1)], return_inverse=True)[1]
        return flat.reshape(self.fine.shape).astype(np.int64)


_Box = tuple[int, int, int, int]


def _around(one: _Box, other: _Box) -> _Box:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])


def _histograms(picture: Image, flat: Labels, count: int) -> Doubles:
    bins = cv2.cvtColor(picture, cv2.COLOR_RGB2Lab).reshape(-1, 3).astype(np.int64) * _BINS // 256
    cells = (flat[:, None] * 3 + np.arange(3)) * _BINS + bins
    counts = np.bincount(cells.reshape(-1), minlength=count * 3 * _BINS).reshape(count, 3 * _BINS).astype(np.float64)
    shares: Doubles = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return shares


def _boxes(labels: Labels, count: int) -> list[_Box]:
    rows, columns = np.indices(labels.shape)
    flat = labels.reshape(-1)
    top, left = np.full(count, labels.shape[0]), np.full(count, labels.shape[1])
    bottom, right = np.zeros(count, np.int64), np.zeros(count, np.int64)
    np.minimum.at(top, flat, rows.reshape(-1))
    np.minimum.at(left, flat, columns.reshape(-1))
    np.maximum.at(bottom, flat, rows.reshape(-1) + 1)
    np.maximum.at(right, flat, columns.reshape(-1) + 1)
    return [(int(a), int(b), int(c), int(d)) for a, b, c, d in zip(top, left, bottom, right, strict=True)]


def _touching(labels: Labels) -> list[tuple[int, int]]:
    across = np.stack([labels[:, :-1].reshape(-1), labels[:, 1:].reshape(-1)], axis=1)
    down = np.stack([labels[:-1].reshape(-1), labels[1:].reshape(-1)], axis=1)
    both = np.concatenate([across, down])
    edges = np.unique(np.sort(both[both[:, 0] != both[:, 1]], axis=1), axis=0)
    return [(int(one), int(other)) for one, other in edges]
