"""Photos and stored outputs of the original nets, for the tests of perception and alignment."""

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.camera import Camera
from core.photo import Photo

DATA = Path(__file__).parent / "data"
PORTRAITS = {
    "astronaut": Path(__file__).resolve().parents[3] / "resources" / "sample" / "astronaut.png",
    "grace_hopper": DATA / "grace_hopper.jpg",  # US Navy, public domain; as packaged with matplotlib 3.11
}
RENDER_PX = 256


@cache
def photo(name: str) -> Photo:
    """A portrait by name."""
    return Photo.open(PORTRAITS[name])


@cache
def stored(name: str) -> dict[str, NDArray[np.float32]]:
    """Outputs of the original nets; see README.md beside them."""
    with np.load(DATA / f"{name}.npz") as file:
        return {key: file[key] for key in file}


@cache
def renders() -> tuple[tuple[Photo, Camera], ...]:
    """Synthetic heads with the cameras that took them; the canonical face was not measured on these."""
    sheet = Photo.open(DATA / "renders.jpg").pixels
    poses = stored("renders")["world_from_camera"]
    columns = sheet.shape[1] // RENDER_PX
    found = []
    for index, pose in enumerate(poses):
        top, left = (place * RENDER_PX for place in divmod(index, columns))
        pixels = np.ascontiguousarray(sheet[top : top + RENDER_PX, left : left + RENDER_PX])
        found.append((Photo(pixels, f"render {index}"), Camera(pose.astype(np.float64))))
    return tuple(found)
