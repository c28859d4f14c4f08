"""Laws of kept work."""

from functools import partial

from core.editors.kept_work import GRIDS, GRIDS_KEPT, KEPT, KeptWork


def test_work_is_done_once() -> None:
    work, done = KeptWork(), []

    def make() -> str:
        done.append(1)
        return "made"

    assert [work.once(("parts", 1), make) for _ in range(3)] == ["made"] * 3
    assert done == [1]
    assert work.known(("parts", 1)) == "made"
    assert work.known(("parts", 2)) is None


def test_of_each_kind_what_was_used_longest_ago_is_forgotten() -> None:
    work = KeptWork()
    for number in range(KEPT):
        work.once(("parts", number), partial(int, number))
    work.once(("parts", 0), partial(int, -1))  # used again
    work.once(("parts", KEPT), partial(int, KEPT))
    assert work.known(("parts", 1)) is None
    assert work.known(("parts", 0)) == 0
    work.once(("fields", 0), partial(int, 0))
    assert work.known(("parts", 2)) == 2


def test_grids_are_few() -> None:
    work = KeptWork()
    for number in range(GRIDS_KEPT + 1):
        work.once((GRIDS, number), partial(int, number))
    assert work.known((GRIDS, 0)) is None
    assert work.known((GRIDS, GRIDS_KEPT)) == GRIDS_KEPT
