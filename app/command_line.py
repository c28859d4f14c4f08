"""The command line: what the words mean, and how a failure is answered.

Nothing heavy is imported here, so `--help` answers at once; each verb imports what it needs when it runs.
Exit codes: 0 done, 1 something unexpected (the log says what), 2 an error with a sentence, 130 stopped by the user.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from app.console import Console
from app.option_parser import UsageError
from app.options import LEARN, VERBS, build_parser
from core.errors import Cancelled, VoltefaceError

if TYPE_CHECKING:
    from collections.abc import Sequence

EXIT_UNEXPECTED = 1
EXIT_ERROR = 2
EXIT_STOPPED = 130


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
