"""Heads that wear the glasses of their photo as shapes.

The search explains frames with density and colours on skin, because it has nothing else. The head that is answered has
them as what they are.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from core.inverters.finishing import Finishing
from core.inverters.formed import with_form
from core.inverters.part_reading import photo_parts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.align import Alignment
    from core.head import Head
    from core.inverters.formed import Shape
    from core.protocols import Generator, Inverter


class PutOn(Protocol):
    """What puts a photo's glasses on a head, such as `core.editors.glasses_photo.worn_as_photographed`."""

    def __call__(self, generator: Generator, head: Head, alignment: Alignment, parts: NDArray[np.float32]) -> Head:
        """The head with them; the very same one where the photo shows none."""
        ...


class Bespectacled(Finishing):
    """An inverter whose heads wear their photo's glasses in the end."""

    message = "Putting the glasses on"

    def __init__(self, inverter: Inverter, put_on: PutOn, shape: Shape | None = None) -> None:
        """Of any inverter, and what puts glasses on; what shapes faces does so again where glasses stood before one."""
        super().__init__(inverter)
        self._put_on, self._shape = put_on, shape

    def finished(self, head: Head, alignment: Alignment, generator: Generator) -> Head:
        """The head with its glasses on."""
        wearing = self._put_on(generator, replace(head, eyewear=None), alignment, photo_parts(alignment))
        if wearing.eyewear is None:
            return head
        return wearing if self._shape is None else with_form(wearing, alignment, generator, self._shape)
