"""Second stage of the encoder's training, on a finished generator: from code to levels (W+), through its pictures.

The code of a head is not its attributes alone. What they leave is learned in two steps, as offsets that are affine in
the network's summary. First in closed form: codes are known of the heads that the generator was trained on and of its
own random samples, and a ridge leads to what is missing. Then by descent through the generator, which tells the levels
apart, as E3DGE supervises its encoder: known code, pictures, points on, in front of and behind the surface with their
colours, and the surface's normals. Each step must pay on heads that nobody learned from, or its result is dropped.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F

from core.descent import Adam
from core.generators.mini_network import sample_planes
from core.inverters.encoder import LevelOffsets, fingerprint
from core.perception.lpips import embedding_distance, perceptual_net
from core.progress import Progress
from core.training.dataset import HeadViews, pixel_rays
from core.training.encoder_codes import Example, head_examples, known_codes, ridge, sample_examples, summaries
from core.training.encoder_heads import FrontalView, spoilt_looks
from core.training.patches import PatchConfig, drawn_patch, rendered_patch
from core.trigrid import PlaneAxes

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from core.generators.mini import Mini
    from core.inverters.encoder_network import EncoderNetwork
    from core.progress import Report
    from core.training.encoder_heads import EncoderHeads

NORMAL_STEP = 0.006
"""World units between the points whose occupancies give the field's normal."""


@dataclass(frozen=True)
class LevelsRecipe:
    """All numbers of the stage.

    Attributes:
        views: pictures of each head that are looked at for the ridge.
        most_heads: no more heads than these.
        samples: random heads of the generator, each seen twice.
        steps: of the descent.
        rate: of Adam.
        points: a head, for the field.
        normals: points a head whose normals are compared.
        patch_px: side of the patch that is rendered and compared, in pixels of half the data's size.
        code, colour, normal, picture, perceptual: weights of the terms beside the occupancy's cross-entropy.
        seed: of every draw.
    """

    views: int = 2
    most_heads: int = 300
    samples: int = 24
    steps: int = 120
    rate: float = 1e-4
    points: int = 4000
    normals: int = 300
    patch_px: int = 48
    code: float = 3.0
    colour: float = 3.0
    normal: float = 0.2
    picture: float = 1.0
    perceptual: float = 1.0
    seed: int = 0


def view_normals(
    head: HeadViews, view: int, count: int, rays: NDArray[np.float32], random: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Points [N, 3] on a smooth visible surface and its outward unit normals [N, 3], from the depth."""
    depth = np.asarray(head.depth[view], np.float32)
    size, pose = len(depth), head.world_from_camera[view]
    points = pose[:3, 3] + (rays @ pose[:3, :3].T) * depth.reshape(-1, 1)
    grid = points.reshape(size, size, 3)
    across, down = grid[1:-1, 2:] - grid[1:-1, :-2], grid[2:, 1:-1] - grid[:-2, 1:-1]
    normals = np.cross(down, across)  # towards the camera: rows run down, columns to the right
    length = np.linalg.norm(normals, axis=2)
    near = [depth[1:-1, 2:], depth[1:-1, :-2], depth[2:, 1:-1], depth[:-2, 1:-1]]
    smooth = (np.min(near, 0) > 0) & (np.ptp(near, axis=0) < 0.02) & (length > 0)
    chosen = random.choice(np.flatnonzero(smooth), count)
    unit = (normals / np.maximum(length, 1e-12)[..., None]).reshape(-1, 3)[chosen]
    return torch.from_numpy(grid[1:-1, 1:-1].reshape(-1, 3)[chosen]), torch.from_numpy(unit.astype(np.float32))


class LevelsDescent:
    """Moves the offsets of all levels down the loss of pictures and field."""

    def __init__(
        self, network: EncoderNetwork, heads: EncoderHeads, generator: Mini, offsets: LevelOffsets, recipe: LevelsRecipe
    ) -> None:
        self.network, self.heads, self.generator, self.recipe = network, heads, generator, recipe
        self.offsets = LevelOffsets(offsets.weight.clone(), offsets.bias.clone(), offsets.generator)
        self._rays = pixel_rays(heads.sight(heads.views[0]).rgb.shape[0])
        self._targets, self._known = known_codes(generator, heads.attributes)
        self._net = perceptual_net("alex")

    def losses(self, view: FrontalView, random: np.random.Generator, offsets: LevelOffsets) -> dict[str, Tensor]:
        """Terms for one picture, by name; differentiable in the offsets."""
        recipe, network = self.recipe, self.generator.network
        looks = spoilt_looks(self.network, self.heads, [view], random)
        with torch.no_grad():
            hidden = self.network.hidden(looks.glance)
            code = summaries(self.network, self.generator, hidden)
        latents = code[:, None] + offsets.of(hidden)
        with torch.autocast("cpu", torch.bfloat16):
            planes = network.synthesis(latents)
        planes = planes.float()
        head = HeadViews(self.heads.folders[view.head])
        other = int(random.integers(len(head)))
        terms = self._field(planes, head, (view.number, other), random)
        config = PatchConfig(patch_px=recipe.patch_px, near_samples=8, far_samples=4)
        patch = drawn_patch(head, view.number, self._rays, config, random)
        features, alpha = rendered_patch(network, planes, patch, config)
        drawn, wanted = features[:, :3] + 1 - alpha, F.avg_pool2d(patch.picture, 2)
        terms["picture"] = recipe.picture * (drawn - wanted).abs().mean()
        distance = embedding_distance(self._net.embed(drawn.clamp(0, 1)), self._net.embed(wanted))
        terms["perceptual"] = recipe.perceptual * distance.mean()
        if bool(self._known[view.head]):
            scale = self._targets.std(0).square().mean()
            terms["code"] = recipe.code * (latents - self._targets[view.head]).square().mean() / scale
        return terms

    def _field(
        self, planes: Tensor, head: HeadViews, views: tuple[int, ...], random: np.random.Generator
    ) -> dict[str, Tensor]:
        """Occupancy and colour about the surface, and its normals, seen from some views."""
        recipe, network = self.recipe, self.generator.network
        box, decoder = network.config.box_side, network.decoder

        def sampled(points: Tensor) -> tuple[Tensor, Tensor]:
            cells = sample_planes(planes, points[None], PlaneAxes.PANOHEAD.value, box)
            logit, decoded = decoder.occupancy_and_features(cells[0])
            return logit, decoded

        occupancy, colour = [], []
        for view in views:
            known = head.field_points(view, recipe.points // len(views), self._rays, random)
            points = torch.from_numpy(known.points)
            logit, decoded = sampled(points)
            inside = (points.abs().amax(1) < network.config.half_extent).float()
            solid = len(known.labels)
            wanted = (torch.arange(len(points)) < solid).float()
            occupancy.append((F.binary_cross_entropy_with_logits(logit, wanted, reduction="none") * inside).mean())
            off = (decoded[:solid, :3] - torch.from_numpy(known.colours)).abs().mean(1)
            colour.append((off * inside[:solid]).mean())
        points, normals = view_normals(head, views[0], recipe.normals, self._rays, random)
        steps = NORMAL_STEP * torch.cat([torch.eye(3), -torch.eye(3)])
        logit, _ = sampled((points[:, None] + steps).reshape(-1, 3))
        ahead, behind = logit.view(-1, 2, 3).unbind(1)
        facing = F.cosine_similarity(behind - ahead, normals, dim=1, eps=1e-4)
        return {
            "occupancy": torch.stack(occupancy).mean(),
            "colour": recipe.colour * torch.stack(colour).mean(),
            "normal": recipe.normal * (1 - facing).mean(),
        }

    def run(self, report: Report) -> None:
        """All steps."""
        recipe = self.recipe
        learned, _ = self.heads.split()
        parameters = [self.offsets.weight.requires_grad_(), self.offsets.bias.requires_grad_()]
        adam = Adam(parameters, (0.9, 0.99))
        for step in range(recipe.steps):
            random = np.random.default_rng([recipe.seed, 3, step])
            terms = self.losses(learned[int(random.integers(len(learned)))], random, self.offsets)
            factor = min(1.0, (step + 1) / 20) * 0.5 * (1 + math.cos(math.pi * step / recipe.steps))
            # the bias serves all pictures, a weight only those in which its feature is there
            adam.step(torch.stack(list(terms.values())).sum(), [recipe.rate * factor, 10 * recipe.rate * factor])
            values = {name: float(term.detach()) for name, term in terms.items()}
            report(Progress(step + 1, recipe.steps, "Learning the levels", values))
        for parameter in parameters:
            parameter.requires_grad_(False)

    def held_out(self, offsets: LevelOffsets, views: int = 12) -> float:
        """Mean loss, without the code's term, on heads that nobody learned from; always the same pictures."""
        _, unseen = self.heads.split()
        picked = np.random.default_rng(7).permutation(len(unseen))[:views]
        total = 0.0
        with torch.no_grad():
            for index in picked:
                terms = self.losses(unseen[index], np.random.default_rng([8, int(index)]), offsets)
                total += sum(float(value) for name, value in terms.items() if name != "code")
        return total / len(picked)


@dataclass(frozen=True)
class LevelsFigures:
    """What the stage found.

    Attributes:
        unexplained: share of the missing code's variance that the ridge leaves on heads it was not fitted to.
        losses: held-out loss without offsets, with the ridge's, and after the descent.
        kept: which of them was kept.
    """

    unexplained: float
    losses: dict[str, float]
    kept: str


def fit_levels(
    network: EncoderNetwork, heads: EncoderHeads, generator: Mini, recipe: LevelsRecipe, report: Report
) -> tuple[LevelOffsets, LevelsFigures]:
    """The stage: the offsets that are best on held-out heads, and how good each step was."""
    known = head_examples(network, heads, generator, report, views=recipe.views, most=recipe.most_heads)
    own = sample_examples(network, generator, recipe.samples, report)
    columns = ((getattr(known, name), getattr(own, name)) for name in ("hidden", "code", "target", "heads"))
    weight, bias, unexplained = ridge(Example(*(torch.cat(pair) for pair in columns)))
    count, name = generator.info.latent_count, fingerprint(generator.prior)
    whole = LevelOffsets(weight[None].repeat(count, 1, 1), bias[None].repeat(count, 1), name)
    none = LevelOffsets(torch.zeros_like(whole.weight), torch.zeros_like(whole.bias), name)
    descent = LevelsDescent(network, heads, generator, whole, recipe)
    losses = {"none": descent.held_out(none), "ridge": descent.held_out(whole)}
    if losses["ridge"] > losses["none"]:
        descent = LevelsDescent(network, heads, generator, none, recipe)
    descent.run(report)
    losses["descent"] = descent.held_out(descent.offsets)
    found = {"none": none, "ridge": whole, "descent": descent.offsets}
    best = min(losses, key=lambda step: losses[step])
    return found[best], LevelsFigures(unexplained, losses, best)
