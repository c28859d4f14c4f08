"""Sliders with names: age, smile, hair length and so on move the latents of any head of a generator with a prior.

The training heads' attributes are known and a latent is an affine function of them, so a slider needs no search: it
moves the attributes that it is about, and those that never differ without them (the measured skin colour goes with the
melanin), and leaves all others alone. How much goes along is regressed over random heads, with sex and the like held
fixed where a slider should not bring them. What leaks nevertheless, `core.evaluation.leakage` measures; the mix of
sliders that undoes most of it is kept beside the model's weights.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from core.checkpoints import store
from core.editors.kept_directions import kept
from core.editors.learned_directions import RANGE as LEARNED_RANGE
from core.errors import VoltefaceError
from core.generators.mini import Mini

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from core.editors.learned_directions import LearnedDirection
    from core.generators.mini_prior import LatentPrior
    from core.protocols import Generator

WEIGHTS = Path(__file__).resolve().parents[2] / "resources" / "weights"
DRAWS = 4096
RIDGE = 1e-3
"""Of the regressions, relative to the draws."""
LEAST_SPREAD = 1e-4


@dataclass(frozen=True)
class Slider:
    """What a slider moves. Strength 1 is one standard deviation of the training heads.

    Attributes:
        name: for options and files.
        title: for people, from low to high.
        moved: weight of each attribute of the target, in deviations; attributes that a model lacks do not count.
        follow: beginnings of names of attributes that go along as they do in random heads.
        held: attributes that are fixed in the regression of those that go along.
        range: strengths that still give heads.
    """

    name: str
    title: str
    moved: Mapping[str, float]
    follow: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    range: tuple[float, float] = (-2.5, 2.5)


_HAIR_RGB = ("hair_{}", "mean_hair_{}")
_SHAPE = ("head/", "forehead/", "eyebrows/", "nose/", "mouth/", "chin/", "cheek/", "eyes/", "neck/", "muscle")
SLIDERS: tuple[Slider, ...] = (
    Slider("age", "younger .. older", {"age": 1}, ("skin/",), ("gender", "melanin")),
    Slider("sex", "woman .. man", {"gender": 1}, ("skin/", *_SHAPE), ("age", "melanin"), (-2.0, 2.0)),
    Slider(
        "smile",
        "earnest .. smiling",
        {"expr/mouthSmile": 1},
        ("expr/cheekSquint", "expr/eyeSquint", "expr/mouthUpperUp", "expr/mouthLowerDown"),
        ("expr/jawOpen",),
        (-1.5, 3.0),
    ),
    Slider("jaw", "mouth closed .. open", {"expr/jawOpen": 1}, range=(-1.0, 6.0)),
    Slider(
        "brow",
        "brows down .. up",
        {"expr/browInnerUp": 1, "expr/browOuterUp": 1, "expr/browDown": -1},
        range=(-3.0, 4.0),
    ),
    Slider("skin", "skin light .. dark", {"melanin": 1}, ("mean_skin_", "skin/"), ("gender", "age"), (-2.0, 2.0)),
    Slider(
        "hair-length",
        "hair short .. long",
        {"hairbox8_bottom": 1, "hairbox12_bottom": 1, "hairbox12_area": 1},
        ("hair/", "hairbox"),
        ("gender", "melanin", "age"),
        (-2.0, 2.0),
    ),
    Slider("hair-light", "hair dark .. light", {name.format(c): 1 for name in _HAIR_RGB for c in "rgb"}),
    Slider(
        "hair-red",
        "hair ash .. red",
        {name.format(c): w for name in _HAIR_RGB for c, w in zip("rgb", (2, -1, -1), strict=True)},
        range=(-4.0, 4.0),
    ),
    Slider("beard", "no beard .. full beard", {"beard": 1}, ("beard_",), ("gender",), (-1.0, 3.5)),
    Slider("glasses", "no glasses .. glasses", {"glasses": 1}, ("frame_", "mean_frame_"), range=(-1.0, 2.3)),
)


class Sliders:
    """The sliders of one generator.

    Attributes:
        sliders: those that the generator knows, in the order of `SLIDERS`, then those that were learned.
        names: of them.
        directions: float32 [S, W], change of a latent for strength 1.
        mix: [K, K] how much of every plain slider each of the first ones is made of.
    """

    def __init__(
        self,
        sliders: Sequence[Slider],
        directions: Tensor,
        mix: Tensor | None = None,
        learned: Sequence[LearnedDirection] = (),
    ) -> None:
        self.mix = torch.eye(len(sliders)) if mix is None else mix
        self.sliders = (*sliders, *(Slider(one.name, one.title, {}, range=LEARNED_RANGE) for one in learned))
        self.names = tuple(slider.name for slider in self.sliders)
        self.directions = torch.cat([self.mix @ directions, *(torch.tensor([one.vector]) for one in learned)])

    @staticmethod
    def of(generator: Generator, mix: Tensor | None = None, *, with_learned: bool = True) -> Sliders:
        """The sliders of a generator: those of its attributes, and those that were learned for it on this machine.

        Args:
            generator: one with a prior over attributes, or for which something was learned.
            mix: [S, S] how much of every slider each one is made of; None takes the one beside the weights, if any.
            with_learned: those that were learned on this machine come last.

        Raises:
            VoltefaceError: the generator knows no attributes.
        """
        learned = kept(generator.info.name, generator.info.latent_size, store.folder()) if with_learned else ()
        if not isinstance(generator, Mini):
            if learned:
                return Sliders((), torch.zeros(0, generator.info.latent_size), learned=learned)
            raise VoltefaceError(
                f"{generator.info.title} knows no attributes, so it has no sliders.", "Choose the model mini."
            )
        known = [slider for slider in SLIDERS if any(name in generator.prior.attributes.names for name in slider.moved)]
        attributes = _drawn(generator.prior)
        directions = torch.stack([direction(slider, generator.prior, attributes) for slider in known])
        names = tuple(slider.name for slider in known)
        mixed = bundled_mix(generator.info.name, names) if mix is None else mix
        return Sliders(known, directions, mixed, learned)

    def slider(self, name: str) -> Slider:
        """The slider of a name.

        Raises:
            VoltefaceError: there is no such slider.
        """
        self.direction(name)
        return self.sliders[self.names.index(name)]

    def direction(self, name: str) -> Tensor:
        """Change of a latent [W] for strength 1.

        Raises:
            VoltefaceError: there is no such slider.
        """
        if name not in self.names:
            raise VoltefaceError(f"There is no attribute {name!r}.", f"Choose from: {', '.join(self.names)}.")
        return self.directions[self.names.index(name)]

    def applied(self, latents: Tensor, strengths: Mapping[str, float]) -> Tensor:
        """Latents [..., L, W] of the head with all sliders moved at once; strengths beyond a range stop there."""
        moved = latents
        for name, strength in strengths.items():
            low, high = self.slider(name).range
            moved = moved + min(max(strength, low), high) * self.direction(name).to(latents)
        return moved


def direction(slider: Slider, prior: LatentPrior, attributes: Tensor) -> Tensor:
    """Change of a latent [W] for one deviation of a slider's target.

    Args:
        slider: which one.
        prior: of the generator.
        attributes: [N, A] of random heads, in the deviations of the training heads.
    """
    names = prior.attributes.names
    weights = torch.zeros(len(names), dtype=attributes.dtype)
    for name, weight in slider.moved.items():
        if name in names:
            weights[names.index(name)] = weight
    target = attributes @ weights
    change = weights / weights.square().sum()  # the smallest change by which the target grows by one
    along = [n for n, name in enumerate(names) if name.startswith(slider.follow or ("\0",)) and weights[n] == 0]
    held = [names.index(name) for name in slider.held if name in names]
    if along:
        causes = torch.cat([target[:, None], attributes[:, held]], 1)
        causes = causes - causes.mean(0)
        effects = attributes[:, along] - attributes[:, along].mean(0)
        normal = causes.T @ causes + RIDGE * len(causes) * torch.eye(causes.shape[1], dtype=causes.dtype)
        change[along] = torch.linalg.solve(normal, causes.T @ effects)[0]
    step = target.std().clamp(min=LEAST_SPREAD) * change
    return prior.weight @ step.to(prior.weight)


def _drawn(prior: LatentPrior) -> Tensor:
    """Attributes [N, A] of random heads, in deviations."""
    noise = torch.randn(DRAWS, prior.noise_size, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        return ((prior.attributes_from_noise(noise) - prior.centre) / prior.scale).double()


def mix_file(generator_name: str) -> Path:
    """Where a generator's mix is kept."""
    return WEIGHTS / f"{generator_name}_sliders.json"


@lru_cache(maxsize=4)
def bundled_mix(generator_name: str, names: tuple[str, ...]) -> Tensor | None:
    """The mix [S, S] beside a generator's weights; None where there is none for these sliders."""
    path = mix_file(generator_name)
    if not path.is_file():
        return None
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise VoltefaceError(f"The attribute sliders could not be read from {path}.", "Restore that file.") from error
    return torch.tensor(data["mix"]) if tuple(data["sliders"]) == names else None


def write_mix(path: Path, names: Sequence[str], mix: Tensor) -> None:
    """Write a mix as the file that `bundled_mix` reads."""
    rounded = [[round(share, 4) for share in row] for row in mix.tolist()]
    path.write_text(json.dumps({"sliders": list(names), "mix": rounded}, indent=1), encoding="utf-8")


def mix_against(response: Tensor, strength: float = 0.05, most: float = 0.5) -> Tensor:
    """The mix [S, S] of sliders that leaks least.

    Args:
        response: [S, S] measured change of measure j, in deviations, for strength 1 of slider i.
        strength: of the pull towards leaving sliders as they are.
        most: largest share of another slider.
    """
    wanted = torch.diag(response.diagonal())
    normal = response @ response.T + strength * torch.eye(len(response), dtype=response.dtype)
    change: Tensor = torch.linalg.solve(normal, response @ (wanted - response).T).T
    # a slider's own share stays, or weak ones would be weakened
    kept: Tensor = torch.eye(len(response), dtype=response.dtype)
    return kept + change.clamp(-most, most).fill_diagonal_(0)
