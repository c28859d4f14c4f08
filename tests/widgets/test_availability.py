"""What can be used when."""

from dataclasses import replace

from widgets.availability import WindowState, available

EVERYTHING = WindowState(
    studio=True, head=True, drawing=False, editable=True, improvable=True, exportable=True, comparable=True
)


def test_without_a_head_only_the_document_can_be_closed() -> None:
    assert {name for name, on in available(replace(EVERYTHING, head=False)).items() if on} == {"close_document"}
    assert not any(available(replace(EVERYTHING, studio=False)).values())


def test_a_picture_that_is_drawn_on_stays_where_it_is() -> None:
    free, drawing = available(EVERYTHING), available(replace(EVERYTHING, drawing=True))
    assert all(free.values())
    held = {name for name, on in drawing.items() if not on}
    assert {"reset_view", "turntable", "view_front", "seen", "surface", "bare", "compare"} <= held
    assert {"save", "paint", "export"}.isdisjoint(held)
