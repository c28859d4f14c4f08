"""Folding edits: laws on the tiny generator, looks on the bundled one."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from core import generators
from core.camera import Camera
from core.edit import REGION, Edit, MoveSlider, Recolour, RemovePart, TakePart, at_work, with_strength
from core.editors.fold import Folder
from core.editors.head_parts import HeadParts
from core.errors import VoltefaceError
from core.frame import Quality
from core.generators.mini import Mini
from core.head import Head
from core.mask import PARTS
from core.region import Region
from core.rendering.renderer import HeadRenderer
from tests.fakes import TinyGenerator, tiny_head

TAKE = TakePart(key="1", part="nose", reference="other")
BEHIND = Camera.orbit(math.pi)
BLUE_HAIR = Recolour(key="2", part="hair", rgb=(0.1, 0.2, 0.9))


@pytest.fixture(scope="module")
def folder() -> Folder:
    return Folder(TinyGenerator(), tiny_head(1), {"other": tiny_head(2)})


def _points(count: int = 4000) -> torch.Tensor:
    return (torch.rand(count, 3, generator=torch.Generator().manual_seed(0)) - 0.5) * 0.7


def _look(head: Head, points: torch.Tensor) -> torch.Tensor:
    tiny = TinyGenerator()
    return tiny.colours(tiny.decode(head.trigrid.sample(points))[1])


@pytest.mark.parametrize(
    "edits",
    [
        (),
        (replace(TAKE, enabled=False),),
        (with_strength(TAKE, 0.0), with_strength(BLUE_HAIR, 0.0)),
        (MoveSlider(key="3", name="smile", strength=0.0),),
    ],
)
def test_edits_that_are_not_at_work_give_the_very_head(folder: Folder, edits: tuple[Edit, ...]) -> None:
    assert at_work(edits) == ()
    assert folder.folded(edits) is folder.folded(())


def test_a_part_comes_from_the_reference_and_the_rest_stays(folder: Folder) -> None:
    wearer, source = tiny_head(1), tiny_head(2)
    edited = folder.folded((TAKE,))
    nose = HeadParts.of(TinyGenerator(), wearer.trigrid).points("nose")
    assert (edited.trigrid.sample(nose) - wearer.trigrid.sample(nose)).abs().max() > 0.01
    far = _points()
    far = far[(far - nose.mean(0)).norm(dim=1) > 0.12]
    assert torch.equal(edited.trigrid.sample(far), wearer.trigrid.sample(far))
    assert source.trigrid == tiny_head(2).trigrid


def _drawn(*, u: tuple[float, float], v: tuple[float, float], removes: bool = False) -> Region:
    """A rectangle drawn over the wearer's front view."""
    frame = HeadRenderer(TinyGenerator(), tiny_head(1)).render(Camera.orbit(), Quality.NEAR)
    drawn, nothing = np.zeros((64, 64), np.uint8), np.zeros((64, 64), np.uint8)
    drawn[int(v[0] * 64) : int(v[1] * 64), int(u[0] * 64) : int(u[1] * 64)] = 255
    return Region(nothing if removes else drawn, drawn if removes else nothing, frame.camera, frame.depth)


def test_a_drawn_region_brings_what_the_reference_has_there_and_nothing_else(folder: Folder) -> None:
    region = _drawn(u=(0.5, 0.7), v=(0.3, 0.5))
    edited = folder.folded((TakePart(key="1", part=REGION, reference="other", regions=(region,)),))
    points = folder.parts().points()
    inside = torch.from_numpy(region.weights_at(points.numpy())[0]) > 0.9
    change = (edited.trigrid.sample(points) - tiny_head(1).trigrid.sample(points)).abs().amax(1)
    assert change[inside].mean() > 0.01
    assert (change[points[:, 2] < -0.05] == 0).all()


def test_what_was_drawn_away_stays_the_wearers(folder: Folder) -> None:
    region = _drawn(u=(0.0, 1.0), v=(0.0, 1.0), removes=True)
    with pytest.raises(VoltefaceError, match="holds hardly anything"):
        folder.folded((replace(TAKE, regions=(region,)),))
    half = folder.folded((replace(TAKE, regions=(_drawn(u=(0.0, 0.5), v=(0.0, 1.0), removes=True),)),))
    nose = folder.parts().points("nose")
    change = (half.trigrid.sample(nose) - tiny_head(1).trigrid.sample(nose)).abs().amax(1)
    left = nose[:, 0] < 0 if change[nose[:, 0] < -0.01].mean() < change[nose[:, 0] > 0.01].mean() else nose[:, 0] > 0
    assert change[left & (nose[:, 0].abs() > 0.015)].mean() < 0.2 * change[~left].mean()


def test_a_wider_seam_reaches_further_and_harmony_follows_the_wearers_tone(folder: Folder) -> None:
    points = _points()
    plain = folder.folded((TAKE,)).trigrid.sample(points)
    wide = folder.folded((replace(TAKE, seam=3.0),)).trigrid.sample(points)
    base = tiny_head(1).trigrid.sample(points)
    assert ((wide != base).any(1)).sum() > 1.2 * ((plain != base).any(1)).sum()
    # the default is as it was before there was a choice
    same = folder.folded((replace(TAKE, harmonise=1.0),))
    torch.testing.assert_close(same.trigrid.sample(points), plain)
    nose = folder.parts().points("nose")
    skin = _look(folder.folded(()), folder.parts().points("skin")).mean(0)
    own, suited = (
        (_look(folder.folded((replace(TAKE, harmonise=share),)), nose).mean(0) - skin).norm() for share in (0.0, 1.0)
    )
    assert own != suited


def test_a_part_that_was_taken_is_taken_off_again(folder: Folder) -> None:
    off = RemovePart(key="9", part="nose")
    edited = folder.folded((TAKE, off))
    torch.testing.assert_close(edited.trigrid.sample(_points()), tiny_head(1).trigrid.sample(_points()))


def test_a_sketch_is_close_and_the_last_frame_of_a_drag_is_exact(folder: Folder) -> None:
    edits = (TAKE, BLUE_HAIR)
    first = folder.folded(edits)
    sketched = folder.folded((with_strength(TAKE, 0.4), BLUE_HAIR), sketch=True)
    exact = folder.folded((with_strength(TAKE, 0.4), BLUE_HAIR))
    points = _points()
    away = (sketched.trigrid.sample(points) - exact.trigrid.sample(points)).abs().mean()
    assert away < 0.5 * (first.trigrid.sample(points) - exact.trigrid.sample(points)).abs().mean() + 1e-3
    alone = Folder(TinyGenerator(), tiny_head(1), {"other": tiny_head(2)})
    fresh = alone.folded((with_strength(TAKE, 0.4), BLUE_HAIR))
    torch.testing.assert_close(exact.trigrid.sample(points), fresh.trigrid.sample(points))


def test_what_is_known_of_heads_changes_nothing() -> None:
    heads = {"other": tiny_head(2)}
    grids = {id(head): HeadParts.of(TinyGenerator(), head.trigrid).grid for head in heads.values()}
    asked = Folder(TinyGenerator(), tiny_head(1), heads, grid_of=lambda head: grids.get(id(head)))
    plain = Folder(TinyGenerator(), tiny_head(1), heads)
    edited, same = (one.folded((TAKE,)) for one in (asked, plain))
    assert torch.equal(edited.trigrid.sample(_points()), same.trigrid.sample(_points()))


def test_a_reference_that_comes_later_can_be_taken_from() -> None:
    folder = Folder(TinyGenerator(), tiny_head(1), {})
    with pytest.raises(VoltefaceError, match="is gone"):
        folder.folded((TAKE,))
    folder.prepare()
    folder.know({"other": tiny_head(2)}, {"other": "Ada"})
    folder.prepare(["other", "gone"])
    plain = Folder(TinyGenerator(), tiny_head(1), {"other": tiny_head(2)})
    hair = replace(TAKE, part="hair")
    worn = folder.folded((hair,))
    seen = folder.seen(worn)
    assert seen is not None
    assert seen.field is worn.trigrid
    later, same = worn.trigrid.sample(_points()), plain.folded((hair,)).trigrid.sample(_points())
    assert torch.equal(later, same)


def test_a_reference_is_called_by_its_name() -> None:
    folder = Folder(TinyGenerator(), tiny_head(1), {"other": tiny_head(2)}, names={"other": "Grace Hopper"})
    with pytest.raises(VoltefaceError, match="No glasses were found on Grace Hopper"):
        folder.folded((replace(TAKE, part="glasses"),))


def test_folding_is_pure(folder: Folder) -> None:
    points = _points()
    edits = (TAKE, BLUE_HAIR)
    first = folder.folded(edits)
    folder.folded((with_strength(TAKE, 0.3), BLUE_HAIR))
    again = Folder(TinyGenerator(), tiny_head(1), {"other": tiny_head(2)}).folded(edits)
    torch.testing.assert_close(folder.folded(edits).trigrid.sample(points), first.trigrid.sample(points))
    torch.testing.assert_close(again.trigrid.sample(points), first.trigrid.sample(points))


def test_strength_leads_from_the_head_to_the_whole_edit(folder: Folder) -> None:
    hair = folder.parts().points("hair")
    before, after = (_look(folder.folded(edits), hair).mean(0) for edits in ((), (BLUE_HAIR,)))
    assert (after - torch.tensor(BLUE_HAIR.rgb)).abs().max() < 0.12
    half = _look(folder.folded((with_strength(BLUE_HAIR, 0.5),)), hair).mean(0)
    assert ((half - before) * (after - before)).sum() / (after - before).square().sum() == pytest.approx(0.5, abs=0.15)


def test_colouring_a_part_leaves_other_parts_and_the_shape_alone(folder: Folder) -> None:
    tiny, edited = TinyGenerator(), folder.folded((BLUE_HAIR,))
    lips = folder.parts().points("lips", "eyes")
    torch.testing.assert_close(_look(edited, lips), _look(folder.folded(()), lips), atol=0.02, rtol=0)
    raw, now = (tiny.decode(head.trigrid.sample(_points()))[0] for head in (folder.folded(()), edited))
    assert ((raw > 1) != (now > 1)).float().mean() < 0.01


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (replace(TAKE, part="tail"), "There is no part 'tail'"),
        (replace(TAKE, part="glasses"), "No glasses were found"),
        (replace(TAKE, reference="gone"), "The reference of this edit is gone"),
        (Recolour(key="4", part="glasses", rgb=(0, 0, 0)), "shows no glasses"),
        (RemovePart(key="5", part="glasses"), "wears no glasses"),
        (RemovePart(key="6", part="beard"), "knows no attributes"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(folder: Folder, edit: Edit, words: str) -> None:
    with pytest.raises(VoltefaceError, match=words):
        folder.folded((edit,))
    assert folder.folded(()) is folder.folded((replace(edit, enabled=False),))


def test_a_reference_of_another_generator_is_refused() -> None:
    folder = Folder(TinyGenerator(), tiny_head(1), {"other": replace(tiny_head(2), generator="mini")})
    with pytest.raises(VoltefaceError, match="Make both with one model"):
        folder.folded((TAKE,))


def _random_head(*, glasses: bool) -> Head:
    """A random head of the bundled model that was meant to wear glasses, or not to."""
    mini = generators.load("mini")
    assert isinstance(mini, Mini)
    column = mini.prior.attributes.names.index("glasses")
    noise = torch.randn(60, mini.info.noise_size, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        meant = mini.prior.attributes_from_noise(noise, 0.8)[:, column]
        chosen = int(meant.argmax() if glasses else meant.argmin())
        latents = mini.latents(noise[[chosen]], 0.8)[0]
        return Head(generator="mini", latents=latents, camera=Camera.orbit(), trigrid=mini.trigrid(latents))


def test_the_bundled_model_takes_glasses_off_and_on() -> None:
    mini = generators.load("mini")
    wearer, bare = _random_head(glasses=True), _random_head(glasses=False)
    off = Folder(mini, wearer, {}).folded((RemovePart(key="1", part="glasses"),))
    on = Folder(mini, bare, {"r": wearer}).folded((TakePart(key="1", part="glasses", reference="r"),))
    shares = [HeadParts.of(mini, head.trigrid).coverage().get("glasses", 0.0) for head in (wearer, off)]
    assert shares[1] < shares[0] / 4
    frames = [HeadRenderer(mini, head).render(Camera.orbit(), Quality.NEAR, size_px=128) for head in (wearer, on)]
    there, taken = (int(np.sum(frame.labels == PARTS.index("glasses"))) for frame in frames)
    assert taken > there / 2
    behind, unworn = (HeadRenderer(mini, head).render(BEHIND, Quality.NEAR, size_px=128).rgb for head in (on, bare))
    assert abs(behind.astype(int) - unworn.astype(int)).mean() < 2.0
