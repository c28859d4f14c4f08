"""Fixtures of all tests that open a studio; their conftest files import them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.app.studio_fakes import Workshop
from tests.fakes import meshes_at_home

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True, scope="package")
def quick_meshes() -> Iterator[None]:
    with meshes_at_home():
        yield


@pytest.fixture
def workshop() -> Workshop:
    return Workshop()
