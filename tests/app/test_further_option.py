"""`volteface invert --also`: other photos of the person, and from which side."""

from __future__ import annotations

from pathlib import Path

from app.options import build_parser


def test_further_photos_may_tell_their_side() -> None:
    words = ["invert", "ada.jpg", "--also", "side.jpg", "--also", "back.jpg@180", "--also", "me@home.jpg"]
    options = build_parser().parse_args([*words, "--also", "right.jpg@-90"])
    assert options.also == [
        (Path("side.jpg"), None),
        (Path("back.jpg"), 180.0),
        (Path("me@home.jpg"), None),
        (Path("right.jpg"), -90.0),
    ]


def test_without_any_there_is_one_photo() -> None:
    assert build_parser().parse_args(["invert", "ada.jpg"]).also == []
