"""Models in the studio: picked, added, missing, too large; real window, real session and queues, small engines."""

from __future__ import annotations

import dataclasses
import zipfile
from typing import TYPE_CHECKING

import pytest
from safetensors.numpy import load

from app.memory import Room
from app.shelf import Choice
from core.frame import Quality
from core.free_memory import MemoryNeed
from tests.app.dialogs import dialog_shown
from tests.gui.steps import LONG, drop, head_of, make_head_of, wait_for_head
from widgets.export_values import ExportOptions
from widgets.memory_dialog import MemoryDialog
from widgets.model_values import MemoryAnswer
from widgets.models_dialog import ModelsDialog

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.studio import Studio
    from tests.app.studio_fakes import Workshop
    from tests.gui.conftest import MakeStudio

PANOHEAD = Choice("panohead", "PanoHead", "CC-BY-NC", commercial=False)


def saved(studio: Studio, path: Path, qtbot: QtBot) -> Path:
    studio.window.save_requested.emit(path)
    qtbot.waitUntil(lambda: path.is_file() and not studio.files.is_busy(), timeout=LONG)
    return path


def member(path: Path, name: str) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return archive.read(name)


def head_bytes(path: Path) -> dict[str, bytes]:
    arrays = load(member(path, "tensors.safetensors"))
    found = {name: array.tobytes() for name, array in arrays.items() if name.startswith("head")}
    assert found
    return found


def test_one_model_is_no_choice(studio: Studio, photo: Path, qtbot: QtBot) -> None:
    make_head_of(studio, photo, qtbot)
    pickers = studio.window.head_panel.pickers
    assert not pickers.generator_box.isVisibleTo(pickers)
    assert not pickers.method_box.isVisibleTo(pickers)
    assert studio.window.banner.view is None


def test_another_model_makes_the_head_again_and_undo_brings_the_old_one_back(
    studio: Studio, photo: Path, qtbot: QtBot, workshop: Workshop
) -> None:
    workshop.choices.append(PANOHEAD)
    studio.choosing.look()
    make_head_of(studio, photo, qtbot)
    former = head_of(studio)
    pickers = studio.window.head_panel.pickers
    assert pickers.isVisibleTo(studio.window.head_panel)
    pickers.generator_box.setCurrentIndex(pickers.generator_box.findData("panohead"))
    pickers.generator_box.activated.emit(pickers.generator_box.currentIndex())
    assert "CC-BY-NC" in pickers.generator_box.currentText()
    assert pickers.make_button.text().strip() == "Make again with PanoHead"
    assert head_of(studio) is former, "choosing alone makes nothing"
    assert studio.settings.value.generator == "panohead"

    pickers.make_button.click()
    qtbot.waitUntil(lambda: studio.making.is_busy, timeout=LONG)
    wait_for_head(studio, qtbot)
    assert workshop.wishes[-1]["generator"] == "panohead"
    assert head_of(studio).generator == "panohead"
    assert not pickers.make_button.isVisibleTo(pickers)
    assert "Make with PanoHead" in studio.window.actions_by_name["undo"].text()
    studio.window.actions_by_name["undo"].trigger()
    assert head_of(studio) is former


def test_commercial_use_only_hides_the_others_and_is_kept(
    studio: Studio, photo: Path, qtbot: QtBot, workshop: Workshop
) -> None:
    workshop.choices.append(PANOHEAD)
    studio.choosing.look()
    make_head_of(studio, photo, qtbot)
    studio.window.making_chosen.emit("panohead", "pivotal")
    pickers = studio.window.head_panel.pickers
    pickers.commercial_box.click()
    assert [pickers.generator_box.itemData(i) for i in range(pickers.generator_box.count())] == ["mini"]
    assert studio.settings.value.commercial_only
    assert studio.choosing.generator == "mini", "what is hidden is not used"
    pickers.commercial_box.click()
    assert pickers.generator_box.count() == 2
    assert studio.choosing.generator == "panohead"


def test_what_cannot_run_says_why(studio: Studio, workshop: Workshop) -> None:
    workshop.choices.append(Choice("eg3d", "EG3D", "NVIDIA", commercial=False, reason="its file is damaged"))
    studio.choosing.look()
    box = studio.window.head_panel.pickers.generator_box
    item = box.model().item(1)  # type: ignore[attr-defined]
    assert not item.isEnabled()
    assert "damaged" in item.text()
    studio.settings.change(dataclasses.replace(studio.settings.value, generator="eg3d"))
    assert studio.choosing.generator == "mini"


def test_a_head_opens_without_its_model(
    make_studio: MakeStudio, photo: Path, tmp_path: Path, qtbot: QtBot, workshop: Workshop
) -> None:
    workshop.choices.append(PANOHEAD)
    studio = make_studio()
    studio.start()
    studio.window.making_chosen.emit("panohead", "pivotal")
    make_head_of(studio, photo, qtbot)
    first = saved(studio, tmp_path / "ada.volteface", qtbot)
    assert studio.session.project is not None
    assert studio.session.project.stand_in is not None
    studio.window.close_document_requested.emit()

    workshop.gone = {"panohead"}
    workshop.choices.remove(PANOHEAD)
    studio.choosing.look()
    drop(studio, first)
    qtbot.waitUntil(lambda: studio.session.project is not None, timeout=LONG)
    window = studio.window
    banner = window.banner.view
    assert banner is not None
    assert banner.text == (
        "Made with Ellipsoid for tests (Apache-2.0). Install it with Head > Models… to go on editing."
    )
    qtbot.waitUntil(
        lambda: window.viewer.frame is not None and window.viewer.frame.quality == Quality.EXACT, timeout=LONG
    )
    assert window.viewer.frame is not None
    assert 0.05 < window.viewer.frame.alpha.mean() < 0.9, "the mesh shows"
    window.actions_by_name["view_back"].trigger()
    qtbot.waitUntil(
        lambda: window.viewer.frame is not None and window.viewer.frame.camera == window.camera(), timeout=LONG
    )
    assert not window.actions_by_name["improve"].isEnabled()
    assert window.actions_by_name["export"].isEnabled()

    again = saved(studio, tmp_path / "again.volteface", qtbot)
    for name in ("mesh.safetensors", "photo"):
        assert member(again, name) == member(first, name), f"{name} is as it was"
    assert head_bytes(again) == head_bytes(first), "the head is as it was, byte for byte"

    window.export_requested.emit(ExportOptions(tmp_path / "ada.ply", ".ply"))
    qtbot.waitUntil((tmp_path / "ada.ply").is_file, timeout=LONG)

    assert banner.action == "Make again with Volteface Mini"
    former = head_of(studio)
    window.banner.action_button.click()
    qtbot.waitUntil(lambda: studio.making.is_busy, timeout=LONG)
    wait_for_head(studio, qtbot)
    assert workshop.wishes[-1]["generator"] == "mini"
    assert window.banner.view is None
    window.actions_by_name["undo"].trigger()
    assert head_of(studio) is former
    assert window.banner.view == banner


def test_a_head_comes_to_life_when_its_model_is_installed(
    make_studio: MakeStudio, photo: Path, tmp_path: Path, qtbot: QtBot, workshop: Workshop
) -> None:
    studio = make_studio()
    studio.start()
    make_head_of(studio, photo, qtbot)
    path = saved(studio, tmp_path / "ada.volteface", qtbot)
    studio.window.close_document_requested.emit()
    workshop.gone = {"mini"}
    drop(studio, path)
    qtbot.waitUntil(lambda: studio.window.banner.view is not None, timeout=LONG)
    workshop.gone = set()
    studio.window.models_requested.emit()
    qtbot.waitUntil(lambda: studio.window.banner.view is None, timeout=LONG)
    qtbot.waitUntil(
        lambda: studio.window.viewer.frame is not None and studio.window.viewer.frame.labels is not None, timeout=LONG
    )
    dialog = dialog_shown(studio, ModelsDialog, qtbot)
    dialog.close()
    assert studio.window.actions_by_name["improve"].isEnabled()


def test_models_come_and_go_in_the_dialog(studio: Studio, tmp_path: Path, qtbot: QtBot, workshop: Workshop) -> None:
    studio.window.actions_by_name["models"].trigger()
    dialog = dialog_shown(studio, ModelsDialog, qtbot)
    qtbot.waitUntil(lambda: len(dialog.shown) == 1, timeout=LONG)
    dialog.add_requested.emit(tmp_path / "easy-khair.pkl")
    qtbot.waitUntil(lambda: not dialog.add_button.isEnabled(), timeout=LONG)
    qtbot.waitUntil(lambda: len(dialog.shown) == 2, timeout=LONG)
    assert "Added PanoHead (easy-khair): 200 MB, licence CC-BY-NC. No commercial use." in dialog.words
    assert studio.window.head_panel.pickers.generator_box.count() == 2

    dialog.table.selectRow(1)
    dialog.verify_button.click()
    qtbot.waitUntil(lambda: "is intact" in dialog.words, timeout=LONG)
    dialog.commercial_box.click()
    assert [row.name for row in dialog.shown] == ["mini"]
    dialog.commercial_box.click()

    dialog.table.selectRow(0)
    assert not dialog.remove_button.isEnabled()
    dialog.table.selectRow(1)
    dialog.remove_button.click()
    assert "Really remove" in dialog.remove_button.text()
    assert len(dialog.shown) == 2, "it asks first"
    dialog.remove_button.click()
    qtbot.waitUntil(lambda: len(dialog.shown) == 1, timeout=LONG)
    assert "was removed" in dialog.words

    dialog.add_requested.emit(tmp_path / "hostile.pkl")
    qtbot.waitUntil(lambda: "would run os.system" in dialog.words, timeout=LONG)
    workshop.steps = 1000
    dialog.add_requested.emit(tmp_path / "slow.pkl")
    qtbot.waitUntil(lambda: not dialog.add_button.isEnabled(), timeout=LONG)
    dialog.cancel_button.click()
    qtbot.waitUntil(lambda: "Cancelled" in dialog.words, timeout=LONG)
    dialog.close()


def _cramped() -> Room:
    return Room(MemoryNeed(400_000_000, 100_000_000, 600_000_000), 900_000_000, 64)


@pytest.mark.parametrize(
    ("answer", "half", "neural_px"),
    [(MemoryAnswer.HALF, True, None), (MemoryAnswer.SMALLER, False, 32), (MemoryAnswer.ANYWAY, False, None)],
)
def test_a_model_that_will_not_fit_asks_first(
    studio: Studio,
    photo: Path,
    qtbot: QtBot,
    workshop: Workshop,
    answer: MemoryAnswer,
    half: bool,
    neural_px: int | None,
) -> None:
    workshop.room = _cramped()
    drop(studio, photo)
    dialog = dialog_shown(studio, MemoryDialog, qtbot)
    assert dialog.accessibleDescription() == "Volteface Mini needs 1.1 GB of memory, and 900 MB are free."
    assert not workshop.heads_made
    dialog._finish(answer)
    wait_for_head(studio, qtbot)
    assert workshop.wishes[-1]["half"] is half
    assert studio.choosing.economy_of("mini").neural_px == neural_px
    assert head_of(studio).seed == 99


def test_a_saved_head_that_will_not_fit_shows_its_mesh(
    make_studio: MakeStudio, photo: Path, tmp_path: Path, qtbot: QtBot, workshop: Workshop
) -> None:
    first = make_studio()
    first.start()
    make_head_of(first, photo, qtbot)
    path = saved(first, tmp_path / "ada.volteface", qtbot)
    workshop.room = _cramped()
    studio = make_studio()
    studio.start()
    drop(studio, path)
    qtbot.waitUntil(lambda: studio.window.banner.view is not None, timeout=LONG)
    banner = studio.window.banner
    assert banner.view is not None
    assert "needs 1.1 GB of memory, and 900 MB are free" in banner.view.text
    qtbot.waitUntil(lambda: studio.window.viewer.frame is not None, timeout=LONG)
    assert studio.window.viewer.frame is not None
    assert studio.window.viewer.frame.labels is None
    banner.action_button.click()
    dialog = dialog_shown(studio, MemoryDialog, qtbot)
    dialog._finish(MemoryAnswer.HALF)
    qtbot.waitUntil(lambda: studio.window.banner.view is None, timeout=LONG)
    qtbot.waitUntil(
        lambda: studio.window.viewer.frame is not None and studio.window.viewer.frame.labels is not None, timeout=LONG
    )
