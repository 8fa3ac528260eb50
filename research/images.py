"""From a photo file to the pixels a network reads: decoding, framing and random views."""

from __future__ import annotations

import hashlib
import math
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from research.errors import ResearchError

#: Product photos are cut out on white, so what padding adds looks like the photo's own background.
BACKGROUND = (255, 255, 255)


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


def decode(path: Path) -> Image.Image:
    """Read a photo upright (EXIF orientation applied) in RGB, transparency laid on white.

    Raises ResearchError: the file is missing, is not a picture, or is cut short.
    """
    try:
        with Image.open(path) as opened:
            upright = ImageOps.exif_transpose(opened)
            if upright.mode in {"RGBA", "LA", "PA"} or "transparency" in upright.info:
                layered = upright.convert("RGBA")
                flat = Image.new("RGBA", layered.size, (*BACKGROUND, 255))
                return Image.alpha_composite(flat, layered).convert("RGB")
            return upright.convert("RGB")
    except FileNotFoundError as error:
        raise ResearchError(f"Photo absente : « {path} ».") from error
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ResearchError(
            f"Photo illisible : « {path} ». Remplacez-la par une image JPEG ou PNG entière, ou retirez-la."
        ) from error


def frame(picture: Image.Image, size: int, aspect: Aspect) -> Image.Image:
    """Bring a picture to ``size`` × ``size`` px, padded with white or stretched (bicubic)."""
    if aspect is Aspect.PAD:
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

    Raises ResearchError: the photo cannot be read.
    """
    square = frame(decode(path), size, aspect)
    return np.asarray(vary(square, view, path.stem, ranges or Augmentation()), dtype=np.float32)
