"""Glasses, made from curves that follow the eyes, the bridge of the nose and the ears. Lengths are decimetres."""

from dataclasses import dataclass

import numpy as np

from core.training.synthetic.arrays import Floats
from core.training.synthetic.base_mesh import LEFT_EYE, RIGHT_EYE, BaseMesh
from core.training.synthetic.part import WHITE, Part, PartKind, colour3, world_from_dm
from core.training.synthetic.tubes import TriangleMesh, joined, tube
from core.training.synthetic.uv_maps import LABELS

_FRAME_RGB = (  # linear light
    (0.02, 0.02, 0.02),
    (0.10, 0.05, 0.03),
    (0.35, 0.28, 0.16),
    (0.3, 0.3, 0.32),
    (0.25, 0.03, 0.05),
    (0.03, 0.05, 0.15),
)
_LENS_RGB = ((0.02, 0.02, 0.022), (0.06, 0.035, 0.02), (0.03, 0.045, 0.035), (0.025, 0.03, 0.05))
SHAPES = ("round", "oval", "square", "aviator", "rimless")
_RIM_POINTS = 48
_THINNEST_BRIDGE, _LENS_EDGE = 0.012, 0.006
_TYPICAL_HALF_GAP = 0.31


@dataclass(frozen=True)
class FaceFit:
    """Where glasses sit on a face.

    Attributes:
        half_gap: half the distance between the eyes.
        eye_y: height of the eyes.
        front_z: depth of the lenses.
        ear_z: depth of the ears.
        bare: points of the head without ears near the height of the temples, float [N,3].
    """

    half_gap: float
    eye_y: float
    front_z: float
    ear_z: float
    bare: Floats

    @property
    def ear_top(self) -> float:
        """Height where the temples lie on the ears."""
        return self.eye_y + 0.06

    def half_width(self, z: float) -> float:
        """Half the head's width at a depth, with a little air."""
        near = np.abs(self.bare[np.abs(self.bare[:, 2] - z) < 0.15, 0])
        return (float(near.max()) if len(near) else 0.75) + 0.02


@dataclass(frozen=True)
class FrameStyle:
    """The form of a frame.

    Attributes:
        half_width: of one lens.
        half_height: of one lens.
        squareness: exponent of the lens's superellipse, 2 is round.
        radius: of the rim's wire.
        thickness: of the temples.
        drop: how much longer the lens is below its middle than above, in parts.
        rimless: the lenses have no wire around them, only an edge.
    """

    half_width: float
    half_height: float
    squareness: float
    radius: float
    thickness: float
    drop: float = 0.06
    rimless: bool = False


def random_frame(rng: np.random.RandomState, fit: FaceFit) -> FrameStyle:
    """A frame that suits the width of a face."""
    half_width = rng.uniform(0.235, 0.285) * fit.half_gap / _TYPICAL_HALF_GAP
    half_height = half_width * rng.uniform(0.68, 1.0)
    squareness = rng.choice([2.0, 2.6, 3.4, 4.5])
    radius = rng.uniform(0.014, 0.034)
    return FrameStyle(half_width, half_height, squareness, radius, radius * rng.uniform(0.9, 1.6))


def glasses_parts(rng: np.random.RandomState, base: BaseMesh, vertices: Floats) -> tuple[list[Part], bool]:
    """Frame and lenses on shaped base vertices [V,3], and whether the lenses are dark.

    Clear lenses are too thin to be labelled: they carry the label of what is behind them.
    """
    fit = face_fit(base, vertices)
    frame, lenses = glasses_meshes(fit, random_frame(rng, fit))
    colour = _FRAME_RGB[rng.randint(len(_FRAME_RGB))]
    dark = bool(rng.rand() < 0.22)
    frame_part = Part(
        world_from_dm(frame.vertices),
        frame.normals,
        np.zeros((len(frame.vertices), 2)),
        frame.triangles,
        WHITE,
        LABELS["glasses"],
        PartKind.FRAME,
        tint=colour,
        specular=0.9,
        gloss=60.0,
    )
    lens_part = Part(
        world_from_dm(lenses.vertices),
        lenses.normals,
        np.zeros((len(lenses.vertices), 2)),
        lenses.triangles,
        WHITE,
        LABELS["glasses"],
        PartKind.BLEND,
        tint=(0.03, 0.03, 0.035) if dark else (0.75, 0.8, 0.85),
        opacity=0.9 if dark else 0.08,
        specular=0.25,
        gloss=80.0,
    )
    return [frame_part, lens_part], dark


def varied_glasses(
    rng: np.random.RandomState, base: BaseMesh, vertices: Floats, *, dark: bool
) -> tuple[list[Part], str]:
    """Glasses of version 3 and the name of their shape, one of SHAPES. Clear lenses are labelled too, as a veil."""
    fit = face_fit(base, vertices)
    shape = SHAPES[rng.randint(len(SHAPES))]
    frame, lenses = glasses_meshes(fit, varied_frame(rng, fit, shape, dark=dark))
    colour = np.array(_FRAME_RGB[rng.randint(len(_FRAME_RGB))])
    if shape == "rimless":
        colour = np.array(_FRAME_RGB[rng.choice([2, 3])])
    lens_colour = np.array(_LENS_RGB[rng.randint(len(_LENS_RGB))]) if dark else np.array([0.75, 0.8, 0.85])
    parts = []
    for mesh, kind, tint in ((frame, PartKind.FRAME, colour), (lenses, PartKind.BLEND, lens_colour)):
        lens = kind is PartKind.BLEND
        parts.append(
            Part(
                world_from_dm(mesh.vertices),
                mesh.normals,
                np.zeros((len(mesh.vertices), 2)),
                mesh.triangles,
                WHITE,
                LABELS["glasses"],
                kind,
                tint=colour3(tint),
                opacity=(0.93 if dark else 0.1) if lens else 1.0,
                specular=0.25 if lens else 0.9,
                gloss=80.0 if lens else 60.0,
                veil=lens and not dark,
            )
        )
    return parts, shape


def varied_frame(rng: np.random.RandomState, fit: FaceFit, shape: str, *, dark: bool) -> FrameStyle:
    """A frame of a shape of SHAPES; dark lenses are larger."""
    half_width = rng.uniform(0.235, 0.275) * fit.half_gap / _TYPICAL_HALF_GAP * (1.07 if dark else 1.0)
    aspect, squareness, drop = {
        "round": (rng.uniform(0.92, 1.0), 2.0, 0.0),
        "oval": (rng.uniform(0.68, 0.8), 2.2, 0.05),
        "square": (rng.uniform(0.72, 0.92), rng.uniform(3.4, 5.0), 0.06),
        "aviator": (rng.uniform(0.72, 0.82), 2.4, rng.uniform(0.3, 0.5)),
        "rimless": (rng.uniform(0.62, 0.8), rng.uniform(2.2, 3.6), 0.06),
    }[shape]
    radius = {"aviator": rng.uniform(0.011, 0.017), "rimless": 0.008}.get(shape, rng.uniform(0.013, 0.036))
    thickness = max(radius, 0.013) * rng.uniform(0.9, 1.6)
    return FrameStyle(half_width, half_width * aspect, squareness, radius, thickness, drop, shape == "rimless")


def face_fit(base: BaseMesh, vertices: Floats) -> FaceFit:
    """Measures a shaped base mesh [V,3]."""
    left, right = vertices[LEFT_EYE].mean(0), vertices[RIGHT_EYE].mean(0)
    half_gap, eye_y = float(abs(left[0] - right[0]) / 2), float((left[1] + right[1]) / 2)
    skin = vertices[base.head_vertices]
    side, height = np.abs(skin[:, 0]), skin[:, 1]
    bridge = skin[(side < 0.05) & (np.abs(height - eye_y - 0.02) < 0.12), 2].max()
    sockets = (np.abs(side - half_gap) < 0.3) & (np.abs(height - eye_y) < 0.28)
    front = float(max(bridge + 0.03, skin[sockets, 2].max() + 0.10))
    ears = np.unique(np.concatenate([base.targets[f"ears/{side}-ear-wing-incr"][0] for side in "lr"]))
    bare = vertices[np.setdiff1d(base.head_vertices, ears)]
    bare = bare[np.abs(bare[:, 1] - (eye_y + 0.06)) < 0.14]
    return FaceFit(half_gap, eye_y, front, float(np.median(vertices[ears, 2])) + 0.02, bare)


def glasses_meshes(fit: FaceFit, style: FrameStyle) -> tuple[TriangleMesh, TriangleMesh]:
    """Frame and lenses. The temples run outside the head, over the ears."""
    centre_x, centre_y = fit.half_gap + 0.015, fit.eye_y - 0.03
    angle = np.linspace(0, 2 * np.pi, _RIM_POINTS, endpoint=False)
    cos, sin = np.cos(angle), np.sin(angle)
    x = np.sign(cos) * np.abs(cos) ** (2 / style.squareness) * style.half_width
    y = np.sign(sin) * np.abs(sin) ** (2 / style.squareness) * style.half_height * np.where(sin < 0, 1 + style.drop, 1)
    frame: list[TriangleMesh] = []
    lenses: list[TriangleMesh] = []
    for side in (-1, 1):
        rim_x = side * (centre_x + x)
        rim = np.stack([rim_x, centre_y + y, fit.front_z + _wrapped(rim_x)], 1)
        wire = _LENS_EDGE if style.rimless else style.radius
        frame.append(tube(rim, (wire, wire), 8, closed=True))
        middle = [side * centre_x, centre_y, fit.front_z + _wrapped(centre_x)]
        lenses.append(_lens(np.array([middle]), rim))
        hinge_x, hinge_y = centre_x + style.half_width + style.radius, centre_y + style.half_height * 0.45
        temple = _temple(fit, hinge_x, hinge_y) * [side, 1, 1]
        frame.append(tube(temple, (style.thickness * 0.7, style.radius * (1.1 if style.rimless else 0.6)), 6))
    t = np.linspace(-1, 1, 12)
    arch = 1 - t**2
    bridge = [t * (centre_x - style.half_width), centre_y + style.half_height * 0.35 + 0.05 * arch]
    bridge.append(fit.front_z + 0.03 * arch)
    wire = max(style.radius * 0.9, _THINNEST_BRIDGE) if style.rimless else style.radius * 0.9
    frame.append(tube(np.stack(bridge, 1), (wire, wire), 8))
    return joined(frame), joined(lenses)


def _wrapped(x: Floats | float) -> Floats:
    """How far lenses bend back towards the temples."""
    depth: Floats = -0.10 * (np.abs(x) / 0.6) ** 2
    return depth


def _lens(middle: Floats, rim: Floats) -> TriangleMesh:
    k = np.arange(len(rim))
    fan = np.stack([0 * k, 1 + k, 1 + (k + 1) % len(rim)], 1)
    return TriangleMesh(np.concatenate([middle, rim]), fan, np.tile([[0, 0, 1.0]], (len(rim) + 1, 1)))


def _temple(fit: FaceFit, hinge_x: float, hinge_y: float) -> Floats:
    """Path [40,3] of the left temple from the hinge over the ear."""
    hinge_z = fit.front_z + float(_wrapped(hinge_x))
    ear_x, ear_top, ear_z = fit.half_width(fit.ear_z + 0.12) + 0.03, fit.ear_top, fit.ear_z
    out_x, mid_z = max(hinge_x + 0.04, 0.93 * ear_x), (hinge_z + ear_z) / 2
    mid_x = max(out_x * 0.4 + ear_x * 0.6, fit.half_width(mid_z) + 0.02)
    knots = np.array(
        [
            (hinge_x, hinge_y, hinge_z),
            (out_x, hinge_y, hinge_z - 0.10),
            (mid_x, hinge_y * 0.6 + ear_top * 0.4, mid_z),
            (ear_x, ear_top, ear_z + 0.10),
            (ear_x, ear_top - 0.13, ear_z - 0.10),
            (ear_x - 0.03, ear_top - 0.36, ear_z - 0.2),
        ]
    )
    t = np.linspace(0, 5, 40)
    path = np.stack([np.interp(t, np.arange(6), knots[:, k]) for k in range(3)], 1)
    for _ in range(2):
        path[1:-1] = (path[:-2] + 2 * path[1:-1] + path[2:]) / 4
    return path
