"""Parts of one tone: dapples of hair and smudges on skin go, what belongs to a face stays."""

from dataclasses import replace

import cv2
import numpy as np
import torch

from core.camera import Camera
from core.frame import Frame, Quality
from core.mask import PARTS
from core.rendering.even_tones import HAIR as HAIR_TONE
from core.rendering.even_tones import SKIN as SKIN_TONE
from core.rendering.even_tones import PartTone, with_even_tones
from core.rendering.face_place import EyePlace, FacePlace
from core.rendering.occupancy import FieldGrid

HAIR, SKIN = PARTS.index("hair"), PARTS.index("skin")
NODES, RADIUS, SIDE = 65, 0.2, 96
HALF = (0.35, 0.35, 0.35)


def _dappled() -> FieldGrid:
    """A ball of brown hair whose left is bluer and whose right is redder, above skin."""
    z, y, x = torch.meshgrid(*(torch.linspace(-HALF[0], HALF[0], NODES),) * 3, indexing="ij")
    out = (x**2 + y**2 + z**2).sqrt()
    sigma = 60 + 4000 * (RADIUS - out).clamp(-0.015, 0.3)
    red = 0.5 * torch.exp(0.4 * (x / RADIUS).clamp(-1, 1))
    colour = torch.stack([red, torch.full_like(red, 0.4), 0.2 / red, ((out - RADIUS).abs() < 0.02).float()])
    labels = torch.where(y > -0.1, HAIR, SKIN).to(torch.uint8)
    return FieldGrid(sigma, colour, labels, HALF)


def _shown(grid: FieldGrid) -> Frame:
    camera = Camera.orbit()
    origins, ways = camera.rays(SIDE, SIDE)
    middle = (ways @ -camera.position)[:, None] * ways + origins
    off = np.linalg.norm(middle, axis=1)
    back = np.sqrt(np.maximum(RADIUS**2 - off**2, 0))
    points = middle - back[:, None] * ways
    hit = off < RADIUS
    depth = np.where(hit, (points - camera.position) @ camera.forward, 0).astype(np.float32).reshape(SIDE, SIDE)
    at = torch.from_numpy(points).float()
    rgb = np.where(hit[:, None], 255 * grid.colour_at(at).numpy().clip(0, 1), 255).astype(np.uint8)
    labels = np.where(hit, np.where(points[:, 1] > -0.1, HAIR, SKIN), 0).astype(np.uint8).reshape(SIDE, SIDE)
    alpha = hit.astype(np.float32).reshape(SIDE, SIDE)
    return Frame(rgb.reshape(SIDE, SIDE, 3), alpha, depth, labels, camera, Quality.NEAR)


def test_dappled_hair_gets_one_hue_and_skin_stays() -> None:
    grid = _dappled()
    tone, frame = PartTone.of(grid, HAIR_TONE), _shown(grid)
    assert tone is not None
    even = with_even_tones(frame, (tone,), None)
    inside = np.zeros((SIDE, SIDE), bool)
    inside[SIDE // 2 - 20 : SIDE // 2 + 5, SIDE // 2 - 20 : SIDE // 2 + 20] = True
    inside &= frame.labels == HAIR

    def dapples(one: Frame) -> float:
        return float(np.log(one.rgb[inside][:, 0] / one.rgb[inside][:, 2]).std())

    assert dapples(frame) > 0.2
    assert dapples(even) < 0.3 * dapples(frame)
    assert np.array_equal(even.rgb[SIDE // 2 + 18 :], frame.rgb[SIDE // 2 + 18 :])
    assert np.array_equal(even.rgb[frame.alpha == 0], frame.rgb[frame.alpha == 0])


def test_black_and_white_rings_at_the_rim_of_hair_go() -> None:
    grid = _dappled()
    tone, frame = PartTone.of(grid, HAIR_TONE), _shown(grid)
    assert tone is not None
    row, rgb = SIDE // 2 - 10, frame.rgb.copy()
    rgb[row], rgb[row + 4] = rgb[row] // 12, 250
    middle = np.s_[SIDE // 2 - 10 : SIDE // 2 + 10]
    even = with_even_tones(replace(frame, rgb=rgb), (tone,), None).rgb[:, middle].astype(float)
    usual = even[row + 8].mean()
    assert even[row].mean() > 0.5 * usual
    assert even[row + 4].mean() < 1.5 * usual


def test_large_pictures_get_the_tones_of_small_ones() -> None:
    grid = _dappled()
    tone, frame = PartTone.of(grid, HAIR_TONE), _shown(grid)
    assert tone is not None

    def at(size: int) -> Frame:
        rgb, alpha = (cv2.resize(one, (size, size), interpolation=cv2.INTER_LINEAR) for one in (frame.rgb, frame.alpha))
        return replace(frame, rgb=rgb, alpha=alpha)

    small, large = (with_even_tones(at(size), (tone,), None).rgb for size in (512, 1024))
    again = cv2.resize(large, (512, 512), interpolation=cv2.INTER_AREA)
    assert np.abs(again.astype(int) - small).mean() < 1.0


def test_a_head_without_hair_keeps_its_colours() -> None:
    grid = _dappled()
    tone = PartTone.of(grid, HAIR_TONE)
    assert tone is not None
    frame = _shown(grid)
    bald = replace(frame, labels=np.minimum(frame.labels, SKIN) if frame.labels is not None else None)
    assert with_even_tones(bald, (tone,), None) is bald
    assert grid.labels is not None
    assert PartTone.of(replace(grid, labels=torch.full_like(grid.labels, SKIN)), HAIR_TONE) is None
    assert PartTone.of(replace(grid, labels=None), HAIR_TONE) is None


def _face(beard: float) -> FacePlace:
    """A face on the ball, whose eyes look along z."""
    eyes = tuple(EyePlace(np.array([0.05 * side, 0.0, 0.0]), 0.04, 0.015, side) for side in (-1, 1))
    grey = np.full(3, 0.5)
    return FacePlace(
        np.array([0.0, 0.1, 0.17]), np.eye(3), 0.1, (eyes[0], eyes[1]), (), None, grey, grey, grey, beard, 0.0, 1.0
    )


def test_smudges_beside_the_face_go_and_beards_and_features_stay() -> None:
    grid = _dappled()
    grid = replace(grid, labels=torch.full_like(torch.as_tensor(grid.labels), SKIN))
    tone = PartTone.of(grid, SKIN_TONE)
    assert tone is not None
    frame = _shown(grid)
    frame = replace(frame, labels=np.where(frame.alpha > 0, SKIN, 0).astype(np.uint8))
    places = {"nose": (SIDE // 2 - 6, SIDE // 2), "jaw": (SIDE // 2 + 14, SIDE // 2 + 16)}
    rgb = frame.rgb.copy()
    for row, column in places.values():
        rgb[row - 2 : row + 3, column - 2 : column + 3] //= 2
    smudged = replace(frame, rgb=rgb)

    def left(place: str, beard: float) -> float:
        """Share of a smudge's darkness that is left."""
        even = [with_even_tones(one, (tone,), _face(beard)).rgb[places[place]].mean() for one in (frame, smudged)]
        return float(1 - even[1] / even[0]) / 0.5

    assert left("jaw", beard=0.0) < 0.5
    assert left("nose", beard=0.0) > left("jaw", beard=0.0) + 0.05
    assert left("jaw", beard=1.0) > 0.9
    assert with_even_tones(smudged, (tone,), None) is smudged
