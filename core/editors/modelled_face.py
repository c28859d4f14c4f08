"""The fitted face as a sculptor has it: lids, eyeballs, nostrils and ears, for which a density is too coarse.

A form tells distances at nodes 2 mm apart (`core.editors.form_nodes`), and lids are thinner than that. For a mesh that
leaves the program the face of the linear model is fitted once more, to the head as it is drawn, and vertices near it
are moved onto it. Where both lie apart smoothly the mesh is right: only what is finer is taken from the model.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from core.camera import Camera
from core.editors.eyeball import ball_of, eyeball
from core.editors.face_form import MOST_MISFIT, depth_along
from core.editors.face_shapes import LEFT_EYE, RIGHT_EYE, face_shapes, fitted_face, with_landmarks
from core.editors.face_target import Target
from core.editors.finer_model import finer_model
from core.editors.form_nodes import sown
from core.frame import Quality
from core.grafted_field import unformed
from core.mesh import smooth_normals
from core.perception.face_mesh import LEFT_EYE as LEFT_LIDS
from core.perception.face_mesh import LIPS, MOUTH
from core.perception.face_mesh import RIGHT_EYE as RIGHT_LIDS
from core.ramp import smooth
from core.rendering.raster import seen_by

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.spatial import cKDTree

    from core.editors.face_shapes import FittedFace
    from core.head import Head
    from core.mesh import Mesh
    from core.protocols import Generator, Renderer

    Array = NDArray[np.float64]
    Bools = NDArray[np.bool_]

LOOKS = tuple(Camera.orbit(*way) for way in ((0.0, 0.0), (-0.9, 0.0), (0.9, 0.0), (0.0, -0.5), (0.0, 0.35)))
"""Cameras that see the outside of the model, as opposed to what lies behind lids and lips."""
CLOSE_UP_RADIANS = 0.19
"""Of the one that sees eyes and mouth."""
LOOK_PX, BEHIND = 640, 0.0015
"""Side of their pictures, and by how much a point may lie behind what they see, world units."""
SOWN = 0.0009
"""Distance of points on lids and what is around them, world units."""
OPEN = np.array([1.03, 1.3])
"""How much wider and higher than between the landmarks lids and lips are open in the model, whose edges are thick."""
LEAST_SHARE, SURE_SHARE = 0.3, (0.7, 1.0)
"""Of the face and the ears, from which a point of the model tells where it ends, and between which it is pressed in: at
the jaw a neck begins whose form is another."""
AROUND_EYE = (0.040, 0.055)
"""Distances from an eye's middle between which what belongs to it ends, world units."""
EYE_EDGE, FACE_EDGE, FRONT_Z = 0.0011, 0.003, 0.02
"""Longest edges of eyes and lids, and of the rest in front of `FRONT_Z`, world units."""
NEAREST, SPREAD = 8, 0.7
"""Points of the model that tell about a vertex, and how far each is heard, in distances of the farther ones."""
FAR, FAR_EYE = 0.005, 0.012
"""Distances, beyond the smooth one, at which mesh and model show different things; of eyes, which the mesh lacks."""
LARGEST, CALM, LONELY = 0.008, 0.02, (0.4, 0.8)
"""Distance up to which a point tells the smooth one, over which distance that is a mean, world units, and how far away
in these points may be that tell it; those of eyes are farther."""
ANCHORS, HEARD = 4000, 24
SIGHT = 0.5
"""Cosine between the normals of mesh and model from which both show the same side of something."""
ROUNDS = 2
"""How often vertices are moved: the second time they are nearer to what tells about them."""


@dataclass(frozen=True, eq=False)
class ModelledFace:
    """The outside of a fitted head.

    Attributes:
        points: float64 [P, 3], world units; dense where there is something fine.
        normals: float64 [P, 3] unit, outward.
        share: float64 [P], how much each belongs to the face or an ear, 0..1: elsewhere a density is fine enough.
        eyes: float64 [2, 3], the foremost points of both eyeballs.
    """

    points: Array
    normals: Array
    share: Array
    eyes: Array

    @staticmethod
    def of(face: FittedFace) -> ModelledFace:
        """The outside of a fitted face with its head."""
        target = Target.of(face)
        balls = [ball_of(face.points[face_shapes().owner == eye]) for eye in (RIGHT_EYE, LEFT_EYE)]
        eyes = np.stack([centre + np.array([0, 0, radius]) for centre, radius in balls])
        looks = _Looks(target.points, target.triangles[target.is_skin[target.triangles].all(1)])
        pieces = [_coarse(target, looks), *_fine(target, looks, eyes, _looking(face, balls))]
        points, normals, share = (np.concatenate(each) for each in zip(*pieces, strict=True))
        return ModelledFace(points, normals, share, eyes)

    def longest_at(self, points: Array) -> Array:
        """Longest edge [N] that a mesh may have at world points [N, 3] to show what is modelled there."""
        away = _away(points, self.eyes)
        return np.where(away < AROUND_EYE[0], EYE_EDGE, np.where(points[:, 2] > FRONT_Z, FACE_EDGE, np.inf))

    def pressed_into(self, mesh: Mesh, bare: Array) -> Mesh:
        """A mesh with what is finer of the face.

        Args:
            mesh: a head's; nothing but vertices, faces and normals.
            bare: float64 [V], how surely each vertex is no hair, hat or the like, 0..1.
        """
        points = mesh.vertices.astype(np.float64)
        smoothly, weight = self._told_by(points, mesh.normals, bare)
        distance, _ = self._tree.query(points, distance_upper_bound=LARGEST + FAR_EYE)
        near = np.flatnonzero((bare > 0) & np.isfinite(distance))
        moved = points[near]
        for _ in range(ROUNDS):
            shares, which = self._heard_at(moved)
            normal = np.einsum("nk,nkc->nc", shares, self.normals[which])
            normal /= np.linalg.norm(normal, axis=1, keepdims=True).clip(min=1e-9)
            above = ((moved[:, None] - self.points[which]) * self.normals[which]).sum(2)
            off = (shares * (above - smoothly[which])).sum(1) * (shares * weight[which]).sum(1)
            moved = moved - (bare[near] * off)[:, None] * normal
        points[near] = moved
        vertices = points.astype(np.float32)
        return replace(mesh, vertices=vertices, normals=smooth_normals(vertices, mesh.faces))

    def _told_by(self, vertices: Array, normals: NDArray[np.float32], bare: Array) -> tuple[Array, Array]:
        """How far a mesh lies before each point smoothly [P], and how far each is what the mesh shows there [P]."""
        from scipy.spatial import cKDTree

        _, nearest = cKDTree(vertices).query(self.points)
        above = ((vertices[nearest] - self.points) * self.normals).sum(1)
        facing = (normals[nearest] * self.normals).sum(1)
        eye = smooth(AROUND_EYE[1], AROUND_EYE[0], _away(self.points, self.eyes))
        sure = (np.abs(above) < LARGEST) & (facing > SIGHT) & (bare[nearest] > 0.5) & (self.share > 0.5) & (eye < 0.5)
        if sure.sum() < HEARD:
            return np.zeros_like(above), np.zeros_like(above)
        anchors = np.flatnonzero(sure)[:: max(1, int(sure.sum()) // ANCHORS)]
        distance, which = cKDTree(self.points[anchors]).query(self.points, k=HEARD)
        heard = np.exp(-((distance / CALM) ** 2) / 2) + 1e-12
        smoothly = (heard * above[anchors][which]).sum(1) / heard.sum(1)
        alike = smooth(1.0, 0.6, np.abs(above - smoothly) / (FAR + eye * (FAR_EYE - FAR)))
        alike *= np.maximum(smooth(0.2, 0.6, facing), eye)
        shares, which = self._heard_at(self.points)
        calm = smooth(0.1, 0.8, (shares * alike[which]).sum(1))  # a single point that agrees is chance
        near = np.maximum(smooth(LONELY[1], LONELY[0], distance.mean(1) / CALM), eye)
        return smoothly, np.minimum(alike, calm) * smooth(*SURE_SHARE, self.share) * near

    def _heard_at(self, places: Array) -> tuple[Array, NDArray[np.int64]]:
        """Shares [N, K] of the points [N, K] that tell about places [N, 3]: sharply where they are dense."""
        distance, which = self._tree.query(places, k=NEAREST)
        reach = SPREAD * distance[:, NEAREST // 2 :].mean(1, keepdims=True)
        shares = np.exp(-((distance / np.maximum(reach, 1e-9)) ** 2)) + 1e-12
        return shares / shares.sum(1, keepdims=True), which

    @cached_property
    def _tree(self) -> cKDTree:
        from scipy.spatial import cKDTree

        return cKDTree(self.points)


def modelled_face(generator: Generator, head: Head, renderer: Renderer) -> ModelledFace | None:
    """The face that a head shows; None where the model knows none, or the head has a face of its own kind.

    Args:
        generator: the head's, with its tuning.
        head: as it is drawn, without glasses.
        renderer: of the same.
    """
    from core.align import find_meshes

    if unformed(head.trigrid) is head.trigrid:
        return None
    frame = renderer.render(head.camera, Quality.NEAR)
    found = find_meshes(frame.rgb)
    if not found:
        return None
    uv = found[0][1].points[:, :2].astype(np.float64) / len(frame.rgb)
    face = fitted_face(uv, frame.camera, depth_along(generator, head.trigrid, frame.camera, uv))
    if face.misfit > MOST_MISFIT:
        return None
    for edge, rest in ((RIGHT_LIDS, ()), (LEFT_LIDS, ()), (MOUTH, LIPS)):
        open_uv, middle = uv.copy(), uv[list(edge)].mean(0)
        open_uv[list(edge)] = middle + OPEN * (uv[list(edge)] - middle)
        face = with_landmarks(face, open_uv, frame.camera, (*edge, *rest))
    return ModelledFace.of(face)


def _looking(face: FittedFace, balls: list[tuple[Array, float]]) -> list[tuple[Array, Array]]:
    """Points and normals of both eyeballs, which look to the middle of the opening between the lids."""
    lids = np.stack([face.landmarks[list(each)].mean(0) for each in (RIGHT_LIDS, LEFT_LIDS)])
    gaze = (lids - np.stack([centre for centre, _ in balls])).mean(0)
    return [eyeball(*ball, gaze / np.linalg.norm(gaze)) for ball in balls]


def _coarse(target: Target, looks: _Looks) -> tuple[Array, Array, Array]:
    """Points, normals and shares of the outside of face and ears."""
    share = target.share * np.maximum(target.face, target.ear)
    kept = target.is_skin & (share > LEAST_SHARE)
    kept[kept] = looks.outside(target.points[kept], LOOKS)
    return target.points[kept], target.normals[kept], share[kept]


def _fine(
    target: Target, looks: _Looks, eyes: Array, balls: list[tuple[Array, Array]]
) -> list[tuple[Array, Array, Array]]:
    """Points, normals and shares of what is seen of teeth, of lids and of eyeballs [2]."""
    around = looks.triangles[(_away(target.points, eyes)[looks.triangles] < AROUND_EYE[0]).all(1)]
    corners, shares = sown(target.points, around, SOWN)
    lids = [np.einsum("sk,skc->sc", shares, each[corners]) for each in (target.points, target.normals)]
    teeth = slice(len(finer_model().owner), None)
    close = (Camera.orbit(target=eyes.mean(0) - np.array([0, 0.05, 0]), vertical_fov_radians=CLOSE_UP_RADIANS),)
    pieces = []
    for points, normals in ((target.points[teeth], target.normals[teeth]), (lids[0], lids[1]), *balls):
        shown = looks.outside(points, close)
        pieces.append((points[shown], normals[shown], np.ones(shown.sum())))
    return pieces


@dataclass(frozen=True, eq=False)
class _Looks:
    """Tells what lies outside of a surface: triangles [F, 3] of points [P, 3]."""

    points: Array
    triangles: NDArray[np.int64]

    def outside(self, places: Array, cameras: tuple[Camera, ...]) -> Bools:
        """Which places [N, 3] some of the cameras see."""
        seen = np.zeros(len(places), bool)
        for camera in cameras:
            depth = seen_by(camera, self.points.astype(np.float32), self.triangles.astype(np.int32), LOOK_PX).depth
            uv, along = camera.project(places)
            column, row = np.clip((uv * LOOK_PX).astype(int), 0, LOOK_PX - 1).T
            seen |= along < depth[row, column] + BEHIND
        return seen


def _away(places: Array, eyes: Array) -> Array:
    """Distance [N] of places [N, 3] to the nearer eye; a face is higher than an eye."""
    away: Array = np.min([np.linalg.norm((places - eye) * [1, 1.3, 0.7], axis=1) for eye in eyes], axis=0)
    return away
