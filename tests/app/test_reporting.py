"""Report, heat map and repair in a studio whose engines take no time."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.camera import Camera
from core.edit import MoveSlider, Repair
from core.evaluation.fidelity import Fidelity
from core.evaluation.front_figures import Figure
from core.evaluation.rear_check import Finding, RearCheck
from core.frame import Quality
from core.progress import Progress
from core.rendering.renderer import HeadRenderer
from core.rendering.seen import Witness
from tests.app.studio_fakes import Workshop, alignment_of, grey_project, studio_in
from tests.fakes import TinyGenerator
from widgets.export_values import ExportOptions
from widgets.message_dialogs import ErrorDialog

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.studio import Studio
    from core.head import Head
    from core.progress import Report
    from core.project import Project

LONG = 60_000


def _fidelity(rear: RearCheck) -> Fidelity:
    picture = np.full((16, 16, 3), 200, np.uint8)
    return Fidelity(
        facts=(("Seed", "7"),),
        figures=tuple(Figure(key, key, 0.25, 0.5, "Plain words.") for key in ("lpips", "identity")),
        identity={-45: float("nan"), 0: 0.1},
        seen=0.28,
        seen_by_part={"Face": 0.6},
        rear=rear,
        notes=("A note.",),
        photo=picture,
        render=picture,
        difference=picture,
        turntable={0: picture},
        heat={0: picture},
        bare_render=picture,
    )


class Bench:
    """Measures in no time, or waits until it is stopped."""

    def __init__(self) -> None:
        self.rear = RearCheck()
        self.endless = False
        self.measured: list[tuple[Project, Head]] = []
        self.asked = 0
        self.saved: list[tuple[str, Path]] = []

    def fidelity_of(self, project: Project, report: Report, *, head: Head, **_: object) -> Fidelity:
        self.measured.append((project, head))
        step = 0
        while self.endless:
            step = min(step + 1, 5)
            report(Progress(step, 10, "Turning the head"))
            time.sleep(0.01)
        return _fidelity(self.rear)

    def witnesses_of(self, project: Project, **_: object) -> tuple[Witness, ...]:
        self.asked += 1
        assert project.head is not None
        frame = HeadRenderer(TinyGenerator(), project.head).render(Camera.orbit(), Quality.NEAR)
        return (Witness(frame.camera, frame.depth),)

    def save_report(self, found: Fidelity, title: str, path: Path) -> None:
        assert found.seen == 0.28
        self.saved.append((title, path))


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def studio(qtbot: QtBot, tmp_path: Path, workshop: Workshop, bench: Bench) -> Iterator[Studio]:
    engines = dataclasses.replace(
        workshop.engines(),
        fidelity_of=bench.fidelity_of,
        witnesses_of=bench.witnesses_of,
        save_report=bench.save_report,
    )
    project = grey_project()
    with studio_in(tmp_path, qtbot, engines) as made:
        made.session.begin(dataclasses.replace(project, alignment=alignment_of(project.photo)))
        made.window.show_studio()
        yield made


def _calm(studio: Studio, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: studio.viewing.frame is not None and not studio.edits.is_busy(), timeout=LONG)


def _is_reported(studio: Studio) -> bool:
    dialog = studio.window.dialogs.report_dialog
    return dialog is not None and dialog.view is not None


def _report(studio: Studio, qtbot: QtBot) -> None:
    studio.window.actions_by_name["report"].trigger()
    qtbot.waitUntil(lambda: _is_reported(studio), timeout=LONG)


def test_a_report_is_made_shown_and_saved(studio: Studio, bench: Bench, qtbot: QtBot, tmp_path: Path) -> None:
    _calm(studio, qtbot)
    _report(studio, qtbot)
    dialog = studio.window.dialogs.report_dialog
    assert dialog is not None
    assert dialog.view is not None
    values = [value for value, _, _ in dialog.view.summary]
    assert values[:3] == ["0.250", "0.500", "0.250"]
    assert "28%" in values
    assert ("-45°", "no face") in dialog.view.identity
    assert not dialog.repair_button.isVisible()
    dialog.save_requested.emit(tmp_path / "a.html")
    qtbot.waitUntil(lambda: len(bench.saved) == 1, timeout=LONG)
    assert bench.saved[0][1] == tmp_path / "a.html"
    dialog.reject()
    qtbot.waitUntil(lambda: studio.window.dialogs.report_dialog is None, timeout=LONG)


def test_the_report_is_of_the_head_with_its_edits(studio: Studio, bench: Bench, qtbot: QtBot) -> None:
    _calm(studio, qtbot)
    studio.session.replace("Smile", edits=(MoveSlider(key="1", name="smile", strength=1.0),))
    _calm(studio, qtbot)
    _report(studio, qtbot)
    project, head = bench.measured[-1]
    assert project.head is not head
    assert head.seed == 1001
    studio.window.dialogs.close_report()


def test_closing_stops_a_report_that_is_being_made(studio: Studio, bench: Bench, qtbot: QtBot) -> None:
    _calm(studio, qtbot)
    bench.endless = True
    studio.window.actions_by_name["report"].trigger()
    qtbot.waitUntil(lambda: len(bench.measured) == 1, timeout=LONG)
    dialog = studio.window.dialogs.report_dialog
    assert dialog is not None
    assert dialog.close_button.text() == "Cancel"
    dialog.reject()
    qtbot.waitUntil(lambda: not studio.exports.is_busy(), timeout=LONG)
    assert studio.window.dialogs.report_dialog is None
    bench.endless = False
    _report(studio, qtbot)
    studio.window.dialogs.close_report()


def test_faults_offer_a_repair_that_is_an_edit_below_the_others(studio: Studio, bench: Bench, qtbot: QtBot) -> None:
    _calm(studio, qtbot)
    studio.session.replace("Smile", edits=(MoveSlider(key="1", name="smile", strength=1.0),))
    _calm(studio, qtbot)
    bench.rear = RearCheck((Finding("face", "A second face is seen from behind, at 180 degrees.", (180,)),))
    _report(studio, qtbot)
    dialog = studio.window.dialogs.report_dialog
    assert dialog is not None
    assert dialog.repair_button.isVisible()
    bench.rear = RearCheck()
    dialog.repair_button.click()

    def edits() -> list[type]:
        assert studio.session.project is not None
        return [type(edit) for edit in studio.session.project.edits]

    qtbot.waitUntil(lambda: edits() == [Repair, MoveSlider], timeout=LONG)
    # the report that was open is made anew
    qtbot.waitUntil(lambda: len(bench.measured) == 2, timeout=LONG)
    qtbot.waitUntil(lambda: _is_reported(studio), timeout=LONG)
    studio.window.dialogs.close_report()
    studio.session.undo_stack.undo()
    assert edits() == [MoveSlider]


def test_a_head_without_photo_is_refused_in_a_sentence(studio: Studio, qtbot: QtBot) -> None:
    _calm(studio, qtbot)
    studio.session.replace("Forget", alignment=None)
    studio.window.actions_by_name["report"].trigger()
    (dialog,) = studio.window.findChildren(ErrorDialog)
    assert "no photo" in dialog.accessibleDescription()
    dialog.close()
    studio.window.actions_by_name["seen"].setChecked(True)
    assert not studio.window.actions_by_name["seen"].isChecked()


def test_the_heat_map_is_laid_over_frames_and_taken_off(studio: Studio, bench: Bench, qtbot: QtBot) -> None:
    _calm(studio, qtbot)
    seen = studio.window.actions_by_name["seen"]
    seen.setChecked(True)

    def is_veiled() -> bool:
        shown, own = studio.window.viewer.frame, studio.viewing.frame
        return shown is not None and own is not None and not np.array_equal(shown.rgb, own.rgb)

    qtbot.waitUntil(is_veiled, timeout=LONG)
    studio.window.camera_changed.emit(Camera.orbit(0.8), False)
    qtbot.waitUntil(lambda: studio.viewing.frame is not None and studio.viewing.frame.camera == Camera.orbit(0.8))
    assert is_veiled()
    assert bench.asked == 1
    seen.setChecked(False)
    assert not is_veiled()


def test_the_shape_alone_is_shown_while_wanted_and_painting_asks_for_a_picture(studio: Studio, qtbot: QtBot) -> None:
    _calm(studio, qtbot)
    act, viewer = studio.window.actions_by_name, studio.window.viewer
    act["seen"].setChecked(True)
    act["surface"].setChecked(True)
    assert "surface" in studio.window.viewer.notice.text(), "a mesh takes seconds"
    assert not act["seen"].isChecked(), "one or the other"

    def is_clay() -> bool:
        return viewer.frame is not None and float(np.ptp(viewer.frame.rgb.astype(int), axis=2).max()) < 40

    qtbot.waitUntil(is_clay, timeout=LONG)
    # the rough one is never called the best, so this is the one that is exported
    qtbot.waitUntil(lambda: viewer.frame is not None and viewer.frame.quality is Quality.EXACT, timeout=LONG)
    studio.window.camera_changed.emit(Camera.orbit(0.8), False)
    qtbot.waitUntil(lambda: viewer.frame is not None and viewer.frame.camera == Camera.orbit(0.8), timeout=LONG)
    assert is_clay()
    studio.window.set_camera(Camera.orbit(0.8))
    act["paint"].trigger()
    qtbot.waitUntil(lambda: studio.window.editing.painting.is_active, timeout=LONG)
    assert not act["surface"].isChecked()
    assert not is_clay()
    act["paint"].trigger()


def test_an_export_carries_the_channel_when_asked(
    studio: Studio, workshop: Workshop, qtbot: QtBot, tmp_path: Path
) -> None:
    _calm(studio, qtbot)
    for name, wanted in (("a.glb", False), ("b.glb", True)):
        studio.exporting.export(ExportOptions(tmp_path / name, ".glb", seen=wanted))
    qtbot.waitUntil(lambda: len(workshop.exported) == 2, timeout=LONG)
    given = [options["seen_by"] for _, options in workshop.exported]
    assert given[0] == ()
    assert len(given[1]) == 1  # type: ignore[arg-type]
