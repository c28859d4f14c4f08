"""Inverters: an aligned photo becomes a head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from core.errors import InversionError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from core.further_photo import FurtherPhoto
    from core.inverters.bespectacled import PutOn
    from core.inverters.formed import Shape
    from core.inverters.tidied import Tidy
    from core.protocols import Inverter


@runtime_checkable
class TakesFurtherPhotos(Protocol):
    """An inverter that can use more than one photo of a person."""

    def with_further(self, photos: Sequence[FurtherPhoto]) -> Inverter:
        """The same method with photos from other sides."""
        ...


@runtime_checkable
class HasHelp(Protocol):
    """An inverter that shows another one's head before its own."""

    def by_itself(self) -> Inverter:
        """The same method without that."""
        ...


def _pivotal() -> Inverter:
    from core.inverters.pivotal import Pivotal

    return Pivotal()


def _dual_pivotal() -> Inverter:
    from core.inverters.pivotal import DualPivotal

    return DualPivotal()


def _dual() -> Inverter:
    from core.inverters.dual_encoder import DualEncoder

    return DualEncoder()


def _pseudo_views() -> Inverter:
    from core.inverters.pseudo_view_search import PseudoViews

    return PseudoViews()


INVERTERS: dict[str, Callable[[], Inverter]] = {
    "pivotal": _pivotal,
    "pseudo-views": _pseudo_views,
    "dual-pivotal": _dual_pivotal,
    "dual": _dual,
}
"""Method name -> loader."""


@dataclass(frozen=True)
class Finish:
    """What is done to heads in the end, one after the other; None leaves something out.

    Attributes:
        tidy: wipes off what hangs in the air.
        shape: gives heads the face that the photo's landmarks show.
        put_on: has a head wear its photo's glasses as shapes.
    """

    tidy: Tidy | None = None
    shape: Shape | None = None
    put_on: PutOn | None = None

    def of(self, inverter: Inverter) -> Inverter:
        """An inverter whose heads are finished and wear their photo."""
        from core.inverters.bespectacled import Bespectacled
        from core.inverters.formed import Formed
        from core.inverters.photo_layer import Photographed
        from core.inverters.tidied import Tidied

        if self.tidy is not None:
            inverter = Tidied(inverter, self.tidy)
        if self.shape is not None:
            inverter = Formed(inverter, self.shape)
        if self.put_on is not None:
            inverter = Bespectacled(inverter, self.put_on, self.shape)
        return Photographed(inverter)


def load(
    name: str, *, bare: bool = False, further: Sequence[FurtherPhoto] = (), finish: Finish | None = None
) -> Inverter:
    """The inverter of that name.

    Args:
        name: in the table.
        bare: its heads do not wear their photo, and no other method helps; figures of the field itself are taken so.
        further: photos of the same person from other sides.
        finish: what is done to heads in the end; None has them wear their photo and does no more. Bare heads stay as
            they are found.

    Raises:
        KeyError: there is none.
        InversionError: the method uses one photo, and there are more.
    """
    from core.inverters.timed import Timed

    inverter = INVERTERS[name]()
    if further:
        if not isinstance(inverter, TakesFurtherPhotos):
            raise InversionError(
                "This method makes a head of one photo only.", "Choose another method, or take the other photos away."
            )
        inverter = inverter.with_further(further)
    if not bare:
        return Timed((finish or Finish()).of(inverter))
    return inverter.by_itself() if isinstance(inverter, HasHelp) else inverter
