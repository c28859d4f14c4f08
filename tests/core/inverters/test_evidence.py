"""What a photo says of a head, where it says what no generator knows."""

import pytest
import torch

from core.camera import Camera
from core.inverters.part_reading import PARSER, brow_height, part_chances
from core.mask import PARTS
from core.segmenters import parser
from tests.core.inverters.portraits import portrait
from tests.fakes import TinyGenerator, tiny_head


def test_a_hat_is_taken_for_hair_and_a_collar_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    def all_cloth(rgb: torch.Tensor) -> torch.Tensor:
        logits = torch.zeros(1, len(PARTS), *rgb.shape[2:])
        logits[:, PARTS.index("cloth")] = 9.0
        return logits

    monkeypatch.setattr(parser, "parse_logits", all_cloth)
    assert PARSER.is_file()
    told = part_chances(torch.ones(1, 3, 128, 128), brows=0.5)[0].argmax(0)
    assert (told[:60] == PARTS.index("hair")).all()
    assert (told[68:] == PARTS.index("cloth")).all()
    assert (part_chances(torch.ones(1, 3, 128, 128))[0].argmax(0) == PARTS.index("cloth")).all()


def test_brows_are_above_the_eyes() -> None:
    head = tiny_head(1)
    alignment = portrait(TinyGenerator(), head.latents, Camera.orbit())
    eyes = alignment.landmarks_in_crop[[33, 263], 1].mean() / len(alignment.crop)
    assert 0.2 < brow_height(alignment.landmarks_in_crop, len(alignment.crop)) < eyes
