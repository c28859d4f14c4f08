"""MP4: a film of one full turn around the head; H.264, plays everywhere and loops without a jump."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.camera import Camera
from core.errors import ExportError
from core.exporters.files import replacing
from core.exporters.subject import Subject
from core.frame import Quality

CONSTANT_RATE_FACTOR = "18"
"""x264's measure of quality: 18 is visually lossless."""


def write(subject: Subject, path: Path) -> None:
    """Write a full turn about the vertical axis; the person's left side comes first."""
    options = subject.options
    start = options.camera or Camera.orbit()

    def picture(index: int) -> NDArray[np.uint8]:
        subject.tell(index / options.frames, f"Filming picture {index + 1} of {options.frames}")
        camera = start.orbited(2 * math.pi * index / options.frames, 0.0)
        return subject.frame(camera, Quality.NEAR, options.picture_px).rgb

    with replacing(path) as temporary:
        write_film(temporary, picture, options.frames, options.frames_per_second)


def write_film(path: Path, picture: Callable[[int], NDArray[np.uint8]], frames: int, frames_per_second: int) -> None:
    """Encode pictures as a film.

    Args:
        path: written at once; wrap it in `files.replacing`.
        picture: index -> uint8 [H, W, 3]; an odd last row or column is repeated, because H.264 wants even sizes.
        frames: number of pictures.
        frames_per_second: of the film.

    Raises:
        ExportError: the encoder refused.
        OSError: the file could not be written.
    """
    import av

    try:
        with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as film:
            stream = film.add_stream("libx264", rate=frames_per_second)
            stream.pix_fmt = "yuv420p"
            stream.options = {"crf": CONSTANT_RATE_FACTOR, "preset": "medium"}
            for index in range(frames):
                pixels = even(picture(index))
                if index == 0:
                    stream.height, stream.width = pixels.shape[:2]
                film.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
            film.mux(stream.encode())
    except av.FFmpegError as error:
        if isinstance(error, OSError):
            raise
        raise ExportError(f"The film could not be encoded ({error}).", "Choose another size.") from error


def even(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture [H, W, 3] with even sides; an odd one's last row and column are repeated."""
    height, width = pixels.shape[:2]
    return np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
