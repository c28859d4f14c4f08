"""What tests of exporters share."""

from collections.abc import Iterator

import pytest

from tests.fakes import meshes_at_home


@pytest.fixture(autouse=True, scope="package")
def _meshes_at_home() -> Iterator[None]:
    with meshes_at_home():
        yield
