"""A random head: everything about it follows from its seed and recipe."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from core.training.synthetic.arrays import Floats
from core.training.synthetic.assets import AssetFolders
from core.training.synthetic.baking import FAST_SHADOWS, FINE_SHADOWS, lit
from core.training.synthetic.base_mesh import LEFT_EYE, RIGHT_EYE, BaseMesh, load_base_mesh
from core.training.synthetic.beards import BeardFur
from core.training.synthetic.clothes import FEMALE_OUTFITS, MALE_OUTFITS, Wardrobe
from core.training.synthetic.expressions import varied_expression
from core.training.synthetic.eyes import EyeMaker
from core.training.synthetic.glasses import glasses_parts, varied_glasses
from core.training.synthetic.hair_cards import CardHair
from core.training.synthetic.hair_fur import FurHair
from core.training.synthetic.hair_styles import BARE_STYLES, FUR_STYLES, FUR_STYLES_3
from core.training.synthetic.library import Library
from core.training.synthetic.light import random_light
from core.training.synthetic.part import CENTRE_DM, LABEL_FROM_TEXTURE, Part, Texture, world_from_dm
from core.training.synthetic.person import Person, random_person
from core.training.synthetic.population import identity_of
from core.training.synthetic.recipe import HeadRecipe
from core.training.synthetic.renderer import OffscreenRenderer
from core.training.synthetic.shape import friendlier, random_expression, random_shape
from core.training.synthetic.skin import PaintedSkin, SkinPainter, beard_rgb
from core.training.synthetic.uv_maps import load_uv_maps, sample

_EYE_Y_DM, _EYE_Z_DM, _CROWN_DM, _PIVOT_Y_DM = 7.284, 1.245, 1.36, 7.13  # where every head is put
_SIZES = (0.86, 1.12)  # limits of the scale that brings the crown to its height
_FACE_IRRADIANCE = 0.95  # mean, after exposure
_GLASSES_ODDS = 0.28
V1 = HeadRecipe()


@dataclass(frozen=True, eq=False)
class SyntheticHead:
    """A head ready to be rendered.

    Attributes:
        parts: lit parts.
        key: unit direction to the key light, world [3].
        facts: what chance decided, in plain JSON values (see resources/docs/synthetic_heads.md).
    """

    parts: tuple[Part, ...]
    key: Floats
    facts: Mapping[str, Any]


def centred(base: BaseMesh, vertices: Floats) -> Floats:
    """Base vertices [V,3] with the eyes at a fixed height and depth and the crown at a near-fixed height."""
    eyes = (vertices[LEFT_EYE].mean(0) + vertices[RIGHT_EYE].mean(0)) / 2
    vertices = vertices + np.array([0, _EYE_Y_DM - eyes[1], _EYE_Z_DM - eyes[2]])
    crown = vertices[base.head_vertices, 1].max() - _PIVOT_Y_DM
    placed: Floats = (vertices - CENTRE_DM) * np.clip(_CROWN_DM / crown, *_SIZES) + CENTRE_DM
    return placed


class HeadMaker:
    """Makes heads. What all heads share is loaded once; `cache` is a folder for what is slow to derive."""

    def __init__(self, folders: AssetFolders, cache: Path, renderer: OffscreenRenderer) -> None:
        library = Library(folders)
        self._renderer = renderer
        self._base = base = load_base_mesh(folders, cache)
        self._maps = maps = load_uv_maps(base, library, cache)
        self._painter = SkinPainter(base, maps, library)
        self._wardrobe = Wardrobe(library)
        self._eyes = EyeMaker(library)
        self._cards = CardHair(library)
        self._fur = FurHair(base, maps)
        self._beards = BeardFur(base, maps)
        self._on_face = sample(maps.face, base.render.uv) > 0

    def head(self, seed: int, recipe: HeadRecipe = V1) -> SyntheticHead:
        """The head of a seed. The order of the draws is part of the recipe."""
        rng = np.random.RandomState(seed)
        who = identity_of(seed) if recipe.varied else None
        shape = random_shape(rng, who)
        expression = random_expression(rng) if who is None else varied_expression(rng)
        if recipe.mended and who is None:
            expression = friendlier(expression)
        vertices = centred(self._base, self._base.shaped({**shape.weights, **expression}))
        person = random_person(rng, shape, recipe, who)
        painted = self._painter.paint(rng, person)
        outfits = MALE_OUTFITS if person.male else FEMALE_OUTFITS
        outfit = outfits[rng.randint(len(outfits))]
        positions, normals = (a[self._base.render.index] for a in self._base.skin(vertices))

        parts = [self._skin(painted, outfit, positions, normals)]
        parts += self._wardrobe.parts(rng, outfit, vertices)
        parts += self._eyes.parts(rng, person, vertices)
        more: dict[str, Any] = {}
        if who is None:
            hair, hair_facts = self._hair(rng, person, vertices, (positions, normals), smooth=recipe.mended)
            parts += hair
            glasses = bool(rng.rand() < _GLASSES_ODDS) if recipe.glasses is None else recipe.glasses
            dark_lenses = False
            if glasses:
                worn, dark_lenses = glasses_parts(rng, self._base, vertices)
                parts += worn
        else:
            hair, hair_facts = self._varied_hair(rng, person, vertices, (positions, normals))
            parts += hair
            more = {"recipe": recipe.version, "beard_style": who.beard, "beard_length": 0.0, "glasses_shape": "none"}
            if who.beard != "none":
                fur, more["beard_length"] = self._beards.part(rng, who.beard, beard_rgb(person), positions, normals)
                parts += fur
            glasses = who.glasses != "none" if recipe.glasses is None else recipe.glasses
            dark_lenses = glasses and who.glasses == "dark"
            if glasses:
                worn, more["glasses_shape"] = varied_glasses(rng, self._base, vertices, dark=dark_lenses)
                parts += worn

        light = random_light(rng)
        facts = {
            "seed": seed,
            "gender": shape.gender,
            "age": shape.age,
            "race": shape.race.tolist(),
            "expression": expression,
            "melanin": person.melanin,
            "skin": person.skin,
            "hair": person.hair,
            "hair_rgb": person.hair_rgb.tolist(),
            "beard": painted.beard,
            "outfit": outfit,
            "glasses": glasses,
            "dark_lenses": dark_lenses,
            "key_light": light.direction.tolist(),
            **hair_facts,
            **more,
        }
        shadows = FINE_SHADOWS if who is None else FAST_SHADOWS
        return SyntheticHead(self._exposed(lit(parts, light, self._renderer, shadows)), light.direction, facts)

    def _skin(self, painted: PaintedSkin, outfit: str, positions: Floats, normals: Floats) -> Part:
        """The skin without what the outfit hides."""
        covered = np.zeros(len(self._base.vertices), bool)
        covered[self._wardrobe.hidden_vertices(outfit)] = True
        shown = np.array([not covered[face].all() for face in self._base.head_faces])
        return Part(
            world_from_dm(positions),
            normals,
            self._base.render.uv,
            self._base.render.triangles[shown[self._base.face_of_triangle]],
            Texture(painted.texture),
            LABEL_FROM_TEXTURE,
            label_texture=Texture(painted.label, smooth=False),
            specular=0.22,
            gloss=14.0,
            wrap=(0.38, 0.2, 0.14),
        )

    def _hair(
        self,
        rng: np.random.RandomState,
        person: Person,
        vertices: Floats,
        skin: tuple[Floats, Floats],
        *,
        smooth: bool,
    ) -> tuple[list[Part], dict[str, Any]]:
        """Hair, if any, and what chance decided about it."""
        if person.hair in FUR_STYLES:
            return [self._fur.part(rng, person.hair, person.hair_rgb, *skin)], {}
        if person.hair == "none":
            return [], {}
        part, settings = self._cards.part(rng, person.hair, person.hair_rgb, vertices, smooth=smooth)
        return [part], {name: value for name, value in vars(settings).items() if value is not None}

    def _varied_hair(
        self, rng: np.random.RandomState, person: Person, vertices: Floats, skin: tuple[Floats, Floats]
    ) -> tuple[list[Part], dict[str, Any]]:
        """Hair of version 3, if any, and what chance decided about it."""
        if person.hair in FUR_STYLES_3:
            return [self._fur.varied(rng, person.hair, person.hair_rgb, *skin)], {}
        if person.hair in BARE_STYLES:
            return [], {}
        parts, settings = self._cards.varied(rng, person.hair, person.hair_rgb, vertices)
        return parts, dict(vars(settings))

    def _exposed(self, parts: list[Part]) -> tuple[Part, ...]:
        """Parts with their light scaled so that the face, on the first part, is well exposed."""
        exposure = _FACE_IRRADIANCE / parts[0].irradiance[self._on_face].mean()
        return tuple(replace(part, irradiance=part.irradiance * exposure) for part in parts)
