"""What tests of figures share: heads that are not made to look like people, because the tiny generator's are none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.evaluation import inversion_methods, studio_inverter
from core.inverters import Finish
from tests.fakes import Unshaped

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.align import Alignment
    from core.field import Field
    from core.head import Head
    from core.protocols import Generator


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What photographed heads were finished with, in order; nothing is done to them."""
    asked: list[str] = []

    def tidy(generator: Generator, field: Field) -> Field:
        del generator
        asked.append("tidied")
        return field

    def put_on(generator: Generator, head: Head, alignment: Alignment, parts: NDArray[np.float32]) -> Head:
        del generator, alignment, parts
        asked.append("glasses")
        return head

    for module in (studio_inverter, inversion_methods):
        monkeypatch.setattr(module, "studio_finish", lambda: Finish(tidy, Unshaped(asked), put_on))
    return asked
