"""Faces bend where their landmarks are, and whatever lies on them goes along."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch

from core.align import find_meshes
from core.camera import Camera
from core.edit import Edit, Paint, Reshape, shape_of
from core.editors.face_bending import bent
from core.editors.face_sliders import FACE_SLIDERS, FORMER, face_slider_of
from core.editors.face_targets import face_targets
from core.editors.face_warp import FaceWarper, Fitting
from core.editors.fold import Folder
from core.editors.random_head import random_latents
from core.errors import VoltefaceError
from core.evaluation.pictures import head_of
from core.frame import Frame, Quality
from core.generators import load
from core.grafted_field import GraftedField, RemappedField, Volume
from core.head import Head
from core.perception.face_mesh import CHIN, MOUTH_LEFT, MOUTH_RIGHT, NOSE_TIP
from core.rendering.renderer import HeadRenderer
from core.training.face_targets import MIXTURES
from core.warped_field import WarpedField
from tests.fakes import TinyGenerator, tiny_head

FRONT = Camera.orbit()
CORNERS = [MOUTH_RIGHT, MOUTH_LEFT]
LOWER_LIP, UPPER_LIP = 17, 0
RIGHT_BROW, RIGHT_LID = 105, 159


@cache
def _warper() -> FaceWarper:
    """Of a head that is the mean face."""
    landmarks = face_targets().landmarks
    return FaceWarper(Fitting.of(landmarks, landmarks, torch.ones(len(landmarks), dtype=torch.bool)))


def _moved(name: str, strength: float) -> torch.Tensor:
    """How far the mean face's landmarks go [468, 3]."""
    forth = _warper().forth({name: strength})
    assert forth is not None
    return forth.shift_at(face_targets().landmarks)


def test_every_slider_has_a_mixture_and_moves_something() -> None:
    assert set(MIXTURES) == {slider.name for slider in FACE_SLIDERS}
    assert set(FORMER.values()) <= set(MIXTURES)
    for slider in FACE_SLIDERS:
        low, high = slider.range
        assert low <= 0 < high
        assert f"{slider.name}+" in face_targets().moves
        assert (f"{slider.name}-" in face_targets().moves) == (low < 0)
    with pytest.raises(VoltefaceError, match="no slider"):
        face_slider_of("horns")


def test_sliders_do_what_their_names_say() -> None:
    right, left = CORNERS
    smile, frown = _moved("smile", 1), _moved("smile", -1)
    assert smile[CORNERS, 1].min() > 0.008
    assert smile[left, 0] > 0.004
    assert smile[right, 0] < -0.004
    assert frown[CORNERS, 1].max() < -0.004
    assert _moved("brows", 1)[RIGHT_BROW, 1] > 0.008
    assert _moved("brows", 1)[RIGHT_LID, 1] < 0.004
    assert _moved("brows", -1)[RIGHT_BROW, 1] < -0.005
    assert _moved("mouth-open", 1)[LOWER_LIP, 1] < -0.006
    assert _moved("mouth-width", 1)[left, 0] > 0.004
    assert _moved("nose-length", 1)[NOSE_TIP, 1] < -0.002
    assert _moved("nose-length", -1)[NOSE_TIP, 1] > 0.002
    assert _moved("chin-length", 1)[CHIN, 1] < -0.01
    assert _moved("chin-forward", 1)[CHIN, 2] > 0.008
    assert _moved("smile", 1)[RIGHT_BROW].norm() < 0.003


def test_nothing_moves_at_zero_and_strengths_stop_at_their_range() -> None:
    warper = _warper()
    assert warper.warp({}) is None
    assert warper.warp({"smile": 0.0, "brows": 0.0}) is None
    far, most = warper.forth({"smile": 9.0}), warper.forth({"smile": 1.5})
    assert far == most
    with pytest.raises(VoltefaceError, match="horns"):
        warper.warp({"horns": 1.0})


def test_the_way_back_undoes_the_way_forth() -> None:
    shape = {"smile": 1.0, "jaw-width": -0.7, "brows": 1.0}
    back, forth = _warper().warp(shape), _warper().forth(shape)
    assert back is not None
    assert forth is not None
    points = face_targets().landmarks
    there = forth.back(points)
    assert (there - points).norm(dim=1).max() > 0.01
    missed = (back.back(there) - points).norm(dim=1)
    assert missed.mean() < 5e-4
    assert missed.max() < 5e-3


def test_the_back_of_the_head_stays() -> None:
    warp = _warper().warp({name: 1.0 for name in ("smile", "brows", "nose-width", "lips-full", "eyes-wide")})
    assert warp is not None
    assert not warp.bends(torch.tensor([[0.0, 0.1, -0.15], [0.1, 0.0, -0.1], [0.0, 0.2, 0.0]])).any()


def test_the_mean_face_is_laid_on_the_landmarks_whatever_hides_some() -> None:
    mean = face_targets().landmarks
    angle = torch.tensor(0.2)
    turn = torch.tensor([[angle.cos(), 0, angle.sin()], [0, 1, 0], [-angle.sin(), 0, angle.cos()]])
    wide = mean * torch.tensor([1.06, 1.0, 1.0])  # a broader face than the mean one
    found = 0.9 * wide @ turn.T + torch.tensor([0.02, -0.03, 0.01])
    seen = found.clone()
    seen[:40, 2] += 0.08  # glasses
    laid = Fitting.of(mean, seen, torch.ones(468, dtype=torch.bool)).laid(mean)
    missed = (laid - found).norm(dim=1)
    assert missed[40:].mean() < 2e-3
    assert missed[:40].mean() < 0.01


def test_a_head_without_a_face_says_so() -> None:
    class Blank(HeadRenderer):
        def render(self, camera: Camera, quality: Quality, **more: object) -> Frame:
            del more
            white = np.full((64, 64, 3), 255, np.uint8)
            nothing = np.zeros((64, 64), np.float32)
            return Frame(rgb=white, alpha=nothing, depth=nothing, labels=None, camera=camera, quality=quality)

    with pytest.raises(VoltefaceError, match="No face was found on this head"):
        FaceWarper.of(Blank(TinyGenerator(), tiny_head()), FRONT)


@cache
def _mini() -> tuple[Folder, Head]:
    generator = load("mini")
    head = head_of(generator, random_latents(generator, 50_000))
    return Folder(generator, head, {}), head


def _landmarks(head: Head) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    with torch.no_grad():
        frame = HeadRenderer(load("mini"), head).render(FRONT, Quality.NEAR)
    return find_meshes(frame.rgb)[0][1].points[:, :2]


def test_a_smile_is_seen_on_the_bundled_model() -> None:
    folder, head = _mini()
    before = _landmarks(head)
    after = _landmarks(folder.folded([Reshape(key="1", name="smile", strength=1.0)]))
    eyes = np.linalg.norm(before[33] - before[263])
    rise = (before[CORNERS, 1] - after[CORNERS, 1]) / eyes
    assert rise.min() > 0.03
    assert (after[MOUTH_LEFT, 0] - after[MOUTH_RIGHT, 0]) / (before[MOUTH_LEFT, 0] - before[MOUTH_RIGHT, 0]) > 1.08


def _painted_at(head: Head) -> tuple[float, float]:
    frame = HeadRenderer(TinyGenerator(), head).render(FRONT, Quality.EXACT, size_px=128)
    rows, columns = np.nonzero(np.abs(frame.rgb.astype(int) - [255, 0, 0]).max(axis=2) < 30)
    assert len(rows) > 5
    return float(columns.mean()), float(rows.mean())


def _spot(frame: Frame, row: int, column: int, shape: tuple[tuple[str, float], ...] = ()) -> Paint:
    picture = np.zeros((128, 128, 4), np.uint8)
    picture[row - 5 : row + 6, column - 5 : column + 6] = (255, 0, 0, 255)
    return Paint(key="1", picture=picture, camera=frame.camera, depth=frame.depth, shape=shape)


SHIFTED = (("chin-length", 1.0),)


def test_paint_goes_with_the_face_that_it_was_laid_on() -> None:
    head, warper = tiny_head(), _warper()
    frame = HeadRenderer(TinyGenerator(), head).render(FRONT, Quality.EXACT)
    # where the tiny head has its surface, the mean face's chin moves down
    early, late = _spot(frame, 86, 64), _spot(frame, 86, 64, shape=SHIFTED)
    resting = _painted_at(replace(head, paint=(early,)))
    assert _painted_at(bent(replace(head, paint=(early,)), warper, ())) == resting
    lowered = _painted_at(bent(replace(head, paint=(early,)), warper, SHIFTED))
    assert lowered[1] > resting[1] + 1
    # painted on the bent face it stays there, and goes back with it
    assert bent(replace(head, paint=(late,)), warper, SHIFTED).paint[0].way == ()
    raised = _painted_at(bent(replace(head, paint=(late,)), warper, ()))
    assert raised[1] < resting[1] - 1


def test_glasses_that_were_put_on_stay_as_they_are() -> None:
    head = tiny_head()
    volume = Volume(torch.ones(2, 2, 2), (0.1, 0.1, 0.1))
    glasses = GraftedField(head.trigrid, tiny_head(1).trigrid, volume)
    tint = RemappedField(glasses, torch.zeros(12, 12), torch.zeros(12), volume)
    hair = GraftedField(tint, tiny_head(2).trigrid, volume)
    field = bent(replace(head, trigrid=hair), _warper(), SHIFTED, glasses).trigrid
    assert isinstance(field, RemappedField)
    assert isinstance(field.base, GraftedField)
    assert field.base.graft is glasses.graft
    assert isinstance(field.base.base, WarpedField)
    under = field.base.base.base
    assert isinstance(under, GraftedField)
    assert under.graft is hair.graft
    assert under.base is head.trigrid


def test_sliders_of_one_name_add_up() -> None:
    edits: list[Edit] = [
        Reshape(key="1", name="smile", strength=0.5),
        Reshape(key="2", name="brows", strength=1.0, enabled=False),
        Reshape(key="3", name="smile", strength=0.25),
    ]
    assert shape_of(edits) == (("smile", 0.75),)
