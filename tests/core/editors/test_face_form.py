"""A face that landmarks show is found again, and a head that is told of it has its surface there."""

from dataclasses import replace
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray

from core.base_planes import base_planes
from core.camera import Camera
from core.editors.cover_labels import carried_back, without_crumbs, without_holes
from core.editors.face_form import formed
from core.editors.face_shapes import FittedFace, face_shapes, fitted_face
from core.editors.face_shares import face_share
from core.editors.face_target import Target
from core.editors.field_parts import chances_at, covered_share
from core.editors.form_nodes import SOWN, sown
from core.editors.head_cover import cover_of
from core.editors.random_head import random_head
from core.evaluation.pictures import head_of
from core.field import Field
from core.formed_field import FormedField
from core.generators import load
from core.perception.head_pose import canonical_face, view_terms
from core.shown_person import ShownPerson
from tests.fakes import TinyGenerator, tiny_head

Array = NDArray[np.float64]
MM = 1 / 565
"""World units."""
BALD, LONG_HAIRED = 315, 136
"""Seeds of random heads."""


def _somebody(seed: int, scale: float = 1.0) -> FittedFace:
    """A face of the model."""
    shapes = face_shapes()
    own = np.random.default_rng(seed).standard_normal(len(shapes.modes)) * 0.7
    points = scale * (shapes.mean + np.tensordot(own, shapes.modes, 1))
    return FittedFace(points, points[shapes.landmark_points] + scale * shapes.landmark_offsets, 0.0)


def _seen(face: FittedFace, camera: Camera) -> Array:
    """Where the mesh net would show the landmarks."""
    uv, _ = camera.project(face.landmarks)
    return uv + np.tensordot(view_terms(camera.yaw_radians, camera.pitch_radians), canonical_face().deviation, 1)


def test_a_face_is_found_from_its_landmarks() -> None:
    for yaw in (0.0, 0.5):
        camera, face = Camera.orbit(yaw, 0.1), _somebody(4, 1.03)
        depth = (face.landmarks - camera.position) @ camera.forward
        found = fitted_face(_seen(face, camera), camera, depth)
        assert found.misfit < 0.002
        of_face = face_share() > 0.9
        missed = np.linalg.norm(found.points - face.points, axis=1)[of_face]
        unfitted = np.linalg.norm(face_shapes().mean - face.points, axis=1)[of_face]
        assert np.median(missed) < 3 * MM
        assert np.median(missed) < 0.6 * np.median(unfitted)


def test_landmarks_of_no_face_are_told() -> None:
    random = np.random.default_rng(0).uniform(0.3, 0.7, (468, 2))
    assert fitted_face(random, Camera.orbit()).misfit > 0.012


def test_parted_lips_are_closed_by_what_is_behind_them() -> None:
    apart, shut = _somebody(0), _somebody(0)
    lower = [95, 88, 178, 87, 14, 317, 402, 318, 324]
    upper = [191, 80, 81, 82, 13, 312, 311, 310, 415]
    shut.landmarks[lower] = shut.landmarks[upper]
    apart.landmarks[lower] = apart.landmarks[upper] - [0, 0.03, 0]
    closed = len(Target.of(shut).points)
    teeth = Target.of(apart).points[closed:]
    assert len(teeth) > 100
    assert teeth[:, 2].max() < apart.landmarks[[*lower, *upper], 2].max()


@cache
def _formed() -> tuple[FittedFace, FormedField]:
    """The median head with somebody's face, where that was fitted."""
    generator = load("mini")
    head = head_of(generator, generator.mean_latents())
    camera = Camera.orbit()
    uv = _seen(_somebody(7), camera)
    field = formed(generator, head.trigrid, camera, uv)
    assert isinstance(field, FormedField)
    assert base_planes(field) is head.trigrid
    # its clothes have a form over that of the head
    assert isinstance(field.base, FormedField)
    return fitted_face(uv, camera), field.base


def test_a_head_has_the_face_that_it_is_told_to_have() -> None:
    generator, camera = load("mini"), Camera.orbit()
    face, field = _formed()
    before_eyes = np.flatnonzero((face_share() > 0.99) & (face_shapes().owner == 0))[::40]

    def seen_at(of: Field, uv: Array) -> Array:
        local = np.column_stack([(uv - 0.5) / camera.focal, np.ones(len(uv))]) @ camera.world_from_camera[:3, :3].T
        along = np.linspace(2.32, 2.72, 400)
        points = torch.from_numpy(camera.position + local[:, None] * along[:, None]).float()
        with torch.no_grad():
            raw, _ = generator.decode(of.sample(points.view(-1, 3)))
        opacity = torch.nn.functional.softplus(raw - 1).view(len(uv), -1).cumsum(1) * float(along[1] - along[0])
        depth: Array = along[(opacity < 0.7).sum(1).clamp(max=399).numpy()]
        return depth

    uv, depth = camera.project(face.points[before_eyes])
    normals = face_shapes().normals(face.points)[before_eyes]
    facing = normals[:, 2] > 0.6
    off = seen_at(field, uv[facing]) - depth[facing]
    was = seen_at(field.base, uv[facing]) - depth[facing]
    # how far away the face is as a whole is told by the head; a few rays meet hair first

    def typical(distance: Array) -> float:
        return float(np.percentile(np.abs(distance - np.median(distance)), 80))

    assert typical(off) < 2 * MM
    assert typical(off) < 0.5 * typical(was)


def test_heads_without_labels_stay_as_they_are() -> None:
    head, generator = tiny_head(1), TinyGenerator()
    generator.info = replace(generator.info, parts=())
    assert formed(generator, head.trigrid, Camera.orbit(), _seen(_somebody(1), Camera.orbit())) is head.trigrid


def _front_surface(field: Field, height: float) -> float:
    """Greatest z of the head's surface in its middle plane at a height, world units."""
    generator = load("mini")
    along = torch.linspace(0.4, 0.0, 400)
    points = torch.stack([torch.zeros(400), torch.full((400,), height), along], 1)
    with torch.no_grad():
        raw, _ = generator.decode(field.sample(points))
    return float(along[int((raw > 60).float().argmax())])


def test_a_fringe_lies_on_the_forehead() -> None:
    from scipy.spatial import cKDTree

    _, field = _formed()
    generator = load("mini")
    camera = Camera.orbit()
    face, _ = _formed()
    target = Target.of(face)
    cover = cover_of(generator, field.base, camera, target)
    assert cover is not None
    away = np.linalg.norm(cover.target.points - target.points, axis=1)
    by_face = (cover.worn > 0.5) & (target.face > 0.9) & (cover.weight > 0.5)
    assert by_face.any()
    # however far before it the field has some
    assert away[by_face].max() < 0.05
    bare = (cover.worn < 0.05) & (target.face > 0.99) & target.is_skin & (cover.weight > 0.5)
    # beside hair that hangs the face comes to lie on the field's own surface
    hair = cKDTree(target.points[cover.worn > 0.05]).query(target.points)[0]
    assert away[bare & (hair > 0.04)].max() < 0.004
    assert np.percentile(away[bare], 95) < 0.004


def test_below_hair_there_is_hair() -> None:
    """However thin the field's own hair is: the densest place below a cap is skin."""
    face, field = _formed()
    generator = load("mini")
    cover = cover_of(generator, field.base, Camera.orbit(), Target.of(face))
    assert cover is not None
    worn = (cover.worn == 1) & (cover.weight > 0) & cover.target.is_skin
    feet = chances_at(generator, field.base, (cover.target.points + cover.inside)[worn])
    assert (covered_share(generator.info.parts, feet) > 0.5).all()


def test_a_photo_knows_better_than_the_field_where_hair_is() -> None:
    face, field = _formed()
    target, camera = Target.of(face), Camera.orbit()
    worn = np.zeros((256, 256), np.float32)
    eyes = camera.project(face.landmarks[[33, 263]])[0][:, 1].mean()
    worn[: round(256 * (eyes - 0.06))] = 1
    shown = ShownPerson(np.ones_like(worn), worn, np.zeros_like(worn), np.ones_like(worn))
    plain, covered = (cover_of(load("mini"), field.base, camera, target, told) for told in (None, shown))
    assert plain is not None
    assert covered is not None
    uv, _ = camera.project(target.points)
    above = (target.normals[:, 2] > 0.6) & (uv[:, 1] < eyes - 0.08) & (plain.weight > 0) & target.is_skin
    assert plain.worn[above].mean() < 0.8
    assert covered.worn[above].mean() > 0.97
    below = (uv[:, 1] > eyes) & (target.normals[:, 2] > 0)
    np.testing.assert_allclose(covered.worn[below], plain.worn[below], atol=0.05)


def test_holes_of_a_cover_are_filled_from_the_other_side() -> None:
    face, _ = _formed()
    target = Target.of(face)
    right, left = target.points[target.opposite], target.points
    middle = np.median(left[target.face > 0.99, 0])
    assert np.median(np.abs(right[:, 0] + left[:, 0] - 2 * middle)) < 4 * MM
    covered = (target.face < 0.5).astype(float)
    scalp = target.scalp & (target.ear < 0.01)
    hole = (np.linalg.norm(left - left[scalp][100], axis=1) < 0.04) & scalp
    assert (without_holes(target, np.where(hole, 0.0, covered))[hole] > 0.9).mean() > 0.95


def test_cover_on_a_cheek_alone_is_a_mistake_and_hair_beside_it_is_none() -> None:
    target = Target.of(_formed()[0])
    worn = target.scalp.astype(float)
    cheek = np.linalg.norm(target.points - target.points[target.face > 0.99].mean(axis=0), axis=1) < 0.03
    assert np.array_equal(without_crumbs(target, np.maximum(worn, cheek)), worn)


def test_hair_at_the_outline_of_a_photo_goes_on_behind_at_its_height() -> None:
    target = Target.of(_formed()[0])
    told = (target.normals[:, 2] > 0.2).astype(float)
    middle = np.median(target.height[target.scalp])
    shown = ((target.height < middle) & (target.around_degrees > 45)).astype(float)
    carried = carried_back(target, shown, told)
    assert not carried[(told > 0) | ~target.scalp].any()
    behind = target.scalp & (target.around_degrees > 120)
    assert carried[behind & (target.height < middle - 0.03) & (target.ear < 0.01)].mean() > 0.9
    assert carried[behind & (target.height > middle + 0.06)].mean() < 0.1


def test_ears_are_those_of_the_fitted_head_or_below_hair() -> None:
    face, _ = _formed()
    target, smooth = Target.of(face), Target.of(face).without_ears()
    ear = target.ear > 0.9
    ways = target.points - smooth.points
    for seed, hidden in ((BALD, False), (LONG_HAIRED, True)):
        cover = cover_of(load("mini"), random_head(load("mini"), seed).trigrid, Camera.orbit(), target)
        assert cover is not None
        away = np.linalg.norm(cover.target.points - target.points, axis=1)[ear]
        assert (np.median(cover.worn[ear]) > 0.5) == hidden
        assert (np.median(away) > 5 * MM) == hidden
    assert np.linalg.norm(ways[ear], axis=1).max() > 20 * MM


def test_folds_are_drawn_over_and_all_else_stays() -> None:
    face, _ = _formed()
    target = Target.of(face)
    middle = target.points[target.scalp & (target.ear < 0.01)][100]
    patch = np.linalg.norm(target.points - middle, axis=1) < 0.02
    # points of a patch have passed one another
    points = np.where(patch[:, None], target.points + [2.0, 0, 0] * (middle - target.points), target.points)
    folded = target.moved(points)
    free = target.is_skin & (target.face < 0.5)
    smooth = folded.unfolded(target, free)
    inner = target.triangles[patch[target.triangles].all(1)]

    def upright(one: Target) -> float:
        sides = [one.points[inner[:, k]] - one.points[inner[:, 0]] for k in (1, 2)]
        return float(((np.cross(*sides) * target.normals[inner[:, 0]]).sum(1) > 0).mean())

    assert upright(folded) < 0.5
    assert upright(smooth) > 0.99
    far = np.linalg.norm(target.points - middle, axis=1) > 0.06
    np.testing.assert_array_equal(smooth.points[far], folded.points[far])
    assert np.array_equal(target.unfolded(target, free).points, target.points)


def test_points_are_sown_close_together_on_triangles() -> None:
    from scipy.spatial import cKDTree

    corners = np.array([[0, 0, 0], [0.05, 0, 0], [0, 0.03, 0.01], [0.051, 0.001, 0]])
    numbers, shares = sown(corners, np.array([[0, 1, 2], [1, 3, 2]]))
    assert np.allclose(shares.sum(1), 1)
    assert (shares >= 0).all()
    points = np.einsum("sk,skc->sc", shares, corners[numbers])
    generator = np.random.default_rng(0)
    anywhere = generator.dirichlet([1, 1, 1], 500) @ corners[[0, 1, 2]]
    away, _ = cKDTree(points).query(anywhere)
    assert away.max() < SOWN


def test_a_nodding_head_follows_the_depth_of_its_field() -> None:
    camera = Camera.orbit()
    face = _somebody(3)
    uv, depth = _seen(face, camera), camera.project(face.landmarks)[1]
    nodding = depth + 0.25 * (face.landmarks[:, 1] - face.landmarks[:, 1].mean())
    told, plain = fitted_face(uv, camera, nodding), fitted_face(uv, camera, depth)

    def chin_before_forehead(of: FittedFace) -> float:
        return float(of.landmarks[152, 2] - of.landmarks[10, 2])

    assert chin_before_forehead(told) > chin_before_forehead(plain) + 3 * MM
    assert told.misfit < 0.005


def test_hair_has_fewer_lumps_and_its_own_thickness() -> None:
    face, field = _formed()
    generator = load("mini")
    target = Target.of(face)
    cover = cover_of(generator, field.base, Camera.orbit(), target)
    assert cover is not None
    top = (target.face < 0.05) & (target.height > 0.1) & (cover.worn > 0.9) & (cover.weight > 0.9)
    moved = (cover.target.points - target.points)[top]
    thickness = (moved * target.normals[top]).sum(1)
    assert 0.0 < np.median(thickness) < 0.08
    for height in (0.1, 0.14):
        assert abs(_front_surface(field, height) - _front_surface(field.base, height)) < 0.06


def test_a_head_without_its_hair_keeps_its_face() -> None:
    _, field = _formed()
    bare = field.form.bare
    assert field.form.worn is not None
    assert bare.worn is None
    assert 0 < len(bare.nodes) < len(field.form.nodes)
    nose = torch.tensor([[0.0, 0.0, 0.24], [0.02, -0.03, 0.22]])
    torch.testing.assert_close(bare.at(nose), field.form.at(nose), atol=2e-3, rtol=0)
    crown = torch.tensor([[0.0, 0.24, 0.0], [0.0, 0.1, -0.14]])
    assert field.form.tells(crown).all()
    assert (bare.at(crown)[:, 4] < 0.1).all()
