"""Card hair of version 3: what MakeHuman's hair meshes can be made into by shortening, waving and coiling."""

from dataclasses import dataclass

import numpy as np

from core.training.synthetic.arrays import Bools, Floats, Ints
from core.training.synthetic.pictures import smoothstep
from core.training.synthetic.tubes import TriangleMesh

_BUN_AXIS = np.array([0.0, 0.42, -0.9])
_FROM_DM = 7.1  # hair is shortened below the ears
_SHOULDERS_DM = 5.6  # what ends lower lies on the shoulders as the mesh does
_NECK_DM, _ELLIPSE_DM = np.array([0.0, 0.3]), np.array([0.98, 1.12])
_LIMP_DM, _FREE_DM = 7.35, 6.4  # between them waves grow to their full swing


@dataclass(frozen=True)
class CardForm:
    """How a style is made of a mesh.

    Attributes:
        mesh: name of MakeHuman's hair.
        end_dm: range of the height at which the hair ends; None keeps the mesh's length.
        wave_dm: range of the swing.
        radians_per_dm: range of the waves' frequency.
        strand_px: swing of the strands in the texture.
        volume_dm: most that it is puffed up.
        bun: the tail is coiled up.
    """

    mesh: str
    end_dm: tuple[float, float] | None = None
    wave_dm: tuple[float, float] = (0.0, 0.0)
    radians_per_dm: tuple[float, float] = (5.0, 8.0)
    strand_px: float = 0.0
    volume_dm: float = 0.16
    bun: bool = False


FORMS: dict[str, CardForm] = {
    "bob01": CardForm("bob01", wave_dm=(0.0, 0.03)),
    "bob02": CardForm("bob02", wave_dm=(0.0, 0.05)),
    "braid01": CardForm("braid01"),
    "bun": CardForm("ponytail01", bun=True),
    "long01": CardForm("long01", (2.5, 5.2), (0.0, 0.02)),
    "long_curly": CardForm("long01", (4.6, 5.9), (0.05, 0.085), (12.0, 17.0), 9.0),
    "long_wavy": CardForm("long01", (3.5, 5.6), (0.06, 0.13), (5.0, 8.5), 7.0),
    "medium": CardForm("long01", (5.85, 6.4), (0.0, 0.02), volume_dm=0.1),
    "medium_wavy": CardForm("long01", (5.8, 6.3), (0.05, 0.1), (6.0, 11.0), 7.0, 0.12),
    "ponytail01": CardForm("ponytail01", wave_dm=(0.0, 0.08)),
    "short01": CardForm("short01"),
    "short02": CardForm("short02"),
    "short03": CardForm("short03"),
    "short04": CardForm("short04"),
}


def shortened(strands: Floats, end_dm: float) -> Floats:
    """Hair vertices [N,3] in dm with all below the ears squeezed upwards so that the hair ends at a height.

    The ends keep their shape, and what came in from wider below stays near the neck.
    """
    y, lowest = strands[:, 1], float(strands[:, 1].min())
    if lowest >= end_dm:
        return strands
    below = np.clip((_FROM_DM - y) / (_FROM_DM - lowest), 0, None)
    depth = _FROM_DM - end_dm
    first = (_FROM_DM - lowest) / depth  # squeezed this much at the end, less right below the ears
    eased = depth * np.where(below > 0, 1 - (1 - np.clip(below, 0, 1)) ** min(first, 3.0), 0)
    moved = strands.copy()
    moved[:, 1] = np.where(y < _FROM_DM, _FROM_DM - eased, y)
    if end_dm < _SHOULDERS_DM:
        return moved
    # Short hair hangs straight down: it spreads no wider than a narrowing ellipse, and its ends turn in a little.
    fallen = smoothstep(_FROM_DM + 0.2, end_dm, moved[:, 1])
    offset = moved[:, [0, 2]] - _NECK_DM
    reach = np.linalg.norm(offset / _ELLIPSE_DM, axis=1)
    allowed = 1.0 - 0.16 * fallen
    tamed = np.where(reach > allowed, allowed + 0.12 * np.tanh((reach - allowed) / 0.6), reach)
    scale = 1 + (tamed / np.maximum(reach, 1e-6) - 1) * smoothstep(0.0, 0.25, fallen)
    moved[:, [0, 2]] = _NECK_DM + offset * scale[:, None]
    return moved


def swung(strands: Floats, wave_dm: float, radians_per_dm: float, phase: float) -> Floats:
    """Hair vertices [N,3] in dm, waved sideways and in depth; locks around the head swing out of step."""
    angle = np.arctan2(strands[:, 0], strands[:, 2] - 0.1)
    lock = phase + 3.1 * np.sin(angle * 5 + phase) + 1.7 * np.sin(angle * 11 + 2 * phase)
    swing = wave_dm * smoothstep(_LIMP_DM, _FREE_DM, strands[:, 1])
    turn = radians_per_dm * strands[:, 1] + lock
    waved = strands.copy()
    outward = np.stack([np.sin(angle), np.cos(angle)], 1)
    along = np.stack([np.cos(angle), -np.sin(angle)], 1)
    shift = outward * (np.sin(turn) + 0.6)[:, None] + along * np.cos(turn)[:, None]
    waved[:, [0, 2]] += swing[:, None] * shift
    return waved


def tail_of(positions: Floats, piece: Ints) -> Bools:
    """Which of the ponytail's vertices [N,3] hang in its tail: the pieces that reach far down near the middle."""
    tail = np.zeros(len(positions), bool)
    for number in range(int(piece.max()) + 1):
        own = piece == number
        low, high = positions[own].min(0), positions[own].max(0)
        tail |= own & bool(np.abs([low[0], high[0]]).max() < 0.45 and high[2] < -0.38 and low[1] < 7.72)
    return tail


def bun(centre: Floats, radius_dm: float, rng: np.random.RandomState) -> tuple[TriangleMesh, Floats]:
    """A coil of hair about a centre, and its uv [N,2] with the strands along the coil."""
    turns = rng.uniform(1.5, 2.8)
    polar, azimuth = np.meshgrid(np.linspace(0.02, np.pi * 0.86, 26), np.linspace(0, 2 * np.pi, 49), indexing="ij")
    groove = np.sin(turns * polar * 2 + azimuth)
    radius = radius_dm * (1 + 0.09 * groove)
    ring = np.sin(polar)
    local = np.stack([ring * np.cos(azimuth), ring * np.sin(azimuth), 0.82 * np.cos(polar)], -1) * radius[..., None]
    axis = _BUN_AXIS / np.linalg.norm(_BUN_AXIS)
    right = np.array([1.0, 0.0, 0.0])
    up = np.cross(axis, right)
    points = centre + local @ np.stack([right, up, axis])
    normal = (points - centre) / np.linalg.norm(points - centre, axis=-1, keepdims=True)
    i, j = np.mgrid[:25, :48]
    a, b = i * 49 + j, (i + 1) * 49 + j
    triangles = np.concatenate([np.stack([a, b, a + 1], -1), np.stack([b, b + 1, a + 1], -1)]).reshape(-1, 3)
    uv = np.stack([polar / np.pi + azimuth / (2 * np.pi * turns), azimuth / (2 * np.pi)], -1).reshape(-1, 2)
    return TriangleMesh(points.reshape(-1, 3), triangles, normal.reshape(-1, 3)), uv
