"""Photos on an edited head follow its colours and leave what is no longer what they show."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from core.camera import Camera
from core.edit import Paint, Recolour, TakePart
from core.editors.fold import Folder
from core.editors.head_parts import HeadParts
from core.editors.photo_refit import refitted
from core.frame import Quality
from core.grafted_field import Fit, GraftedField, Volume
from core.head import Head
from core.inverters.photo_layer import with_photo
from core.mask import PARTS
from core.photo_layer import PhotoLayer
from core.rendering.renderer import HeadRenderer
from tests.core.inverters.portraits import portrait
from tests.fakes import TinyGenerator, tiny_head

FRONT = Camera.orbit()


@pytest.fixture(scope="module")
def photographed() -> Head:
    head = tiny_head(1, camera=FRONT)
    return with_photo(head, portrait(TinyGenerator(), head.latents, FRONT), TinyGenerator())


def _cover_at(layer: PhotoLayer, points: torch.Tensor) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    """Cover at world points [N, 3] seen from the photo's camera."""
    uv, _ = layer.camera.project(points.numpy())
    rows, columns = (uv[:, ::-1] * len(layer.cover)).astype(int).T
    return np.asarray(layer.cover_from_here[rows, columns], np.uint8)


def test_without_edits_it_is_the_very_layer(photographed: Head) -> None:
    head = Folder(TinyGenerator(), photographed, {}).folded(())
    assert head.photos is photographed.photos
    stroke = Paint(key="1", picture=np.zeros((8, 8, 4), np.uint8), camera=FRONT, depth=np.ones((8, 8), np.float32))
    painted = Folder(TinyGenerator(), photographed, {}).folded((stroke,))
    assert painted.photos == photographed.photos


def test_a_field_of_the_same_features_leaves_it_alone(photographed: Head) -> None:
    nothing = Volume(torch.zeros(2, 2, 2), (0.1, 0.1, 0.1))
    same = GraftedField(photographed.trigrid, tiny_head(2).trigrid, nothing)
    (layer,) = refitted(photographed.photos, TinyGenerator(), photographed.trigrid, same)
    (was,) = photographed.photos
    assert np.abs(layer.picture.astype(int) - was.picture).max() <= 1
    assert np.array_equal(layer.cover, was.cover)
    assert np.abs(layer.depth - was.depth).max() < 1e-3


def test_a_part_that_was_taken_shows_and_the_rest_of_the_photo_stays(photographed: Head) -> None:
    lid = Volume(torch.ones(2, 2, 2), (0.08, 0.05, 0.05))  # a slab of another head before the forehead

    class _Slab:
        """Opaque everywhere, in its own colour."""

        device = torch.device("cpu")

        def sample(self, points: torch.Tensor) -> torch.Tensor:
            tiny = tiny_head(2).trigrid
            inside = HeadParts.of(TinyGenerator(), tiny).points("skin")[:1]
            return tiny.sample(inside).expand(len(points), -1)

    grafted = GraftedField(photographed.trigrid, _Slab(), lid, Fit(shift=(0.0, 0.02, 0.26)))  # type: ignore[arg-type]
    (layer,) = refitted(photographed.photos, TinyGenerator(), photographed.trigrid, grafted)
    (was,) = photographed.photos
    before = torch.tensor([[0.0, 0.02, 0.15], [0.03, 0.03, 0.15]])
    below = torch.tensor([[0.0, -0.11, 0.13]])
    assert (_cover_at(was, before) > 200).all()
    assert (_cover_at(layer, before) < 10).all()
    assert np.array_equal(_cover_at(layer, below), _cover_at(was, below))


def test_another_colour_of_a_part_colours_the_photo(photographed: Head) -> None:
    tiny = TinyGenerator()
    edited = Folder(tiny, photographed, {}).folded((Recolour(key="1", part="hair", rgb=(0.1, 0.2, 0.9)),))
    before, after = (HeadRenderer(tiny, head).render(FRONT, Quality.EXACT) for head in (photographed, edited))
    assert before.labels is not None
    side = len(before.rgb) // len(before.labels)
    hair = cv2.resize(before.labels, before.rgb.shape[:2], interpolation=cv2.INTER_NEAREST) == PARTS.index("hair")
    assert hair.sum() > side**2
    bluer = after.rgb[hair, 2].astype(int) - after.rgb[hair, 0] > before.rgb[hair, 2].astype(int) - before.rgb[hair, 0]
    assert bluer.mean() > 0.9
    (layer,), (was,) = edited.photos, photographed.photos
    assert (layer.cover_from_here[was.cover_from_here > 0] > 0).mean() > 0.9


def test_taking_a_part_keeps_the_photo_on_the_other_side(photographed: Head) -> None:
    folder = Folder(TinyGenerator(), photographed, {"other": tiny_head(2)})
    edited = folder.folded((TakePart(key="1", part="nose", reference="other"),))
    (layer,), (was,) = edited.photos, photographed.photos
    cheek = HeadParts.of(TinyGenerator(), photographed.trigrid).points("skin")
    cheek = cheek[(cheek[:, 2] > 0.1) & (cheek[:, 0].abs() > 0.08)]
    assert len(cheek) > 5
    assert np.median(_cover_at(layer, cheek).astype(int) - _cover_at(was, cheek)) == 0


def test_what_the_photo_shows_of_a_part_that_came_off_goes_with_it(photographed: Head) -> None:
    (was,) = photographed.photos
    labels = np.full((64, 64), PARTS.index("skin"), np.uint8)
    labels[:30] = PARTS.index("hair")
    nothing = Volume(torch.zeros(2, 2, 2), (0.1, 0.1, 0.1))
    same = GraftedField(photographed.trigrid, tiny_head(2).trigrid, nothing)
    worn = (replace(was, labels=labels),)
    (layer,) = refitted(worn, TinyGenerator(), photographed.trigrid, same, gone={"hair": 1.0})
    assert not layer.cover[:230].any()
    assert np.array_equal(layer.cover[280:], was.cover[280:])
    (half,) = refitted(worn, TinyGenerator(), photographed.trigrid, same, gone={"hair": 0.5})
    seen = was.cover_from_here[:200] > 200
    assert np.abs(half.cover_from_here[:200][seen] / was.cover_from_here[:200][seen] - 0.5).max() < 0.02


def test_what_a_photo_shows_through_clear_glass_stays_when_the_glasses_go(photographed: Head) -> None:
    (was,) = photographed.photos
    side = 256
    labels = np.full((side, side), PARTS.index("skin"), np.uint8)
    for column in (98, 158):
        cv2.circle(labels, (column, 120), 24, PARTS.index("glasses"), 8)
    shown = np.full_like(was.cover, 255)
    photo = replace(was, labels=labels, cover=shown, cover_from_here=shown)
    nothing = GraftedField(photographed.trigrid, tiny_head(2).trigrid, Volume(torch.zeros(2, 2, 2), (0.1, 0.1, 0.1)))

    def left(layer: PhotoLayer) -> tuple[int, int]:
        (refit,) = refitted((layer,), TinyGenerator(), photographed.trigrid, nothing, gone={"glasses": 1.0})
        large = cv2.resize(refit.cover, (side, side), interpolation=cv2.INTER_AREA)
        return int(large[120, 98]), int(large[120, 98 + 24])

    assert left(photo) == (255, 0)
    dark = cv2.resize(photo.picture, (side, side))
    cv2.circle(dark, (98, 120), 22, (5, 5, 5), -1)
    cv2.circle(dark, (158, 120), 22, (5, 5, 5), -1)
    assert left(replace(photo, picture=dark))[1] == 0


def test_a_photo_says_nothing_of_the_tones_of_hair_that_is_gone(photographed: Head) -> None:
    (was,) = photographed.photos
    hair, gains = PARTS.index("hair"), np.full((len(PARTS), 3), 1.5, np.float32)
    assert was.labels is not None
    labels = was.labels.copy()
    labels[: len(labels) // 2] = hair
    told = replace(was, labels=labels, gains=gains)
    other = photographed.trigrid.detached()
    (layer,) = refitted((told,), TinyGenerator(), photographed.trigrid, other, gone={"hair": 1.0})
    assert layer.labels is not None
    assert layer.gains is not None
    assert not (layer.labels == hair).any()
    assert (layer.gains[hair] == 1).all()
    assert (np.delete(layer.gains, hair, axis=0) == 1.5).all()
