"""Parts of heads whose model names none in 3D: picked in the picture, taken by gradients; official-format models."""

from __future__ import annotations

import dataclasses
import threading
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from app import road
from app.command_line import main
from app.engines import Engines
from app.models import add_model
from core import generators
from core.camera import Camera
from core.checkpoints import store
from core.edit import TakePart
from core.editors import plane_taking
from core.editors.localize import Looks, cameras_of_views
from core.head import Head
from core.mask import PARTS
from core.progress import silent
from core.project import Project
from core.reference import Reference
from core.segmenters import parser
from core.styled_field import StyledField
from tests.app.dialogs import error_shown
from tests.app.studio_fakes import grey_project, studio_in
from tests.random_generators import random_panohead

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray
    from pytestqt.qtbot import QtBot

    from app.studio import Studio

LONG = 60_000


def parsed(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Hair above, a mouth below the middle, skin elsewhere, in every picture."""
    labels = np.full(rgb.shape[:2], PARTS.index("skin"), np.uint8)
    rows, columns = rgb.shape[0], rgb.shape[1]
    labels[: rows // 2] = PARTS.index("hair")
    labels[5 * rows // 8 : 3 * rows // 4, columns // 3 : 2 * columns // 3] = PARTS.index("lips")
    return labels


def head_of(name: str, seed: int) -> Head:
    generator = generators.load(name)
    noise = torch.randn(1, generator.info.noise_size, generator=torch.Generator().manual_seed(seed))
    latents = generator.latents(noise)[0]
    return Head(generator=name, latents=latents, camera=Camera.orbit(), trigrid=generator.trigrid(latents), seed=seed)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A head of an installed PanoHead, beside one of the same model and one of another with the same networks."""
    monkeypatch.setenv(store.VARIABLE, str(tmp_path / "models"))
    looks = Looks(cameras_of_views([(0, 0)]), finished=False, samples=(6, 4), neural_px=12, plane_px=8, alone=True)
    monkeypatch.setattr(plane_taking, "quick_looks", lambda **_: looks)
    monkeypatch.setattr(plane_taking, "parse", parsed)
    monkeypatch.setattr(parser, "parse", parsed)
    for name in ("panohead", "joker"):
        weights = {key: value.clone() for key, value in random_panohead().network.state_dict().items()}
        if name == "joker":
            weights["decoder.net.2.bias"][1:4] += 2.0
        torch.save(weights, tmp_path / f"{name}.pt")
        add_model(tmp_path / f"{name}.pt", name, silent)
    others = (("own", "panohead", 2), ("kin", "joker", 3))
    references = tuple(Reference(key=key, name=f"{key}.png", head=head_of(name, seed)) for key, name, seed in others)
    yield grey_project(head=head_of("panohead", 1), references=references)
    generators.load.cache_clear()


@pytest.mark.slow
def test_parts_are_picked_in_the_picture_and_taken_and_nothing_else_is_offered(
    project: Project, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines = dataclasses.replace(Engines(), warm_up=lambda: None, room_of=lambda _name: None)
    with studio_in(tmp_path, qtbot, engines) as studio:
        studio.start()
        studio.session.begin(project)
        studio.window.show_studio()
        _picked_and_taken(studio, qtbot, monkeypatch)


def _picked_and_taken(studio: Studio, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    panels = studio.window.editing

    def settled(count: int) -> bool:
        return edits() == count and not studio.edits.is_busy()

    def edits() -> int:
        assert studio.session.project is not None
        return len(studio.session.project.edits)

    qtbot.waitUntil(lambda: bool(panels.parts.remove_button.toolTip()), timeout=LONG)
    frame = studio.window.viewer.frame
    assert frame is not None
    assert frame.labels is not None
    assert set(np.unique(frame.labels)) >= {PARTS.index(label) for label in ("skin", "hair", "lips")}
    panels.choose_part("lips")
    assert panels.parts.chosen_part == "mouth"
    assert panels.parts.take_button.isEnabled()
    for button in (panels.parts.remove_button, panels.parts.colour_button, panels.parts.refine_button):
        assert not button.isEnabled()
        assert "knows no parts in 3D" in button.toolTip()

    for count, (part, key) in enumerate((("mouth", "own"), ("hair", "kin")), 1):
        panels.part_taken.emit(part, key)
        qtbot.waitUntil(partial(settled, count), timeout=LONG)
        shown = studio.edited.shown_head()
        assert shown is not None
        assert isinstance(shown.trigrid, StyledField)
        assert shown.trigrid.change.planes.abs().max() > 0.05

    panels.part_taken.emit("glasses", "own")
    assert "No glasses were found on own" in error_shown(studio, qtbot)
    assert edits() == 2

    # stopped in the middle: the stack is as it was
    held, go_on = threading.Event(), threading.Event()

    def slowly(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        held.set()
        go_on.wait(LONG / 1000)
        return parsed(rgb)

    monkeypatch.setattr(plane_taking, "parse", slowly)
    panels.part_taken.emit("mouth", "kin")
    qtbot.waitUntil(held.is_set, timeout=LONG)
    studio.edits.stop_all()
    go_on.set()
    qtbot.waitUntil(lambda: not studio.edits.is_busy(), timeout=LONG)
    assert edits() == 2
    assert studio.session.project is not None
    assert [one.reference for one in studio.session.project.edits if isinstance(one, TakePart)] == ["own", "kin"]


def test_the_command_line_takes_them_too(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(road, "stand_in_of", lambda *_: None)
    into, kin, out = (tmp_path / f"{name}.volteface" for name in ("into", "kin", "out"))
    dataclasses.replace(project, references=()).save(into)
    dataclasses.replace(project, head=project.references[1].head, references=()).save(kin)
    assert main(["take", "mouth", "--from", str(kin), "--into", str(into), "-o", str(out)]) == 0
    taken = Project.load(out)
    assert [one.head.generator for one in taken.references] == ["joker"]
    assert main(["take", "mouth", "--from", "seed:1", "--into", str(into), "--seam", "9", "-o", str(out)]) == 2
    assert main(["remove", "hair", "--from", str(into), "-o", str(out)]) == 2
    said = capsys.readouterr().err
    assert "knows no attributes, so nothing can be taken off" in said or "knows no parts" in said
