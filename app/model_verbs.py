"""The verbs about models: those that a person adds, and how the bundled ones are made and judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from app.console import Console


def models(options: argparse.Namespace, console: Console) -> int:
    """List, add, verify or remove models."""
    from app import models as models_of

    verb = options.models_verb
    if verb == "add":
        row = models_of.add_model(options.file, options.name, console.report, options.others)
        use = "It may be used commercially." if row.commercial else "Not for commercial use."
        console.result(
            {"model": row.to_json()},
            f"{row.name}: {row.title} ({row.kind}), {row.need_bytes / 1e6:,.0f} MB, licence {row.licence}. {use}\n"
            f"sha256 {row.sha256}",
        )
        return 0
    if verb == "remove":
        title = models_of.remove_model(options.name)
        console.result({"removed": options.name}, f"{options.name} ({title}) was removed.")
        return 0
    rows = models_of.verify_models(options.name, console.report) if verb == "verify" else models_of.installed_models()
    widths = [max((len(getattr(row, field)) for row in rows), default=0) for field in ("name", "kind")]
    lines = [
        f"{row.name:{widths[0]}}  {row.kind:{widths[1]}}  {row.state:7}  {'commercial' if row.commercial else '-':10}  "
        f"{row.sha256[:12] or '-':12}  {row.licence}  {row.title}{'  ' + row.note if row.note else ''}"
        for row in rows
    ]
    intact = all(row.state == "ready" for row in rows)
    console.result({"models": [row.to_json() for row in rows]}, "\n".join(lines) or "No models were added.")
    return 0 if verb == "list" or intact else 2


def train(options: argparse.Namespace, console: Console) -> int:
    """Make the bundled models again."""
    from app.evaluation import train_evaluation, train_sliders
    from app.training import (
        train_data,
        train_dual,
        train_encoder,
        train_face,
        train_fusion,
        train_mini,
        train_pack,
        train_parser,
        train_prior,
    )

    makers = {
        "data": train_data,
        "mini": train_mini,
        "parser": train_parser,
        "face": train_face,
        "prior": train_prior,
        "pack": train_pack,
        "encoder": train_encoder,
        "dual": train_dual,
        "fusion": train_fusion,
        "evaluation": train_evaluation,
        "sliders": train_sliders,
    }
    facts = makers[options.train_verb](options, console)
    if facts:  # of several processes that train together the first one speaks
        console.result(facts, f"{options.output}: done")
    return 0


def evaluate(options: argparse.Namespace, console: Console) -> int:
    """Judge the bundled head model."""
    from app.evaluation import evaluate_editing, evaluate_inversion, evaluate_model, evaluate_style
    from app.evaluation_sheets import evaluate_sheets

    judges = {
        "model": evaluate_model,
        "inversion": evaluate_inversion,
        "editing": evaluate_editing,
        "sheets": evaluate_sheets,
        "style": evaluate_style,
    }
    facts, text = judges[options.evaluate_verb](options, console)
    console.result(facts, text)
    return 0
