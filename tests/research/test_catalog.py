"""Reading the catalogue: what is wrong is named, what is damaged is left out, duplicates stay together."""

from __future__ import annotations

import os
import re
import shutil
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from research import study as studies
from research.catalog import CATEGORIES, first_level, near_groups, one_hot, read_catalog, read_products
from research.errors import ResearchError
from research.images import Aspect, decode, frame, pixels, vary
from research.manifest import Role, draw_splits, read_manifest
from research.study import Study

Drawings = tuple[Path, Path]
SHARED = Path(__file__).parents[3] / "shared" / "data" / "flipkart"


@pytest.fixture
def copy(drawings: Drawings, tmp_path: Path) -> Drawings:
    """A copy of the drawings that a test may spoil."""
    shutil.copytree(drawings[0].parent, tmp_path / "copy")
    return tmp_path / "copy" / "catalogue.csv", tmp_path / "copy" / "photos"


@pytest.mark.parametrize(
    ("tree", "category"),
    [
        ('["Watches >> Wrist Watches >> Sonata"]', "Watches"),
        ('["Home Decor & Festive Needs >> Stickers"]', "Home Decor & Festive Needs"),
        ('["Baby Care >> Cut sho...', "Baby Care"),
        ('["Home Decor &amp; Festive Needs &gt;&gt; Stickers"]', "Home Decor & Festive Needs"),
        ('["Kitchen  &\u00a0Dining  >> Mugs"]', "Kitchen & Dining"),
        ("['Watches >> Wrist Watches']", "Watches"),
        ("['Computers']", "Computers"),
    ],
)
def test_the_first_level_is_the_label(tree: str, category: str) -> None:
    assert first_level(tree, 2) == category


def test_labels_are_one_hot_in_the_order_of_the_categories() -> None:
    assert one_hot(np.array([0, 6])).tolist() == [[1, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 1]]


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda table, photos: table.unlink(), "Catalogue absent"),
        (lambda table, photos: shutil.rmtree(photos), "Dossier de photos absent"),
        (lambda table, photos: table.write_text("uniq_id\nx\n"), "Colonne « product_category_tree » absente"),
        (
            lambda table, photos: table.write_text('uniq_id,product_category_tree\nx,"[""Toys >> y""]"\n'),
            "Catégorie inconnue, ligne 2 : « Toys »",
        ),
        (
            lambda table, photos: table.write_text('uniq_id,product_category_tree\n../x,"[""Watches""]"\n'),
            "Identifiant invalide, ligne 2",
        ),
        (lambda table, photos: table.write_bytes(table.read_bytes() + b"\xff\xfe"), "pas en UTF-8"),
        (lambda table, photos: [one.unlink() for one in photos.iterdir()], "Aucune photo utilisable"),
    ],
)
def test_each_fault_has_its_sentence(
    copy: Drawings, spoil: Callable[[Path, Path], object], sentence: str
) -> None:
    spoil(*copy)
    with pytest.raises(ResearchError, match=sentence):
        read_catalog(*copy)


def test_damaged_and_missing_photos_are_listed_and_left_out(copy: Drawings) -> None:
    damaged, missing = copy[1] / "demo00000.jpg", copy[1] / "demo00001.jpg"
    damaged.write_bytes(damaged.read_bytes()[:300])
    missing.unlink()
    catalog = read_catalog(*copy)
    reasons = {product.uniq_id: product.reason for product in catalog.left_out}
    assert reasons == {
        "demo00000": "photo illisible (fichier endommagé, incomplet ou hors norme)",
        "demo00001": "photo absente du dossier",
    }
    assert catalog.counts()["Baby Care"] == 8


def test_duplicates_are_found_and_never_split(copy: Drawings) -> None:
    shutil.copy(copy[1] / "demo30000.jpg", copy[1] / "demo30001.jpg")
    Image.open(copy[1] / "demo30000.jpg").save(copy[1] / "demo30002.jpg", quality=60)
    copy[0].write_text(copy[0].read_text() + copy[0].read_text().splitlines()[1] + "\n")
    catalog = read_catalog(*copy)
    assert catalog.repeated_ids == ("demo00000",)
    assert ("demo30000", "demo30001") in catalog.same_file
    group = next(group for group in catalog.near if "demo30000" in group)
    assert {"demo30000", "demo30001", "demo30002"} <= set(group)
    for seed in range(3):
        roles = draw_splits(catalog, seed).roles
        assert all(len({roles[one] for one in near}) == 1 for near in catalog.near)


def test_near_groups_chain() -> None:
    assert near_groups([0b0000, 0b0001, 0b0011, 0b1111000], 1) == [0, 0, 0, 1]


def test_every_photo_is_tested_once_and_folds_are_seeded(study: Study) -> None:
    manifest = study.manifest
    assert len(manifest.roles) == 70
    assert [word for word in manifest.roles.values() if word.count(Role.TEST.value) != 1] == []
    assert draw_splits(study.catalog, 3).key == manifest.key != draw_splits(study.catalog, 4).key
    alone = replace(study.catalog, groups=tuple(range(len(study.catalog.photos))))
    for fold in range(manifest.folds):
        tested = alone.labels[draw_splits(alone, 3).members(fold, Role.TEST)]
        assert np.bincount(tested).tolist() == [2] * len(CATEGORIES)
    path = study.work / "manifest.json"
    assert read_manifest(path, study.catalog) == manifest
    path.write_text(path.read_text().replace('"demo00000": "', '"demo00000": "a'))
    with pytest.raises(ResearchError, match="ne correspond plus"):
        read_manifest(path, study.catalog)


def test_photos_are_turned_upright_and_transparency_is_white(tmp_path: Path) -> None:
    picture = Image.new("RGB", (4, 2), "black")
    exif = picture.getexif()
    exif[274] = 6
    picture.save(tmp_path / "turned.jpg", exif=exif)
    assert decode(tmp_path / "turned.jpg").size == (2, 4)
    clear = Image.new("RGBA", (2, 2), (0, 0, 0, 0))
    clear.putpixel((1, 1), (0, 0, 0, 255))
    clear.save(tmp_path / "clear.png")
    assert decode(tmp_path / "clear.png").getpixel((0, 0)) == (255, 255, 255)


def test_padding_keeps_proportions_and_stretching_does_not() -> None:
    wide = Image.new("RGB", (40, 20), "black")
    padded = np.asarray(frame(wide, 40, Aspect.PAD))
    assert padded[0, 0].tolist() == [255, 255, 255]
    assert padded[20, 20].tolist() == [0, 0, 0]
    assert np.asarray(frame(wide, 40, Aspect.STRETCH)).max() == 0


def test_views_depend_on_the_photo_and_the_number_alone(drawings: Drawings) -> None:
    path = drawings[1] / "demo30000.jpg"
    first, again, other = (pixels(path, 32, view=view) for view in (2, 2, 3))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.array_equal(pixels(path, 32, view=1), pixels(path, 32)[:, ::-1])
    assert not np.array_equal(first, pixels(drawings[1] / "demo30001.jpg", 32, view=2))


def test_a_view_without_range_is_the_photo() -> None:
    from research.images import Augmentation

    picture = frame(Image.radial_gradient("L").convert("RGB"), 64, Aspect.PAD)
    still = vary(picture, 2, "x", Augmentation(0, 0, 0, 0))
    assert np.abs(np.asarray(still, float) - np.asarray(picture, float)).max() <= 1


@pytest.mark.skipif(not SHARED.is_dir(), reason="les photos réelles (../shared/data/flipkart) sont absentes")
def test_the_genuine_catalogue_has_seven_times_150_products() -> None:
    from research.catalog import EXPECTED_EACH

    products, repeated = read_products(next(SHARED.glob("*.csv")))
    assert {list(products.values()).count(name) for name in CATEGORIES} == {EXPECTED_EACH}
    assert repeated == ()


TITLES = "uniq_id,product_category_tree,description\n"
WATCH = '"[""Watches >> x""]"'


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            f"{TITLES}a,{WATCH},fine\nb,{WATCH},{'x' * 140_000}\n",
            "« catalogue.csv », ligne 3 : une valeur dépasse 131 072 caractères, ou un guillemet n’est pas "
            "refermé. Raccourcissez-la ou refermez le guillemet de la fiche qui commence là.",
        ),
        (
            f'{TITLES}a,{WATCH},"open\nb,{WATCH[1:-1]},fine\n' + "c,d,e\n" * 30_000,
            "« catalogue.csv », ligne 2 : une valeur dépasse 131 072 caractères, ou un guillemet n’est pas "
            "refermé. Raccourcissez-la ou refermez le guillemet de la fiche qui commence là.",
        ),
        (
            f'{TITLES}a,{WATCH},fine\nb,{WATCH},"open\nc,d,e\n',
            "« catalogue.csv », ligne 3 : un guillemet n’est pas refermé. Refermez celui de la fiche qui "
            "commence là.",
        ),
        (
            f'{TITLES}a,{WATCH},"open\nb,{WATCH},"open too"\n',
            "« catalogue.csv », ligne 2 : un guillemet est mal placé. Doublez-le s’il fait partie du texte, "
            "ou refermez celui de la fiche qui commence là.",
        ),
        (
            f"{TITLES}a,{WATCH},Café\n".encode("cp1252"),
            "« catalogue.csv », ligne 2 : ce texte n’est pas en UTF-8. Réenregistrez le fichier en UTF-8.",
        ),
        (
            f"{TITLES}a,{WATCH},x\n".encode("utf-16"),
            "« catalogue.csv », ligne 1 : il y a des octets nuls. Le fichier est abîmé ou en UTF-16 : "
            "réenregistrez-le en UTF-8.",
        ),
        (
            f"{TITLES}a,{WATCH},x\0y\n",
            "« catalogue.csv », ligne 2 : il y a des octets nuls. Le fichier est abîmé ou en UTF-16 : "
            "réenregistrez-le en UTF-8.",
        ),
        (
            f"{TITLES}{'a' * 1_100_000}",
            "« catalogue.csv », ligne 2 : cette ligne est trop longue pour un catalogue. Vérifiez les fins "
            "de ligne.",
        ),
        (
            TITLES + f'a,{WATCH},"' + '"\n,"'.join(["y" * 100_000] * 60) + '"\n',
            "« catalogue.csv », ligne 3 : 2 valeurs au lieu de 3. Mettez entre guillemets les textes qui "
            "contiennent une virgule.",
        ),
        (
            f"{TITLES}a,{WATCH},one, two\n",
            "« catalogue.csv », ligne 2 : 4 valeurs au lieu de 3. Mettez entre guillemets les textes qui "
            "contiennent une virgule.",
        ),
        (
            TITLES.replace(",", ";"),
            "Colonne « uniq_id » absente de « catalogue.csv », ligne 1. Le fichier semble séparé par des "
            "points-virgules. Donnez le csv d’origine, séparé par des virgules, avec sa ligne de titres.",
        ),
        (
            TITLES.replace("description", "uniq_id"),
            "« catalogue.csv », ligne 1 : la colonne « uniq_id » y est 2 fois. Gardez-en une seule.",
        ),
        (
            f'{TITLES}a,{WATCH},x\n\nb,{WATCH},x\na,"[""Computers""]",y\n',
            "« catalogue.csv », ligne 5 : l’identifiant « a » est déjà ligne 2, dans une autre catégorie. "
            "Gardez une seule des deux fiches.",
        ),
        (
            f"{TITLES}../../etc/passwd,{WATCH},x\n",
            "Identifiant invalide, ligne 2 de « catalogue.csv » : « ../../etc/passwd ». Lettres, chiffres et "
            "tirets seulement : corrigez la colonne uniq_id.",
        ),
        (
            f"{TITLES}a,{'[' * 100_000},x\n",
            f"Catégorie inconnue, ligne 2 : « {'[' * 60}… », dans « catalogue.csv ». Les sept catégories "
            "attendues sont : Baby Care, Beauty and Personal Care, Computers, Home Decor & Festive Needs, "
            "Home Furnishing, Kitchen & Dining, Watches.",
        ),
        (TITLES, "« catalogue.csv » ne contient aucun produit."),
        (
            "version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
            "Catalogue illisible : « {} » (c’est un pointeur Git LFS, pas le fichier : lancez « git lfs pull "
            "»). Donnez un fichier csv.",
        ),
        (b"", "Catalogue illisible : « {} » (fichier vide). Donnez un fichier csv."),
        (
            b"PK\x03\x04rest",
            "Catalogue illisible : « {} » (c’est une archive zip ou un classeur de tableur). Donnez un "
            "fichier csv.",
        ),
        (
            b"7z\xbc\xaf\x27\x1c",
            "Catalogue illisible : « {} » (c’est une archive 7z). Donnez un fichier csv.",
        ),
        (b"<head>", "Catalogue illisible : « {} » (c’est une page web). Donnez un fichier csv."),
        (
            b"\x80\x04\x95\0",
            "Catalogue illisible : « {} » (c’est un objet Python (pickle)). Donnez un fichier csv.",
        ),
        (
            TITLES.upper(),
            "Colonne « uniq_id » absente de « catalogue.csv », ligne 1. Elle s’écrit « uniq_id », en "
            "minuscules. Donnez le csv d’origine, séparé par des virgules, avec sa ligne de titres.",
        ),
        (
            f"sep=,\n{TITLES}",
            "Colonne « uniq_id » absente de « catalogue.csv », ligne 1. La première ligne, « sep= », ne sert "
            "qu’à Excel : enlevez-la. Donnez le csv d’origine, séparé par des virgules, avec sa ligne de "
            "titres.",
        ),
    ],
)
def test_each_fault_of_a_catalogue_has_its_line_and_its_remedy(
    content: str | bytes, sentence: str, tmp_path: Path
) -> None:
    table = tmp_path / "catalogue.csv"
    table.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ResearchError) as caught:
        read_products(table)
    assert str(caught.value) == sentence.format(table)


@pytest.mark.parametrize(
    ("make", "cause"),
    [
        (lambda path: path.mkdir(), "c’est un dossier"),
        (os.mkfifo, "c’est un fichier spécial (tube, prise ou périphérique)"),
        (lambda path: path.symlink_to(path.name), "lien symbolique en boucle"),
    ],
)
def test_a_catalogue_that_is_no_file_is_never_opened(
    make: Callable[[Path], object], cause: str, tmp_path: Path
) -> None:
    make(tmp_path / "catalogue.csv")
    with pytest.raises(ResearchError, match=re.escape(f"catalogue.csv » ({cause}). Donnez un fichier csv.")):
        read_products(tmp_path / "catalogue.csv")


def test_a_photo_under_another_ending_is_told(copy: Drawings) -> None:
    """Windows and macOS find them under either name: « absent » sent people looking for what lay there."""
    table, photos = copy
    renamed = {
        "demo30000": "demo30000.JPG",
        "demo30001": "demo30001.jpeg",
        "demo30002": "DEMO30002.png",
        "demo30003": "demo30003.jpg.webp",
    }
    for identity, name in renamed.items():
        (photos / f"{identity}.jpg").rename(photos / name)
    (photos / "demo30004.jpg").unlink()
    (photos / "demo30004.txt").write_text("")
    assert [(product.uniq_id, product.reason) for product in read_catalog(table, photos).left_out] == [
        *(
            (one, f"photo absente du dossier, où est « {name} » : renommez-la en {one}.jpg")
            for one, name in renamed.items()
        ),
        ("demo30004", "photo absente du dossier"),
    ]


def test_where_the_photos_are_is_told(copy: Drawings) -> None:
    table, photos = copy
    shutil.move(photos, photos.parent / "moved")
    photos.mkdir()
    shutil.move(photos.parent / "moved", photos / "Images")
    with pytest.raises(ResearchError) as caught:
        read_catalog(table, photos)
    assert str(caught.value) == (
        f"Aucune photo utilisable dans « {photos} ». Elles doivent s’appeler <uniq_id>.jpg. Il y en a dans "
        f"« {photos / 'Images'} » : indiquez celui-là avec --photos."
    )
    (photos.parent / "photos.zip").write_bytes(b"PK\x03\x04")
    with pytest.raises(ResearchError) as caught:
        read_catalog(table, photos.parent / "photos.zip")
    assert str(caught.value) == (
        f"« {photos.parent / 'photos.zip'} » n’est pas un dossier de photos. Décompressez-le si c’est une "
        "archive, et indiquez le dossier avec --photos."
    )


def test_a_photo_that_was_replaced_is_not_taken_for_the_former(copy: Drawings, tmp_path: Path) -> None:
    table, photos = copy
    work = tmp_path / "work"
    studies.prepare(table, photos, work, seed=3)
    (photos / "demo30001.jpg").unlink()
    assert len(studies.open_study(work).catalog.photos) == 70
    shutil.copy(photos / "demo30002.jpg", photos / "demo30001.jpg")
    with pytest.raises(ResearchError) as caught:
        studies.open_study(work)
    assert str(caught.value) == (
        f"La photo « {photos / 'demo30001.jpg'} » a changé depuis : relancez « prepare »."
    )


@pytest.mark.parametrize(
    ("name", "content"), [("catalog.json", "[]"), ("catalog.json", "{}"), ("manifest.json", '{"seed": 3}')]
)
def test_a_folder_of_another_version_is_told(name: str, content: str, copy: Drawings, tmp_path: Path) -> None:
    work = tmp_path / "work"
    studies.prepare(*copy, work, seed=3)
    (work / name).write_text(content)
    with pytest.raises(ResearchError) as caught:
        studies.open_study(work)
    assert str(caught.value) == (
        f"« {work} » n’a pas été préparé par cette version de l’étude : relancez « prepare »."
    )


def test_marks_that_nobody_sees_are_no_part_of_an_identifier(tmp_path: Path) -> None:
    table = tmp_path / "catalogue.csv"
    table.write_text(f"{TITLES}a\u200b,{WATCH},x\n\ufeffb\u00a0,{WATCH},x\n")
    assert read_products(table) == ({"a": "Watches", "b": "Watches"}, ())


def test_a_value_full_of_blanks_is_read_at_once(tmp_path: Path) -> None:
    """Each of them was tried as the beginning of those at the end: minutes for one value."""
    table = tmp_path / "catalogue.csv"
    full = WATCH.replace(" >>", f"{' ' * 130_000}>>")
    table.write_text(TITLES + "".join(f"a{place},{full},x\n" for place in range(9)))
    assert read_products(table) == ({f"a{place}": "Watches" for place in range(9)}, ())


def test_what_spreadsheets_do_to_a_catalogue_is_read(tmp_path: Path) -> None:
    """A byte-order mark, spaces around titles, Windows' ends of line, empty lines, texts of several lines."""
    table = tmp_path / "catalogue.csv"
    lines = [
        ' uniq_id\u00a0,"product_category_tree\u200b",description',
        f'a,{WATCH},"one\r\ntwo, three"',
        "",
        ",,",
        f"b,{WATCH},",
    ]
    table.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode())
    assert read_products(table) == ({"a": "Watches", "b": "Watches"}, ())


def test_reading_a_catalogue_is_bounded_in_memory(tmp_path: Path) -> None:
    """One line of 200 MB, and one record of 60 MB over many lines: neither is ever held."""
    one_line, one_record = tmp_path / "line.csv", tmp_path / "record.csv"
    with one_line.open("wb") as file:
        file.write(TITLES.encode())
        for _ in range(200):
            file.write(b"x" * 1_000_000)
    with one_record.open("wb") as file:
        file.write(TITLES.encode() + b"a")
        for _ in range(600):
            file.write(b',"' + b"y" * 100_000 + b'\n"')
    for table in (one_line, one_record):
        tracemalloc.start()
        with pytest.raises(ResearchError, match="trop longue pour un catalogue"):
            read_products(table)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 30_000_000
