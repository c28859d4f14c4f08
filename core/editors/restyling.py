"""A style worn by a head: whether it fits, and what its synthesis changes in the field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import VoltefaceError
from core.protocols import PlaneGenerator
from core.style_pack import fingerprint
from core.styled_field import StyledField
from core.trigrid import Trigrid

if TYPE_CHECKING:
    from torch import Tensor

    from core.edit import Restyle
    from core.field import Field
    from core.grafted_field import Volume
    from core.protocols import Generator
    from core.style_pack import StylePack


def check_fits(pack: StylePack, generator: Generator) -> None:
    """Whether a generator can wear a style.

    Raises:
        VoltefaceError: it is for another generator, or for another version of this one.
    """
    info = generator.info
    if pack.artist:
        return  # who draws needs parts and shape, and none of the weights
    if pack.generator != info.name:
        raise VoltefaceError(
            f"The style {pack.title} was made for {pack.generator}, and this head is of {info.name}.",
            "Choose a style of that model, or make the head with the other one.",
        )
    if pack.fingerprint != fingerprint(info.name, generator.parameters_to_tune()):
        raise VoltefaceError(f"The style {pack.title} was made for another version of {info.title}.", "Make it again.")


def check_region(edit: Restyle, generator: Generator) -> None:
    """Whether a generator knows the parts that a style is confined to.

    Raises:
        VoltefaceError: it does not.
    """
    unknown = [part for part in edit.region if part not in generator.info.parts]
    if unknown:
        known = ", ".join(generator.info.parts[1:]) or "none"
        raise VoltefaceError(f"This head knows no part {unknown[0]}.", f"It knows: {known}.")


def plane_change(pack: StylePack, generator: Generator, latents: Tensor) -> Trigrid | None:
    """What a style's synthesis adds to the planes of latents [L, W]; None where it moves the picture alone."""
    if not isinstance(generator, PlaneGenerator) or pack.delta.keys() <= generator.parameters_to_tune().keys():
        return None
    plain, styled = generator.trigrid(latents), generator.tuned(pack.delta).trigrid(latents)
    assert isinstance(styled, Trigrid), "a tuned generator keeps its kind"
    return plain.with_planes(styled.planes - plain.planes)


def restyled(field: Field, change: Trigrid | None, strength: float, volume: Volume | None) -> Field:
    """A field with a style's change."""
    if change is None:
        return field
    if isinstance(field, Trigrid) and volume is None:
        return field.with_planes(field.planes + strength * change.planes)
    return StyledField(field, change, strength, volume)
