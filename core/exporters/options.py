"""What to export and what came of it."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.camera import Camera
from core.frame import Quality

if TYPE_CHECKING:
    from core.rendering.seen import Witness

LIFE_SIZE_MM = 565.0
"""Millimetres of a world unit: the bundled model's heads are life size."""


@dataclass(frozen=True)
class ExportOptions:
    """Choices for every format; each format reads its own.

    Attributes:
        texture_px: side of the baked texture and the normal map (GLB, OBJ, USDZ).
        height_mm: height of the mesh, crown to the bottom of the bust, that is of its bounding box; None is life size.
        triangles: most triangles of a textured head; glasses come on top. PLY, STL and SPLAT have no normal map and get
            up to twelve times as many.
        camera: where a picture is taken from; a film starts there. None is the photo's camera for a picture and
            straight in front for a film.
        picture_px: side of a picture or film; None is what the generator draws.
        transparent: whether a picture has an alpha channel in place of its white background.
        frames: pictures of a film, one full turn.
        frames_per_second: of a film.
        quality: of a picture, of a film's frames, and of the renders from which a texture is baked.
        score: whether a GLB is read again, drawn and compared with the head's own renders.
        seen_by: photos, where vertices shall tell how well these show them (GLB: attribute `_SEEN`, PLY: property
            `seen`, 0 guessed .. 1 seen); none adds nothing.
    """

    texture_px: int = 2048
    height_mm: float | None = None
    triangles: int = 30_000
    camera: Camera | None = None
    picture_px: int | None = None
    transparent: bool = False
    frames: int = 120
    frames_per_second: int = 30
    quality: Quality | None = None
    score: bool = True
    seen_by: "tuple[Witness, ...]" = ()

    def __post_init__(self) -> None:
        for name in ("texture_px", "triangles", "frames", "frames_per_second"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.height_mm is not None and not self.height_mm > 0:
            raise ValueError(f"height_mm must be positive, not {self.height_mm}")


@dataclass(frozen=True)
class ExportReport:
    """What was written.

    Attributes:
        path: the file; an OBJ has its material and texture beside it.
        suffix: the format, ".glb".
        size_bytes: of all files written.
        seconds: time taken.
        vertices: of the mesh in the file, seams included; 0 for pictures and films.
        triangles: of that mesh.
        is_watertight: whether that mesh encloses a volume; None for pictures and films.
        height_mm: height of its bounding box; None for pictures and films.
        psnr_db: likeness of the colours of the file, drawn again, to the head's own renders, where both show the head:
            the mean over the photo's side and sides that the texture was not baked from; None where not measured.
        alpha_iou: overlap of their outlines, 0..1, the part of the bust that was cut off included; None likewise.
    """

    path: Path
    suffix: str
    size_bytes: int
    seconds: float
    vertices: int = 0
    triangles: int = 0
    is_watertight: bool | None = None
    height_mm: float | None = None
    psnr_db: float | None = None
    alpha_iou: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values for a command line's answer."""
        return {**asdict(self), "path": str(self.path)}
