"""Lids, nostrils and ears come from the fitted face; where mesh and face lie apart smoothly the mesh is right."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from core.editors.eyeball import PIT, RING, ball_of
from core.editors.face_shapes import face_shapes
from core.editors.face_target import Target
from core.editors.modelled_face import ModelledFace
from core.mesh import Mesh
from tests.core.editors.test_face_form import MM, _somebody

Array = NDArray[np.float64]
APART = 2 * MM
BLUNTINGS = 25


@cache
def _target() -> Target:
    return Target.of(_somebody(4))


@cache
def _face() -> ModelledFace:
    return ModelledFace.of(_somebody(4))


def _mesh(blunt: bool) -> Mesh:
    """The model's skin, a little larger everywhere; blunt as a coarse density has it."""
    target = _target()
    skin = target.triangles[target.is_skin[target.triangles].all(1)]
    points = target.points + APART * target.normals
    if blunt:
        one, other = np.concatenate([skin[:, [0, 1]], skin[:, [1, 2]], skin[:, [2, 0]]]).T
        count = np.maximum(np.bincount(one, minlength=len(points)), 1)[:, None]
        for _ in range(BLUNTINGS):
            mean = np.stack([np.bincount(one, points[other, k], len(points)) for k in range(3)], 1) / count
            points = points + 0.5 * (mean - points)
    return Mesh.of_triangles(points, skin)


def _around_eyes(mesh: Mesh) -> NDArray[np.bool_]:
    """Which vertices are of lids, seen from in front."""
    away = np.min([np.linalg.norm(mesh.vertices - eye, axis=1) for eye in _face().eyes], axis=0)
    seen = np.zeros(len(mesh.vertices), bool)
    seen[mesh.faces] = True
    in_front = mesh.vertices[:, 2] > _face().eyes[:, 2].mean() - 0.03
    return np.asarray((away < 0.035) & in_front & seen)


def test_lids_are_pressed_into_a_blunt_face() -> None:
    mesh = _mesh(blunt=True)
    pressed = _face().pressed_into(mesh, np.ones(len(mesh.vertices)))
    lids = _around_eyes(mesh)
    before, after = (_off(one)[lids] for one in (mesh, pressed))
    # how far both lie apart smoothly is the mesh's
    assert np.ptp(np.quantile(after, (0.1, 0.9))) < 0.65 * np.ptp(np.quantile(before, (0.1, 0.9)))


def _off(mesh: Mesh) -> Array:
    """How far each vertex lies before the model's surface, world units."""
    from scipy.spatial import cKDTree

    face = _face()
    _, nearest = cKDTree(face.points).query(mesh.vertices)
    above: Array = ((mesh.vertices - face.points[nearest]) * face.normals[nearest]).sum(1)
    return above


def test_what_lies_apart_smoothly_stays() -> None:
    mesh = _mesh(blunt=False)
    pressed = _face().pressed_into(mesh, np.ones(len(mesh.vertices)))
    cheeks = (_target().face > 0.9) & ~_around_eyes(mesh)
    moved = np.linalg.norm(pressed.vertices - mesh.vertices, axis=1)[cheeks]
    assert np.median(moved) < 0.1 * APART


def test_hair_and_hats_are_left_alone() -> None:
    mesh = _mesh(blunt=True)
    bare = (mesh.vertices[:, 0] > 0).astype(float)
    pressed = _face().pressed_into(mesh, bare)
    assert np.array_equal(pressed.vertices[bare == 0], mesh.vertices[bare == 0])
    assert not np.array_equal(pressed.vertices[bare == 1], mesh.vertices[bare == 1])


def test_eyeballs_fill_the_openings_of_the_lids() -> None:
    face, shapes = _face(), face_shapes()
    points = _somebody(4).points
    for eye, owner in zip(face.eyes, (2, 1), strict=True):
        centre, radius = ball_of(points[shapes.owner == owner])
        near = face.points[np.linalg.norm(face.points - eye, axis=1) < 0.006]
        below = radius - np.linalg.norm(near - centre, axis=1)
        on_ball = below > -1e-9  # the rest are lids
        assert on_ball.sum() > 50, "the middle of an eye is dense"
        assert 0.8 * PIT[0] < below.max() <= PIT[0] + RING[1], "the pupil is carved, and nothing lies deeper"


def test_a_mesh_is_finest_at_the_eyes() -> None:
    face = _face()
    longest = face.longest_at(np.array([face.eyes[0], [0.0, -0.1, 0.2], [0.0, 0.0, -0.2]]))
    assert longest[0] < longest[1] < longest[2] == np.inf
