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
class ChoiceView:
    """One entry of a picker; `reason` says why it cannot be chosen, empty where it can, `meaning` what it does."""

    name: str
    title: str
    licence: str = ""
    commercial: bool = True
    reason: str = ""
    meaning: str = ""


@dataclass(frozen=True)
class PickersView:
    """What heads can be made with, and what is chosen; `missing` names a head's model that is not among them."""

    generators: tuple[ChoiceView, ...] = ()
    methods: tuple[ChoiceView, ...] = ()
    generator: str = ""
    method: str = ""
    commercial_only: bool = False
    missing: str = ""
    efforts: tuple[ChoiceView, ...] = ()
    """How long a search may take."""
    effort: str = ""
    offer: str = ""
    """Words on the button that makes the head anew with what is chosen; empty hides it."""


@dataclass(frozen=True)
class BannerView:
    """A quiet sentence over the viewer, with a button where `action` names one; `picture` says what is shown below."""

    text: str
    action: str = ""
    picture: str = ""


@dataclass(frozen=True)
class ModelView:
    """A row of the models dialog; `state` is ready, missing or damaged, `note` what to do about it.

    `title` and `licence` are a few words, `purpose` and `terms` say more.
    """

    name: str
    kind: str
    title: str
    licence: str = ""
    commercial: bool = True
    size_bytes: int = 0
    need_bytes: int = 0
    state: str = "ready"
    note: str = ""
    removable: bool = False
    purpose: str = ""
    terms: str = ""


@dataclass(frozen=True)
class ModelsView:
    """The models dialog: what is installed, and the folder where added models are."""

    rows: tuple[ModelView, ...] = ()
    folder: Path = field(default_factory=Path.home)
    commercial_only: bool = False


class MemoryAnswer(enum.Enum):
    """How a model that will not fit shall be used."""

    HALF = enum.auto()
    SMALLER = enum.auto()
    ANYWAY = enum.auto()
    CANCEL = enum.auto()


@dataclass(frozen=True)
class MemoryView:
    """A model that will not fit, with what it takes in each way to use it, in bytes."""

    title: str
    free_bytes: int
    need_bytes: int
    half_bytes: int
    smaller_bytes: int
    smaller_px: int


@dataclass(frozen=True)
class ExportFormat:
    """A format the export dialog offers and which options it understands."""

    suffix: str
    title: str
    purpose: str
    is_mesh: bool = False
    has_texture: bool = False
    is_video: bool = False
    has_seen: bool = False


EXPORT_FORMATS = (
    ExportFormat(
        ".glb",
        "GLB",
        "One file with mesh and texture. Blender, Unreal, Unity and the web open it.",
        True,
        True,
        has_seen=True,
    ),
    ExportFormat(".usdz", "USDZ", "One file with mesh and texture, for phones, Quick Look and film tools.", True, True),
    ExportFormat(".obj", "OBJ", "Mesh with material and texture beside it. Every 3D program reads it.", True, True),
    ExportFormat(
        ".ply", "PLY", "Mesh with a colour at each vertex. For scanning and research tools.", True, has_seen=True
    ),
    ExportFormat(".stl", "STL", "Bare surface without colour, for 3D printing.", True),
    ExportFormat(".splat", "SPLAT", "Gaussian splats of the surface, for splat viewers and editors.", True),
    ExportFormat(".png", "PNG picture", "The current view as a picture, with or without a background."),
    ExportFormat(".mp4", "MP4 turntable", "A film of one full turn around the head.", is_video=True),
)


@dataclass(frozen=True)
class ExportOptions:
    """What to write where; options a format does not understand are ignored."""

    path: Path
    suffix: str
    texture_px: int = 2048
    height_mm: float = 330.0
    picture_px: int = 512
    transparent: bool = False
    seconds: float = 4.0
    frames_per_second: int = 30
    seen: bool = False


@dataclass(frozen=True)
class Preferences:
    """The user's choices; `threads` 0 chooses by itself, `autosave_minutes` 0 never saves."""

    theme: Theme = Theme.DARK
    threads: int = 0
    autosave_minutes: int = 2
    release_quality: Quality = Quality.EXACT
    default_folder: Path = field(default_factory=Path.home)
