"""Fits a style of `drawing` to the bundled generator: its super-resolution learns to draw what the artist would.

Paired supervision: the generator's own views, and drawings of them by someone who knows light, shape and parts. Only
the super-resolution moves, so geometry, labels and who the head is stay what they were. This is no distillation, and
packs made so say it. Longer than usual: what is learned, from what, and how it is closed up is one recipe.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from core.descent import Adam
from core.drawing.styles import STYLES, drawing
from core.errors import VoltefaceError
from core.generators.tuning import tuned_network
from core.losses import lpips
from core.progress import Progress
from core.rendering.relief import laid_on
from core.resizing import sized
from core.style_pack import Shape, StylePack, fingerprint
from core.stylizers.drawn_packs import drawn_pack
from core.stylizers.vocabulary import STYLES as CONCEPTS
from core.training.pack_scenes import Scene, landmarks_of_scene, subject_of_scene

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

    from core.generators.mini import Mini
    from core.generators.mini_upscaler import Upscaler
    from core.progress import Report

LICENCE = "Apache-2.0 (Volteface; fitted to drawings of heads of its own model)"
COLOURLESS = ("marble", "bronze", "clay", "wood", "robot", "pencil", "ink")
"""Styles in which colours do not count: what they show is light on a shape."""
SEED = 5
"""Of all drawings: veins, wounds and strokes are then the same on every head, and can be learned."""
TOLD_EVERY = 20
SPARED = 5
"""Of so many pixels of a figure one is an equation."""
STEADY = 1e-4
"""How much of the equations' mean square is added to them, so that weights stay small."""
PREVIEW_PX = 192


@dataclass(frozen=True)
class PackRecipe:
    """How a style is fitted.

    Attributes:
        steps: of Adam, on the picture after the first doubling: drawings are no finer.
        sharp_steps: after them, on the whole picture.
        rate: its first learning rate, which falls to a twentieth.
        patches: a step.
        patch_px: their side, of the composited features.
        margin_px: border of a patch that does not count: its neighbours are missing.
        perceptual: weight of LPIPS (alex) beside the absolute difference.
        faces: share of patches about a face.
    """

    steps: int = 800
    sharp_steps: int = 150
    rate: float = 2e-3
    patches: int = 3
    patch_px: int = 40
    margin_px: int = 4
    perceptual: float = 0.5
    faces: float = 0.5


def fit_style(
    generator: Mini,
    style: str,
    files: Sequence[Sequence[Path]],
    report: Report,
    recipe: PackRecipe = PackRecipe(),
    start: dict[str, Tensor] | None = None,
) -> dict[str, Tensor]:
    """The delta of the generator's super-resolution that draws in a style.

    Args:
        generator: the plain one.
        style: a key of `core.drawing.styles.STYLES`.
        files: of scenes, a list for each head, the frontal one first.
        report: told as it goes.
        recipe: numbers.
        start: an earlier delta to go on from.

    Raises:
        VoltefaceError: there is no such style.
    """
    if style not in STYLES:
        raise VoltefaceError(f"There is no style {style[:40]!r} to draw in.", f"Choose from: {', '.join(STYLES)}.")
    lessons = _Lessons.of(files, style, report)
    network = generator.network.upscaler
    names = [name for name, _ in network.named_parameters()]
    plain = dict(network.named_parameters())
    known = start or {}
    delta = {n: known.get(f"upscaler.{n}", torch.zeros_like(plain[n])).clone().requires_grad_() for n in names}
    last = [n for n in names if n.startswith("sharpen.")][-2:]
    if start is None:
        for name in last:  # what it sharpens is no photograph any more: it begins with silence
            delta[name] = (-plain[name]).clone().requires_grad_()
    _solve_last(network, delta, lessons)
    adam = Adam(list(delta.values()), (0.9, 0.99))
    random = np.random.default_rng(SEED)
    mean, total = 0.0, recipe.steps + recipe.sharp_steps
    for step in range(total):
        features, alpha, wanted = lessons.drawn(random, recipe)
        tuned = tuned_network(network, delta)
        if step < recipe.steps:
            picture = tuned.doubled(features, alpha)[0]
        else:
            picture, wanted = tuned(features, alpha), _finer(wanted)
        cut = recipe.margin_px * (picture.shape[-1] // features.shape[-1])
        picture, wanted = (value[..., cut:-cut, cut:-cut] for value in (picture, wanted))
        loss = (picture - wanted).abs().mean()
        if recipe.perceptual:
            loss = loss + recipe.perceptual * lpips(picture.clamp(0, 1), wanted, backbone="alex").mean()
        rate = recipe.rate * max(0.05, min(1.0, (step + 1) / 20, 1.5 * (1 - step / total)))
        adam.step(loss, [rate] * len(names))
        mean = float(loss.detach()) if not step else 0.97 * mean + 0.03 * float(loss.detach())
        if (step + 1) % TOLD_EVERY == 0 or step + 1 == total:
            report(Progress(step + 1, total, f"Fitting {style}", {"loss": mean}))
    return {f"upscaler.{name}": value.detach().contiguous() for name, value in delta.items()}


def _solve_last(network: Upscaler, delta: dict[str, Tensor], lessons: _Lessons) -> None:
    """Set the layer before the first doubling to the best there is for what comes into it, by least squares.

    It is linear in that; hundreds of steps would come to much the same.
    """
    width = network.write.in_channels
    squares = torch.zeros(9 * width + 1, 9 * width + 1, dtype=torch.float64)
    products = torch.zeros(9 * width + 1, network.write.out_channels, dtype=torch.float64)
    with torch.no_grad():
        tuned = tuned_network(network, delta)
        for features, picture, (figure, _) in zip(lessons.features, lessons.pictures, lessons.places, strict=True):
            seen = torch.from_numpy(features.astype(np.float32))[None]
            drawn, made_of = tuned.doubled(seen[:, :-1], seen[:, -1:])
            wanted = torch.from_numpy(picture.astype(np.float32) / 255).movedim(-1, 0)[None]
            rest = F.pixel_unshuffle(wanted - drawn, 2) + tuned.write(made_of)
            rows = torch.from_numpy(figure[::SPARED])
            near = F.unfold(made_of, 3, padding=1)[0].T[rows]
            known = torch.cat([near, torch.ones(len(near), 1)], 1).double()
            squares += known.T @ known
            products += known.T @ rest[0].flatten(1).T[rows].double()
        squares += torch.eye(len(squares)) * float(squares.diagonal().mean()) * STEADY
        found = torch.linalg.solve(squares, products).float()
        weight = found[:-1].T.reshape(network.write.weight.shape)
        assert network.write.bias is not None
        delta["write.weight"].copy_(weight - network.write.weight)
        delta["write.bias"].copy_(found[-1] - network.write.bias)


def drawn_style(generator: Mini, style: str, front: Path) -> StylePack:
    """A style that an artist draws, as a pack; its preview is a scene drawn by them.

    Args:
        generator: whose heads wear it.
        style: a key of `core.drawing.styles.STYLES`.
        front: file of the scene.

    Raises:
        VoltefaceError: there is no such style.
    """
    pack = drawn_pack(style, generator.info.name)
    scene = Scene.read(front)
    picture = drawing(subject_of_scene(scene, landmarks_of_scene(scene)), style, SEED)
    small = cv2.resize(picture, (PREVIEW_PX, PREVIEW_PX), interpolation=cv2.INTER_AREA)
    return replace(pack, preview=np.asarray(np.clip(small * 255 + 0.5, 0, 255), np.uint8))


def pack_of_style(generator: Mini, style: str, delta: dict[str, Tensor], front: Path) -> StylePack:
    """A fitted style as a pack; its preview is a scene drawn in it.

    Args:
        generator: the plain one.
        style: its name.
        delta: what `fit_style` found.
        front: file of the scene.
    """
    title = next(concept.title for concept in CONCEPTS if concept.name == style)
    seen = torch.from_numpy(stacked(Scene.read(front), style).astype(np.float32))[None]
    with torch.no_grad():
        picture = generator.tuned(delta).picture(seen[:, :-1], seen[:, -1:], generator.mean_latents()[None])
        small = sized(picture, PREVIEW_PX)[0]
    return StylePack(
        name=style,
        title=title.capitalize(),
        made="fitted to drawings",
        generator=generator.info.name,
        fingerprint=fingerprint(generator.info.name, generator.parameters_to_tune()),
        delta=delta,
        preview=np.ascontiguousarray((small.clamp(0, 1) * 255).round().to(torch.uint8).movedim(0, -1).numpy()),
        licence=LICENCE,
        prompt=f"a {title}",
        shape=shape_of(style),
    )


def _finer(pictures: Tensor) -> Tensor:
    """Drawings at the size of the generator's pictures."""
    large = F.interpolate(pictures, scale_factor=2.0, mode="bicubic", align_corners=False)
    return large.clamp(0, 1)


@dataclass(frozen=True, eq=False)
class _Lessons:
    """Views, and how they are drawn.

    Attributes:
        features: float16 [F + 1, h, w], alpha last.
        pictures: uint8 [S, S, 3].
        places: pixels of the figure, and of its face.
    """

    features: list[NDArray[np.float16]]
    pictures: list[NDArray[np.uint8]]
    places: list[tuple[NDArray[np.intp], NDArray[np.intp]]]

    @staticmethod
    def of(files: Sequence[Sequence[Path]], style: str, report: Report) -> _Lessons:
        features, pictures, places = [], [], []
        for number, paths in enumerate(files):
            scenes = [Scene.read(path) for path in paths]
            landmarks = landmarks_of_scene(scenes[0])
            for scene in scenes:
                drawn = drawing(subject_of_scene(scene, landmarks), style, SEED)
                pictures.append(np.asarray(np.clip(drawn * 255 + 0.5, 0, 255), np.uint8))
                features.append(stacked(scene, style))
                small = cv2.resize(scene.labels, scene.alpha.shape[::-1], interpolation=cv2.INTER_NEAREST)
                face = np.isin(small, FACE)
                places.append((np.flatnonzero(small > 0), np.flatnonzero(face)))
            report(Progress(number + 1, len(files), f"Drawing {style}"))
        return _Lessons(features, pictures, places)

    def drawn(self, random: np.random.Generator, recipe: PackRecipe) -> tuple[Tensor, Tensor, Tensor]:
        """Patches of features [B, F, p, p] and alpha [B, 1, p, p], and what they shall become [B, 3, P, P]."""
        side, size = recipe.patch_px, self.features[0].shape[-1]
        inputs, outputs = [], []
        for _ in range(recipe.patches):
            view = int(random.integers(len(self.features)))
            figure, face = self.places[view]
            chosen = face if len(face) and random.random() < recipe.faces else figure
            row, column = divmod(int(random.choice(chosen)), size)
            top, left = (int(np.clip(at - random.integers(side), 0, size - side)) for at in (row, column))
            inputs.append(self.features[view][:, top : top + side, left : left + side].astype(np.float32))
            picture = self.pictures[view]
            scale = len(picture) // size
            piece = picture[top * scale : (top + side) * scale, left * scale : (left + side) * scale]
            outputs.append(piece.astype(np.float32) / 255)
        stacked = torch.from_numpy(np.stack(inputs))
        wanted = torch.from_numpy(np.stack(outputs)).movedim(-1, 1)
        return stacked[:, :-1], stacked[:, -1:], wanted.contiguous()


FACE = (3, 4, 5, 6, 7, 8, 11)
"""Labels of what is small and matters: eyes, brows, lips, nose, ears, glasses, mouth."""


def shape_of(style: str) -> Shape:
    """Whether a style is told the shape, or shown it instead of colours."""
    return "shown" if style in COLOURLESS else "told"


def stacked(scene: Scene, style: str) -> NDArray[np.float16]:
    """What the super-resolution of a style is given of a scene, float16 [F + 1, h, w], alpha last."""
    alpha = torch.from_numpy(scene.alpha.astype(np.float32))[None, None]
    shape = torch.from_numpy(scene.relief.astype(np.float32)).movedim(-1, 0)[None] * alpha
    features = torch.from_numpy(scene.features.astype(np.float32))[None]
    laid = laid_on(features, shape, shown=shape_of(style) == "shown")
    return np.asarray(torch.cat([laid, alpha], 1)[0].half().numpy())
