"""The built-in picture: a lake town in the evening sun and a woman with a straw hat, drawn at any size."""

import cv2
import numpy as np

from streamstyle.scenes.brushes import Brush, Canvas, Floats, Ink, Shares, clouds, mixed, ridge, smooth
from streamstyle.scenes.portrait import draw_portrait
from streamstyle.scenes.town import draw_boats, draw_town

ASPECT = 16 / 9
SHORTEST, TALLEST = 288, 1440
HORIZON, SHORE = 0.53, 0.60


def draw_still(height: int) -> Canvas:
    """The picture as RGB, 16:9; the same at any height, but for the finest detail."""
    drawn = min(max(height, SHORTEST), TALLEST)
    canvas = np.zeros((drawn, round(drawn * ASPECT), 3), np.uint8)
    brush = Brush(canvas)
    _sky(brush)
    _mountains(brush)
    _hills(brush)
    draw_town(brush, SHORE)
    _lake(brush)
    draw_boats(brush)
    _tree(brush, 0.06, 0.86)
    _meadow(brush)
    draw_portrait(brush, 1.36, 0.66)
    _grain(brush)
    if drawn == height:
        return canvas
    way = cv2.INTER_CUBIC if drawn < height else cv2.INTER_AREA
    return np.asarray(cv2.resize(canvas, (round(height * ASPECT), height), interpolation=way), np.uint8)


def _sky(brush: Brush) -> None:
    x, y = brush.grid()
    share = np.clip(y / HORIZON, 0, 1)[..., None]
    top, middle, low = (np.array(ink, np.float32) for ink in ((38, 92, 168), (128, 178, 214), (250, 214, 170)))
    brush.canvas[:] = np.where(
        share < 0.6, top + (middle - top) * share / 0.6, middle + (low - middle) * (share - 0.6) / 0.4
    )
    distance = np.hypot(x - 0.52, (y - 0.40) * 1.2)
    brush.shade(0.75 * np.exp(-distance * 5), (255, 226, 160))
    brush.ellipse(0.52, 0.40, 0.035, 0.035, (255, 246, 214))
    density = clouds((brush.height, brush.width), (7, 5), 7, seed=11, gain=0.55)
    cover = smooth(density - 0.25 * np.abs(y - 0.2), 0.46, 0.66)
    lit = cv2.GaussianBlur(density, (0, 0), brush.height / 180)
    lower = brush.height // 40
    above = np.concatenate([lit[:1].repeat(lower, axis=0), lit[:-lower]])
    cover *= (y < HORIZON) * (0.9 - 0.5 * smooth(y, 0.3, 0.55))
    brush.shade(cover, (252, 240, 226))
    brush.shade(cover * np.clip((above - lit) * 5 + 0.15, 0, 0.7), (136, 136, 172))


def _land(brush: Brush, line: Floats, ink: Ink, dark: Ink, texture: Shares) -> Shares:
    """Fills everything under a line, lit by a texture; returns the mask of what was filled."""
    _, y = brush.grid()
    mask: Shares = np.clip((y - line[None, :]) * brush.height + 0.5, 0, 1)
    brush.shade(mask, ink)
    brush.shade(mask * texture, dark)
    return mask


def _mountains(brush: Brush) -> None:
    _, y = brush.grid()
    shape = (brush.height, brush.width)
    rock = clouds(shape, (20, 26), 6, seed=21, gain=0.62)
    left = brush.height // 150 + 1
    beside = np.concatenate([rock[:, :1].repeat(left, axis=1), rock[:, :-left]], axis=1)
    slope = np.clip((rock - beside) * 9 + 0.4, 0, 1)
    far = 0.34 + 0.075 * ridge(brush.width, 0.5, seed=5)
    mask = _land(brush, far, (150, 160, 190), (92, 106, 152), 0.8 * slope)
    snow = mask * smooth(rock * 0.12 - (y - far[None, :]), -0.03, 0.05) * (1 - 0.55 * slope)
    brush.shade(snow, (250, 244, 240))
    near = 0.45 + 0.05 * ridge(brush.width, 0.45, seed=8)
    _land(brush, near, (104, 134, 134), (58, 88, 104), 0.9 * slope)
    brush.shade(0.35 * smooth(y, 0.36, HORIZON) * (y > near[None, :]), (238, 214, 190))


def _hills(brush: Brush) -> None:
    x, y = brush.grid()
    shape = (brush.height, brush.width)
    patches = clouds(shape, (14, 9), 2, seed=31)
    leaves = clouds(shape, (60, 90), 4, seed=32, gain=0.8)
    stripes = 0.5 + 0.5 * np.sin((x * 160 + y * 420) * (1 + (patches > 0.5)))
    texture = np.where(np.floor(patches * 6) % 2 > 0, 0.35 * stripes, smooth(leaves, 0.45, 0.65) * 0.85)
    middle = 0.50 + 0.022 * ridge(brush.width, 0.35, seed=41)
    mask = _land(brush, middle, (150, 168, 84), (74, 112, 62), texture)
    brush.shade(mask * (np.floor(patches * 9) % 3 == 1) * 0.5, (222, 190, 96))
    woods = 0.535 + 0.012 * ridge(brush.width, 0.6, seed=43)
    _land(brush, woods, (70, 106, 58), (34, 62, 44), smooth(leaves, 0.4, 0.6))


def _lake(brush: Brush) -> None:
    """The water mirrors what is drawn above the shore, broken by ripples that widen towards us."""
    shore = round(SHORE * brush.height)
    depth = brush.height - shore
    rows = np.arange(depth, dtype=np.float32)[:, None]
    columns = np.arange(brush.width, dtype=np.float32)[None, :]
    near = rows / depth
    ripple = clouds((depth, brush.width), (44, 9), 3, seed=51, gain=0.6) - 0.5
    source_y = np.clip(shore - 1 - rows * 1.15 + ripple * near * depth * 0.35, 0, shore - 1)
    source_x = columns + ripple * (0.01 + 0.05 * near) * brush.height
    mirror = cv2.remap(
        np.ascontiguousarray(brush.canvas[:shore]),
        source_x.astype(np.float32),
        source_y.astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT,
    ).astype(np.float32)
    tint = np.array((40, 86, 112), np.float32)
    water = mirror + (tint - mirror) * (0.18 + 0.35 * near)[..., None]
    glitter = smooth(ripple, 0.16, 0.3) * np.exp(-(((columns / brush.height - 0.52) / (0.10 + 0.3 * near)) ** 2))
    water += glitter[..., None] * np.array((110, 90, 50), np.float32)
    brush.canvas[shore:] = np.clip(water, 0, 255)
    brush.line([(0, SHORE), (2, SHORE)], (86, 84, 62), 0.004)


def _meadow(brush: Brush) -> None:
    shape = (brush.height, brush.width)
    line = 0.84 + 0.02 * ridge(brush.width, 0.4, seed=61) + 0.03 * np.cos(np.linspace(0, 7, brush.width))
    blades = clouds(shape, (70, 260), 3, seed=62, gain=0.7)
    mask = _land(brush, line.astype(np.float32), (126, 158, 58), (48, 92, 38), smooth(blades, 0.4, 0.7))
    bright = mask * 0.5 * smooth(clouds(shape, (9, 9), 2, seed=63), 0.5, 0.7)
    brush.shade(bright, (214, 206, 96))
    random = np.random.default_rng(64)
    for _ in range(900):
        px, py = float(random.uniform(0, 16 / 9)), float(random.uniform(0.83, 1.02))
        if py < line[min(brush.width - 1, int(px * brush.height))] + 0.004:
            continue
        lean, tall = float(random.normal(0, 0.008)), float(random.uniform(0.012, 0.035)) * (py - 0.55) * 3
        ink = mixed((60, 104, 40), (190, 202, 92), float(random.random()))
        brush.line([(px, py), (px + lean * 0.4, py - tall * 0.6), (px + lean, py - tall)], ink, 0.0016)
        if random.random() < 0.42:
            petal = ((232, 66, 54), (250, 214, 84), (246, 240, 236), (186, 96, 190))[int(random.integers(4))]
            size = float(random.uniform(0.004, 0.0085)) * (py - 0.5) * 2
            brush.ellipse(px + lean, py - tall, size, size * 0.8, petal)
            brush.ellipse(px + lean, py - tall, size * 0.35, size * 0.3, (92, 60, 30))


def _tree(brush: Brush, x: float, foot: float) -> None:
    trunk = [
        (x - 0.03, foot + 0.06),
        (x - 0.014, 0.5),
        (x - 0.05, 0.2),
        (x + 0.03, 0.2),
        (x + 0.022, 0.5),
        (x + 0.05, foot + 0.06),
    ]
    brush.polygon(trunk, (74, 54, 42))
    for step in range(14):
        top = 0.24 + step * 0.045
        brush.line(
            [(x - 0.012 + 0.003 * (step % 3), top), (x - 0.008 + 0.004 * (step % 4), top + 0.06)], (118, 88, 62), 0.003
        )
    for end in ((x + 0.24, 0.16), (x - 0.12, 0.14), (x + 0.16, 0.30)):
        brush.line([(x + 0.005, 0.46), ((x + end[0]) / 2, end[1] + 0.14), end], (74, 54, 42), 0.012)
    random = np.random.default_rng(71)
    # Dark leaves first and light ones last: the crown gets a lit side without any shading.
    for tier in range(5):
        for _ in range(260):
            angle, radius = float(random.uniform(0, 2 * np.pi)), float(np.sqrt(random.random()))
            px = x + 0.05 + 0.27 * radius * np.cos(angle) + 0.012 * tier
            py = 0.13 + 0.19 * radius * np.sin(angle) * (1 - 0.1 * tier) - 0.010 * tier
            ink = mixed(
                (26, 58, 38), (176, 188, 72), min(1.0, tier / 4 + float(random.uniform(-0.12, 0.12))) if tier else 0.05
            )
            size = float(random.uniform(0.008, 0.02)) * (1.25 - 0.16 * tier)
            brush.ellipse(px, py, size, size * 0.6, ink, turn=float(random.uniform(0, 180)))


def _grain(brush: Brush) -> None:
    """A little paper texture, so that no area is quite flat: what a camera sees never is."""
    grain = clouds((brush.height, brush.width), (90, 160), 4, seed=81, gain=0.8)
    lit = (0.93 + 0.14 * grain)[..., None]
    brush.canvas[:] = np.clip(brush.canvas * lit, 0, 255)
