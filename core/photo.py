"""The photo: any picture file becomes upright 8-bit RGB on white, or one clear sentence says why not."""

import hashlib
import io
import logging
import struct
import warnings
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageFile, ImageOps, UnidentifiedImageError

from core.errors import PhotoError

MAX_PIXELS = 200_000_000
"""Pictures with more pixels are refused before they are decoded."""
MAX_BYTES = 1_000_000_000
"""Files larger than this are refused before they are read."""
MAX_SIDE_PX = 4096
"""Larger pictures are reduced to this: a head is cropped to 512 pixels, the rest is only memory."""
MIN_SIDE_PX = 16
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF", "AVIF", "TIFF", "BMP", "GIF", "PPM", "JPEG2000")
"""The formats that are tried; Pillow knows more, some of which start other programs."""

_FORMATS_SENTENCE = "Use a JPEG, PNG, WebP, HEIC or TIFF picture."
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, KeyError, IndexError, TypeError, RuntimeError, MemoryError,
           OverflowError, struct.error, zlib.error)  # fmt: skip
"""What Pillow and its codecs raise on damaged files."""

# our own guard below replaces Pillow's, which warns at one size and raises at another
Image.MAX_IMAGE_PIXELS = None
# Pillow warns of damaged metadata and goes on, as it should, and logs what our own sentence tells
logging.getLogger("PIL").setLevel(logging.CRITICAL)
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
pillow_heif.register_heif_opener()


@dataclass(frozen=True, eq=False)
class Photo:
    """A picture of a person, as it came.

    Attributes:
        pixels: uint8 [H, W, 3] RGB, upright, on white. Never written in place.
        name: name for people, such as the file's.
        source_bytes: the file as it was read, or None when the pixels came from elsewhere.
        sha256: of the file, or of the pixels when there is none.
    """

    pixels: NDArray[np.uint8]
    name: str
    source_bytes: bytes | None = field(default=None, repr=False)
    sha256: str = ""

    def __post_init__(self) -> None:
        if self.pixels.ndim != 3 or self.pixels.shape[2] != 3 or self.pixels.dtype != np.uint8:
            raise ValueError(f"pixels must be uint8 [H, W, 3], not {self.pixels.dtype} {list(self.pixels.shape)}")
        if not self.sha256:
            content = self.source_bytes or repr(self.pixels.shape).encode() + self.pixels.tobytes()
            object.__setattr__(self, "sha256", hashlib.sha256(content).hexdigest())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Photo):
            return NotImplemented
        return (self.name, self.sha256) == (other.name, other.sha256) and np.array_equal(self.pixels, other.pixels)

    def __hash__(self) -> int:
        return hash((self.name, self.sha256))

    @property
    def height_px(self) -> int:
        """Rows."""
        return int(self.pixels.shape[0])

    @property
    def width_px(self) -> int:
        """Columns."""
        return int(self.pixels.shape[1])

    @staticmethod
    def open(path: str | Path) -> "Photo":
        """Read a picture file.

        Raises:
            PhotoError: it cannot be read, or is no picture.
        """
        path = Path(path)
        try:
            if path.is_dir():
                raise PhotoError(f"{path.name} is a folder, not a picture.", _FORMATS_SENTENCE)
            if path.stat().st_size > MAX_BYTES:
                raise PhotoError(f"{path.name} is larger than a gigabyte.", _FORMATS_SENTENCE)
            data = path.read_bytes()
        except FileNotFoundError as error:
            raise PhotoError(f"There is no file {path}.", "It may have been moved, renamed or deleted.") from error
        except PermissionError as error:
            raise PhotoError(f"You may not read {path}.", "Change its permissions or copy it elsewhere.") from error
        except (OSError, ValueError) as error:
            raise PhotoError(f"{path} cannot be read: {error}.", "Copy it to another disk and try again.") from error
        return Photo.from_bytes(data, path.name)

    @staticmethod
    def from_bytes(data: bytes, name: str) -> "Photo":
        """Decode a picture file that is already in memory.

        Raises:
            PhotoError: it is no picture, is damaged or is too large.
        """
        if not data:
            raise PhotoError(f"{name} is empty.", "Copy the picture again from where it came.")
        image = _opened(data, name)
        width, height = image.size
        if width * height > MAX_PIXELS:
            raise PhotoError(
                f"{name} has {width * height / 1e6:.0f} megapixels; Volteface reads up to {MAX_PIXELS / 1e6:.0f}.",
                "Reduce it or crop it to the head.",
            )
        if min(width, height) < MIN_SIDE_PX:
            raise PhotoError(f"{name} is only {width} x {height} pixels.", "Use a picture that shows a face.")
        try:
            pixels = np.asarray(_upright_rgb(image))
        except _BROKEN as error:
            raise PhotoError(f"{name} is damaged or was cut short.", "Copy or download the picture again.") from error
        return Photo(pixels, name, data)

    @staticmethod
    def from_array(pixels: NDArray[np.uint8], name: str = "pasted picture") -> "Photo":
        """A photo of uint8 [H, W, 3] RGB pixels, such as the clipboard's.

        Raises:
            PhotoError: it is too large or too small.
        """
        height, width = pixels.shape[:2]
        if min(height, width) < MIN_SIDE_PX:
            raise PhotoError(f"The {name} is only {width} x {height} pixels.", "Use a picture that shows a face.")
        if height * width > MAX_PIXELS:
            raise PhotoError(f"The {name} has {height * width / 1e6:.0f} megapixels.", "Crop it to the head.")
        return Photo(np.asarray(_reduced(Image.fromarray(pixels))), name)


def _opened(data: bytes, name: str) -> ImageFile.ImageFile:
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError as error:
        raise PhotoError(f"{name} {_what_it_is(data)}.", _FORMATS_SENTENCE) from error
    except _BROKEN as error:
        raise PhotoError(f"{name} is damaged.", "Copy or download the picture again.") from error


def _what_it_is(data: bytes) -> str:
    """What a file that is no picture seems to be."""
    if data.startswith(b"%PDF"):
        return "is a PDF document, not a picture"
    if data.startswith(b"PK\x03\x04"):
        return "is a zip archive or a project, not a picture"
    if data[4:8] == b"ftyp" or data.startswith(b"\x1aE\xdf\xa3"):
        return "is a video, not a picture"
    if data.lstrip()[:5].lower() in (b"<?xml", b"<svg ", b"<html", b"<!doc"):
        return "is a drawing or a web page, not a photo"
    if data.startswith((b"\xff\xd8\xff", b"\x89PNG", b"RIFF", b"GIF8", b"II*\0", b"MM\0*", b"BM")):
        return "is damaged or was cut short"
    return "is not a picture that Volteface can read"


def _upright_rgb(image: Image.Image) -> Image.Image:
    """First frame, upright, in sRGB, on white, no larger than needed."""
    image.draft("RGB", (MAX_SIDE_PX, MAX_SIDE_PX))  # lets a huge JPEG decode at a fraction of its size
    image.load()
    profile = image.info.get("icc_profile")
    image = _eight_bit(_turned_upright(image))
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image).convert("RGB")
    return _reduced(_in_srgb(image, profile).convert("RGB"))


def _turned_upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except _BROKEN:  # a mangled EXIF block says nothing; the pixels are fine
        return image


def _eight_bit(image: Image.Image) -> Image.Image:
    """Grey with more than eight bits, scaled to eight; Pillow's own conversion would clip it."""
    if not image.mode.startswith(("I", "F")):
        return image
    values = np.asarray(image).astype(np.float64)
    values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    if image.mode == "F":
        full = 1.0 if values.max(initial=0) <= 1 else 255.0
    else:
        full = 65535.0 if values.max(initial=0) <= 65535 else 2.0**31 - 1
    return Image.fromarray((values.clip(0, full) * (255 / full) + 0.5).astype(np.uint8))


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The same colours in sRGB, where an embedded profile says that they are in another space."""
    if not profile or image.mode not in ("RGB", "CMYK", "L"):
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):  # a profile for other channels, or a damaged one
        return image
    return converted if converted is not None else image


def _reduced(image: Image.Image) -> Image.Image:
    if max(image.size) > MAX_SIDE_PX:
        image.thumbnail((MAX_SIDE_PX, MAX_SIDE_PX), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return image
