"""The last layer of the denoiser in closed form: what its networks see becomes changes of all styles, by regression.

Descent alone finds that layer slowly, for most of what sketches lack is strokes that cannot be foreseen; and while it
is not found, nothing tells the layers before it what to look for. It is a linear function of 3 x 3 places, so the best
one is known at once. They learn by descent then, and it is found again from time to time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from core.progress import Progress
from core.stylizers.drawing_networks import shares_of
from core.stylizers.first_sketch import LEAST_ERROR, drawn_on
from core.stylizers.noise_schedule import TRAINED_TIMESTEPS
from core.stylizers.vocabulary import STYLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from core.progress import Report
    from core.stylizers.drawing_networks import DrawingDenoiser
    from core.training.prior_lessons import Lesson

RIDGE = 1e-4
"""Of the mean square of a feature."""
SIDE = 3
"""Of the window that the last layer looks at."""


def wanted_changes(denoiser: DrawingDenoiser, lesson: Lesson, numbers: Sequence[int]) -> tuple[Tensor, Tensor]:
    """What sketches of a lesson's styles lack [V, N, C, h, w], in units of how far they err, and where heads are."""
    here = drawn_on(lesson.conditions, denoiser.white)[:, None]
    errors = denoiser.sketch.errors[numbers][..., None, None]
    return (lesson.drawn - lesson.sketches) / (errors * here + LEAST_ERROR).sqrt(), here[:, 0]


@torch.no_grad()
def fit_readout(denoiser: DrawingDenoiser, lessons: Sequence[Lesson], numbers: Sequence[int], report: Report) -> None:
    """Find the last layer of a denoiser whose others stay.

    Args:
        denoiser: is changed.
        lessons: views of heads, in full or half precision.
        numbers: of the styles that they are drawn in.
        report: told of every head.
    """
    layer, kept = denoiser.unet.conv_out, []
    hook = layer.register_forward_pre_hook(lambda _, given: kept.append(given[0]))
    features = SIDE**2 * layer.in_channels + 1
    products = torch.zeros(features, features)
    found = torch.zeros(features, len(numbers) * denoiser.channels)
    random = torch.Generator().manual_seed(0)
    for done, half in enumerate(lessons):
        lesson = type(half)(*(part.float() for part in vars(half).values()))
        changes, here = wanted_changes(denoiser, lesson, numbers)
        noise = torch.randn(lesson.drawn[:, 0].shape, generator=random)
        timesteps = torch.full((len(noise),), TRAINED_TIMESTEPS - 1)
        style = STYLES[numbers[done % len(numbers)]]
        denoiser.changes(noise, timesteps, shares_of([[style]] * len(noise)), lesson.conditions)
        seen = F.unfold(kept.pop(), SIDE, padding=SIDE // 2)
        seen = torch.cat([seen, torch.ones_like(seen[:, :1])], 1).transpose(1, 2)[here[:, 0].flatten(1) > 0]
        wanted = changes.flatten(1, 2).permute(0, 2, 3, 1)[here[:, 0] > 0]
        products.addmm_(seen.T, seen)
        found.addmm_(seen.T, wanted)
        report(Progress(done + 1, len(lessons), "Finding the last layer"))
    hook.remove()
    eased = RIDGE * products.diagonal().mean() * torch.eye(features)
    solved = torch.linalg.solve(products + eased, found)
    weight = layer.weight.view(len(STYLES), denoiser.channels, *layer.weight.shape[1:])
    weight[numbers] = solved[:-1].T.view(len(numbers), denoiser.channels, *layer.weight.shape[1:])
    layer.bias.view(len(STYLES), -1)[numbers] = solved[-1].view(len(numbers), -1)
