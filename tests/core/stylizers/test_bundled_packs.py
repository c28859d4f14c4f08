"""The styles that ship: whole, small, made for the generator that ships, and honest about how they were made."""

from __future__ import annotations

from app.styling_road import BUNDLED
from core.editors.restyling import check_fits
from core.generators import load
from core.stylizers.pack import MOST_BYTES, SUFFIX, load_pack


def test_every_pack_can_be_worn_by_the_bundled_generator() -> None:
    files = sorted(BUNDLED.glob(f"*{SUFFIX}"))
    assert len(files) >= 6
    assert sum(file.stat().st_size for file in files) < 25_000_000
    generator = load("mini")
    for file in files:
        pack = load_pack(file)
        assert file.stem == pack.name
        assert file.stat().st_size <= MOST_BYTES
        assert pack.made == "fitted to drawings"
        assert pack.licence.startswith("Apache-2.0")
        assert pack.preview.shape == (192, 192, 3)
        check_fits(pack, generator)
        # nothing but the super-resolution moves: geometry and parts stay what they were
        assert all(name.startswith("upscaler.") for name in pack.delta)
