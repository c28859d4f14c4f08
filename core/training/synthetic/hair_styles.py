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
FUR_STYLES_3: dict[str, FurStyle] = {
    "fur_buzz": FurStyle(0.022, 0.05, 7, "fine", 5.0),
    "fur_short": FurStyle(0.12, 0.3, 16, "fine", 4.2, curl_dm=0.012),
    "fur_curl": FurStyle(0.16, 0.36, 18, "curl", 3.2, curly=True, curl_dm=0.03),
    "fur_afro": FurStyle(0.24, 0.42, 22, "curl", 2.6, curly=True, curl_dm=0.05),
    "fur_receding": FurStyle(0.06, 0.2, 14, "fine", 4.2, curl_dm=0.01),
    "fur_horseshoe": FurStyle(0.05, 0.16, 12, "fine", 4.2, curl_dm=0.01),
}
"""The furs of version 3."""
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
NEW_STYLES = (
    "bun",
    "fur_horseshoe",
    "fur_receding",
    "long_curly",
    "long_wavy",
    "medium",
    "medium_wavy",
    "stubble",
)
"""Styles that only version 3 draws."""
STYLES_1 = tuple(sorted({*MALE_STYLES, *FEMALE_STYLES}))
ALL_STYLES = (*STYLES_1, *NEW_STYLES)
FAMILIES: dict[str, str] = {
    "long01": "long",
    "long_curly": "long",
    "long_wavy": "long",
    "medium": "medium",
    "medium_wavy": "medium",
    "bob01": "bob",
    "bob02": "bob",
    "braid01": "tied",
    "bun": "tied",
    "ponytail01": "tied",
    "short01": "short",
    "short02": "short",
    "short03": "short",
    "short04": "short",
    "fur_short": "short",
    "fur_buzz": "cropped",
    "fur_afro": "curls",
    "fur_curl": "curls",
    "fur_receding": "balding",
    "fur_horseshoe": "balding",
    "none": "bald",
    "stubble": "bald",
}
"""What each style looks like from afar."""
BARE_STYLES = frozenset({"none", "stubble"})
LONG_STYLES = frozenset({"long01", "bob01", "bob02", "ponytail01", "braid01"})
FRINGED_STYLES = frozenset({"bob01", "bob02", "short03", "braid01"})  # their fringe falls over the right eye
