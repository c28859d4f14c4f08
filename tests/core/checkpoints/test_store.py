"""From a file of the authors' to a model that is listed, opened, drawn with, checked and removed."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from core import generators
from core.camera import Camera
from core.checkpoints import adding, store
from core.checkpoints.containers import mapped, read_tree
from core.checkpoints.contents import networks_in
from core.checkpoints.opening import open_model
from core.errors import CheckpointError
from core.frame import Quality
from core.head import Head
from core.perception.lpips_standard import LpipsConfig, LpipsNetwork
from core.rendering.renderer import HeadRenderer
from core.trigrid import PlaneAxes, Trigrid
from tests.core.checkpoints import builders

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.progress import Progress


GENERATORS = [name for name, (_, _, kind) in builders.OFFICIAL_FILES.items() if kind == "generator"]
BAD_NAMES = ("", "../up", "a/b", ".hidden", "Upper", "con", "nul.txt", "a" * 61, "ä", "a b", "-rf")
CHANGES: tuple[dict[str, object], ...] = (
    {"format": 99},
    {"networks": {"panohead": {"coarse": "x"}}},
    {"size_bytes": "1"},
    {"extra": 1},
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv(store.VARIABLE, str(tmp_path / "models"))
    generators.load.cache_clear()
    yield tmp_path / "models"
    generators.load.cache_clear()


def panohead_file(tmp_path: Path, name: str = "head.pkl", **options: Any) -> Path:  # noqa: ANN401 - see builders
    file = tmp_path / name
    file.write_bytes(builders.panohead_pickle(**options))
    return file


@pytest.mark.parametrize("name", builders.OFFICIAL_FILES)
def test_every_family_from_file_to_removal(name: str, tmp_path: Path, folder: Path) -> None:
    make, families, kind = builders.OFFICIAL_FILES[name]
    file = make(tmp_path / name)
    kept = adding.add(file)
    assert (kept.kind, set(kept.networks)) == (kind, set(families))
    assert kept.source == name
    assert [model.name for model in store.installed()] == [kept.name]
    assert store.verify(kept.name) == "ready"
    opened = open_model(kept.name)
    for family in families:
        with torch.no_grad():
            assert all(torch.isfinite(value).all() for value in opened.networks[family].parameters())
        assert not any(value.requires_grad for value in opened.networks[family].parameters())
    store.remove(kept.name)
    assert store.installed() == ()
    assert list(folder.iterdir()) == []
    assert file.exists()


@pytest.mark.parametrize(
    "name", [name for name, (_, _, kind) in builders.OFFICIAL_FILES.items() if kind == "generator"]
)
def test_an_installed_generator_draws_heads_under_its_own_name(name: str, tmp_path: Path) -> None:
    adding.add(builders.OFFICIAL_FILES[name][0](tmp_path / name), "my-own.head")
    assert generators.names() == (*generators.LOADERS, "my-own.head")
    generator = generators.load("my-own.head")
    assert generator.info.name == "my-own.head"
    assert "my-own.head" in generator.info.title
    assert not generator.info.commercial
    delta = {key: torch.zeros_like(value) for key, value in list(generator.parameters_to_tune().items())[:1]}
    assert generator.tuned(delta).info == generator.info
    with torch.no_grad():
        noise = torch.randn(1, generator.info.noise_size, generator=torch.Generator().manual_seed(1))
        latents = generator.latents(noise)[0]
        head = Head(generator="my-own.head", latents=latents, camera=Camera.orbit(), trigrid=generator.trigrid(latents))
        frame = HeadRenderer(generator, head).render(Camera.orbit(0.3), Quality.NEAR, size_px=32)
    assert frame.rgb.shape == (32, 32, 3)
    assert frame.alpha.max() > 0.5


def test_the_weights_are_those_of_g_ema(tmp_path: Path, folder: Path) -> None:
    adding.add(panohead_file(tmp_path), "one")
    kept = load_file(folder / "one" / "model.safetensors")
    expected = builders.network(builders.PANOHEAD, 2).state_dict()
    assert set(kept) == {f"panohead/{name}" for name in expected}
    assert all(torch.equal(kept[f"panohead/{name}"], value) for name, value in expected.items())
    opened = open_model("one").networks["panohead"].state_dict()
    assert all(torch.equal(opened[name], value) for name, value in expected.items())


def test_what_the_file_says_of_the_model_is_kept(tmp_path: Path) -> None:
    adding.add(panohead_file(tmp_path), "one")
    facts = store.record("one").facts
    assert facts["class_name"] == "TriPlaneGenerator"
    assert facts["init_kwargs"]["sr_num_fp16_res"] == 4
    assert facts["neural_rendering_resolution"] == 16
    assert facts["plane_axes"] == builders.PANOHEAD_AXES
    config = open_model("one").configs["panohead"]
    assert config == replace(builders.PANOHEAD, decoder_activation="lrelu", ray_limits=(2.3, 3.2), fine=5)


@pytest.mark.parametrize(
    ("third", "axes"),
    [(builders.EG3D_AXES[2], PlaneAxes.EG3D), (builders.PANOHEAD_AXES[2], None)],
)
def test_eg3d_keeps_its_plane_axes(third: object, axes: PlaneAxes | None, tmp_path: Path) -> None:
    file = tmp_path / "e.pkl"
    file.write_bytes(builders.eg3d_pickle(axes=[*builders.EG3D_AXES[:2], third]))
    adding.add(file)
    generator = generators.load("eg3d")
    grid = generator.trigrid(generator.mean_latents())
    assert isinstance(grid, Trigrid)
    found = grid.axes
    assert (found is PlaneAxes.EG3D) == (axes is PlaneAxes.EG3D)


@pytest.mark.parametrize("protocol", range(2, 6))
def test_every_protocol_gives_the_same_tensors(protocol: int, tmp_path: Path) -> None:
    (network,) = (
        found
        for found in networks_in(read_tree(mapped(panohead_file(tmp_path, protocol=protocol))).root)
        if found.place == "G_ema"
    )
    expected = builders.network(builders.PANOHEAD, 2).state_dict()
    assert {name: list(value.shape) for name, value in network.tensors.items()} == {
        name: list(value.shape) for name, value in expected.items()
    }
    assert all(torch.equal(network.tensors[name].tensor(), value) for name, value in expected.items())


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("wrap", ["bare", "g_ema", "module", "half", "double"])
def test_torch_files_of_many_habits(zipped: bool, wrap: str, tmp_path: Path) -> None:
    state = builders.network(builders.PANOHEAD).state_dict()
    expected = {name: value.clone() for name, value in state.items()}
    tree: object = state
    if wrap == "g_ema":
        tree = {"g": builders.network(builders.PANOHEAD, 5).state_dict(), "g_ema": state, "step": 7}
    elif wrap == "module":
        tree = {"state_dict": {f"module.{name}": value for name, value in state.items()}}
    elif wrap == "half":
        tree = {name: value.half() for name, value in state.items()}
        expected = {name: value.half().float() for name, value in state.items()}
    elif wrap == "double":
        tree = {name: value.double() for name, value in state.items()}
    kept = adding.add(builders.saved(tree, tmp_path / "file.pt", zipped=zipped))
    found = open_model(kept.name).networks["panohead"].state_dict()
    assert all(torch.equal(found[name], value) for name, value in expected.items())


def test_safetensors_are_taken_too(tmp_path: Path) -> None:
    file = tmp_path / "head.safetensors"
    state = builders.network(builders.PANOHEAD).state_dict()
    save_file(dict(state), file, {"init_kwargs": json.dumps({"rendering_kwargs": {"depth_resolution": 9}})})
    assert adding.add(file).networks["panohead"]["coarse"] == 9


def test_views_and_shared_storages_are_read_as_torch_reads_them(tmp_path: Path) -> None:
    base = torch.arange(24.0).reshape(4, 6)
    tree = {"turned": base.T, "part": base[1:3, ::2], "row": base[2], "none": torch.zeros(0, 3), "one": torch.tensor(5)}
    for zipped in (True, False):
        file = builders.saved(tree, tmp_path / f"{zipped}.pt", zipped=zipped)
        (network,) = networks_in(read_tree(mapped(file)).root)
        for name, value in tree.items():
            assert torch.equal(network.tensors[name].tensor(), value), name
            assert bytes(network.tensors[name].data()) == value.contiguous().numpy().tobytes(), name


def test_names_never_clash(tmp_path: Path) -> None:
    first, second, third = (panohead_file(tmp_path, f"{n}.pkl", neural_px=n) for n in (16, 24, 32))
    assert adding.add(first).name == "panohead"
    assert adding.add(second).name == "panohead-2"
    with pytest.raises(CheckpointError, match="is there already"):
        adding.add(third, "panohead")
    with pytest.raises(CheckpointError, match="is there already"):
        adding.add(third, "mini", taken=("mini",))
    with pytest.raises(CheckpointError, match="installed already, as panohead"):
        adding.add(first)
    assert adding.add(first, "copy").name == "copy"


@pytest.mark.parametrize(
    "name", ["", "../up", "a/b", ".hidden", "Upper", "con", "nul.txt", "a" * 61, "ä", "a b", "-rf"]
)
def test_names_are_plain(name: str, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="cannot be the name"):
        adding.add(panohead_file(tmp_path), name)


def test_a_failed_write_leaves_nothing(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("core.checkpoints.tensor_file.write_tensors", full)
    with pytest.raises(OSError, match="No space"):
        adding.add(panohead_file(tmp_path))
    assert list(folder.iterdir()) == []


def test_what_a_crash_left_goes_after_a_day(tmp_path: Path, folder: Path) -> None:
    old, new = folder / ".a-1.adding", folder / ".b-2.adding"
    for left in (old, new):
        left.mkdir(parents=True)
        (left / "model.safetensors").write_bytes(b"half")
    os.utime(old, (0, 0))
    adding.add(panohead_file(tmp_path))
    assert (old.exists(), new.exists()) == (False, True)


def test_damage_is_found(tmp_path: Path, folder: Path) -> None:
    adding.add(panohead_file(tmp_path), "one")
    weights = folder / "one" / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-9] ^= 1
    weights.write_bytes(data)
    assert store.verify("one") == "damaged"
    weights.write_bytes(data[:-100])
    assert store.state(store.record("one")) in ("ready", "damaged")
    with pytest.raises(CheckpointError, match="cannot be read"):
        open_model("one")
    weights.unlink()
    assert store.verify("one") == "missing"
    (folder / "one" / "model.json").write_text("{", encoding="utf-8")
    assert store.names() == ("one",)
    assert store.installed() == ()
    with pytest.raises(CheckpointError, match="description"):
        store.record("one")
    store.remove("one")
    assert store.names() == ()


@pytest.mark.parametrize(
    "change", [{"format": 99}, {"networks": {"panohead": {"coarse": "x"}}}, {"size_bytes": "1"}, {"extra": 1}]
)
def test_a_changed_description_is_told(change: dict[str, object], tmp_path: Path, folder: Path) -> None:
    adding.add(panohead_file(tmp_path), "one")
    path = folder / "one" / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | change), encoding="utf-8")
    with pytest.raises(CheckpointError):
        open_model("one")


def test_a_model_that_is_not_there(tmp_path: Path) -> None:
    adding.add(panohead_file(tmp_path), "werewolf")
    with pytest.raises(CheckpointError, match=r"No model called werewulf.*Did you mean werewolf"):
        store.record("werewulf")
    with pytest.raises(CheckpointError, match="No model called"):
        store.remove("../models")
    with pytest.raises(CheckpointError, match="Did you mean werewolf"):
        generators.load("werewulf")


def test_an_encoder_is_no_generator(tmp_path: Path) -> None:
    adding.add(builders.OFFICIAL_FILES["encoder_FFHQ.pt"][0](tmp_path / "encoder.pt"))
    assert "goae" not in generators.names()
    with pytest.raises(CheckpointError, match="no head model but a model of kind encoder"):
        generators.load("goae")


def test_loose_tensors_come_along(tmp_path: Path) -> None:
    adding.add(builders.triplanenet_file(tmp_path / "t.pt"))
    opened = open_model("triplanenet")
    assert opened.tensors["latent_avg"].shape == (14, 512)
    assert opened.record.facts["opts"]["use_pixelshuffle"] is False
    assert set(open_model("triplanenet", frozenset({"generator"})).networks) == {"eg3d"}


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[Progress] = []
    adding.add(panohead_file(tmp_path), report=told.append)
    messages = list(dict.fromkeys(progress.message for progress in told))
    assert messages == ["Reading the file", "Looking what it is", "Writing the model", "Installed"]
    assert [progress.fraction for progress in told] == sorted(progress.fraction for progress in told)


def diffusers_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "vision"
    (folder / "unet").mkdir(parents=True)
    (folder / "model_index.json").write_text('{"_class_name": "StableDiffusionPipeline"}', encoding="utf-8")
    save_file({"a": torch.zeros(3)}, folder / "unet" / "diffusion_pytorch_model.safetensors")
    return folder


def test_a_folder_of_diffusers_is_registered_as_a_whole(tmp_path: Path) -> None:
    folder = diffusers_folder(tmp_path)
    kept = adding.add(folder, "vision")
    assert (kept.kind, kept.folder) == ("diffusion", str(folder.resolve()))
    assert store.verify("vision") == "ready"
    (folder / "model_index.json").write_text('{"_class_name": "Other"}', encoding="utf-8")
    assert store.verify("vision") == "damaged"
    store.remove("vision")
    assert folder.is_dir(), "what was registered is not deleted"


@pytest.mark.parametrize("name", ["unet/model.bin", "pipeline.py", "unet/model.ckpt", "vae/x.pt", "x.pkl"])
def test_a_folder_with_code_is_refused(name: str, tmp_path: Path) -> None:
    folder = diffusers_folder(tmp_path)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(b"import os")
    with pytest.raises(CheckpointError, match="may hold code"):
        adding.add(folder)


def test_a_folder_that_leads_out_is_refused(tmp_path: Path) -> None:
    folder = diffusers_folder(tmp_path)
    (tmp_path / "secret.txt").write_text("x", encoding="utf-8")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(CheckpointError, match="leads out"):
        adding.add(folder)


@pytest.mark.parametrize("content", ["{", "[]", '{"_class_name": "os.system"}', '{"_class_name": 3}'])
def test_a_folder_with_a_damaged_index_is_refused(content: str, tmp_path: Path) -> None:
    folder = diffusers_folder(tmp_path)
    (folder / "model_index.json").write_text(content, encoding="utf-8")
    with pytest.raises(CheckpointError, match="cannot be read"):
        adding.add(folder)


def test_a_network_may_come_in_two_files(tmp_path: Path) -> None:
    state = builders.state_of(LpipsNetwork, LpipsConfig())
    backbone = {name: value for name, value in state.items() if name.startswith("features.")}
    first = builders.saved({**backbone, "classifier.1.weight": torch.zeros(2, 2)}, tmp_path / "alexnet.pth")
    second = builders.saved(
        {name: value for name, value in state.items() if name not in backbone}, tmp_path / "alex.pth"
    )
    with pytest.raises(CheckpointError, match="LPIPS"):
        adding.add(first)
    kept = adding.add(first, others=[second])
    opened = open_model(kept.name).networks["lpips"].state_dict()
    assert all(torch.equal(opened[name], value) for name, value in state.items())
