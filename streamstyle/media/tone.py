"""From HDR to SDR: a table of colours for FFmpeg's lut3d, worked out from the curves' own definitions."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SIZE = 33
PEAK_NITS = 1000.0
WHITE_NITS = 203.0
"""Diffuse white in HDR (ITU-R BT.2408)."""

# Linear BT.2020 to linear BT.709 (ITU-R BT.2087, inverted).
_NARROW = np.array([[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]])
_LUMA = np.array([0.2627, 0.6780, 0.0593])


def write_table(path: Path, curve: str) -> Path:
    """Writes a .cube file that maps coded BT.2020 RGB under `curve` to coded BT.709 RGB."""
    steps = np.linspace(0, 1, SIZE)
    blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")
    coded = np.stack([red, green, blue], axis=-1).reshape(-1, 3)
    rows = "\n".join(f"{r:.6f} {g:.6f} {b:.6f}" for r, g, b in to_sdr(coded, curve))
    path.write_text(f"LUT_3D_SIZE {SIZE}\n{rows}\n")
    return path


def to_sdr(coded: Floats, curve: str) -> Floats:
    """Coded HDR RGB in 0..1 to coded SDR RGB in 0..1."""
    nits = _pq(coded) if curve == "pq" else _hlg(coded)
    # The brightest channel is bent and the others keep their ratio, so that colours do not shift hue.
    top = np.maximum(nits.max(axis=-1, keepdims=True), 1e-6)
    linear = nits * (_bend(top / WHITE_NITS) / top)
    narrow = np.clip(linear @ _NARROW.T, 0, 1)
    return np.asarray(narrow ** (1 / 2.4))


def _bend(light: Floats) -> Floats:
    """Extended Reinhard: near-linear in the shadows, PEAK_NITS lands on 1, diffuse white near 0.8 of the code range."""
    white = PEAK_NITS / WHITE_NITS
    scaled = light * 1.2
    return np.asarray(np.clip(scaled * (1 + scaled / (1.2 * white) ** 2) / (1 + scaled), 0, 1))


def _pq(coded: Floats) -> Floats:
    """SMPTE ST 2084, to nits."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    power = np.clip(coded, 0, 1) ** (1 / m2)
    return np.asarray(10000 * (np.maximum(power - c1, 0) / (c2 - c3 * power)) ** (1 / m1))


def _hlg(coded: Floats) -> Floats:
    """ARIB STD-B67 with the reference display's system gamma, to nits."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(coded <= 0.5, coded**2 / 3, (np.exp((coded - c) / a) + b) / 12)
    luma = np.maximum((scene @ _LUMA)[..., None], 1e-9)
    return np.asarray(PEAK_NITS * luma**0.2 * scene)
