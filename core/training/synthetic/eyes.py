"""Eyeballs with their corneas, eyelashes and teeth."""

import cv2
import numpy as np

from core.training.synthetic.arrays import Bytes, Floats
from core.training.synthetic.library import Library
from core.training.synthetic.part import WHITE, Part, PartKind, Texture, world_from_dm
from core.training.synthetic.person import Person
from core.training.synthetic.pictures import blur, smoothstep
from core.training.synthetic.uv_maps import LABELS

# Display values 0..1, and the odds of each for dark and for light people.
_IRIS_RGB = (
    (0.30, 0.17, 0.09),
    (0.42, 0.26, 0.13),
    (0.22, 0.12, 0.07),
    (0.42, 0.40, 0.22),
    (0.36, 0.48, 0.36),
    (0.40, 0.55, 0.66),
    (0.48, 0.60, 0.72),
    (0.50, 0.54, 0.56),
)
_IRIS_ODDS_DARK = (0.4, 0.17, 0.43, 0.0, 0.0, 0.0, 0.0, 0.0)
_IRIS_ODDS_LIGHT = (0.2, 0.12, 0.08, 0.12, 0.12, 0.14, 0.12, 0.1)
_GAZE_RADIANS = 0.05  # deviation
_EYE_TEXELS = 1024
_HALF_OPAQUE = 128
_TEETH_TINT, _TEETH_TINT_3 = (1.0, 1.0, 1.0), (2.1, 1.95, 1.8)  # the second makes up for the shadow of the lips


class EyeMaker:
    """Makes eyes, lashes and teeth; their pictures are read once."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._shared: dict[str, Texture] = {}

    def parts(self, rng: np.random.RandomState, person: Person, vertices: Floats) -> list[Part]:
        """Parts for a person on shaped base vertices [V,3] in dm."""
        gaze_yaw, gaze_pitch = rng.normal(0, _GAZE_RADIANS, 2)
        odds = _IRIS_ODDS_DARK if person.melanin > 0.33 else _IRIS_ODDS_LIGHT
        iris = _IRIS_RGB[rng.choice(len(odds), p=odds)]
        lashes = f"eyelashes{rng.choice([3] if person.male else [2, 3, 4]):02d}"
        return [
            *self._eyeballs(vertices, iris, gaze_yaw, gaze_pitch),
            self._lashes(vertices, lashes, 0.4 if person.male else 0.7),
            self._teeth(vertices, _TEETH_TINT_3 if person.beard is not None else _TEETH_TINT),
        ]

    def _eyeballs(
        self, vertices: Floats, iris: tuple[float, float, float], gaze_yaw: float, gaze_pitch: float
    ) -> list[Part]:
        proxy = self._library.proxy("eyes", "high-poly")
        render = proxy.render
        fitted = turned_eyes(proxy.fit(vertices), gaze_yaw, gaze_pitch)
        normal, position = proxy.normals(fitted)[render.index], world_from_dm(fitted)[render.index]
        image = iris_picture(self._library.picture("eyes", "materials", "brown_eye.png"), iris)
        column, row = np.clip(([0, 1] + render.uv * [1, -1]) * _EYE_TEXELS, 0, _EYE_TEXELS - 1).astype(int).T
        clear = (image[row, column, 3] < _HALF_OPAQUE)[render.triangles].all(1)  # the cornea
        eyes, cornea = render.triangles[~clear], render.triangles[clear]
        ball = Part(
            position,
            normal,
            render.uv,
            eyes,
            Texture(image),
            LABELS["eyes"],
            specular=0.25,
            gloss=60.0,
            wrap=(0.3, 0.3, 0.3),
        )
        return [ball, Part(position, normal, render.uv, cornea, WHITE, LABELS["eyes"], PartKind.CORNEA)]

    def _lashes(self, vertices: Floats, name: str, strength: float) -> Part:
        key = f"{name} {strength}"
        if key not in self._shared:
            image = self._library.picture("eyelashes", name, f"{name}.png").copy()
            image[..., 3] = (image[..., 3] * strength).astype(np.uint8)
            self._shared[key] = Texture(image, key)
        proxy = self._library.proxy("eyelashes", name)
        fitted = proxy.fit(vertices)
        return Part(
            world_from_dm(fitted)[proxy.render.index],
            proxy.normals(fitted)[proxy.render.index],
            proxy.render.uv,
            proxy.render.triangles,
            self._shared[key],
            LABELS["eyes"],
            PartKind.BLEND,
            tint=(0.25, 0.2, 0.18),
        )

    def _teeth(self, vertices: Floats, tint: tuple[float, float, float]) -> Part:
        if "teeth" not in self._shared:
            self._shared["teeth"] = Texture(self._library.picture("teeth", "materials", "teeth.webp"), "teeth")
        proxy = self._library.proxy("teeth", "teeth_base")
        fitted = proxy.fit(vertices)
        return Part(
            world_from_dm(fitted)[proxy.render.index],
            proxy.normals(fitted)[proxy.render.index],
            proxy.render.uv,
            proxy.render.triangles,
            self._shared["teeth"],
            LABELS["mouth"],
            tint=tint,
            specular=0.3,
            gloss=40.0,
        )


def turned_eyes(vertices: Floats, yaw_radians: float, pitch_radians: float) -> Floats:
    """Eye vertices [N,3] with each eyeball turned about its own centre; the sides are told by the sign of x."""
    (sin_yaw, sin_pitch), (cos_yaw, cos_pitch) = (
        np.sin([yaw_radians, pitch_radians]),
        np.cos([yaw_radians, pitch_radians]),
    )
    rotation = np.array(
        [
            [cos_yaw, sin_pitch * sin_yaw, cos_pitch * sin_yaw],
            [0, cos_pitch, -sin_pitch],
            [-sin_yaw, sin_pitch * cos_yaw, cos_pitch * cos_yaw],
        ]
    )
    turned = vertices.copy()
    for eye in (vertices[:, 0] > 0, vertices[:, 0] < 0):
        centre = vertices[eye].mean(0)
        turned[eye] = centre + (vertices[eye] - centre) @ rotation.T
    return turned


def iris_picture(brown_eye: Bytes, rgb: tuple[float, float, float]) -> Bytes:
    """The brown eye's texture RGBA uint8 [1024,1024,4] with its iris recoloured to rgb (display values 0..1)."""
    image = brown_eye[..., :3].astype(np.float32) / 255
    hue, saturation, light = np.moveaxis(cv2.cvtColor(image, cv2.COLOR_RGB2HSV), -1, 0)
    brown = ((hue < 40) | (hue > 330)) & (saturation > 0.45)
    iris = np.clip(blur(brown.astype(np.float32), 2.0) * 1.3, 0, 1)
    near_iris = cv2.dilate((iris > 0.3).astype(np.uint8), np.ones((61, 61), np.uint8))
    pupil = smoothstep(0.16, 0.06, light) * near_iris
    pattern = (light / max(float(light[iris > 0.9].mean()), 1e-3))[..., None] ** 0.75
    iris = iris[..., None]
    white = np.clip(image * [1.02, 1.0047, 0.9894], 0, 1)
    coloured = white * (1 - iris) + np.clip(np.array(rgb) * pattern, 0, 1) * iris
    coloured = (coloured * (1 - pupil[..., None]) * 255).astype(np.uint8)
    return np.concatenate([coloured, brown_eye[..., 3:]], -1)
