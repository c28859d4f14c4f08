"""What the window shows and what it asks for, as frozen values: no Qt, no model.

The application turns its own state into these views and hands them to a setter; the window hands intentions back
as signals that carry the same kind of value. Pictures are uint8 arrays [height, width, 3] in RGB.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.frame import Quality

Picture = NDArray[np.uint8]
Points = NDArray[np.float32]
Box = tuple[float, float, float, float]

PHOTO_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif", ".gif")
PROJECT_SUFFIX = ".volteface"


class Theme(enum.StrEnum):
    """The colours of the window."""

    DARK = "dark"
    LIGHT = "light"
    SYSTEM = "system"


class Backdrop(enum.StrEnum):
    """What stands behind the head in the viewer."""

    STUDIO = "studio"
    WHITE = "white"
    GREY = "grey"
    DARK = "dark"
    CHECKER = "checker"


class JobState(enum.Enum):
    """Where a background job stands."""

    QUEUED = enum.auto()
    RUNNING = enum.auto()
    STOPPING = enum.auto()


class UnsavedAnswer(enum.Enum):
    """What to do with unsaved work."""

    SAVE = enum.auto()
    DISCARD = enum.auto()
    CANCEL = enum.auto()


@dataclass(frozen=True)
class DocumentView:
    """The open document as the title bar knows it; `path` is None until it was saved once."""

    name: str = "Untitled"
    path: Path | None = None
    modified: bool = False


@dataclass(frozen=True)
class JobView:
    """One background job; `total` 0 means of unknown length, `keeps_best` that stopping loses nothing."""

    key: str
    title: str
    message: str = ""
    step: int = 0
    total: int = 0
    elapsed_seconds: float = 0.0
    state: JobState = JobState.RUNNING
    keeps_best: bool = False


@dataclass(frozen=True)
class RecentItem:
    """A file that was open before."""

    path: Path
    title: str
    detail: str = ""
    thumbnail: Picture | None = None


@dataclass(frozen=True)
class RecoveryItem:
    """Unsaved work found after a crash."""

    key: str
    title: str
    saved_at: datetime
    detail: str = ""
    thumbnail: Picture | None = None


@dataclass(frozen=True)
class FaceView:
    """One face found in the photo: left, top, width, height in photo pixels."""

    box: Box


@dataclass(frozen=True)
class PhotoView:
    """The photo with what perception found in it; coordinates are photo pixels, angles degrees."""

    pixels: Picture
    name: str
    faces: tuple[FaceView, ...] = ()
    chosen_face: int = 0
    landmarks: Points | None = None
    crop: Picture | None = None
    angles_degrees: tuple[float, float, float] | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class HandPlacement:
    """A face placed by hand, in photo pixels.

    The five landmarks [5, 2] are the person's right eye, left eye, nose tip, right and left corner of the mouth;
    in a frontal photo the person's right is on the left of the picture.
    """

    box: Box
    landmarks: Points


@dataclass(frozen=True)
class PlacedHead:
    """What follows from a `HandPlacement`, in photo pixels.

    `landmarks` [N, 2] are the reprojected face, `corners` [4, 2] the crop's, `axes` [4, 2] the middle of the head and
    the ends of its x, y and z axis. `text` says how the head is turned, `doubts` what to be careful about.
    """

    landmarks: Points
    corners: Points
    axes: Points
    text: str = ""
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class HeadView:
    """What is known about the head; `figures` are shown in their order.

    `export_refusal` says why it cannot be exported; empty where it can. Without a photo there is nothing to search.
    """

    generator: str
    method: str
    seed: int | None = None
    seconds: float | None = None
    figures: Mapping[str, float] = field(default_factory=dict)
    note: str = ""
    can_improve: bool = True
    licence: str = ""
    export_refusal: str = ""
    has_photo: bool = True


@dataclass(frozen=True, eq=False)
class RungView:
    """One head that a search found on its way; `difference` from the photo, less is better."""

    title: str
    seconds: float
    picture: Picture
    difference: float | None = None


@dataclass(frozen=True, eq=False)
class FurtherView:
    """Another photo of the person; `yaw_degrees` None where the search shall find the side it was taken from."""

    name: str
    picture: Picture
    yaw_degrees: float | None = None


@dataclass(frozen=True)
class Preferences:
    """The user's choices; `threads` 0 chooses by itself, `autosave_minutes` 0 never saves."""

    theme: Theme = Theme.DARK
    threads: int = 0
    autosave_minutes: int = 2
    release_quality: Quality = Quality.EXACT
    default_folder: Path = field(default_factory=Path.home)
