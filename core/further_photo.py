"""Further photos of a person, from the side or from behind, and how they are framed like the first one.

Where a face is found, alignment tells the camera. From behind there is none: the outline of the person alone frames the
crop, and the side that it was taken from is told by the person, or left open for the search, which knows the head.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from core.align import CROP_PX, Alignment, FaceBox, align
from core.camera import Camera
from core.errors import PhotoError
from core.perception import framing, person_mask
from core.perception.head_pose import canonical_face
from core.perception.similarity import inverse, moved, warped

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.photo import Photo

SIDEWAYS_RADIANS = math.radians(80)
"""Beyond, the face mesh is no guide."""
HEAD_TOP = 0.235
"""Height of the crown, world units above the origin."""
BROAD, DEEP = 0.33, 0.40
"""Width of a head with its hair, from the front and from the side, world units."""
NECK_SHARE = 1.45
"""Heights of a head, in widths, within which its greatest width is looked for; below are shoulders."""
LEAST_PERSON = 0.01
UNKNOWN_PX = 512
"""Longer side of the picture in which the person is looked for."""


@dataclass(frozen=True, eq=False)
class FurtherPhoto:
    """Another picture of the person in the first one.

    Attributes:
        name: of its file.
        alignment: its crop, mask and camera.
        camera_is_known: whether the side that it was taken from is about right; otherwise the search finds it.
    """

    name: str
    alignment: Alignment
    camera_is_known: bool = True

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FurtherPhoto):
            return NotImplemented
        mine, theirs = (self.name, self.camera_is_known), (other.name, other.camera_is_known)
        return mine == theirs and self.alignment == other.alignment

    def __hash__(self) -> int:
        return hash((self.name, self.camera_is_known))


def further_photo(photo: Photo, yaw_radians: float | None = None) -> FurtherPhoto:
    """Frame another picture of a person.

    Args:
        photo: of one person, from any side.
        yaw_radians: of the camera, where the person tells it: positive sees the head's left side, pi its back. None
            leaves it to the face, and without one to the search.

    Raises:
        PhotoError: nobody is to be seen in it.
    """
    if yaw_radians is None or abs(yaw_radians) < SIDEWAYS_RADIANS:
        try:
            return FurtherPhoto(photo.name, align(photo))
        except PhotoError:
            pass  # no face, or one that is turned too far: the outline must do
    return FurtherPhoto(photo.name, _by_outline(photo, yaw_radians), camera_is_known=yaw_radians is not None)


def turned(further: FurtherPhoto, yaw_radians: float) -> FurtherPhoto:
    """The same photo seen from a side that the person tells; what the crop shows stays."""
    alignment, camera = further.alignment, Camera.orbit(yaw_radians, 0.0)
    return FurtherPhoto(further.name, _with_camera(alignment, camera))


def alignment_from(
    crop: NDArray[np.uint8],
    mask: NDArray[np.float32],
    camera: Camera,
    points: NDArray[np.float64] | None = None,
) -> Alignment:
    """What aligning would find in a picture whose camera is known.

    Args:
        crop: [512, 512, 3].
        mask: [512, 512], 0..1.
        camera: sees a head as the crop shows it.
        points: [468, 2] of the face mesh, pixels of the crop; None has them where such a camera would see them.
    """
    points = _expected(camera) if points is None else points
    low, high = points.min(0), points.max(0)
    return Alignment(
        crop=crop,
        mask=mask,
        camera=camera,
        landmarks=points.astype(np.float32),
        face_box=FaceBox(float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])),
        crop_from_photo=np.eye(3),
        yaw_radians=camera.yaw_radians,
        pitch_radians=camera.pitch_radians,
        roll_radians=0.0,
        photo_size_px=(CROP_PX, CROP_PX),
    )


def _with_camera(alignment: Alignment, camera: Camera) -> Alignment:
    return replace(
        alignment, camera=camera, yaw_radians=camera.yaw_radians, pitch_radians=camera.pitch_radians, warnings=()
    )


def _by_outline(photo: Photo, yaw_radians: float | None) -> Alignment:
    """Framed so that crown and width of the person's outline lie where a head's would."""
    pixels = photo.pixels
    height, width = pixels.shape[:2]
    shrink = min(1.0, UNKNOWN_PX / max(height, width))
    side = round(max(height, width) * shrink)
    to_small = np.diag([shrink, shrink, 1.0])
    small = warped(pixels, to_small, side, repeat_border=True)
    person = person_mask.find_person(small)[: round(height * shrink), : round(width * shrink)]
    if person.mean() < LEAST_PERSON:
        raise PhotoError(
            f"Nobody is to be seen in {photo.name or 'this photo'}.", "Choose a photo with a plainer background."
        )
    top, middle, breadth = _head_in(person)
    yaw = math.pi if yaw_radians is None else yaw_radians
    camera = Camera.orbit(yaw, 0.0)
    wanted = BROAD + (DEEP - BROAD) * abs(math.sin(yaw)) if yaw_radians is not None else (BROAD + DEEP) / 2
    scale = wanted * camera.focal / camera.radius * CROP_PX / breadth
    row = (0.5 - HEAD_TOP * camera.focal / camera.radius) * CROP_PX
    crop_from_small = np.array([[scale, 0, CROP_PX / 2 - scale * middle], [0, scale, row - scale * top], [0, 0, 1.0]])
    crop_from_photo = crop_from_small @ to_small
    inside = framing.inside_photo((width, height), crop_from_photo)
    crop = framing.softened(warped(pixels, crop_from_photo, CROP_PX, repeat_border=True), inside)
    mask = (person_mask.find_person(crop) * inside).astype(np.float32)
    found = alignment_from(crop, mask, camera)
    return replace(
        found,
        landmarks=moved(_expected(camera), inverse(crop_from_photo)).astype(np.float32),
        crop_from_photo=crop_from_photo,
        photo_size_px=(width, height),
    )


def _head_in(person: NDArray[np.float32]) -> tuple[float, float, float]:
    """Crown's row, middle column and greatest width of the head at the top of a person's mask, pixels."""
    rows = (person > 0.5).sum(axis=1).astype(np.float64)
    filled = np.flatnonzero(rows > max(3.0, 0.02 * person.shape[1]))
    top = int(filled[0]) if len(filled) else 0
    widths = rows[top:]
    # the head ends where a further row down lies deeper below the crown than heads are tall
    widest = np.maximum.accumulate(widths)
    deep = np.flatnonzero(np.arange(len(widths)) > NECK_SHARE * widest)
    end = int(deep[0]) if len(deep) else len(widths)
    neck = _narrowest(widths[:end])
    head = person[top : top + max(4, neck)] > 0.5
    columns = np.flatnonzero(head.any(axis=0))
    breadth = float(np.percentile(head.sum(axis=1), 95))
    return float(top), float(columns.mean()) if len(columns) else person.shape[1] / 2, max(breadth, 4.0)


def _narrowest(widths: NDArray[np.float64]) -> int:
    """Row of the neck: the narrowest one below the widest that has wider ones below; all rows where none has."""
    best, found = 0.0, len(widths)
    for row in range(len(widths) // 3, len(widths)):
        above, below = widths[:row].max(initial=0), widths[row:].max(initial=0)
        dip = min(above, below) - widths[row]
        if dip > best + 0.02 * above:
            best, found = dip, row
    return found


def _expected(camera: Camera) -> NDArray[np.float64]:
    """Where the face's points would lie in the crop of a camera, pixels [468, 2]."""
    uv, _ = camera.project(canonical_face().mean)
    return np.asarray(uv * CROP_PX)
