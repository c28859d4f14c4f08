"""Laws of the renderer on spheres; they need EGL but no assets."""

from dataclasses import replace

import numpy as np
import pytest

from core.camera import HEAD_FOCAL, Camera
from core.training.synthetic.arrays import Floats
from core.training.synthetic.baking import lit
from core.training.synthetic.light import Light
from core.training.synthetic.opengl import shader_source
from core.training.synthetic.part import LABEL_FROM_TEXTURE, WHITE, Part, PartKind, Texture
from core.training.synthetic.renderer import OffscreenRenderer, View, projection_matrix
from tests.core.training.synthetic.conftest import HEAD_LABEL, ball

pytestmark = pytest.mark.synthetic
CAMERA = Camera.orbit(0.5, 0.3)
KEY = np.array([0.0, 0.6, 0.8])
GLASSES = 8


def seen(renderer: OffscreenRenderer, parts: list[Part], camera: Camera = CAMERA, key: Floats = KEY) -> View:
    with renderer.uploaded(parts) as scene:
        return renderer.view(scene, camera, key)


def points_of(view: View, camera: Camera) -> tuple[Floats, Floats]:
    """World points [N,3] of the pixels that are not background, and the uv [N,2] of their centres."""
    rows, columns = np.nonzero(view.label)
    uv = (np.stack([columns, rows], 1) + 0.5) / len(view.label)
    rays = np.concatenate([(uv - 0.5) / camera.focal, np.ones((len(uv), 1))], 1)
    depth = view.depth[rows, columns][:, None]
    return camera.position + depth * (rays @ camera.world_from_camera[:3, :3].T), uv


def test_depth_leads_to_points_on_the_surface_and_back_to_the_pixel(renderer: OffscreenRenderer) -> None:
    centre = np.array([0.05, -0.03, 0.02])
    view = seen(renderer, [ball((0.05, -0.03, 0.02))])
    points, uv = points_of(view, CAMERA)
    assert len(points) > 500
    np.testing.assert_allclose(np.linalg.norm(points - centre, axis=1), 0.2, atol=3e-3)  # its flat faces
    projected, depth = CAMERA.project(points)
    np.testing.assert_allclose(projected, uv, atol=1e-6)
    assert (depth > 0).all()


def test_the_background_is_white_unlabelled_and_has_no_depth(renderer: OffscreenRenderer) -> None:
    view = seen(renderer, [ball()])
    assert view.rgb.shape == (64, 64, 3)
    assert view.rgb.dtype == view.label.dtype == np.uint8
    assert set(np.unique(view.label)) == {0, HEAD_LABEL}
    assert (view.depth[view.label == 0] == 0).all()
    corner = view.rgb[:8, :8]
    assert (corner == 255).all()


def test_the_silhouette_is_where_the_camera_says(renderer: OffscreenRenderer) -> None:
    rows, columns = np.nonzero(seen(renderer, [ball((0.1, 0.05, 0))]).label)
    centre = (np.stack([columns, rows], 1).mean(0) + 0.5) / 64
    np.testing.assert_allclose(centre, CAMERA.project(np.array([[0.1, 0.05, 0]]))[0][0], atol=0.01)
    width = 2 * 0.2 / 2.7 * HEAD_FOCAL * 64
    assert np.sqrt(4 * len(rows) / np.pi) == pytest.approx(width, rel=0.05)


def test_a_mirrored_world_looks_mirrored(renderer: OffscreenRenderer) -> None:
    mirror = np.array([-1.0, 1, 1])
    parts = [replace(ball((0.1, 0, 0.1), 0.1), label=3), ball((-0.05, 0.1, 0), 0.15)]
    mirrored = [replace(p, position=p.position * mirror, normal=p.normal * mirror) for p in parts]
    one, other = seen(renderer, parts), seen(renderer, mirrored, CAMERA.mirrored(), KEY * mirror)
    assert (one.label != other.label[:, ::-1]).mean() < 0.01
    assert np.abs(one.rgb.astype(int) - other.rgb[:, ::-1]).mean() < 0.5


def test_what_is_nearer_hides_what_is_behind(renderer: OffscreenRenderer) -> None:
    behind, before = ball((0, 0, -0.2)), replace(ball((0, 0, 0.2), 0.1), label=8)
    for parts in ([behind, before], [before, behind]):
        assert seen(renderer, parts, Camera.orbit()).label[32, 32] == 8


def test_labels_may_come_from_a_texture_whose_first_row_is_at_the_top(renderer: OffscreenRenderer) -> None:
    picture = np.zeros((64, 8), np.uint8)
    picture[:32], picture[32:] = 2, 9
    part = replace(ball(), label=LABEL_FROM_TEXTURE, label_texture=Texture(picture, smooth=False))
    label = seen(renderer, [part], Camera.orbit()).label
    assert label[25, 32] == 2
    assert label[40, 32] == 9
    assert set(np.unique(label)) == {0, 2, 9}


def test_colour_comes_from_texture_and_tint(renderer: OffscreenRenderer) -> None:
    red = Texture(np.full((4, 4, 3), (200, 20, 20), np.uint8))
    pixel = seen(renderer, [replace(ball(), texture=red)]).rgb[32, 32]
    assert pixel[0] > pixel[1] + 80
    dark = seen(renderer, [replace(ball(), texture=red, tint=(0.1, 0.1, 0.1))]).rgb[32, 32]
    assert dark[0] < pixel[0] / 2


def test_transparent_texels_are_holes(renderer: OffscreenRenderer) -> None:
    picture = np.full((64, 8, 4), 255, np.uint8)
    picture[:32, :, 3] = 0
    view = seen(renderer, [replace(ball(), texture=Texture(picture))], Camera.orbit())
    upper, lower = (view.label[rows].mean() for rows in (slice(20, 28), slice(36, 44)))
    assert upper < lower


def test_a_clear_lens_has_no_label_and_a_dark_one_has(renderer: OffscreenRenderer) -> None:
    lens = replace(ball((0, 0, 0.3), 0.05), kind=PartKind.BLEND, label=8)
    for opacity, label in ((0.08, HEAD_LABEL), (0.9, 8)):
        view = seen(renderer, [ball(), replace(lens, opacity=opacity)], Camera.orbit())
        assert view.label[32, 32] == label


def test_cards_end_where_they_are_cut(renderer: OffscreenRenderer) -> None:
    view = seen(renderer, [replace(ball(), kind=PartKind.CARD, cut_y=0.05)], Camera.orbit())
    points, _ = points_of(view, Camera.orbit())
    assert points[:, 1].min() > 0.05 - 0.03


def test_fur_thins_out_with_its_threshold(renderer: OffscreenRenderer) -> None:
    noise = Texture(np.random.RandomState(0).randint(0, 256, (64, 64, 3)).astype(np.uint8), smooth=False)
    fur = replace(ball(), kind=PartKind.FUR, texture=noise)
    covered = [
        (seen(renderer, [replace(fur, threshold=np.full(len(fur.position), t))]).label > 0).mean()
        for t in (0.0, 0.5, 0.9)
    ]
    assert covered[0] > 1.2 * covered[1] > 1.4 * covered[2] > 0


def test_a_view_depends_on_nothing_drawn_before(renderer: OffscreenRenderer) -> None:
    parts = [replace(ball(), kind=PartKind.CARD, translucent=True)]
    before = seen(renderer, parts)
    with renderer.uploaded([ball((0.1, 0.1, 0.1))]) as scene:
        for yaw in (0.0, 1.0, 2.0):
            renderer.view(scene, Camera.orbit(yaw), KEY)
    after = seen(renderer, parts)
    np.testing.assert_array_equal(before.rgb, after.rgb)
    np.testing.assert_array_equal(before.depth, after.depth)


def test_shared_textures_may_be_drawn_again(renderer: OffscreenRenderer) -> None:
    part = replace(ball(), texture=Texture(np.full((2, 2, 3), 90, np.uint8), key="grey"))
    np.testing.assert_array_equal(seen(renderer, [part]).rgb, seen(renderer, [part]).rgb)


def test_light_comes_from_the_key_and_shadows_fall(renderer: OffscreenRenderer) -> None:
    up = np.array([0, 1.0, 0])
    light = Light(up, 2.0, 0.0)
    alone = lit([ball()], light, renderer)[0]
    top, bottom = alone.normal[:, 1] > 0.9, alone.normal[:, 1] < -0.9
    assert alone.irradiance.shape == (len(alone.position), 3)
    assert alone.irradiance[top].mean() > 2 * alone.irradiance[bottom].mean()
    roof = replace(ball((0, 0.4, 0), 0.15), texture=ball().texture)
    shaded = lit([ball(), roof], light, renderer)[0]
    assert shaded.irradiance[top].mean() < 0.75 * alone.irradiance[top].mean()
    np.testing.assert_allclose(shaded.irradiance[bottom], alone.irradiance[bottom], rtol=0.05)


def test_see_through_parts_cast_no_shadow(renderer: OffscreenRenderer) -> None:
    light = Light(np.array([0, 1.0, 0]), 2.0, 0.0)
    roof = replace(ball((0, 0.4, 0), 0.15), kind=PartKind.BLEND)
    alone, shaded = lit([ball()], light, renderer)[0], lit([ball(), roof], light, renderer)[0]
    np.testing.assert_allclose(shaded.irradiance, alone.irradiance)


def test_the_shaders_know_every_kind_of_part() -> None:
    for name in ("colour.frag", "label.frag", "shadow.frag"):
        source = shader_source(name)
        assert source.startswith("#version 330")
        assert "#include" not in source
        for kind in PartKind:
            assert f"#define {kind.name} {kind.value}\n" in source


def test_the_projection_is_the_cameras() -> None:
    points = np.random.RandomState(0).uniform(-0.3, 0.3, (20, 3))
    in_camera = np.concatenate([points, np.ones((20, 1))], 1) @ CAMERA.camera_from_world.T
    clip = (in_camera * [1, -1, -1, 1]) @ projection_matrix(CAMERA.focal).T
    ndc = clip[:, :3] / clip[:, 3:]
    uv, depth = CAMERA.project(points)
    np.testing.assert_allclose(ndc[:, :2] * [0.5, -0.5] + 0.5, uv)
    assert (np.argsort(ndc[:, 2]) == np.argsort(depth)).all()


def test_a_veil_gives_its_label_and_leaves_the_depth_behind_it(renderer: OffscreenRenderer) -> None:
    front = Camera.orbit(0.0)
    corners = np.array([[-0.1, -0.1, 0.25], [0.3, -0.1, 0.25], [0.3, 0.1, 0.25], [-0.1, 0.1, 0.25]])
    lens = Part(
        corners,
        np.tile([[0, 0, 1.0]], (4, 1)),
        np.zeros((4, 2)),
        np.array([[0, 1, 2], [0, 2, 3]]),
        WHITE,
        GLASSES,
        PartKind.BLEND,
        opacity=0.1,
        veil=True,
    )
    plain, veiled = (seen(renderer, parts, front) for parts in ([ball()], [ball(), lens]))
    np.testing.assert_array_equal(veiled.depth, plain.depth)
    changed = veiled.label != plain.label
    assert changed.sum() > 50
    assert set(veiled.label[changed]) == {GLASSES}
    assert (plain.depth[changed] > 0).all()  # a veil before the background is not told
    behind = seen(renderer, [ball(), lens], Camera.orbit(np.pi))
    assert GLASSES not in behind.label


def test_a_clear_part_that_is_no_veil_is_not_labelled(renderer: OffscreenRenderer) -> None:
    view = seen(renderer, [ball(), replace(ball(radius=0.25), label=GLASSES, kind=PartKind.BLEND, opacity=0.1)])
    assert GLASSES not in view.label
