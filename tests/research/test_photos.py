"""Photos of every kind that people have: read with the right brightness, or named and left out with why.

One photo never costs the others.
"""

from __future__ import annotations

import csv
import io
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import warnings
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageOps, PngImagePlugin

from research.catalog import read_catalog, read_products
from research.errors import ResearchError
from research.images import Aspect, UnreadablePhotoError, decode, frame

CASES = Path(__file__).parents[3] / "shared" / "cases"
BROKEN = "photo illisible (fichier endommagé, incomplet ou hors norme)"
FOREIGN = "photo illisible (pas une image d’un format lu : JPEG, PNG, WebP, AVIF, GIF, TIFF, BMP)"
EXIF = "photo illisible (métadonnées EXIF illisibles)"
HUGE = "photo illisible (plus de 120 millions de pixels)"
UNSCALED = "photo illisible (valeurs de 32 bits sans échelle connue)"
EIGHT = "photo illisible (valeurs de 16 bits qui tiennent dans 8 : échelle inconnue)"
UNSEEN = "photo illisible (entièrement transparente)"
WEB = "photo illisible (c’est une page web)"

Maker = Callable[[Path], object]


def _ramp(high: float, kind: str) -> np.ndarray:
    """A grey ramp 0..high from left to right, 16 px high, 64 wide: as an 8-bit picture its mean is 127.5."""
    return np.tile(np.linspace(0, high, 64), (16, 1)).astype(kind)


def saved(picture: Image.Image | np.ndarray, form: str = "PNG", **options: object) -> Maker:
    """Write a picture in some format, whatever the name of its file."""
    made = Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture
    return lambda path: made.save(path, form, **options)


def content(value: bytes) -> Maker:
    """A file of these bytes."""
    return lambda path: path.write_bytes(value)


def jpeg(**options: object) -> bytes:
    """A photo of grey noise, 64 px a side, as its file's bytes."""
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "JPEG", **options)
    return file.getvalue()


def png(
    *chunks: tuple[bytes, bytes],
    width: int = 8,
    height: int = 8,
    depth: int = 8,
    kind: int = 0,
    fill: bytes = b"\x80",
) -> bytes:
    """A grey PNG put together by hand, with these chunks before its pixels."""
    head = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    wide = min(width, 100) * {0: 1, 2: 3, 4: 2}[kind] * depth // 8
    rows = zlib.compress((b"\0" + fill * (wide // len(fill))) * min(height, 100))
    file = b"\x89PNG\r\n\x1a\n"
    for name, data in ((b"IHDR", head), *chunks, (b"IDAT", rows), (b"IEND", b"")):
        file += struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    return file


def exif(*entries: bytes) -> bytes:
    """EXIF data whose photo lies on its side, with other entries of twelve bytes, value at 0x40."""
    lying = struct.pack("<HHII", 0x112, 3, 1, 6)
    data = b"II*\0\x08\0\0\0" + struct.pack("<H", 1 + len(entries)) + lying + b"".join(entries) + b"\0" * 4
    return b"Exif\0\0" + data.ljust(0x40, b"\0") + struct.pack("<iI", -1, 0) * 4


def tiff(picture: np.ndarray | Image.Image, **tags: object) -> Maker:
    """A TIFF file with tags of its own."""
    return saved(picture, "TIFF", tiffinfo={int(name[1:]): value for name, value in tags.items()})


def twelve_colours(path: Path) -> None:
    """A TIFF that tells of more values a pixel than Pillow reads, of which it complains on the terminal."""
    saved(Image.new("RGB", (8, 8)), "TIFF")(path)
    three, twelve = (struct.pack("<HHII", 277, 3, 1, count) for count in (3, 12))
    path.write_bytes(path.read_bytes().replace(three, twelve))


def text_chunks(path: Path) -> None:
    """A PNG with three megabytes of compressed text, as some editors leave them."""
    info = PngImagePlugin.PngInfo()
    info.add_text("history", "x" * 3_000_000, zip=True)
    Image.new("L", (8, 8), 128).save(path, "PNG", pnginfo=info)


def tiff_with_a_hole(path: Path) -> None:
    """A TIFF in LZW with null bytes within, of which libtiff complains on the terminal."""
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    Image.fromarray(noise).save(path, "TIFF", compression="tiff_lzw")
    whole = path.read_bytes()
    path.write_bytes(whole[:4000] + bytes(3000) + whole[7000:])


def half_there(form: str, **options: object) -> Maker:
    """A photo whose file has its size, and null bytes from the middle on: they had not come yet."""

    def make(path: Path) -> None:
        noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3)).astype(np.uint8)
        Image.fromarray(noise).save(path, form, **options)
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2].ljust(len(whole), b"\0"))

    return make


def sparse(path: Path) -> None:
    """A terabyte that takes no room."""
    with path.open("wb") as file:
        file.write(b"\xff\xd8\xff")
        file.truncate(10**12)


def plug(path: Path) -> None:
    """A socket: its address is too short for a path of pytest's, hence the way round."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as made:
        made.bind(f"{folder}/s")
        shutil.move(f"{folder}/s", path)


def _webp() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 64), (50, 50, 50)).save(file, "WEBP")
    return file.getvalue()


RGBA = np.zeros((16, 64, 4), np.uint8)
RGBA[:, 32:, 3] = 255
PALETTE = Image.new("P", (8, 8), 1)
PALETTE.putpalette([0, 0, 0, 100, 100, 100])
BITS = Image.fromarray(_ramp(255, "uint8")).convert("1", dither=Image.Dither.NONE)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
FRAMES = [Image.new("L", (8, 8), grey) for grey in (50, 200)]
TWO = Image.new("RGB", (8, 8), (1, 2, 3))
TWO.paste((0, 0, 0), (0, 0, 4, 8))
CLEAR = np.zeros((8, 8, 4), np.uint8)
NAN = _ramp(1, "float32")
NAN[0, 0] = np.nan

#: What can be read, and the mean of its pixels.
READ: dict[str, tuple[Maker, float]] = {
    "greyscale": (saved(_ramp(255, "uint8")), 127.5),
    "16-bit grey PNG": (saved(_ramp(65535, "uint16")), 127.5),
    "16-bit grey PNG, dark": (saved(_ramp(6553.5, "uint16")), 12.75),
    "16-bit grey PNG, one value clear": (
        saved(np.repeat(np.array([[4000, 0]], np.uint16), 8, axis=0), transparency=4000),
        127.5,
    ),
    "16-bit RGB PNG": (content(png(depth=16, kind=2)), 128),
    "4-bit grey PNG, one value clear": (content(png((b"tRNS", b"\0\x08"), depth=4)), 127.5),
    "2-bit grey PNG, one value clear": (content(png((b"tRNS", b"\0\x02"), depth=2)), 63.75),
    "PNG, its last sum lost": (content(png()[:-2]), 128),
    "WebP with null bytes behind": (
        lambda path: path.write_bytes(_webp() + bytes(9000)),
        50,
    ),
    "JPEG with null bytes behind": (content(jpeg() + bytes(9000)), 126.7),
    "16-bit TIFF": (tiff(_ramp(65535, "uint16")), 127.5),
    "16-bit TIFF, big-endian": (
        lambda path: Image.frombytes("I;16B", (64, 16), _ramp(65535, ">u2").tobytes()).save(path, "TIFF"),
        127.5,
    ),
    "16-bit TIFF, white is zero": (tiff(_ramp(6553.5, "uint16"), t262=0), 255 - 12.75),
    "16-bit PGM": (content(b"P5 64 16 65535\n" + _ramp(65535, ">u2").tobytes()), 127.5),
    "16-bit PGM, dark": (content(b"P5 64 16 65535\n" + _ramp(256, ">u2").tobytes()), 0.5),
    "32-bit TIFF that fills 0..255": (tiff(_ramp(255, "int32")), 127.5),
    "32-bit TIFF that fills 0..65535": (tiff(_ramp(65535, "int32")), 127.5),
    "float TIFF that fills 0..1": (tiff(_ramp(1, "float32")), 127.5),
    "float TIFF that fills 0..255": (tiff(_ramp(255, "float32")), 127.5),
    "one bit": (saved(BITS), 127.5),
    "grey and transparency": (saved(Image.fromarray(RGBA).convert("LA")), 127.5),
    "transparency": (saved(RGBA), 127.5),
    "WebP with transparency": (saved(RGBA, "WEBP", lossless=True), 127.5),
    "palette": (saved(PALETTE), 100),
    "palette, its black clear": (saved(PALETTE, transparency=0), 100),
    "palette, its grey half clear": (saved(PALETTE, transparency=b"\xff\x80"), 177),
    "RGB, one colour clear": (saved(TWO, transparency=(1, 2, 3)), 127.5),
    "CMYK": (saved(Image.new("CMYK", (16, 16), (0, 0, 0, 155)), "JPEG"), 100),
    "CMYK, an RGB profile": (
        saved(Image.new("CMYK", (16, 16), (0, 0, 0, 155)), "JPEG", icc_profile=SRGB),
        100,
    ),
    "CMYK TIFF": (saved(Image.new("CMYK", (16, 16), (0, 0, 0, 155)), "TIFF"), 100),
    "profile that is none": (saved(Image.new("RGB", (16, 16), (9,) * 3), "JPEG", icc_profile=b"no"), 9),
    "animated GIF": (saved(FRAMES[0], "GIF", save_all=True, append_images=FRAMES[1:]), 50),
    "animated WebP": (saved(FRAMES[0], "WEBP", save_all=True, append_images=FRAMES[1:], lossless=True), 50),
    "animated PNG": (saved(FRAMES[0], "PNG", save_all=True, append_images=FRAMES[1:]), 50),
    "TIFF of two pages": (saved(FRAMES[0], "TIFF", save_all=True, append_images=FRAMES[1:]), 50),
    "BMP": (saved(FRAMES[0], "BMP"), 50),
    "AVIF": (saved(Image.new("RGB", (16, 16), (50, 50, 50)), "AVIF"), 50),
    "JPEG 2000": (saved(FRAMES[0], "JPEG2000"), 50),
    "one pixel": (saved(Image.new("L", (1, 1), 50)), 50),
    "a ribbon": (saved(Image.new("L", (3000, 1), 50)), 50),
    "Lab colours": (saved(Image.new("LAB", (8, 8), (136, 128, 128)), "TIFF"), 127),
    "EXIF data that is no EXIF": (content(jpeg(exif=b"Exif\0\0rubbish")), 126.7),
}
#: What cannot, and what is said of it.
LEFT_OUT: dict[str, tuple[Maker, str]] = {
    "EXIF: -1/0": (content(jpeg(exif=exif(struct.pack("<HHII", 0x11A, 10, 1, 0x40)))), EXIF),
    "PNG with 3 MB of text": (text_chunks, BROKEN),
    "bomb: 90,000 px a side": (content(png(width=90_000, height=90_000)), HUGE),
    "144 million pixels": (content(png(width=12_000, height=12_000)), HUGE),
    "bomb of a GIF": (content(b"GIF89a" + struct.pack("<HHBBB", 65535, 65535, 0, 0, 0) + b"," * 40), HUGE),
    "TIFF of twelve colours": (twelve_colours, BROKEN),
    "JPEG cut short": (content(jpeg()[:-1500]), BROKEN),
    "JPEG of its first bytes": (content(jpeg()[:20]), BROKEN),
    "PNG cut short": (content(png()[:-30]), BROKEN),
    "PNG with a wrong sum": (content(png()[:29] + b"oops" + png()[33:]), BROKEN),
    "PNG that came half": (half_there("PNG"), BROKEN),
    "PNG of one changed byte": (content(png()[:45] + b"!" + png()[46:]), BROKEN),
    "WebP that came half": (half_there("WEBP", quality=95), BROKEN),
    "TIFF with a hole": (tiff_with_a_hole, BROKEN),
    "JPEG that came half": (half_there("JPEG"), BROKEN),
    "no width": (content(png(width=0)), BROKEN),
    "no pixel": (content(b"P5 0 8 255\n"), BROKEN),
    "empty": (content(b""), "photo illisible (fichier vide)"),
    "text": (content(b"this is no picture"), FOREIGN),
    "web page": (content(b"\n<!DOCTYPE html><title>404</title>"), WEB),
    "drawing (SVG)": (content(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), FOREIGN),
    "PostScript": (saved(Image.new("RGB", (8, 8)), "EPS"), FOREIGN),
    "icon": (saved(Image.new("RGB", (16, 16)), "ICO"), FOREIGN),
    "HEIC": (content(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 50), FOREIGN),
    "HEIC under the mark of its family": (
        content(b"\0\0\0\x1cftypmif1\0\0\0\0mif1heicmiaf" + b"\0" * 50),
        FOREIGN,
    ),
    "zip": (
        content(b"PK\x03\x04" + b"\0" * 40),
        "photo illisible (c’est une archive zip ou un classeur de tableur)",
    ),
    "document (PDF)": (content(b"%PDF-1.7 "), "photo illisible (c’est un document PDF)"),
    "answer of a store (XML)": (
        content(b'<?xml version="1.0"?><Error/>'),
        "photo illisible (c’est un document XML)",
    ),
    "Git LFS pointer": (
        content(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"),
        "photo illisible (c’est un pointeur Git LFS, pas le fichier : lancez « git lfs pull »)",
    ),
    "clear all over": (saved(CLEAR), UNSEEN),
    "WebP, clear all over": (saved(CLEAR, "WEBP", lossless=True, exact=True), UNSEEN),
    "palette, its grey clear": (saved(PALETTE, transparency=1), UNSEEN),
    "RGB of one colour, that one clear": (
        saved(Image.new("RGB", (8, 8), (1, 2, 3)), transparency=(1, 2, 3)),
        UNSEEN,
    ),
    "16-bit grey PNG of one value, that one clear": (
        saved(np.full((8, 8), 4000, np.uint16), transparency=4000),
        UNSEEN,
    ),
    "animation that begins clear": (
        saved(
            Image.fromarray(CLEAR), "PNG", save_all=True, append_images=[Image.new("RGBA", (8, 8), "black")]
        ),
        UNSEEN,
    ),
    "16-bit PNG of values of eight bits": (saved(_ramp(255, "uint16")), EIGHT),
    "16-bit PGM of values of eight bits": (
        content(b"P5 64 16 65535\n" + _ramp(200, ">u2").tobytes()),
        EIGHT,
    ),
    "16-bit RGB PNG of values of eight bits": (
        content(png(depth=16, kind=2, fill=b"\0\xc8\0\x64\0\x32")),
        EIGHT,
    ),
    "16-bit PNG of grey and transparency, values of eight bits": (
        content(png(depth=16, kind=4, fill=b"\0\xc8\xff\xff")),
        EIGHT,
    ),
    "16-bit PPM of values of eight bits": (content(b"P6 8 8 65535\n" + b"\0\xc8\0\x64\0\x32" * 64), EIGHT),
    "16-bit RGB PNG, one colour clear": (
        content(png((b"tRNS", b"\x80\x80" * 3), depth=16, kind=2)),
        "photo illisible (couleur transparente de 16 bits : enregistrez-la en 8 bits)",
    ),
    "16-bit TIFF of values of eight bits, white is zero": (tiff(_ramp(255, "uint16"), t262=0), EIGHT),
    "float TIFF of temperatures": (tiff(_ramp(1000, "float32")), UNSCALED),
    "float TIFF below zero": (tiff(_ramp(255, "float32") - 100), UNSCALED),
    "float TIFF with a hole": (tiff(NAN), UNSCALED),
    "32-bit TIFF of two milliards": (tiff(_ramp(2**31 - 1, "int64").astype("int32")), UNSCALED),
    "folder": (lambda path: path.mkdir(), "photo illisible (c’est un dossier)"),
    "pipe": (os.mkfifo, "photo illisible (c’est un fichier spécial (tube, prise ou périphérique))"),
    "socket": (plug, "photo illisible (c’est un fichier spécial (tube, prise ou périphérique))"),
    "device": (
        lambda path: path.symlink_to("/dev/zero"),
        "photo illisible (c’est un fichier spécial (tube, prise ou périphérique))",
    ),
    "link in a circle": (
        lambda path: path.symlink_to(path.name),
        "photo illisible (lien symbolique en boucle)",
    ),
    "link to nowhere": (
        lambda path: path.symlink_to("nowhere.jpg"),
        "photo illisible (lien vers un fichier absent)",
    ),
    "a terabyte": (sparse, "photo illisible (fichier de plus de 100 Mo)"),
}


@pytest.mark.parametrize(("make", "brightness"), READ.values(), ids=READ)
def test_a_photo_is_read_with_its_brightness(make: Maker, brightness: float, tmp_path: Path) -> None:
    make(tmp_path / "photo.jpg")
    picture = decode(tmp_path / "photo.jpg")
    assert picture.mode == "RGB"
    # Half a grey a pixel is what rounding and lossy formats may cost; clipping to white costs a hundred.
    assert np.asarray(picture).mean() == pytest.approx(brightness, abs=1.5)
    framed = np.asarray(frame(picture, 32, Aspect.PAD))
    assert framed.shape == (32, 32, 3)
    assert framed.min() < 255 or brightness == 255, "nothing is left of it but the frame"


@pytest.mark.parametrize(("make", "reason"), LEFT_OUT.values(), ids=LEFT_OUT)
def test_a_photo_is_refused_with_its_reason(
    make: Maker, reason: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "photo.jpg"
    make(path)
    with warnings.catch_warnings(action="error"), pytest.raises(UnreadablePhotoError) as caught:
        decode(path)
    assert caught.value.reason == reason
    cause = reason.removeprefix("photo illisible ")
    assert str(caught.value) == (
        f"Photo illisible : « {path} » {cause}. "
        "Remplacez-la par une image JPEG ou PNG entière, ou retirez-la."
    )
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("mode", ["L", "P", "I;16", "RGB", "CMYK"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_tiff_that_lies_is_read_upright(mode: str, orientation: int, tmp_path: Path) -> None:
    """Pillow maps raw files into memory, and took the sides of some of these for each other."""
    grey = np.zeros((4, 6), np.uint8)
    grey[:2, :3], grey[2:, 3:] = 250, 100
    picture = Image.fromarray(grey).convert("L" if mode == "I;16" else mode)
    if mode == "I;16":
        picture = Image.fromarray(grey.astype(np.uint16) * 257)
    picture.save(tmp_path / "photo.jpg", "TIFF", tiffinfo={274: orientation})
    upright = ImageOps.exif_transpose(_lying(Image.fromarray(grey), orientation))
    found = np.asarray(decode(tmp_path / "photo.jpg").convert("L"))
    assert np.abs(found.astype(int) - np.asarray(upright)).max() <= 2


def _lying(picture: Image.Image, orientation: int) -> Image.Image:
    picture.getexif()[0x112] = orientation
    return picture


def test_no_photo_costs_the_others(drawings: tuple[Path, Path], tmp_path: Path) -> None:
    """One folder with every kind there is: who is left out is told with the reason, all others are there."""
    table, photos = tmp_path / "catalogue.csv", tmp_path / "photos"
    shutil.copytree(drawings[1], photos)
    kinds = [*((make, None) for make, _ in READ.values()), *LEFT_OUT.values()]
    with drawings[0].open(newline="") as source:
        rows = [(row["uniq_id"], row["product_category_tree"]) for row in csv.DictReader(source)]
    for number, (make, _) in enumerate(kinds):
        make(photos / f"kind{number:03}.jpg")
        rows.append((f"kind{number:03}", '["Watches >> x"]'))
    with table.open("w", newline="") as target:
        written = [("uniq_id", "product_category_tree"), *rows, ("nowhere", '["Watches >> x"]')]
        csv.writer(target).writerows(written)
    catalog = read_catalog(table, photos)
    reasons = {product.uniq_id: product.reason for product in catalog.left_out}
    wanted = {f"kind{number:03}": reason for number, (_, reason) in enumerate(kinds) if reason}
    assert reasons == wanted | {"nowhere": "photo absente du dossier"}
    assert len(catalog.photos) == 70 + len(READ)


@pytest.mark.parametrize("name", ["photo-exif", "photo-16-bit"])
@pytest.mark.skipif(not CASES.is_dir(), reason="les cas réels (../shared/cases) sont absents")
def test_the_photos_that_people_sent(name: str) -> None:
    path = CASES / name / "photo.jpg"
    if name == "photo-exif":
        with pytest.raises(UnreadablePhotoError, match="métadonnées EXIF illisibles"):
            decode(path)
    else:
        assert np.asarray(decode(path)).mean() == pytest.approx(127.5, abs=0.5)


@pytest.fixture
def nobody() -> Iterator[Path]:
    """A folder of somebody who is not the administrator, as whom the test runs."""
    before = os.geteuid()
    folder = Path(tempfile.mkdtemp())
    if not before:
        os.chown(folder, 65534, 65534)
        os.seteuid(65534)
    yield folder
    os.seteuid(before)
    shutil.rmtree(folder)


def test_a_photo_that_may_not_be_read(nobody: Path) -> None:
    path = nobody / "photo.jpg"
    path.write_bytes(jpeg())
    path.chmod(0)
    with pytest.raises(UnreadablePhotoError, match=r"\(lecture refusée : vérifiez les droits\)"):
        decode(path)


def test_what_pillow_logs_stays_inside(tmp_path: Path) -> None:
    """In a process of its own: here pytest listens to what is logged, there nobody does."""
    twelve_colours(tmp_path / "photo.jpg")
    code = (
        "import sys; from pathlib import Path; from research.images import decode; decode(Path(sys.argv[1]))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "photo.jpg"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert "UnreadablePhotoError" in run.stderr
    assert "More samples per pixel" not in run.stderr.splitlines()[0]


def test_remarks_of_pillow_stay_inside(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A photo just large enough for Pillow to warn of a bomb, and EXIF data that it calls corrupt."""
    Image.new("1", (9_700, 9_700), 1).save(tmp_path / "large.png")
    (tmp_path / "odd.jpg").write_bytes(jpeg(exif=exif()[:30]))
    with warnings.catch_warnings(action="error"):
        assert decode(tmp_path / "large.png").size == (9_700, 9_700)
        decode(tmp_path / "odd.jpg")
    assert capfd.readouterr() == ("", "")


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.sampled_from(
        [
            b"",
            jpeg(),
            png(),
            png(depth=16),
            jpeg(exif=exif()),
            b"GIF89a",
            b"RIFF\0\0\0\0WEBP",
            b"II*\0",
            b"BM",
        ]
    ),
    cut=st.integers(0, 3000),
    patches=st.lists(st.tuples(st.integers(0, 400), st.binary(min_size=1, max_size=8)), max_size=4),
    rest=st.binary(max_size=200),
)
def test_foreign_bytes_are_a_photo_or_a_sentence(
    tmp_path: Path, start: bytes, cut: int, patches: list[tuple[int, bytes]], rest: bytes
) -> None:
    value = bytearray(start[:cut] + rest)
    for place, patch in patches:
        value[place : place + len(patch)] = patch
    path = tmp_path / "photo.jpg"
    path.write_bytes(value)
    told = ""
    try:
        assert decode(path).mode == "RGB"
    except ResearchError as error:
        told = str(error)
    assert told.startswith("Photo illisible : « ") or not told


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    head=st.sampled_from(
        [b"", b"uniq_id,product_category_tree\n", b"\xef\xbb\xbfproduct_category_tree,uniq_id\r\n"]
    ),
    rows=st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.sampled_from(
                [b'a,"[""Watches""]"\n', b'"', b",", b"\n", b"x" * 140_000, b"../a,b", b"[[" * 70_000]
            ),
        ),
        max_size=6,
    ),
)
def test_foreign_bytes_are_a_catalogue_or_a_sentence(tmp_path: Path, head: bytes, rows: list[bytes]) -> None:
    table = tmp_path / "catalogue.csv"
    table.write_bytes(head + b"".join(rows))
    told = ""
    try:
        assert read_products(table)[0] == {"a": "Watches"}
    except ResearchError as error:
        told = str(error)
    assert "catalogue.csv" in told or not told
