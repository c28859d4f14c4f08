"""The published edit on a generator that nobody trained it for."""

from __future__ import annotations

import pytest
import torch

from core.editors.localize import Looks, cameras_of_views
from core.editors.reference_edit import EditedHead, reference_edit
from core.errors import Cancelled, VoltefaceError
from core.mask import PARTS
from tests.fakes import TinyGenerator

GENERATOR = TinyGenerator()
LOOKS = Looks(cameras_of_views([(-40.0, 0.0), (0.0, 0.0)], (0.0, 0.0, 0.0)), samples=(16, 4), neural_px=24)


def head(row: int, push: float) -> EditedHead:
    latents = torch.zeros(4, 8)
    latents[row] = push
    return EditedHead(GENERATOR.trigrid(latents), latents)


def segment(picture: torch.Tensor, features: torch.Tensor, part: str) -> torch.Tensor:
    """By the labels that the generator decodes."""
    if part not in PARTS:
        return torch.zeros_like(features[:, :1])
    logits = GENERATOR.label_logits(features.movedim(1, -1))
    assert logits is not None
    found = (logits.argmax(-1) == PARTS.index(part))[:, None] & (features[:, 3:].abs().sum(1, keepdim=True) > 1)
    assert picture.shape[-1] >= found.shape[-1]
    return found.float()


@pytest.mark.parametrize("part", ["hair", "nose", "eyes", "lips"])
def test_one_s_own_part_changes_nothing(part: str) -> None:
    same = head(2, 1.0)
    edited = reference_edit(GENERATOR, same, same, part, segment, lambda *_: same.latents[None], looks=LOOKS)
    assert torch.allclose(edited.trigrid.planes, same.trigrid.planes, atol=1e-4)
    assert 0 < edited.mask.mean() < 1


def test_another_s_part_changes_some_cells_and_leaves_others() -> None:
    reference, wearer = head(1, 1.0), head(1, -1.0)
    seen = []

    def encode(picture: torch.Tensor, alpha: torch.Tensor) -> torch.Tensor:
        seen.append(picture.shape)
        assert alpha.shape == (1, 1, 256, 256)
        return wearer.latents[None]

    edited = reference_edit(GENERATOR, reference, wearer, "lips", segment, encode, looks=LOOKS)
    assert seen == [torch.Size([1, 3, 256, 256])]
    assert edited.implicit == wearer.trigrid
    change = (edited.trigrid.planes - wearer.trigrid.planes).abs().amax(1, keepdim=True)
    whole = (reference.trigrid.planes - wearer.trigrid.planes).abs().amax(1, keepdim=True)
    share = change / whole
    assert share.max() > 0.9
    assert share.min() < 0.1


def test_what_is_not_there_cannot_be_taken() -> None:
    with pytest.raises(VoltefaceError, match="No glasses"):
        reference_edit(
            GENERATOR,
            head(1, 1.0),
            head(1, 0.0),
            "glasses",
            segment,
            lambda picture, alpha: picture,
            looks=LOOKS,
        )


def test_it_can_be_cancelled() -> None:
    def stop() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        reference_edit(
            GENERATOR,
            head(1, 1.0),
            head(1, 0.0),
            "eyes",
            segment,
            lambda picture, alpha: picture,
            looks=LOOKS,
            stale=stop,
        )
