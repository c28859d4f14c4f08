"""The verbs that judge a model, with the tiny generator in the table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import torch

from app.command_line import main
from core import generators
from core.errors import VoltefaceError
from core.evaluation import cost, held_out, kid, samples, sheets
from core.evaluation.figures import ModelFigures
from tests.core.evaluation.test_reconstruction import tiny_truth
from tests.fakes import TinyGenerator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _tiny_for_mini(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setattr(generators, "LOADERS", {"mini": lambda: TinyGenerator(grid_nodes=64)})
    generators.load.cache_clear()
    held_out.write_bundle([tiny_truth()], tmp_path / "heads.zip")
    monkeypatch.setattr(held_out, "BUNDLED", tmp_path / "heads.zip")
    names = [f"{sector}/{name}" for sector in kid.SECTORS for name in (kid.HELD_OUT, kid.TRAINING)]
    reference = {name: torch.rand(6, 1280, generator=torch.Generator().manual_seed(3)) for name in names}
    monkeypatch.setattr(kid, "read_reference", lambda: reference)
    # forms have tests of their own
    for module in (samples, sheets):
        monkeypatch.setattr(module, "with_own_form", lambda _, head: head)
    yield
    generators.load.cache_clear()


def _answer(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    code = main(["evaluate", *arguments, "--json"])
    streams = capsys.readouterr()
    assert code == 0, streams.err
    answer = json.loads(streams.out)
    assert isinstance(answer, dict)
    return answer


def test_model_figures_as_json_and_as_tables(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["model", "--only", "samples,kid", "--samples", "2"]
    figures = ModelFigures.from_json(_answer(arguments, capsys))
    assert list(figures.parts) == ["samples", "kid"]
    assert main(["evaluate", *arguments]) == 0
    streams = capsys.readouterr()
    assert "KID on EfficientNet-Lite0 features" in streams.out
    assert "Faults in 2 random samples x 8 views" in streams.out
    assert "(target <= 0" in streams.out
    assert "Drawing samples" in streams.err


def test_an_evaluation_goes_on_where_it_stopped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "figures.json"
    _answer(["model", "--only", "samples", "--samples", "1", "-o", str(kept)], capsys)
    monkeypatch.setattr("core.evaluation.samples.samples_part", lambda *_: pytest.fail("measured again"))
    answer = _answer(["model", "--only", "samples,kid", "--samples", "1", "-o", str(kept)], capsys)
    assert list(answer["parts"]) == ["samples", "kid"]
    assert json.loads(kept.read_text()) == answer


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["model", "--only", "taste"], "There is no part 'taste' of the evaluation."),
        (["model", "--photos", "/nowhere"], "There is no folder /nowhere."),
        (["model", "--only", "leakage", "--samples", "2"], "knows no attributes"),
        (["editing", "--only", "tail"], "There is no part 'tail' to evaluate."),
        (["editing", "--only", "removal", "--pairs", "1"], "Nothing can be taken off"),
        (["sheets", "--only", "editing", "-o", "NEW"], "knows no attributes to choose heads by"),
        (["sheets", "--only", "dreams", "-o", "x"], "There is no sheet 'dreams'."),
    ],
)
def test_mistakes_are_one_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["evaluate", *(str(tmp_path / "new") if word == "NEW" else word for word in arguments)]) == 2
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.startswith("volteface: ")
    assert sentence in last


def test_a_file_that_holds_no_figures_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.json").write_text("[]")
    assert main(["evaluate", "model", "--only", "kid", "-o", str(tmp_path / "x.json")]) == 2
    assert "holds no figures" in capsys.readouterr().err


def test_sheets_are_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "STEPS", 2)
    answer = _answer(["sheets", "--only", "interpolations", "-o", str(tmp_path / "new")], capsys)
    assert answer["files"] == [str(tmp_path / "new" / "mini_interpolations.png")]
    assert (tmp_path / "new" / "mini_interpolations.png").stat().st_size > 1000


def test_edits_are_judged_and_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.evaluation.edited_views.YAWS_DEGREES", (0,))
    kept = tmp_path / "edits.json"
    answer = _answer(["editing", "--only", "hair", "--pairs", "1", "--steps", "0", "-o", str(kept)], capsys)
    assert list(answer["parts"]) == ["hair"]
    assert json.loads(kept.read_text()) == answer


def test_the_cost_of_a_walk_that_fails_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = tmp_path / "none.safetensors"
    with pytest.raises(VoltefaceError):
        cost.walk("mini", str(missing), str(cost.PORTRAIT), "1")
    monkeypatch.setattr(cost, "WALK", "import sys; sys.exit('lost on the way with ' + sys.argv[2])")
    with pytest.raises(VoltefaceError, match=r"could not be measured: lost on the way with .*none\.safetensors"):
        cost.cost_part("mini", missing)
