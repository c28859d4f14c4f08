"""What is loaded behind the first window, so that nobody waits for it later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app import road

if TYPE_CHECKING:
    from collections.abc import Callable


def warm_up(generator: str = "mini") -> Callable[[], None]:
    """Load what any first head will need, while nobody waits for it yet; answers with what to go on with."""
    import scipy.ndimage

    import core.align
    import core.editors.random_head
    import core.rendering.renderer
    from core import generators, inverters

    generators.load(generator)
    del core.align, core.editors, core.rendering, inverters, scipy.ndimage
    return warm_up_photos


def warm_up_photos(generator: str = "mini") -> None:
    """Load what only a photo needs, which takes a second: the nets that look at it and the way to a head."""
    import torch

    from core.evaluation.studio_inverter import studio_inverter
    from core.inverters.encoder import bundled_encoder
    from core.perception.lpips import perceptual_net
    from core.segmenters.parser import parse_logits

    road.align_photo(road.open_photo(road.SAMPLE_PHOTO))
    studio_inverter("pivotal")
    bundled_encoder(generator)
    # by the device, as who uses them asks for them
    perceptual_net("alex", torch.device("cpu"))
    parse_logits(torch.zeros(1, 3, 32, 32))
