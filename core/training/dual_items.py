"""What the dual encoder learns from: pictures of synthetic heads with what the first stage makes of each.

The first stage does not change while the branch learns, so its answer is kept: planes, first reconstruction and camera,
20 MB an item. Items are drawn with poses rebalanced (every sector of yaw counts alike), mirrored half of the time with
their cameras, without background, and in other colours: all views of an item the same way, so that they still agree.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open

from core.camera import MIRROR_X, Camera
from core.errors import CheckpointError
from core.inverters.encoder import encode
from core.inverters.first_look import PHOTO_PX, FirstLook, first_look
from core.progress import Progress
from core.resizing import sized
from core.tensor_file import write_tensors
from core.training.crew import ALONE
from core.training.dataset import HeadViews, finished_heads, is_held_out
from core.training.encoder_heads import WIDEST_PITCH_RADIANS, WIDEST_YAW_RADIANS
from core.training.encoder_score import CAMERA_NOISE_RADIANS
from core.trigrid import Trigrid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from core.generators.mini import Mini
    from core.progress import Report
    from core.training.crew import Crew

SECTOR_DEGREES = 11.0
"""Width of the sectors of yaw that are drawn equally often."""
LATER_ODDS = 5.0
"""Odds of the last data set's heads, as in the generator's own training."""
HALVES = ("drawn", "alpha", "depth", "planes")


@dataclass(frozen=True)
class Tint:
    """Other light and colours; black and white stay.

    Attributes:
        powers: exponent of each channel.
        saturation: distance from grey.
    """

    powers: tuple[float, float, float]
    saturation: float

    @staticmethod
    def drawn(random: np.random.Generator) -> Tint:
        """A usual one."""
        powers = np.exp(random.normal(0, 0.22) + random.normal(0, 0.06, 3))
        return Tint((float(powers[0]), float(powers[1]), float(powers[2])), float(random.uniform(0.7, 1.35)))

    def of(self, rgb: Tensor, axis: int) -> Tensor:
        """Colours 0..1 whose channels lie along an axis."""
        shape = [1] * rgb.ndim
        shape[axis] = 3
        grey = rgb.mean(axis, keepdim=True)
        mixed = (grey + (rgb - grey) * self.saturation).clamp(0, 1)
        return mixed ** torch.tensor(self.powers, device=rgb.device).view(shape)


class PosedViews(HeadViews):
    """Views of a head that was mirrored and then turned in the world."""

    def __init__(self, folder: Path, turn: NDArray[np.float64], *, mirrored: bool) -> None:
        super().__init__(folder)
        poses = self.world_from_camera.astype(np.float64)
        if mirrored:
            self.rgb, self.label, self.depth = (a[:, :, ::-1] for a in (self.rgb, self.label, self.depth))
            poses = MIRROR_X @ poses @ MIRROR_X
        self.world_from_camera = (turn @ poses).astype(np.float32)


@dataclass(frozen=True, eq=False)
class DualItem:
    """One picture of one head.

    Attributes:
        views: of the head, posed as the item is.
        view: the picture among them.
        tint: of all of them.
        camera: of the picture, as the first stage sees it.
        trigrid: first stage's.
        look: photo and first reconstruction.
        latents: float32 [L, W].
    """

    views: HeadViews
    view: int
    tint: Tint
    camera: Camera
    trigrid: Trigrid
    look: FirstLook
    latents: Tensor

    def with_trigrid(self, trigrid: Trigrid) -> DualItem:
        """The same picture of the same head on other planes."""
        return replace(self, trigrid=trigrid)


def drawn_views(data: Sequence[Path], count: int, seed: int, *, held_out: bool = False) -> list[tuple[Path, int]]:
    """Folders and numbers of frontal views of heads that are held out, or are not; every sector of yaw is as likely."""
    random = np.random.default_rng(seed)
    found: list[tuple[Path, int, int, float]] = []
    for number, folder in enumerate(data):
        odds = LATER_ODDS if number == len(data) - 1 else 1.0
        for head_seed, place in finished_heads(folder).items():
            if is_held_out(head_seed) != held_out:
                continue
            for view, pose in enumerate(np.load(place / "cam2world.npy")):
                camera = Camera(np.asarray(pose, np.float64))
                yaw, pitch = abs(camera.yaw_radians), abs(camera.pitch_radians)
                if yaw <= WIDEST_YAW_RADIANS and pitch <= WIDEST_PITCH_RADIANS:
                    found.append((place, view, int(np.degrees(yaw) // SECTOR_DEGREES), odds))
    sectors = np.bincount([sector for *_, sector, _ in found])
    chances = np.array([share / sectors[sector] for *_, sector, share in found])
    picked = random.choice(len(found), min(count, len(found)), p=chances / chances.sum(), replace=False)
    return [found[i][:2] for i in picked]


def make_items(
    generator: Mini,
    data: Sequence[Path],
    folder: Path,
    count: int,
    report: Report,
    seed: int = 0,
    *,
    held_out: bool = False,
    crew: Crew = ALONE,
) -> None:
    """Run the first stage on views and keep what it answers; items that are there already stay.

    The processes of a crew share the work, and all of it is done when they return.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number, (place, view) in enumerate(drawn_views(data, count, seed, held_out=held_out)):
        path = folder / f"{number:05d}.safetensors"
        if number % crew.count == crew.number and not path.exists():
            make_item(generator, place, view, path, np.random.default_rng([seed, number]))
        crew.report(report)(Progress(number + 1, count, "First stage"))
    crew.wait()


def make_item(generator: Mini, place: Path, view: int, path: Path, random: np.random.Generator) -> None:
    """One of them."""
    mirrored, tint = bool(random.random() < 0.5), Tint.drawn(random)
    views = PosedViews(place, np.eye(4), mirrored=mirrored)
    true = Camera(views.world_from_camera[view].astype(np.float64))
    rgb = torch.from_numpy(np.array(views.rgb[view])).float().permute(2, 0, 1)[None] / 255
    mask = torch.from_numpy(np.ascontiguousarray(views.label[view] > 0)).float()[None, None]
    photo = tint.of(rgb, 1)
    found = np.array([true.yaw_radians, true.pitch_radians]) + random.normal(0, CAMERA_NOISE_RADIANS)
    guess = encode(photo, mask, (float(found[0]), float(found[1])), generator)
    camera = true.orbited(guess.yaw_radians - true.yaw_radians, guess.pitch_radians - true.pitch_radians)
    with torch.no_grad():
        trigrid = generator.trigrid(guess.latents)
        look = first_look(generator, trigrid, camera, photo, mask)
    tensors = {"drawn": look.drawn, "alpha": look.alpha, "depth": look.depth, "planes": trigrid.planes}
    tensors = {name: value.half().contiguous() for name, value in tensors.items()}
    tensors |= {"photo": (sized(photo, PHOTO_PX) * 255).round().byte().contiguous(), "latents": guess.latents.clone()}
    tensors |= {"mask": (sized(mask, PHOTO_PX) * 255).round().byte().contiguous()}
    described = {
        "head": str(place),
        "view": view,
        "mirrored": mirrored,
        "tint": [*tint.powers, tint.saturation],
        "camera": camera.to_json(),
    }
    write_tensors(path, tensors, {"item": json.dumps(described)})


def read_item(path: Path, generator: Mini) -> DualItem:
    """An item that `make_item` wrote.

    Raises:
        CheckpointError: it is damaged.
    """
    described, tensors = read_file(path)
    return item_of(described, tensors, generator)


def read_file(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Description and tensors of an item's file.

    Raises:
        CheckpointError: it is damaged.
    """
    try:
        with safe_open(path, framework="pt") as file:
            return json.loads(file.metadata()["item"]), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError, KeyError, ValueError, TypeError) as error:
        raise CheckpointError(f"{path} is damaged.", "Delete it: it will be made again.") from error


def item_of(described: Mapping[str, Any], tensors: Mapping[str, Tensor], generator: Mini) -> DualItem:
    """The item of a file's description and tensors."""
    camera = Camera.from_json(described["camera"])
    folder, mirrored, view = Path(described["head"]), bool(described["mirrored"]), int(described["view"])
    true = PosedViews(folder, np.eye(4), mirrored=mirrored).world_from_camera[view]
    turn = camera.world_from_camera @ np.linalg.inv(true.astype(np.float64))
    *powers, saturation = described["tint"]
    values = {name: tensors[name].float() for name in HALVES}
    photo, mask = (tensors[name].float() / 255 for name in ("photo", "mask"))
    return DualItem(
        PosedViews(folder, turn, mirrored=mirrored),
        view,
        Tint((powers[0], powers[1], powers[2]), saturation),
        camera,
        Trigrid(values["planes"], box_side=generator.info.box_side),
        FirstLook(photo, mask, values["drawn"], values["alpha"], values["depth"]),
        tensors["latents"],
    )
