"""Beyond a photo's reach hair runs on, ears have a form, and what floats is cut."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from core.camera import Camera
from core.mask import PARTS
from core.rendering.ears import Ear, ears_of
from core.rendering.form import form_of
from core.rendering.hair_flow import TEXEL, HairFlow, unrolled
from core.rendering.hidden_side import HiddenSide
from core.rendering.occupancy import FieldGrid
from core.rendering.outlines import with_firm_outline
from core.rendering.strays import Strays
from tests.core.rendering.photographed_ball import SIDE, depth_of, frame_of, middle_of, photo_of, plain

BROWN = (110, 80, 50)
FRONT, BEHIND = Camera.orbit(), Camera.orbit(np.pi)
NODES, HALF = 64, 0.4
EAR = np.array([0.15, -0.03, 0.03])


def grid_with_ears(*sides: int) -> FieldGrid:
    """A grid that is solid and known everywhere, with a lump labelled ear on some sides."""
    at = np.linspace(-HALF, HALF, NODES)
    z, y, x = np.meshgrid(at, at, at, indexing="ij")
    labels = np.zeros((NODES,) * 3, np.uint8)
    for side in sides:
        off = np.stack([(x - side * EAR[0]) / 0.04, (y - EAR[1]) / 0.06, (z - EAR[2]) / 0.045])
        labels[(off**2).sum(axis=0) < 1] = PARTS.index("ears")
    filled = torch.ones(NODES, NODES, NODES)
    return FieldGrid(100 * filled, filled.repeat(4, 1, 1, 1), torch.from_numpy(labels), (HALF,) * 3)


def test_hidden_hair_has_the_colour_of_the_photos() -> None:
    hidden = HiddenSide.of(photo_of(FRONT, plain(BROWN), "hair"), grid_with_ears())
    assert hidden is not None
    assert hidden.skin is None
    found = middle_of(hidden.drawn(frame_of((160, 60, 30), "hair", BEHIND)))
    np.testing.assert_allclose(found, BROWN, atol=5)


def test_a_photo_without_labels_says_nothing() -> None:
    assert HiddenSide.of(replace(photo_of(FRONT, plain(BROWN)), labels=None), grid_with_ears()) is None


@pytest.mark.parametrize("angle_degrees", [0, 90])
def test_strands_run_on_as_the_photos_do_and_down_behind(angle_degrees: float) -> None:
    """In the middle of the photo strands run down or across; behind the head always down."""
    rows, columns = np.indices((SIDE, SIDE))
    across = columns if angle_degrees == 0 else rows
    grey = 120 * np.exp(0.3 * np.sin(across * 2 * np.pi / 4))
    photo = photo_of(FRONT, grey[..., None].repeat(3, axis=2).astype(np.uint8), "hair")
    flow = HairFlow.of(photo)
    assert flow is not None

    def smoothness(place: list[float]) -> float:
        """Change along the columns to that along the rows: large where strands run down."""
        column, row = (int(value / TEXEL) for value in unrolled(np.array(place)))
        near = np.roll(flow.detail, 60 - column, axis=1)[row - 40 : row + 40, 20:100]
        return float(np.abs(np.diff(near, axis=1)).mean() / np.abs(np.diff(near, axis=0)).mean())

    front, back = smoothness([0, 0, 0.2]), smoothness([0, 0, -0.2])
    assert back > 2
    assert front > 2 if angle_degrees == 0 else front < 0.5


def test_strands_close_around_the_head() -> None:
    noisy = np.random.default_rng(0).integers(60, 160, (SIDE, SIDE, 1)).repeat(3, axis=2).astype(np.uint8)
    flow = HairFlow.of(photo_of(FRONT, noisy, "hair"))
    assert flow is not None
    heights = np.linspace(-0.1, 0.1, 50)
    seam = [np.stack([np.full(50, x), heights, np.full(50, -0.2)], axis=1) for x in (-1e-5, 1e-5)]
    np.testing.assert_allclose(flow.at(seam[0]), flow.at(seam[1]), atol=0.05)
    assert HairFlow.of(photo_of(FRONT, noisy, "skin")) is None


def test_ears_are_found_where_the_head_has_some() -> None:
    left, right = ears_of(grid_with_ears(1, -1))[::-1]
    assert (left.side, right.side) == (1, -1)
    np.testing.assert_allclose(left.middle, EAR[1:], atol=0.01)
    assert [ear.side for ear in ears_of(grid_with_ears(1))] == [1]
    assert ears_of(replace(grid_with_ears(1), labels=None)) == ()


def test_an_ear_has_a_form_on_its_outer_side_only() -> None:
    ear = Ear(1, (EAR[1], EAR[2]), 0.06)
    y, z = np.meshgrid(np.linspace(-0.1, 0.04, 40), np.linspace(-0.04, 0.1, 40))
    points = np.stack([np.full(y.size, EAR[0]), y.ravel(), z.ravel()], axis=1)
    out = np.tile(np.array([1, 0, 0], np.float32), (len(points), 1))
    shade = ear.shade(points, out)
    assert shade.min() < -0.2
    assert shade.std() > 0.05
    assert not ear.shade(points, -out).any(), "its back is plain"
    assert not ear.shade(points * [-1, 1, 1], -out).any(), "the other ear is another one"


def test_hollows_are_told_from_ridges_and_outlines_are_none() -> None:
    depth = depth_of(FRONT, 128)
    rows, columns = np.indices(depth.shape) - 64
    dent = 0.006 * np.exp(-(rows**2 + columns**2) / 8).astype(np.float32)
    assert form_of(depth + dent, FRONT).hollow[64, 64] > 0.15
    assert form_of(depth - dent, FRONT).hollow[64, 64] < -0.15
    form = form_of(depth, FRONT)
    assert np.percentile(form.hollow, 99) < 0.1
    np.testing.assert_allclose(form.normals[64, 64], [0, 0, 1], atol=0.03)


def test_glasses_that_nobody_wears_are_cut_and_worn_ones_stay() -> None:
    photo = photo_of(FRONT, plain(BROWN))
    frame = frame_of(BROWN, "skin", FRONT)
    assert frame.labels is not None
    glasses = np.zeros_like(frame.labels, bool)
    glasses[120:124, 100:156] = True
    labels = np.where(glasses, PARTS.index("glasses"), frame.labels).astype(np.uint8)
    rgb = np.where(glasses[..., None], np.uint8(0), frame.rgb)
    depth = np.where(glasses, frame.depth - 0.03, frame.depth).astype(np.float32)
    wearing = replace(frame, labels=labels, rgb=rgb, depth=depth)
    cut = Strays.of(photo).cut(wearing)
    assert cut.labels is not None
    assert not (cut.labels == PARTS.index("glasses")).any()
    np.testing.assert_allclose(cut.rgb[122, 110:146], np.broadcast_to(BROWN, (36, 3)), atol=25)
    worn = cv2.dilate(glasses.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    assert photo.labels is not None
    seen = replace(photo, labels=np.where(worn, PARTS.index("glasses"), photo.labels).astype(np.uint8))
    kept = Strays.of(seen).cut(wearing)
    np.testing.assert_array_equal(kept.rgb, wearing.rgb)


def test_teeth_that_are_taken_for_glass_stay() -> None:
    """A mouth bulges before the cheeks and shines: below the eyes a wrong name is no reason to cut matter away."""
    photo, frame = photo_of(FRONT, plain(BROWN)), frame_of(BROWN, "skin", FRONT)
    assert photo.labels is not None
    assert frame.labels is not None
    eyes = photo.labels.copy()
    eyes[90:96, 100:156] = PARTS.index("eyes")
    labels, rgb, depth = frame.labels.copy(), frame.rgb.copy(), frame.depth.copy()
    labels[156:170, 100:156], rgb[156:170, 100:156] = PARTS.index("glasses"), 250
    labels[160:164, 110:146] = PARTS.index("lips")
    depth[156:170, 100:156] -= 0.02
    toothy = replace(frame, labels=labels, rgb=rgb, depth=depth)
    found = Strays.of(replace(photo, labels=eyes)).cut(toothy)
    np.testing.assert_array_equal(found.rgb, toothy.rgb)
    assert found.labels is not None
    assert not (found.labels == PARTS.index("glasses")).any()


def test_an_island_of_hair_on_skin_is_skin() -> None:
    frame = frame_of(BROWN, "skin", FRONT)
    assert frame.labels is not None
    labels = frame.labels.copy()
    labels[100:106, 100:106] = PARTS.index("hair")
    found = Strays.of(photo_of(FRONT, plain(BROWN))).cut(replace(frame, labels=labels)).labels
    np.testing.assert_array_equal(found, frame.labels)


def test_a_bare_patch_that_hair_encloses_is_hair_and_a_face_is_none() -> None:
    frame = frame_of(BROWN, "hair", FRONT)
    assert frame.labels is not None
    strays = Strays.of(photo_of(FRONT, plain(BROWN)))
    patch, face = frame.labels.copy(), frame.labels.copy()
    patch[100:125, 100:125] = PARTS.index("skin")
    face[100:160, 90:160] = PARTS.index("skin")
    for labels, expected in ((patch, frame.labels), (face, face)):
        np.testing.assert_array_equal(strays.cut(replace(frame, labels=labels)).labels, expected)


def test_nobody_is_bald_above_the_skin_that_the_photo_shows() -> None:
    frame, photo = frame_of(BROWN, "hair", FRONT), photo_of(FRONT, plain(BROWN))
    assert frame.labels is not None
    assert photo.labels is not None
    half = len(photo.labels) // 2
    haired = photo.labels.copy()
    haired[:half][haired[:half] > 0] = PARTS.index("hair")
    rows = np.flatnonzero((frame.labels > 0).any(axis=1))
    crown = frame.labels.copy()
    crown[: rows[0] + 30][crown[: rows[0] + 30] > 0] = PARTS.index("skin")
    found = Strays.of(replace(photo, labels=haired)).cut(replace(frame, labels=crown)).labels
    np.testing.assert_array_equal(found, frame.labels)
    other = Strays.of(replace(photo, labels=haired), own_hair=False).cut(replace(frame, labels=crown)).labels
    np.testing.assert_array_equal(other, crown, "another's hair may begin higher")
    bald = Strays.of(photo).cut(replace(frame, labels=crown)).labels
    np.testing.assert_array_equal(bald, crown)


def test_specks_that_float_before_a_head_are_cut() -> None:
    frame = frame_of(BROWN, "skin", FRONT)
    depth, rgb = frame.depth.copy(), frame.rgb.copy()
    depth[100:102, 100:104] -= 0.08
    rgb[100:102, 100:104] = 0
    found = Strays.of(photo_of(FRONT, plain(BROWN))).cut(replace(frame, depth=depth, rgb=rgb))
    np.testing.assert_allclose(found.depth, frame.depth, atol=0.005)
    np.testing.assert_allclose(found.rgb[98:104, 98:106], np.broadcast_to(BROWN, (6, 8, 3)), atol=3)


def test_outlines_are_firm_from_elsewhere_and_the_inside_stays() -> None:
    frame = frame_of(BROWN, "skin", BEHIND)
    hazy = cv2.GaussianBlur(frame.alpha, (0, 0), 4.0)
    rgb = (hazy[..., None] * np.array(BROWN) + (1 - hazy[..., None]) * 255 + 0.5).astype(np.uint8)
    soft = replace(frame, rgb=rgb, alpha=hazy)
    firm = with_firm_outline(soft, 1.0)
    assert ((firm.alpha > 0.1) & (firm.alpha < 0.9)).sum() < 0.5 * ((hazy > 0.1) & (hazy < 0.9)).sum()
    np.testing.assert_array_equal(firm.rgb[hazy > 0.99], rgb[hazy > 0.99])
    edge = firm.alpha > 0.9
    np.testing.assert_allclose(firm.rgb[edge], np.broadcast_to(BROWN, (edge.sum(), 3)), atol=30)
    assert with_firm_outline(soft, 0.0) is soft
    hazy[10:14, 10:14] = 1.0
    assert with_firm_outline(replace(soft, alpha=hazy), 1.0).alpha[:30, :30].max() < 0.05, "a speck in the air goes"


def test_an_ear_at_the_outline_is_no_bare_patch_and_a_tuft_on_the_neck_is_none_of_hair() -> None:
    frame = frame_of(BROWN, "hair", FRONT)
    assert frame.labels is not None
    strays = Strays.of(photo_of(FRONT, plain(BROWN)))
    labels = frame.labels.copy()
    columns = np.flatnonzero((labels > 0)[128])
    labels[118:138, columns[-14] :][labels[118:138, columns[-14] :] > 0] = PARTS.index("ears")
    labels[118:138, columns[-30] : columns[-14]] = PARTS.index("skin")
    np.testing.assert_array_equal(strays.cut(replace(frame, labels=labels)).labels, labels)
    neck = labels.copy()
    neck[180:][neck[180:] > 0] = PARTS.index("neck")
    tuft = neck.copy()
    tuft[195:205, 115:141] = PARTS.index("hair")
    np.testing.assert_array_equal(strays.cut(replace(frame, labels=tuft)).labels, neck)
