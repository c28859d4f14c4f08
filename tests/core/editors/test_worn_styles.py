"""Parts that pass between styled and plain heads keep the look of where they come from; all else keeps its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from core.camera import Camera
from core.edit import Restyle, TakePart
from core.editors.fold import Folder
from core.errors import VoltefaceError
from core.frame import Frame, Quality
from core.head import Head
from core.mask import PARTS
from core.photo import Photo
from core.project import Project
from core.reference import Reference
from core.rendering.renderer import HeadRenderer
from core.style_pack import StylePack, fingerprint
from core.worn_style import WornStyle
from tests.fakes import TinyGenerator, tiny_head
from tests.random_generators import random_eg3d

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from core.protocols import Generator

TINY = TinyGenerator(grid_nodes=64)  # quick enough, and fine enough for hair
TAKE = TakePart(key="1", part="hair", reference="r")


def style() -> Restyle:
    """Red, green and blue change places."""
    turned = torch.eye(3).roll(1, 0)
    pack = StylePack(
        name="turned", title="Turned colours", made="distilled", generator="tiny",
        fingerprint=fingerprint("tiny", TINY.parameters_to_tune()),
        delta={"to_rgb": turned - TINY.parameters_to_tune()["to_rgb"]},
        preview=np.zeros((4, 4, 3), np.uint8), licence="Apache-2.0",
    )  # fmt: skip
    return Restyle(key="s", pack=pack)


def styled(head: Head) -> Head:
    return Folder(TINY, head, {}).folded((style(),))


def drawn(head: Head) -> Frame:
    return HeadRenderer(TINY, head).render(Camera.orbit(0.4, 0.2), Quality.NEAR)


def where(frame: Frame, part: str, margin: int = 0) -> NDArray[np.bool_]:
    """Pixels of a part, without those near its border, or with those around it."""
    import cv2

    assert frame.labels is not None
    shown = (frame.labels == PARTS.index(part)).astype(np.uint8)
    window = np.ones((2 * abs(margin) + 1,) * 2, np.uint8)
    shown = cv2.erode(shown, window) if margin < 0 else cv2.dilate(shown, window)
    return np.asarray(cv2.resize(shown, frame.rgb.shape[1::-1], interpolation=cv2.INTER_NEAREST) > 0)


def colour(frame: Frame, part: str) -> NDArray[np.float64]:
    return np.asarray(frame.rgb[where(frame, part, -1)].mean(0) / 255)


@pytest.mark.parametrize("lends_style", [True, False])
def test_a_part_keeps_its_look_and_the_rest_of_the_head_its_own(lends_style: bool) -> None:
    wearer, reference = tiny_head(2), tiny_head(5)
    wearer, reference = (wearer, styled(reference)) if lends_style else (styled(wearer), reference)
    # a styled wearer is a head with an edit, as it is in the window
    plain, edits = (wearer, (TAKE,)) if lends_style else (tiny_head(2), (style(), TAKE))
    before, theirs = drawn(wearer), drawn(reference)
    after = drawn(Folder(TINY, plain, {"r": reference}).folded(edits))
    assert np.abs(colour(after, "hair") - colour(theirs, "hair")).max() < 0.03
    assert (
        np.abs(
            colour(after, "hair") - colour(drawn(tiny_head(5) if lends_style else styled(tiny_head(5))), "hair")
        ).max()
        > 0.04
    )
    outside = ~(where(before, "hair", 4) | where(theirs, "hair", 4))
    # some skin beside the hair goes with it, styled or not
    assert (np.abs(after.rgb[outside].astype(int) - before.rgb[outside]).max(1) > 2).mean() < 0.015


def test_colours_that_follow_the_wearer_leave_the_style_behind() -> None:
    wearer, reference = tiny_head(2), styled(tiny_head(5))
    folder = Folder(TINY, wearer, {"r": reference})
    own, half, none = (folder.folded((replace(TAKE, harmonise=h),)).styles for h in (0.0, 0.5, 1.0))
    strengths = [
        [place.strength for one in styles if isinstance(one, WornStyle) for place in one.places]
        for styles in (own, half, none)
    ]
    assert strengths == [[1.0], [0.5], []]


def test_a_style_over_everything_covers_what_was_taken_before_it() -> None:
    folder = Folder(TINY, tiny_head(2), {"r": tiny_head(5)})
    over, under = folder.folded((TAKE, style())), folder.folded((style(), TAKE))
    assert not over.styles[0].places  # type: ignore[attr-defined]
    assert np.abs(colour(drawn(over), "hair") - colour(drawn(under), "hair")).max() > 0.04


def test_lent_styles_are_saved_and_lent_on(tmp_path: Path) -> None:
    first = Folder(TINY, tiny_head(2), {"r": styled(tiny_head(5))}).folded((TAKE,))
    photo = Photo.from_array(np.zeros((32, 32, 3), dtype=np.uint8), "a.png")
    path = tmp_path / "a.volteface"
    Project(
        photo=photo, camera=Camera.orbit(), head=tiny_head(3), references=(Reference(key="r", name="r", head=first),)
    ).save(path)
    lender = Project.load(path).references[0].head
    assert lender.styles == first.styles
    again = Folder(TINY, tiny_head(3), {"r": lender}).folded((TAKE,))
    # green goes with the light, so it is compared on one and the same wearer
    at_once = Folder(TINY, tiny_head(3), {"r": styled(tiny_head(5))}).folded((TAKE,))
    assert np.abs(colour(drawn(again), "hair") - colour(drawn(at_once), "hair")).max() < 0.03


def test_heads_of_other_families_are_refused_and_kin_are_not() -> None:
    eg3d = random_eg3d()
    latents = eg3d.mean_latents()
    stranger = Head(generator="eg3d", latents=latents, camera=Camera.orbit(), trigrid=eg3d.trigrid(latents))
    brother = replace(tiny_head(5), generator="other tiny")
    known: dict[str, Generator] = {"eg3d": eg3d, "other tiny": TinyGenerator()}
    folder = Folder(TINY, tiny_head(2), {"e": stranger, "r": brother}, names={"e": "bob"}, kin=known.__getitem__)
    with pytest.raises(VoltefaceError, match=r"Bob was made with EG3D and this head with Ellipsoid.*one family"):
        folder.folded((replace(TAKE, reference="e"),))
    after = drawn(folder.folded((TAKE,)))
    assert np.abs(colour(after, "hair") - colour(drawn(tiny_head(5)), "hair")).max() < 0.05
