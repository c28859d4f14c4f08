from pathlib import Path

import pytest
import torch

from core.device import Effort, best_device, is_out_of_memory, moved, seeded, threads, with_less
from core.errors import DeviceError
from core.free_memory import KEPT_FREE, MemoryNeed, _free_of_container, check_fit, fits, free_bytes, in_words


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


NEED = MemoryNeed(weights=400_000_000, planes=100_000_000, working=1_000_000_000)


def test_a_model_that_will_not_fit_says_so_with_numbers() -> None:
    assert fits(NEED, NEED.total + KEPT_FREE)
    assert not fits(NEED, NEED.total + KEPT_FREE - 1)
    assert fits(NEED, None), "where nobody knows, it is tried"
    check_fit("PanoHead", NEED, 8_000_000_000)
    with pytest.raises(DeviceError, match=r"PanoHead needs 1.5 GB of memory, and 900 MB are free") as caught:
        check_fit("PanoHead", NEED, 900_000_000)
    assert "--precision half" in caught.value.hint
    assert "--neural-px" in caught.value.hint


def test_half_precision_and_a_smaller_picture_need_less() -> None:
    assert NEED.halved().total < NEED.total
    assert NEED.halved().planes == NEED.planes
    assert NEED.at_neural_px(32, 64).working == NEED.working // 4
    assert in_words(1) == "1 MB"
    assert in_words(639_600_000) == "640 MB"
    assert in_words(3_140_000_000) == "3.1 GB"


def test_free_memory_of_this_machine() -> None:
    free = free_bytes("cpu")
    assert free is None or 1_000_000 < free < 1 << 50


def test_a_container_bounds_the_free_memory(tmp_path: Path) -> None:
    assert _free_of_container(tmp_path) is None
    (tmp_path / "memory.current").write_text("700\n")
    (tmp_path / "memory.stat").write_text("anon 500\ninactive_file 150\nactive_file 50\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert _free_of_container(tmp_path) is None
    (tmp_path / "memory.max").write_text("1000\n")
    assert _free_of_container(tmp_path) == 500


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory"),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes."),
        RuntimeError("MPS backend out of memory (MPS allocated: 9.0 GB)"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    ],
)
def test_every_way_to_say_that_memory_is_short(error: Exception) -> None:
    assert is_out_of_memory(error)
    assert not is_out_of_memory(ValueError("out of memory"))
    assert not is_out_of_memory(RuntimeError("shapes do not match"))


class Machine:
    """Does work in pieces; knows how large a piece each of its devices can hold."""

    def __init__(self, fast: int, processor: int, error: Exception) -> None:
        self.room = {False: fast, True: processor}
        self.error = error
        self.tried: list[Effort] = []

    def work(self, effort: Effort) -> str:
        self.tried.append(effort)
        if effort.of(256) > self.room[effort.on_processor]:
            raise self.error
        return "done"


SHORT = torch.OutOfMemoryError("CUDA out of memory.")


def test_enough_memory_costs_nothing() -> None:
    machine = Machine(256, 256, SHORT)
    assert with_less(machine.work) == ("done", Effort())
    assert len(machine.tried) == 1


@pytest.mark.parametrize("error", [SHORT, MemoryError(), RuntimeError("not enough memory: you tried to allocate 9")])
def test_smaller_pieces_come_first(error: Exception) -> None:
    machine = Machine(20, 256, error)
    assert with_less(machine.work) == ("done", Effort(1 / 16))
    assert [effort.of(256) for effort in machine.tried] == [256, 64, 16]
    assert not any(effort.on_processor for effort in machine.tried)


def test_then_the_processor() -> None:
    machine = Machine(0, 100, SHORT)
    assert with_less(machine.work) == ("done", Effort(1 / 4, on_processor=True))
    machine.tried.clear()
    assert with_less(machine.work, Effort(1 / 4, on_processor=True))[0] == "done"
    assert len(machine.tried) == 1, "what sufficed is where the next one begins"


def test_at_last_a_sentence() -> None:
    machine = Machine(0, 0, MemoryError())
    with pytest.raises(DeviceError, match="not enough memory") as caught:
        with_less(machine.work)
    assert caught.value.hint
    assert len(machine.tried) == 6


def test_other_errors_pass() -> None:
    machine = Machine(0, 0, RuntimeError("shapes do not match"))
    with pytest.raises(RuntimeError, match="shapes"):
        with_less(machine.work)
    assert len(machine.tried) == 1


def test_what_is_moved_leaves_its_original_alone() -> None:
    class Owner:
        def __init__(self) -> None:
            self.network = torch.nn.Linear(2, 2)
            self.weights = {"a": torch.zeros(2)}
            self.name = "owner"

    owner = Owner()
    there = moved(owner, "meta")
    assert there.network.weight.device.type == "meta"
    assert there.weights["a"].device.type == "meta"
    assert there.name == "owner"
    assert owner.network.weight.device.type == owner.weights["a"].device.type == "cpu"
