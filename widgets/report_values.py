"""What the report's dialog shows, as frozen values: no Qt, no model. See `widgets.values`."""

from dataclasses import dataclass

from widgets.values import Picture


@dataclass(frozen=True)
class FigureView:
    """One measure; `bare` is the model alone, without the photo that is laid on, empty where none is."""

    title: str
    shown: str
    bare: str
    meaning: str


@dataclass(frozen=True, eq=False)
class ReportView:
    """What is known of a head.

    Attributes:
        title: of the head.
        summary: value, what it is, and whether it is good, bad or neither (None).
        figures: of the front.
        front: photo, head and difference, with captions.
        turntable: the head from around, with captions.
        heat: what was seen and what guessed, with captions.
        identity: yaw in degrees and distance as text.
        shares: part and share seen, as text.
        findings: what is wrong with the hidden side; empty for nothing.
        notes: sentences on what the figures do and do not say.
        facts: how it was made.
    """

    title: str
    summary: tuple[tuple[str, str, bool | None], ...] = ()
    figures: tuple[FigureView, ...] = ()
    front: tuple[tuple[Picture, str], ...] = ()
    turntable: tuple[tuple[Picture, str], ...] = ()
    heat: tuple[tuple[Picture, str], ...] = ()
    identity: tuple[tuple[str, str], ...] = ()
    shares: tuple[tuple[str, str], ...] = ()
    findings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
