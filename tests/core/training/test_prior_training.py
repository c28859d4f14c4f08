"""The prior's training, on drawings of ellipses: it learns, and goes on where it stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from core.errors import VoltefaceError
from core.progress import silent
from core.stylizers.drawing_networks import DrawingConfig
from core.stylizers.drawing_prior import load_prior
from core.training.prior import DRAWINGS, LESSONS, PriorTraining
from core.training.prior_batches import DrawnHeads, PriorRecipe, grid_of_views
from core.training.prior_codec import fitted_codec
from tests.core.training.drawn_heads import write_drawn_heads

if TYPE_CHECKING:
    from pathlib import Path

RECIPE = PriorRecipe(
    network=DrawingConfig(channels=8, widths=(16, 32), control=(8, 16), words=16, groups=8, features=16, finer=8),
    steps=4,
    batch=4,
    codec_steps=10,
    sketched=6,
    finer_views=4,
    finer_pixels=60,
)


@pytest.fixture(scope="module")
def drawings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run")
    write_drawn_heads(out / DRAWINGS, (1, 2, 19))
    return out


def test_held_out_heads_are_drawn_but_not_learned_from(drawings: Path) -> None:
    assert len(DrawnHeads(drawings / DRAWINGS).heads) == 2


def test_a_fitted_codec_keeps_pictures_and_unit_variance(drawings: Path) -> None:
    pictures = DrawnHeads(drawings / DRAWINGS).pictures(4)
    codec = fitted_codec(pictures, 16, silent, steps=20)
    with torch.no_grad():
        shown = pictures.float() / 255
        latents = codec.encoded(shown)
        error = float((codec.decoded(latents) - shown).square().mean())
    assert -10 * np.log10(error) > 22
    assert float(latents.std()) == pytest.approx(1, abs=0.4)


def test_a_view_shows_drawing_picture_and_depth_of_the_same_side(drawings: Path) -> None:
    head, view = DrawnHeads(drawings / DRAWINGS).drawn_by_lot(0.0, 0.0, np.random.default_rng(0))
    assert view.drawn.shape == (len(head.styles), 3, 128, 128)
    assert view.plain.shape == (1, 3, 128, 128)
    figure = (view.depth > 0.2)[0, 0]
    apart = (view.drawn[1:] - view.plain).abs().mean((0, 1))
    assert float(apart[figure].mean()) > float(apart[~figure].mean()) + 0.02


def test_a_grid_has_its_views_in_reading_order() -> None:
    views = np.stack([np.full((4, 4, 3), value, np.uint8) for value in (10, 20, 30, 40)])
    assert grid_of_views(views)[::2, ::2, 0].tolist() == [[10, 20], [30, 40]]


def test_a_run_that_stopped_goes_on_as_if_it_had_not(drawings: Path, tmp_path: Path) -> None:
    finished = []
    for name, stops in (("whole", (4,)), ("broken", (2, 4))):
        out = tmp_path / name
        out.mkdir()
        (out / DRAWINGS).symlink_to(drawings / DRAWINGS)
        for stop in stops:
            training = PriorTraining(out, RECIPE, silent)
            training.run(silent, stop)
        finished.append(training)
    whole, broken = finished
    assert whole.step == broken.step == 4
    for name, value in whole.parameters.items():
        assert torch.allclose(value, broken.parameters[name], atol=1e-6), name
    path = broken.export(tmp_path / "prior.safetensors")
    assert load_prior(path).config == RECIPE.network
    assert len((tmp_path / "broken" / "log.jsonl").read_text().splitlines()) == 4


def test_lessons_are_views_with_their_sketches_and_are_made_anew_with_these(drawings: Path, tmp_path: Path) -> None:
    (tmp_path / DRAWINGS).symlink_to(drawings / DRAWINGS)
    (tmp_path / LESSONS).mkdir()
    stale = tmp_path / LESSONS / "000001.safetensors"
    stale.write_bytes(b"of other sketches")
    training = PriorTraining(tmp_path, RECIPE, silent)
    lesson, captions = training.lessons.batch(RECIPE, np.random.default_rng(0))
    assert lesson.drawn.shape == lesson.sketches.shape == (4, 3, 8, 32, 32)
    assert len(captions) == len(lesson.conditions) == 4
    assert stale.stat().st_size > 100
    near, far = ((lesson.sketches - drawn).square().mean() for drawn in (lesson.drawn, lesson.drawn.flip(1)))
    assert float(near) < float(far)


def test_a_folder_without_heads_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VoltefaceError, match="no drawings"):
        PriorTraining(tmp_path / "run", RECIPE, silent)
