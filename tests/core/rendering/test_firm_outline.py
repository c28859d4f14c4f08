"""Outlines are firm, and nothing else changes."""

from dataclasses import replace

import cv2
import numpy as np

from core.camera import Camera
from core.rendering.firm_outline import with_firm_outline
from tests.core.rendering.photographed_ball import frame_of

BROWN, BEHIND = (110, 80, 50), Camera.orbit(np.pi)


def test_outlines_are_firm_from_elsewhere_and_the_inside_stays() -> None:
    frame = frame_of(BROWN, "skin", BEHIND)
    hazy = cv2.GaussianBlur(frame.alpha, (0, 0), 4.0)
    rgb = (hazy[..., None] * np.array(BROWN) + (1 - hazy[..., None]) * 255 + 0.5).astype(np.uint8)
    soft = replace(frame, rgb=rgb, alpha=hazy)
    firm = with_firm_outline(soft, 1.0)
    assert ((firm.alpha > 0.1) & (firm.alpha < 0.9)).sum() < 0.5 * ((hazy > 0.1) & (hazy < 0.9)).sum()
    np.testing.assert_array_equal(firm.rgb[hazy > 0.99], rgb[hazy > 0.99])
    edge = firm.alpha > 0.9
    np.testing.assert_allclose(firm.rgb[edge], np.broadcast_to(BROWN, (edge.sum(), 3)), atol=30)
    assert with_firm_outline(soft, 0.0) is soft
    hazy[10:14, 10:14] = 1.0
    assert with_firm_outline(replace(soft, alpha=hazy), 1.0).alpha[:30, :30].max() < 0.05, "a speck in the air goes"
