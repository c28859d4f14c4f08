"""The words of the models dialog."""

from __future__ import annotations

from app.library import TITLES
from core.perception import weights


def test_every_bundled_net_has_a_short_title_and_no_other_has() -> None:
    assert {record.name for record in weights.records()} == set(TITLES)
    assert max(map(len, TITLES.values())) <= 20
    assert len(set(TITLES.values())) == len(TITLES)
