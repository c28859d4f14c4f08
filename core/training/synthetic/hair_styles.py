"""The hair styles: card meshes of MakeHuman, and fur that is grown in shells on the scalp."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FurStyle:
    """How a fur is grown.

    Attributes:
        shortest_dm: lower end of the random strand length.
        longest_dm: upper end.
        shells: concentric copies of the scalp that are drawn.
        noise: name of the noise that places the strands.
        repeats: how often the noise repeats over the uv layout.
        curly: strands keep their width towards their ends.
        curl_dm: how far strands swing.
    """

    shortest_dm: float
    longest_dm: float
    shells: int
    noise: str
    repeats: float
    curly: bool = False
    curl_dm: float = 0.0


FUR_STYLES: dict[str, FurStyle] = {
    "fur_buzz": FurStyle(0.035, 0.035, 6, "fine", 5.0),
    "fur_short": FurStyle(0.09, 0.2, 16, "fine", 4.2),
    "fur_curl": FurStyle(0.14, 0.4, 22, "curl", 3.2, curly=True, curl_dm=0.02),
    "fur_afro": FurStyle(0.28, 0.5, 26, "curl", 2.6, curly=True, curl_dm=0.05),
}
MALE_STYLES = ("short01", "short02", "short03", "short04", *FUR_STYLES, "none")
FEMALE_STYLES = (
    "bob01",
    "bob02",
    "long01",
    "ponytail01",
    "braid01",
    "short01",
    "short03",
    "short04",
    "fur_curl",
    "fur_afro",
    "fur_short",
)
ALL_STYLES = tuple(sorted({*MALE_STYLES, *FEMALE_STYLES}))
LONG_STYLES = frozenset({"long01", "bob01", "bob02", "ponytail01", "braid01"})
FRINGED_STYLES = frozenset({"bob01", "bob02", "short03", "braid01"})  # their fringe falls over the right eye
