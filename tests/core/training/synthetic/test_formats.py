import gzip
from pathlib import Path

import numpy as np
import pytest

from core.errors import VoltefaceError
from core.training.synthetic.formats import Binding, parse_mhclo, parse_obj, parse_target, read_text

OBJ = """
# a square and a triangle
v 0 0 0
v 1 0 0
v 1 1 0
v 0 1 0
vt 0 0
vt 1 0
vt 1 1
g body
f 1/1 2/2 3/3 4/1
g
s off
f 1 2 3
"""

MHCLO = """# comment
name thing
x_scale 0 1 2.0
z_scale 2 3 0.5
verts 0
5
0 1 2 0.5 0.25 0.25 0.1 0.2 0.3
delete_verts
3 7 - 9
material thing.mhmat
4
"""


def test_an_obj_is_read_with_groups_and_missing_uvs() -> None:
    mesh = parse_obj(OBJ)
    assert mesh.vertices.shape == (4, 3)
    assert mesh.uvs.shape == (3, 2)
    assert mesh.faces == [[0, 1, 2, 3], [0, 1, 2]]
    assert mesh.uv_faces == [[0, 1, 2, 0], [0, 0, 0]]
    assert mesh.groups == ["body", ""]


def test_an_obj_without_uvs_has_an_empty_table() -> None:
    assert parse_obj("v 1 2 3").uvs.shape == (0, 2)


def test_a_target_is_indices_and_displacements() -> None:
    index, delta = parse_target("# head\n3 .1 0 -2\n\n12 0 0 1e-2\n")
    assert index.tolist() == [3, 12]
    np.testing.assert_allclose(delta, [[0.1, 0, -2], [0, 0, 0.01]])


def test_a_binding_reads_both_kinds_of_rows_scales_and_hidden_ranges() -> None:
    binding = parse_mhclo(MHCLO)
    assert binding.base_index.tolist() == [[5, 5, 5], [0, 1, 2]]
    assert binding.weights.tolist() == [[1, 0, 0], [0.5, 0.25, 0.25]]
    assert binding.offsets.tolist() == [[0, 0, 0], [0.1, 0.2, 0.3]]
    assert binding.scales == {0: (0, 1, 2.0), 2: (2, 3, 0.5)}
    assert binding.hidden.tolist() == [3, 7, 8, 9]


def binding() -> Binding:
    return parse_mhclo("x_scale 0 1 1.0\nverts 0\n0\n0 1 2 .5 .25 .25 .1 .2 .3\n")


def test_a_fit_follows_the_base_mesh() -> None:
    base = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.float64)
    expected = np.array([[0, 0, 0], [0.35, 0.45, 0.3]])
    np.testing.assert_allclose(binding().fit(base), expected)
    shift = np.array([3.0, -1, 2])
    np.testing.assert_allclose(binding().fit(base + shift), binding().fit(base) + shift)


def test_offsets_scale_with_the_measured_axis_only() -> None:
    base = np.array([[0, 0, 0], [2, 0, 0], [0, 1, 0]], np.float64)
    np.testing.assert_allclose(binding().fit(base)[1], np.array([0.7, 0.45, 0.3]))


def test_text_is_unpacked_by_suffix(tmp_path: Path) -> None:
    (tmp_path / "a.target.gz").write_bytes(gzip.compress(b"hello"))
    (tmp_path / "a.obj").write_bytes(b"hell\xffo")
    assert read_text(tmp_path / "a.target.gz") == "hello"
    assert read_text(tmp_path / "a.obj") == "hello"


@pytest.mark.parametrize("name", ["missing.obj", "broken.gz", "cut.gz"])
def test_an_unreadable_asset_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "broken.gz").write_bytes(b"no gzip")
    (tmp_path / "cut.gz").write_bytes(gzip.compress(b"hello" * 100)[:-12])
    with pytest.raises(VoltefaceError, match=name):
        read_text(tmp_path / name)
