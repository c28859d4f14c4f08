"""Every name in an engine table leads to an engine, and a name that is not there is answered with a sentence."""

import importlib

import pytest

from core.errors import CheckpointError
from core.exporters import SUFFIXES, WRITERS
from core.generators import load as load_generator
from core.inverters import INVERTERS
from core.inverters import load as load_inverter


@pytest.mark.parametrize("suffix", WRITERS)
def test_writers(suffix: str) -> None:
    assert suffix.startswith(".")
    assert suffix in SUFFIXES
    assert callable(importlib.import_module(WRITERS[suffix]).write)


@pytest.mark.parametrize("name", INVERTERS)
def test_inverters(name: str) -> None:
    assert callable(load_inverter(name).invert)


def test_a_generator_that_is_not_there() -> None:
    with pytest.raises(CheckpointError, match=r"No generator is called minni\. Did you mean mini\?"):
        load_generator("minni")
    with pytest.raises(CheckpointError, match="There are: "):
        load_generator("xyz")
