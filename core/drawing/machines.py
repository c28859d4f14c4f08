"""The robot: plates of steel that mirror a room, seams between them, a helmet for hair, lamps for eyes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.drawing.make_up import even_skin, eyeballs, mixed, pupils
from core.drawing.matter import carving, coloured, hollows
from core.drawing.subject import CLOTH, EARS, EYES, GLASSES, HAIR, LIPS, MOUTH, NECK, floats

if TYPE_CHECKING:
    from core.drawing.subject import Bits, Subject, Values

STEEL, PAINT = floats([0.90, 0.97, 1.06]), floats([0.30, 0.40, 0.56])
RAMP = (0.03, 0.04, 0.06), (0.40, 0.45, 0.52), (0.90, 0.96, 1.0)
"""Colours of cast steel in its shades, between, and in its lights."""
CAST = 0.8
"""How deep a face's features are cast."""
OWN = 0.6
"""Share of a cast face that is the person's own light and shade, in steel."""
GLOW = floats([0.45, 0.98, 1.0])
SEAM = 0.0024
"""Half the width of a seam, world units."""
SHELL = 5.0
"""How smooth a helmet is beside the hair that it stands for, in pixels of a picture of `STROKES_PX`."""
RIB, TOOTH = 0.026, 0.014
"""Distances of the rings of the neck, and of the bars before the mouth, world units."""
EAR = 0.042
"""Radius of what stands for an ear, world units."""
FACE_DEEP = 0.20
"""How far behind the tip of the nose the front of a head reaches, world units."""
RIVETS = ((0.62, 0.062, "brow"), (0.25, 0.062, "brow"), (0.68, -0.005, "jaw"), (0.62, -0.07, "jaw"))
"""Distance from the middle, in distances of the eyes, and height above brows or jaw, world units."""


def robot(subject: Subject, random: np.random.Generator) -> Values:
    """A face cast in steel from the person's own, with plates, rivets, a jaw of its own, and shining eyes."""
    room = _mirrored_room(subject, _shell(subject))
    picture = _plated(subject, room, float(random.uniform(0.92, 1.06)))
    dark, light = _seams(subject)
    face = np.clip(subject.face, 0, 1)
    picture = picture * (1 - (0.85 - 0.45 * face) * dark)[..., None] + ((0.24 - 0.04 * face) * light)[..., None]
    picture = _with_lamps(subject, _with_bolts(subject, picture, room))
    teeth = subject.part(MOUTH, soft_px=0.8 * subject.unit)
    bars = 0.55 + 0.45 * np.cos(subject.points[..., 0] * np.float32(2 * np.pi / TOOTH))
    picture = mixed(picture, (subject.grey * bars)[..., None] * floats([0.80, 0.92, 1.0]), 0.85 * teeth)
    lips = subject.part(LIPS, soft_px=0.8 * subject.unit)
    picture = mixed(picture, floats([0.26, 0.30, 0.36]) * (0.35 + 0.9 * room[..., None]), 0.15 * lips)
    return subject.on_white(mixed(picture, 0.25 * picture, 0.9 * subject.rims))


def _shell(subject: Subject) -> Values:
    """float32 [S, S, 3]: normals of the robot, whose helmet and suit are smoother than hair and clothes."""
    hair = subject.part(HAIR, soft_px=subject.unit)
    shell = np.clip(hair + 0.6 * subject.part(CLOTH), 0, 1)[..., None]
    smooth = subject.blurred(subject.normals, SHELL)
    return _rough(subject, floats((smooth - subject.normals) * shell))


def _rough(subject: Subject, relief: Values) -> Values:
    """float32 [S, S, 3]: normals with a relief."""
    normals = subject.normals + relief
    return floats(normals / np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-6))


def _cast(subject: Subject, brushed: Values) -> Values:
    """float32 [S, S, 3]: a face of steel, brushed [S, S]: lids, lips and folds in relief, its own light and shade."""
    rough = carving(subject, CAST)
    shade = subject.modelled(0.3, rough) * hollows(subject, 0.95) * brushed
    cast = coloured(shade, *RAMP) + 0.32 * subject.shine(36, rough)[..., None]
    cast = cast + (0.18 * (_mirrored_room(subject, _rough(subject, rough)) - 0.4))[..., None]
    own = np.clip(even_skin(subject) - 0.05, 0, 1) ** np.float32(1.05)
    return floats(cast + OWN * (own[..., None] * STEEL - cast))


def _plated(subject: Subject, room: Values, tint: float) -> Values:
    """float32 [S, S, 3]: steel, a painted helmet, a suit, a ribbed neck.

    Args:
        subject: the head.
        room: float32 [S, S], what polished metal sends back.
        tint: of the helmet, about 1.
    """
    marks, points = subject.landmarks, subject.points
    y, z = points[..., 1], points[..., 2]
    hair, neck = subject.part(HAIR, soft_px=subject.unit), subject.part(NECK, soft_px=subject.unit)
    brushed = 1 + 0.035 * subject.noise(70, 5)
    plate = ((0.10 + 0.86 * room) * np.exp(0.30 * np.clip(subject.light, -0.8, 0.4)))[..., None] * STEEL
    steel = plate + (_cast(subject, brushed) - plate) * (0.96 * subject.face)[..., None]
    groove = np.exp(0.55 * np.clip(subject.blurred(subject.light, 1.0), -0.9, 0.5))
    helmet = ((0.10 + 0.95 * room) * groove)[..., None] * PAINT * floats([1, tint, 1])
    helmet = helmet + (0.55 * room**6)[..., None]
    picture = mixed(steel, helmet, hair)
    suit = (0.05 + 0.55 * room)[..., None] * floats([0.62, 0.64, 0.68])
    picture = mixed(picture, suit * (1 + 0.4 * subject.detail[..., None]), subject.part(CLOTH))
    rings = 0.5 + 0.5 * np.cos((y + 0.12 * (z - marks.nose[2])) * np.float32(2 * np.pi / RIB))
    ribbed = ((0.06 + 0.80 * room) * (0.20 + 0.80 * rings))[..., None] * floats([0.55, 0.58, 0.62])
    below = np.clip((marks.chin - 0.012 - y) / 0.012, 0, 1)
    return mixed(picture, ribbed, neck * below)


def _with_lamps(subject: Subject, picture: Values) -> Values:
    """Eyes that shine, with a halo each; their lids and whites stay to be seen."""
    marks, front, lamps = subject.landmarks, _in_front(subject).astype(np.float32), pupils(subject)

    def about(radius: float, soft: float) -> Values:
        return np.maximum(*(subject.near(eye, radius * marks.apart, soft) for eye in lamps)) * front

    eyes, iris = eyeballs(subject)
    picture = mixed(picture, floats([0.03, 0.05, 0.08]) + 0.70 * subject.grey[..., None], 0.30 * eyes)
    picture = picture + about(0.22, 1.6)[..., None] * floats([0.0, 0.06, 0.10])
    picture = mixed(picture, GLOW, np.clip(np.maximum(0.95 * about(0.050, 0.5), 0.60 * iris), 0, 1))
    return picture + (0.5 * about(0.03, 0.8))[..., None]


def _in_front(subject: Subject) -> Bits:
    """Bool [S, S]: what belongs to the front of the head."""
    front: Bits = subject.points[..., 2] > subject.landmarks.nose[2] - FACE_DEEP
    return front


def _jaw(subject: Subject) -> float:
    """Height y of the joints of the jaw, halfway between eyes and mouth."""
    marks = subject.landmarks
    return 0.5 * (float(marks.mouth[:, 1].mean()) + float(marks.eyes[:, 1].mean()))


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
    front, jaw = _in_front(subject), _jaw(subject)
    ears = float(marks.ears[:, 2].mean())
    lines = (
        (x, y > marks.brow + 0.035),
        (y - marks.brow - 0.030 - 0.10 * side, front),
        (side - 0.80 * apart - 0.10 * (y - jaw), front & (y < marks.brow + 0.04) & (y > mouth - 0.04)),
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
    front, levels = _in_front(subject), {"brow": marks.brow, "jaw": _jaw(subject)}
    for wide, above, level in RIVETS:
        away = np.hypot(np.abs(points[..., 0]) - wide * marks.apart, points[..., 1] - (levels[level] + above))
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
