"""What tests of the studio's parts share."""

import pytest

from tests.app.studio_fakes import Workshop


@pytest.fixture
def workshop() -> Workshop:
    return Workshop()
