"""ArcFace: names, sizes, laws of its embeddings. The body's numbers are compared in parity/test_psp_encoder.py."""

import pytest
import torch

from core.errors import CheckpointError
from core.perception.arcface import ArcFaceConfig, ArcFaceNetwork, cropped_faces, identity_similarity

TINY = ArcFaceConfig(stages=((16, 1), (32, 2)), face_px=28, embedding_size=8)


@pytest.fixture(scope="module")
def tiny() -> ArcFaceNetwork:
    torch.manual_seed(2)
    return ArcFaceNetwork(TINY).eval().requires_grad_(False)


def test_the_config_is_read_from_the_weights(tiny: ArcFaceNetwork) -> None:
    assert ArcFaceConfig.from_state(tiny.state_dict(), {}) == TINY
    with torch.device("meta"):
        released = ArcFaceNetwork(ArcFaceConfig()).state_dict()
    assert ArcFaceConfig.from_state(released, {}) == ArcFaceConfig()
    expected = {
        "input_layer.0.weight": (64, 3, 3, 3),
        "body.23.res_layer.5.fc1.weight": (32, 512, 1, 1),
        "output_layer.0.running_mean": (512,),
        "output_layer.3.weight": (512, 25088),
        "output_layer.4.bias": (512,),
    }
    assert {name: tuple(released[name].shape) for name in expected} == expected
    assert sum(value.numel() for name, value in released.items() if "running" not in name and value.ndim) == 43_797_696
    del released["output_layer.3.weight"]
    with pytest.raises(CheckpointError, match=r"output_layer\.3"):
        ArcFaceConfig.from_state(released, {})


@torch.no_grad()
def test_embeddings_have_unit_length_and_do_not_depend_on_the_batch(tiny: ArcFaceNetwork) -> None:
    faces = torch.rand(3, 3, 28, 28) * 2 - 1
    embeddings = tiny(faces)
    torch.testing.assert_close(embeddings.norm(dim=1), torch.ones(3))
    torch.testing.assert_close(tiny(faces[1:2]), embeddings[1:2])


@torch.no_grad()
def test_a_face_is_most_like_itself(tiny: ArcFaceNetwork) -> None:
    pictures = torch.rand(2, 3, 512, 512) * 2 - 1
    torch.testing.assert_close(identity_similarity(tiny, pictures, pictures), torch.ones(2))
    assert (identity_similarity(tiny, pictures, pictures.flip(0)) < 1).all()


def test_the_crop_is_psp_s() -> None:
    rows = torch.arange(256.0).view(1, 1, 256, 1).expand(1, 3, 256, 256)
    faces = cropped_faces(rows)
    assert faces.shape == (1, 3, 112, 112)
    assert abs(float(faces.mean()) - (35 + 222) / 2) < 1e-3
    columns = rows.transpose(2, 3)
    assert abs(float(cropped_faces(columns).mean()) - (32 + 219) / 2) < 1e-3
