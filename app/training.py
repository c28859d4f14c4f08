"""The verbs that make the bundled models again; each hands over to `core.training` and resumes by itself."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from core.errors import Cancelled, CheckpointError

if TYPE_CHECKING:
    import argparse

    from app.console import Console
    from core.progress import Progress

UNSEEN_ITEMS = 12
"""Pictures of held-out heads on which the dual encoder's parts must pay."""


def train_data(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Render the synthetic heads that the folder lacks, and tell how evenly it holds people."""
    from core.training.synthetic.assets import AssetFolders
    from core.training.synthetic.balance import balance_of
    from core.training.synthetic.dataset import render_dataset, settings_of

    assets = AssetFolders.located(options.assets)
    seeds = range(options.seed, options.seed + options.heads)
    cache = options.cache or options.output / ".derived"
    settings = settings_of(options.recipe, options.views)
    made = render_dataset(assets, options.output, seeds, cache, settings, report=console.report)
    balance = balance_of(options.output)
    for line in balance.lines():
        console.note(line)
    return {"folder": str(options.output), "rendered": made, "heads": balance.heads, "balance": asdict(balance)}


def train_mini(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Go on with the training of the bundled head model, for the hours given or to its end."""
    from core.generators.mini import load_mini
    from core.training.mini import MiniTraining, Recipe
    from core.training.training_heads import TrainingHeads

    heads = TrainingHeads.of(*options.data)
    large = heads.larger(options.large) if options.large else {}
    training = MiniTraining(heads, options.output, Recipe(), large)
    if options.grow and not any(training.steps.values()):
        training.grow_from(load_mini(options.grow))
    until = time.monotonic() + options.hours * 3600

    def report(progress: Progress) -> None:
        console.report(progress)
        if time.monotonic() > until:
            raise Cancelled

    try:
        file = training.run(report)
    except Cancelled:
        if time.monotonic() <= until:
            raise
        file = training.export()
    return {"file": str(file), "steps": training.steps}


def train_encoder(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Train the inversion's first look at a photo, then fit it to the head model's levels."""
    from dataclasses import asdict

    from core.generators.mini import load_mini
    from core.inverters.encoder import Encoder
    from core.training.crew import gathered_crew
    from core.training.encoder import EncoderRecipe, EncoderTraining, save_encoder
    from core.training.encoder_faces import fit_faces
    from core.training.encoder_heads import EncoderHeads
    from core.training.encoder_levels import LevelsRecipe, fit_levels
    from core.training.encoder_score import score

    generator = load_mini(options.generator) if options.generator else load_mini()
    heads, crew = EncoderHeads(*options.data), gathered_crew()
    training = EncoderTraining(heads, options.output, EncoderRecipe(steps=options.steps), generator, crew)
    training.run(console.report)
    if not crew.is_first:
        return {}
    network = training.averaged()
    offsets, levels = fit_levels(network, heads, generator, LevelsRecipe(steps=options.level_steps), console.report)
    faces = fit_faces(network, heads, console.report)
    file = options.output / f"{generator.info.name}_encoder.safetensors"
    save_encoder(Encoder(network, offsets, faces), file)
    found = score(network, heads, training.weights, generator)
    told = [heads.layout.names[column] for column in faces.columns]
    return {"file": str(file), "score": asdict(found), "levels": asdict(levels), "told by faces": told}


def train_dual(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Train the dual encoder's branches: E1, then E2 from E1's weights."""
    from core.generators.mini import load_mini
    from core.inverters.dual_branches import Branches, save_branches
    from core.inverters.encoder import fingerprint
    from core.training.crew import gathered_crew
    from core.training.dual import DualRecipe, train_dual
    from core.training.dual_choice import best_parts
    from core.training.dual_file import branch_of
    from core.training.dual_items import make_items

    generator = load_mini(options.generator) if options.generator else load_mini()
    folder, unseen, crew = options.output / "items", options.output / "unseen", gathered_crew()
    make_items(generator, options.data, folder, options.items, console.report, crew=crew)
    make_items(generator, options.data, unseen, UNSEEN_ITEMS, console.report, held_out=True, crew=crew)
    recipe = DualRecipe(
        faithful_steps=options.faithful_steps, natural_steps=options.natural_steps, adversary=options.adversary
    )
    items, kept_back = sorted(folder.glob("*.safetensors"))[: options.items], sorted(unseen.glob("*.safetensors"))
    trained = train_dual(generator, items, options.output, recipe, console.report, crew)
    if not crew.is_first:
        return {}
    chosen, losses = [], []
    for weights in trained:
        branch, found = best_parts(generator, kept_back, branch_of(recipe, weights), recipe, console.report)
        chosen.append(branch)
        losses.append(found)
    name = options.adversary.replace(" ", "_")
    file = options.output / f"{name}_dual.safetensors"
    save_branches(Branches(chosen[0], chosen[1], fingerprint(generator.prior)), file)
    return {"file": str(file), "items": len(items), "adversary": options.adversary, "E1": losses[0], "E2": losses[1]}


def train_fusion(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Train the encoder that mends the seams of pasted heads, from the encoder of the inversion."""
    from core.generators.mini import load_mini
    from core.inverters.encoder import bundled_encoder
    from core.inverters.fusion_encoder import FusionEncoder, save_fusion
    from core.training.fusion import FusionRecipe, train_fusion

    generator = load_mini(options.generator) if options.generator else load_mini()
    start = bundled_encoder(generator.info.name)
    if start is None or start.offsets is None:
        raise CheckpointError(f"{generator.info.title} has no encoder.", "Make one with `volteface train encoder`.")
    recipe = FusionRecipe(
        examples=options.examples, items=options.items, steps=options.steps, batch=options.batch, rate=options.rate
    )
    encoder, figures = train_fusion(
        generator, FusionEncoder(start.network, start.offsets), options.output, recipe, console.report
    )
    file = options.output / f"{generator.info.name}_fusion.safetensors"
    size = save_fusion(encoder, file)
    return {"file": str(file), "bytes": size, **asdict(figures)}


def train_parser(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Go on with the training of the net that names parts, then measure it on heads that it has not seen."""
    from core.segmenters.parser import parser_of
    from core.training.parser import ParserRecipe, ParserTraining
    from core.training.parser_figures import parser_figures

    training = ParserTraining(options.data, options.output, ParserRecipe(steps=options.steps))
    file = training.run(console.report)
    figures = parser_figures(
        options.data, segmenter=parser_of(training.network_so_far()), views=4, report=console.report
    )
    return {"file": str(file), "steps": training.steps, "figures": figures.to_json()}


def train_prior(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Draw random heads in all styles, and go on with the training of the prior that learns to draw them."""
    from core.generators.mini import load_mini
    from core.training.prior import DRAWINGS, PriorTraining
    from core.training.prior_batches import PriorRecipe
    from core.training.prior_drawings import draw_heads

    recipe = PriorRecipe(heads=options.heads, steps=options.steps)
    draw_heads(load_mini(), options.output / DRAWINGS, recipe.heads, console.report)
    training = PriorTraining(options.output, recipe, console.report)
    training.run(console.report)
    file = training.export(options.output / "prior.safetensors")
    return {"file": str(file), "steps": training.step, "samples": str(training.show())}


def train_face(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Measure how the sliders of expression and face shape move a face, and how faces differ, on the CC0 targets."""
    from core.training.face_shapes import write_face_shapes
    from core.training.face_targets import write_face_targets
    from core.training.synthetic.assets import AssetFolders

    assets = AssetFolders.located(options.assets)
    cache = options.cache or options.output / ".derived"
    files = [write(assets, cache, options.output, console.report) for write in (write_face_targets, write_face_shapes)]
    return {"files": [str(file) for file in files], "bytes": sum(file.stat().st_size for file in files)}


def train_pack(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Make the pack of a style: that an artist draws, or fitted to drawings of the bundled head model's own views."""
    from core.generators.mini import load_mini
    from core.stylizers.pack import load_pack, save_pack
    from core.training.pack import PackRecipe, drawn_style, fit_style, pack_of_style
    from core.training.pack_scenes import render_scenes

    generator = load_mini()
    if not options.fitted:
        ((front, *_), *_) = render_scenes(generator, options.scenes, 1, console.report)
        size = save_pack(drawn_style(generator, options.style, front), options.output)
        return {"file": str(options.output), "bytes": size}
    files = render_scenes(generator, options.scenes, options.heads, console.report)
    start = dict(load_pack(options.start).delta) if options.start else None
    recipe = PackRecipe(steps=options.steps, sharp_steps=max(1, options.steps // 10))
    delta = fit_style(generator, options.style, files, console.report, recipe, start)
    size = save_pack(pack_of_style(generator, options.style, delta, files[0][0]), options.output)
    return {"file": str(options.output), "bytes": size}
