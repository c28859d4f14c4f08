"""What does not belong to a photographed head is cut, and what bears a wrong name gets its own."""

from dataclasses import replace

import cv2
import numpy as np

from core.camera import Camera
from core.mask import PARTS
from core.rendering.strays import Strays
from tests.core.rendering.photographed_ball import frame_of, photo_of, plain

BROWN, FRONT = (110, 80, 50), Camera.orbit()


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
