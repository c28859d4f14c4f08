"""Inverters as the studio uses them: their heads are tidied, have their face and glasses, and wear their photo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.inverters import Finish, load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.further_photo import FurtherPhoto
    from core.protocols import Inverter


def studio_finish() -> Finish:
    """What the studio does to heads in the end."""
    from core.editors.face_form import formed
    from core.editors.glasses_photo import worn_as_photographed
    from core.editors.tidying import tidied

    return Finish(tidied, formed, worn_as_photographed)


def studio_inverter(method: str, further: Sequence[FurtherPhoto] = ()) -> Inverter:
    """The inverter of a method in `core.inverters.INVERTERS`, with all that the studio adds to it.

    Args:
        method: its name.
        further: photos of the same person from other sides.

    Raises:
        KeyError: there is none.
        InversionError: the method uses one photo, and there are more.
    """
    return load(method, further=further, finish=studio_finish())
