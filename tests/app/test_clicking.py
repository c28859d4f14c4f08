"""Segment Anything end to end: an official checkpoint is added; clicks and boxes in the refine tool change the mask.

The network is of the package's own classes at a tiny size, with random weights, and stored as its checkpoints are.
"""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
import torch
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from segment_anything import SamPredictor
from segment_anything.modeling import ImageEncoderViT, MaskDecoder, PromptEncoder, Sam, TwoWayTransformer

from app import edit_facts
from app.models import add_model
from core.camera import Camera
from core.checkpoints import store
from core.frame import Quality
from core.progress import silent
from core.rendering.renderer import HeadRenderer
from core.segmenters import cutting
from tests.app.studio_fakes import Workshop, grey_project, studio_in
from tests.fakes import TinyGenerator, tiny_head
from widgets.edit_values import FREE_PART

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray
    from pytestqt.qtbot import QtBot

    from app.studio import Studio
    from widgets.masking import MaskLayer

LONG = 60_000
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
GRID, PATCH_PX, WIDTH = 8, 16, 32


def official_sam() -> Sam:
    """As `segment_anything.build_sam` makes it, smaller."""
    torch.manual_seed(11)
    encoder = ImageEncoderViT(
        img_size=GRID * PATCH_PX, patch_size=PATCH_PX, embed_dim=WIDTH, depth=2, num_heads=2, mlp_ratio=2.0,
        out_chans=WIDTH, norm_layer=partial(torch.nn.LayerNorm, eps=1e-6), use_rel_pos=True, window_size=4,
        global_attn_indexes=(1,),
    )  # fmt: skip
    prompts = PromptEncoder(WIDTH, (GRID, GRID), (GRID * PATCH_PX, GRID * PATCH_PX), 8)
    transformer = TwoWayTransformer(depth=1, embedding_dim=WIDTH, num_heads=8, mlp_dim=32)
    decoder = MaskDecoder(
        transformer_dim=WIDTH,
        transformer=transformer,
        num_multimask_outputs=3,
        iou_head_depth=2,
        iou_head_hidden_dim=16,
    )
    return Sam(encoder, prompts, decoder).eval()


@pytest.fixture
def sam(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sam]:
    """Installed by `models add`."""
    monkeypatch.setenv(store.VARIABLE, str(tmp_path / "models"))
    assert "Segment Anything" in cutting.click_refusal()
    made = official_sam()
    torch.save(made.state_dict(), tmp_path / "sam_vit_tiny.pth")
    assert add_model(tmp_path / "sam_vit_tiny.pth", None, silent).name == "sam"
    assert cutting.click_refusal() == ""
    yield made
    cutting._clicker.cache_clear()


@pytest.fixture
def studio(qtbot: QtBot, tmp_path: Path, workshop: Workshop, sam: Sam) -> Iterator[Studio]:
    del sam  # installed
    engines = dataclasses.replace(workshop.engines(), click_refusal=edit_facts.click_refusal)
    with studio_in(tmp_path, qtbot, engines) as made:
        made.session.begin(grey_project())
        made.window.show_studio()
        yield made


def expected(sam: Sam, rgb: NDArray[np.uint8], side: int, **prompt: object) -> NDArray[np.uint8]:
    """What the package itself answers, the mask that it rates highest."""
    predictor = SamPredictor(sam)
    predictor.set_image(rgb)
    masks, quality, _ = predictor.predict(**prompt)
    large = cv2.resize(masks[int(np.argmax(quality))].astype(np.float32), (side, side), interpolation=cv2.INTER_LINEAR)
    return np.asarray(large * 255, np.uint8)


def test_clicks_and_boxes_in_the_refine_tool_are_answered_by_an_added_model(
    studio: Studio, sam: Sam, qtbot: QtBot
) -> None:
    masking = studio.window.editing.masking
    frame = HeadRenderer(TinyGenerator(), tiny_head(1)).render(Camera.orbit(), Quality.NEAR)
    masking.begin(frame, FREE_PART, studio.engines.click_refusal())
    layer: MaskLayer | None = masking.layer
    assert layer is not None
    assert masking.bar is not None
    assert masking.bar.click_button.isEnabled()
    height, width = frame.rgb.shape[:2]
    square = studio.window.viewer.picture_square()
    middle = square.center().toPoint()

    def pixel(place: QPoint) -> tuple[float, float]:
        u, v = ((place.x() - square.left()) / square.width(), (place.y() - square.top()) / square.height())
        return u * width, v * height

    side = layer.drawn.shape[0]
    masking.bar.click_button.click()
    QTest.mouseClick(layer, LEFT, NONE, middle + QPoint(10, 20))
    qtbot.waitUntil(lambda: layer.surface.can_undo, timeout=LONG)
    click = np.array([pixel(middle + QPoint(10, 20))])
    found = expected(sam, frame.rgb, side, point_coords=click, point_labels=np.array([1]), multimask_output=True)
    assert 0 < found.mean() < 255, "a mask that tells nothing"
    assert np.abs(layer.drawn.astype(int) - found).mean() < 2

    studio.window.editing.undo_stroke()
    assert not layer.drawn.any()
    masking.bar.box_button.click()
    corners = (middle - QPoint(30, 40), middle + QPoint(50, 60))
    QTest.mousePress(layer, LEFT, NONE, corners[0])
    QTest.mouseMove(layer, middle)
    QTest.mouseRelease(layer, LEFT, NONE, corners[1])
    qtbot.waitUntil(lambda: layer.surface.can_undo, timeout=LONG)
    box = np.array([*pixel(corners[0]), *pixel(corners[1])])
    boxed = expected(sam, frame.rgb, side, box=box, multimask_output=False)
    assert np.abs(layer.drawn.astype(int) - boxed).mean() < 2
    studio.window.editing.stop_drawing()
