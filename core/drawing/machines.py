"""The robot: plates of steel that mirror a room, seams between them, a helmet for hair, lamps for eyes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.drawing.beings import even_skin, eyeballs, mixed
from core.drawing.subject import CLOTH, EARS, EYES, GLASSES, HAIR, LIPS, MOUTH, NECK, floats

if TYPE_CHECKING:
    from core.drawing.subject import Subject, Values

STEEL, PAINT = floats([0.90, 0.97, 1.06]), floats([0.30, 0.40, 0.56])
GLOW = floats([0.45, 0.98, 1.0])
SEAM = 0.0042
"""Half the width of a seam, world units."""
SHELL = 5.0
"""How smooth a helmet is beside the hair that it stands for, in pixels of a picture of `STROKES_PX`."""
RIB = 0.026
"""Distance of the rings of the neck."""
EAR = 0.042


def robot(subject: Subject, random: np.random.Generator) -> Values:
    """A face cast in steel from the person's own, with plates, rivets, a jaw of its own, and shining eyes."""
    marks, points = subject.landmarks, subject.points
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    hair, neck = subject.part(HAIR, soft_px=subject.unit), subject.part(NECK, soft_px=subject.unit)
    shell = np.clip(hair + 0.6 * subject.part(CLOTH), 0, 1)[..., None]
    smooth = subject.blurred(subject.normals, SHELL)
    normals = subject.normals + (smooth - subject.normals) * shell
    normals = floats(normals / np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-6))
    room = _mirrored_room(subject, normals)
    brushed = 1 + 0.035 * subject.noise(70, 5)
    # a face of steel is cast from the person: its own light and shade, in metal
    own = np.clip(even_skin(subject) - 0.05, 0, 1) ** np.float32(1.05) * (0.95 + 0.16 * room) * brushed
    plate = (0.10 + 0.86 * room) * np.exp(0.30 * np.clip(subject.light, -0.8, 0.4))
    steel = (plate + (own - plate) * 0.96 * subject.face)[..., None] * STEEL
    tint = float(random.uniform(0.92, 1.06))
    groove = np.exp(0.55 * np.clip(subject.blurred(subject.light, 1.0), -0.9, 0.5))
    helmet = ((0.10 + 0.95 * room) * groove)[..., None] * PAINT * floats([1, tint, 1])
    helmet = helmet + (0.55 * room**6)[..., None]
    picture = mixed(steel, helmet, hair)
    suit = (0.05 + 0.55 * room)[..., None] * floats([0.62, 0.64, 0.68])
    picture = mixed(picture, suit * (1 + 0.4 * subject.detail[..., None]), subject.part(CLOTH))
    rings = 0.5 + 0.5 * np.cos((y + 0.12 * (z - marks.nose[2])) * np.float32(2 * np.pi / RIB))
    ribbed = ((0.06 + 0.80 * room) * (0.20 + 0.80 * rings))[..., None] * floats([0.55, 0.58, 0.62])
    below = np.clip((marks.chin - 0.012 - y) / 0.012, 0, 1)
    picture = mixed(picture, ribbed, neck * below)
    dark, light = _seams(subject)
    face = np.clip(subject.face, 0, 1)
    picture = picture * (1 - (0.80 - 0.58 * face) * dark)[..., None] + ((0.24 - 0.12 * face) * light)[..., None]
    picture = _with_bolts(subject, picture, room)
    eyes, iris = eyeballs(subject)
    front = (z > marks.nose[2] - 0.20).astype(np.float32)
    picture = mixed(picture, floats([0.03, 0.05, 0.08]) + 0.70 * subject.grey[..., None], 0.30 * eyes)
    lamp = np.maximum(*(subject.near(eye, 0.050 * marks.apart, 0.5) for eye in marks.eyes)) * front
    halo = np.maximum(*(subject.near(eye, 0.22 * marks.apart, 1.6) for eye in marks.eyes)) * front
    picture = picture + halo[..., None] * floats([0.0, 0.06, 0.10])
    picture = mixed(picture, GLOW, np.clip(np.maximum(0.95 * lamp, 0.60 * iris), 0, 1))
    picture = (
        picture + (0.5 * np.maximum(*(subject.near(e, 0.03 * marks.apart, 0.8) for e in marks.eyes)) * front)[..., None]
    )
    teeth = subject.part(MOUTH, soft_px=0.8 * subject.unit)
    bars = 0.55 + 0.45 * np.cos(x * np.float32(2 * np.pi / 0.014))
    picture = mixed(picture, (subject.grey * bars)[..., None] * floats([0.80, 0.92, 1.0]), 0.85 * teeth)
    lips = subject.part(LIPS, soft_px=0.8 * subject.unit)
    picture = mixed(picture, floats([0.26, 0.30, 0.36]) * (0.35 + 0.9 * room[..., None]), 0.15 * lips)
    return subject.on_white(mixed(picture, 0.25 * picture, 0.9 * subject.rims))


def _mirrored_room(subject: Subject, normals: Values) -> Values:
    """float32 [S, S], 0..1: the light that polished metal sends back: a bright ceiling, a dark wall, a grey floor."""
    facing = (normals * subject.towards).sum(-1, keepdims=True)
    way = 2 * facing * normals - subject.towards
    up, left = way[..., 1], way[..., 0]
    ceiling = np.clip((up + 0.02) / 0.55, 0, 1)
    ceiling = ceiling * ceiling * (3 - 2 * ceiling)
    floor = 0.34 * np.clip((-up - 0.18) / 0.5, 0, 1)
    window = 0.55 * np.clip(1 - np.abs(left - 0.55) / 0.22, 0, 1) * np.clip(1 - np.abs(up - 0.30) / 0.5, 0, 1)
    rim = 0.45 * np.clip(1 - facing[..., 0], 0, 1) ** 3
    room = 0.10 + 0.66 * ceiling + floor + window + rim
    return np.asarray(np.clip(room * (1 - 0.45 * subject.hollow), 0, 1), np.float32)


def _seams(subject: Subject) -> tuple[Values, Values]:
    """float32 [S, S] each, 0..1: the dark of the seams between plates, and the light on their bevels."""
    marks, points = subject.landmarks, subject.points
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    side, apart, corner = np.abs(x), marks.apart, float(np.abs(marks.mouth[:, 0]).mean()) + 0.012
    mouth = float(marks.mouth[:, 1].mean())
    front = z > marks.nose[2] - 0.20
    jaw = 0.5 * (mouth + float(marks.eyes[:, 1].mean()))
    ears = float(marks.ears[:, 2].mean())
    lines = (
        (x, y > marks.brow + 0.035),
        (y - marks.brow - 0.030 - 0.10 * side, front),
        (side - 0.80 * apart - 0.10 * (y - jaw), front & (y < marks.brow + 0.04) & (y > mouth - 0.04)),
        (y - jaw + 0.06 + 0.55 * side, front & (side > 0.36 * apart) & (side < 0.80 * apart)),
        # a jaw that opens
        (side - corner - 0.10 * (mouth - y), front & (y < mouth + 0.004) & (y > marks.chin - 0.02)),
        (z - ears - 0.055, y > marks.chin),
        (z - ears + 0.105, y > marks.brow),
        (y - marks.brow - 0.115, z < ears + 0.055),
        (y - marks.brow + 0.02, z < ears - 0.02),
    )
    kept = subject.part(EYES, LIPS, MOUTH, GLASSES, soft_px=subject.unit) < 0.5
    dark, light = np.zeros_like(x), np.zeros_like(x)
    for value, where in lines:
        here = subject.blurred(np.asarray(where & kept, np.float32), 1.2)
        dark = np.maximum(dark, np.exp(-np.square(value / SEAM)) * here)
        light = np.maximum(light, np.exp(-np.square((value - 1.9 * SEAM) / (0.8 * SEAM))) * here)
    return floats(dark), floats(light * (1 - dark))


def _with_bolts(subject: Subject, picture: Values, room: Values) -> Values:
    """Rivets along the plates, and a round one with a lamp for each ear."""
    marks, points = subject.landmarks, subject.points
    jaw = 0.5 * (float(marks.mouth[:, 1].mean()) + float(marks.eyes[:, 1].mean()))
    front = points[..., 2] > marks.nose[2] - 0.20
    for wide, height in (
        (0.62, marks.brow + 0.062),
        (0.25, marks.brow + 0.062),
        (0.68, jaw - 0.005),
        (0.62, jaw - 0.07),
    ):
        away = np.hypot(np.abs(points[..., 0]) - wide * marks.apart, points[..., 1] - height)
        ring = np.clip((0.0085 - away) / 0.002 + 0.5, 0, 1) * front
        head = np.clip((0.0062 - away) / 0.002 + 0.5, 0, 1) * front
        picture = mixed(picture, 0.35 * picture, 0.8 * ring)
        picture = mixed(picture, STEEL * (0.35 + 0.65 * room[..., None]), head)
    for ear in marks.ears:
        beside = np.abs(points[..., 0] - ear[0]) < 0.05
        away = np.hypot(points[..., 1] - ear[1] - 0.01, points[..., 2] - ear[2]) / EAR
        flat = np.clip((1.0 - away) / 0.06 + 0.5, 0, 1) * beside * subject.part(EARS, HAIR, soft_px=2.0 * subject.unit)
        rings = np.clip(0.55 + 0.45 * np.cos(away * np.float32(2 * np.pi * 2)), 0, 1)
        disc = ((0.12 + 0.80 * room) * (0.35 + 0.65 * rings))[..., None] * STEEL
        disc = disc + (GLOW - disc) * np.clip((0.24 - away) / 0.08 + 0.5, 0, 1)[..., None]
        picture = mixed(picture, disc, flat)
    return picture
