"""Words for colours and for stuffs that a bundled style can be made of: "gold", "jade", "blue".

A stuff brings its style along ("jade" is a stone like marble); a colour only tints what else a prompt names.
"""

from __future__ import annotations

from dataclasses import dataclass

Rgb = tuple[float, float, float]


@dataclass(frozen=True)
class ColourWord:
    """What a word tints.

    Attributes:
        rgb: 0..1.
        style: name of the style that is made of it; empty for plain colours.
    """

    rgb: Rgb
    style: str = ""


def _colours(style: str, words: str) -> dict[str, ColourWord]:
    """From "name rrggbb, name rrggbb"."""
    found = {}
    for pair in words.split(", "):
        *name, code = pair.split()
        red, green, blue = (int(code[at : at + 2], 16) / 255 for at in (0, 2, 4))
        found[" ".join(name)] = ColourWord((red, green, blue), style)
    return found


COLOUR_WORDS: dict[str, ColourWord] = {
    **_colours(
        "",
        "red b8322c, scarlet c2281f, crimson a01c30, orange d97824, yellow e0c030, lemon e8d850, green 4d8f45, "
        "lime 9ccc3c, olive 7a7a38, turquoise 3fb0a8, teal 2c8080, cyan 48b8cc, blue 3f68b8, navy 2c3a6c, "
        "azure 4890d8, indigo 4a3f90, purple 7a48a0, violet 8a58b8, magenta b8409c, pink d888a8, brown 7a5034, "
        "beige cdb592, cream e8dcc0, sepia 70502f, grey 8c8c8c, gray 8c8c8c, black 3c3c40, pastel d8bcc4, neon 48d868",
    ),
    **_colours(
        "bronze",
        "gold d8a838, golden d8a838, gilded d8a838, silver b8bcc4, copper c07048, brass c0a048, pewter 8c9098, "
        "lead 6c7078, rust 9c5430, rusty 9c5430, platinum c8ccd0, iron 707478, aluminium c0c4c8, tin a8acb0",
    ),
    **_colours(
        "marble",
        "jade 6cae84, malachite 388868, emerald 3c9c6c, ice b8dcee, icy b8dcee, glass c8e0e4, "
        "granite a09890, sandstone d0b088, obsidian 44444c, onyx 48484c, basalt 606468, slate 707880, ebony 4c443c, "
        "coal 48484c, ruby b03848, sapphire 4060b0, lapis 4058a0, amber d09838, rose quartz e0b8c0, amethyst 9070b8, "
        "opal d8dce0, soap e0d8c0, wax e8d8a8, sugar f0ece8, salt f0ece8, concrete a8a8a4, cement a8a8a4, ash 989898",
    ),
    **_colours(
        "clay",
        "chocolate 74482c, mud 74583c, caramel c08848, gingerbread a86838, butter e8d088, cheese e4b848, bread c89858",
    ),
    **_colours("wood", "bamboo c8b070, pine d0a868, cherry wood a05838, teak a87040, cork c09868"),
}
"""Longer names first where they begin alike."""
_BODY = (
    "eyes eye eyed hair haired skin skinned brows beard lips lipstick glasses "
    "shirt dress suit hat cap jacket coat tie clothes sweater background"
)
BODY = frozenset(_BODY.split())
"""After a colour they say that it is theirs, and not that of the whole head."""
