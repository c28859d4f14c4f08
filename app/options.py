"""What may be typed on the command line: verbs and their options, in the order of `--help`.

Those that make and judge the bundled models stand in `workshop_options`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from app.option_parser import Parser, further, positive, positive_number
from app.workshop_options import add_evaluate, add_train

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
    "bench",
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
    lean.add_argument("--neural-px", type=positive, metavar="N", help="rays along each side; fewer take less memory")

    invert = verbs.add_parser(
        "invert", parents=[every, lean], help="photo -> head", description="Turn a photo into a head."
    )
    invert.add_argument("photo", type=Path, metavar="PHOTO")
    invert.add_argument("-o", "--output", type=Path, metavar="HEAD.volteface", help="default: PHOTO's name, here")
    invert.add_argument("--method", default="pivotal", metavar="NAME", help="how to search (default: %(default)s)")
    invert.add_argument(
        "--also",
        type=further,
        action="append",
        default=[],
        metavar="PHOTO[@YAW]",
        help="another photo of the same person, from the side or from behind; YAW in degrees where no face shows it: "
        "90 the person's left, -90 the right, 180 behind",
    )
    invert.add_argument("--model", default="mini", metavar="NAME", help="whose head (default: %(default)s)")
    length = invert.add_mutually_exclusive_group()
    length.add_argument("--steps", type=positive, metavar="N", help="optimisation steps")
    length.add_argument("--seconds", type=positive_number, metavar="S", help="stop after S seconds with the best head")
    invert.add_argument("--seed", type=int, default=0, metavar="N", help="same seed, same head (default: %(default)s)")
    invert.add_argument("--face", type=positive, metavar="N", help="which face, 1 is the largest (default: 1)")

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
    render.add_argument("--size", type=positive, metavar="PX", help="side of the picture")

    _add_editing(verbs, every, lean)

    report = verbs.add_parser("report", parents=[every, lean], help="how far a head can be trusted: a page, or JSON")
    report.add_argument("head", type=Path, metavar="HEAD.volteface")
    report.add_argument(
        "-o", "--output", type=Path, metavar="OUT.html", help="default: HEAD's name, here; with --json none"
    )

    export = verbs.add_parser("export", parents=[every, lean], help="head -> mesh, picture or film file")
    export.add_argument("head", type=Path, metavar="HEAD.volteface")
    export.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.(glb|usdz|obj|ply|stl|splat|png|mp4)")
    export.add_argument("--texture", type=positive, default=2048, metavar="PX", help="side of the baked texture")
    export.add_argument(
        "--height-mm", type=positive_number, metavar="MM", help="height of the mesh (default: life size)"
    )
    export.add_argument(
        "--seen", action="store_true", help="GLB, PLY: tell for each vertex how well the photo shows it (0 is guessed)"
    )
    export.add_argument(
        "--watertight", action="store_true", help="no holes, for printing: every mesh is, so this asks for nothing more"
    )

    _add_models(verbs, every)
    _add_machine(verbs, every)

    demo = verbs.add_parser("demo", parents=[every], help="the whole road on the sample portrait, without a window")
    demo.add_argument("-o", "--output", type=Path, default=Path("volteface-demo"), metavar="FOLDER")
    demo.add_argument("--photo", type=Path, metavar="PHOTO", help="default: the sample portrait")

    add_train(verbs, every)
    add_evaluate(verbs, every)
    return parser


def _add_machine(verbs: argparse._SubParsersAction[Parser], every: Parser) -> None:
    verbs.add_parser("doctor", parents=[every], help="does this machine have what Volteface needs")
    bench = verbs.add_parser("bench", parents=[every], help="how long each step takes on this machine")
    bench.add_argument("--whole", action="store_true", help="also the first head of a portrait, and a mesh")


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
    length.add_argument("--steps", type=positive, metavar="N", help="optimisation steps, where REF is a photo")
    length.add_argument("--seconds", type=positive_number, metavar="S", help="for a photo: stop after S seconds")
    take.add_argument("--face", type=positive, metavar="N", help="which face of a photo, 1 is the largest (default)")

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
        "--pca", type=positive, metavar="N", help="instead: the N ways in which random heads differ most"
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
    style.add_argument("--steps", type=positive, metavar="N", help="of a prompt (default: the preset's)")
    style.add_argument("--prior", metavar="DIR", help="teach the prompt: a folder of Stable Diffusion 1.x, or bundled")
    style.add_argument("--seed", type=int, default=0, metavar="N")
