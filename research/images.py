"""From a photo file to the pixels a network reads: decoding, framing and random views."""

from __future__ import annotations

import hashlib
import logging
import math
import os
import struct
import sys
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from research.errors import ResearchError
from research.files import trouble

#: Product photos are cut out on white, so what padding adds looks like the photo's own background.
BACKGROUND = (255, 255, 255)
#: What a photo may be. Pillow reads forty formats, among them some that start other programs (EPS).
FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "AVIF", "GIF", "TIFF", "BMP", "DIB", "PPM", "JPEG2000")
#: A decoded photo takes four bytes a pixel, and there may be three copies of it at once. The original
#: catalogue has a photo of 94 million pixels.
MOST_PIXELS = 120_000_000
MOST_BYTES = 100_000_000
TOO_LARGE = "plus de 120 millions de pixels"
#: White and nothing else would be left of it.
CLEAR = "entièrement transparente"
DAMAGED = "fichier endommagé, incomplet ou hors norme"
FOREIGN = "pas une image d’un format lu : JPEG, PNG, WebP, AVIF, GIF, TIFF, BMP"
EIGHT_IN_SIXTEEN = "valeurs de 16 bits qui tiennent dans 8 : échelle inconnue"
BITS_TAG, PHOTOMETRIC_TAG = 258, 262
#: Chunks of a PNG that its pixels are made of.
PIXEL_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT")
#: What a grey value of so few bits is multiplied by, once read: a PNG's clear value is not.
GREY_STEPS = {"L;2": 85, "L;4": 17}
#: No WebP ends in so many null bytes, and no JPEG in as many as these few without its end mark before them.
NULLS, FEW_NULLS, JPEG_END = bytes(4096), bytes(64), b"\xff\xd9"

# Without a handler of their own, Pillow's remarks about odd files go to the terminal, in English.
logging.getLogger("PIL").addHandler(logging.NullHandler())


class Aspect(StrEnum):
    """How a photo that is not square becomes square."""

    PAD = "pad"
    STRETCH = "stretch"


@dataclass(frozen=True)
class Augmentation:
    """Ranges of the random views: uniform draws, each in ``[-value, +value]``.

    ``rotation`` in degrees, ``zoom`` and ``translation`` as shares of the picture's side, ``flip`` the
    probability of a left-right mirror.
    """

    rotation: float = 12.0
    zoom: float = 0.15
    translation: float = 0.08
    flip: float = 0.5

    def key(self) -> dict[str, float]:
        """The values that name a cached view."""
        return asdict(self)


class UnreadablePhotoError(ResearchError):
    """One photo that cannot be used, all others can; ``reason`` says why in a few French words."""

    def __init__(self, path: Path, cause: str) -> None:
        self.reason = f"photo illisible ({cause})"
        super().__init__(
            f"Photo illisible : « {path} » ({cause}). Remplacez-la par une image JPEG ou PNG entière, ou "
            "retirez-la."
        )


def decode(path: Path) -> Image.Image:
    """Read a photo upright (EXIF orientation applied) in RGB, transparency laid on white.

    Of several pictures in one file (animation, pages) the first. Sixteen bits a pixel are scaled to eight.

    Raises UnreadablePhotoError, a ResearchError: for whatever reason the photo cannot be had.
    """
    try:
        if cause := _unfit(path):
            raise UnreadablePhotoError(path, cause)
        # What Pillow finds odd but reads is no news to whoever reads a thousand photos.
        # An open file, not its path: of a path Pillow maps a raw TIFF into memory, and takes the sides of one
        # that lies (EXIF orientation) for each other.
        with (
            warnings.catch_warnings(action="ignore"),
            path.open("rb") as file,
            Image.open(file, formats=_formats()) as opened,
        ):
            if min(opened.size) < 1:
                raise UnreadablePhotoError(path, "image sans pixel")
            if math.prod(opened.size) > MOST_PIXELS:
                raise UnreadablePhotoError(path, TOO_LARGE)
            if not _arrived(path, opened.format):
                raise UnreadablePhotoError(path, DAMAGED)
            # How values are stored is forgotten once they are read.
            stored = [str(part) for tile in opened.tile[:1] for part in _parts(tile.args)]
            with _silent() if opened.format == "TIFF" else nullcontext():
                opened.load()
            return _flat(path, _upright(path, opened), opened, stored)
    except UnreadablePhotoError:
        raise
    # Pillow's readers let through whatever a foreign byte can cause, from ZeroDivisionError to struct.error:
    # any list of them would be too short, and one photo must not cost the others.
    except Exception as error:
        raise UnreadablePhotoError(path, _cause(path, error)) from error


@contextmanager
def _silent() -> Iterator[None]:
    """Keep what libtiff remarks about odd files, in English, from the terminal: it writes there itself."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _unfit(path: Path) -> str | None:
    """Why a file need not even be opened as a photo."""
    if cause := trouble(path):
        return cause
    return "fichier de plus de 100 Mo" if path.stat().st_size > MOST_BYTES else None


def _parts(told: tuple[object, ...] | str | None) -> tuple[object, ...]:
    return told if isinstance(told, tuple) else (told,)


def _arrived(path: Path, form: str | None) -> bool:
    """Whether all of a photo's bytes are there, where Pillow does not ask: it shows the rest black or grey.

    A PNG has a checksum a chunk. Others have none, but what is fetched piece by piece is null bytes at first.
    """
    with path.open("rb") as file:
        if form in {"JPEG", "MPO"}:
            file.seek(max(0, path.stat().st_size - len(FEW_NULLS)))
            if file.read() != FEW_NULLS:
                return True
            file.seek(0)
            return file.read().rstrip(b"\0").endswith(JPEG_END)
        if form == "WEBP":
            _, size = struct.unpack("<4sI", file.read(8))
            file.seek(max(8, 8 + size - len(NULLS)))
            return file.read(len(NULLS)) != NULLS
        if form == "PNG":
            file.seek(8)
            while len(head := file.read(8)) == 8:
                length, name = struct.unpack(">I4s", head)
                if name not in PIXEL_CHUNKS:
                    file.seek(length + 4, 1)
                elif zlib.crc32(file.read(length), zlib.crc32(name)) != int.from_bytes(file.read(4), "big"):
                    return False
    return True


def _formats() -> list[str]:
    """Those of :data:`FORMATS` that this Pillow was built with."""
    Image.init()
    return [name for name in FORMATS if name in Image.OPEN]


def _begins_right(path: Path) -> bool:
    """Whether the first bytes are those of a format that is read: the fault is then further on."""
    with path.open("rb") as file:
        start = file.read(64).ljust(16, b"\0")
    # The first mark of such a file may be of its family alone, which AVIF is of as well.
    if start[4:8] == b"ftyp" and any(mark in start for mark in (b"heic", b"heix", b"hevc")):
        return False
    known = (Image.OPEN[name][1] for name in _formats())
    return any(accepts is not None and accepts(start) is True for accepts in known)


def _cause(path: Path, error: Exception) -> str:
    """What kept Pillow from reading a photo, in French."""
    if not _begins_right(path):
        return FOREIGN
    if isinstance(error, Image.DecompressionBombError):
        return TOO_LARGE
    if isinstance(error, MemoryError):
        return "mémoire insuffisante pour la décoder"
    return DAMAGED


def _upright(path: Path, opened: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(opened)
    # Here too: rewriting EXIF data without the orientation fails in as many ways as reading it.
    except Exception as error:
        raise UnreadablePhotoError(path, "métadonnées EXIF illisibles") from error


def _flat(path: Path, upright: Image.Image, opened: Image.Image, stored: Sequence[str]) -> Image.Image:
    """RGB, eight bits, transparency laid on white; ``opened`` is the file that ``upright`` came from.

    ``stored`` says how its values are stored, in Pillow's words.
    """
    if upright.mode.startswith(("I", "F")):
        return _eight_bits(path, upright, opened).convert("RGB")
    if any(";16" in part or part == "65535" for part in stored):
        # Pillow keeps the upper eight bits of each colour: nothing of values that have but the lower ones.
        colours = [upright.getchannel(band) for band in upright.getbands() if band not in "Aa"]
        if max(np.asarray(channel).max() for channel in colours) <= 1:
            raise UnreadablePhotoError(path, EIGHT_IN_SIXTEEN)
        if "transparency" in upright.info:
            raise UnreadablePhotoError(path, "couleur transparente de 16 bits : enregistrez-la en 8 bits")
    for step in (GREY_STEPS[part] for part in stored if part in GREY_STEPS):
        if "transparency" in upright.info:
            upright.info["transparency"] *= step
    if "transparency" in upright.info or {"A", "a"} & set(upright.getbands()):
        layered = upright.convert("RGBA")
        if layered.getchannel("A").getextrema() == (0, 0):
            raise UnreadablePhotoError(path, CLEAR)
        flat = Image.new("RGBA", layered.size, (*BACKGROUND, 255))
        return Image.alpha_composite(flat, layered).convert("RGB")
    return upright.convert("RGB")


def _eight_bits(path: Path, upright: Image.Image, opened: Image.Image) -> Image.Image:
    """Grey values of more than eight bits, scaled to 0..255; Pillow's own conversion clips them to white.

    Sixteen bits are read by their definition; where they hold nothing beyond eight bits they were meant
    otherwise, or show nothing but black: the photo is refused. Values of 32 bits have no definition: they
    are read where they fill 0..1, 0..255 or 0..65535 by more than half, and the photo is refused otherwise.
    """
    values = np.asarray(upright).astype(np.float32)
    tags = getattr(opened, "tag_v2", {})
    if upright.mode.startswith("I;16"):
        top = 4095.0 if tags.get(BITS_TAG) in {12, (12,)} else 65535.0
    elif upright.mode == "I" and opened.format in {"PNG", "PPM"}:
        top = 65535.0
    else:
        high = float(values.max()) if values.min() >= 0 else math.nan
        scales = (1.0, 255.0) if upright.mode == "F" else (255.0, 65535.0)
        top = next((scale for scale in scales if scale / 2 < high <= scale), math.nan)
    if top == 65535.0 and values.max() <= 255:
        raise UnreadablePhotoError(path, EIGHT_IN_SIXTEEN)
    if math.isnan(top):
        raise UnreadablePhotoError(path, "valeurs de 32 bits sans échelle connue")
    scaled = values * (255 / top)
    if tags.get(PHOTOMETRIC_TAG) == 0:
        scaled = 255 - scaled
    if "transparency" in upright.info:
        clear = values == upright.info["transparency"]
        if clear.all():
            raise UnreadablePhotoError(path, CLEAR)
        scaled[clear] = 255
    return Image.fromarray(np.clip(scaled.round(), 0, 255).astype(np.uint8))


def frame(picture: Image.Image, size: int, aspect: Aspect) -> Image.Image:
    """Bring a picture to ``size`` × ``size`` px, padded with white or stretched (bicubic)."""
    if aspect is Aspect.PAD:
        longest = max(picture.size)
        if min(picture.size) * size < longest:
            # Pillow would round the short side of such a ribbon to no pixel at all.
            width, height = (max(1, round(side * size / longest)) for side in picture.size)
            picture = picture.resize((width, height), Image.Resampling.BICUBIC)
        return ImageOps.pad(picture, (size, size), Image.Resampling.BICUBIC, color=BACKGROUND)
    return picture.resize((size, size), Image.Resampling.BICUBIC)


def vary(picture: Image.Image, view: int, identity: str, ranges: Augmentation) -> Image.Image:
    """View number ``view`` of a square picture: 0 is itself, 1 its mirror image, others are random.

    The draw depends only on ``view`` and ``identity`` (the photo's ``uniq_id``), never on the order in
    which photos are read: a run that was stopped goes on with exactly the same views.
    """
    if view == 0:
        return picture
    if view == 1:
        return ImageOps.mirror(picture)
    digest = hashlib.sha256(f"{view}/{identity}".encode()).digest()
    draw = np.random.default_rng(int.from_bytes(digest[:8], "little"))
    angle = math.radians(draw.uniform(-ranges.rotation, ranges.rotation))
    scale = 1 + draw.uniform(-ranges.zoom, ranges.zoom)
    side = picture.width
    shift_x, shift_y = draw.uniform(-ranges.translation, ranges.translation, 2) * side
    if draw.random() < ranges.flip:
        picture = ImageOps.mirror(picture)
    # Pillow wants the map from output to input: rotate and scale about the centre, then shift.
    a, b = math.cos(angle) / scale, math.sin(angle) / scale
    centre = side / 2
    affine = (
        a, b, centre - a * (centre + shift_x) - b * (centre + shift_y),
        -b, a, centre + b * (centre + shift_x) - a * (centre + shift_y),
    )  # fmt: skip
    return picture.transform(
        picture.size, Image.Transform.AFFINE, affine, Image.Resampling.BICUBIC, fillcolor=BACKGROUND
    )


def pixels(
    path: Path,
    size: int,
    aspect: Aspect = Aspect.PAD,
    view: int = 0,
    ranges: Augmentation | None = None,
) -> np.ndarray:
    """RGB values 0..255 of one view of a photo, float32 of shape ``(size, size, 3)``.

    Raises UnreadablePhotoError: the photo cannot be read.
    """
    square = frame(decode(path), size, aspect)
    return np.asarray(vary(square, view, path.stem, ranges or Augmentation()), dtype=np.float32)
