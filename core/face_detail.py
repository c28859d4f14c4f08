"""What the fine detail of a face cannot be told from the head itself: the colour of the eyes and a seed."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class FaceDetail:
    """That a head's eyes, brows, lips and skin are drawn finely, by `core.rendering.face_detail`.

    Where they are and how large is found on the head as it is when it is drawn.

    Attributes:
        iris: 0..1, from brown over green to blue; dark people's eyes are dark whatever it says.
        seed: of hairs, pores and freckles.
        strength: 0 leaves the face as the generator draws it, 1 is the whole detail.
        light: 0..1, how strongly the head's own shape lights and shades it; saved heads of before have none.
        age: 0..1, how deep the lines of age are.
        freckles: 0..1, how many there are.
        moles: how many.
        blush: 0..1, how red cheeks and nose are.
        made_up: 0..1, how thin brows, how long lashes and how red lips are at least; long hair tells it as well.
    """

    iris: float = 0.3
    seed: int = 0
    strength: float = 1.0
    light: float = 0.0
    age: float = 0.0
    freckles: float = 0.0
    moles: int = 0
    blush: float = 0.0
    made_up: float = 0.0

    def __post_init__(self) -> None:
        if not (0 <= self.iris <= 1 and 0 <= self.strength <= 1):
            raise ValueError(f"iris and strength must lie in 0..1, not {self.iris}, {self.strength}")
