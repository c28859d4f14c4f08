"""Everything a canvas needs to draw the viewer once, as one frozen value shared by both canvases. No Qt."""

from dataclasses import dataclass

from core.camera import Camera
from core.frame import Frame
from widgets.values import Backdrop, Picture

EDGE_FADE = 0.12
"""Soft edge of the picture where it ends inside the viewport, in parts of its side."""
Colour = tuple[float, float, float]


def colour_of_hex(text: str) -> Colour:
    """Return red, green, blue in 0..1 of `#rrggbb`."""
    return int(text[1:3], 16) / 255, int(text[3:5], 16) / 255, int(text[5:7], 16) / 255


@dataclass(frozen=True, eq=False)
class Scene:
    """What the viewer shows now.

    Attributes:
        camera: where the user looks from; `frame` may still be from an older camera.
        frame: the newest finished picture.
        backdrop: what stands behind the head.
        centre: colour of the studio backdrop behind the head.
        edge: colour of the studio backdrop in the corners.
        accent: colour of the highlight.
        highlight: part label that is tinted; 0 is none.
        photo: aligned crop that is compared with the frame, or None.
        before: the head without its edits, which is compared with the frame, or None.
        wipe: 0..1 from the left of the picture; left of it the photo, or the head as it was before, shows.
    """

    camera: Camera
    frame: Frame | None = None
    backdrop: Backdrop = Backdrop.STUDIO
    centre: Colour = (0.36, 0.37, 0.39)
    edge: Colour = (0.11, 0.11, 0.12)
    accent: Colour = (0.24, 0.75, 0.67)
    highlight: int = 0
    photo: Picture | None = None
    before: Frame | None = None
    wipe: float = 0.5
