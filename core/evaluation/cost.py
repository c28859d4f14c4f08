"""What a model costs: bytes on disk, seconds until something is to be seen, memory.

Times and memory are those of a fresh process that walks the road of a dropped photo, so nothing else is counted. The
model is loaded before the photo comes, as the studio does while nobody waits.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import VoltefaceError
from core.evaluation.figures import Cell, Part
from core.making import peak_gigabytes

if TYPE_CHECKING:
    from core.progress import Progress
    from core.protocols import Generator

ROOT = Path(__file__).resolve().parents[2]
WEIGHTS = ROOT / "resources" / "weights"
PORTRAIT = ROOT / "resources" / "sample" / "astronaut.png"
FIRST_HEAD_AT_MOST, MEMORY_GB_AT_MOST, PICTURE_AT_MOST, BUNDLE_MB_AT_MOST = 3.0, 1.5, 1.5, 60.0
WALK = "import sys; from core.evaluation.cost import walk; walk(*sys.argv[1:])"
REPEATS = 3


def cost_part(name: str, weights: Path | None, photo: Path = PORTRAIT, seconds: float = 20.0) -> Part:
    """Walk the road in a process of its own.

    Args:
        name: of the generator in its table.
        weights: file of the generator, where it is not the bundled one.
        photo: the portrait that is dropped.
        seconds: how long the inversion runs whose memory is measured.

    Raises:
        VoltefaceError: the walk failed.
    """
    paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    done = subprocess.run(
        [sys.executable, "-c", WALK, name, str(weights or ""), str(photo), str(seconds)],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        raise VoltefaceError(f"The cost could not be measured: {last[0]}.", "Run the evaluation without it.")
    facts = json.loads(done.stdout.splitlines()[-1])
    file = weights or WEIGHTS / f"{name}.safetensors"
    own = file.stat().st_size if file.is_file() else math.nan
    bundled = sum(path.stat().st_size for path in WEIGHTS.iterdir())
    cells = (
        *Cell.of("model file, MB", "value", [own / 1e6], BUNDLE_MB_AT_MOST),
        Cell("all bundled weights, MB", "value", bundled / 1e6, at_most=200.0),
        Cell("drop to first recognisable head, s", "value", facts["first head"], at_most=FIRST_HEAD_AT_MOST),
        Cell("  of it aligning, s", "value", facts["align"]),
        Cell("  of it first guess, s", "value", facts["guess"]),
        Cell("  of it its first picture, s", "value", facts["frame"]),
        Cell("first picture from a latent, s", "value", facts["picture"], at_most=PICTURE_AT_MOST),
        Cell("preview, s", "value", facts["PREVIEW"]),
        Cell("near, s", "value", facts["NEAR"]),
        Cell("exact, s", "value", facts["EXACT"]),
        Cell("peak memory at the first head, GB", "value", facts["memory first"], at_most=MEMORY_GB_AT_MOST),
        Cell("peak memory with refinement, GB", "value", facts["memory"], at_most=MEMORY_GB_AT_MOST),
    )
    title = f"Cost on this machine ({os.cpu_count()} cores, {facts['threads']} threads used)"
    return Part(title, cells, details=facts)


def load_from(name: str, weights: Path | None) -> Generator:
    """The bundled generator of a name, or mini from another file."""
    if weights is None:
        from core import generators

        return generators.load(name)
    from core.generators.mini import load_mini

    return load_mini(weights)


def walk(name: str, weights: str, photo: str, seconds: str) -> None:
    """The road of a dropped photo, timed; prints its facts as the last line of stdout."""
    import torch

    from core.align import align
    from core.camera import Camera
    from core.editors.random_head import random_latents
    from core.evaluation.pictures import head_of
    from core.frame import Quality
    from core.head import Head
    from core.inverters import load
    from core.photo import Photo
    from core.rendering.renderer import HeadRenderer

    generator = load_from(name, Path(weights) if weights else None)
    facts: dict[str, float] = {"threads": torch.get_num_threads()}
    begun = time.monotonic()
    alignment = align(Photo.open(Path(photo)))
    facts["align"] = time.monotonic() - begun
    started = time.monotonic()

    def first(progress: Progress) -> None:
        if isinstance(progress.result, Head) and "guess" not in facts:
            now = time.monotonic()
            facts["guess"] = now - started
            HeadRenderer(generator, progress.result).render(progress.result.camera, Quality.NEAR)
            facts["frame"] = time.monotonic() - now
            facts["first head"] = time.monotonic() - begun
            facts["memory first"] = peak_gigabytes() or math.nan

    load("pivotal").invert(alignment, generator, first, seconds=float(seconds))
    facts["memory"] = peak_gigabytes() or math.nan
    latents = random_latents(generator, 0)
    begun = time.monotonic()
    renderer = HeadRenderer(generator, head_of(generator, latents))
    renderer.render(Camera.orbit(), Quality.NEAR)
    facts["picture"] = time.monotonic() - begun
    for quality in Quality:
        spent = []
        for turn in range(REPEATS):
            begun = time.monotonic()
            renderer.render(Camera.orbit(0.1 * (turn + 1)), quality)
            spent.append(time.monotonic() - begun)
        facts[quality.name] = min(spent)
    sys.stdout.write(json.dumps(facts) + "\n")
