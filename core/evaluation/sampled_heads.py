"""Random heads of the generator as truths: as many as one likes, for what fails seldom, such as a face behind."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from core.camera import Camera
from core.editors.random_head import random_latents
from core.evaluation.held_out import HeldOutHead, TrueView
from core.evaluation.pictures import COMPARED_PX, head_of
from core.frame import Quality
from core.rendering.renderer import HeadRenderer

if TYPE_CHECKING:
    from core.protocols import Generator

YAW_DEGREES, PITCH_DEGREES = 18.0, 7.0
"""Deviations of the portraits' angles."""
LEAST_ALPHA = 0.5


def sampled_head(generator: Generator, seed: int) -> HeldOutHead:
    """The random head of a seed and one portrait of it, from somewhere in front."""
    random = np.random.default_rng(seed)
    yaw, pitch = (math.radians(float(random.normal(0, spread))) for spread in (YAW_DEGREES, PITCH_DEGREES))
    with torch.no_grad():
        head = head_of(generator, random_latents(generator, seed), seed)
    camera = Camera.orbit(yaw, pitch)
    frame = HeadRenderer(generator, head).render(camera, Quality.NEAR, size_px=COMPARED_PX)
    solid = (frame.alpha > LEAST_ALPHA).astype(np.uint8)
    label = solid
    if frame.labels is not None:
        label = cv2.resize(frame.labels, (COMPARED_PX, COMPARED_PX), interpolation=cv2.INTER_NEAREST) * solid
    return HeldOutHead(seed, {0: TrueView(frame.rgb, label, camera, frame.depth)})
