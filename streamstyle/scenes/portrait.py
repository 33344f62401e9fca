"""The woman with the straw hat."""

import cv2
import numpy as np

from streamstyle.scenes.brushes import Brush, Ink, mixed, smooth, soft

SKIN: Ink = (236, 188, 152)
SHADOW: Ink = (168, 104, 92)
HAIR: Ink = (92, 52, 36)
STRAW: Ink = (232, 198, 120)


def draw_portrait(brush: Brush, x: float, y: float) -> None:
    """Head and shoulders around (x, y), the middle of the face; the head is a quarter of the picture high."""
    _dress(brush, x, y)
    for side in (-1, 1):
        brush.ellipse(x + side * 0.078, y + 0.045, 0.038, 0.125, HAIR, turn=side * -6)
    _strands(brush, x, y)
    brush.polygon(
        [(x - 0.034, y + 0.08), (x + 0.034, y + 0.08), (x + 0.045, y + 0.19), (x - 0.045, y + 0.19)],
        mixed(SKIN, SHADOW, 0.45),
    )
    brush.ellipse(x, y, 0.083, 0.116, SKIN)
    _shade_face(brush, x, y)
    _features(brush, x, y)
    _hat(brush, x, y)


def _dress(brush: Brush, x: float, y: float) -> None:
    blue: Ink = (52, 84, 148)
    brush.polygon(
        [
            (x - 0.07, y + 0.155),
            (x - 0.19, y + 0.21),
            (x - 0.235, y + 0.36),
            (x + 0.235, y + 0.36),
            (x + 0.19, y + 0.21),
            (x + 0.07, y + 0.155),
        ],
        blue,
    )
    for fold in range(-6, 7):
        share = fold / 6
        ink = mixed(blue, (20, 36, 84) if fold % 2 else (126, 156, 206), 0.55)
        brush.line(
            [(x + share * 0.10, y + 0.2), (x + share * 0.16, y + 0.27), (x + share * 0.21, y + 0.36)], ink, 0.006
        )
    random = np.random.default_rng(202)
    for _ in range(60):
        px, py = x + float(random.uniform(-0.2, 0.2)), y + float(random.uniform(0.24, 0.36))
        brush.ellipse(px, py, 0.004, 0.004, (240, 236, 220))
    brush.polygon([(x - 0.05, y + 0.15), (x, y + 0.235), (x + 0.05, y + 0.15)], mixed(SKIN, SHADOW, 0.2))
    scarf: Ink = (206, 52, 50)
    brush.polygon(
        [
            (x - 0.075, y + 0.15),
            (x - 0.085, y + 0.185),
            (x + 0.01, y + 0.265),
            (x + 0.085, y + 0.185),
            (x + 0.075, y + 0.15),
            (x, y + 0.225),
        ],
        scarf,
    )
    for fold in range(5):
        share = fold / 4
        brush.line(
            [(x - 0.078 + 0.07 * share, y + 0.165 + 0.06 * share), (x - 0.05 + 0.06 * share, y + 0.19 + 0.06 * share)],
            (134, 24, 34),
            0.003,
        )
        brush.line(
            [(x + 0.078 - 0.07 * share, y + 0.165 + 0.06 * share), (x + 0.05 - 0.06 * share, y + 0.19 + 0.06 * share)],
            (246, 120, 100),
            0.003,
        )


def _strands(brush: Brush, x: float, y: float) -> None:
    random = np.random.default_rng(201)
    for _ in range(70):
        side = 1 if random.random() < 0.5 else -1
        start = x + side * float(random.uniform(0.05, 0.105))
        ink = mixed((56, 28, 22), (178, 112, 66), float(random.random()))
        brush.line(
            [(start, y - 0.06), (start + side * 0.012, y + 0.04), (start + float(random.normal(0, 0.008)), y + 0.15)],
            ink,
            0.0016,
        )


def _shade_face(brush: Brush, x: float, y: float) -> None:
    across, down = brush.grid()
    inside = 1 - smooth(np.hypot((across - x) / 0.083, (down - y) / 0.116), 0.97, 1.0)
    turn = smooth((across - x) / 0.083 + 0.25 * (down - y) / 0.116, 0.1, 1.1)
    under_hat = 1 - smooth(down, y - 0.075, y - 0.025)
    brush.shade(inside * np.clip(0.75 * turn + 0.75 * under_hat, 0, 0.85), SHADOW)
    for side in (-1, 1):
        brush.shade(
            0.4 * inside * soft(brush, x + side * 0.045, y + 0.03, 0.022, 0.018),
            (226, 112, 96),
        )
    brush.shade(0.5 * inside * soft(brush, x - 0.03, y + 0.005, 0.02, 0.03), (255, 226, 196))


def _features(brush: Brush, x: float, y: float) -> None:
    for side in (-1, 1):
        eye = x + side * 0.034
        brush.shade(0.35 * soft(brush, eye, y - 0.02, 0.02, 0.012), SHADOW)
        brush.ellipse(eye, y - 0.016, 0.0155, 0.0075, (244, 238, 230))
        brush.ellipse(eye, y - 0.016, 0.0072, 0.0074, (64, 100, 96))
        brush.ellipse(eye, y - 0.016, 0.0036, 0.0038, (16, 18, 22))
        brush.ellipse(eye - 0.002, y - 0.0185, 0.0016, 0.0016, (255, 255, 255))
        brush.line(
            [
                (eye - 0.0165, y - 0.0155),
                (eye - 0.006, y - 0.0243),
                (eye + 0.006, y - 0.0243),
                (eye + 0.0165, y - 0.0155),
            ],
            (52, 30, 26),
            0.0034,
        )
        brush.line([(eye - 0.019, y - 0.038), (eye, y - 0.0445), (eye + 0.019, y - 0.038)], HAIR, 0.0045)
    brush.line(
        [(x + 0.004, y - 0.012), (x + 0.012, y + 0.028), (x + 0.002, y + 0.034)], mixed(SKIN, SHADOW, 0.75), 0.003
    )
    brush.shade(0.45 * soft(brush, x + 0.01, y + 0.034, 0.014, 0.006), SHADOW)
    brush.shade(0.6 * soft(brush, x - 0.001, y + 0.02, 0.005, 0.012), (255, 230, 206))
    brush.polygon(
        [
            (x - 0.027, y + 0.060),
            (x - 0.008, y + 0.053),
            (x, y + 0.0565),
            (x + 0.008, y + 0.053),
            (x + 0.027, y + 0.060),
            (x, y + 0.064),
        ],
        (186, 58, 62),
    )
    brush.polygon(
        [
            (x - 0.027, y + 0.060),
            (x, y + 0.0625),
            (x + 0.027, y + 0.060),
            (x + 0.010, y + 0.073),
            (x - 0.010, y + 0.073),
        ],
        (214, 84, 82),
    )
    brush.line([(x - 0.027, y + 0.0602), (x, y + 0.0625), (x + 0.027, y + 0.0602)], (112, 26, 36), 0.002)


def _hat(brush: Brush, x: float, y: float) -> None:
    brush.ellipse(x, y - 0.083, 0.185, 0.045, mixed(STRAW, (110, 70, 40), 0.45), turn=-4)
    brush.ellipse(x, y - 0.090, 0.185, 0.042, STRAW, turn=-4)
    for ring in range(1, 8):
        share = ring / 8
        cv2.ellipse(
            brush.canvas,
            brush.at(x, y - 0.090),
            brush.at(0.185 * share, 0.042 * share),
            -4,
            0,
            360,
            mixed(STRAW, (150, 104, 50), 0.5),
            max(1, round(0.002 * brush.height)),
            cv2.LINE_AA,
            4,
        )
    brush.ellipse(x, y - 0.098, 0.094, 0.105, STRAW, turn=-4, arc=(180, 360))
    brush.ellipse(x - 0.006, y - 0.096, 0.094, 0.022, STRAW, turn=-4)
    for step in range(9):
        share = (step + 1) / 10
        brush.line(
            [(x - 0.088 + 0.176 * share, y - 0.115 - 0.012 * share), (x - 0.06 + 0.12 * share, y - 0.185)],
            mixed(STRAW, (150, 104, 50), 0.55),
            0.0018,
        )
    ribbon: Ink = (44, 70, 128)
    brush.polygon(
        [(x - 0.096, y - 0.096), (x - 0.092, y - 0.130), (x + 0.093, y - 0.141), (x + 0.096, y - 0.108)], ribbon
    )
    brush.line([(x - 0.094, y - 0.112), (x + 0.094, y - 0.124)], (110, 138, 190), 0.004)
    brush.ellipse(x + 0.062, y - 0.122, 0.022, 0.017, (226, 84, 72))
    brush.ellipse(x + 0.062, y - 0.122, 0.010, 0.008, (250, 210, 110))
