"""The report about a head: its figures hold, its page needs nothing else."""

import json
import math
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core.align import Alignment
from core.camera import Camera
from core.evaluation import fidelity as fidelity_of
from core.evaluation.fidelity import Fidelity, fidelity
from core.evaluation.fidelity_page import html_of, identity_chart, summary
from core.evaluation.front_figures import as_picture, front_figures
from core.evaluation.pictures import as_tensor
from core.evaluation.rear_check import Finding, RearCheck
from core.evaluation.seen_share import seen_shares, vertex_areas
from core.exporters.light import light_surface
from core.frame import Quality
from core.photo import Photo
from core.photo_layer import PhotoLayer
from core.progress import Progress
from core.rendering.renderer import HeadRenderer
from core.rendering.seen import witnesses_of
from core.resizing import sized
from tests.app.studio_fakes import alignment_of
from tests.fakes import TinyGenerator, tiny_head

SIDE = 512


def crop_of(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Enlarged to the size of a crop."""
    return np.ascontiguousarray(np.kron(pixels, np.ones((SIDE // len(pixels),) * 2 + (1,), np.uint8)))


def portrait() -> Alignment:
    """A photo that the tiny head is the very likeness of."""
    frame = HeadRenderer(TinyGenerator(), tiny_head()).render(Camera.orbit(), Quality.EXACT, size_px=256)
    found = alignment_of(Photo.from_array(np.zeros((64, 64, 3), np.uint8), "ada.png"))
    mask = np.kron(frame.alpha, np.ones((2, 2), np.float32)).astype(np.float32)
    return replace(
        found,
        crop=crop_of(frame.rgb),
        mask=mask,
        photo_size_px=(SIDE, SIDE),
        landmarks=np.full((468, 2), SIDE / 2, np.float32),
    )


@pytest.fixture(scope="module")
def alignment() -> Alignment:
    return portrait()


@pytest.fixture(scope="module")
def steps() -> list[Progress]:
    return []


@pytest.fixture(scope="module")
def found(alignment: Alignment, steps: list[Progress]) -> Fidelity:
    head, tiny = tiny_head(), TinyGenerator()
    witnesses = witnesses_of(head, alignment, HeadRenderer(tiny, head))
    return fidelity(tiny, head, alignment, witnesses, (("Method", "by hand <&>"),), steps.append, edits=2)


def test_a_head_that_is_its_photo_is_told_so(found: Fidelity) -> None:
    figures = {one.key: one for one in found.figures}
    assert figures["lpips"].value < 0.05
    assert figures["psnr"].value > 25  # the rim is mixed with white twice
    assert figures["ms_ssim"].value > 0.98
    assert figures["l2"].value < 3e-3
    assert all(one.bare is None for one in found.figures)
    assert all(one.meaning.endswith(".") for one in found.figures)
    assert found.difference.mean() < 8
    assert len(found.turntable) == len(found.heat) == 8
    assert any("2 edits" in note for note in found.notes)
    assert any("No photo is laid" in note for note in found.notes)


def test_progress_never_goes_back_and_ends(found: Fidelity, steps: list[Progress]) -> None:
    del found
    fractions = [one.fraction for one in steps]
    assert fractions == sorted(fractions)
    assert fractions[-1] > 0.9
    # what takes longest tells of its pieces
    assert len({one.fraction for one in steps if one.message.startswith("Drawing")}) > 3


def test_half_of_what_faces_the_photo_is_seen(found: Fidelity) -> None:
    assert found.seen is not None
    # a little less than on a ball, for the tiny generator's depth has only 32 px
    assert 0.15 < found.seen < 0.35
    assert found.seen_by_part["Face"] > 2 * found.seen_by_part["Hair"]


def test_more_photos_show_more_and_none_nothing(alignment: Alignment) -> None:
    head, tiny = tiny_head(), TinyGenerator()
    renderer = HeadRenderer(tiny, head)
    (first,) = witnesses_of(head, alignment, renderer)
    from_behind = replace(alignment, camera=Camera.orbit(math.pi))
    _, second = witnesses_of(head, alignment, renderer, [from_behind])
    shares = [seen_shares(renderer.grid(), photos)[0] for photos in ((), (first,), (first, second))]
    assert shares[0] == 0
    assert shares[1] is not None
    assert shares[2] is not None
    assert shares[2] > 1.7 * shares[1] > 0
    assert witnesses_of(head, None, renderer) == ()


def test_areas_of_vertices_are_the_area_of_the_surface() -> None:
    mesh = light_surface(HeadRenderer(TinyGenerator(), tiny_head()).grid(), 10**9)
    x, y, z = 0.14, 0.2, 0.165
    # Knud Thomsen's formula for the surface of an ellipsoid
    power = 1.6075
    mean = ((x * y) ** power + (x * z) ** power + (y * z) ** power) / 3
    assert vertex_areas(mesh).sum() == pytest.approx(4 * math.pi * mean ** (1 / power), rel=0.05)


def test_a_photo_that_is_laid_on_is_told_apart(alignment: Alignment) -> None:
    tiny, head = TinyGenerator(), tiny_head()
    depth = HeadRenderer(tiny, head).render(head.camera, Quality.NEAR).depth
    everywhere = np.full((SIDE, SIDE), 255, np.uint8)
    red = np.zeros((SIDE, SIDE, 3), np.uint8)
    red[..., 0] = 255
    layer = PhotoLayer(picture=red, cover=everywhere, cover_from_here=everywhere, camera=head.camera, depth=depth)

    photo = as_tensor(alignment.crop, 64)
    mask = sized(torch.from_numpy(alignment.mask)[None, None], 64)
    figures = front_figures(photo, mask, mask, None, red[:64, :64], as_picture(photo))
    by_key = {one.key: one for one in figures}
    assert by_key["lpips"].bare is not None
    assert by_key["lpips"].bare < by_key["lpips"].value
    grid = HeadRenderer(tiny, head).grid()
    notes = fidelity_of._notes(replace(head, photos=(layer,)), figures, grid, 0)
    assert "by the model alone" in notes[0]


class Reader(HTMLParser):
    """Notes what a page refers to, and whether its tags are closed in order."""

    EMPTY = ("meta", "img")

    def __init__(self) -> None:
        super().__init__()
        self.sources: list[str] = []
        self.tags: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.sources += [
            value or "" for name, value in attrs if name in {"src", "href", "xlink:href", "srcset", "data"}
        ]
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_parses_and_refers_to_nothing_outside(found: Fidelity) -> None:
    page = html_of(found, "Ada <Lovelace> & co")
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    assert "script" not in reader.tags
    assert "link" not in reader.tags
    assert len(reader.sources) == 3 + 16
    assert all(source.startswith("data:image/jpeg;base64,") for source in reader.sources)
    without_pictures = re.sub(r"base64,[^\"]+", "", page)
    assert not re.search(r"https?:|url\(|@import|//", without_pictures)
    assert "prefers-color-scheme:dark" in page
    assert "Ada &lt;Lovelace&gt; &amp; co" in page
    assert "by hand &lt;&amp;&gt;" in page
    for one in found.figures:
        assert one.shown in page


def test_json_is_plain_and_knows_no_not_a_number(found: Fidelity) -> None:
    text = json.dumps(found.to_json(), allow_nan=False)
    again = json.loads(text)
    assert set(again["identity_by_yaw"]) == {"-45", "-30", "-15", "0", "15", "30", "45"}
    assert again["facts"]["Method"] == "by hand <&>"


def test_faults_come_first_and_say_what_can_be_done(found: Fidelity) -> None:
    faulty = replace(
        found, rear=RearCheck((Finding("face", "A second face is seen from behind, at 180 degrees.", (180,)),))
    )
    assert any(value == "1 fault" and good is False for value, _, good in summary(faulty))
    page = html_of(faulty, "Ada")
    assert "A second face is seen from behind" in page
    assert "volteface repair" in page
    assert "volteface repair" not in html_of(replace(found, rear=RearCheck()), "Ada")


def test_the_chart_says_where_no_face_was_found() -> None:
    chart = identity_chart({-45: math.nan, 0: 0.1, 45: 0.7})
    assert "-45° no face" in chart
    assert ">0.10<" in chart
