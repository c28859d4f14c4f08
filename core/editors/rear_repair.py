"""What no photo has shown, made up again: a plausible head behind the wearer's own face.

An inverter follows one photo, and what it does to what the photo cannot show is an accident: a second face, a hole,
glasses at the back. Here the field behind what the photo's camera sees is replaced, softly, by that of the head that
the generator itself makes of latents drawn towards its mean (truncation), in the wearer's colours, part by part. What
floats is cleared with it. The side that the photo shows is not touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from core.editors.head_parts import SOLID
from core.editors.node_sets import faded, grown
from core.editors.part_volume import FAINT
from core.editors.recolouring import CALM, remap_to
from core.grafted_field import GraftedField, RemappedField, Volume
from core.mask import PARTS
from core.rendering.occupancy import field_grid
from core.rendering.part_labels import part_labels
from core.rendering.preview import preview

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from core.camera import Camera
    from core.field import Field
    from core.protocols import Generator
    from core.rendering.occupancy import FieldGrid

TRUNCATION = 0.7
"""How far the plausible head keeps the wearer's latents: as far as random heads are drawn."""
BEHIND = (0.03, 0.12)
"""Distances behind the surface that the photo shows, world units, from which the field begins to be replaced and at
which it is: behind the outline that is what the surface covers while it turns away by some 25 degrees."""
REAR = (-0.03, 0.07)
"""The same along the photo's view, from the middle of the head: noses and fringes hide much that is not behind."""
DEPTH_PX = 128
INSIDE_PX = 5
"""Pixels inside the outline that the photo's camera sees over which the plausible head fades out: what would stick out
from behind the head would be seen."""
SEAM = (0.05, 0.5)
"""Weights between which both heads show the same place, so that their colours can be compared."""
FEWEST_POINTS = 40
TONES = (("skin", "nose", "ears", "lips", "eyes", "brows", "mouth"), ("hair",), ("neck",), ("cloth",))
"""Parts that share one tone."""
FLOATING_REACH = 2
"""Nodes around what floats that are cleared with it."""
FIRM = 35.0
"""Density per world unit of which two hundredths of a unit stop half of the light."""
LEAST_PIECE = 1.2e-6
"""Cubic world units, a fifth of a cubic centimetre, of a piece that only haze joins to the head."""
MOST_POINTS = 6000


@dataclass(frozen=True, eq=False)
class RearLayer:
    """What is laid over a head's field to repair it.

    Attributes:
        field: takes the place of the head's own.
        volume: where.
        nothing: float32 [C], features of empty space.
        adrift: where these come in the end, because something floats there.
    """

    field: Field
    volume: Volume
    nothing: Tensor
    adrift: Volume

    @staticmethod
    def of(plain: Generator, generator: Generator, field: Field, latents: Tensor, camera: Camera) -> RearLayer:
        """The repair of a head.

        Args:
            plain: the head's generator, without its tuning: it makes the plausible head.
            generator: with its tuning: it decodes both.
            field: the head's.
            latents: the head's, [L, W].
            camera: the photo's.
        """
        grid = field_grid(generator, field, part_labels)
        plausible = plain.trigrid(plausible_latents(plain, latents))
        hidden = hidden_weights(grid, camera)
        tuned = _in_wearers_tones(generator, plausible, field, grid, hidden)
        volume = Volume(hidden, grid.half_sides)
        whole = field_grid(generator, GraftedField(field, tuned, volume), part_labels)
        cleared = faded(floating(whole))
        emptiest = _nodes(grid)[int(grid.sigma.argmin())]
        return RearLayer(tuned, volume, field.sample(emptiest[None])[0], Volume(cleared, grid.half_sides))

    def laid_over(self, field: Field, strength: float) -> Field:
        """A field, repaired; 0 leaves it alone, 1 is the whole repair."""
        repaired: Field = GraftedField(field, self.field, self.volume, strength=strength)
        if not self.adrift.is_empty:
            wiped = -torch.eye(len(self.nothing), device=self.nothing.device)
            repaired = RemappedField(repaired, wiped, self.nothing, self.adrift, strength)
        return repaired


def plausible_latents(generator: Generator, latents: Tensor, truncation: float = TRUNCATION) -> Tensor:
    """Latents [L, W] drawn towards the generator's mean head, where its heads are whole."""
    mean = generator.mean_latents().to(latents)
    return mean + truncation * (latents - mean)


def hidden_weights(grid: FieldGrid, camera: Camera) -> Tensor:
    """How far each node lies in what a camera cannot see of a head, float32 [Z, Y, X], 0..1, soft.

    Args:
        grid: the head.
        camera: the photo's.
    """
    points = _nodes(grid)
    depth = preview(grid.on_processor, [], camera, DEPTH_PX).depth
    inwards = cv2.distanceTransform((depth > 0).astype(np.uint8), cv2.DIST_L2, 5)
    pictures = torch.from_numpy(np.stack([_filled(depth), inwards]))[None]
    pose = torch.from_numpy(np.array(camera.camera_from_world)).float()
    seen = points.cpu() @ pose[:3, :3].T + pose[:3, 3]
    at = (seen[:, :2] * (2 * camera.focal) / seen[:, 2:].clamp(min=1e-3))[None, None]
    surface, inside = F.grid_sample(pictures, at, padding_mode="border", align_corners=False)[0, :, 0]
    middle = float(-camera.position @ camera.forward)  # the depth of the world's origin, about which heads are
    weights = _ramp(*BEHIND, seen[:, 2] - surface) * _ramp(*REAR, seen[:, 2] - middle) * _ramp(0, INSIDE_PX, inside)
    return weights.view(grid.sigma.shape).to(grid.sigma.device)


def floating(grid: FieldGrid) -> Tensor:
    """The nodes bool [Z, Y, X] of what hangs together with nothing, and the empty ones around; glasses may stand off.

    A piece counts when no haze, however faint, joins it to the head; one of some size counts when only haze does.
    """
    faint = _pieces(grid, FAINT, 1)
    firm = _pieces(grid, FIRM, round(LEAST_PIECE / float(np.prod(grid.spacing))))
    head = (grid.sigma > FIRM) & ~firm
    adrift = grown(faint | firm, FLOATING_REACH) & ~grown(head, 1)
    if grid.labels is not None:
        adrift &= grid.labels != PARTS.index("glasses")
    return adrift


def _pieces(grid: FieldGrid, density: float, fewest: int) -> Tensor:
    """Nodes bool [Z, Y, X] above a density, in pieces of at least so many nodes, without the most massive piece."""
    from scipy.ndimage import label

    sigma = grid.sigma.cpu().numpy()
    there = sigma > density
    numbers, count = label(there, structure=np.ones((3, 3, 3)))
    if count < 2:
        return torch.zeros_like(grid.sigma, dtype=torch.bool)
    mass = np.bincount(numbers[there], weights=sigma[there])
    chosen = np.bincount(numbers[there]) >= fewest
    chosen[0] = False
    chosen[1 + int(mass[1:].argmax())] = False
    return torch.from_numpy(chosen[numbers]).to(grid.sigma.device)


def _in_wearers_tones(generator: Generator, plausible: Field, field: Field, grid: FieldGrid, hidden: Tensor) -> Field:
    """The plausible head in the wearer's colours, part by part, as both have them where they meet."""
    other = field_grid(generator, plausible, part_labels)
    theirs = _surface(other) & (hidden > SEAM[0])
    points = _points(other, theirs)
    if len(points) < FEWEST_POINTS:
        return plausible
    if len(points) > MOST_POINTS:
        points = points[torch.linspace(0, len(points) - 1, MOST_POINTS, device=points.device).long()]
    features = plausible.sample(points)
    _, decoded = generator.decode(features)
    colours = generator.colours(decoded).clamp(0, 1)
    wanted = colours.clone()
    named = other.label_at(points)
    for part in TONES if named is not None else (None,):
        own = _mean_colour(grid, hidden, part)
        their = _mean_colour(other, hidden, part)
        if own is None or their is None:
            continue
        if part is None or named is None:
            chosen = torch.ones(len(points), dtype=torch.bool, device=points.device)
        else:
            chosen = torch.isin(named, _indices(part, named))
        # light and shade stay: dark hair shows less of them than fair hair
        wanted[chosen] = (colours[chosen] * (own / their.clamp(min=0.03)).clamp(0.2, 4.0)).clamp(0, 1)
    with torch.enable_grad():
        remap = remap_to(generator, features, wanted, calm=CALM)
    return RemappedField(plausible, remap.matrix, remap.offset)


def _mean_colour(grid: FieldGrid, hidden: Tensor, part: tuple[str, ...] | None) -> Tensor | None:
    """Mean colour [3] of a part where both heads meet, else where the photo shows it; None where it is not there."""
    own = _surface(grid)
    if part is not None and grid.labels is not None:
        own &= torch.isin(grid.labels, _indices(part, grid.labels))
    meeting = own & (hidden > SEAM[0]) & (hidden < SEAM[1])
    for nodes in (meeting, own & (hidden < SEAM[1])):
        if int(nodes.sum()) >= FEWEST_POINTS:
            return (grid.colour[:3, nodes] / grid.colour[3, nodes]).mean(1)
    return None


def _surface(grid: FieldGrid) -> Tensor:
    """Solid nodes near the visible surface, bool [Z, Y, X]."""
    return (grid.sigma > SOLID) & (grid.colour[3] > 0.5)


def _indices(part: tuple[str, ...], labels: Tensor) -> Tensor:
    return torch.tensor([PARTS.index(name) for name in part], dtype=labels.dtype, device=labels.device)


def _nodes(grid: FieldGrid) -> Tensor:
    """World points [Z * Y * X, 3] of all nodes."""
    device = grid.sigma.device
    axes = [
        torch.linspace(-half, half, count, device=device)
        for half, count in zip(reversed(grid.half_sides), grid.sigma.shape, strict=True)
    ]
    return torch.cartesian_prod(*axes).flip(1)


def _points(grid: FieldGrid, nodes: Tensor) -> Tensor:
    """World points [N, 3] of chosen nodes, bool [Z, Y, X]."""
    return _nodes(grid)[nodes.view(-1)]


def _filled(depth: NDArray[np.float32]) -> NDArray[np.float32]:
    """Depth whose empty pixels take the nearest one's, so that interpolation at the rim stays on the head."""
    from scipy.ndimage import distance_transform_edt

    if not (depth > 0).any():
        return depth
    rows, columns = distance_transform_edt(depth == 0, return_distances=False, return_indices=True)
    return np.ascontiguousarray(depth[rows, columns])


def _ramp(low: float, high: float, values: Tensor) -> Tensor:
    share = ((values - low) / (high - low)).clamp(0, 1)
    return share.square() * (3 - 2 * share)
