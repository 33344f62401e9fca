"""Where the sprite flies and what the shots of a cut scene show."""

from math import pi, sin

from streamstyle.scenes.camera import View

LENGTH = 0.8
"""Seconds from one cut to the next."""
VIEWS = ((0.36, 0.46), (0.62, 0.42), (0.40, 0.60), (0.64, 0.58))


def crossing(seconds: float) -> tuple[float, float]:
    """From left to right in six seconds, bobbing, again and again."""
    return seconds % 6 / 6, 0.52 + 0.06 * sin(2 * pi * seconds / 2.3)


def shot_number(seconds: float) -> int:
    """Twelve kinds of cuts in turn: to another place, to a mirror image, to dusk, to black and white."""
    # A hair is added so that a time that is a multiple but for rounding belongs to the new shot.
    return int(seconds / LENGTH + 1e-9)


def shot_view(seconds: float) -> View:
    """Each shot drifts a little, so that it is never still."""
    shot = shot_number(seconds)
    x, y = VIEWS[(shot * 3 + shot // 4) % 4]
    return View(x + 0.02 * (seconds % LENGTH), y + 0.01 * sin(seconds), 1.0 + 0.3 * (shot % 3))
