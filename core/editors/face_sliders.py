"""The sliders of expression and face shape: names, words and ranges. How far each moves a face, the weights tell."""

from dataclasses import dataclass

from core.errors import VoltefaceError

EXPRESSION, SHAPE = "Expression", "Face shape"
FORMER = {"smile": "smile", "jaw": "mouth-open", "brow": "brows"}
"""Sliders of the head model that hardly moved a face, and those that took their place. Edits of old projects stay."""
BELOW_PHOTOS = {
    "beard": "Take the beard of another head instead.",
    "glasses": "Take the glasses of another head instead, or remove those that it wears.",
}
"""Sliders of the head model that a head with a photo on it does not follow, and what to do instead: the photo hides
what they make, or is lost below it."""


@dataclass(frozen=True)
class FaceSlider:
    """A slider that bends a face.

    Attributes:
        name: for options and files.
        title: for people, from low to high.
        group: under which it is listed.
        range: strengths that still give faces; 1 and -1 are a clear, credible change.
    """

    name: str
    title: str
    group: str
    range: tuple[float, float] = (-1.5, 1.5)


FACE_SLIDERS: tuple[FaceSlider, ...] = (
    FaceSlider("smile", "sad .. smiling", EXPRESSION),
    FaceSlider("mouth-open", "mouth closed .. open", EXPRESSION, (0.0, 1.0)),
    FaceSlider("lips-pursed", "mouth drawn wide .. pursed", EXPRESSION),
    FaceSlider("brows", "brows down .. up", EXPRESSION),
    FaceSlider("frown", "brows apart .. frowning", EXPRESSION),
    FaceSlider("worry", "brows angry .. worried", EXPRESSION),
    FaceSlider("eyes-wide", "eyes narrowed .. wide", EXPRESSION),
    FaceSlider("cheeks-raised", "cheeks low .. raised", EXPRESSION),
    FaceSlider("nose-width", "nose narrow .. wide", SHAPE),
    FaceSlider("nose-length", "nose short .. long", SHAPE),
    FaceSlider("nose-tip", "tip of the nose down .. up", SHAPE),
    FaceSlider("nose-bridge", "bridge of the nose hollow .. humped", SHAPE),
    FaceSlider("mouth-width", "mouth narrow .. wide", SHAPE),
    FaceSlider("lips-full", "lips thin .. full", SHAPE),
    FaceSlider("jaw-width", "jaw narrow .. wide", SHAPE),
    FaceSlider("chin-length", "chin short .. long", SHAPE),
    FaceSlider("chin-forward", "chin back .. forward", SHAPE),
    FaceSlider("eye-size", "eyes small .. large", SHAPE),
    FaceSlider("eye-distance", "eyes close .. far apart", SHAPE),
    FaceSlider("face-width", "face narrow .. wide", SHAPE),
    FaceSlider("cheekbones", "cheekbones flat .. strong", SHAPE),
    FaceSlider("cheeks-full", "cheeks hollow .. full", SHAPE),
    FaceSlider("forehead", "forehead low .. high", SHAPE),
    FaceSlider("ear-size", "ears small .. large", SHAPE),
)
NAMES = frozenset(slider.name for slider in FACE_SLIDERS)


def face_slider_of(name: str) -> FaceSlider:
    """The slider of a name.

    Raises:
        VoltefaceError: there is none.
    """
    for slider in FACE_SLIDERS:
        if slider.name == name:
            return slider
    names = ", ".join(slider.name for slider in FACE_SLIDERS)
    raise VoltefaceError(f"There is no slider {name!r}.", f"Choose from: {names}.")
