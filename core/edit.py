"""An edit: one change to a head that can be switched off, weakened or taken away again."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Edit:
    """What every edit has.

    Attributes:
        kind: name of the change.
        strength: 0 leaves the head as it is, 1 is the full change.
        enabled: whether it counts at present.
    """

    kind: str
    strength: float = 1.0
    enabled: bool = True
