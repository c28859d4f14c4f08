"""A head in numbers: what the generator's training tells its codes about each head.

Most follow from `meta.json`; the shape's sliders follow from the seed alone and are drawn again; a few are measured in
the pictures (colours of cloth, skin, hair and frames, and where the hair is). Names of a choice read "group/option".
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import VoltefaceError
from core.mask import PARTS
from core.training.synthetic.arrays import Bytes, Floats
from core.training.synthetic.clothes import OUTFITS
from core.training.synthetic.hair_forms import FORMS
from core.training.synthetic.hair_styles import ALL_STYLES
from core.training.synthetic.person import SKINS
from core.training.synthetic.pictures import GAMMA
from core.training.synthetic.shape import RACES, random_shape
from core.training.synthetic.sliders import HEAD_SHAPES, PAIRED, SIDED

_VARIED = 3  # the recipe from which `cut` tells the end of every card hair
ATTRIBUTE_GROUPS = ("hair", "skin", "outfit")
"""Groups of exclusive options."""
_UNITS = (
    "jawOpen",
    "mouthPucker",
    "browInnerUp",
    "browOuterUp",
    "mouthSmile",
    "cheekSquint",
    "eyeSquint",
    "mouthUpperUp",
    "mouthLowerDown",
    "mouthFrown",
    "browDown",
    "eyeBlink",
)
_LOWEST_CUT = -1.5  # world units: hair that is not cut
_BEARD_FORMS = {"none": (0.0, 0.0), "goatee": (-1.0, 1.0), "moustache": (-1.0, -1.0)}  # cheeks, chin; others: both
_FRAME_FORMS = {  # squareness, weight of the wire, drop of the lens
    "none": (0.0, 0.5, 0.0),
    "round": (-1.0, 1.0, 0.0),
    "oval": (0.0, 1.0, 0.1),
    "square": (1.0, 1.0, 0.1),
    "aviator": (0.1, 0.3, 1.0),
    "rimless": (0.3, 0.0, 0.1),
}
_LENGTH_PER_DM = 5.0
# Views of cameras.TRAINING_RING in which colours are measured, and where hair is: front, left side and back.
_COLOUR_VIEWS = (0, 2, 3, 8, 12)
_BOX_VIEWS = (0, 8, 12)
_COLOURED = {"cloth": ("cloth",), "skin": ("skin", "nose"), "hair": ("hair",), "frame": ("glasses",)}
_LEAST_PIXELS = 30
_BOX_SIDES = ("top", "bottom", "left", "right", "area")


def attributes_of_head(folder: Path) -> dict[str, float]:
    """Name -> value for a head's folder in a data set with the training ring's views; always in the same order.

    Raises:
        VoltefaceError: when the folder holds no whole head, or one without those views.
    """
    try:
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
        rgb, label = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("rgb", "label"))
    except (OSError, ValueError) as error:
        raise VoltefaceError(f"{folder} holds no finished synthetic head.", "Render it again.") from error
    if len(rgb) <= max(_COLOUR_VIEWS):
        raise VoltefaceError(f"{folder} has {len(rgb)} views only.", "Attributes need those of the training ring.")
    return {**_attributes_of_meta(meta), **_mean_colours(rgb, label), **_hair_boxes(label)}


def attributes_from_meta(meta: Mapping[str, Any]) -> Floats:
    """The attributes META_ATTRIBUTES of a head's `meta.json`, float32 [A]."""
    return np.array(list(_attributes_of_meta(meta).values()), np.float32)


def _attributes_of_meta(meta: Mapping[str, Any]) -> dict[str, float]:
    units = {name.removeprefix("face/"): weight for name, weight in meta["expression"].items()}
    values = _shape_attributes(random_shape(np.random.RandomState(meta["seed"])).weights)
    values |= {"gender": meta["gender"], "age": meta["age"]}
    values |= {f"race/{race}": share for race, share in zip(RACES, meta["race"], strict=True)}
    for unit in _UNITS:
        sides = 0.5 * (units.get(f"{unit}Left", 0.0) + units.get(f"{unit}Right", 0.0))
        values[f"expr/{unit}"] = units.get(unit, 0.0) or sides
    values["melanin"] = meta["melanin"]
    values |= {f"hair_{c}": max(x, 1e-4) ** (1 / GAMMA) for c, x in zip("rgb", meta["hair_rgb"], strict=True)}
    values |= {"beard": meta["beard"], "glasses": float(meta["glasses"]), "dark": float(meta["dark_lenses"])}
    values |= {f"key_{axis}": x for axis, x in zip("xyz", meta["key_light"], strict=True)}
    values |= {"mirror": float(meta.get("mirror", False)), "wave": meta.get("wave", 0.0) * 10}
    values |= _worn_forms(meta)
    shortened = meta.get("recipe", 1) < _VARIED or FORMS.get(meta["hair"], FORMS["short01"]).end_dm is not None
    values["cut"] = max(meta.get("cut", _LOWEST_CUT) if shortened else _LOWEST_CUT, _LOWEST_CUT)
    values |= {f"hair/{style}": float(meta["hair"] == style) for style in ALL_STYLES}
    values |= {f"skin/{skin}": float(meta["skin"] == skin) for skin in SKINS}
    values |= {f"outfit/{outfit}": float(meta["outfit"] == outfit) for outfit in sorted(OUTFITS)}
    return values


def _worn_forms(meta: Mapping[str, Any]) -> dict[str, float]:
    """Where a beard grows and what form a frame has. Heads of version 1 have painted beards and frames of any form."""
    cheeks, chin = _BEARD_FORMS.get(meta.get("beard_style", "any" if meta["beard"] else "none"), (1.0, 1.0))
    values = {"beard_length": meta.get("beard_length", 0.0) * _LENGTH_PER_DM}
    values |= {"beard_cheeks": cheeks, "beard_chin": chin}
    frame = _FRAME_FORMS[meta.get("glasses_shape", "oval" if meta["glasses"] else "none")]
    return values | dict(zip(("frame_square", "frame_wire", "frame_drop"), frame, strict=True))


def _shape_attributes(weights: Mapping[str, float]) -> dict[str, float]:
    """Signed sliders. Two sliders are called eyebrows-trans; the later one, in depth, is told."""
    values: dict[str, float] = {}
    sided = [slider._replace(target=slider.target.format(side)) for slider in SIDED for side in "lr"]
    for target, low, high, _ in (*PAIRED, *sided):
        values[target] = weights.get(f"{target}-{high}", 0.0) - weights.get(f"{target}-{low}", 0.0)
    values |= {f"head/{name}": weights.get(f"head/head-{name}", 0.0) for name in HEAD_SHAPES}
    for quality in ("muscle", "weight"):
        bodies = {name: x for name, x in weights.items() if "universal" in name}
        values[quality] = sum(x * ((f"max{quality}" in n) - (f"min{quality}" in n)) for n, x in bodies.items())
    ideal = sum(x for name, x in weights.items() if "idealprop" in name)
    values["proportion"] = ideal - sum(x for name, x in weights.items() if "uncommonprop" in name)
    return values


def _mean_colours(rgb: Bytes, label: Bytes) -> dict[str, float]:
    """Mean display colour 0..1 of some parts; grey where a part is not seen."""
    values: dict[str, float] = {}
    for name, parts in _COLOURED.items():
        ids = [PARTS.index(part) for part in parts]
        pixels = np.concatenate([rgb[view][np.isin(label[view], ids)] for view in _COLOUR_VIEWS])
        mean = pixels.mean(0) / 255 if len(pixels) else np.full(3, 0.5)
        values |= {f"mean_{name}_{c}": float(x) for c, x in zip("rgb", mean, strict=True)}
    return values


def _hair_boxes(label: Bytes) -> dict[str, float]:
    """Bounding box of the hair in pixels of 256, and the square root of its area, by view."""
    values: dict[str, float] = {}
    for view in _BOX_VIEWS:
        rows, columns = np.nonzero(label[view] == PARTS.index("hair"))
        box = np.array([128.0, 128.0, 128.0, 128.0, 0.0])
        if len(rows) > _LEAST_PIXELS:
            box = np.array([rows.min(), rows.max(), columns.min(), columns.max(), len(rows) ** 0.5])
        values |= {f"hairbox{view}_{side}": float(x) / 256 for side, x in zip(_BOX_SIDES, box, strict=True)}
    return values


_EXAMPLE_META: dict[str, Any] = {
    "seed": 0,
    "gender": 0.0,
    "age": 0.5,
    "race": [0.0, 0.0, 1.0],
    "expression": {},
    "melanin": 0.0,
    "hair_rgb": [0.0, 0.0, 0.0],
    "beard": 0.0,
    "glasses": False,
    "dark_lenses": False,
    "key_light": [0.0, 0.0, 1.0],
    "hair": "none",
    "skin": "",
    "outfit": "",
}
META_ATTRIBUTES: tuple[str, ...] = tuple(_attributes_of_meta(_EXAMPLE_META))
"""Names of what `attributes_from_meta` returns."""
