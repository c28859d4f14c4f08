"""What may be typed for `train` and `evaluate`, which make and judge the bundled models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.option_parser import Parser, positive, positive_number

if TYPE_CHECKING:
    import argparse


def add_train(verbs: argparse._SubParsersAction[Parser], every: Parser) -> None:
    """The verbs that make the bundled models again."""
    train = verbs.add_parser("train", help="make the bundled models again")
    train_verbs = train.add_subparsers(dest="train_verb", metavar="VERB", required=True)
    data = train_verbs.add_parser("data", parents=[every], help="render synthetic heads")
    data.add_argument("assets", type=Path, metavar="ASSETS", help="the MakeHuman assets")
    data.add_argument("output", type=Path, metavar="FOLDER")
    data.add_argument("--heads", type=positive, default=1000, metavar="N")
    data.add_argument("--seed", type=int, default=0, metavar="N")
    data.add_argument("--recipe", type=int, choices=(1, 2, 3), default=3, help="version of the recipe (default: 3)")
    data.add_argument("--views", type=int, choices=(22, 32), help="of each head; default: 32, of recipes 1 and 2 22")
    data.add_argument("--cache", type=Path, metavar="FOLDER", help="for what is slow to derive")
    mini = train_verbs.add_parser("mini", parents=[every], help="train the bundled head model; resumes by itself")
    mini.add_argument("data", type=Path, nargs="+", metavar="DATA", help="what `train data` made")
    mini.add_argument("output", type=Path, metavar="FOLDER", help="checkpoints and pictures of the run")
    mini.add_argument("--large", type=Path, metavar="DATA", help="some of the heads at 512 px, for the sharpening")
    mini.add_argument("--grow", type=Path, metavar="FILE", help="begin with a smaller mini.safetensors")
    mini.add_argument("--hours", type=positive_number, default=8.0, metavar="H")
    parser = train_verbs.add_parser("parser", parents=[every], help="train the net that names parts; resumes by itself")
    parser.add_argument("data", type=Path, nargs="+", metavar="DATA", help="what `train data` made")
    parser.add_argument("output", type=Path, metavar="FOLDER", help="checkpoints and pictures of the run")
    parser.add_argument("--steps", type=positive, default=3800, metavar="N", help="in all, with those already done")
    evaluation = train_verbs.add_parser("evaluation", parents=[every], help="render what `evaluate` compares with")
    evaluation.add_argument("assets", type=Path, metavar="ASSETS", help="the MakeHuman assets")
    evaluation.add_argument("data", type=Path, nargs="+", metavar="FOLDER", help="what `train data` made")
    evaluation.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER")
    evaluation.add_argument("--heads", required=True, metavar="SEED@RECIPE,...", help="held-out heads to render")
    evaluation.add_argument("--cache", type=Path, required=True, metavar="FOLDER", help="for what is slow to derive")
    evaluation.add_argument("--count", type=positive, default=40, metavar="N", help="heads whose features are kept")
    face = train_verbs.add_parser("face", parents=[every], help="measure the sliders of expression and face shape")
    face.add_argument("assets", type=Path, metavar="ASSETS", help="the MakeHuman assets")
    face.add_argument("output", type=Path, metavar="FOLDER", help="where face_targets.safetensors is written")
    face.add_argument("--cache", type=Path, metavar="FOLDER", help="for what is slow to derive")
    _add_train_styles(train_verbs, every)
    sliders = train_verbs.add_parser("sliders", parents=[every], help="mix the sliders so that they leak least")
    sliders.add_argument("figures", type=Path, metavar="FIGURES.json", help="what `evaluate model -o` wrote")
    sliders.add_argument("output", type=Path, metavar="FILE.json")
    encoder = train_verbs.add_parser(
        "encoder", parents=[every], help="train the first look at a photo; resumes by itself"
    )
    encoder.add_argument("data", type=Path, nargs="+", metavar="DATA", help="what `train data` made")
    encoder.add_argument("output", type=Path, metavar="FOLDER", help="state of the run, and the encoder")
    encoder.add_argument("--generator", type=Path, metavar="FILE", help="the head model; the bundled one if left out")
    encoder.add_argument("--steps", type=positive, default=4000, metavar="N", help="of the schedule, in all")
    encoder.add_argument("--level-steps", type=positive, default=120, metavar="N", help="through the head model")
    _add_train_second_encoders(train_verbs, every)


def _add_train_second_encoders(train_verbs: argparse._SubParsersAction[Parser], every: Parser) -> None:
    dual = train_verbs.add_parser(
        "dual", parents=[every], help="train the dual encoder: faithful in front, natural behind; resumes by itself"
    )
    dual.add_argument("data", type=Path, nargs="+", metavar="DATA", help="what `train data` made")
    dual.add_argument("output", type=Path, metavar="FOLDER", help="state of the run, and the branches")
    dual.add_argument("--generator", type=Path, metavar="FILE", help="the head model; the bundled one if left out")
    dual.add_argument("--items", type=positive, default=400, metavar="N", help="pictures to learn from, 20 MB each")
    dual.add_argument("--faithful-steps", type=positive, default=2000, metavar="N", help="of E1, in all")
    dual.add_argument("--natural-steps", type=positive, default=3000, metavar="N", help="of E2, in all")
    dual.add_argument(
        "--adversary",
        choices=("none", "pictures", "planes", "hidden planes"),
        default="hidden planes",
        help="what E2's discriminator sees, for ablations (default: %(default)s)",
    )
    fusion = train_verbs.add_parser(
        "fusion", parents=[every], help="train the encoder that mends the seams of pasted heads; resumes by itself"
    )
    fusion.add_argument("output", type=Path, metavar="FOLDER", help="pairs, state and log of the run, and the encoder")
    fusion.add_argument("--generator", type=Path, metavar="FILE", help="the head model; the bundled one if left out")
    fusion.add_argument("--examples", type=positive, default=160, metavar="N", help="random heads, for the start")
    fusion.add_argument("--items", type=positive, default=88, metavar="N", help="pairs to learn from, 10 MB each")
    fusion.add_argument("--steps", type=positive, default=1500, metavar="N", help="of the schedule, in all")
    fusion.add_argument("--batch", type=positive, default=2, metavar="N", help="pairs a step (default: %(default)s)")
    fusion.add_argument(
        "--rate", type=positive_number, default=1e-4, metavar="R", help="of Ranger (default: %(default)s)"
    )


def _add_train_styles(train_verbs: argparse._SubParsersAction[Parser], every: Parser) -> None:
    prior = train_verbs.add_parser(
        "prior", parents=[every], help="train the prior that draws styles; resumes by itself"
    )
    prior.add_argument("output", type=Path, metavar="FOLDER", help="drawings, state and pictures of the run")
    prior.add_argument("--heads", type=positive, default=67, metavar="N", help="random heads that are drawn")
    prior.add_argument("--steps", type=positive, default=1400, metavar="N", help="of the schedule, in all")
    pack = train_verbs.add_parser("pack", parents=[every], help="make the pack of a bundled style")
    pack.add_argument("style", metavar="STYLE", help="marble, comic, pencil ... as `core.drawing` draws them")
    pack.add_argument("scenes", type=Path, metavar="FOLDER", help="views of random heads; made where they are missing")
    pack.add_argument("output", type=Path, metavar="OUT.vfstyle")
    pack.add_argument("--fitted", action="store_true", help="fit the model's super-resolution to drawings of its heads")
    pack.add_argument("--heads", type=positive, default=28, metavar="N", help="to draw (default: %(default)s)")
    pack.add_argument("--steps", type=positive, default=600, metavar="N", help="of Adam (default: %(default)s)")
    pack.add_argument("--start", type=Path, metavar="FILE", help="begin with another pack: a quarter of the steps do")


def add_evaluate(verbs: argparse._SubParsersAction[Parser], every: Parser) -> None:
    """The verbs that judge models and methods."""
    evaluate = verbs.add_parser("evaluate", help="judge the bundled head model")
    evaluate_verbs = evaluate.add_subparsers(dest="evaluate_verb", metavar="VERB", required=True)
    shared = Parser(add_help=False)
    shared.add_argument("--photos", type=Path, metavar="DIR", help="portraits to invert")
    shared.add_argument("--seconds", type=positive_number, default=60.0, metavar="S", help="for each inversion")
    shared.add_argument("--seed", type=int, default=0, metavar="N")
    shared.add_argument("--weights", type=Path, metavar="FILE", help="another model file than the bundled one")
    shared.add_argument("--only", metavar="PART,PART", help="leave the other parts out")
    model = evaluate_verbs.add_parser("model", parents=[every, shared], help="figures with targets")
    model.add_argument("--data", type=Path, metavar="DIR", help="what `train data` made (default: bundled heads)")
    model.add_argument("--heads", type=positive, default=4, metavar="N", help="held-out heads to invert")
    model.add_argument("--samples", type=positive, default=100, metavar="N", help="random heads to check")
    model.add_argument("--slider-heads", type=positive, default=3, metavar="N", help="heads to move sliders on")
    model.add_argument("--method", default="pivotal", metavar="NAME", help="how to invert (default: %(default)s)")
    model.add_argument("-o", "--output", type=Path, metavar="FILE.json", help="keep finished parts; resumes from it")
    inversion = evaluate_verbs.add_parser("inversion", parents=[every], help="methods of inversion in one table")
    source = inversion.add_mutually_exclusive_group()
    source.add_argument("--samples", type=positive, metavar="N", help="random heads of the model instead: the rear")
    source.add_argument("--photos", type=Path, metavar="DIR", help="any portraits: front, identity by yaw, rear, time")
    source.add_argument(
        "--views", type=Path, metavar="DIR", help="a folder a head: pictures, and cameras.json with yaw and pitch"
    )
    source.add_argument("--data", type=Path, metavar="DIR", help="what `train data` made (default: bundled heads)")
    inversion.add_argument(
        "--heads", type=positive, metavar="N", help="no more heads (default: all, or 4 held-out ones)"
    )
    inversion.add_argument("--methods", metavar="NAME,NAME", help="rows of the table (default: all)")
    inversion.add_argument("--ablations", type=Path, metavar="DIR", help="other branches, NAME_dual.safetensors")
    inversion.add_argument("--model", default="mini", metavar="NAME", help="whose heads (default: %(default)s)")
    inversion.add_argument("--seconds", type=positive_number, metavar="S", help="for each search (default: to its end)")
    inversion.add_argument("--seed", type=int, default=0, metavar="N")
    inversion.add_argument(
        "-o", "--output", type=Path, metavar="FILE.json", help="keep finished heads; resumes from it"
    )
    editing = evaluate_verbs.add_parser("editing", parents=[every], help="figures of parts taken and taken off")
    editing.add_argument("--pairs", type=positive, default=12, metavar="N", help="of random heads, for each part")
    editing.add_argument("--steps", type=int, default=4, metavar="N", help="pairs on which the steps are told apart")
    editing.add_argument("--seed", type=int, default=70_000, metavar="N", help="of the first wearer")
    editing.add_argument("--heads", type=int, default=0, metavar="N", help="held-out heads to invert and pair as well")
    editing.add_argument("--seconds", type=positive_number, default=30.0, metavar="S", help="for each inversion")
    editing.add_argument("--data", type=Path, metavar="DIR", help="what `train data` made (default: bundled heads)")
    editing.add_argument("--weights", type=Path, metavar="FILE", help="another model file than the bundled one")
    editing.add_argument("--only", metavar="PART,PART", help="hair, glasses, nose, mouth, removal or others")
    editing.add_argument("-o", "--output", type=Path, metavar="FILE.json", help="keep finished parts; resumes from it")
    _add_evaluate_style(evaluate_verbs, every)
    sheets = evaluate_verbs.add_parser("sheets", parents=[every, shared], help="contact sheets")
    sheets.add_argument("-o", "--output", type=Path, required=True, metavar="DIR")
    sheets.add_argument("--head", type=Path, metavar="FILE", help="project of a photographed head, for the edits")


def _add_evaluate_style(verbs: argparse._SubParsersAction[Parser], every: Parser) -> None:
    style = verbs.add_parser("style", parents=[every], help="figures of styles on held-out heads")
    style.add_argument("--heads", type=positive, default=3, metavar="N", help="no more heads than these")
    style.add_argument("--packs", metavar="NAME,NAME", help="rows of the table (default: all)")
    style.add_argument("--references", type=positive, default=6, metavar="N", help="random heads that are drawn")
    style.add_argument("--seconds", type=positive_number, default=10.0, metavar="S", help="for each inversion")
    style.add_argument("--data", type=Path, metavar="DIR", help="what `train data` made (default: bundled heads)")
    style.add_argument("--weights", type=Path, metavar="FILE", help="another model file than the bundled one")
    style.add_argument("--quick", action="store_true", help="do not look for parts in the pictures")
    style.add_argument("--random", action="store_true", help="random heads in place of held-out ones")
    style.add_argument("--ablation", metavar="STYLE", help="teach it by LD, SDS and so on instead, and compare")
    style.add_argument("-o", "--output", type=Path, metavar="FILE.jsonl", help="keep what is known; resumes from it")
