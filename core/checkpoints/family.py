"""A family of models: how to know its files, and which of our modules compute it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from torch import nn

Kind = Literal[
    "generator", "encoder", "refiner", "segmenter", "identity", "perceptual", "depth", "diffusion", "discriminator"
]


class Config(Protocol):
    """Sizes and settings of a network: a frozen dataclass of plain values."""

    @staticmethod
    def from_state(state: Mapping[str, torch.Tensor], facts: Mapping[str, Any]) -> Config:
        """The config of a network with these tensors, of which a file says these facts."""
        ...


@dataclass(frozen=True)
class Family:
    """A family of models.

    Attributes:
        name: how config files name it.
        title: name for people.
        kind: what its networks do.
        licence: of the weights that its authors released.
        commercial: whether that licence lets a person sell what they make.
        marks: names of tensors that all of its networks have and, together, no other family's.
        home: module of config and network.
        config: name of the config's class.
        network: name of the network's class.
        maker: name of the generator's class, for generators.
        absent: beginnings of names that its networks do not have; tells it from a family that has more.
        prefixes: beginnings that may stand before all names; a file may hold several networks under different ones.
        optional: patterns of names that a file may leave out or bring along, because nothing is computed with them.
        renames: patterns of names in files, and what stands for them in the network's.
    """

    name: str
    title: str
    kind: Kind
    licence: str
    commercial: bool
    marks: tuple[str, ...]
    home: str
    config: str
    network: str
    maker: str | None = None
    absent: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    renames: tuple[tuple[str, str], ...] = ()

    def config_class(self) -> Any:  # noqa: ANN401 - implements Config
        """The class of its configs."""
        return getattr(import_module(self.home), self.config)

    def network_class(self) -> type[nn.Module]:
        """The class of its networks, which are made from a config."""
        made: type[nn.Module] = getattr(import_module(self.home), self.network)
        return made

    def maker_class(self) -> Any:  # noqa: ANN401 - implements core.protocols.Generator, which this layer does not know
        """The class of its generators, which are made from a config and a network."""
        if self.maker is None:
            raise TypeError(f"{self.name} makes no generators")
        return getattr(import_module(self.home), self.maker)
