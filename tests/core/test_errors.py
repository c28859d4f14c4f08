import pytest

from core import errors
from core.errors import Cancelled, NoFaceFound, PhotoError, VoltefaceError

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, VoltefaceError)]


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_reads_as_its_sentence_and_its_hint(kind: type[VoltefaceError]) -> None:
    error = kind("The cup is empty.", "Fill it.")
    assert (error.message, error.hint, str(error)) == ("The cup is empty.", "Fill it.", "The cup is empty. Fill it.")
    assert str(kind("The cup is empty.")) == "The cup is empty."


def test_the_family() -> None:
    assert {kind.__name__ for kind in KINDS} == {
        "VoltefaceError", "PhotoError", "NoFaceFound", "CheckpointError", "DeviceError", "InversionError",
        "ProjectError", "ExportError",
    }  # fmt: skip
    assert issubclass(NoFaceFound, PhotoError)
    assert not issubclass(Cancelled, VoltefaceError)
