"""Trains the parser (`core.segmenters.parser`) on labelled renders that are made to look like photos.

Resumable: the state lies in OUT/state.safetensors, written every few minutes with a picture of held-out heads, and a
run continues from it, also with more data or more steps than before. Longer than usual: what draws a batch, steps,
saves and resumes is one machine.
"""

from __future__ import annotations

import json
import math
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import save, save_file
from torch import Tensor

from core.descent import Adam
from core.errors import CheckpointError, VoltefaceError
from core.mask import PARTS
from core.perception.efficientnet import load_efficientnet
from core.perception.weights import METADATA_KEY, WeightsRecord, bundle
from core.progress import Progress
from core.segmenters.parser import NAME, SIZE_PX, PartNet
from core.training.dataset import HeadViews, finished_heads, is_held_out
from core.training.drawn_accessories import with_lenses
from core.training.labelled_pictures import Looks, drawn_picture
from core.training.picture_scenes import as_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from core.progress import Report

STATE = "state.safetensors"
SAVE_EVERY_SECONDS = 300.0
BETAS = (0.9, 0.99)
WORN_ODDS = 1.2
"""How much oftener a head with glasses is drawn: a quarter wear some, and thin frames are the hardest part."""
TOLD_FROM = 0.6
"""Cosine of the yaw up to which closed frames tell where clear lenses are that have no label of their own."""
FROZEN = ("trunk.stem.", "trunk.groups.0.", "trunk.groups.1.")
"""The first layers stay as ImageNet's photos made them: they cost most, and renders would only spoil them."""
CLASS_WEIGHTS = {"background": 0.8, "skin": 1, "hair": 1, "eyes": 1.7, "brows": 1.7, "lips": 1.5, "nose": 1.2}
CLASS_WEIGHTS |= {"ears": 1.3, "glasses": 1.6, "neck": 1, "cloth": 1, "mouth": 3}
"""Small parts count for more, but heavier weights would draw them too large."""
TAKEN_BACK = 0.85
"""Share of the weights' logarithms that a finished net's odds are freed of."""
PALETTE = np.array(
    [
        (0, 0, 0),
        (255, 205, 170),
        (120, 70, 20),
        (80, 160, 255),
        (70, 30, 0),
        (255, 60, 90),
        (255, 150, 80),
        (200, 120, 255),
        (0, 255, 255),
        (230, 180, 140),
        (60, 160, 60),
        (160, 0, 40),
    ],
    np.uint8,
)
"""Colour of each part in pictures of labels, RGB."""
LICENCE = "Apache-2.0 (Volteface; trained on renders of CC0 MakeHuman heads; trunk: EfficientNet-Lite0, Google LLC)"


@dataclass(frozen=True)
class ParserRecipe:
    """All numbers of a training run.

    Attributes:
        steps: in all; the learning rate falls over the second half of them.
        batch: pictures a step.
        window_px: side of the pictures, up to `whole_from`; small windows are cheaper and show the face larger.
        whole_from: share of the steps after which whole pictures are shown.
        rate: Adam's learning rate of the decoder.
        trunk_rate: the same of the trunk's trained layers.
        warm_up: steps over which the rate rises.
        dice: weight of the Dice loss, which counts parts rather than pixels.
        looks: how far pictures stray from the renders.
        seed: of every random draw.
    """

    steps: int = 3800
    batch: int = 8
    window_px: int = 192
    whole_from: float = 0.85
    rate: float = 1.5e-3
    trunk_rate: float = 2e-4
    warm_up: int = 60
    dice: float = 0.5
    looks: Looks = field(default_factory=Looks)
    seed: int = 0

    def rate_factor(self, step: int) -> float:
        """Share of the learning rate at a step."""
        falling = max(0.0, step / self.steps - 0.5) * 2
        return min(1.0, (step + 1) / self.warm_up) * (0.02 + 0.98 * (1 + math.cos(math.pi * min(falling, 1.0))) / 2)

    def size_px(self, step: int) -> int:
        """Side of the pictures at a step."""
        return SIZE_PX if step >= self.whole_from * self.steps else self.window_px


@dataclass(frozen=True, eq=False)
class LabelledView:
    """One view of one head.

    Attributes:
        rgb: uint8 [S,S,3] on white.
        labels: uint8 [S,S].
    """

    rgb: NDArray[np.uint8]
    labels: NDArray[np.uint8]


class LabelledHeads:
    """Heads of one or several data sets, mapped from disk.

    Raises:
        VoltefaceError: there is none.
    """

    def __init__(self, folders: Sequence[Path], *, held_out: bool) -> None:
        found = [[p for seed, p in finished_heads(f).items() if is_held_out(seed) == held_out] for f in folders]
        paths = [path for heads in found for path in heads]
        if not paths:
            raise VoltefaceError(
                f"{', '.join(map(str, folders))} holds no heads to {'test' if held_out else 'train'} on.",
                "Render some with `volteface train data` first.",
            )
        self._heads = [HeadViews(path) for path in paths]
        self._opaque_lenses = [_labels_lack_lenses(path) for path in paths]
        facts = [json.loads((path / "meta.json").read_text(encoding="utf-8")) for path in paths]
        worn = [bool(fact.get("glasses")) for fact in facts]
        shares = np.array([len(h) * (WORN_ODDS if w else 1) for h, w in zip(self._heads, worn, strict=True)])
        self._head_odds = shares / shares.sum()
        untold = [
            lack and w and not fact.get("dark_lenses")
            for lack, w, fact in zip(self._opaque_lenses, worn, facts, strict=True)
        ]
        self._view_odds = [
            _view_odds(head.world_from_camera, untold=unclear)
            for head, unclear in zip(self._heads, untold, strict=True)
        ]

    def __len__(self) -> int:
        """Number of heads."""
        return len(self._heads)

    def views_of(self, head: int) -> int:
        """Number of views of a head."""
        return len(self._heads[head])

    def yaw_radians(self, head: int, view: int) -> float:
        """Where a view's camera stands."""
        position = self._heads[head].world_from_camera[view][:3, 3]
        return math.atan2(float(position[0]), float(position[2]))

    def view(self, head: int, view: int) -> LabelledView:
        """One view; lenses are glasses whatever the data's version."""
        labels = np.array(self._heads[head].label[view])
        return LabelledView(
            np.array(self._heads[head].rgb[view]), with_lenses(labels) if self._opaque_lenses[head] else labels
        )

    def drawn(self, rng: np.random.Generator) -> LabelledView:
        """A random view of a random head; glasses and views that show the face come oftener than others."""
        head = int(rng.choice(len(self), p=self._head_odds))
        return self.view(head, int(rng.choice(self.views_of(head), p=self._view_odds[head])))


def _labels_lack_lenses(path: Path) -> bool:
    """Whether clear lenses carry the label of what is behind them, as in recipe versions 1 and 2."""
    try:
        settings = json.loads((path.parent / "dataset.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return True
    return int(settings.get("recipe", {}).get("version", 1)) < 3


def _view_odds(world_from_camera: NDArray[np.float32], *, untold: bool) -> NDArray[np.float64]:
    """How often each view is drawn; where lenses are `untold` only those from which a frame closes around them."""
    facing = world_from_camera[:, 2, 3] / np.linalg.norm(world_from_camera[:, :3, 3], axis=1)
    odds = np.where(facing > 0.2, 2.0, 1.0)
    if untold:
        odds = np.where((facing > TOLD_FROM) | (facing < 0), odds, 0.0)
    return np.asarray(odds / odds.sum(), np.float64)


class ParserTraining:
    """A run that can stop and go on."""

    def __init__(self, data: Sequence[Path], out: Path, recipe: ParserRecipe) -> None:
        out.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(recipe.seed)
        self.out, self.recipe = out, recipe
        self.trained = LabelledHeads(data, held_out=False)
        self.unseen = LabelledHeads(data, held_out=True)
        self.network = fresh_network()
        parameters = {n: p for n, p in self.network.named_parameters() if p.requires_grad}
        self.rates = [recipe.trunk_rate if n.startswith("trunk.") else recipe.rate for n in parameters]
        self.adam = Adam(list(parameters.values()), BETAS)
        self.average = {name: value.clone() for name, value in self.network.state_dict().items()}
        self.steps = 0
        if (out / STATE).exists():
            self._resume()

    def run(self, report: Report) -> Path:
        """Do the steps that are left and write OUT/parser.safetensors.

        Raises:
            Cancelled: `report` raised it; the state is saved first.
        """
        saved = time.monotonic()
        try:
            while self.steps < self.recipe.steps:
                report(self.step())
                if time.monotonic() - saved > SAVE_EVERY_SECONDS:
                    self.save()
                    self.export()
                    saved = time.monotonic()
        finally:
            self.save()
        return self.export()

    def step(self) -> Progress:
        """One step of the descent."""
        # a seed for each step, so that a resumed run draws what an unbroken one would have drawn
        rng = np.random.default_rng([self.recipe.seed, self.steps])
        size = self.recipe.size_px(self.steps)
        drawn = [self.trained.drawn(rng) for _ in range(self.recipe.batch)]
        made = [drawn_picture(view.rgb, view.labels, size, self.recipe.looks, rng) for view in drawn]
        pictures = torch.from_numpy(np.stack([picture for picture, _ in made])).permute(0, 3, 1, 2)
        labels = torch.from_numpy(np.stack([names for _, names in made])).long()
        with torch.autocast("cpu", torch.bfloat16):
            logits = self.network(pictures.contiguous(memory_format=torch.channels_last))
        terms = parser_losses(logits.float(), labels, self.recipe.dice)
        factor = self.recipe.rate_factor(self.steps)
        self.adam.step(torch.stack(list(terms.values())).sum(), [rate * factor for rate in self.rates])
        decay = min(0.995, (1 + self.steps) / (10 + self.steps))
        for key, value in self.network.state_dict().items():
            self.average[key].lerp_(value, 1 - decay)
        self.steps += 1
        return Progress(
            self.steps, self.recipe.steps, "parser", {key: float(term.detach()) for key, term in terms.items()}
        )

    def network_so_far(self) -> PartNet:
        """The averaged network, ready for use; what the loss' weights did to the odds of parts is mostly taken back."""
        network = PartNet()
        network.load_state_dict(self.average)
        weights = torch.tensor([CLASS_WEIGHTS[part] for part in PARTS])
        bias = network.last.bias
        assert bias is not None
        with torch.no_grad():
            bias -= TAKEN_BACK * weights.log().repeat_interleave(len(bias) // len(PARTS))
        return network.requires_grad_(requires_grad=False).eval()

    def save(self) -> None:
        """Write the state, replacing the former one only when it is complete, and a picture of what is learned."""
        tensors = {f"network.{k}": v for k, v in self.network.state_dict().items()}
        tensors |= {f"average.{k}": v for k, v in self.average.items()}
        tensors |= {f"adam.{k}": v for k, v in self.adam.moments().items()}
        described = {"steps": str(self.steps), "recipe": json.dumps(asdict(self.recipe))}
        partial = self.out / (STATE + ".partial")
        save_file({k: v.detach().contiguous().clone() for k, v in tensors.items()}, partial, metadata=described)
        partial.replace(self.out / STATE)
        rng = np.random.default_rng(self.recipe.seed + 1)
        drawn = [self.unseen.drawn(rng) for _ in range(10)]
        made = [drawn_picture(view.rgb, view.labels, SIZE_PX, self.recipe.looks, rng) for view in drawn]
        sheet = label_sheet(self.network_so_far(), [as_bytes(picture) for picture, _ in made])
        cv2.imwrite(str(self.out / f"step_{self.steps:06d}.png"), sheet[..., ::-1])

    def _resume(self) -> None:
        with safe_open(self.out / STATE, framework="pt") as file:
            self.steps = int(file.metadata()["steps"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict

        def under(prefix: str) -> dict[str, Tensor]:
            return {k.removeprefix(prefix + "."): v for k, v in tensors.items() if k.startswith(prefix + ".")}

        try:
            self.network.load_state_dict(under("network"))
        except RuntimeError as error:
            raise CheckpointError(f"{self.out / STATE} is of another network.", "Choose another folder.") from error
        self.average = under("average")
        self.adam.restore(under("adam"))

    def export(self) -> Path:
        """Write OUT/parser.safetensors: the averaged weights in half precision."""
        path = self.out / f"{NAME}.safetensors"
        about = {"licence": LICENCE, "source": "core.training.parser", "steps": self.steps, "heads": len(self.trained)}
        halves = {k: v.detach().half().contiguous() for k, v in self.network_so_far().state_dict().items()}
        partial = path.with_name(path.name + ".partial")
        partial.write_bytes(save(halves, {METADATA_KEY: json.dumps(about, separators=(",", ":"))}))
        partial.replace(path)
        return path


def fresh_network() -> PartNet:
    """A network with the trunk's bundled weights, its first layers frozen, and a decoder that knows nothing."""
    network = PartNet()
    trunk = load_efficientnet().state_dict()
    network.trunk.load_state_dict({k: v for k, v in trunk.items() if not k.startswith("head.")})
    for module in (*network.merges.modules(), network.top, network.fine, network.join):
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                torch.nn.init.zeros_(module.bias)
    with torch.no_grad():
        network.last.weight.mul_(0.1)
        for layer in (m for m in network.merges.modules() if isinstance(m, torch.nn.Conv2d)):
            if layer.kernel_size == (1, 1):
                layer.weight.mul_(0.5)
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(not name.startswith(FROZEN))
    network.to(memory_format=torch.channels_last)
    return network


def parser_losses(logits: Tensor, labels: Tensor, dice: float) -> dict[str, Tensor]:
    """Weighted cross-entropy of the pixels, and Dice loss of the parts that the batch shows.

    Args:
        logits: [B,12,H,W].
        labels: int64 [B,H,W].
        dice: weight of the second term.
    """
    weights = torch.tensor([CLASS_WEIGHTS[part] for part in PARTS], dtype=logits.dtype)[labels]
    log_odds = F.log_softmax(logits, 1)
    log_right = log_odds.gather(1, labels[:, None])[:, 0]
    entropy = -(weights * log_right).sum() / weights.sum()
    flat = labels.reshape(-1)
    both = torch.zeros(len(PARTS)).index_add(0, flat, log_right.exp().reshape(-1))
    shown = torch.bincount(flat, minlength=len(PARTS))
    # some pixels in each, so that a part of three pixels does not count as much as any other
    scores = (2 * both + 20) / (log_odds.exp().sum((0, 2, 3)) + shown + 20)
    return {"entropy": entropy, "dice": dice * (1 - scores[shown > 0]).mean()}


def predicted(network: PartNet, pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Labels [B,S,S] of pictures uint8 [B,S,S,3], S a multiple of 32."""
    found = []
    with torch.no_grad():
        for picture in pictures:
            batch = torch.from_numpy(picture.astype(np.float32) / 255).permute(2, 0, 1)[None]
            found.append(network(batch.contiguous(memory_format=torch.channels_last))[0].argmax(0).to(torch.uint8))
    return torch.stack(found).numpy()


def label_sheet(network: PartNet, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Pictures [S,S,3] above what the network takes them for, uint8 RGB, five in a row."""
    labels = predicted(network, np.stack(pictures))
    cells = [np.vstack([picture, PALETTE[names]]) for picture, names in zip(pictures, labels, strict=True)]
    cells += [np.full_like(cells[0], 255)] * (-len(cells) % 5)
    return np.vstack([np.hstack(cells[first : first + 5]) for first in range(0, len(cells), 5)])


def bundle_parser(path: Path, folder: Path) -> WeightsRecord:
    """Copy an exported file among the bundled weights and record it."""
    return bundle(
        path.read_bytes(),
        folder,
        name=NAME,
        title="parts of a head, pixel by pixel (U-Net on EfficientNet-Lite0)",
        licence=LICENCE,
        source="core.training.parser",
    )
