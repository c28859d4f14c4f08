"""The editing side of the window: its panels, the brush, and one set of signals for the application.

Longer than usual: what all panels and tools of editing share is decided here, which of them rests while another works.
"""

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QMenu

from core.frame import Frame, Quality
from core.mask import PARTS
from widgets.attributes_panel import AttributesPanel
from widgets.edit_values import FREE_PART, CutWish, EditingView, Labels, part_of_label
from widgets.edits_panel import EditsPanel
from widgets.masking import Masking
from widgets.overlays import Caption
from widgets.painting import Painting
from widgets.parts_panel import PartsPanel
from widgets.references_panel import ReferencesPanel
from widgets.region_tint import REGION_LABEL
from widgets.viewer import Viewer

_OF_PARTS = ("parts", "references", "refusal", "part_limit")
"""What of a view the panel of parts shows."""


class EditingPanels(QObject):
    """Shows an EditingView; emits what the person wants changed.

    Signals:
        reference_files_chosen: list of Path.
        random_reference_requested: seed.
        reference_selected, reference_removed: key.
        reference_renamed: key and name.
        part_taken: part and key of the reference.
        part_removed: part.
        part_coloured: part and (red, green, blue), 0..1.
        sliders_seen: whether the sliders are looked at.
        slider_moved: name, value and whether the hand is still at it.
        strength_moved: key, strength and whether the hand is still at it.
        fit_moved: key, "seam" or "harmony", value and whether the hand is still at it.
        edit_switched: key and on or off.
        edit_moved: key and its new index.
        edit_duplicated, edit_deleted: key.
        bare_toggled: the head is shown without edits.
        wipe_toggled: it is shown beside the head without edits, with a divider to drag.
        painted: Strokes.
        painting_changed: whether the person paints.
        stroked: there is another stroke of what is drawn, or one less.
        region_drawn: Drawing.
        region_dropped: what was drawn for no part in particular shall be forgotten.
        cut_wished: CutWish; `show_cut` answers it.
        part_chosen: name of the part; empty for none.
        references_wanted: the panel of references shall come to the front.
    """

    reference_files_chosen = Signal(list)
    random_reference_requested = Signal(int)
    reference_selected = Signal(str)
    reference_removed = Signal(str)
    reference_renamed = Signal(str, str)
    part_taken = Signal(str, str)
    part_removed = Signal(str)
    part_coloured = Signal(str, tuple)
    sliders_seen = Signal(bool)
    slider_moved = Signal(str, float, bool)
    strength_moved = Signal(str, float, bool)
    fit_moved = Signal(str, str, float, bool)
    edit_switched = Signal(str, bool)
    edit_moved = Signal(str, int)
    edit_duplicated = Signal(str)
    edit_deleted = Signal(str)
    bare_toggled = Signal(bool)
    wipe_toggled = Signal(bool)
    painted = Signal(object)
    painting_changed = Signal(bool)
    stroked = Signal()
    picture_wanted = Signal()  # what is drawn on next is a picture of the head, nothing that stands for it
    region_drawn = Signal(object)
    region_dropped = Signal()
    cut_wished = Signal(object)
    part_chosen = Signal(str)
    references_wanted = Signal()

    def __init__(self, viewer: Viewer, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._view = EditingView(refusal="Once there is a head it can be edited here.")
        self._paint_wanted = False
        self.references = ReferencesPanel()
        self.parts = PartsPanel()
        self.attributes = AttributesPanel()
        self.edits = EditsPanel()
        self.painting = Painting(viewer)
        self.masking = Masking(viewer)
        self._mask_wanted = ""
        self.bare_caption = Caption("Without edits", viewer)
        self.bare_caption.move(12, 12)
        self._connect()

    @property
    def can_edit(self) -> bool:
        """Whether there is a head that can be edited here."""
        return not self._view.refusal

    @property
    def is_drawing(self) -> bool:
        """Whether the person paints or draws a mask."""
        return self.painting.is_active or self.masking.is_active

    @property
    def stroke_to_undo(self) -> str | None:
        """What undo would take back of what is being drawn; None where there is nothing."""
        return "stroke" if self.painting.can_undo or self.masking.can_undo else None

    def undo_stroke(self) -> None:
        """Take back the last stroke of what is being drawn."""
        (self.painting if self.painting.is_active else self.masking).undo()

    def stop_drawing(self) -> None:
        """Give up what is being drawn."""
        self._mask_wanted, self._paint_wanted = "", False
        self.painting.cancel()
        self.masking.cancel()

    def set_view(self, view: EditingView) -> None:
        """Show this."""
        before, self._view = self._view, view
        can = not view.refusal
        if (view.references, view.refusal) != (before.references, before.refusal):
            # the application keeps the views of references that did not change
            self.references.set_references(view.references, enabled=can)
        if any(getattr(view, name) != getattr(before, name) for name in _OF_PARTS):
            self.parts.set_parts(view.parts if can else (), view.references, view.refusal, view.part_limit)
        self.attributes.set_sliders(view.sliders if can else (), view.slider_note)
        if view.region is not before.region:
            self._show_region(self.parts.chosen_part)
        self.edits.set_edits(view.edits)
        self._unlock()

    def set_bare(self, bare: bool) -> None:
        """Show whether the head is without its edits, without emitting."""
        self.edits.bare_button.blockSignals(True)
        self.edits.bare_button.setChecked(bare)
        self.edits.bare_button.blockSignals(False)
        self.bare_caption.setVisible(bare)

    def toggle_painting(self, on: bool) -> None:
        """Begin to paint as soon as the picture in view is finished, or keep what was painted, which can be undone."""
        self._paint_wanted = False
        self.masking.cancel()
        if not on:
            self.painting.finish()
            return
        self.picture_wanted.emit()
        if not self.frame_shown(self._viewer.frame, wanted=True):
            self._paint_wanted = True

    def frame_shown(self, frame: Frame | None, *, wanted: bool = False) -> bool:
        """A picture came into view; painting begins on it if that is what was waited for."""
        if not (wanted or self._paint_wanted or self._mask_wanted) or self.is_drawing:
            return False
        if frame is None or frame.quality < Quality.NEAR or frame.camera != self._viewer.camera():
            return False
        if self._mask_wanted:
            part, self._mask_wanted = self._mask_wanted, ""
            self._viewer.set_region(None)
            self.masking.begin(frame, part, self._view.click_refusal)
            return True
        self._paint_wanted = False
        self.painting.begin(frame)
        return True

    def choose_part(self, label: str) -> None:
        """Choose the part that was clicked in the picture, with Shift beside those chosen already."""
        self.parts.choose(part_of_label(label), beside=self._viewer.click_adds)

    def refine(self, part: str) -> None:
        """Draw a mask for a part over the view, as soon as the picture in view is finished."""
        self.stop_drawing()
        self.picture_wanted.emit()
        self._mask_wanted = part
        self.frame_shown(self._viewer.frame)

    def show_cut(self, wish: CutWish, found: Labels | None) -> None:
        """Answer a wish for a cut; None when nothing was found."""
        self.masking.show_cut(wish, found)

    def _connect(self) -> None:
        references, parts, edits = self.references, self.parts, self.edits
        references.files_chosen.connect(self.reference_files_chosen)
        references.random_requested.connect(self.random_reference_requested)
        references.selected.connect(self.reference_selected)
        references.removed.connect(self.reference_removed)
        references.renamed.connect(self.reference_renamed)
        references.part_taken.connect(self.part_taken)
        parts.taken.connect(self.part_taken)
        parts.removed.connect(self.part_removed)
        parts.coloured.connect(self.part_coloured)
        parts.chosen.connect(self._part_chosen)
        parts.pointed.connect(self._point)
        parts.refined.connect(self.refine)
        parts.region_dropped.connect(self.region_dropped)
        self.masking.drawn.connect(self.region_drawn)
        self.masking.cut_wished.connect(self.cut_wished)
        for drawing in (self.painting, self.masking):
            drawing.began.connect(self._unlock)
            drawing.ended.connect(self._unlock)
            drawing.stroked.connect(self.stroked)
        self.masking.began.connect(lambda: self.painting_changed.emit(True))
        self.masking.ended.connect(self._mask_ended)
        parts.references_wanted.connect(self._want_references)
        self.attributes.moved.connect(self.slider_moved)
        edits.strength_moved.connect(self.strength_moved)
        edits.fit_moved.connect(self.fit_moved)
        edits.switched.connect(self.edit_switched)
        edits.moved.connect(self.edit_moved)
        edits.duplicated.connect(self.edit_duplicated)
        edits.deleted.connect(self.edit_deleted)
        edits.bare_toggled.connect(self.bare_caption.setVisible)
        edits.bare_toggled.connect(self.bare_toggled)
        edits.bare_toggled.connect(lambda on: edits.wipe_button.setChecked(False) if on else None)
        edits.wipe_toggled.connect(self._wipe)
        self._viewer.wiping_left.connect(lambda: edits.wipe_button.setChecked(False))
        self.painting.painted.connect(self.painted)
        self.painting.began.connect(lambda: self.painting_changed.emit(True))
        self.painting.ended.connect(lambda: self.painting_changed.emit(False))
        self._viewer.menu_asked.connect(self._open_menu)

    def _unlock(self) -> None:
        """Nothing else is done to a head while it is drawn on: strokes would lie on another one."""
        still = not self.is_drawing
        can = still and not self._view.refusal
        self.parts.setEnabled(still)
        self.attributes.setEnabled(still)
        self.references.setEnabled(can)
        self.edits.setEnabled(can)

    def _wipe(self, on: bool) -> None:
        if on:
            self.edits.bare_button.setChecked(False)
        self._viewer.set_wiping(on)
        self.wipe_toggled.emit(on)

    def _part_chosen(self, part: str) -> None:
        self._show_region(part)
        self._viewer.light_up(_label_of(part) if part != FREE_PART else REGION_LABEL)
        self.part_chosen.emit(part)

    def _point(self, part: str) -> None:
        self._show_region(part or self.parts.chosen_part)
        self._viewer.light_up(_label_of(part) if part != FREE_PART else REGION_LABEL)

    def _show_region(self, part: str) -> None:
        """The drawn region is tinted from every side for as long as it is chosen."""
        self._viewer.set_region(self._view.region if part == FREE_PART and not self.is_drawing else None)

    def _mask_ended(self) -> None:
        self.painting_changed.emit(False)
        self._show_region(self.parts.chosen_part)

    def _want_references(self) -> None:
        self.references_wanted.emit()
        self.references.ask_files()

    def _open_menu(self, label: str, place: QPoint) -> None:
        part = part_of_label(label)
        if part not in self.parts.rows:
            return
        self.parts.choose(part)
        menu = QMenu(self._viewer)
        menu.aboutToHide.connect(menu.deleteLater)
        self.parts.fill_menu(menu, part)
        menu.popup(place)


def _label_of(part: str) -> int:
    """The first label of a part; 0 for none."""
    return next((n for n, name in enumerate(PARTS) if part and part_of_label(name) == part), 0)
