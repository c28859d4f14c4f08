"""From a photo to what inversion needs: a crop of the head, the camera that sees a head so, and the person's mask.

The crop is framed like the generators' pictures: the camera stands on the head sphere, looks at the origin, and the
canonical head projected by it lands on the face in the crop. The head's roll is taken out by turning the crop.
(Longer than most modules: one set of rules frames, refuses and doubts a face that is found, boxed or placed by hand.)
"""

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.camera import Camera
from core.errors import NoFaceFound, PhotoError
from core.perception import face_detection, face_light, face_mesh, framing, head_pose, identity, person_mask
from core.perception.doubts import doubts, is_evened, shown_points
from core.perception.face_detection import FaceBox
from core.perception.framing import CROP_PX
from core.perception.similarity import Matrix, inverse, moved, scale_of, warped
from core.photo import Photo
from core.photo_detail import detail_from, scaled_detail, times_finer, with_detail

__all__ = ["CROP_PX", "Alignment", "FaceBox", "Framing", "align", "framed_by_hand"]

Pixels = NDArray[np.uint8]

LEAST_PRESENCE, SURE_PRESENCE = 0.5, 0.9
MOST_CANDIDATES = 24
LEAST_FACE_PX = 48
MOST_YAW_RADIANS = math.radians(80)
BLURRED_DETAIL = 0.14
"""Detail of faces blurred by 4 hundredths of their width; sharp ones have 0.45 and more."""
SURE_SCORE = 0.85
"""Below, the detector may have taken a face that lies on its side or its head for an upright one."""
CLEAR_FACE = 0.7
"""Product of the detector's score and the mesh's presence below which a face stands behind clear ones, however large:
folds of cloth and faces that lie on their heads have 0.4 to 0.65."""
CHOOSE = "Choose a photo that shows the face from the front, or place the face by hand."
AXES_LENGTH = 0.2
"""Of the heads' frame as it is drawn over a photo, world units: they end about at the skin."""
HEAD_AXES = np.concatenate([np.zeros((1, 3)), AXES_LENGTH * np.eye(3)])
"""Its middle and the ends of its axes."""
CORNERS = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64)
"""Of a picture, in picture widths."""

FoundFace = tuple[FaceBox, face_mesh.FaceMesh]


@dataclass(frozen=True, eq=False)
class Alignment:
    """How a person's head stands in a photo.

    Points count pixels from the top left corner; the centre of the first pixel is (0.5, 0.5).

    Attributes:
        crop: uint8 [512,512,3]; where it leaves the photo, the border is repeated and blurred; a side of the face that
            lies in deep shade is lightened.
        mask: float32 [512,512] of the crop, 0..1: the person; 0 outside the photo.
        camera: Sees a head as the crop shows it.
        landmarks: float32 [468,2] of the face mesh, photo pixels.
        face_box: The face that was taken.
        crop_from_photo: float64 [3,3] similarity from photo pixels to crop pixels.
        yaw_radians: Of the camera; positive sees the person's left side.
        pitch_radians: Of the camera; positive looks down from above.
        roll_radians: How far the head is turned in the photo, clockwise to the eye.
        warnings: Sentences for people.
        faces: All faces of the photo, the largest first and doubtful ones last.
        photo_size_px: Width and height of the photo.
        detail: int8 [F,F,3] of the crop, what the photo shows finer (`core.photo_detail`); None where it has no more
            pixels than the crop.
    """

    crop: Pixels
    mask: NDArray[np.float32]
    camera: Camera
    landmarks: NDArray[np.float32]
    face_box: FaceBox
    crop_from_photo: NDArray[np.float64]
    yaw_radians: float
    pitch_radians: float
    roll_radians: float
    warnings: tuple[str, ...] = ()
    faces: tuple[FaceBox, ...] = ()
    photo_size_px: tuple[int, int] = (0, 0)
    detail: NDArray[np.int8] | None = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Alignment):
            return NotImplemented
        pairs = ((getattr(self, f.name), getattr(other, f.name)) for f in dataclasses.fields(self))
        return all(
            np.array_equal(a, b) if isinstance(a, np.ndarray) or isinstance(b, np.ndarray) else a == b for a, b in pairs
        )

    def __hash__(self) -> int:
        return hash((self.camera, self.face_box, self.warnings))

    @property
    def landmarks_in_crop(self) -> NDArray[np.float64]:
        """The landmarks [468,2] in crop pixels."""
        return moved(self.landmarks, self.crop_from_photo)

    @property
    def inside_photo(self) -> NDArray[np.float32]:
        """Which pixels [512,512] of the crop show the photo (1) and which repeat its border (0)."""
        return framing.inside_photo(self.photo_size_px, self.crop_from_photo)

    @cached_property
    def fine_crop(self) -> Pixels:
        """The crop as fine as the photo is, uint8 [F,F,3]."""
        return self.crop if self.detail is None else with_detail(self.crop, self.detail)

    @property
    def chip_from_crop(self) -> NDArray[np.float64]:
        """Where the identity net finds the face in the crop, or in a render by `camera`; for `core.losses`."""
        return identity.chip_from_mesh(self.landmarks_in_crop, CROP_PX, CROP_PX)

    @property
    def framing(self) -> "Framing":
        """How the face stands in the photo, as `framed_by_hand` tells it of points that somebody placed."""
        photo_from_crop = inverse(self.crop_from_photo)
        axes, _ = self.camera.project(HEAD_AXES)
        return Framing(
            self.landmarks,
            moved(CROP_PX * CORNERS, photo_from_crop).astype(np.float32),
            moved(CROP_PX * axes, photo_from_crop).astype(np.float32),
            self.yaw_radians,
            self.pitch_radians,
            self.warnings,
        )


def align(
    photo: Photo,
    *,
    face_index: int | None = None,
    landmarks_hint: NDArray[np.floating] | None = None,
    box_hint: tuple[float, float, float, float] | None = None,
) -> Alignment:
    """Finds the face in a photo and frames its head.

    Args:
        photo: Any photo.
        face_index: Which of the faces, counted from the largest; None takes the largest.
        landmarks_hint: float [5,2] photo pixels, placed by a person: right eye, left eye, nose tip, right and left
            corner of the mouth (the person's right; the other way round is understood too). Overrules detection.
        box_hint: Left, top, width, height of the face from brows to chin, photo pixels. Overrules detection.

    Raises:
        NoFaceFound: There is no face.
        PhotoError: The face is too small, too blurred or turned too far away; the message says which.
    """
    pixels = photo.pixels
    if landmarks_hint is not None:
        return _by_hand(pixels, np.asarray(landmarks_hint, np.float64))
    if box_hint is not None:
        return _in_box(pixels, box_hint)
    found = find_meshes(pixels)
    if not found:
        raise NoFaceFound("There is no face to be found in this photo.", CHOOSE)
    if face_index is not None and not 0 <= face_index < len(found):
        raise PhotoError(f"The photo has no face number {face_index + 1}.", f"It has {len(found)}.")
    faces = tuple(face for face, _ in found)
    face, mesh = found[face_index or 0]
    pose = head_pose.pose_of_mesh(mesh.points)
    _check(pixels, face, pose)
    return _framed(pixels, face, faces, mesh.points[:, :2], pose)


def find_meshes(pixels: Pixels) -> list[FoundFace]:
    """Every face of a picture with its mesh, the largest first and doubtful ones last.

    Turned pictures and tiny faces are tried where nothing else is found.
    """
    found = _with_mesh(pixels, face_detection.find_faces(pixels), LEAST_PRESENCE)
    if max((face.score for face, _ in found), default=0.0) < SURE_SCORE:
        found += _with_mesh(pixels, face_detection.find_turned_faces(pixels), SURE_PRESENCE)
        kept = face_detection.without_parts([face for face, _ in found])
        found = [pair for pair in found if any(pair[0] is face for face in kept)]
    if not found:
        found = _with_mesh(pixels, face_detection.find_small_faces(pixels), SURE_PRESENCE)
    return sorted(found, key=lambda pair: (pair[0].score * pair[1].presence < CLEAR_FACE, -pair[0].area))


def _with_mesh(pixels: Pixels, candidates: Sequence[FaceBox], least_presence: float) -> list[FoundFace]:
    """Those candidates in which the mesh net sees a face, too; in tiny ones it must be sure."""
    meshes = [(face, face_mesh.find_mesh(pixels, face)) for face in candidates[:MOST_CANDIDATES]]
    return [
        (face, mesh)
        for face, mesh in meshes
        if mesh.presence >= (least_presence if face.width >= LEAST_FACE_PX else SURE_PRESENCE)
    ]


@dataclass(frozen=True)
class Framing:
    """What follows from five points placed by hand, all in photo pixels.

    Attributes:
        landmarks: float32 [468,2] where the canonical face lies.
        corners: float32 [4,2] of the crop, around it.
        axes: float32 [4,2] the middle of the head, then the ends of its axes x (the person's left), y (up), z (ahead).
        yaw_radians: Of the camera; positive sees the person's left side.
        pitch_radians: Of the camera; positive looks down from above.
        warnings: Sentences for people.
    """

    landmarks: NDArray[np.float32]
    corners: NDArray[np.float32]
    axes: NDArray[np.float32]
    yaw_radians: float
    pitch_radians: float
    warnings: tuple[str, ...] = ()


def framed_by_hand(landmarks_hint: NDArray[np.floating], pixels: Pixels) -> Framing | None:
    """How the head of a photo would be framed for five points placed by hand; None if they make no face.

    Args:
        landmarks_hint: As in `align`.
        pixels: uint8 [H,W,3], the photo; points far outside of it make no face.
    """
    try:
        pose, points = _pose_by_hand(np.asarray(landmarks_hint, np.float64))
    except PhotoError:
        return None
    if np.abs(points).max() > 4 * max(pixels.shape[:2]):
        return None
    corners = moved(CORNERS, inverse(pose.picture_from_photo))
    axes = pose.in_photo(HEAD_AXES)
    return Framing(
        points.astype(np.float32),
        corners.astype(np.float32),
        axes.astype(np.float32),
        pose.yaw_radians,
        pose.pitch_radians,
        doubts(pixels, _box_around(points), pose, points),
    )


def _pose_by_hand(five: NDArray[np.float64]) -> tuple[head_pose.HeadPose, NDArray[np.float64]]:
    if five.shape != (5, 2) or not np.isfinite(five).all():
        raise PhotoError("A face is placed with five points: two eyes, the nose tip and two corners of the mouth.")
    across, down = five[1] - five[0], five[3:].mean(0) - five[:2].mean(0)
    side = across[0] * down[1] - across[1] * down[0]
    if abs(side) < 0.05 * max(across @ across, down @ down, 1.0):
        raise PhotoError("The five points make no face.", "Put each one where its name says.")
    if side < 0:  # left and right were meant the other way round
        five = five[[1, 0, 2, 4, 3]]
    return head_pose.pose_of_five(five)


def _by_hand(pixels: Pixels, five: NDArray[np.float64]) -> Alignment:
    pose, points = _pose_by_hand(five)
    face = _box_around(points)
    if max(face.width, face.height) < LEAST_FACE_PX / 2:
        raise PhotoError("The placed face is too small.", f"It should be at least {LEAST_FACE_PX} pixels wide.")
    return _framed(pixels, face, (face,), points, pose)


def _box_around(points: NDArray[np.float64]) -> FaceBox:
    low, high = points.min(0), points.max(0)
    return FaceBox(float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1]))


def _in_box(pixels: Pixels, box: tuple[float, float, float, float]) -> Alignment:
    face = FaceBox(*box)
    mesh = face_mesh.find_mesh(pixels, face)
    if mesh.presence < LEAST_PRESENCE:
        raise NoFaceFound("There is no face to be found in this box.", "Place the five points by hand.")
    pose = head_pose.pose_of_mesh(mesh.points)
    _check(pixels, face, pose)
    return _framed(pixels, face, (face,), mesh.points[:, :2], pose)


def _check(pixels: Pixels, face: FaceBox, pose: head_pose.HeadPose) -> None:
    """Refuses a face from which no head can be made."""
    size = max(face.width, face.height)
    if size < LEAST_FACE_PX:
        message = f"The face is only {size:.0f} pixels wide; at least {LEAST_FACE_PX} are needed."
        raise PhotoError(message, "Choose a photo that shows the person larger.")
    if abs(pose.yaw_radians) > MOST_YAW_RADIANS:
        degrees = round(math.degrees(abs(pose.yaw_radians)))
        raise PhotoError(f"The face is turned away by {degrees} degrees; at most 80 work.", CHOOSE)
    if framing.detail(pixels, face) < BLURRED_DETAIL:
        raise PhotoError("The face is too blurred.", "Choose a sharper photo, or place the face by hand.")


def _framed(
    pixels: Pixels,
    face: FaceBox,
    faces: tuple[FaceBox, ...],
    landmarks: NDArray[np.float64],
    pose: head_pose.HeadPose,
) -> Alignment:
    """Cuts the crop and its mask."""
    size_px = (pixels.shape[1], pixels.shape[0])
    crop_from_photo: Matrix = np.diag([CROP_PX, CROP_PX, 1.0]) @ pose.picture_from_photo
    inside = framing.inside_photo(size_px, crop_from_photo)
    plain = framing.softened(warped(pixels, crop_from_photo, CROP_PX, repeat_border=True), inside)
    in_crop, crop = moved(landmarks, crop_from_photo), plain
    if is_evened(pose):
        crop = face_light.evened(plain, in_crop, shown_points(landmarks, size_px))
    mask = framing.of_one_person(person_mask.find_person(crop) * inside, in_crop)
    return Alignment(
        crop=crop,
        mask=mask,
        camera=pose.camera,
        landmarks=landmarks.astype(np.float32),
        face_box=face,
        crop_from_photo=crop_from_photo,
        yaw_radians=pose.yaw_radians,
        pitch_radians=pose.pitch_radians,
        roll_radians=pose.roll_radians,
        warnings=doubts(pixels, face, pose, landmarks),
        faces=faces,
        photo_size_px=size_px,
        detail=_detail(pixels, crop_from_photo, plain, inside * (crop.mean(axis=2) + 1) / (plain.mean(axis=2) + 1)),
    )


def _detail(
    pixels: Pixels, crop_from_photo: Matrix, crop: Pixels, gains: NDArray[np.float32]
) -> NDArray[np.int8] | None:
    """What a photo shows finer than a crop of it, made stronger by gains [512,512]; None where it shows nothing."""
    times = times_finer(1 / scale_of(crop_from_photo))
    if times == 1:
        return None
    larger = np.diag([times, times, 1.0]) @ crop_from_photo
    fine = warped(pixels, larger, times * CROP_PX, repeat_border=True)
    return scaled_detail(detail_from(fine, crop), gains)
