"""Folding edits: laws on the tiny generator, looks on the bundled one."""

import math
from dataclasses import replace

import pytest
import torch

from core import generators
from core.camera import Camera
from core.edit import Edit, MoveSlider, Recolour, RemovePart, TakePart, at_work, with_strength
from core.editors.fold import Folder
from core.editors.part_volume import HeadParts
from core.errors import VoltefaceError
from core.frame import Quality
from core.generators.mini import Mini
from core.head import Head
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
    shares = [HeadParts.of(mini, head.trigrid).coverage().get("glasses", 0.0) for head in (wearer, off, on)]
    assert shares[1] < shares[0] / 4
    assert shares[2] > shares[0] / 2
    behind, unworn = (HeadRenderer(mini, head).render(BEHIND, Quality.NEAR, size_px=128).rgb for head in (on, bare))
    assert abs(behind.astype(int) - unworn.astype(int)).mean() < 2.0
