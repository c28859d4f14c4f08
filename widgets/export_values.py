"""What heads can be exported as, as frozen values: no Qt, no model. See `widgets.values`."""

from dataclasses import dataclass
from pathlib import Path


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
    picture_px: int = 1024
    transparent: bool = False
    seconds: float = 4.0
    frames_per_second: int = 30
    seen: bool = False
