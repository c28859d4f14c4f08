"""What a photographed head shows beyond its photo's reach: skin, hair and ears go on as the photo began them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.mask import PARTS
from core.ramp import smooth
from core.rendering.borders import share_of
from core.rendering.carried_beard import CarriedBeard
from core.rendering.carried_tones import CarriedTones, Shown, headwear, seeds_of
from core.rendering.ears import Ear, ears_of
from core.rendering.firm_outline import firm_coverage, with_coverage, with_firm_outline
from core.rendering.form import form_of
from core.rendering.grained_hair import with_grain
from core.rendering.hair_grain import HairGrain
from core.rendering.hairline import with_hairline
from core.rendering.head_light import HeadLight
from core.rendering.nape import Nape
from core.rendering.photo_hair import photo_hair
from core.rendering.places import places_of, remapped
from core.rendering.skin_tones import SkinTones, in_cloth_tones, in_skin_tones, skin_tones_of
from core.rendering.strands import with_strands
from core.rendering.strays import Strays

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.camera import Camera
    from core.frame import Frame
    from core.hair_strands import HairStrands
    from core.photo_layer import PhotoLayer
    from core.rendering.form import Form
    from core.rendering.hair_flow import HairFlow
    from core.rendering.occupancy import FieldGrid

HAIR_SEEDS, FEWEST_SEEDS, HAIR_ODD = 250, 100, 0.9
"""Pixels of hair from which a photo tells its tones, and those up to its outline from which it still does; and how far,
in natural logarithms, a pixel's lightness may lie from the middle one: a badge on a cap lies further."""
HAIR_REACH = 0.12
"""How far hair goes on as it is where the photo ends, world units: there it is seen edgewise, often in the shade."""
OWN, HOLLOW = 0.45, 0.1
"""How far the model's own fine shading of hair is believed; how much darker hollows are, natural logarithms."""
OWN_OUTLINE, SHOWN = (0.12, 0.35), (0.004, 0.02)
"""Angles to the photo's camera, radians, between which a firm outline takes the place of the model's soft one where
nobody has told the photo's, and between which it takes the place of the photo's."""
UNSEEN = (0.5, 0.2)
"""Cosines to the photo's direction between which it does not tell any more where hair ends."""
BESIDE = 1 / 50
"""How far from the model's outline the photo's is believed, picture sides."""
COLOURED, GREY = 0.98, 6
"""Share of a photo's pixels whose red, green and blue differ by at most so much, of 255, in one without colours."""
COLLAR, LOW = (0.4, 0.8), (-0.16, -0.13)
"""How much darker than hair, in natural logarithms, what is labelled hair must be to be a collar, hardly and surely;
and the heights, world units, below which that is sure, and above which it is hair in the shade."""


@dataclass(frozen=True, eq=False)
class HiddenSide:
    """What is known of a head's hidden side, made once for a head.

    Attributes:
        photo: where the photo was taken from.
        shape: light that the head's shape leaves.
        outline: of the person in it, as of `PhotoLayer`; None where nobody has told it, or an edit has changed it.
        strays: what does not belong to the head.
        skin: tones of skin; None where the photo shows too little.
        hair: tones of hair; None likewise.
        ears: where the head has some.
        nape: where its hair ends behind; None where it is long, or another's.
        flow: its strands or its grain; None likewise.
        beard: that goes on to its ears; None where the photo shows no full one.
        own_hair: its hair is the photo's: other hair throws no shade of which the photo knew.
        grey: the photo has no colours, so the head has none.
    """

    photo: Camera
    shape: HeadLight
    outline: NDArray[np.uint8] | None
    strays: Strays
    skin: SkinTones | None
    hair: CarriedTones | None
    ears: tuple[Ear, ...]
    nape: Nape | None
    flow: HairFlow | HairGrain | None
    beard: CarriedBeard | None
    own_hair: bool = True
    grey: bool = False

    @staticmethod
    def of(photo: PhotoLayer, grid: FieldGrid, *, own_hair: bool = True) -> HiddenSide | None:
        """Of the photo that a head wears; None where nobody has told the photo's parts.

        Args:
            photo: the first one.
            grid: the head.
            own_hair: its hair is the photo's, and no other was put on.
        """
        if photo.labels is None:
            return None
        worn = headwear(photo.labels)
        seeds = seeds_of(photo, worn, least=HAIR_SEEDS, odd=HAIR_ODD)
        if seeds is None:  # thin hair is seen beside the temples alone, where heads turn away
            seeds = seeds_of(photo, worn, least=FEWEST_SEEDS, odd=HAIR_ODD, edgewise=True)
        hair = None if seeds is None else CarriedTones.of(seeds, reach=HAIR_REACH)
        shape, strays, ears = HeadLight.of(grid), Strays.of(photo, own_hair=own_hair), ears_of(grid)
        return HiddenSide(
            photo.camera,
            shape,
            photo.outline if own_hair and not photo.way else None,
            strays,
            skin_tones_of(photo, shape),
            hair,
            ears,
            Nape.of(grid) if own_hair else None,
            photo_hair(photo),
            CarriedBeard.of(photo, ears),
            own_hair,
            bool(np.quantile(np.ptp(photo.picture, axis=2), COLOURED) <= GREY),
        )

    def drawn(self, frame: Frame, strands: HairStrands | None = None) -> Frame:
        """A frame in the photo's tones; the photo itself is laid over it afterwards.

        Args:
            frame: with labels; the very same one comes back where it has none.
            strands: the head's, for hair of which the photo does not tell how it runs; None where it has none.
        """
        if frame.labels is None:
            return frame
        turned = math.acos(min(1.0, max(-1.0, float(frame.camera.forward @ self.photo.forward))))
        away = float(smooth(*OWN_OUTLINE, np.array(turned)))
        frame = self._outlined(self.strays.cut(frame), turned, away)
        assert frame.labels is not None
        if self.nape is not None:
            frame = self.nape.drawn(frame)
        form = form_of(frame.depth, frame.camera)
        if self.skin is not None:
            skin_form = form if self.own_hair else _without_hair(frame)
            skin_form = replace(skin_form, light=self.shape.picture(frame.depth, frame.camera))
            frame = in_skin_tones(frame, self.skin, skin_form, self.ears)
            if self.beard is not None:
                frame = self.beard.drawn(frame, skin_form)
            frame = in_cloth_tones(frame, self.skin, form)
        if self.hair is not None:
            hair = np.asarray(frame.labels == PARTS.index("hair"), np.float32)
            shown = Shown.of(frame, hair, form)
            if shown is not None:
                shown = replace(shown, share=shown.share * (1 - _collar(shown, self.hair)))
                frame = shown.toned(self.hair, np.zeros(len(shown.chosen), np.float32), own=OWN, hollow=HOLLOW)
        if self.grey:
            frame = self._grey(frame)
        if isinstance(self.flow, HairGrain):
            frame = with_grain(frame, self.flow.at, self.flow.curl, ragged=away)
        else:
            frame = with_strands(frame, strands, self.flow)
        return self._with_hairs(frame, strands if self.flow is None else self.flow, form)

    def _with_hairs(self, frame: Frame, strands: HairStrands | HairFlow | HairGrain | None, form: Form) -> Frame:
        """A frame whose hair ends in hairs where the photo hardly looks: elsewhere it knows where hair ends."""
        drawn, size = with_hairline(frame, strands), len(frame.rgb)
        if drawn is frame:
            return frame
        away = smooth(*UNSEEN, (form.normals @ -self.photo.forward).astype(np.float64)).astype(np.float32)
        share = cv2.resize(away, (size, size), interpolation=cv2.INTER_LINEAR)[..., None]
        mixed = frame.rgb + share * (drawn.rgb.astype(np.float32) - frame.rgb)
        return replace(frame, rgb=(mixed + 0.5).astype(np.uint8))

    def _outlined(self, frame: Frame, turned: float, away: float) -> Frame:
        """A frame with the photo's outline where it looks as the photo did, and else a firm one.

        Args:
            frame: of the head.
            turned: angle to the photo's camera, radians.
            away: how far there is to be a firm one where the photo's is not known, 0..1.
        """
        if self.outline is None:
            return with_firm_outline(frame, away)
        alpha, share = frame.alpha, float(smooth(SHOWN[1], SHOWN[0], np.array(turned)))
        whole, wide = firm_coverage(alpha, 1.0), np.ones((round(BESIDE * len(alpha)) | 1,) * 2)
        solid = (alpha > 1 / 2).astype(np.uint8)
        chosen = np.flatnonzero(cv2.dilate(solid, wide) > cv2.erode(solid, wide))
        if share > 0 and len(chosen):
            # a camera that stands where the photo's did sees the same at any distance
            far = np.full(alpha.shape, frame.camera.radius, np.float32)
            uv, _ = self.photo.project(places_of(frame.camera, far, chosen)[0])
            at = (uv * len(self.outline) - 0.5).astype(np.float32)
            covered, sure = (remapped(self.outline.astype(np.float32), at) / 255).T
            flat = whole.reshape(-1)
            flat[chosen] += share * sure * (covered - flat[chosen])
        return with_coverage(frame, whole)

    def _grey(self, frame: Frame) -> Frame:
        """A frame without colours; hair from another head keeps its own."""
        grey = cv2.cvtColor(cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        if self.own_hair or frame.labels is None:
            return replace(frame, rgb=np.asarray(grey, np.uint8))
        hair = share_of(frame.labels, ("hair",), len(grey))[..., None]
        mixed = np.asarray(frame.rgb * hair + grey * (1 - hair) + 0.5, np.uint8)
        return replace(frame, rgb=mixed)


def _without_hair(frame: Frame) -> Form:
    """The form of a frame as if the skin beside its hair went on below it."""
    assert frame.labels is not None
    return form_of(np.where(frame.labels == PARTS.index("hair"), np.float32(0), frame.depth), frame.camera)


def _collar(shown: Shown, hair: CarriedTones) -> NDArray[np.float32]:
    """How surely pixels that are labelled hair are a dark collar that it hangs to, 0..1 [N]."""
    darker = hair.at(shown.points, shown.normals, shown.light).mean(axis=1) - np.log(shown.own.mean(axis=1))
    dark = np.clip((darker - COLLAR[0]) / (COLLAR[1] - COLLAR[0]), 0, 1)
    return np.asarray(dark * np.clip((LOW[1] - shown.points[:, 1]) / (LOW[1] - LOW[0]), 0, 1), np.float32)
