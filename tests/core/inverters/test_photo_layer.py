"""A photo on a head: its own colours where its camera saw the surface, the head's elsewhere."""

import math
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.align import Alignment
from core.camera import Camera
from core.frame import Frame, Quality
from core.head import Head
from core.inverters.photo_layer import Photographed, with_photo
from core.mask import PARTS
from core.photo import Photo
from core.progress import Progress, Report, silent
from core.project import Project
from core.protocols import Generator
from core.rendering.renderer import HeadRenderer
from core.rendering.seen import witnesses_of
from tests.core.inverters.portraits import portrait
from tests.fakes import TinyGenerator, tiny_head

GREEN = np.array([20, 220, 30])
FRONT = Camera.orbit()
SPOT_UV, SPOT_RADIUS = (0.47, 0.5), 0.04


@pytest.fixture(scope="module")
def photo() -> Alignment:
    """A photo of the tiny head with a spot on its cheek that the head itself lacks."""
    plain = portrait(TinyGenerator(), tiny_head().latents, FRONT)
    rows, columns = np.indices(plain.crop.shape[:2]) + 0.5
    side = len(plain.crop)
    on = np.hypot(columns / side - SPOT_UV[0], rows / side - SPOT_UV[1]) < SPOT_RADIUS
    return replace(plain, crop=np.where(on[..., None], GREEN, plain.crop).astype(np.uint8))


def _render(head: Head, camera: Camera) -> Frame:
    return HeadRenderer(TinyGenerator(), head).render(camera, Quality.EXACT, size_px=128)


def _green_at(frame: Frame) -> tuple[float, float]:
    """Middle of the green pixels, uv."""
    rows, columns = np.nonzero(np.abs(frame.rgb.astype(int) - GREEN).max(axis=2) < 40)
    assert len(rows) > 10
    return (columns.mean() + 0.5) / 128, (rows.mean() + 0.5) / 128


def test_from_the_photos_camera_the_head_is_the_photo(photo: Alignment) -> None:
    frame = _render(with_photo(tiny_head(), photo, TinyGenerator()), FRONT)
    shown = np.asarray(photo.crop.reshape(128, 4, 128, 4, 3).mean((1, 3)))
    inner = np.asarray(photo.mask.reshape(128, 4, 128, 4).min((1, 3))) > 0.99
    difference = np.abs(frame.rgb - shown).max(axis=2)[inner]
    assert np.median(difference) < 3
    assert _green_at(frame) == pytest.approx(SPOT_UV, abs=0.01)


@pytest.mark.parametrize("yaw_degrees", [-30, 25])
def test_it_stays_on_the_surface_while_orbiting(photo: Alignment, yaw_degrees: float) -> None:
    head = with_photo(tiny_head(), photo, TinyGenerator())
    depth = _render(tiny_head(), FRONT).depth_at(*SPOT_UV)
    across = (np.array(SPOT_UV) - 0.5) / FRONT.focal
    point = FRONT.world_from_camera[:3, :3] @ (np.array([*across, 1.0]) * depth) + FRONT.position
    camera = Camera.orbit(math.radians(yaw_degrees), 0.1)
    (expected,), _ = camera.project(point[None])
    assert _green_at(_render(head, camera)) == pytest.approx(tuple(expected), abs=0.02)


def test_what_it_did_not_see_keeps_the_heads_colours(photo: Alignment) -> None:
    behind = Camera.orbit(math.pi)
    head = with_photo(tiny_head(), photo, TinyGenerator())
    head = replace(head, photos=tuple(replace(layer, gains=None) for layer in head.photos))
    assert np.array_equal(_render(head, behind).rgb, _render(tiny_head(), behind).rgb)


def test_it_is_laid_on_less_where_the_surface_turns_away(photo: Alignment) -> None:
    (layer,) = with_photo(tiny_head(), photo, TinyGenerator()).photos
    side = len(layer.cover)
    assert layer.cover[side // 2, side // 2] == 255
    assert (layer.cover <= layer.cover_from_here).mean() > 0.99
    solid = photo.mask > 0.99
    assert layer.cover[solid].min() < 100
    assert layer.cover_from_here[solid].mean() > layer.cover[solid].mean() + 5


def test_beyond_the_photos_border_nothing_is_laid_on(photo: Alignment) -> None:
    half = replace(photo, crop_from_photo=np.diag([0.5, 1.0, 1.0]))  # the photo ends at the crop's middle
    (layer,) = with_photo(tiny_head(), half, TinyGenerator()).photos
    assert not layer.cover_from_here[:, 260:].any()
    assert layer.cover_from_here[:, :200].any()


def test_it_is_saved_with_the_head(photo: Alignment, tmp_path: Path) -> None:
    head = with_photo(tiny_head(), photo, TinyGenerator())
    Project(photo=Photo(np.array(photo.crop), "spot"), camera=FRONT, head=head).save(tmp_path / "spot.volteface")
    assert Project.load(tmp_path / "spot.volteface").head == head


class _Same:
    """An inverter that finds the tiny head, twice."""

    def __init__(self) -> None:
        self.start: Head | None = None

    def invert(
        self,
        alignment: Alignment,
        generator: Generator,
        report: Report,
        *,
        seed: int = 0,
        seconds: float | None = None,
        steps: int | None = None,
        start: Head | None = None,
    ) -> Head:
        self.start, head = start, tiny_head()
        for step in (1, 2):
            report(Progress(step, 2, "", result=head))
        return head


def test_every_head_of_an_inverter_wears_its_photo(photo: Alignment) -> None:
    inner, shown = _Same(), []
    worn = with_photo(tiny_head(), photo, TinyGenerator())
    found = Photographed(inner).invert(photo, TinyGenerator(), lambda p: shown.append(p.result), start=worn)
    assert found.photos == worn.photos
    assert all(head is found for head in shown)
    assert inner.start is not None
    assert inner.start.photos == ()
    assert Photographed(inner).invert(photo, TinyGenerator(), silent).photos == worn.photos


def test_what_the_photo_does_not_show_takes_its_tone(photo: Alignment) -> None:
    darker = replace(photo, crop=(photo.crop * 0.7).astype(np.uint8))
    behind = Camera.orbit(math.pi)
    bare, worn = (_render(head, behind) for head in (tiny_head(), with_photo(tiny_head(), darker, TinyGenerator())))
    hair = cv2.resize(np.asarray(bare.labels), (128, 128), interpolation=cv2.INTER_NEAREST) == PARTS.index("hair")
    inner = cv2.erode(hair.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    assert inner.sum() > 50
    assert np.median(worn.rgb[inner] / np.maximum(bare.rgb[inner], 1.0)) == pytest.approx(0.7, abs=0.06)


def test_a_turned_face_wears_its_photo_mirrored_and_says_so() -> None:
    camera = Camera.orbit(math.radians(40))
    plain = portrait(TinyGenerator(), tiny_head().latents, camera)
    head = replace(tiny_head(), camera=camera)
    guess, photo = with_photo(head, plain, TinyGenerator()).photos
    assert (guess.is_guess, photo.is_guess) == (True, False)
    np.testing.assert_array_equal(guess.picture[:, ::-1], photo.picture)
    assert guess.camera.yaw_radians == pytest.approx(-photo.camera.yaw_radians)
    # the head is its own mirror image, so the guess lies where the photo does
    covers = [layer.cover.astype(float) / 255 for layer in (guess, photo)]
    assert covers[0].mean() > 0.02
    assert np.abs(covers[0][:, ::-1] - covers[1]).mean() < 0.25 * covers[1].mean()


def test_the_far_cheek_of_a_turned_face_shows_what_the_near_one_does() -> None:
    camera = Camera.orbit(math.radians(40))
    plain = portrait(TinyGenerator(), tiny_head().latents, camera)
    rows, columns = np.indices(plain.crop.shape[:2]) + 0.5
    side = len(plain.crop)
    on = np.hypot(columns / side - 0.55, rows / side - 0.5) < SPOT_RADIUS
    spotted = replace(plain, crop=np.where(on[..., None], GREEN, plain.crop).astype(np.uint8))
    head = with_photo(replace(tiny_head(), camera=camera), spotted, TinyGenerator())
    near, far = (_green_at(_render(head, Camera.orbit(math.radians(yaw)))) for yaw in (70, -70))
    assert far[0] == pytest.approx(1 - near[0], abs=0.03)
    assert far[1] == pytest.approx(near[1], abs=0.02)
    witnesses = witnesses_of(head, spotted, HeadRenderer(TinyGenerator(), head))
    assert len(witnesses) == 1  # a guess is no witness


def test_a_face_in_front_is_not_mirrored(photo: Alignment) -> None:
    assert len(with_photo(tiny_head(), photo, TinyGenerator()).photos) == 1


@pytest.fixture(scope="module")
def stripes(photo: Alignment) -> Alignment:
    """The same photo with stripes that are too fine for its crop."""
    detail = np.zeros((1024, 1024, 3), np.int8)
    detail[:, ::2], detail[:, 1::2] = 40, -40
    return replace(photo, detail=detail)


def test_a_large_picture_shows_what_the_photo_is_finer_in_than_its_crop(stripes: Alignment) -> None:
    head = with_photo(tiny_head(), stripes, TinyGenerator())
    renderer = HeadRenderer(TinyGenerator(), head)
    seen = [renderer.render(FRONT, Quality.EXACT, size_px=size).rgb[:, :, 1].astype(int) for size in (1024, 512)]
    cheeks = [np.abs(np.diff(picture[len(picture) // 2 :][:9, len(picture) // 2 :][:, :40])).mean() for picture in seen]
    assert cheeks[0] > 60
    assert cheeks[1] < 5, "in a small one it would flicker"


def test_detail_is_saved_with_the_head(stripes: Alignment, tmp_path: Path) -> None:
    head = with_photo(tiny_head(), stripes, TinyGenerator())
    Project(photo=Photo.from_array(stripes.crop), camera=FRONT, alignment=stripes, head=head).save(tmp_path / "a")
    again = Project.load(tmp_path / "a")
    assert again.head is not None
    assert again.head.photos == head.photos
    assert again.alignment == stripes


def test_a_mirrored_photo_is_as_fine(stripes: Alignment) -> None:
    camera = Camera.orbit(math.radians(35))
    turned = replace(portrait(TinyGenerator(), tiny_head().latents, camera), detail=stripes.detail)
    guess, seen = with_photo(replace(tiny_head(), camera=camera), turned, TinyGenerator()).photos
    assert guess.is_guess
    assert seen.detail is not None
    assert guess.detail is not None
    assert np.array_equal(guess.detail, seen.detail[:, ::-1])
