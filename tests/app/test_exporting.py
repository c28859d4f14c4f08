"""What a person is told of an export."""

from __future__ import annotations

from pathlib import Path

from app.exporting import exported
from core.exporters.options import ExportReport


def test_an_export_tells_what_is_known_of_the_file() -> None:
    path = Path("ada.glb")
    mesh = ExportReport(path, ".glb", 8_400_000, 60.0, vertices=20_000, triangles=29_812, psnr_db=30.4, alpha_iou=0.98)
    assert exported(path, mesh) == (
        "Exported ada.glb  ·  8.4 MB  ·  29,812 triangles  ·  read again 30 dB PSNR to the head"
    )
    film = ExportReport(Path("ada.mp4"), ".mp4", 2_000_000, 60.0)
    assert exported(film.path, film) == "Exported ada.mp4  ·  2.0 MB"
    assert exported(path, None) == "Exported ada.glb"
