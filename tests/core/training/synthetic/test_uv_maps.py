import numpy as np

from core.training.synthetic.pictures import blur, linear, smoothstep
from core.training.synthetic.uv_maps import HEAD, LABELS, LEFT, SIZE, TOP, nearest_covered, sample, texels_from_uv

HEIGHT, WIDTH = (part.stop - part.start for part in HEAD)


def uv_of(column: int, row: int) -> tuple[float, float]:
    """uv of a texel's centre."""
    return (column + 0.5) / SIZE, 1 - (row + 0.5) / SIZE


def test_texels_count_from_the_top_left() -> None:
    np.testing.assert_allclose(
        texels_from_uv(np.array([[0, 1], [1, 0], [0.5, 0.5]])), [[0, 0], [2048, 2048], [1024, 1024]]
    )


def test_a_map_is_sampled_at_its_texel() -> None:
    head_map = np.arange(HEIGHT * WIDTH, dtype=np.float32).reshape(HEIGHT, WIDTH)
    uv = np.array([uv_of(LEFT + 3, TOP + 5), uv_of(SIZE - 1, TOP), uv_of(LEFT, TOP + HEIGHT - 1)])
    assert sample(head_map, uv).tolist() == [5 * WIDTH + 3, WIDTH - 1, (HEIGHT - 1) * WIDTH]


def test_off_the_island_there_is_nothing() -> None:
    head_map = np.ones((HEIGHT, WIDTH), np.float32)
    uv = np.array([uv_of(LEFT - 1, TOP + 5), uv_of(LEFT + 5, TOP - 1), uv_of(LEFT + 5, TOP + HEIGHT), (0.0, 0.0)])
    assert sample(head_map, uv).tolist() == [0, 0, 0, 0]


def test_the_nearest_covered_texel_is_inside_and_nearest() -> None:
    covered = np.zeros((40, 60), bool)
    covered[10:30, 20:50] = True
    rows, columns = nearest_covered(covered)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (12, 27, 22, 47)  # well inside: two texels in
    assert (rows[20, 30], columns[20, 30]) == (20, 30)
    assert (rows[20, 5], columns[20, 5]) == (20, 22)


def test_smoothstep_runs_both_ways() -> None:
    assert smoothstep(1, 3, [0, 1, 2, 3, 4]).tolist() == [0, 0, 0.5, 1, 1]
    assert smoothstep(3, 1, [0, 1, 2, 3, 4]).tolist() == [1, 1, 0.5, 0, 0]


def test_blur_keeps_the_mean_and_linear_the_ends() -> None:
    spot = np.zeros((33, 33), np.float32)
    spot[16, 16] = 1
    assert abs(blur(spot, 2.0).sum() - 1) < 1e-5
    assert linear([(0, 255, 0)]).tolist() == [[0, 1, 0]]


def test_labels_are_those_of_the_masks() -> None:
    assert (LABELS["background"], LABELS["skin"], LABELS["mouth"]) == (0, 1, 11)
