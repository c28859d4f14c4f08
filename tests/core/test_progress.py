import pytest

from core.progress import Progress, silent


@pytest.mark.parametrize(("step", "total", "fraction"), [(0, 4, 0), (1, 4, 0.25), (4, 4, 1), (5, 4, 1), (3, 0, 0)])
def test_fraction(step: int, total: int, fraction: float) -> None:
    assert Progress(step, total, "Fitting").fraction == fraction


def test_nothing_is_shared_between_two() -> None:
    progress = Progress(1, 2, "Fitting")
    assert dict(progress.values) == {}
    with pytest.raises(TypeError):
        progress.values["lpips"] = 1.0  # type: ignore[index]
    silent(progress)
