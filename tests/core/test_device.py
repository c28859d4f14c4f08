import pytest
import torch

from core.device import best_device, seeded, threads
from core.errors import DeviceError


def test_seeded_repeats_itself_and_leaves_the_outer_sequence_alone() -> None:
    torch.manual_seed(1)
    expected = torch.rand(2)
    torch.manual_seed(1)
    with seeded(5):
        first = torch.rand(3)
    assert torch.equal(torch.rand(2), expected)
    with seeded(5):
        assert torch.equal(torch.rand(3), first)
    with seeded(6):
        assert not torch.equal(torch.rand(3), first)


def test_threads_are_restored_also_after_an_error() -> None:
    before = torch.get_num_threads()
    with threads(1):
        assert torch.get_num_threads() == 1

    def fail() -> None:
        with threads(0):
            assert torch.get_num_threads() == 1
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert torch.get_num_threads() == before


def test_the_device_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOLTEFACE_DEVICE", "cpu")
    assert best_device() == torch.device("cpu")
    monkeypatch.delenv("VOLTEFACE_DEVICE")
    assert best_device().type in ("cpu", "cuda", "mps")


@pytest.mark.parametrize("name", ["toaster", "cuda:99", "mps", "xpu"])
def test_a_device_that_is_not_there(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if name == "mps" and torch.backends.mps.is_available():
        pytest.skip("this machine has it")
    monkeypatch.setenv("VOLTEFACE_DEVICE", name)
    with pytest.raises(DeviceError, match="VOLTEFACE_DEVICE"):
        best_device()
