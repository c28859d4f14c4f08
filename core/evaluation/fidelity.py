"""How far one head can be trusted: what a report about it says, in figures, pictures and sentences.

A photo has no second view, so likeness is measured where the photo was taken and identity from around; what nobody can
measure - the side that the photo does not show - is said as a share of the surface, and looked over for faults. Where
the photo itself is laid on the head, the front is nearly the photo, so every front figure is given without it, too.
Longer than usual: each figure is a few lines, and all of them come from the same few pictures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import torch

from core.errors import ExportError
from core.evaluation.pictures import COMPARED_PX, as_tensor, at_degrees, identity_between, identity_of, sized
from core.evaluation.rear_check import REAR_YAWS_DEGREES, RearCheck, rear_check, rear_views
from core.evaluation.samples import SEEN_HALF_HEIGHT
from core.exporters.light import light_mesh
from core.frame import Quality
from core.mask import PARTS
from core.metrics import lpips, ms_ssim, psnr
from core.progress import Progress
from core.rendering.renderer import HeadRenderer
from core.rendering.seen import heat_map, seen_on

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from core.align import Alignment
    from core.frame import Frame
    from core.head import Head
    from core.mesh import Mesh
    from core.progress import Report
    from core.protocols import Generator
    from core.rendering.occupancy import FieldGrid
    from core.rendering.seen import Witness

    Picture = NDArray[np.uint8]

TURN_DEGREES = (-135, -90, -45, 0, 45, 90, 135, 180)
"""Yaws of the turntable."""
IDENTITY_DEGREES = (-45, -30, -15, 0, 15, 30, 45)
SAME_PERSON = 0.6
"""Distance of dlib's embeddings below which it calls two faces the same person."""
MOST_DIFFERENCE = 0.35
"""Difference of brightness that the picture of differences shows brightest."""
ALL_TRIANGLES = 10**9
SEEN_GROUPS = {
    "Face": ("skin", "eyes", "brows", "lips", "nose", "mouth", "glasses"),
    "Ears": ("ears",),
    "Hair": ("hair",),
    "Neck": ("neck",),
}
"""Parts whose seen share is told apart; clothes are left out of it."""
LEAST_SHARE = 0.005
"""Share of the surface below which a group is not worth a line."""


@dataclass(frozen=True)
class Figure:
    """One measure of the front.

    Attributes:
        key: short name, for JSON.
        title: with what was measured, for people.
        value: of the head as it is shown; not a number where it could not be measured.
        bare: of the model alone, without the photo that is laid on it; None where no photo is.
        meaning: in plain words.
        digits: after the point.
    """

    key: str
    title: str
    value: float
    bare: float | None
    meaning: str
    digits: int = 3

    @property
    def shown(self) -> str:
        """The value as it is printed."""
        return _number(self.value, self.digits)

    @property
    def shown_bare(self) -> str:
        """The model's own value as it is printed; empty where there is none."""
        return "" if self.bare is None else _number(self.bare, self.digits)


@dataclass(frozen=True, eq=False)
class Fidelity:
    """What was found about one head.

    Attributes:
        facts: names and values: method, model, seed, time, edits, versions.
        figures: of the front.
        identity: distance of dlib's embedding to the photo's, by yaw in degrees; not a number where no face was found.
        seen: share of the head's surface, without clothes, that photos show, 0..1; None where there is no surface.
        seen_by_part: the same of parts, by title.
        rear: faults of the side that no photo shows.
        notes: sentences on what the figures do and do not say.
        photo: uint8 [S, S, 3] the photo's person on white; this and the following are empty without a photo.
        render: the head from the photo's camera.
        bare_render: the same without the photo that is laid on; None where none is.
        difference: of the two, brightest where they differ most.
        turntable: the head from around, by yaw in degrees.
        heat: what was seen and what guessed, by yaw in degrees.
    """

    facts: tuple[tuple[str, str], ...]
    figures: tuple[Figure, ...]
    identity: Mapping[int, float]
    seen: float | None
    seen_by_part: Mapping[str, float]
    rear: RearCheck
    notes: tuple[str, ...]
    photo: Picture
    render: Picture
    difference: Picture
    turntable: Mapping[int, Picture]
    heat: Mapping[int, Picture]
    bare_render: Picture | None = field(default=None)

    def to_json(self) -> dict[str, Any]:
        """All but the pictures, plain; what could not be measured is null."""
        return {
            "facts": dict(self.facts),
            "front": {
                one.key: {
                    "title": one.title,
                    "value": _finite(one.value),
                    "without_laid_on_photo": None if one.bare is None else _finite(one.bare),
                    "meaning": one.meaning,
                }
                for one in self.figures
            },
            "identity_by_yaw": {str(yaw): _finite(value) for yaw, value in self.identity.items()},
            "seen_share": None if self.seen is None else round(self.seen, 4),
            "seen_share_by_part": {name: round(share, 4) for name, share in self.seen_by_part.items()},
            "rear_check": self.rear.to_json(),
            "notes": list(self.notes),
        }


def fidelity(
    generator: Generator,
    head: Head,
    alignment: Alignment,
    witnesses: Sequence[Witness],
    facts: Sequence[tuple[str, str]],
    report: Report,
    *,
    edits: int = 0,
) -> Fidelity:
    """Measure a head.

    Args:
        generator: the head's, without its tuning.
        head: as it is shown, with its edits.
        alignment: of the photo.
        witnesses: the photos that it was made from, as `core.rendering.seen.witnesses_of` gives them.
        facts: names and values that only the caller knows; they are passed on.
        report: told of each step; raises `Cancelled` to stop.
        edits: how many edits are at work, for the notes.
    """
    renderer = HeadRenderer(generator, head)
    yaws = sorted({*TURN_DEGREES, *IDENTITY_DEGREES})
    total = len(yaws) + len(set(REAR_YAWS_DEGREES) - set(yaws)) + 4 + bool(head.photos)
    done = 0

    def tell(message: str) -> None:
        nonlocal done
        report(Progress(done, total, message))
        done = min(done + 1, total)

    tell("Comparing with the photo")
    front = renderer.render(head.camera, Quality.EXACT, size_px=COMPARED_PX)
    bare = None
    if head.photos:
        tell("Comparing the model alone with the photo")
        without = HeadRenderer(generator, replace(head, photos=()))
        bare = without.render(head.camera, Quality.EXACT, size_px=COMPARED_PX).rgb
    mask = sized(torch.from_numpy(alignment.mask)[None, None])
    photo = as_tensor(alignment.crop) * mask + (1 - mask)
    own = identity_of(alignment.crop)
    figures = _figures(photo, mask, _without_clothes(mask, front), own, front.rgb, bare)
    frames: dict[int, Frame] = {}
    for yaw in yaws:
        tell(f"Turning the head to {yaw} degrees")
        frames[yaw] = renderer.render(at_degrees(yaw), Quality.NEAR, size_px=COMPARED_PX)
    tell("Measuring identity from around")
    identity = {yaw: identity_between(own, identity_of(frames[yaw].rgb)) for yaw in IDENTITY_DEGREES}
    tell("Telling what was seen")
    grid = renderer.grid()
    seen, by_part = seen_shares(grid.on_processor, witnesses)
    rear_frames = rear_views(renderer, lambda progress: tell(progress.message), frames, COMPARED_PX)
    tell("Checking the hidden side")
    rear = rear_check(rear_frames, grid)
    shown = as_picture(photo)
    return Fidelity(
        facts=tuple(facts),
        figures=figures,
        identity=identity,
        seen=seen,
        seen_by_part=by_part,
        rear=rear,
        notes=_notes(head, figures, grid, edits),
        photo=shown,
        render=front.rgb,
        bare_render=bare,
        difference=difference_of(shown, front.rgb),
        turntable={yaw: frames[yaw].rgb for yaw in TURN_DEGREES},
        heat={yaw: heat_map(frames[yaw], witnesses).rgb for yaw in TURN_DEGREES},
    )


def seen_shares(grid: FieldGrid, witnesses: Sequence[Witness]) -> tuple[float | None, dict[str, float]]:
    """Share of a head's surface without clothes that photos show, 0..1, weighted by area; and of groups of parts.

    Without labels clothes cannot be told from the head, so they count. Below what generators are taught nothing counts.
    """
    try:
        mesh = light_mesh(grid, [], triangles=ALL_TRIANGLES)
    except ExportError:
        return None, {}
    area = vertex_areas(mesh) * (mesh.vertices[:, 1] > -min(SEEN_HALF_HEIGHT, grid.half_sides[1] - grid.spacing[1]))
    amount = seen_on(mesh, witnesses)
    labels = _labels_of(mesh, grid)
    if labels is None:
        return _share(amount, area), {}
    area = area * (labels != PARTS.index("cloth"))
    shares = {}
    for title, parts in SEEN_GROUPS.items():
        chosen = area * np.isin(labels, [PARTS.index(part) for part in parts])
        if chosen.sum() > LEAST_SHARE * area.sum():
            shares[title] = _share(amount, chosen)
    return _share(amount, area), shares


def vertex_areas(mesh: Mesh) -> NDArray[np.float64]:
    """A third of the area of the triangles at each vertex, float64 [V]."""
    a, b, c = (mesh.vertices[mesh.faces[:, corner]].astype(np.float64) for corner in range(3))
    areas = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 6
    return np.bincount(mesh.faces.ravel(), np.repeat(areas, 3), len(mesh.vertices)).astype(np.float64)


def difference_of(a: Picture, b: Picture) -> Picture:
    """Where two pictures [H, W, 3] differ: black is the same, bright is another brightness or hue."""
    amount = np.abs(a.astype(np.float32) - b.astype(np.float32)).mean(axis=2) / 255 / MOST_DIFFERENCE
    steps = (amount.clip(0, 1) * 255).astype(np.uint8)
    return np.ascontiguousarray(cv2.applyColorMap(steps, cv2.COLORMAP_INFERNO)[..., ::-1])


def as_picture(tensor: torch.Tensor) -> Picture:
    """[1, 3, H, W], 0..1, as uint8 [H, W, 3]."""
    rgb = (tensor[0].clamp(0, 1) * 255).round().byte().movedim(0, -1)
    return np.ascontiguousarray(rgb.numpy())


def _without_clothes(mask: torch.Tensor, front: Frame) -> torch.Tensor:
    """The part of the person's mask [1, 1, S, S] where the head shows no clothes; all of it where it names no parts."""
    if front.labels is None:
        return mask
    side = mask.shape[-1]
    labels = cv2.resize(front.labels, (side, side), interpolation=cv2.INTER_NEAREST)
    bare = torch.from_numpy((labels != PARTS.index("cloth")) & (labels > 0))
    return mask * bare if (mask * bare).sum() > 0 else mask


def _figures(
    photo: torch.Tensor,
    mask: torch.Tensor,
    unclothed: torch.Tensor,
    own: torch.Tensor | None,
    shown: Picture,
    bare: Picture | None,
) -> tuple[Figure, ...]:
    """The measures of the front."""
    rows: dict[str, list[float]] = {}

    def measured(pixels: Picture) -> dict[str, float]:
        drawn = as_tensor(pixels, photo.shape[-1])
        squared = (drawn - photo).square().mean(1, keepdim=True)
        return {
            "lpips": float(lpips(drawn, photo, mask)),
            "lpips_head": float(lpips(drawn, photo, unclothed)),
            "l2": float((squared * mask).sum() / mask.sum().clamp(min=1e-6)),
            "psnr": float(psnr(drawn, photo, mask)),
            "psnr_head": float(psnr(drawn, photo, unclothed)),
            "ms_ssim": float(ms_ssim(drawn, photo)),
            "identity": identity_between(own, identity_of(pixels)),
        }

    with torch.no_grad():
        for pixels in (shown, bare):
            for key, value in measured(pixels).items() if pixels is not None else ():
                rows.setdefault(key, []).append(value)

    def figure(key: str, title: str, meaning: str, digits: int = 3) -> Figure:
        values = rows[key]
        return Figure(key, title, values[0], values[1] if len(values) > 1 else None, meaning, digits)

    size = f"{COMPARED_PX} px"
    return (
        figure(
            "lpips",
            f"LPIPS over the person (VGG16, version 0.1, {size})",
            "How different the two pictures look to a trained eye: 0 is the same picture, 0.1 takes a close look to "
            "tell apart, 0.3 is seen at once.",
        ),
        figure(
            "lpips_head",
            f"LPIPS over face, hair and neck (VGG16, version 0.1, {size})",
            "The same without clothes, which differ without end and which nobody looks at.",
        ),
        figure(
            "l2",
            f"L2 over the person (mean squared difference of 0..1 colours, {size})",
            "How far each pixel's colour is off: 0 is the same picture; 0.001 is three steps in a hundred.",
            4,
        ),
        figure(
            "psnr",
            f"PSNR over the person (decibel, {size})",
            "The same difference on the scale of picture engineers: 20 is rough, 30 is good, 40 can hardly be told "
            "from the photo.",
            1,
        ),
        figure(
            "psnr_head",
            f"PSNR over face, hair and neck (decibel, {size})",
            "The same without clothes.",
            1,
        ),
        figure(
            "ms_ssim",
            f"MS-SSIM over the whole crop (person on white, {size})",
            "Whether edges and textures are in place, coarse to fine: 1 is the same picture; the white ground is the "
            "same in both and lifts it.",
        ),
        figure(
            "identity",
            "Identity distance in front (dlib)",
            "How far apart a face recogniser finds the two faces: 0 is the same picture, below 0.6 it says the same "
            "person.",
        ),
    )


def _notes(head: Head, figures: Sequence[Figure], grid: FieldGrid, edits: int) -> tuple[str, ...]:
    notes = []
    by_key = {one.key: one for one in figures}
    look = by_key["lpips"]
    if look.bare is not None:
        notes.append(
            "The photo itself is laid on the part of the head that its camera saw, so from the photo's own side the "
            f"picture is mostly the photo: LPIPS {look.shown} with it, {look.shown_bare} by the model alone. The "
            "second number says how well the model found the head; the first says what you see."
        )
    else:
        notes.append("No photo is laid on this head: all that is seen in front is what the model draws.")
    notes.append(
        "One photo has no second view. From the side and from behind nothing can be compared with the truth; there "
        "only identity, the share seen and the check of the hidden side speak."
    )
    if edits:
        what = "1 edit" if edits == 1 else f"{edits} edits"
        notes.append(f"The head is measured with {what}, so differences from the photo may be wanted.")
    if grid.labels is None:
        notes.append("This model names no parts, so clothes count as surface of the head.")
    if len(head.photos) > 1:
        notes.append(f"{len(head.photos)} photos are laid on the head; the front figures compare with the first.")
    return tuple(notes)


def _labels_of(mesh: Mesh, grid: FieldGrid) -> NDArray[np.uint8] | None:
    """The part at each vertex, uint8 [V]; where the surface lies between known nodes, a little further in."""
    points = torch.from_numpy(mesh.vertices)
    labels = grid.label_at(points)
    if labels is None:
        return None
    inwards = points - max(grid.spacing) * torch.from_numpy(mesh.normals)
    deeper = grid.label_at(inwards)
    assert deeper is not None
    return np.asarray(torch.where(labels > 0, labels, deeper).numpy(), np.uint8)


def _share(amount: NDArray[np.float32], area: NDArray[np.float64]) -> float:
    return float((amount * area).sum() / max(area.sum(), 1e-12))


def _finite(value: float) -> float | None:
    return round(value, 5) if math.isfinite(value) else None


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}f}" if math.isfinite(value) else "no face found"
