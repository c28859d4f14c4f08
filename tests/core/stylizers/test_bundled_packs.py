"""The styles that ship: whole, small, one for each style of the vocabulary, and honest about how they were made."""

from __future__ import annotations

from app.pack_shelf import BUNDLED
from core.drawing.styles import STYLES
from core.editors.restyling import check_fits
from core.generators import load
from core.stylizers.pack import SUFFIX, load_pack

TAUGHT = ("bronze-taught", "clay-taught", "joker-taught", "marble-taught", "pencil-taught")
"""Those that the bundled prior taught."""


def test_every_pack_can_be_worn_by_the_bundled_generator() -> None:
    files = sorted(BUNDLED.glob(f"*{SUFFIX}"))
    assert {file.stem for file in files} == {*STYLES, *TAUGHT}
    generator = load("mini")
    for name in TAUGHT:
        taught = load_pack(BUNDLED / f"{name}{SUFFIX}")
        assert (taught.name, taught.made, taught.prior) == (name, "distilled", "bundled")
        assert all(part.startswith("upscaler.") for part in taught.delta)  # the field stays what it was
        check_fits(taught, generator)
    for file in files:
        if file.stem in TAUGHT:
            continue
        pack = load_pack(file)
        assert file.stem == pack.name == pack.artist
        assert file.stat().st_size < 100_000
        assert pack.made == "drawn"
        assert not pack.delta  # geometry, parts and weights stay what they were
        assert pack.licence.startswith("Apache-2.0")
        assert pack.preview.shape == (192, 192, 3)
        check_fits(pack, generator)
