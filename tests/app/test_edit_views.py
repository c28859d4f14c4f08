"""What the editing panels say of parts, references and edits."""

from __future__ import annotations

import pytest

from app.edit_facts import PERSON, SliderFacts
from app.edit_views import part_views, reference_title, slider_views
from core.edit import MoveSlider


@pytest.mark.parametrize(
    ("coverage", "words"),
    [
        ({"glasses": 0.02}, "behind glasses"),
        ({"glasses": 0.02, "eyes": 0.004}, "< 1 %"),
        ({"hair": 0.3}, "—"),
    ],
)
def test_eyes_that_glasses_hide_are_not_called_missing(coverage: dict[str, float], words: str) -> None:
    amounts = {view.name: view.amount for view in part_views(coverage)}
    assert amounts["eyes"] == words
    assert amounts["nose"] == "—"


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("seed:7", "Seed 7"),
        ("grace_hopper.JPG", "grace_hopper"),
        ("grace.volteface", "grace"),
        ("Ms. Hopper", "Ms. Hopper"),
        (".png", ".png"),
    ],
)
def test_references_go_by_what_people_call_them(name: str, title: str) -> None:
    assert reference_title(name) == title


def test_sliders_that_a_photo_hides_are_not_offered_for_it_but_can_be_taken_back() -> None:
    facts = [SliderFacts(name, "less .. more", (-1.0, 2.0), PERSON) for name in ("age", "beard", "glasses")]
    assert [view.name for view in slider_views(facts, ())] == ["age", "beard", "glasses"]
    assert [view.name for view in slider_views(facts, (), below_photo=True)] == ["age"]
    moved = [MoveSlider(key="1", name="glasses", strength=1.5)]
    assert [(view.name, view.value) for view in slider_views(facts, moved, below_photo=True)] == [
        ("age", 0.0),
        ("glasses", 1.5),
    ]
