"""Reference-based editing against the published code (triplane_edit)."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from core.editors import fuse, localize, plane_masks, reference_edit, visible_mix
from core.editors.plane_masks import GradientMasking, MaskEdges
from core.trigrid import PlaneAxes, Trigrid
from tests.parity.golden import assert_close, case, names

SIDE = 256
FIELD_SCALE = 0.02
PLANES = (1, 3, 32, SIDE, SIDE)


def cases(prefix: str) -> list[str]:
    return sorted(names(prefix)) or [prefix]


def strided(value: Tensor, expected: Tensor) -> Tensor:
    """Large outputs are stored at every n-th cell."""
    for axis, size in enumerate(expected.shape):
        value = value[(slice(None),) * axis + (slice(None, None, value.shape[axis] // size),)]
    return value


def planes_of(noise: np.random.RandomState) -> Tensor:
    """The published [1, 3, C, H, W] as [3, C, 1, H, W]."""
    return torch.from_numpy(noise.standard_normal(PLANES).astype(np.float32))[0][:, :, None]


def trigrid_of(seed: int) -> Trigrid:
    return Trigrid(planes_of(np.random.RandomState(seed)), PlaneAxes.EG3D)


def gradient_field(seed: int, blob: tuple[float, ...]) -> Tensor:
    """The made-up gradient that the json describes."""
    noise = np.random.RandomState(seed)
    field = noise.standard_normal((96, SIDE, SIDE)).astype(np.float32) * np.float32(FIELD_SCALE)
    height = noise.uniform(0.2, 1.0, size=(96, 1, 1))
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float64)
    cy, cx, r1, r2 = blob
    field = field + (np.exp(-(((y - cy) / r1) ** 2 + ((x - cx) / r2) ** 2) * 6) * height).astype(np.float32)
    return torch.from_numpy(field).view(3, 32, 1, SIDE, SIDE)


@pytest.mark.parametrize("name", cases("F_postprocess"))
def test_gradients_become_masks(name: str) -> None:
    golden = case(name)
    field = gradient_field(golden.facts["seed"], tuple(golden.facts["blob"]))
    first = golden.inputs["grad_first4_rows"]
    assert torch.equal(field.view(96, SIDE, SIDE)[: first.shape[0], : first.shape[1]], first)
    for label in golden.facts["cases"]:
        drawn = golden.inputs.get(f"{label}.sigmas")
        ends = re.fullmatch(r"range([\d.]+)_([\d.]+)", label)
        masking = GradientMasking(
            drop_mean="nomean" not in label,
            mean_range=(float(ends[1]), float(ends[2])) if ends else (0.9, 1.1),
            blurs=0 if drawn is None else 3,
            binarise="nobin" not in label,
        )
        mask = plane_masks.mask_from_gradient(field, masking, None if drawn is None else drawn.tolist())
        got = {"mask_all_channels_equal": mask[0, 0, 0], "mask_sub": mask[:, :, 0], "chan_mean": mask.mean((2, 3, 4))}
        stored = {key: value for key, value in golden.outputs.items() if key.startswith(f"{label}.")}
        assert stored
        for key, expected in stored.items():
            assert_close(strided(got[key.removeprefix(f"{label}.")], expected), expected, key)


@pytest.mark.parametrize("name", cases("F_morph_blur"))
def test_masks_grow_and_shrink(name: str) -> None:
    golden = case(name)
    outputs = dict(golden.outputs)
    for part, described in golden.facts["params"].items():
        numbers = re.match(r"blur (\d+) sigma ([\d.]+), morph (\d+)", described)
        assert numbers is not None, described
        edges = MaskEdges(int(numbers[3]), int(numbers[1]), float(numbers[2]))
        assert plane_masks.EDGES.get(part, edges) == edges, "the table has the published sizes"
        grown, shrunk = plane_masks.grown_and_shrunk(golden.inputs["mask"].float(), edges)
        for label, value in (("dilated", grown), ("eroded", shrunk)):
            expected = outputs.pop(f"{part}.{label}")
            assert_close(strided(value, expected), expected, f"{part}.{label}")
    assert not outputs


@pytest.mark.parametrize("name", cases("F_mix_fusion"))
def test_only_what_was_seen_is_mixed(name: str) -> None:
    golden = case(name)
    noise, inputs = np.random.RandomState(golden.facts["seed"]), golden.inputs
    noise.uniform(size=tuple(inputs["ray_directions"].shape))
    noise.uniform(size=tuple(inputs["depth"].shape))
    detailed, plain = (Trigrid(planes_of(noise), PlaneAxes.EG3D) for _ in range(2))
    points = torch.tensor([0.0, 0.0, 2.7]) + inputs["depth"].view(-1, 1) * inputs["ray_directions"][0]
    marks = visible_mix.visited_cells(detailed, points)
    first, second = inputs["sigmas"].tolist()
    patches = visible_mix.visible_patches(marks, (first, second))
    assert_close(patches[0, 0, 0], golden.outputs["mask"], "mask")
    fused = visible_mix.mixed(detailed, plain, patches)
    assert_close(strided(fused.planes[:, :, 0], golden.outputs["mix_sub"]), golden.outputs["mix_sub"], "mix")


@pytest.mark.parametrize("name", cases("F_reference_edit"))
def test_parts_are_taken(name: str) -> None:
    golden = case(name)
    outputs = dict(golden.outputs)
    seeds, fields = read_inputs(golden.facts["inputs"])
    source, target, implicit, plain = (trigrid_of(seed) for seed in seeds)
    source_field, target_field = (gradient_field(seed, blob) for seed, blob in fields)
    for part in sorted({key.split(".")[0] for key in outputs}):
        drawn = iter(golden.inputs[f"{part}.sigmas"].tolist())
        companion = target_field if part in fuse.COMPANIONS else None
        edited = reference_edit.fused_by_gradients(
            part,
            source,
            target,
            (source_field, companion),
            lambda manual: implicit,
            plain=plain,
            guidance=golden.facts["guidance_factor"],
            sigmas=drawn,
        )
        # what is left of the list are the fixed sigmas of growing and shrinking
        assert set(drawn) == {plane_masks.EDGES[part].blur_sigma}
        got = {
            "mask_src": edited.mask[0, 0, 0],
            "man_fused_sub": edited.manual.planes[:, :, 0],
            "final_sub": edited.trigrid.planes[:, :, 0],
        }
        for key, value in got.items():
            expected = outputs.pop(f"{part}.{key}")
            assert_close(strided(value, expected), expected, f"{part}.{key}")
        # for parts that are not swapped, the super-resolution is driven by the target, which is then the wearer
        assert bool(outputs.pop(f"{part}.w_sr_is_dst")) is (part not in fuse.SWAPPED)
    assert not outputs


def read_inputs(described: dict[str, Any]) -> tuple[list[int], list[tuple[int, tuple[float, ...]]]]:
    """Seeds of source, target, implicit and plain planes; seeds and blobs of the two gradients."""
    texts = list(described.values())
    first = re.search(r"RandomState\((\d+)\)", texts[0])
    assert first is not None
    seeds = [int(first[1]), *(int(text.removeprefix("seed ")) for text in texts[1:4])]

    def field(text: str) -> tuple[int, tuple[float, ...]]:
        found = re.search(r"SEED (\d+) blob \(([\d., ]+)\)", text)
        assert found is not None, text
        return int(found[1]), tuple(float(number) for number in found[2].split(","))

    return seeds, [field(text) for text in texts[4:6]]


@pytest.mark.parametrize("name", cases("F_roi_gradient"))
def test_gradients_of_a_part(name: str) -> None:
    golden = case(name)
    inputs, outputs = golden.inputs, dict(golden.outputs)

    def drawn_from(pose: Tensor) -> Callable[[Tensor], Tensor]:
        def draw(planes: Tensor) -> Tensor:
            flat = planes.flatten(1, 2)
            seen = torch.einsum("rc,bchw->brhw", inputs["A"], flat)
            return torch.sin(pose * seen) + 0.1 * seen**2

        return draw

    def views() -> Iterator[tuple[Callable[[Tensor], Tensor], Tensor]]:
        for pose, mask in zip(inputs["poses"], inputs["masks"], strict=True):
            yield drawn_from(pose), mask[None, None]

    assert_close(localize.mean_gradient(inputs["planes"], views()), outputs.pop("grad_mean"), "grad_mean")
    for key in [key for key in outputs if key.startswith("roi2d_")]:
        mask = localize.labelled_pixels(inputs["logits"], localize.CELEBA_CHANNELS[key.removeprefix("roi2d_")])
        assert torch.equal(mask[0, 0], outputs.pop(key))
    assert not outputs


def test_golden_cases_have_their_names() -> None:
    """A case of a kind that no test here knows would otherwise pass unseen."""
    kinds = ("F_postprocess", "F_morph_blur", "F_mix_fusion", "F_reference_edit", "F_roi_gradient")
    unknown = [name for name in names("F_") if not name.startswith(kinds)]
    assert not unknown
