"""PNG: one picture of the head, on white or transparent."""

import io
from pathlib import Path

import numpy as np

from core.exporters.files import write_whole
from core.exporters.subject import Subject
from core.frame import Frame, Quality


def write(subject: Subject, path: Path) -> None:
    """Write the head as the chosen camera sees it, or the photo's."""
    subject.tell(0.0, "Rendering the picture")
    options = subject.options
    frame = subject.frame(options.camera or subject.photo_camera, Quality.EXACT, options.picture_px)
    subject.tell(0.9, f"Writing {path.name}")
    write_whole(path, png_bytes(frame, subject.credit, transparent=options.transparent))


def png_bytes(frame: Frame, credit: str, *, transparent: bool) -> bytes:
    """A PNG of a frame; its white background taken out where it is to be transparent."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    pixels = frame.rgb
    if transparent:
        alpha = frame.alpha[..., None]
        own = (frame.rgb / 255.0 - (1 - alpha)) / np.maximum(alpha, 1 / 255)
        pixels = (np.concatenate([np.where(alpha > 0, own, 0.0), alpha], axis=2).clip(0, 1) * 255).round().astype("u1")
    notes = PngInfo()
    notes.add_text("Software", "Volteface")
    notes.add_text("Source", credit)
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, format="png", pnginfo=notes)
    return content.getvalue()
