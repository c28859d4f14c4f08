import io
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms

from core.errors import PhotoError
from core.photo import MAX_PIXELS, MAX_SIDE_PX, Photo

if TYPE_CHECKING:
    from collections.abc import Callable

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def quarters() -> np.ndarray:
    """Red, green over blue, white; 48 wide, 32 high."""
    pixels = np.zeros((32, 48, 3), dtype=np.uint8)
    pixels[:16, :24], pixels[:16, 24:], pixels[16:, :24], pixels[16:, 24:] = RED, GREEN, BLUE, WHITE
    return pixels


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def opened(image: Image.Image, kind: str, **options: object) -> np.ndarray:
    return Photo.from_bytes(encoded(image, kind, **options), f"picture.{kind.lower()}").pixels


def oriented(orientation: int) -> np.ndarray:
    """Pixels as a camera stores them so that the EXIF orientation brings them upright."""
    upright = quarters()
    stored: dict[int, Callable[[], np.ndarray]] = {
        1: lambda: upright,
        2: lambda: upright[:, ::-1],
        3: lambda: upright[::-1, ::-1],
        4: lambda: upright[::-1],
        5: lambda: upright.transpose(1, 0, 2),
        6: lambda: np.rot90(upright, 1),
        7: lambda: upright[::-1, ::-1].transpose(1, 0, 2),
        8: lambda: np.rot90(upright, -1),
    }
    return np.ascontiguousarray(stored[orientation]())


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_comes_upright(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.fromarray(oriented(orientation))
    np.testing.assert_array_equal(opened(image, "PNG", exif=exif), quarters())
    as_jpeg = opened(image, "JPEG", exif=exif, quality=95, subsampling=0)
    assert np.abs(as_jpeg.astype(int) - quarters()).mean() < 6


def test_mangled_exif_is_ignored() -> None:
    data = encoded(Image.fromarray(quarters()), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff garbage")
    assert Photo.from_bytes(data, "x.jpg").pixels.shape == (32, 48, 3)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "BMP", "PPM"])
def test_lossless_formats_are_exact(kind: str) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}
    np.testing.assert_array_equal(opened(Image.fromarray(quarters()), kind, **options), quarters())


def test_heic() -> None:
    buffer = io.BytesIO()
    image = np.ascontiguousarray(np.kron(quarters(), np.ones((4, 4, 1), dtype=np.uint8)))
    pillow_heif.from_pillow(Image.fromarray(image)).save(buffer, quality=95)
    pixels = Photo.from_bytes(buffer.getvalue(), "x.heic").pixels
    assert np.abs(pixels.astype(int) - image).mean() < 8


def test_alpha_lies_over_white() -> None:
    rgba = np.dstack([quarters(), np.full((32, 48), 128, dtype=np.uint8)])
    rgba[:, :24, 3] = 0
    pixels = opened(Image.fromarray(rgba), "PNG")
    np.testing.assert_array_equal(pixels[0, 0], WHITE)
    np.testing.assert_allclose(pixels[0, 40], (127, 255, 127), atol=1)


def test_grey_with_alpha_and_palette_with_transparency() -> None:
    grey = np.zeros((32, 32, 2), dtype=np.uint8)
    grey[:, 16:, 1] = 255
    bands = [Image.fromarray(np.ascontiguousarray(grey[..., band])) for band in range(2)]
    pixels = opened(Image.merge("LA", bands), "PNG")
    np.testing.assert_array_equal(pixels[0, [0, 31]], [WHITE, (0, 0, 0)])
    palette = Image.new("P", (32, 32), 1)
    palette.putpalette([255, 0, 0, 0, 0, 255])
    palette.paste(0, (0, 0, 16, 32))
    pixels = opened(palette, "PNG", transparency=0)
    np.testing.assert_array_equal(pixels[0, [0, 31]], [WHITE, BLUE])


def test_grey_and_bilevel() -> None:
    np.testing.assert_array_equal(opened(Image.new("L", (20, 20), 77), "PNG"), np.full((20, 20, 3), 77))
    np.testing.assert_array_equal(opened(Image.new("1", (20, 20), 1), "PNG"), np.full((20, 20, 3), 255))


def test_cmyk() -> None:
    pixels = opened(Image.new("CMYK", (32, 32), (0, 255, 255, 0)), "JPEG", quality=95)
    np.testing.assert_allclose(pixels[16, 16], RED, atol=6)


def test_sixteen_bit_grey_keeps_its_brightness() -> None:
    values = np.full((20, 20), 0x8080, dtype=np.uint16)
    values[0, 0] = 0xFFFF
    for kind in ("PNG", "TIFF"):
        pixels = opened(Image.fromarray(values), kind)
        np.testing.assert_array_equal(pixels[[0, 9], [0, 9]], [WHITE, (128, 128, 128)])


def test_sixteen_bit_colour_keeps_its_brightness() -> None:
    rows = b"".join(b"\0" + struct.pack(">HHH", 0xFFFF, 0x8080, 0) * 20 for _ in range(20))
    header = struct.pack(">IIBBBBB", 20, 20, 16, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + tag + body + struct.pack(">I", zlib.crc32(tag + body))
        for tag, body in ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    )
    np.testing.assert_array_equal(Photo.from_bytes(data, "x.png").pixels[3, 3], (255, 128, 0))


def test_floating_point_tiff() -> None:
    values = np.linspace(0, 1, 400, dtype=np.float32).reshape(20, 20)
    pixels = opened(Image.fromarray(values), "TIFF")
    assert (pixels[0, 0, 0], pixels[-1, -1, 0]) == (0, 255)


def test_an_embedded_profile_is_honoured() -> None:
    linear = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ"))
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    image = Image.fromarray(quarters())
    for profile in (linear, lab, srgb):  # the first two are no RGB profiles, so they are left alone
        np.testing.assert_allclose(opened(image, "PNG", icc_profile=profile.tobytes()), quarters(), atol=1)
    assert opened(image, "PNG", icc_profile=b"not a profile").shape == (32, 48, 3)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_picture_is_taken(kind: str) -> None:
    frames = [Image.new("RGB", (32, 32), colour) for colour in (RED, BLUE)]
    options = {"lossless": True} if kind == "WEBP" else {}
    pixels = opened(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    np.testing.assert_array_equal(pixels[0, 0], RED)


def test_a_wrong_suffix_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "portrait ü.png"
    path.write_bytes(encoded(Image.fromarray(quarters()), "JPEG"))
    photo = Photo.open(path)
    assert photo.name == "portrait ü.png"
    assert (photo.height_px, photo.width_px) == (32, 48)
    assert photo.source_bytes == path.read_bytes()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP"])
@pytest.mark.parametrize("share", [0.3, 0.8])
def test_truncated(kind: str, share: float) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    data = encoded(Image.fromarray(noise), kind)
    with pytest.raises(PhotoError, match=r"damaged|cut short"):
        Photo.from_bytes(data[: int(len(data) * share)], "x")


@pytest.mark.parametrize("share", [0.3, 0.8])
def test_truncated_heic(share: float) -> None:
    buffer = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(np.kron(quarters(), np.ones((4, 4, 1), dtype=np.uint8)))).save(buffer)
    with pytest.raises(PhotoError):
        Photo.from_bytes(buffer.getvalue()[: int(len(buffer.getvalue()) * share)], "x.heic")


def test_spoiled_in_the_middle_never_raises_anything_else() -> None:
    noise = np.random.default_rng(0)
    image = Image.fromarray(noise.integers(0, 256, (24, 24, 3), dtype=np.uint8))
    for kind in ("JPEG", "PNG", "WEBP", "TIFF", "GIF"):
        data = encoded(image, kind)
        for _ in range(60):
            spoiled = bytearray(data)
            for place in noise.integers(0, len(data), 6):
                spoiled[place] = noise.integers(0, 256)
            try:
                photo = Photo.from_bytes(bytes(spoiled), "x")
            except PhotoError as error:
                assert error.hint  # noqa: PT017 - either outcome is fine, anything else is not
            else:
                assert photo.pixels.dtype == np.uint8


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "x.jpg is empty."),
        (b"%PDF-1.4 ...", "PDF"),
        (b"PK\x03\x04....", "zip archive or a project"),
        (b"\0\0\0\x20ftypisom....", "video"),
        (b"<?xml version='1.0'?><svg/>", "drawing or a web page"),
        (b"Dear diary", "not a picture that Volteface can read"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
        (b"\xff\xd8\xff", "damaged"),
        (b"\0" * 5000, "not a picture"),
    ],
)
def test_what_is_no_picture(data: bytes, sentence: str) -> None:
    with pytest.raises(PhotoError, match=sentence) as caught:
        Photo.from_bytes(data, "x.jpg")
    assert caught.value.hint


def test_an_enormous_picture_is_refused_without_being_decoded() -> None:
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    data = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    body = b"IDAT" + zlib.compress(b"\0" * 1000)
    data += struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    with pytest.raises(PhotoError, match="3600 megapixels; Volteface reads up to 200"):
        Photo.from_bytes(data, "x.png")
    assert MAX_PIXELS == 200_000_000


def test_a_tiny_picture_is_refused() -> None:
    with pytest.raises(PhotoError, match="only 8 x 40"):
        opened(Image.new("RGB", (8, 40)), "PNG")
    with pytest.raises(PhotoError, match="only 8 x 40"):
        Photo.from_array(np.zeros((40, 8, 3), dtype=np.uint8))


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_large_picture_is_reduced(kind: str) -> None:
    pixels = opened(Image.new("RGB", (5000, 1250), RED), kind)
    assert max(pixels.shape) == MAX_SIDE_PX
    assert pixels.shape[1] / pixels.shape[0] == pytest.approx(4, rel=0.01)


def test_paths_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PhotoError, match="There is no file"):
        Photo.open(tmp_path / "missing.jpg")
    with pytest.raises(PhotoError, match="is a folder"):
        Photo.open(tmp_path)
    with pytest.raises(PhotoError, match="cannot be read"):
        Photo.open("a\0b")
    path = tmp_path / "x.png"
    path.write_bytes(encoded(Image.fromarray(quarters()), "PNG"))

    def refuse(_path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)  # the tests may run as root, whom no permission stops
    with pytest.raises(PhotoError, match="You may not read"):
        Photo.open(path)


def test_equal_by_value(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(encoded(Image.fromarray(quarters()), "PNG"))
    assert Photo.open(path) == Photo.open(str(path))
    assert hash(Photo.open(path)) == hash(Photo.open(path))
    pasted = Photo.from_array(quarters())
    assert pasted == Photo.from_array(quarters())
    assert pasted != Photo.open(path)
    assert pasted != Photo.from_array(quarters()[::-1].copy())
    assert pasted != 1
    assert len(pasted.sha256) == 64
    assert pasted.source_bytes is None


def test_what_are_no_pixels() -> None:
    with pytest.raises(ValueError, match="pixels"):
        Photo(np.zeros((4, 4, 4), dtype=np.uint8), "x")
