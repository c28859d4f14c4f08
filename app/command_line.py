"""The command line: what may be asked, and how a failure is answered.

Nothing heavy is imported here, so `--help` answers at once; each verb imports what it needs when it runs.
Exit codes: 0 done, 1 something unexpected (the log says what), 2 an error with a sentence, 130 stopped by the user.
Longer than usual: it is the one list of what can be typed, a few lines a verb, and `--help` is read from top to bottom.
"""

from __future__ import annotations

import argparse
import difflib
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from app.console import Console
from core.errors import Cancelled, VoltefaceError

if TYPE_CHECKING:
    from collections.abc import Sequence

log = logging.getLogger(__name__)

EXIT_UNEXPECTED = 1
EXIT_ERROR = 2
EXIT_STOPPED = 130

VERBS = (
    "invert",
    "random",
    "render",
    "take",
    "remove",
    "attribute",
    "attribute learn",
    "colour",
    "paint",
    "repair",
    "style",
    "report",
    "export",
    "models",
    "doctor",
    "demo",
    "train",
    "evaluate",
)

LEARN = "attribute learn"
"""A verb of two words: `attribute` itself moves sliders."""
EPILOGUE = """\
without a verb the studio opens, with FILE (a photo or a .volteface project) when one is given.
every verb takes --json: one JSON object on stdout, also for an error.
"""


class UsageError(VoltefaceError):
    """The words on the command line make no sense together."""


class Parser(argparse.ArgumentParser):
    """Raises a `UsageError` where argparse would print its usage and leave."""

    def error(self, message: str) -> NoReturn:
        """Turn argparse's complaint into one sentence."""
        sentence = message[:1].upper() + message[1:].rstrip(".") + "."
        raise UsageError(sentence, f"See {self.prog} --help.")


def build_parser() -> argparse.ArgumentParser:
    """All verbs with their options."""
    parser = Parser(
        prog="volteface",
        description="One portrait in, a full 360-degree head out.",
        epilog=EPILOGUE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="volteface [FILE] | VERB ...",
    )
    verbs = parser.add_subparsers(dest="verb", metavar="VERB")
    every = Parser(add_help=False)
    every.add_argument("--json", action="store_true", help="one JSON object on stdout")
    lean = Parser(add_help=False)
    lean.add_argument(
        "--precision", choices=("full", "half"), default="full", help="half: weights take half the memory"
    )
    lean.add_argument("--neural-px", type=_positive, metavar="N", help="rays along each side; fewer take less memory")

    invert = verbs.add_parser(
        "invert", parents=[every, lean], help="photo -> head", description="Turn a photo into a head."
    )
    invert.add_argument("photo", type=Path, metavar="PHOTO")
    invert.add_argument("-o", "--output", type=Path, metavar="HEAD.volteface", help="default: PHOTO's name, here")
    invert.add_argument("--method", default="pivotal", metavar="NAME", help="how to search (default: %(default)s)")
    invert.add_argument(
        "--also",
        type=_further,
        action="append",
        default=[],
        metavar="PHOTO[@YAW]",
        help="another photo of the same person, from the side or from behind; YAW in degrees where no face shows it: "
        "90 the person's left, -90 the right, 180 behind",
    )
    invert.add_argument("--model", default="mini", metavar="NAME", help="whose head (default: %(default)s)")
    length = invert.add_mutually_exclusive_group()
    length.add_argument("--steps", type=_positive, metavar="N", help="optimisation steps")
    length.add_argument("--seconds", type=_positive_number, metavar="S", help="stop after S seconds with the best head")
    invert.add_argument("--seed", type=int, default=0, metavar="N", help="same seed, same head (default: %(default)s)")
    invert.add_argument("--face", type=_positive, metavar="N", help="which face, 1 is the largest (default: 1)")

    random = verbs.add_parser("random", parents=[every, lean], help="a head without a photo")
    random.add_argument("-o", "--output", type=Path, required=True, metavar="HEAD.volteface")
    random.add_argument("--model", default="mini", metavar="NAME", help="whose head (default: %(default)s)")
    random.add_argument("--seed", type=int, default=0, metavar="N", help="same seed, same head (default: %(default)s)")

    render = verbs.add_parser("render", parents=[every, lean], help="head -> picture, sheet or turntable film")
    render.add_argument("head", type=Path, metavar="HEAD.volteface")
    what = render.add_mutually_exclusive_group(required=True)
    what.add_argument("-o", "--output", type=Path, metavar="OUT.png", help="one picture from --yaw and --pitch")
    what.add_argument("--sheet", type=Path, metavar="OUT.png", help="the head from twelve sides")
    what.add_argument("--turntable", type=Path, metavar="OUT.mp4", help="a film of one full turn")
    render.add_argument("--yaw", type=float, default=0.0, metavar="D", help="degrees, positive sees the left side")
    render.add_argument("--pitch", type=float, default=0.0, metavar="D", help="degrees, positive from above")
    render.add_argument("--size", type=_positive, metavar="PX", help="side of the picture")

    _add_editing(verbs, every, lean)

    report = verbs.add_parser("report", parents=[every, lean], help="how far a head can be trusted: a page, or JSON")
    report.add_argument("head", type=Path, metavar="HEAD.volteface")
    report.add_argument(
        "-o", "--output", type=Path, metavar="OUT.html", help="default: HEAD's name, here; with --json none"
    )

    export = verbs.add_parser("export", parents=[every, lean], help="head -> mesh, picture or film file")
    export.add_argument("head", type=Path, metavar="HEAD.volteface")
    export.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.(glb|usdz|obj|ply|stl|splat|png|mp4)")
    export.add_argument("--texture", type=_positive, default=2048, metavar="PX", help="side of the baked texture")
    export.add_argument(
        "--height-mm", type=_positive_number, metavar="MM", help="height of the mesh (default: life size)"
    )
    export.add_argument(
        "--seen", action="store_true", help="GLB, PLY: tell for each vertex how well the photo shows it (0 is guessed)"
    )
    export.add_argument(
        "--watertight", action="store_true", help="no holes, for printing: every mesh is, so this asks for nothing more"
    )

    _add_models(verbs, every)
    verbs.add_parser("doctor", parents=[every], help="does this machine have what Volteface needs")

    demo = verbs.add_parser("demo", parents=[every], help="the whole road on the sample portrait, without a window")
    demo.add_argument("-o", "--output", type=Path, default=Path("volteface-demo"), metavar="FOLDER")
    demo.add_argument("--photo", type=Path, metavar="PHOTO", help="default: the sample portrait")

    _add_train(verbs, every)
    _add_evaluate(verbs, every)
    return parser


def _add_models(verbs: argparse._SubParsersAction[Parser], every: Parser) -> None:
    models = verbs.add_parser("models", help="install checkpoints; what is there, under which licence")
    models_verbs = models.add_subparsers(dest="models_verb", metavar="VERB", required=True)
    models_verbs.add_parser("list", parents=[every], help="every model with its licence and checksum")
    add = models_verbs.add_parser("add", parents=[every], help="install a checkpoint; nothing in it is run")
    add.add_argument("file", type=Path, metavar="FILE", help="a checkpoint, or the folder of a diffusers model")
    add.add_argument(
        "others", type=Path, nargs="*", metavar="FILE", help="more files of the same model (LPIPS has two)"
    )
    add.add_argument("--name", metavar="NAME", help="what to call it (default: after its family)")
    verify = models_verbs.add_parser("verify", parents=[every], help="compare every byte with the checksums")
    verify.add_argument("name", nargs="?", metavar="NAME", help="default: all")
    remove = models_verbs.add_parser("remove", parents=[every], help="delete an added model")
    remove.add_argument("name", metavar="NAME")


def _add_editing(verbs: argparse._SubParsersAction[Parser], every: Parser, lean: Parser) -> None:
    out = Parser(add_help=False)
    out.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.volteface")
    strength = Parser(add_help=False)
    strength.add_argument("--strength", type=float, default=1.0, metavar="S", help="0..1 (default: %(default)s)")
    project = Parser(add_help=False)
    project.add_argument("head", type=Path, metavar="HEAD.volteface")
    shared = [every, lean, out]

    take = verbs.add_parser("take", parents=[*shared, strength], help="wear a part of another head")
    take.add_argument("part", metavar="PART", help="hair, glasses, eyes, brows, nose, mouth, ears or clothing")
    take.add_argument(
        "--from", dest="reference", required=True, metavar="REF", help="a photo, a .volteface or a random head, seed:7"
    )
    take.add_argument("--into", dest="head", type=Path, required=True, metavar="HEAD.volteface", help="who wears it")
    take.add_argument("--seam", type=float, default=1.0, metavar="N", help="softness of its edge, 0..5 (default: 1)")
    take.add_argument(
        "--harmonise",
        type=float,
        metavar="S",
        help="0..1: how far its colours follow the head's (default: as it needs)",
    )
    take.add_argument(
        "--published", action="store_true", help="by gradients in the planes, with a band that the generator draws anew"
    )
    length = take.add_mutually_exclusive_group()
    length.add_argument("--steps", type=_positive, metavar="N", help="optimisation steps, where REF is a photo")
    length.add_argument("--seconds", type=_positive_number, metavar="S", help="for a photo: stop after S seconds")
    take.add_argument("--face", type=_positive, metavar="N", help="which face of a photo, 1 is the largest (default)")

    remove = verbs.add_parser("remove", parents=[*shared, strength], help="take off hair, glasses or beard")
    remove.add_argument("part", metavar="PART", help="hair, glasses or beard")
    remove.add_argument("--from", dest="head", type=Path, required=True, metavar="HEAD.volteface")

    attribute = verbs.add_parser("attribute", parents=[*shared, project], help="move sliders: smile, nose-width, age")
    attribute.add_argument(
        "values", nargs="+", metavar="NAME=S", help="smile=0.8 nose-width=-0.5 age=1: away from the head as it was made"
    )

    learn = verbs.add_parser(LEARN, parents=[every], help="a new slider from two folders of portraits, or by PCA")
    learn.add_argument("name", nargs="?", metavar="NAME", help="such as round-face")
    learn.add_argument("--with", dest="having", type=Path, metavar="DIR", help="portraits that have it")
    learn.add_argument("--without", dest="lacking", type=Path, metavar="DIR", help="portraits that have it not")
    learn.add_argument(
        "--pca", type=_positive, metavar="N", help="instead: the N ways in which random heads differ most"
    )
    learn.add_argument("--title", metavar="TEXT", help="for people, from low to high: 'face long .. round'")
    learn.add_argument("--model", default="mini", metavar="NAME", help="whose slider (default: %(default)s)")
    learn.add_argument("--conditional", action="store_true", help="leave out what the sliders that are there do")
    learn.add_argument("--forget", action="store_true", help="delete what was learned as NAME")

    colour = verbs.add_parser("colour", parents=[*shared, strength, project], help="hair, eyes ... in another colour")
    colour.add_argument("values", nargs="+", metavar="PART=COLOUR", help="hair=#aa5522")

    repair = verbs.add_parser(
        "repair", parents=[*shared, project], help="a second face, holes, floaters: make the hidden side up again"
    )
    repair.add_argument("--anyway", action="store_true", help="even where nothing was found")

    _add_style(verbs, [every, lean])
    paint = verbs.add_parser("paint", parents=[*shared, strength, project], help="paint that sticks to the head")
    paint.add_argument(
        "--texture",
        type=Path,
        required=True,
        metavar="FILE",
        help="PNG with transparency, laid over what --yaw and --pitch show, or an edited copy of the photo",
    )
    paint.add_argument("--yaw", type=float, metavar="D", help="degrees, as for render (default: 0)")
    paint.add_argument("--pitch", type=float, metavar="D", help="degrees, as for render (default: 0)")


def _add_style(verbs: argparse._SubParsersAction[Parser], shared: list[Parser]) -> None:
    style = verbs.add_parser("style", parents=shared, help="a head in a style: marble, comic, or what a prompt says")
    style.add_argument("head", type=Path, nargs="?", metavar="HEAD.volteface")
    style.add_argument("-o", "--output", type=Path, metavar="OUT")
    what = style.add_mutually_exclusive_group()
    what.add_argument(
        "--pack", action="append", default=[], metavar="NAME[:S]", help="style and strength, 0..1; several are mixed"
    )
    what.add_argument(
        "--prompt", metavar="TEXT", help="what it becomes, in English: the nearest bundled styles at once"
    )
    what.add_argument("--list", action="store_true", help="the styles that there are")
    what.add_argument("--import", dest="import_file", type=Path, metavar="FILE", help="take a style pack in")
    what.add_argument("--export", dest="export_name", metavar="NAME", help="write a style pack to OUT.vfstyle")
    style.add_argument("--region", default="everything", metavar="PART", help="everything, hair, skin or clothing")
    style.add_argument(
        "--identity", type=float, metavar="D", help="hold the style back to this identity distance: 0.45"
    )
    style.add_argument(
        "--lift", action="store_true", help="of a prompt: only redraw some views and paint them on; quick"
    )
    style.add_argument("--preset", default="draft", metavar="NAME", help="of a prompt: draft, good or published")
    style.add_argument("--steps", type=_positive, metavar="N", help="of a prompt (default: the preset's)")
    style.add_argument("--prior", metavar="DIR", help="teach the prompt: a folder of Stable Diffusion 1.x, or bundled")
    style.add_argument("--seed", type=int, default=0, metavar="N")


def _add_train(verbs: argparse._SubParsersAction[Parser], every: Parser) -> None:
    train = verbs.add_parser("train", help="make the bundled models again")
    train_verbs = train.add_subparsers(dest="train_verb", metavar="VERB", required=True)
    data = train_verbs.add_parser("data", parents=[every], help="render synthetic heads")
    data.add_argument("assets", type=Path, metavar="ASSETS", help="the MakeHuman assets")
    data.add_argument("output", type=Path, metavar="FOLDER")
    data.add_argument("--heads", type=_positive, default=1000, metavar="N")
    data.add_argument("--seed", type=int, default=0, metavar="N")
    data.add_argument("--recipe", type=int, choices=(1, 2, 3), default=3, help="version of the recipe (default: 3)")
    data.add_argument("--views", type=int, choices=(22, 32), help="of each head; default: 32, of recipes 1 and 2 22")
    data.add_argument("--cache", type=Path, metavar="FOLDER", help="for what is slow to derive")
    mini = train_verbs.add_parser("mini", parents=[every], help="train the bundled head model; resumes by itself")
    mini.add_argument("data", type=Path, nargs="+", metavar="DATA", help="what `train data` made")
    mini.add_argument("output", type=Path, metavar="FOLDER", help="checkpoints and pictures of the run")
    mini.add_argument("--large", type=Path, metavar="DATA", help="some of the heads at 512 px, for the sharpening")
    mini.add_argument("--grow", type=Path, metavar="FILE", help="begin with a smaller mini.safetensors")
    mini.add_argument("--hours", type=_positive_number, default=8.0, metavar="H")
    parser = train_verbs.add_parser("parser", parents=[every], help="train the net that names parts; resumes by itself")
    parser.add_argument("data", type=Path, nargs="+", metavar="DATA", help="what `train data` made")
    parser.add_argument("output", type=Path, metavar="FOLDER", help="checkpoints and pictures of the run")
    parser.add_argument("--steps", type=_positive, default=3800, metavar="N", help="in all, with those already done")
    evaluation = train_verbs.add_parser("evaluation", parents=[every], help="render what `evaluate` compares with")
    evaluation.add_argument("assets", type=Path, metavar="ASSETS", help="the MakeHuman assets")
    evaluation.add_argument("data", type=Path, nargs="+", metavar="FOLDER", help="what `train data` made")
    evaluation.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER")
    evaluation.add_argument("--heads", required=True, metavar="SEED@RECIPE,...", help="held-out heads to render")
    evaluation.add_argument("--cache", type=Path, required=True, metavar="FOLDER", help="for what is slow to derive")
    evaluation.add_argument("--count", type=_positive, default=40, metavar="N", help="heads whose features are kept")
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
    encoder.add_argument("--steps", type=_positive, default=4000, metavar="N", help="of the schedule, in all")
    encoder.add_argument("--level-steps", type=_positive, default=120, metavar="N", help="through the head model")
    _add_train_second_encoders(train_verbs, every)


def _add_train_second_encoders(train_verbs: argparse._SubParsersAction[Parser], every: Parser) -> None:
    dual = train_verbs.add_parser(
        "dual", parents=[every], help="train the dual encoder: faithful in front, natural behind; resumes by itself"
    )
    dual.add_argument("data", type=Path, nargs="+", metavar="DATA", help="what `train data` made")
    dual.add_argument("output", type=Path, metavar="FOLDER", help="state of the run, and the branches")
    dual.add_argument("--generator", type=Path, metavar="FILE", help="the head model; the bundled one if left out")
    dual.add_argument("--items", type=_positive, default=400, metavar="N", help="pictures to learn from, 20 MB each")
    dual.add_argument("--faithful-steps", type=_positive, default=2000, metavar="N", help="of E1, in all")
    dual.add_argument("--natural-steps", type=_positive, default=3000, metavar="N", help="of E2, in all")
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
    fusion.add_argument("--examples", type=_positive, default=160, metavar="N", help="random heads, for the start")
    fusion.add_argument("--items", type=_positive, default=88, metavar="N", help="pairs to learn from, 10 MB each")
    fusion.add_argument("--steps", type=_positive, default=1500, metavar="N", help="of the schedule, in all")
    fusion.add_argument("--batch", type=_positive, default=2, metavar="N", help="pairs a step (default: %(default)s)")
    fusion.add_argument(
        "--rate", type=_positive_number, default=1e-4, metavar="R", help="of Ranger (default: %(default)s)"
    )


def _add_train_styles(train_verbs: argparse._SubParsersAction[Parser], every: Parser) -> None:
    prior = train_verbs.add_parser(
        "prior", parents=[every], help="train the prior that draws styles; resumes by itself"
    )
    prior.add_argument("output", type=Path, metavar="FOLDER", help="drawings, state and pictures of the run")
    prior.add_argument("--heads", type=_positive, default=50, metavar="N", help="random heads that are drawn")
    prior.add_argument("--steps", type=_positive, default=560, metavar="N", help="of the schedule, in all")
    pack = train_verbs.add_parser("pack", parents=[every], help="make the pack of a bundled style")
    pack.add_argument("style", metavar="STYLE", help="marble, comic, pencil ... as `core.drawing` draws them")
    pack.add_argument("scenes", type=Path, metavar="FOLDER", help="views of random heads; made where they are missing")
    pack.add_argument("output", type=Path, metavar="OUT.vfstyle")
    pack.add_argument("--fitted", action="store_true", help="fit the model's super-resolution to drawings of its heads")
    pack.add_argument("--heads", type=_positive, default=28, metavar="N", help="to draw (default: %(default)s)")
    pack.add_argument("--steps", type=_positive, default=600, metavar="N", help="of Adam (default: %(default)s)")
    pack.add_argument("--start", type=Path, metavar="FILE", help="begin with another pack: a quarter of the steps do")


def _add_evaluate(verbs: argparse._SubParsersAction[Parser], every: Parser) -> None:
    evaluate = verbs.add_parser("evaluate", help="judge the bundled head model")
    evaluate_verbs = evaluate.add_subparsers(dest="evaluate_verb", metavar="VERB", required=True)
    shared = Parser(add_help=False)
    shared.add_argument("--photos", type=Path, metavar="DIR", help="portraits to invert")
    shared.add_argument("--seconds", type=_positive_number, default=60.0, metavar="S", help="for each inversion")
    shared.add_argument("--seed", type=int, default=0, metavar="N")
    shared.add_argument("--weights", type=Path, metavar="FILE", help="another model file than the bundled one")
    shared.add_argument("--only", metavar="PART,PART", help="leave the other parts out")
    model = evaluate_verbs.add_parser("model", parents=[every, shared], help="figures with targets")
    model.add_argument("--data", type=Path, metavar="DIR", help="what `train data` made (default: bundled heads)")
    model.add_argument("--heads", type=_positive, default=4, metavar="N", help="held-out heads to invert")
    model.add_argument("--samples", type=_positive, default=100, metavar="N", help="random heads to check")
    model.add_argument("--slider-heads", type=_positive, default=3, metavar="N", help="heads to move sliders on")
    model.add_argument("--method", default="pivotal", metavar="NAME", help="how to invert (default: %(default)s)")
    model.add_argument("-o", "--output", type=Path, metavar="FILE.json", help="keep finished parts; resumes from it")
    inversion = evaluate_verbs.add_parser("inversion", parents=[every], help="methods of inversion in one table")
    source = inversion.add_mutually_exclusive_group()
    source.add_argument("--samples", type=_positive, metavar="N", help="random heads of the model instead: the rear")
    source.add_argument("--photos", type=Path, metavar="DIR", help="any portraits: front, identity by yaw, rear, time")
    source.add_argument(
        "--views", type=Path, metavar="DIR", help="a folder a head: pictures, and cameras.json with yaw and pitch"
    )
    source.add_argument("--data", type=Path, metavar="DIR", help="what `train data` made (default: bundled heads)")
    inversion.add_argument(
        "--heads", type=_positive, metavar="N", help="no more heads (default: all, or 4 held-out ones)"
    )
    inversion.add_argument("--methods", metavar="NAME,NAME", help="rows of the table (default: all)")
    inversion.add_argument("--ablations", type=Path, metavar="DIR", help="other branches, NAME_dual.safetensors")
    inversion.add_argument("--model", default="mini", metavar="NAME", help="whose heads (default: %(default)s)")
    inversion.add_argument(
        "--seconds", type=_positive_number, metavar="S", help="for each search (default: to its end)"
    )
    inversion.add_argument("--seed", type=int, default=0, metavar="N")
    inversion.add_argument(
        "-o", "--output", type=Path, metavar="FILE.json", help="keep finished heads; resumes from it"
    )
    editing = evaluate_verbs.add_parser("editing", parents=[every], help="figures of parts taken and taken off")
    editing.add_argument("--pairs", type=_positive, default=12, metavar="N", help="of random heads, for each part")
    editing.add_argument("--steps", type=int, default=4, metavar="N", help="pairs on which the steps are told apart")
    editing.add_argument("--seed", type=int, default=70_000, metavar="N", help="of the first wearer")
    editing.add_argument("--heads", type=int, default=0, metavar="N", help="held-out heads to invert and pair as well")
    editing.add_argument("--seconds", type=_positive_number, default=30.0, metavar="S", help="for each inversion")
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
    style.add_argument("--heads", type=_positive, default=3, metavar="N", help="no more heads than these")
    style.add_argument("--packs", metavar="NAME,NAME", help="rows of the table (default: all)")
    style.add_argument("--references", type=_positive, default=6, metavar="N", help="random heads that are drawn")
    style.add_argument("--seconds", type=_positive_number, default=10.0, metavar="S", help="for each inversion")
    style.add_argument("--data", type=Path, metavar="DIR", help="what `train data` made (default: bundled heads)")
    style.add_argument("--weights", type=Path, metavar="FILE", help="another model file than the bundled one")
    style.add_argument("--quick", action="store_true", help="do not look for parts in the pictures")
    style.add_argument("--random", action="store_true", help="random heads in place of held-out ones")
    style.add_argument("--ablation", metavar="STYLE", help="teach it by LD, SDS and so on instead, and compare")
    style.add_argument("-o", "--output", type=Path, metavar="FILE.jsonl", help="keep what is known; resumes from it")


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the words: a verb with its options, or the studio with an optional file."""
    if list(arguments[:2]) == LEARN.split():
        arguments = [LEARN, *arguments[2:]]
    first = next((word for word in arguments if not word.startswith("-")), None)
    if first is None or first in VERBS or "-h" in arguments or "--help" in arguments:
        return build_parser().parse_args(arguments)
    return argparse.Namespace(verb=None, json=False, file=_studio_file(arguments))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code; whatever happens is answered with one sentence."""
    arguments = sys.argv[1:] if arguments is None else arguments
    console = Console(as_json="--json" in arguments)
    try:
        options = parse(arguments)
        return _run(options, console)
    except VoltefaceError as error:
        console.error(error)
        return EXIT_ERROR
    except (Cancelled, KeyboardInterrupt):
        console.failure("Cancelled", "Stopped.")
        return EXIT_STOPPED
    except BrokenPipeError:
        # The reader of our output has gone (`volteface ... | head`): nothing is left to say.
        sys.stderr.close()
        return EXIT_STOPPED
    except Exception as error:  # noqa: BLE001  the last door: a traceback helps nobody at a terminal
        return _failed(error, console)


def _run(options: argparse.Namespace, console: Console) -> int:
    from app.logs import start_logging

    start_logging()
    if options.verb is None:
        return _open_studio(getattr(options, "file", None), console)
    from app import verbs
    from core.spare_memory import share_heaps

    share_heaps()
    return verbs.run(options, console)


def _open_studio(file: Path | None, console: Console) -> int:
    """Open the window, or walk the demo where there is no display."""
    from app import bootstrap

    problem = bootstrap.display_problem()
    if not problem:
        return bootstrap.run_window(file)
    console.note(f"volteface: no window can be opened because {problem}; the demo runs instead.")
    from app import verbs

    return verbs.run(build_parser().parse_args(["demo", *(["--photo", str(file)] if file else [])]), console)


def _studio_file(arguments: Sequence[str]) -> Path:
    word = arguments[0]
    if word.startswith("-"):
        raise UsageError(f"The studio has no option {word}.", "See volteface --help.")
    path = Path(word)
    if not path.exists():
        near = difflib.get_close_matches(word, VERBS, n=1)
        if near:
            raise UsageError(f"There is no verb or file {word!r}.", f"Did you mean `volteface {near[0]}`?")
        raise UsageError(f"There is no file {word!r}.", "Check the path, or see volteface --help for the verbs.")
    if len(arguments) > 1:
        raise UsageError(f"The studio opens one file, but {arguments[1]!r} follows.", "See volteface --help.")
    return path


def _failed(error: Exception, console: Console) -> int:
    from app.outcome import UnexpectedError, explain

    explained = explain(error)
    console.error(explained)
    return EXIT_UNEXPECTED if isinstance(explained, UnexpectedError) else EXIT_ERROR


def _positive(text: str) -> int:
    """A whole number above zero."""
    value = int(text)
    if value < 1:
        raise ValueError
    return value


def _positive_number(text: str) -> float:
    """A number above zero."""
    value = float(text)
    if not 0 < value < float("inf"):
        raise ValueError
    return value


def _further(text: str) -> tuple[Path, float | None]:
    """A photo, and the side that it was taken from where that was told: `side.jpg@90`."""
    name, at, yaw = text.rpartition("@")
    try:
        return (Path(name), float(yaw)) if at else (Path(text), None)
    except ValueError:
        return Path(text), None  # the @ belongs to the name


_positive.__name__ = "whole number above zero"
_positive_number.__name__ = "number above zero"
