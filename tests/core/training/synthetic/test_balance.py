import json
from pathlib import Path
from typing import Any

import pytest

from core.errors import VoltefaceError
from core.training.synthetic.balance import balance_of, balance_of_facts

FACTS: dict[str, Any] = {
    "gender": 0.1,
    "age": 0.45,
    "melanin": 0.5,
    "hair": "bun",
    "beard": 0.0,
    "beard_style": "none",
    "glasses": True,
    "dark_lenses": False,
    "expression": {"face/mouthSmileLeft": 0.6, "face/jawOpen": 0.1},
}
OLD_MAN = {"gender": 0.9, "age": 1.0, "melanin": 0.97, "hair": "none", "beard": 0.8, "beard_style": "full"}


def test_heads_are_counted_by_group() -> None:
    balance = balance_of_facts([FACTS, FACTS | OLD_MAN | {"dark_lenses": True, "expression": {}}])
    assert balance.heads == 2
    assert balance.sexes == {"female": 1, "male": 1}
    assert balance.ages == {"teens": 1, "young": 0, "middle-aged": 0, "old": 1}
    assert (balance.skin_tones["medium"], balance.skin_tones["very dark"]) == (1, 1)
    assert (balance.hair["tied"], balance.hair["bald"]) == (1, 1)
    assert balance.women_hair["bald"] == 0
    assert balance.beards == {"none": 1, "full": 1}
    assert balance.glasses == {"none": 0, "clear": 1, "dark": 1}
    assert balance.faces == {"smiling": 1, "open mouth": 0, "calm": 1}


def test_each_grouping_adds_up(training_heads: list[dict[str, Any]]) -> None:
    balance = balance_of_facts(head["meta"] for head in training_heads)
    for name, counts in vars(balance).items():
        if name not in ("heads", "women_hair"):
            assert sum(counts.values()) == balance.heads == len(training_heads)


def test_version_1_has_painted_beards() -> None:
    first = {name: value for name, value in (FACTS | {"beard": 0.6}).items() if name != "beard_style"}
    assert balance_of_facts([first]).beards == {"none": 0, "painted": 1}


def test_a_folder_is_counted_and_told_in_words(tmp_path: Path) -> None:
    for seed in range(3):
        (tmp_path / f"{seed:06d}").mkdir()
        (tmp_path / f"{seed:06d}" / "meta.json").write_text(json.dumps(FACTS))
    (tmp_path / "000009").mkdir()  # not finished
    lines = balance_of(tmp_path).lines()
    assert lines[0] == "sex: female 100 %, male 0 %"
    assert any(line.startswith("hair of women: ") and "tied 100 %" in line for line in lines)


def test_an_empty_folder_has_no_heads(tmp_path: Path) -> None:
    assert balance_of(tmp_path).heads == 0
    assert balance_of(tmp_path).lines()


def test_damaged_facts_are_told(tmp_path: Path) -> None:
    (tmp_path / "000000").mkdir()
    (tmp_path / "000000" / "meta.json").write_text("{")
    with pytest.raises(VoltefaceError, match="could not be read"):
        balance_of(tmp_path)
