"""The document: a photo, the head found in it, and how it was last looked at; saved whole or not at all.

A `.volteface` file is a zip of `project.json`, `tensors.safetensors` (`core.folded_tensors` tells how), the photo as it
came, a preview and a light mesh for machines without the head's generator, which older readers pass over. It is written
beside its place and moved there in one step, so a crash or a full disk leaves the old file as it was. Reading believes
nothing that the file says about its own sizes. The module is long because writing, reading and the sentences for what
goes wrong belong to one format.
"""

import contextlib
import dataclasses
import errno
import io
import json
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from safetensors import SafetensorError
from safetensors.torch import load as tensors_from_bytes
from safetensors.torch import save as bytes_from_tensors

from core.camera import Camera
from core.edit import EDITS, Edit
from core.errors import PhotoError, ProjectError
from core.eyewear import Eyewear, GlassesForm, GlassesPhoto
from core.face_detail import FaceDetail
from core.folded_tensors import folded, unfolded, unfolded_bytes
from core.formed_field import Form, FormedField
from core.frame import Frame, Quality
from core.grafted_field import Fit, GraftedField, RemappedField, Volume
from core.hair_strands import HairStrands
from core.head import Head
from core.making import Making
from core.mask import Mask
from core.mouth_inside import MouthInside
from core.packing import Classes, pack, unpack
from core.photo import MAX_BYTES, Photo
from core.photo_layer import PhotoLayer
from core.reference import Reference
from core.region import Region
from core.siren_field import SirenField
from core.stand_in import ModelFacts, StandIn, bytes_of_mesh, mesh_of_bytes
from core.style_pack import StylePack
from core.styled_field import StyledField
from core.trigrid import PlaneAxes, Trigrid
from core.warped_field import Warp, WarpedField
from core.whole_file import written_whole
from core.worn_style import StylePlace, WornStyle

if TYPE_CHECKING:
    import torch

    from core.align import Alignment
    from core.further_photo import FurtherPhoto

VERSION = 7
"""Version of the file format; a reader refuses a later one. Since 2 heads tell what it took to make them; since 3 they
may have a form, and since 5 that tells its own surface. Since 6 tensors are folded, since 7 photos keep detail."""
SUFFIX = ".volteface"
LIMITS = {
    "project.json": 16_000_000,
    "tensors.safetensors": 4_000_000_000,
    "photo": MAX_BYTES,
    "photo.png": MAX_BYTES,
    "preview.png": 100_000_000,
    "mesh.safetensors": 16_000_000,
}
"""The members of the archive and the most bytes that each may unfold to."""
PACKED = ("camera", "alignment", "further", "head", "references", "edits", "view")
"""Fields that `core.packing` writes."""
FIELDS = (
    Trigrid,
    SirenField,
    GraftedField,
    RemappedField,
    StyledField,
    WarpedField,
    Warp,
    FormedField,
    Form,
    Volume,
    Fit,
)
"""What heads are made of; a reference may be a head with edits of its own."""
MAX_RATIO = 200
"""A member that unfolds to more than this many times its size, and to more than a megabyte, is a bomb."""
HARMLESS_BYTES = 500_000_000
"""Folded tensors may unfold to this from any size; there is room for it wherever a head can be made."""

_REPAIR = "Open an older copy; recovered work is offered when Volteface starts."


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True, eq=False)
class Project:
    """What is open in the studio.

    Attributes:
        photo: the portrait.
        camera: where the head is looked at from.
        alignment: the face found in the photo, or None.
        further: photos of the same person from other sides.
        head: the head found for it, or None.
        preview: uint8 [H, W, 3], a picture of the head for lists, or None.
        view: a finished frame of this very head with its edits, shown until there is a newer one; as `stand_in` else.
        stand_in: what is shown of the head where its generator is not installed, or None. It belongs to this very
            head: who puts another head in its place leaves it out.
        references: heads that edits take parts from.
        edits: changes to the head, first to last.
        created: when it was begun, UTC.
        modified: when it was last changed, UTC.
        version: version of the file format.
    """

    photo: Photo
    camera: Camera
    alignment: "Alignment | None" = None
    further: "tuple[FurtherPhoto, ...]" = ()
    head: Head | None = None
    preview: NDArray[np.uint8] | None = None
    view: Frame | None = None
    stand_in: StandIn | None = None
    references: tuple[Reference, ...] = ()
    edits: tuple[Edit, ...] = ()
    created: datetime = field(default_factory=_now)
    modified: datetime = field(default_factory=_now)
    version: int = VERSION

    def save(self, path: str | Path) -> None:
        """Write the project to `path`, replacing what was there in one step.

        Raises:
            ProjectError: it could not be written; what was at `path` is untouched.
        """
        try:
            with written_whole(Path(path)) as stream, zipfile.ZipFile(stream, "w") as archive:
                for name, data in self._members():
                    info = zipfile.ZipInfo(name)  # its date is fixed: the same project makes the same file
                    info.compress_type = zipfile.ZIP_DEFLATED if name == "project.json" else zipfile.ZIP_STORED
                    archive.writestr(info, data)
        except OSError as error:
            raise ProjectError(*_why_not_saved(Path(path).resolve(), error)) from error

    @staticmethod
    def load(path: str | Path) -> "Project":
        """Read the project at `path`.

        Raises:
            ProjectError: it cannot be read.
        """
        path = Path(path)
        with _reading(path) as archive:
            members = _members_of(archive, path)
            facts = _facts(members["project.json"](), path)
            with _damage_explained(path):
                return _project(facts, members, path)

    def _members(self) -> Iterator[tuple[str, bytes]]:
        tensors: "dict[str, torch.Tensor]" = {}
        facts = {
            "format": "volteface",
            "version": VERSION,
            "created": self.created.isoformat(),
            "modified": self.modified.isoformat(),
            "photo": {"name": self.photo.name, "sha256": self.photo.sha256},
            **{name: pack(getattr(self, name), name, tensors) for name in PACKED},
        }
        kept, facts["folded"] = folded(tensors)
        if self.stand_in is not None:
            facts["model"] = self.stand_in.model.to_json()
        yield "project.json", json.dumps(facts, indent=1).encode()
        yield "tensors.safetensors", bytes_from_tensors(kept)
        if self.photo.source_bytes is not None:
            yield "photo", self.photo.source_bytes
        else:
            yield "photo.png", _png(self.photo.pixels)
        if self.preview is not None:
            yield "preview.png", _png(self.preview)
        if self.stand_in is not None:
            yield "mesh.safetensors", bytes_of_mesh(self.stand_in.mesh)


Members = dict[str, Callable[[], bytes]]


def _project(facts: dict[str, Any], members: Members, path: Path) -> Project:
    tensors = _tensors(facts.get("folded", {}), members["tensors.safetensors"](), path)
    classes = _classes(facts["alignment"] is not None)
    return Project(
        photo=_photo(facts["photo"]["name"], facts["photo"]["sha256"], members),
        preview=_pixels(members["preview.png"]()) if "preview.png" in members else None,
        stand_in=_stand_in(facts.get("model"), members),
        created=datetime.fromisoformat(facts["created"]),
        modified=datetime.fromisoformat(facts["modified"]),
        # files of before there were references, or views, hold none
        **{name: unpack(facts[name], tensors, classes) for name in PACKED if name in facts},
    )


def _tensors(facts: dict[str, Any], data: bytes, path: Path) -> "dict[str, torch.Tensor]":
    size = unfolded_bytes(facts)
    if size > min(LIMITS["tensors.safetensors"], max(HARMLESS_BYTES, MAX_RATIO * len(data))):
        raise _bomb(path, size)
    return unfolded(tensors_from_bytes(data), facts)


def _stand_in(model: dict[str, Any] | None, members: Members) -> StandIn | None:
    if model is None or "mesh.safetensors" not in members:
        return None
    return StandIn(mesh_of_bytes(members["mesh.safetensors"]()), ModelFacts.from_json(model))


def _photo(name: str, sha256: str, members: Members) -> Photo:
    if "photo" in members:
        photo = Photo.from_bytes(members["photo"](), name)
    else:
        photo = Photo(_pixels(members["photo.png"]()), name)
    if photo.sha256 != sha256:
        raise ValueError("the photo is not the one that the project was made from")
    return photo


def _classes(aligned: bool) -> Classes:
    classes: dict[str, type[Any]] = {
        cls.__name__: cls
        for cls in (
            Camera,
            Frame,
            Quality,
            Head,
            PhotoLayer,
            HairStrands,
            FaceDetail,
            Eyewear,
            GlassesForm,
            GlassesPhoto,
            MouthInside,
            Making,
            StylePack,
            StylePlace,
            WornStyle,
            *FIELDS,
            PlaneAxes,
            Mask,
            Reference,
            Region,
            *EDITS,
        )
    }
    if aligned:
        from core import align, further_photo  # brings the perception nets along, so only where the file needs it

        found = [value for value in vars(align).values() if isinstance(value, type) and dataclasses.is_dataclass(value)]
        classes |= {cls.__name__: cls for cls in (*found, further_photo.FurtherPhoto)}
    return classes


def _png(pixels: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()


def _pixels(data: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(data), formats=("PNG",)).convert("RGB"))


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        stream = path.open("rb")
    except FileNotFoundError as error:
        raise ProjectError(f"There is no project {path}.", "Check the path.") from error
    except IsADirectoryError as error:
        raise ProjectError(f"{path.name} is a folder, not a project.", f"Open a {SUFFIX} file.") from error
    except PermissionError as error:
        raise ProjectError(f"You may not read {path}.", "Change its permissions or copy it elsewhere.") from error
    except (OSError, ValueError) as error:
        raise ProjectError(f"{path} cannot be read: {error}.", "Copy it to another disk and try again.") from error
    with stream:
        start = stream.read(4)
        try:
            archive = zipfile.ZipFile(stream)
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
            if start == b"PK\x03\x04":
                raise ProjectError(f"{path.name} is damaged or was cut short.", _REPAIR) from error
            state = "is not a Volteface project" if start else "is empty"
            raise ProjectError(f"{path.name} {state}.", f"Open a {SUFFIX} file.") from error
        with archive:
            yield archive


def _members_of(archive: zipfile.ZipFile, path: Path) -> Members:
    """Readers of the members that a project has; what else is in the archive is left alone."""
    infos = {info.filename: info for info in archive.infolist() if info.filename in LIMITS}
    if "project.json" not in infos:
        raise ProjectError(f"{path.name} is a zip archive, but not a Volteface project.", f"Open a {SUFFIX} file.")
    for info in infos.values():
        bomb = info.file_size > max(1_000_000, MAX_RATIO * info.compress_size)
        if bomb or info.file_size > LIMITS[info.filename]:
            raise _bomb(path, info.file_size)

    def reader(info: zipfile.ZipInfo) -> Callable[[], bytes]:
        def read() -> bytes:
            # zipfile stops at the declared size and then checks the sum, so a lie about the size is damage
            with _damage_explained(path), archive.open(info) as stream:
                return stream.read(info.file_size + 1)

        return read

    return {name: reader(info) for name, info in infos.items()}


def _bomb(path: Path, size: int) -> ProjectError:
    return ProjectError(
        f"{path.name} would unfold to {size / 1e9:.1f} gigabytes, which no project does.",
        "It may be a trap; do not open it.",
    )


def _facts(data: bytes, path: Path) -> dict[str, Any]:
    with _damage_explained(path):
        facts = json.loads(data)
        if not isinstance(facts, dict) or facts.get("format") != "volteface" or not isinstance(facts["version"], int):
            raise ValueError("project.json describes no project")
    if facts["version"] > VERSION:
        raise ProjectError(
            f"{path.name} was saved by a newer Volteface (format {facts['version']}, this one reads up to {VERSION}).",
            "Update Volteface to open it.",
        )
    return facts


@contextlib.contextmanager
def _damage_explained(path: Path) -> Iterator[None]:
    """What parsers raise on a damaged file becomes the sentence that says so."""
    try:
        yield
    except (
        zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, RecursionError,
        SafetensorError, PhotoError, SyntaxError, ValueError, KeyError, TypeError, AttributeError, MemoryError,
    ) as error:  # fmt: skip
        raise ProjectError(f"{path.name} is damaged or was cut short.", _REPAIR) from error


def _why_not_saved(path: Path, error: OSError) -> tuple[str, str]:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"The disk is full, so {path.name} was not saved.", "Free some space or save to another disk."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"You may not write to {path.parent}.", "Save to another folder."
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return f"There is no folder {path.parent}.", "Save to a folder that exists."
    if error.errno in (errno.EISDIR, errno.ENOTEMPTY):
        return f"{path} is a folder.", "Choose another name."
    return f"{path.name} could not be saved: {error.strerror or error}.", "Save to another disk."
