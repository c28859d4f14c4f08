import hashlib
import json
from pathlib import Path

import pytest
import torch

from core.errors import CheckpointError
from core.perception import weights


def test_every_file_has_a_licence_a_source_and_the_recorded_checksum() -> None:
    records = weights.records()
    bundled = {path.stem for path in weights.FOLDER.glob("*.safetensors")}
    assert {record.name for record in records} == bundled - {"mini"}  # which tells its own licence
    for record in records:
        assert record.licence
        assert record.source
        assert record.is_intact(), record.name


def test_the_licences_page_is_that_of_the_index() -> None:
    assert (weights.FOLDER / "LICENCES.md").read_text() == weights.licences_page(weights.records())


def test_tensors_are_stored_in_half_precision_and_read_in_full() -> None:
    tensors, graph = weights.read("face_mesh")
    assert graph["size_px"] == 192
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float32}
    assert weights.records()[0].path.parent.joinpath("face_mesh.safetensors").stat().st_size < 1.3e6


def test_a_missing_file_is_named() -> None:
    with pytest.raises(CheckpointError, match="nothing"):
        weights.read("nothing")


def test_a_damaged_file_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    (tmp_path / "a.safetensors").write_bytes(b"damaged")
    record = weights.WeightsRecord("a", "title", "CC0-1.0", "here", "", hashlib.sha256(b"whole").hexdigest())
    assert not record.is_intact()


def test_writing_a_record_replaces_the_old_one(tmp_path: Path) -> None:
    old, new = (weights.WeightsRecord("a", title, "CC0-1.0", "here", "", "") for title in ("old", "new"))
    weights.write_record(old, tmp_path)
    weights.write_record(new, tmp_path)
    assert weights.records(tmp_path) == (new,)
    assert len(json.loads((tmp_path / weights.INDEX).read_text())) == 1
