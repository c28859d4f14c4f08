"""Clothes become calm and closed, lie on the neck, and end where a photo ends them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from core.camera import Camera
from core.editors.clothes_form import clothes_form
from core.editors.clothes_outline import Rise
from core.mask import PARTS
from core.rendering.occupancy import FieldGrid
from core.shown_person import ShownPerson

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.formed_field import Form

    Array = NDArray[np.float64]

HALF, COUNT, CAMERA, SIDE_PX = 0.388, 80, Camera.orbit(), 512
CM = 1 / 56.5
"""World units."""
SLOPE, LUMP, TOP = 0.3, 0.8 * CM, 0.0


def _shoulders(x: Array) -> Array:
    return np.asarray(-0.16 - SLOPE * np.abs(x), np.float64)


def _grid(part: str = "cloth", lump: float = 0.0) -> FieldGrid:
    """Shoulders with lumps two centimetres apart and a neck, and a shred that stands off them."""
    axis = np.linspace(-HALF, HALF, COUNT)
    z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
    lumps = lump * np.sin(np.pi * x / CM) * np.sin(np.pi * z / CM)
    cloth = (y < _shoulders(x) + lumps) & (np.abs(z) < 0.12)
    cloth |= (np.abs(x - 0.2) < 0.007) & (np.abs(z) < 0.007) & (y < -0.12) & (lump > 0)
    neck = (np.hypot(x, z) < 0.07) & (y < 0.2)
    labels = np.where(neck, PARTS.index("neck"), np.where(cloth, PARTS.index(part), 0)).astype(np.uint8)
    sigma = torch.from_numpy(np.where(cloth | neck, 300.0, 0.0)).float()
    return FieldGrid(sigma, torch.zeros(4, 1, 1, 1), torch.from_numpy(labels), (HALF,) * 3)


def _photo(higher_px: float, until: float = 1.0) -> ShownPerson:
    """A photo of those shoulders, their outline so many pixels higher, down to some of its height."""
    x = np.linspace(-HALF, HALF, 400)
    uv, _ = CAMERA.project(np.column_stack([x, _shoulders(x), np.zeros_like(x)]))
    ends = np.interp(np.arange(SIDE_PX), uv[:, 0] * SIDE_PX, uv[:, 1] * SIDE_PX) - higher_px
    cloth = np.clip(np.arange(SIDE_PX)[:, None] - ends + 0.5, 0, 1).astype(np.float32)
    neck = np.zeros_like(cloth)
    left, right = CAMERA.project(np.array([[-0.07, 0, 0], [0.07, 0, 0]]))[0][:, 0] * SIDE_PX
    cv2.rectangle(neck, (round(left), 0), (round(right), SIDE_PX), 1, cv2.FILLED)
    reached = (np.arange(SIDE_PX)[:, None] < until * SIDE_PX) * np.ones_like(cloth)
    return ShownPerson(np.maximum(cloth, neck) * reached, cloth * reached, cloth * (1 - neck) * reached, reached)


def _heights(form: Form, x: Array, z: float = 0.0) -> Array:
    """Where a form's surface lies at x [N]."""
    heights = []
    for one in x:
        y = torch.linspace(-0.34, -0.02, 641)
        points = torch.stack([torch.full_like(y, one), y, torch.full_like(y, z)], 1)
        distance, weight = form.distance_at(points)
        heights.append(float(y[((distance < 0) & (weight > 0.5)).nonzero().max()]))
    return np.array(heights)


def _form(grid: FieldGrid, shown: ShownPerson | None = None) -> Form:
    form = clothes_form(grid, TOP, lambda points: 0.35, CAMERA, shown)
    assert form is not None
    return form


def test_lumps_of_clothes_are_calmed_and_shreds_are_gone() -> None:
    x = np.linspace(0.17, 0.3, 40)
    calm = _heights(_form(_grid(lump=LUMP)), x, CM / 2)
    away = calm - np.polyval(np.polyfit(x, calm, 1), x)
    assert np.abs(away).max() < LUMP / 4
    # clothes have a thickness, and end above by no more
    assert abs((calm - _shoulders(x)).mean()) < CM


def test_clothes_begin_with_an_edge_and_necks_stay() -> None:
    form, y = _form(_grid()), torch.linspace(-0.13, -0.06, 20)
    for around in (0.0, 1.0, 2.5):
        x, z = (0.07 * np.array([np.sin(around), np.cos(around)])).tolist()
        distance, weight = form.distance_at(torch.stack([torch.full_like(y, x), y, torch.full_like(y, z)], 1))
        assert (distance[weight > 0.5].abs() < 0.5 * CM).all()
    high = _heights(form, np.array([0.2]))[0] - _shoulders(np.array(0.2))
    assert 0.1 * CM < high < 0.7 * CM


def test_clothes_end_where_their_photo_ends_them() -> None:
    x = np.array([-0.25, -0.2, -0.15, 0.15, 0.2, 0.25])
    pixel = CAMERA.radius / CAMERA.focal / SIDE_PX
    for higher_px in (-12.0, 0.0, 25.0):
        found = _heights(_form(_grid(), _photo(higher_px)), x)
        np.testing.assert_allclose(found, _shoulders(x) + higher_px * pixel, atol=3 * pixel)
    # what is behind goes with it, and what is further down does not
    lower = _heights(_form(_grid(), _photo(25.0)), x, -0.08)
    assert (lower > _shoulders(x) + 10 * pixel).all()


def test_what_no_photo_shows_stays() -> None:
    x = np.array([-0.25, 0.25])
    np.testing.assert_allclose(
        _heights(_form(_grid(), _photo(25.0, until=0.5)), x), _heights(_form(_grid()), x), atol=1e-6
    )
    tops = np.column_stack([np.linspace(-0.3, 0.3, 200), _shoulders(np.linspace(-0.3, 0.3, 200)), np.zeros(200)])
    far = Rise.of(tops, CAMERA, _photo(200.0), 1 / 40)
    assert far is None or np.abs(far.by).max() < 0.2
    assert clothes_form(_grid("hair"), TOP, lambda points: 0.35, CAMERA, None) is None


def test_an_outline_goes_on_below_the_photo_as_steeply() -> None:
    x = np.linspace(-0.3, 0.3, 200)
    tops = np.column_stack([x, np.full(200, -0.19), np.zeros(200)])
    rise = Rise.of(tops, CAMERA, _photo(0.0, until=0.85), 1 / 80)
    assert rise is not None
    uv, _ = CAMERA.project(np.array([[0.3, _shoulders(np.array(0.3)), 0.0], [0.3, -0.19, 0.0]]))
    assert uv[0, 1] > 0.85
    column = int(uv[0, 0] * len(rise.by))
    np.testing.assert_allclose(rise.by[column], uv[1, 1] - uv[0, 1], atol=0.02)


def test_no_shoulder_rises_beside_the_border_of_a_photo() -> None:
    whole, rows, columns = _photo(0.0), *np.indices((SIDE_PX, SIDE_PX))
    # a photo whose head was turned upright: its border is tilted and half in a column of the outline
    reached = (columns > 30 + rows / 64) & (columns < SIDE_PX - 40)
    known = reached.astype(np.float32)
    shown = ShownPerson(whole.person * known, whole.worn * known, whole.clothes * known, known)
    x = np.linspace(-0.38, 0.38, 300)
    # what a search has found lies lower
    tops = np.column_stack([x, _shoulders(x) - 0.03, np.zeros_like(x)])
    rise = Rise.of(tops, CAMERA, shown, 1 / 80)
    assert rise is not None
    uv, _ = CAMERA.project(tops)
    wanted = CAMERA.project(np.column_stack([x, _shoulders(x), np.zeros_like(x)]))[0][:, 1]
    column = np.clip((uv[:, 0] * len(rise.by)).astype(int), 0, len(rise.by) - 1)
    beside_neck = np.abs(x) > 0.12
    np.testing.assert_allclose(rise.by[column][beside_neck], (uv[:, 1] - wanted)[beside_neck], atol=0.015)
