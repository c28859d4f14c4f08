"""A distillation as a job: its prior opened, its state kept on disk, its progress shown on the head that is open."""

from __future__ import annotations

import contextlib
import hashlib
import math
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from app import road
from core.edit import Restyle
from core.errors import VoltefaceError
from core.frame import Quality

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from app.styling_road import Teaching
    from core.head import Head
    from core.progress import Progress, Report
    from core.protocols import Renderer
    from core.style_pack import StylePack
    from core.stylizers.presets import Preset

KEPT_EVERY = 10
"""Steps after which the state is written."""
SHOWN_EVERY = 20
"""Steps after which the head is drawn as it would be."""
DRAFT = "draft"
PREVIEW_PX = 192
OTHERS = (1004, 1011, 1017)
"""Seeds of the heads that are shown in the style beside the one that is open."""
LONGEST_TITLE = 40


def preset_named(name: str, steps: int | None = None) -> Preset:
    """A preset, for as many steps as wanted.

    Raises:
        VoltefaceError: there is none of that name.
    """
    from core.stylizers.presets import PRESETS

    if name not in PRESETS:
        raise VoltefaceError(f"There is no preset {name[:40]!r}.", f"Choose from: {', '.join(PRESETS)}.")
    return PRESETS[name] if steps is None else replace(PRESETS[name], iterations=steps)


def check_teacher(prior: str, preset: str) -> None:
    """Refuse what ruins heads.

    Raises:
        VoltefaceError: the bundled prior is asked for more than its clean picture; see resources/docs/prior.md.
    """
    from core.stylizers.prior import BUNDLED

    if prior == BUNDLED and preset != DRAFT:
        raise VoltefaceError(
            f"The bundled prior teaches in the preset {DRAFT} only.",
            f"Choose {DRAFT}, or name a folder of Stable Diffusion 1.x.",
        )


class Lesson:
    """One prompt that is taught to the generator of one head."""

    def __init__(self, head: Head, teaching: Teaching, *, resume: bool = True) -> None:
        """Open the prior and begin, or go on with what an earlier run left.

        Raises:
            VoltefaceError: the prompt, the preset or the prior is no good.
        """
        from core.protocols import PlaneGenerator
        from core.stylizers.distillation import Distiller
        from core.stylizers.drawn_lessons import LessonDistiller, LessonRecipe
        from core.stylizers.prior import checked_prompt, open_prior

        self.prompt = checked_prompt(teaching.prompt)
        preset = preset_named(teaching.preset, teaching.steps)
        check_teacher(teaching.prior, teaching.preset)
        generator = road.loaded_generator(head.generator)
        if not isinstance(generator, PlaneGenerator):
            raise VoltefaceError(f"{generator.info.title} has no planes, so it learns no styles.", "Choose another.")
        self._head, self._teaching, self._generator = replace(head, styles=()), teaching, generator
        self._renderers: dict[int, Renderer] = {}
        self.prior = open_prior(teaching.prior)
        self._distiller: Distiller | LessonDistiller
        if teaching.preset == DRAFT and self.prior.info.has_guide:
            # who looks at the unstyled picture redraws it better than it tells where to go from there
            recipe = LessonRecipe() if teaching.steps is None else LessonRecipe(iterations=teaching.steps)
            self._distiller = LessonDistiller(generator, self.prior, self.prompt, recipe, seed=teaching.seed)
        else:
            self._distiller = Distiller(generator, self.prior, self.prompt, preset, seed=teaching.seed)
        self._identity = math.nan
        self.state_file = state_file_of(head.generator, teaching)
        if resume and self.state_file.is_file():
            self._go_on()

    @property
    def advice(self) -> str:
        """What the prior does not know of the prompt, for the person; mostly empty."""
        return self.prior.advice(self.prompt)

    def learned(self, report: Report) -> StylePack:
        """Go on to the end; answers the pack."""

        def told(progress: Progress) -> None:
            # while the prior draws there is nothing new to keep or to show
            if progress.values and progress.step % KEPT_EVERY == 0:
                self._keep()
            if progress.values and progress.step % SHOWN_EVERY == 0:
                pack = self.pack()
                self._identity = self._identity_of(pack)
                progress = replace(progress, preview=self._picture_of(pack), result=pack)
            if progress.values and not math.isnan(self._identity):
                progress = replace(progress, values={**progress.values, "identity": self._identity})
            report(progress)

        try:
            self._distiller.run(told)
        except BaseException:
            self._keep()
            raise
        pack = self.pack()
        with contextlib.suppress(OSError):
            self.state_file.unlink(missing_ok=True)
        return pack

    def pack(self) -> StylePack:
        """What was learned so far."""
        import numpy as np

        from core.style_pack import StylePack, fingerprint

        generator, info = self._generator, self._generator.info
        commercial = info.commercial and self.prior.info.commercial
        pack = StylePack(
            name=_name_of(self.prompt),
            title=self.prompt[:LONGEST_TITLE].capitalize(),
            made="distilled",
            generator=info.name,
            fingerprint=fingerprint(info.name, generator.parameters_to_tune()),
            delta=self._distiller.delta,
            preview=np.zeros((1, 1, 3), np.uint8),
            licence="Apache-2.0" if commercial else f"as {info.title} and {self.prior.info.title}",
            prompt=self.prompt,
            prior=self.prior.info.name,
            preset=self._teaching.preset,
        )
        return replace(pack, preview=self._worn(pack, self._head, PREVIEW_PX))

    def _picture_of(self, pack: StylePack) -> NDArray[np.uint8]:
        """The open head with its style, and below it three others: whether a style keeps people apart is seen so."""
        import numpy as np

        side = PREVIEW_PX // len(OTHERS)
        others = [self._worn(pack, head, side) for head in self._others]
        return np.ascontiguousarray(np.concatenate([pack.preview, np.concatenate(others, 1)]))

    def _identity_of(self, pack: StylePack) -> float:
        """How far the style takes the open head's person from who they are, by dlib's distance."""
        from core.stylizers.identity import PICTURE_PX, distance_between

        return distance_between(self._plain, self._worn(pack, self._head, PICTURE_PX))

    @cached_property
    def _plain(self) -> NDArray[np.uint8]:
        """The open head without a style."""
        import numpy as np

        from core.stylizers.identity import PICTURE_PX

        return np.ascontiguousarray(
            road.renderer_of(self._head).render(self._head.camera, Quality.NEAR, size_px=PICTURE_PX).rgb
        )

    @cached_property
    def _others(self) -> tuple[Head, ...]:
        from core.editors.random_head import random_head

        return tuple(random_head(self._generator, seed) for seed in OTHERS)

    def _worn(self, pack: StylePack, head: Head, size_px: int) -> NDArray[np.uint8]:
        """A head in a style, uint8 [S, S, 3]."""
        import numpy as np

        from core.editors.fold import Folder
        from core.editors.restyling import plane_change
        from core.rendering.renderer import HeadRenderer

        style = Restyle(key="style", pack=pack)
        known = self._renderers.setdefault(id(head), road.renderer_of(head))
        if isinstance(known, HeadRenderer) and plane_change(pack, self._generator, head.latents) is None:
            # the field stays, and with it what was found out about it
            (frame,) = known.in_styles(head.camera, [(style,)], size_px=size_px)
        else:
            worn = Folder(self._generator, head, {}).folded([style])
            frame = road.renderer_of(worn).render(head.camera, Quality.NEAR, size_px=size_px)
        return np.ascontiguousarray(frame.rgb)

    def _keep(self) -> None:
        from safetensors.torch import save

        from core.whole_file import written_whole

        # a full disk costs the chance to resume, and nothing else
        with contextlib.suppress(OSError):
            self.state_file.parent.mkdir(parents=True, exist_ok=True)
            with written_whole(self.state_file) as stream:
                stream.write(save(self._distiller.state()))

    def _go_on(self) -> None:
        from safetensors import SafetensorError
        from safetensors.torch import load

        # what cannot be gone on with is begun anew
        with contextlib.suppress(OSError, SafetensorError, KeyError, VoltefaceError, RuntimeError):
            self._distiller.restore(load(self.state_file.read_bytes()))


def state_file_of(generator: str, teaching: Teaching) -> Path:
    """Where a distillation keeps how far it is: a file for each prompt, preset, prior and generator."""
    from app.pack_shelf import own_folder

    words = "\n".join((generator, teaching.prompt, teaching.preset, teaching.prior, str(teaching.seed)))
    return own_folder() / "unfinished" / f"{hashlib.sha256(words.encode()).hexdigest()[:16]}.safetensors"


def _name_of(prompt: str) -> str:
    """A file name for a prompt."""
    letters = "".join(c if c.isascii() and c.isalnum() else "-" for c in prompt.lower())
    return "-".join(part for part in letters.split("-") if part)[:LONGEST_TITLE].strip("-") or "style"
