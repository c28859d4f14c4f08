"""The verbs that judge a head model: figures as tables or JSON, contact sheets, and what they compare with."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from core.errors import VoltefaceError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from app.console import Console
    from core.evaluation.figures import ModelFigures
    from core.progress import Report

HELD_OUT_HEADS = 4
"""How many held-out heads are inverted where no number is given."""


def evaluate_model(options: argparse.Namespace, console: Console) -> tuple[dict[str, Any], str]:
    """Measure a model; with --output every finished part is kept there, and a later run goes on from it."""
    from core.evaluation import model
    from core.evaluation.cost import load_from

    parts = tuple(options.only.split(",")) if options.only else model.Plan.parts
    model.check_parts(parts)
    plan = model.Plan(
        parts=parts,
        data=options.data,
        photos=options.photos,
        weights=options.weights,
        heads=options.heads,
        seconds=options.seconds,
        samples=options.samples,
        slider_heads=options.slider_heads,
        seed=options.seed,
        method=options.method,
    )
    known, keep = _resumed(options.output)
    figures = model.evaluate_model(load_from("mini", options.weights), plan, console.report, known=known, keep=keep)
    return figures.to_json(), figures.in_words


def evaluate_editing(options: argparse.Namespace, console: Console) -> tuple[dict[str, Any], str]:
    """Measure edits; with --output every finished part is kept there, and a later run goes on from it."""
    from core.evaluation import editing, held_out
    from core.evaluation.cost import load_from
    from core.evaluation.pair_log import PairLog

    parts = tuple(options.only.split(",")) if options.only else editing.Plan.parts
    editing.check_parts(parts)
    plan = editing.Plan(
        parts=parts,
        pairs=options.pairs,
        steps=options.steps,
        held_out=options.heads,
        seconds=options.seconds,
        seed=options.seed,
    )
    truths = held_out.held_out_heads(options.data, options.heads) if options.heads else []
    known, keep = _resumed(options.output)
    generator = load_from("mini", options.weights)
    log = PairLog(
        options.output and options.output.with_suffix(".pairs.jsonl"),
        f"{generator.info.name} {options.weights or ''} from {plan.seed}",
    )
    figures = editing.evaluate_editing(generator, plan, console.report, truths=truths, known=known, keep=keep, log=log)
    return figures.to_json(), figures.in_words


def evaluate_style(options: argparse.Namespace, console: Console) -> tuple[dict[str, Any], str]:
    """Measure styles on held-out heads; with --output each head in each style is kept there as it is known."""
    from app import pack_shelf
    from core.evaluation import held_out, style, style_log
    from core.evaluation.cost import load_from
    from core.evaluation.figures import ModelFigures

    if options.ablation:
        return _ablated(options, console)
    names = options.packs.split(",") if options.packs else [place.name for place in pack_shelf.packs()]
    packs = [pack_shelf.pack_named(name) for name in names]
    plan = style.StylePlan(
        options.heads, options.references, options.seconds, parser=not options.quick, random=options.random
    )
    generator = load_from("mini", options.weights)
    packs = [pack for pack in packs if options.packs or pack.generator == generator.info.name]
    # more heads later are measured as these are
    log = style_log.StyleLog(options.output, f"{generator.info.name} {options.weights or ''} {replace(plan, heads=0)}")
    truths = [] if options.random else held_out.held_out_heads(options.data, options.heads)
    part = style.evaluate_style(generator, packs, truths, plan, log, console.report)
    figures = ModelFigures(f"Styles of {generator.info.title}").with_part("style", part)
    return figures.to_json(), figures.in_words


def _ablated(options: argparse.Namespace, console: Console) -> tuple[dict[str, Any], str]:
    """Teach a style by the bundled prior in every way of the paper's table."""
    from core.evaluation import style_ablation
    from core.evaluation.cost import load_from
    from core.evaluation.figures import ModelFigures
    from core.protocols import PlaneGenerator
    from core.stylizers.drawing_prior import bundled_prior

    plan = style_ablation.AblationPlan(options.ablation, options.heads)
    generator = load_from("mini", options.weights)
    assert isinstance(generator, PlaneGenerator), "the bundled one promises planes"
    found, _ = style_ablation.ablated(generator, bundled_prior(), plan, console.report)
    part = style_ablation.ablation_part(found, plan)
    figures = ModelFigures(f"Styles of {generator.info.title}").with_part("ablation", part)
    return figures.to_json(), figures.in_words


def evaluate_inversion(options: argparse.Namespace, console: Console) -> tuple[dict[str, Any], str]:
    """Compare methods of inversion; with --output finished heads are kept there, and a later run goes on from it."""
    from core import generators
    from core.evaluation import held_out, inversion, inversion_methods, inversion_views, portraits, sampled_heads

    methods = options.methods.split(",") if options.methods else inversion_methods.METHODS
    wanted = inversion_methods.Wanted(
        methods=inversion_methods.checked_methods([name.strip() for name in methods]),
        seconds=options.seconds,
        seed=options.seed,
        ablations=inversion_methods.ablations_in(options.ablations),
    )
    known, _ = _resumed(options.output)
    rows = inversion.rows_from_json(known.parts["cost"].details["rows"]) if known and "cost" in known.parts else []
    generator = generators.load(options.model)
    limit = "every search to its end" if options.seconds is None else f"{options.seconds:g} s for each search"
    title = f"Inversions by {generator.info.title}, {limit}"
    cases: list[Callable[[inversion_methods.Wanted, Report], list[inversion.InversionRow]]]

    # views and samples are made when their turn comes: all of them would fill the memory
    def of_views(place: Path, lacking: inversion_methods.Wanted, report: Report) -> list[inversion.InversionRow]:
        return inversion.view_rows(generator, inversion_views.view_set(place), lacking, report)

    def of_sample(number: int, lacking: inversion_methods.Wanted, report: Report) -> list[inversion.InversionRow]:
        return inversion.held_out_rows(generator, sampled_heads.sampled_head(generator, number), lacking, report)

    if options.photos is not None:
        files = portraits.photos_in(options.photos)[: options.heads]
        names, title = [path.name for path in files], f"{title}, portraits in {options.photos}"
        cases = [partial(inversion.photo_rows, generator, path) for path in files]
    elif options.views is not None:
        places = inversion_views.view_places(options.views)[: options.heads]
        names, title = [place.name for place in places], f"{title}, views in {options.views}"
        cases = [partial(of_views, place) for place in places]
    elif options.samples is not None:
        names, title = [str(n) for n in range(options.samples)], f"{title}, portraits of random heads"
        cases = [partial(of_sample, number) for number in range(options.samples)]
    else:
        truths = held_out.held_out_heads(options.data, options.heads or HELD_OUT_HEADS)
        names, title = [str(truth.seed) for truth in truths], f"{title}, held-out heads from one frontal view"
        cases = [partial(inversion.held_out_rows, generator, truth) for truth in truths]

    def keep(rows: Sequence[inversion.InversionRow]) -> None:
        if options.output is not None:
            _write(options.output, inversion.figures_of(title, rows, ()))

    rows, remarks = inversion.evaluated(dict(zip(names, cases, strict=True)), wanted, console.report, rows, keep)
    figures: ModelFigures = inversion.figures_of(title, rows, remarks)
    return figures.to_json(), figures.in_words


def _write(path: Path, figures: ModelFigures) -> None:
    from core.whole_file import written_whole

    with written_whole(path) as stream:
        stream.write(json.dumps(figures.to_json(), indent=1).encode())


def _resumed(output: Path | None) -> tuple[ModelFigures | None, Callable[[ModelFigures], None]]:
    """What an earlier run left in a file, and what keeps the next parts there."""

    def keep(figures: ModelFigures) -> None:
        if output is None:
            return
        # another evaluation may write its parts to the same file at the same time
        both = _read(output) if output.exists() else figures
        for name, part in figures.parts.items():
            both = both.with_part(name, part)
        _write(output, both)

    return (_read(output) if output is not None and output.exists() else None), keep


def train_evaluation(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Make the bundled files of the evaluation again."""
    from core.evaluation import held_out, kid, recipe
    from core.training.synthetic.assets import AssetFolders
    from core.training.synthetic.recipe import HeadRecipe

    assets = AssetFolders.located(options.assets)
    wanted: dict[int, list[int]] = {}
    order: list[int] = []
    for word in options.heads.split(","):
        seed, _, version = word.partition("@")
        if not (seed.isdigit() and version.isdigit()):
            raise VoltefaceError(f"{word!r} is no head.", "Write SEED@RECIPE, such as 19@1.")
        wanted.setdefault(int(version), []).append(int(seed))
        order.append(int(seed))
    made = [
        head
        for version, seeds in wanted.items()
        for head in recipe.rendered_heads(assets, seeds, HeadRecipe(version=version), options.cache, console.report)
    ]
    pictures, features = (options.output / file.name for file in (held_out.BUNDLED, kid.REFERENCE))
    held_out.write_bundle(sorted(made, key=lambda head: order.index(head.seed)), pictures)
    explained = recipe.write_features(options.data, features, options.count, console.report)
    return {"files": [str(pictures), str(features)], "explained": explained}


def train_sliders(options: argparse.Namespace, _console: Console) -> dict[str, Any]:
    """Write the mix of sliders that leaks least, from the figures of an evaluation."""
    from core.editors.attributes import write_mix
    from core.evaluation import leakage

    part = _read(options.figures).parts.get("leakage")
    if part is None:
        raise VoltefaceError(f"{options.figures} holds no leakage.", "Run `volteface evaluate model --only leakage`.")
    names, mix = leakage.better_mix(part)
    write_mix(options.output, names, mix)
    return {"file": str(options.output), "sliders": names}


def _read(path: Path) -> ModelFigures:
    """Figures of an earlier run."""
    from core.evaluation.figures import ModelFigures

    try:
        return ModelFigures.from_json(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise VoltefaceError(f"{path} holds no figures of an evaluation.", "Name another file to write to.") from error
