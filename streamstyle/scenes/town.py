"""The town on the shore, its church, and the boats on the lake."""

import numpy as np

from streamstyle.scenes.brushes import Brush, Ink, mixed

WALLS: tuple[Ink, ...] = (
    (238, 214, 170),
    (226, 164, 120),
    (240, 232, 214),
    (196, 116, 96),
    (214, 196, 140),
    (160, 176, 182),
)
ROOFS: tuple[Ink, ...] = ((170, 74, 52), (140, 60, 50), (98, 82, 88), (188, 100, 62))


def draw_town(brush: Brush, shore: float) -> None:
    random = np.random.default_rng(101)
    for row, (base, scale) in enumerate(((shore - 0.035, 0.75), (shore - 0.014, 0.9), (shore, 1.1))):
        x = 0.66 + 0.03 * row
        while x < 1.74:
            wide = float(random.uniform(0.045, 0.075)) * scale
            high = float(random.uniform(0.05, 0.085)) * scale
            wall = WALLS[int(random.integers(len(WALLS)))]
            roof = ROOFS[int(random.integers(len(ROOFS)))]
            _house(brush, x, base, wide, high, wall, roof, floors=2 if high < 0.065 else 3)
            x += wide * float(random.uniform(0.95, 1.35))
            if random.random() < 0.35:
                _bush(brush, x, base, float(random.uniform(0.014, 0.026)), random)
                x += 0.02
        if row == 0:
            _church(brush, 1.02, shore - 0.02)
    for _ in range(30):
        _bush(brush, float(random.uniform(0.2, 1.78)), shore, float(random.uniform(0.008, 0.02)), random)


def _house(brush: Brush, x: float, base: float, wide: float, high: float, wall: Ink, roof: Ink, floors: int) -> None:
    top = base - high
    brush.polygon([(x, base), (x, top), (x + wide, top), (x + wide, base)], wall)
    brush.polygon(
        [(x + wide * 0.72, base), (x + wide * 0.72, top), (x + wide, top), (x + wide, base)],
        mixed(wall, (70, 60, 90), 0.3),
    )
    peak = top - wide * 0.42
    brush.polygon(
        [(x - wide * 0.06, top), (x + wide * 0.36, peak), (x + wide * 0.78, top)], mixed(wall, (255, 240, 210), 0.2)
    )
    brush.polygon(
        [(x + wide * 0.36, peak), (x + wide * 0.88, peak), (x + wide * 1.06, top), (x + wide * 0.76, top)], roof
    )
    for tile in range(1, 6):
        share = tile / 6
        y = peak + (top - peak) * share
        brush.line(
            [(x + wide * (0.36 + 0.4 * share), y), (x + wide * (0.88 + 0.18 * share), y)],
            mixed(roof, (40, 24, 30), 0.35),
            0.0012,
        )
    brush.line(
        [(x - wide * 0.06, top), (x + wide * 0.36, peak), (x + wide * 0.78, top)], mixed(roof, (30, 20, 20), 0.3), 0.003
    )
    brush.polygon(
        [
            (x + wide * 0.6, peak - 0.014),
            (x + wide * 0.68, peak - 0.014),
            (x + wide * 0.68, peak + 0.01),
            (x + wide * 0.6, peak + 0.01),
        ],
        (120, 70, 60),
    )
    pane = wide * 0.15
    for floor in range(floors):
        y = top + high * (0.14 + floor * 0.84 / floors)
        for column in range(3):
            left = x + wide * (0.08 + 0.22 * column)
            lit = (floor + column + int(x * 90)) % 4 == 0
            brush.polygon(
                [
                    (left - 0.001, y - 0.001),
                    (left + pane + 0.001, y - 0.001),
                    (left + pane + 0.001, y + high * 0.17),
                    (left - 0.001, y + high * 0.17),
                ],
                (250, 246, 236),
            )
            brush.polygon(
                [(left, y), (left + pane, y), (left + pane, y + high * 0.16), (left, y + high * 0.16)],
                (255, 216, 120) if lit else (54, 66, 88),
            )
    brush.polygon(
        [
            (x + wide * 0.3, base),
            (x + wide * 0.3, base - high * 0.22),
            (x + wide * 0.45, base - high * 0.22),
            (x + wide * 0.45, base),
        ],
        (96, 62, 46),
    )


def _church(brush: Brush, x: float, base: float) -> None:
    wall: Ink = (232, 222, 204)
    brush.polygon([(x, base), (x, base - 0.20), (x + 0.055, base - 0.20), (x + 0.055, base)], wall)
    brush.polygon(
        [(x + 0.038, base), (x + 0.038, base - 0.20), (x + 0.055, base - 0.20), (x + 0.055, base)], (176, 164, 168)
    )
    brush.polygon([(x - 0.006, base - 0.20), (x + 0.0275, base - 0.335), (x + 0.061, base - 0.20)], (78, 104, 112))
    brush.polygon([(x + 0.0275, base - 0.335), (x + 0.061, base - 0.20), (x + 0.036, base - 0.20)], (52, 72, 86))
    brush.line([(x + 0.0275, base - 0.365), (x + 0.0275, base - 0.33)], (216, 180, 80), 0.003)
    brush.line([(x + 0.018, base - 0.352), (x + 0.037, base - 0.352)], (216, 180, 80), 0.003)
    brush.ellipse(x + 0.020, base - 0.165, 0.013, 0.013, (250, 244, 230))
    brush.line([(x + 0.020, base - 0.165), (x + 0.020, base - 0.175)], (40, 40, 40), 0.0015)
    brush.line([(x + 0.020, base - 0.165), (x + 0.027, base - 0.165)], (40, 40, 40), 0.0015)
    for y in (base - 0.12, base - 0.07):
        brush.ellipse(x + 0.020, y, 0.006, 0.016, (60, 64, 84))


def _bush(brush: Brush, x: float, base: float, size: float, random: np.random.Generator) -> None:
    for step in range(12):
        share = step / 11
        ink = mixed((30, 64, 42), (142, 160, 70), share)
        px = x + float(random.normal(0, size * 0.4)) - size * 0.1 * share
        brush.ellipse(
            px,
            base - size * (0.5 + 0.7 * float(random.random())),
            size * 0.5 * (1.1 - 0.5 * share),
            size * 0.5 * (1.1 - 0.5 * share),
            ink,
        )


def draw_boats(brush: Brush) -> None:
    for x, y, scale, sail in (
        (0.40, 0.70, 1.0, (248, 240, 224)),
        (0.82, 0.655, 0.6, (224, 92, 60)),
        (1.02, 0.745, 0.8, (244, 210, 120)),
    ):
        hull = (110, 56, 44)
        for step in range(5):
            left = x - 0.05 * scale + 0.008 * scale * (step % 2)
            brush.line(
                [(left, y + 0.02 * scale * (step + 1)), (left + 0.09 * scale, y + 0.02 * scale * (step + 1))],
                mixed(sail, (50, 90, 110), 0.45 + 0.1 * step),
                0.003 * scale,
            )
        brush.polygon([(x, y), (x, y - 0.15 * scale), (x + 0.075 * scale, y - 0.012 * scale)], sail)
        brush.polygon(
            [(x - 0.006 * scale, y), (x - 0.006 * scale, y - 0.13 * scale), (x - 0.05 * scale, y - 0.012 * scale)],
            mixed(sail, (120, 110, 130), 0.35),
        )
        brush.line(
            [(x - 0.003 * scale, y + 0.004), (x - 0.003 * scale, y - 0.165 * scale)], (70, 50, 40), 0.003 * scale
        )
        brush.polygon(
            [
                (x - 0.065 * scale, y - 0.004),
                (x + 0.08 * scale, y - 0.004),
                (x + 0.055 * scale, y + 0.022 * scale),
                (x - 0.045 * scale, y + 0.022 * scale),
            ],
            hull,
        )
        brush.line([(x - 0.063 * scale, y), (x + 0.078 * scale, y)], (236, 220, 190), 0.003 * scale)
