"""Beyond a photo's reach hair runs on and ears have a form."""

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
from core.rendering.photo_hair import photo_hair
from tests.core.rendering.photographed_ball import (
    SIDE,
    assert_in_the_shade,
    depth_of,
    frame_of,
    middle_of,
    photo_of,
    plain,
)

BROWN, BLUE = (110, 80, 50), (40, 60, 120)
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
    assert_in_the_shade(found, BROWN)


def test_hair_that_a_photo_shows_at_its_outline_alone_has_its_colour_behind() -> None:
    photo = photo_of(FRONT, plain(BROWN), "skin")
    assert photo.labels is not None
    columns = np.flatnonzero((photo.labels > 0).any(axis=0))
    rim = np.arange(SIDE) < columns[0] + 14
    labels = np.where(rim & (photo.labels > 0), PARTS.index("hair"), photo.labels).astype(np.uint8)
    picture = np.where(rim[:, None], np.array(BLUE, np.uint8), photo.picture)
    turned_away = np.where(rim, 0, photo.cover).astype(np.uint8)
    photo = replace(photo, labels=labels, picture=picture, cover=turned_away, cover_from_here=photo.cover)
    hidden = HiddenSide.of(photo, grid_with_ears())
    assert hidden is not None
    assert_in_the_shade(middle_of(hidden.drawn(frame_of((160, 60, 30), "hair", BEHIND))), BLUE)


def test_clothes_behind_have_the_colour_of_the_photos_and_a_cap_keeps_its_own() -> None:
    photo = photo_of(FRONT, plain((200, 150, 120)), "skin")
    assert photo.labels is not None
    low = np.arange(SIDE)[:, None] > SIDE // 2 + 30
    labels = np.where(low & (photo.labels > 0), PARTS.index("cloth"), photo.labels).astype(np.uint8)
    picture = np.where(low[..., None], np.array(BLUE, np.uint8), photo.picture)
    hidden = HiddenSide.of(replace(photo, labels=labels, picture=picture), grid_with_ears())
    assert hidden is not None
    drawn = hidden.drawn(frame_of((120, 120, 120), "cloth", BEHIND)).rgb[:, SIDE // 2]
    assert_in_the_shade(drawn[SIDE // 2 + 70], BLUE)
    np.testing.assert_allclose(drawn[SIDE // 2 - 60], 120, atol=1)


@pytest.mark.parametrize("own_hair", [True, False])
def test_a_photo_without_colours_gives_a_head_without_colours(own_hair: bool) -> None:
    photo = photo_of(FRONT, plain((120, 120, 120)), "skin")
    hidden = HiddenSide.of(photo, grid_with_ears(), own_hair=own_hair)
    assert hidden is not None
    for part, grey in (("ears", True), ("hair", own_hair)):
        assert (np.ptp(middle_of(hidden.drawn(frame_of((180, 110, 100), part, BEHIND)))) < 1) == grey
    coloured = HiddenSide.of(photo_of(FRONT, plain((125, 120, 110)), "skin"), grid_with_ears())
    assert coloured is not None
    assert np.ptp(middle_of(coloured.drawn(frame_of((180, 110, 100), "ears", BEHIND)))) > 5


def test_a_photo_without_labels_says_nothing() -> None:
    assert HiddenSide.of(replace(photo_of(FRONT, plain(BROWN)), labels=None), grid_with_ears()) is None


@pytest.mark.parametrize("angle_degrees", [0, 90])
def test_strands_run_on_as_the_photos_do_and_down_behind(angle_degrees: float) -> None:
    """In the middle of the photo strands run down or across; behind the head always down."""
    rows, columns = np.indices((SIDE, SIDE))
    across = columns if angle_degrees == 0 else rows
    grey = 120 * np.exp(0.3 * np.sin(across * 2 * np.pi / 4))
    photo = photo_of(FRONT, grey[..., None].repeat(3, axis=2).astype(np.uint8), "hair")
    flow = photo_hair(photo)
    assert isinstance(flow, HairFlow)

    def smoothness(place: list[float]) -> float:
        """Change along the columns to that along the rows: large where strands run down."""
        column, row = (int(value / TEXEL) for value in unrolled(np.array(place)))
        near = np.roll(flow.detail, 60 - column, axis=1)[row - 40 : row + 40, 20:100]
        return float(np.abs(np.diff(near, axis=1)).mean() / np.abs(np.diff(near, axis=0)).mean())

    front, back = smoothness([0, 0, 0.2]), smoothness([0, 0, -0.2])
    assert back > 2
    assert front > 2 if angle_degrees == 0 else front < 0.5


def test_strands_close_around_the_head() -> None:
    noisy = np.random.default_rng(0).integers(60, 160, (1, SIDE, 1)).repeat(SIDE, axis=0).repeat(3, axis=2)
    photo = photo_of(FRONT, noisy.astype(np.uint8), "hair")
    flow = photo_hair(photo)
    assert isinstance(flow, HairFlow)
    heights = np.linspace(-0.1, 0.1, 50)
    seam = [np.stack([np.full(50, x), heights, np.full(50, -0.2)], axis=1) for x in (-1e-5, 1e-5)]
    np.testing.assert_allclose(flow.at(seam[0]), flow.at(seam[1]), atol=0.05)
    assert photo_hair(photo_of(FRONT, photo.picture, "skin")) is None


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


def _outlined(camera: Camera, changed: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """How much of each pixel the ball covers, and what its photo says, whose person is a little narrower and soft."""
    photo = photo_of(FRONT, plain(BROWN), "skin")
    shape = cv2.GaussianBlur(cv2.erode((photo.depth > 0).astype(np.float32), np.ones((3, 3))), (0, 0), 0.6)
    outline = np.dstack([255 * shape, np.full_like(shape, 255)]).astype(np.uint8)
    hidden = HiddenSide.of(replace(photo, outline=outline), grid_with_ears(), own_hair=not changed)
    assert hidden is not None
    return hidden.drawn(frame_of(BROWN, "skin", camera)).alpha, shape


def test_from_where_the_photo_was_taken_a_head_ends_as_softly_as_there() -> None:
    alpha, shape = _outlined(FRONT)
    np.testing.assert_allclose(alpha, shape, atol=0.02)


@pytest.mark.parametrize(("yaw", "changed"), [(0.1, False), (0.0, True)])
def test_a_photos_outline_is_believed_nowhere_else_and_of_no_other_hair(yaw: float, changed: bool) -> None:
    camera = Camera.orbit(yaw)
    alpha, _ = _outlined(camera, changed)
    np.testing.assert_allclose(alpha, frame_of(BROWN, "skin", camera).alpha, atol=0.6)
    assert abs(float(alpha.sum()) - np.count_nonzero(depth_of(camera))) < 0.01 * SIDE**2


def test_hair_goes_on_in_strands_though_the_photo_shows_no_whole_window_of_it() -> None:
    noisy = np.random.default_rng(0).integers(60, 160, (1, SIDE, 1)).repeat(SIDE, axis=0).repeat(3, axis=2)
    streaked, even = (
        HiddenSide.of(photo_of(FRONT, picture.astype(np.uint8), "hair"), grid_with_ears())
        for picture in (noisy, np.full_like(noisy, 110))
    )
    assert streaked is not None
    assert even is not None
    behind = frame_of(BROWN, "hair", BEHIND)
    rows = slice(SIDE // 2 - 30, SIDE // 2 + 30)
    seen = [hidden.drawn(behind, strands=None).rgb[rows, rows].astype(float) for hidden in (streaked, even)]
    across, down = (np.abs(np.diff(seen[0], axis=axis)).mean() for axis in (1, 0))
    assert across > 2 * down, "strands run down behind"
    assert across > 4 * np.abs(np.diff(seen[1], axis=1)).mean()


def test_a_fringe_alone_tells_how_short_hair_runs() -> None:
    noisy = np.random.default_rng(0).integers(60, 160, (1, SIDE, 1)).repeat(SIDE, axis=0).repeat(3, axis=2)
    photo = photo_of(FRONT, noisy.astype(np.uint8), "hair")
    assert photo.labels is not None
    top = np.flatnonzero(photo.labels.any(axis=1))[0]
    fringe = np.arange(SIDE)[:, None] < top + 16
    labels = np.where(fringe | (photo.labels == 0), photo.labels, PARTS.index("skin")).astype(np.uint8)
    assert (labels == PARTS.index("hair")).mean() < 0.02
    assert isinstance(photo_hair(replace(photo, labels=labels)), HairFlow)
