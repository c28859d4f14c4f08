"""The studio as a person uses it: real window, real session and queues, small engines."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog

from app.settings import SettingsFile
from app.studio import Studio
from core.frame import Quality
from core.project import Project
from core.rendering.renderer import HeadRenderer
from tests.app.studio_fakes import Workshop
from tests.fakes import tiny_head
from widgets.message_dialogs import ErrorDialog, UnsavedDialog
from widgets.placement_dialog import PlacementDialog
from widgets.recovery_dialog import RecoveryDialog
from widgets.values import ExportOptions, Preferences, Theme, UnsavedAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    MakeStudio = Callable[[], Studio]

LONG = 15_000


@pytest.fixture
def workshop() -> Workshop:
    return Workshop()


@pytest.fixture
def make_studio(qtbot: QtBot, tmp_path: Path, workshop: Workshop) -> Iterator[MakeStudio]:
    made: list[Studio] = []

    def make() -> Studio:
        studio = Studio(
            engines=workshop.engines(),
            settings=SettingsFile(tmp_path / "home" / "settings.json"),
            recovery_root=tmp_path / "home" / "recovery",
            gl=False,
        )
        studio.making.seconds = 5.0
        qtbot.addWidget(studio.window)
        made.append(studio)
        return studio

    yield make
    for studio in made:
        workshop.endless.clear()
        studio.window.close_now()
        studio.close()


@pytest.fixture
def studio(make_studio: MakeStudio) -> Studio:
    made = make_studio()
    made.start()
    return made


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return _photo(tmp_path / "ada ü.png")


def _photo(path: Path) -> Path:
    pixels = np.tile(np.linspace(0, 255, 64, dtype=np.uint8)[None, :, None], (48, 1, 3))
    Image.fromarray(pixels).save(path)
    return path


def _drop(studio: Studio, *paths: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(200, 200), Qt.DropAction.CopyAction, mime, buttons, keys)
    QApplication.sendEvent(studio.window, enter)
    assert enter.isAccepted()
    drop = QDropEvent(QPointF(200, 200), Qt.DropAction.CopyAction, mime, buttons, keys)
    QApplication.sendEvent(studio.window, drop)


def _head_made(studio: Studio, qtbot: QtBot) -> None:
    qtbot.waitUntil(
        lambda: (
            studio.session.project is not None
            and studio.session.project.head is not None
            and not studio.making.is_busy
            and not studio.files.is_busy()
        ),
        timeout=LONG,
    )


def _dialog(studio: Studio, kind: type[QDialog], qtbot: QtBot) -> QDialog:
    def shown() -> list[QDialog]:
        return [dialog for dialog in studio.window.findChildren(kind) if dialog.isVisible()]

    qtbot.waitUntil(lambda: bool(shown()), timeout=LONG)
    return shown()[0]


def _error(studio: Studio, qtbot: QtBot) -> str:
    dialog = _dialog(studio, ErrorDialog, qtbot)
    words = dialog.accessibleDescription()
    dialog.close()
    qtbot.wait(20)
    return words


def _seed(studio: Studio) -> int:
    assert studio.session.project is not None
    assert studio.session.project.head is not None
    return studio.session.project.head.seed


def test_the_whole_road(make_studio: MakeStudio, photo: Path, tmp_path: Path, qtbot: QtBot, workshop: Workshop) -> None:
    studio = make_studio()
    studio.start()
    window = studio.window
    with qtbot.waitExposed(window):
        window.show()
    _drop(studio, photo)
    _head_made(studio, qtbot)
    assert _seed(studio) == 99
    assert window.windowTitle().startswith("ada ü")
    assert window.isWindowModified()
    qtbot.waitUntil(
        lambda: window.viewer.frame is not None and window.viewer.frame.quality == Quality.EXACT, timeout=LONG
    )

    before = window.camera()
    centre = window.viewer.rect().center()
    qtbot.mousePress(window.viewer, Qt.MouseButton.LeftButton, pos=centre)
    qtbot.mouseMove(window.viewer, centre + QPoint(60, 0))
    qtbot.mouseMove(window.viewer, centre + QPoint(90, 5))
    qtbot.mouseRelease(window.viewer, Qt.MouseButton.LeftButton, pos=centre + QPoint(90, 5))
    assert window.camera() != before
    qtbot.waitUntil(
        lambda: window.viewer.frame is not None and window.viewer.frame.camera == window.camera(), timeout=LONG
    )

    saved = tmp_path / "ada.volteface"
    window.actions_by_name["save"].trigger()
    dialog = _dialog(studio, QFileDialog, qtbot)
    assert isinstance(dialog, QFileDialog)
    dialog.fileSelected.emit(str(saved))
    dialog.reject()
    qtbot.waitUntil(saved.is_file, timeout=LONG)
    qtbot.waitUntil(lambda: not window.isWindowModified(), timeout=LONG)
    camera = window.camera()

    window.actions_by_name["close_document"].trigger()
    assert studio.session.project is None
    assert window.windowTitle() == "Volteface[*]"
    _drop(studio, saved)
    qtbot.waitUntil(lambda: studio.session.project is not None, timeout=LONG)
    assert _seed(studio) == 99
    assert window.camera() == camera
    assert window.windowTitle().startswith("ada")
    assert not window.isWindowModified()
    assert len(workshop.heads_made) == 1, "a project with a head is not searched again"

    exported = tmp_path / "ada.glb"
    window.export_requested.emit(ExportOptions(exported, ".glb", texture_px=512))
    qtbot.waitUntil(exported.is_file, timeout=LONG)
    assert workshop.exported[0][1]["texture_px"] == 512
    assert studio.settings.value.recent_files == (str(saved), str(photo))


def test_a_random_head_needs_no_photo_and_is_unsaved_work(studio: Studio, qtbot: QtBot) -> None:
    studio.window.actions_by_name["new_random"].trigger()
    _head_made(studio, qtbot)
    qtbot.waitUntil(lambda: studio.window.viewer.frame is not None and not studio.forms.is_busy(), timeout=LONG)
    assert studio.session.project is not None
    assert studio.session.project.alignment is None
    assert studio.window.windowTitle().startswith("seed ")
    assert studio.window.isWindowModified()
    act = studio.window.actions_by_name
    assert act["export"].isEnabled()
    assert not act["improve"].isEnabled(), "there is no photo to come closer to"
    assert studio.session.project.head is not None
    drawn_by = studio.viewing.known_renderer(studio.session.project.head)
    assert isinstance(drawn_by, HeadRenderer)
    assert any(key.quality is Quality.NEAR for key in drawn_by.keys), "who drew it first draws it on"


def test_the_first_head_can_be_undone_to_and_redone_from(studio: Studio, photo: Path, qtbot: QtBot) -> None:
    _drop(studio, photo)
    _head_made(studio, qtbot)
    actions = studio.window.actions_by_name
    assert "Improve head" in actions["undo"].text()
    actions["undo"].trigger()
    assert _seed(studio) == 1
    actions["undo"].trigger()
    assert studio.session.project is not None
    assert studio.session.project.head is None
    assert not actions["undo"].isEnabled()
    actions["redo"].trigger()
    actions["redo"].trigger()
    assert _seed(studio) == 99


def test_stop_keeps_the_best(studio: Studio, photo: Path, qtbot: QtBot, workshop: Workshop) -> None:
    workshop.endless.set()
    _drop(studio, photo)
    qtbot.waitUntil(lambda: any(view.keeps_best and view.step > 8 for view in studio.heads.views()), timeout=LONG)
    studio.window.stop_requested.emit(studio.heads.views()[0].key)
    _head_made(studio, qtbot)
    assert _seed(studio) > 8
    assert studio.heads.views() == ()


def test_undo_ends_a_running_search(studio: Studio, photo: Path, qtbot: QtBot, workshop: Workshop) -> None:
    workshop.endless.set()
    _drop(studio, photo)
    qtbot.waitUntil(lambda: studio.session.undo_stack.canUndo(), timeout=LONG)
    studio.window.actions_by_name["undo"].trigger()
    qtbot.waitUntil(lambda: not studio.heads.is_busy(), timeout=LONG)
    qtbot.wait(50)
    assert studio.session.project is not None
    assert studio.session.project.head is None


def test_the_viewer_answers_while_the_search_runs(
    studio: Studio, photo: Path, qtbot: QtBot, workshop: Workshop
) -> None:
    workshop.endless.set()
    _drop(studio, photo)
    qtbot.waitUntil(lambda: studio.window.viewer.frame is not None, timeout=LONG)
    camera = studio.window.camera().orbited(0.4, 0.1)
    studio.window.set_camera(camera)
    studio.window.camera_changed.emit(camera, True)
    frame = studio.window.viewer
    qtbot.waitUntil(lambda: frame.frame is not None and frame.frame.camera == camera, timeout=LONG)
    assert studio.making.is_busy
    assert workshop.threads == {"heads"}


def test_another_face_is_another_head_and_can_be_undone(
    studio: Studio, tmp_path: Path, qtbot: QtBot, workshop: Workshop
) -> None:
    _drop(studio, _photo(tmp_path / "crowd.png"))
    _head_made(studio, qtbot)
    studio.window.face_chosen.emit(1)
    qtbot.waitUntil(lambda: len(workshop.heads_made) == 2, timeout=LONG)
    _head_made(studio, qtbot)
    assert studio.session.project is not None
    assert studio.session.project.alignment is not None
    assert studio.session.project.alignment.yaw_radians == pytest.approx(0.1)
    while "face" not in studio.session.undo_stack.undoText():
        studio.session.undo_stack.undo()
    studio.session.undo_stack.undo()
    assert studio.session.project.alignment.yaw_radians == 0
    assert _seed(studio) == 99


def test_without_a_face_it_is_placed_by_hand(
    studio: Studio, tmp_path: Path, photo: Path, qtbot: QtBot, workshop: Workshop
) -> None:
    _drop(studio, photo)
    _head_made(studio, qtbot)
    before = studio.session.project
    _drop(studio, _photo(tmp_path / "empty street.png"))
    dialog = _dialog(studio, PlacementDialog, qtbot)
    assert "No face was found" in dialog.accessibleDescription()
    assert studio.session.project is before, "the work is untouched until a face was placed"
    _discard_unsaved(studio, qtbot, lambda: dialog.accept())
    qtbot.waitUntil(lambda: studio.session.name == "empty street", timeout=LONG)
    _head_made(studio, qtbot)
    assert workshop.heads_made[-1].yaw_radians == pytest.approx(0.3)


def test_a_face_that_nobody_moved_is_told_as_it_was_found_and_changes_nothing(
    studio: Studio, photo: Path, qtbot: QtBot, workshop: Workshop
) -> None:
    _drop(studio, photo)
    _head_made(studio, qtbot)
    before = studio.session.project
    studio.window.placement_requested.emit()
    dialog = _dialog(studio, PlacementDialog, qtbot)
    assert isinstance(dialog, PlacementDialog)
    assert dialog.state.text() == "The head is seen from the front."
    assert dialog.doubts.text() == ""
    dialog.accept()
    qtbot.wait(50)
    assert studio.session.project is before
    assert len(workshop.heads_made) == 1


def _discard_unsaved(studio: Studio, qtbot: QtBot, act: Callable[[], None]) -> None:
    act()
    dialog = _dialog(studio, UnsavedDialog, qtbot)
    assert isinstance(dialog, UnsavedDialog)
    dialog._finish(UnsavedAnswer.DISCARD)


def test_a_pasted_picture_becomes_a_head(studio: Studio, qtbot: QtBot) -> None:
    studio.window.image_pasted.emit(np.full((64, 48, 3), 200, dtype=np.uint8))
    _head_made(studio, qtbot)
    assert studio.window.isWindowModified()


def _bad_files(folder: Path, photo: Path) -> dict[str, Path]:
    good = folder / "good.volteface"
    import zipfile

    from core.camera import Camera
    from core.photo import Photo

    Project(photo=Photo.open(photo), camera=Camera.orbit(), head=tiny_head(2)).save(good)
    data, picture = good.read_bytes(), photo.read_bytes()
    files = {
        "truncated.png": picture[: len(picture) // 2],
        "zero.jpg": b"",
        "renamed.png": b"%PDF-1.4 nothing",
        "words.jpg": b"These are words.",
        "truncated.volteface": data[: len(data) // 2],
        "zero.volteface": b"",
        "renamed.volteface": picture,
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    for name, facts in {
        "newer.volteface": '{"format": "volteface", "version": 99}',
        "bomb.volteface": " " * 5_000_000,
    }.items():
        with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("project.json", facts)
    (folder / "a folder").mkdir()
    names = [*files, "newer.volteface", "bomb.volteface", "a folder", "gone.png", "gone.volteface"]
    return {name: folder / name for name in names}


@pytest.mark.parametrize(
    "name",
    [
        "truncated.png",
        "zero.jpg",
        "renamed.png",
        "words.jpg",
        "truncated.volteface",
        "zero.volteface",
        "renamed.volteface",
        "newer.volteface",
        "bomb.volteface",
        "a folder",
        "gone.png",
        "gone.volteface",
    ],
)
def test_bad_input_is_one_dialog_and_the_work_is_untouched(
    studio: Studio, photo: Path, tmp_path: Path, qtbot: QtBot, name: str
) -> None:
    _drop(studio, photo)
    _head_made(studio, qtbot)
    before, path = studio.session.project, studio.session.path
    bad = _bad_files(tmp_path, photo)[name]
    studio.window.path_opened.emit(bad)
    words = _error(studio, qtbot)
    assert name in words
    assert words.count(".") >= 2, "a sentence and a hint"
    assert (studio.session.project, studio.session.path) == (before, path)
    assert str(bad) not in studio.settings.value.recent_files


def test_another_document_asks_for_unsaved_work(studio: Studio, photo: Path, tmp_path: Path, qtbot: QtBot) -> None:
    _drop(studio, photo)
    _head_made(studio, qtbot)
    mine = studio.session.project
    other = _photo(tmp_path / "grace.png")
    _drop(studio, other)
    dialog = _dialog(studio, UnsavedDialog, qtbot)
    assert isinstance(dialog, UnsavedDialog)
    dialog._finish(UnsavedAnswer.CANCEL)
    qtbot.wait(50)
    assert studio.session.project is mine
    _drop(studio, other)
    _discard_unsaved(studio, qtbot, lambda: None)
    qtbot.waitUntil(lambda: studio.session.name == "grace", timeout=LONG)
    _head_made(studio, qtbot)


def test_saving_first_goes_on_only_after_the_save(studio: Studio, photo: Path, tmp_path: Path, qtbot: QtBot) -> None:
    _drop(studio, photo)
    _head_made(studio, qtbot)
    saved = tmp_path / "kept.volteface"
    studio.saving.save(saved)
    qtbot.waitUntil(lambda: not studio.window.isWindowModified(), timeout=LONG)
    studio.session.replace("Change", head=tiny_head(5))
    other = _photo(tmp_path / "grace.png")
    _drop(studio, other)
    dialog = _dialog(studio, UnsavedDialog, qtbot)
    assert isinstance(dialog, UnsavedDialog)
    dialog._finish(UnsavedAnswer.SAVE)
    qtbot.waitUntil(lambda: studio.session.name == "grace", timeout=LONG)
    kept = Project.load(saved)
    assert kept.head is not None
    assert kept.head.seed == 5
    _head_made(studio, qtbot)


def test_saving_first_asks_where_when_it_was_never_saved(
    studio: Studio, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    _drop(studio, photo)
    _head_made(studio, qtbot)
    _drop(studio, _photo(tmp_path / "grace.png"))
    asked = _dialog(studio, UnsavedDialog, qtbot)
    assert isinstance(asked, UnsavedDialog)
    asked._finish(UnsavedAnswer.SAVE)
    where = _dialog(studio, QFileDialog, qtbot)
    assert isinstance(where, QFileDialog)
    where.fileSelected.emit(str(tmp_path / "kept.volteface"))
    where.reject()
    qtbot.waitUntil(lambda: studio.session.name == "grace", timeout=LONG)
    assert Project.load(tmp_path / "kept.volteface").head is not None
    _head_made(studio, qtbot)


def test_a_failed_save_is_a_dialog_and_nothing_is_lost(
    studio: Studio, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    _drop(studio, photo)
    _head_made(studio, qtbot)
    closed: list[bool] = []
    studio.window.closing.connect(lambda: closed.append(True))
    studio.window.save_and_close_requested.emit(tmp_path / "no such folder" / "a.volteface")
    assert "folder" in _error(studio, qtbot)
    assert studio.window.isWindowModified()
    assert not closed
    studio.window.save_and_close_requested.emit(tmp_path / "a.volteface")
    qtbot.waitUntil(lambda: closed == [True], timeout=LONG)
    assert (tmp_path / "a.volteface").is_file()


def test_a_full_disk_is_a_dialog_and_nothing_is_lost(
    studio: Studio, photo: Path, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    _drop(studio, photo)
    _head_made(studio, qtbot)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    studio.saving.save(tmp_path / "a.volteface")
    assert "full" in _error(studio, qtbot)
    assert studio.window.isWindowModified()
    assert not (tmp_path / "a.volteface").exists()


def test_work_is_recovered_after_a_crash(make_studio: MakeStudio, photo: Path, tmp_path: Path, qtbot: QtBot) -> None:
    first = make_studio()
    first.start()
    _drop(first, photo)
    _head_made(first, qtbot)
    first.saving.autosave()
    autosave = tmp_path / "home" / "recovery"
    qtbot.waitUntil(lambda: bool(list(autosave.glob("*/facts.json"))) and not first.files.is_busy(), timeout=LONG)
    kept = [file.read_bytes() for file in (next(autosave.iterdir()) / "autosave.volteface",)]
    facts = (next(autosave.iterdir()) / "facts.json").read_text()
    first.close()
    lost = autosave / "of a dead window"
    lost.mkdir(parents=True)
    (lost / "autosave.volteface").write_bytes(kept[0])
    (lost / "facts.json").write_text(facts)

    second = make_studio()
    second.start()
    _dialog(second, RecoveryDialog, qtbot)
    second.window.restore_requested.emit("of a dead window")
    qtbot.waitUntil(lambda: second.session.project is not None, timeout=LONG)
    assert _seed(second) == 99
    assert second.window.isWindowModified()
    qtbot.waitUntil(lambda: not lost.exists(), timeout=LONG)
    qtbot.waitUntil(lambda: not second.window.findChildren(RecoveryDialog), timeout=LONG)


def test_closing_by_oneself_leaves_no_autosave(studio: Studio, photo: Path, tmp_path: Path, qtbot: QtBot) -> None:
    _drop(studio, photo)
    _head_made(studio, qtbot)
    studio.window.close_now()
    assert list((tmp_path / "home" / "recovery").glob("*")) == []


def test_work_is_kept_when_the_system_ends_the_window(make_studio: MakeStudio, photo: Path, qtbot: QtBot) -> None:
    first = make_studio()
    first.start()
    _drop(first, photo)
    _head_made(first, qtbot)
    first.close(keep_work=True)
    second = make_studio()
    (lost,) = second.saving.lost_work()
    assert lost.title == "ada ü"
    restored = Project.load(lost.file)
    assert restored.head is not None
    assert restored.head.seed == 99


def test_preferences_are_kept_and_used(make_studio: MakeStudio, tmp_path: Path) -> None:
    studio = make_studio()
    studio.start()
    chosen = Preferences(
        theme=Theme.LIGHT,
        threads=1,
        autosave_minutes=0,
        release_quality=Quality.NEAR,
        default_folder=tmp_path,
    )
    studio.window.preferences_changed.emit(chosen)
    assert studio.viewing.finest == Quality.NEAR
    again = make_studio()
    assert again.window.preferences() == chosen


def test_recent_files_show_what_still_exists(make_studio: MakeStudio, tmp_path: Path, qtbot: QtBot) -> None:
    studio = make_studio()
    here, gone = _photo(tmp_path / "here.png"), tmp_path / "gone.png"
    studio.settings.change(studio.settings.value.with_recent(gone).with_recent(here))
    studio.start()
    qtbot.waitUntil(lambda: not studio.files.is_busy(), timeout=LONG)
    assert [item.path for item in studio.window._recent] == [here]
    assert studio.window._recent[0].thumbnail is not None
    studio.window.recent_cleared.emit()
    assert studio.window._recent == ()


def test_improve_makes_the_present_head_an_undo_step(
    studio: Studio, photo: Path, qtbot: QtBot, workshop: Workshop
) -> None:
    _drop(studio, photo)
    _head_made(studio, qtbot)
    present = studio.session.project
    studio.window.improve_requested.emit()
    qtbot.waitUntil(lambda: len(workshop.heads_made) == 2, timeout=LONG)
    _head_made(studio, qtbot)
    studio.window.actions_by_name["undo"].trigger()
    assert studio.session.project is not None
    assert present is not None
    assert studio.session.project.head is present.head


def test_an_error_of_the_search_is_a_dialog(
    make_studio: MakeStudio, photo: Path, qtbot: QtBot, workshop: Workshop
) -> None:
    from core.errors import InversionError

    def fail(*_args: object, **_options: object) -> None:
        raise InversionError("The photo shows no person.", "Use another photo.")

    studio = make_studio()
    studio.making._engines = dataclasses.replace(workshop.engines(), make_head=fail)  # type: ignore[arg-type]
    studio.start()
    _drop(studio, photo)
    assert "no person" in _error(studio, qtbot)
    assert not studio.making.is_busy
    assert studio.session.project is not None
