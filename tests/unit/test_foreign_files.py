"""Files that people really have under the name of a table: read, or refused in a sentence with its remedy."""

import bz2
import gzip
import io
import json
import lzma
import os
import pickle
import re
import shutil
import sqlite3
import tarfile
import zipfile
from collections.abc import Callable
from datetime import date
from functools import partial
from itertools import cycle
from pathlib import Path

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pretadepenser.credit.intake import archives
from pretadepenser.credit.portfolio import PortfolioError, import_folder
from tests.unit import made_up, portfolio_files
from tests.unit.portfolio_files import spoil

CASES = Path(__file__).parents[3] / "shared" / "cases"
GENUINE = pytest.mark.skipif(not CASES.is_dir(), reason="cases (../shared/cases) are not here")
TRAIN = "application_train.csv"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of 30 clients as Kaggle writes it."""
    path = tmp_path_factory.mktemp("plain") / TRAIN
    made_up.write_csv(made_up.table(30), path)
    return path


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A history table of these clients as Kaggle writes it."""
    path = tmp_path_factory.mktemp("bureau") / "bureau.csv"
    numbers = made_up.table(30)["SK_ID_CURR"].to_pylist()
    return made_up.write_csv(made_up.history("bureau", numbers, 40), path).read_bytes()


@pytest.fixture
def source(plain: Path, tmp_path: Path) -> Path:
    """A folder that holds a copy of the plain table."""
    folder = tmp_path / "source"
    folder.mkdir()
    shutil.copy(plain, folder / TRAIN)
    return folder


@pytest.fixture(scope="module")
def content(plain: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """SHA-256 of what the plain table is imported as."""
    return import_folder(plain.parent, tmp_path_factory.mktemp("instance")).sha256


def refusal(source: Path, instance: Path) -> str:
    """The sentence that refuses an import that leaves nothing behind."""
    with pytest.raises(PortfolioError) as caught:
        import_folder(source, instance)
    assert not list(instance.glob("portfolio*"))
    assert not [path for path in instance.glob(".portfolio.*") if path.is_dir()]
    return str(caught.value).replace("\u00a0", " ")


def text_of(folder: Path) -> str:
    return (folder / TRAIN).read_text("utf-8")


def rewrite(folder: Path, change: Callable[[str], str | bytes]) -> None:
    changed = change(text_of(folder))
    (folder / TRAIN).write_bytes(changed if isinstance(changed, bytes) else changed.encode())


def _all_caps_name(folder: Path) -> None:
    (folder / TRAIN).rename(folder / "APPLICATION_TRAIN.CSV")


def _zip_in_zip(folder: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(folder / TRAIN, TRAIN)
        archive.writestr("__MACOSX/._application_train.csv", b"\0\5\26\7")
    with zipfile.ZipFile(folder / "home-credit-default-risk.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("home-credit/", "")
        archive.writestr("home-credit/application_train.csv.zip", packed.getvalue())
        archive.writestr("home-credit/sample_submission.csv.zip", b"")
    (folder / TRAIN).unlink()


def _gz_in_zip(folder: Path) -> None:
    with zipfile.ZipFile(folder / "home-credit-default-risk.zip", "w") as archive:
        archive.writestr("application_train.csv.gz", gzip.compress((folder / TRAIN).read_bytes()))
    (folder / TRAIN).unlink()


def _as_member(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


def _zipped_twice(folder: Path) -> None:
    once = _as_member(TRAIN, (folder / TRAIN).read_bytes())
    (folder / f"{TRAIN}.zip").write_bytes(_as_member(f"{TRAIN}.zip", once))
    (folder / TRAIN).unlink()


def _gz_in_csv_zip(folder: Path) -> None:
    once = gzip.compress((folder / TRAIN).read_bytes())
    (folder / f"{TRAIN}.zip").write_bytes(_as_member(f"{TRAIN}.gz", once))
    (folder / TRAIN).unlink()


def _zipped_twice_in_zip(folder: Path) -> None:
    _zipped_twice(folder)
    path = folder / f"{TRAIN}.zip"
    (folder / "home-credit-default-risk.zip").write_bytes(_as_member(path.name, path.read_bytes()))
    path.unlink()


def _marks_around_names(folder: Path) -> None:
    def change(text: str) -> str:
        head, _, rows = text.partition("\n")
        names = head.replace('"', "").split(",")
        names[1], names[3], names[5] = f" {names[1]}", f'"{names[3]}\u00a0"', f"\ufeff{names[5]}\t"
        return "\ufeff" + ",".join(names) + "\n" + rows

    rewrite(folder, change)


def _spaces_around_values(folder: Path) -> None:
    rewrite(folder, lambda text: text.replace("Cash loans", "Cash loans ").replace("Laborers", "  Laborers"))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_all_caps_name, id="name in capitals"),
        pytest.param(_zip_in_zip, id="zip in zip"),
        pytest.param(_gz_in_zip, id="gz in zip"),
        pytest.param(_zipped_twice, id="zipped twice"),
        pytest.param(_gz_in_csv_zip, id="gz in the zip of a table"),
        pytest.param(_zipped_twice_in_zip, id="zipped twice in a zip"),
        pytest.param(_marks_around_names, id="marks around names"),
        pytest.param(_spaces_around_values, id="spaces around values"),
        pytest.param(lambda f: rewrite(f, lambda text: text.encode("utf-16")), id="UTF-16"),
        pytest.param(lambda f: rewrite(f, lambda text: text.encode("utf-16-le")), id="UTF-16 without mark"),
        pytest.param(lambda f: rewrite(f, lambda text: text.encode("utf-16-be")), id="UTF-16 turned round"),
        pytest.param(lambda f: rewrite(f, lambda text: text.encode("utf-32")), id="UTF-32"),
        pytest.param(lambda f: rewrite(f, lambda text: text.replace("\n", "\r\n")), id="ends of Windows"),
        pytest.param(lambda f: rewrite(f, lambda text: text.replace("\n", "\r")), id="line ends of old Macs"),
        pytest.param(lambda f: rewrite(f, lambda text: text.rstrip("\n")), id="no last line end"),
    ],
)
def test_what_can_be_read_is_read(
    change: Callable[[Path], object], source: Path, content: str, tmp_path: Path
) -> None:
    change(source)
    assert import_folder(source, tmp_path / "instance").sha256 == content


def test_values_that_other_programs_write_for_missing_ones(
    source: Path, content: str, tmp_path: Path
) -> None:
    header, *lines = text_of(source).splitlines()
    others = ["null", "None", "<NA>", "N/A", "#N/A", "NA", "NaN", "nan", "\\N", ".", "#N/D", "n/a", "(null)"]
    words = cycle(["NULL", *others])
    rows = [[field or next(words) for field in portfolio_files.fields(line)] for line in lines]
    assert next(words) != "NULL", "nothing was empty"
    (source / TRAIN).write_text("\n".join([header, *map(",".join, rows)]))
    assert import_folder(source, tmp_path / "instance").sha256 == content


def test_a_text_in_windows_1252_is_read_and_said_so(source: Path, tmp_path: Path) -> None:
    spoil(source / TRAIN, 9, "OCCUPATION_TYPE", "Employé")
    rewrite(source, lambda text: text.encode("cp1252"))
    seen: list[str] = []
    with pytest.raises(
        PortfolioError, match=r"ligne 9, colonne OCCUPATION_TYPE : catégorie inconnue «\xa0Employé"
    ):
        import_folder(source, tmp_path / "instance", lambda step, share: seen.append(step))
    assert "Lecture de application_train.csv (texte en Windows-1252)" in seen
    # A no-break space around a value is no part of it: the file can be read whole.
    changed = (source / TRAIN).read_bytes().replace(b"Employ\xe9", b"Drivers\xa0")
    (source / TRAIN).write_bytes(changed)
    assert import_folder(source, tmp_path / "instance").clients == 30


@pytest.mark.parametrize("pack", [False, True])
def test_a_name_in_windows_1252_may_have_blanks_around_it(pack: bool, source: Path, tmp_path: Path) -> None:
    """The same name was both missing and unexpected."""
    content = import_folder(source, tmp_path / "before").sha256
    rewrite(source, lambda text: text.replace('"SK_ID_CURR"', '"SK_ID_CURR\u00a0"', 1).encode("cp1252"))
    # A number that lost its digits is one in this encoding too.
    whole = (source / TRAIN).read_bytes()
    spoilt = whole.replace(b"\n100002,", b"\n1.00E+05,", 1)
    assert spoilt != whole

    def write(content: bytes) -> None:
        (source / TRAIN).unlink(missing_ok=True)
        name = f"{TRAIN}.gz" if pack else TRAIN
        (source / name).write_bytes(gzip.compress(content) if pack else content)

    write(spoilt)
    assert "ligne 2, colonne SK_ID_CURR : « 1.00E+05 » est un numéro abrégé" in refusal(
        source, tmp_path / "instance"
    )
    write(whole)
    assert import_folder(source, tmp_path / "instance").sha256 == content


def _bytes(start: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / TRAIN).write_bytes(start)


def _packed(pack: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    return lambda folder: (folder / TRAIN).write_bytes(pack((folder / TRAIN).read_bytes()))


def _tar(content: bytes) -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as archive:
        info = tarfile.TarInfo(TRAIN)
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return whole.getvalue()


def _zip(content: bytes) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr(TRAIN, content)
    return whole.getvalue()


def _sqlite(folder: Path) -> None:
    (folder / TRAIN).unlink()
    base = sqlite3.connect(folder / TRAIN)
    base.execute("create table clients (a)")
    base.commit()
    base.close()


def _parquet(folder: Path) -> None:
    pa.parquet.write_table(made_up.text(made_up.table(3)), folder / TRAIN)


def _feather(folder: Path) -> None:
    pa.feather.write_feather(made_up.text(made_up.table(3)), str(folder / TRAIN), compression="uncompressed")


def _ended_by(mark: str, text: str) -> str:
    return text.replace("\n", mark)


def _text(change: Callable[[str], str | bytes]) -> Callable[[Path], object]:
    return lambda folder: rewrite(folder, change)


def _tabs_and_index(text: str) -> str:
    return _index(text).replace(",", "\t")


def _index(text: str) -> str:
    head, *lines = text.splitlines()
    return "\n".join([f",{head}", *(f"{row},{line}" for row, line in enumerate(lines))])


def _names_in(around: Callable[[str], str], text: str) -> str:
    head, _, rows = text.partition("\n")
    return ",".join(around(name.strip('"')) for name in head.split(",")) + "\n" + rows


def _undefined(folder: Path) -> None:
    lines = (folder / TRAIN).read_bytes().split(b"\n")
    lines[11] = lines[11].replace(b"loans", b"loans\x81", 1)
    (folder / TRAIN).write_bytes(b"\n".join(lines))


def _null(folder: Path) -> None:
    """A null byte far from the beginning."""
    text = (folder / TRAIN).read_bytes()
    lines = (text + text.partition(b"\n")[2] * 20).split(b"\n")
    lines[400] = lines[400].replace(b"loans", b"loa\0s", 1)
    (folder / TRAIN).write_bytes(b"\n".join(lines))


def _long_line(folder: Path) -> None:
    with (folder / TRAIN).open("a") as file:
        file.write("1," + "x" * 6_000_000 + "\n")


WEB_PAGE = "est une page web, souvent celle qui demande de se connecter : téléchargez-le à nouveau."
ENDLESS = (
    "de plus d’un million de caractères : ce n’est pas une table, ou ses fins de ligne manquent ; "
    "téléchargez-le à nouveau."
)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            _bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 166133370\n"),
            "application_train.csv est un pointeur de Git LFS, pas les données : lancez « git lfs pull ».",
        ),
        (
            _bytes(b"/annex/objects/SHA256E-s166133370--ab.csv\n"),
            "est un pointeur de git-annex, pas les données : lancez « git annex get ».",
        ),
        (
            _bytes(b"outs:\n- md5: ab\n  path: application_train.csv\n"),
            "est un pointeur de DVC, pas les données : lancez « dvc pull ».",
        ),
        (
            _bytes("version https://git-lfs.github.com/spec/v1\r\noid sha256:ab\r\n".encode("utf-16")),
            "application_train.csv est un pointeur de Git LFS, pas les données : lancez « git lfs pull ».",
        ),
        (_bytes("<!DOCTYPE html>\r\n<html lang=en>".encode("utf-16-le")), WEB_PAGE),
        *(
            (
                _bytes(start),
                "application_train.csv est du SQL : enregistrez la table en .csv (UTF-8, virgules).",
            )
            for start in (
                b"-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)\n--\n",
                b"--\n-- PostgreSQL database dump\n--\n",
                b"PGDMP\x01\x0e\0\x04\x08",
                b"/*!999999\\- enable the sandbox mode */\n",
                b"INSERT INTO application_train (SK_ID_CURR, TARGET) VALUES (100002, 1);\n",
                b"PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n",
            )
        ),
        (
            _text(lambda text: f"-- Extraction du 3 mai\n{text}"),
            "les noms des colonnes sont à la ligne 2 : enlevez ce qui les précède",
        ),
        (_bytes(b"\n<!DOCTYPE html>\n<html lang=en><head><title>Sign in"), WEB_PAGE),
        (_bytes(b"<HTML><body>403"), WEB_PAGE),
        (_bytes(b"PK\x05\x06" + bytes(18)), "est une archive zip vide : téléchargez-le à nouveau."),
        (_packed(lambda content: b"Rar!" + content), "est une archive rar : décompressez-la."),
        (_packed(lambda content: b"PARE" + content), "est une table Parquet chiffrée : déchiffrez-la."),
        (_bytes(b'<?xml version="1.0"?><Workbook><Worksheet>'), "est un document XML"),
        (_bytes(json.dumps([{"SK_ID_CURR": 1}]).encode()), "est du JSON : enregistrez la table en .csv"),
        (_bytes(b'{"SK_ID_CURR": 401}'), "est du JSON"),
        (_packed(_zip), "est une archive zip ou un classeur Excel : décompressez-la"),
        (_packed(gzip.compress), "est une archive gzip : décompressez-la, ou finissez son nom par .csv.gz."),
        (_packed(bz2.compress), "est une archive bzip2 : décompressez-la."),
        (_packed(lzma.compress), "est une archive xz : décompressez-la."),
        (_packed(_tar), "est une archive tar : décompressez-la."),
        (_packed(lambda content: b"7z\xbc\xaf\x27\x1c" + content), "est une archive 7z"),
        (_packed(lambda content: b"\x28\xb5\x2f\xfd" + content), "est une archive zstandard"),
        (
            _packed(lambda content: b"\xd0\xcf\x11\xe0\xa1\xb1" + content),
            "est un classeur Excel, ou chiffré par Excel : enregistrez la table en .csv (UTF-8, virgules).",
        ),
        (_packed(lambda content: pickle.dumps(content, protocol=4)), "est un objet Python (pickle)"),
        (_packed(lambda content: b"\x89HDF\r\n\x1a\n" + content), "est un fichier HDF5"),
        (_packed(lambda content: b"%PDF-1.7" + content), "est un document PDF"),
        (_sqlite, "est une base SQLite"),
        (_parquet, "est une table Parquet : finissez son nom par .parquet."),
        (_feather, "est une table Arrow : enregistrez la table en .csv (UTF-8, virgules), ou en .parquet."),
        (
            _bytes(b"x" * 200_000 + b"\nAMT_CREDIT"),
            "ne nomme aucune colonne attendue : elle doit donner leurs noms, SK_ID_CURR d’abord.",
        ),
        (_bytes(b"\0" * 5000), "ne contient que des octets nuls : téléchargez-le à nouveau."),
        (_bytes(b"SK_ID_CURR,TARGET\n1,\x00\x01\x02\x0010"), "n’est pas un texte"),
        (_bytes(b""), "application_train.csv est vide"),
        (_bytes(b"\xef\xbb\xbf\n\n"), "application_train.csv est vide"),
        (
            _bytes(b"x" * 300_000),
            f"la première ligne, « {'x' * 60}… », ne nomme aucune",
        ),
        (_bytes(b"x" * 3_000_000), f"a une ligne 1 {ENDLESS}"),
        (_long_line, f"a une ligne 32 {ENDLESS}"),
        (_undefined, "n’est pas un texte en UTF-8 (ligne 12) : enregistrez-le dans ce codage."),
        (_null, "contient des octets nuls à la ligne 401"),
        (_text(lambda text: text.encode("utf-16")[:-1]), "n’est pas un texte en utf-16"),
        (
            _text(lambda text: text.replace(",", "\t")),
            "les colonnes sont séparées par des tabulations",
        ),
        (_text(_tabs_and_index), "les colonnes sont séparées par des tabulations"),
        (_text(lambda text: text.replace(",", "|")), "séparées par des barres verticales"),
        (_text(lambda text: text.replace(",", ";")), "séparées par des points-virgules"),
        (
            _text(lambda text: f"sep=,\n{text}"),
            "la première ligne, « sep=, », ne sert qu’à Excel : enlevez-la, et séparez les valeurs par des "
            "virgules",
        ),
        (
            _text(lambda text: f"sep=;\n{text.replace(',', ';')}"),
            "« sep=; », ne sert qu’à Excel",
        ),
        (
            _text(lambda text: f"Extraction du 3 mai\n\n{text}"),
            "les noms des colonnes sont à la ligne 3 : enlevez ce qui les précède",
        ),
        (_text(lambda text: text.partition("\n")[2]), "ne nomme aucune colonne attendue"),
        *(
            (
                _text(partial(_ended_by, mark)),
                f"ligne 1 : les lignes finissent par un caractère (U+{ord(mark):04X}) qui n’en finit aucune "
                "dans un CSV ; enregistrez le fichier avec des fins de ligne ordinaires.",
            )
            for mark in "\v\f\x1e\x85\u2028\u2029"
        ),
        (
            _text(lambda text: text.partition("\n")[0].lower() + "\n" + text.partition("\n")[2]),
            "les noms des colonnes s’écrivent en majuscules : SK_ID_CURR, et non sk_id_curr",
        ),
        *(
            (
                _text(partial(_names_in, around)),
                "les noms des colonnes s’écrivent sans rien d’autre : SK_ID_CURR, et non "
                f"{around('SK_ID_CURR')}",
            )
            for around in (
                "'{}'".format,
                "`{}`".format,
                "application_train.{}".format,
                lambda name: name.replace("_", "-"),
                lambda name: name.replace("_", " "),
            )
        ),
        (
            _text(
                lambda text: "\n".join(
                    f"{row - 1 if row else ''},{line}" for row, line in enumerate(text.splitlines())
                )
            ),
            "colonne inattendue sans nom (souvent l’index de pandas, à ne pas enregistrer)",
        ),
        (
            _text(lambda text: text.replace("\n", ",\n")),
            "colonne inattendue sans nom",
        ),
        (
            _text(lambda text: "\x1b[31m" + "y" * 200 + "," + text),
            "colonne inattendue \N{REPLACEMENT CHARACTER}[31myyyy",
        ),
        (_text(lambda text: ",".join(f"c{i}" for i in range(100_000)) + "," + text), "99980 de plus"),
        (
            _text(lambda text: text + text),
            "répète les noms des colonnes à la ligne 32",
        ),
        (_text(lambda text: text + "Total,30\n"), "ligne 32 : 122 valeurs attendues, 2 trouvées"),
        (_text(lambda text: text + '1,"abc\n'), "ligne 32 : 122 valeurs attendues"),
    ],
)
def test_what_cannot_be_read_is_refused_in_a_sentence(
    change: Callable[[Path], object], says: str, source: Path, tmp_path: Path
) -> None:
    change(source)
    assert says in refusal(source, tmp_path / "instance")


def _twice_in_folder(folder: Path) -> None:
    (folder / "application_train.csv.gz").write_bytes(gzip.compress((folder / TRAIN).read_bytes()))


def _twice_in_zip(folder: Path) -> None:
    with zipfile.ZipFile(folder / "home-credit-default-risk.zip", "w") as archive:
        archive.write(folder / TRAIN, "2018/application_train.csv")
        archive.write(folder / TRAIN, TRAIN)
    (folder / TRAIN).unlink()


def _two_tables_in_zip(folder: Path) -> None:
    with zipfile.ZipFile(folder / "application_train.csv.zip", "w") as archive:
        archive.write(folder / TRAIN, "a.csv")
        archive.write(folder / TRAIN, "b.csv")
    (folder / TRAIN).unlink()


def _other_in_zip(folder: Path) -> None:
    content = (folder / TRAIN).read_bytes()
    (folder / TRAIN).rename(folder / f"{TRAIN}.zip").write_bytes(_as_member("train.txt", content))


def _zipped_thrice(folder: Path) -> None:
    _zipped_twice(folder)
    path = folder / f"{TRAIN}.zip"
    path.write_bytes(_as_member(path.name, path.read_bytes()))


def _empty_zip(folder: Path) -> None:
    (folder / TRAIN).rename(folder / f"{TRAIN}.zip").write_bytes(b"PK\x05\x06" + bytes(18))


def _locked(folder: Path) -> None:
    """A zip whose flag says that a password protects it."""
    whole = bytearray(_zip((folder / TRAIN).read_bytes()))
    whole[6] |= 1
    whole[whole.index(b"PK\x01\x02") + 8] |= 1
    (folder / "application_train.csv.zip").write_bytes(whole)
    (folder / TRAIN).unlink()


def _renamed(ending: str) -> Callable[[Path], object]:
    return lambda folder: (folder / TRAIN).rename(folder / f"application_train{ending}")


def _unreadable_gz(folder: Path) -> None:
    (folder / TRAIN).rename(folder / "application_train.csv.gz")


def _damaged_parquet(folder: Path) -> None:
    (folder / TRAIN).rename(folder / "application_train.parquet").write_bytes(b"\x15\x04\x15")


def _parquet_in_zip(folder: Path) -> None:
    with zipfile.ZipFile(folder / "home-credit-default-risk.zip", "w") as archive:
        archive.writestr("application_train.parquet", b"PAR1")
    (folder / TRAIN).unlink()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            _twice_in_folder,
            "source contient plusieurs fois application_train (application_train.csv et "
            "application_train.csv.gz) : n’en gardez qu’un.",
        ),
        (
            _twice_in_zip,
            "home-credit-default-risk.zip contient plusieurs fois application_train "
            "(2018/application_train.csv et application_train.csv)",
        ),
        (
            _two_tables_in_zip,
            "application_train.csv.zip doit contenir un seul fichier .csv, il en contient 2 (« a.csv » et "
            "« b.csv ») : n’y laissez que la table, ou téléchargez-le à nouveau.",
        ),
        (
            _other_in_zip,
            "application_train.csv.zip doit contenir un seul fichier .csv, et il contient « train.txt » : si "
            "la table y est, décompressez-le et nommez-la application_train.csv.",
        ),
        (
            _zipped_thrice,
            "application_train.csv.zip doit contenir un seul fichier .csv, et il contient "
            "« application_train.csv.zip » : si la table y est, décompressez-le et nommez-la "
            "application_train.csv.",
        ),
        (
            _empty_zip,
            "doit contenir un seul fichier .csv, il en contient 0 : n’y laissez que la table, ou "
            "téléchargez-le à nouveau.",
        ),
        (_locked, "application_train.csv.zip est protégé par un mot de passe : décompressez-le d’abord."),
        (
            _renamed(".xlsx"),
            "application_train.xlsx n’est pas d’un format qui se lit (.csv, .csv.zip, .csv.gz, .parquet) : "
            "enregistrez la table en .csv (UTF-8, virgules), ou enlevez-le.",
        ),
        (_renamed(".csv.bz2"), "application_train.csv.bz2 n’est pas d’un format qui se lit"),
        (
            _renamed(".csv.zip"),
            "application_train.csv.zip n’est pas une archive zip : si c’est la table elle-même, enlevez .zip "
            "de son nom.",
        ),
        (_unreadable_gz, "application_train.csv.gz n’est pas une archive gzip : si c’est la table"),
        (_renamed(".parquet"), "application_train.parquet est un texte : finissez son nom par .csv."),
        (
            _damaged_parquet,
            "application_train.parquet n’est pas une table Parquet : téléchargez-le à nouveau.",
        ),
        (
            _parquet_in_zip,
            "application_train.parquet est une table Parquet dans une archive : décompressez "
            "home-credit-default-risk.zip.",
        ),
    ],
)
def test_archives_are_refused_in_a_sentence(
    change: Callable[[Path], object], says: str, source: Path, tmp_path: Path
) -> None:
    change(source)
    assert says in refusal(source, tmp_path / "instance")


def _gzip(content: bytes) -> bytes:
    return gzip.compress(content, 1)


def _deflated(content: bytes) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(TRAIN, content)
    return whole.getvalue()


@pytest.mark.parametrize(("ending", "pack"), [("gz", _gzip), ("zip", _deflated)])
def test_what_grows_without_end_is_no_table(
    ending: str, pack: Callable[[bytes], bytes], source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pretadepenser.credit.intake.archives.SMALL", 1 << 20)
    bomb = (source / TRAIN).read_bytes() + b"\n" * (16 << 20)
    (source / TRAIN).unlink()
    (source / f"{TRAIN}.{ending}").write_bytes(pack(bomb))
    assert f"application_train.csv.{ending} grossit plus de 200 fois" in refusal(
        source, tmp_path / "instance"
    )


def test_what_is_packed_small_may_be_a_hundred_megabytes(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as archive:
        archive.writestr("table.csv", "x")
        info = archive.getinfo("table.csv")
    with zipfile.ZipFile(tmp_path / "packed.zip") as archive:
        info.file_size = 104_857_600
        archives.unlocked(archive, info, "table.csv").close()
        info.file_size += 1
        with pytest.raises(PortfolioError, match=r"table\.csv grossit plus de 200 fois"):
            archives.unlocked(archive, info, "table.csv")


def test_a_place_that_cannot_be_read_is_told(source: Path, tmp_path: Path) -> None:
    (source / TRAIN).unlink()
    (source / TRAIN).symlink_to(source / TRAIN)
    nowhere = "application_train.csv n’est pas un fichier, ou mène à un fichier qui n’est pas là : mettez "
    assert nowhere in refusal(source, tmp_path / "instance")
    (source / TRAIN).unlink()
    os.mkfifo(source / TRAIN)
    assert nowhere in refusal(source, tmp_path / "instance")
    (source / TRAIN).unlink()
    (source / TRAIN).mkdir()
    assert "Aucun fichier application_train" in refusal(source, tmp_path / "instance")


def _column(values: object, kind: pa.DataType | None = None) -> Callable[[], pa.Array]:
    return lambda: pa.array([values] * 5, kind)


@pytest.mark.parametrize(
    ("name", "values", "says"),
    [
        (
            "CODE_GENDER",
            _column(["F"]),
            "des textes sont attendus, le fichier contient des listes",
        ),
        (
            "CODE_GENDER",
            _column({"a": 1}),
            "des textes sont attendus, le fichier contient des listes",
        ),
        (
            "CODE_GENDER",
            _column(b"\xff\xfe"),
            "des textes sont attendus, le fichier contient des octets",
        ),
        ("CODE_GENDER", _column(1), "catégorie inconnue « 1 »"),
        (
            "AMT_CREDIT",
            _column([1.0]),
            "des nombres sont attendus, le fichier contient des listes",
        ),
        ("AMT_CREDIT", _column(date(2020, 1, 1)), "des nombres sont attendus, le fichier contient des dates"),
        ("AMT_CREDIT", _column("12,5"), "« 12,5 » n’est pas un nombre"),
        ("AMT_CREDIT", _column(None, pa.null()), "valeur absente, or elle est obligatoire"),
        ("DAYS_EMPLOYED", _column(None, pa.float64()), "365243 veut dire « sans emploi en cours »"),
    ],
)
def test_a_parquet_column_of_another_type_is_named(
    name: str, values: Callable[[], pa.Array], says: str, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    rows = made_up.text(made_up.table(5))
    rows = rows.set_column(rows.schema.get_field_index(name), name, values())
    pa.parquet.write_table(rows, source / "application_train.parquet")
    told = refusal(source, tmp_path / "instance")
    assert f"application_train.parquet, ligne 1, colonne {name} : " in told
    assert says in told


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("AMT_CREDIT", pa.decimal128(14, 2)),
        ("AMT_CREDIT", pa.string()),
        ("AMT_CREDIT", pa.large_string()),
        ("AMT_CREDIT", pa.float32()),
        ("CODE_GENDER", pa.binary()),
        ("CODE_GENDER", pa.dictionary(pa.int32(), pa.large_string())),
        ("FLAG_MOBIL", pa.bool_()),
        ("CNT_CHILDREN", pa.uint8()),
        ("CNT_CHILDREN", pa.decimal128(5, 0)),
    ],
)
def test_a_parquet_column_of_a_kindred_type_is_read(name: str, kind: pa.DataType, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    rows = made_up.text(made_up.table(5))
    index = rows.schema.get_field_index(name)
    values = rows.column(name)
    if pa.types.is_decimal(kind):
        values = values.cast(pa.float64())
    if pa.types.is_dictionary(kind):
        values = values.cast(pa.large_string()).dictionary_encode()
    rows = rows.set_column(index, name, values.cast(kind, safe=False))
    pa.parquet.write_table(rows, source / "application_train.parquet")
    assert import_folder(source, tmp_path / "instance").clients == 5


def test_a_parquet_file_of_equal_rows_without_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pretadepenser.credit.intake.sources.MOST_GROWTH", 1)
    source = tmp_path / "source"
    source.mkdir()
    row = made_up.text(made_up.table(1))
    pa.parquet.write_table(row.take(pa.array([0] * 200_000)), source / "application_train.parquet")
    assert re.search(
        r"application_train\.parquet grossit plus de \d+ fois à la lecture, ce qu’aucune table ne fait : ",
        refusal(source, tmp_path / "instance"),
    )


def test_a_table_one_folder_deeper_is_not_passed_over(source: Path, bureau: bytes, tmp_path: Path) -> None:
    deeper = source / "histoires" / "Bureau.CSV"
    deeper.parent.mkdir()
    deeper.write_bytes(bureau)
    place = str(source).replace("\u00a0", " ")
    assert refusal(source, tmp_path / "instance") == (
        f"histoires/Bureau.CSV est dans un sous-dossier de {place} : indiquez ce sous-dossier si toutes les "
        f"tables y sont, sinon mettez la table dans {place}, ou enlevez-la."
    )
    assert refusal(source.parent, tmp_path / "instance").startswith(
        f"source/{TRAIN} est dans un sous-dossier de {source.parent} : indiquez ce sous-dossier"
    )


@pytest.mark.parametrize("folder", [".cache", "_old", "application_test"])
def test_folders_that_hold_no_tables_are_not_looked_into(
    folder: str, source: Path, bureau: bytes, tmp_path: Path
) -> None:
    """Hidden ones, and the pieces of a table, whose files have their own rules."""
    (source / folder).mkdir()
    if folder == "application_test":
        clients = made_up.table(30, first=400_000).drop_columns(["TARGET"])
        made_up.write_csv(clients, source / folder / "part-0.csv")
    else:
        (source / folder / "bureau.csv").write_bytes(bureau)
    imported = import_folder(source, tmp_path / "instance")
    assert imported.clients == (60 if folder == "application_test" else 30)


@GENUINE
@pytest.mark.parametrize(
    ("case", "says"),
    [
        ("lfs-pointer", "est un pointeur de Git LFS"),
        (
            "nested-text",
            "NAME_CONTRACT_TYPE : des textes sont attendus, le fichier contient des listes",
        ),
        ("not-utf8", "ligne 22, colonne ORGANIZATION_TYPE : catégorie inconnue « Société »"),
        ("one-long-line", "ne nomme aucune colonne attendue"),
        ("tabs-and-index", "les colonnes sont séparées par des tabulations"),
        ("two-copies-in-zip", "(old/application_train.csv et application_train.csv) : n’en gardez qu’un"),
        ("zip-with-password", "est protégé par un mot de passe"),
    ],
)
def test_cases_of_people_are_refused(case: str, says: str, tmp_path: Path) -> None:
    assert says in refusal(CASES / case, tmp_path)


@GENUINE
@pytest.mark.parametrize("case", ["long-client-numbers", "spaces-in-header", "zip-of-zips"])
def test_cases_of_people_are_read(case: str, tmp_path: Path) -> None:
    assert import_folder(CASES / case, tmp_path).clients == 60


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    table=st.sampled_from(["application_train", "bureau"]),
    name=st.sampled_from(["csv", "csv.gz", "csv.zip", "parquet"]),
    start=st.sampled_from(["", "header", "file", "PAR1", "PK\x03\x04", "\x1f\x8b"]),
    foreign=st.binary(max_size=400),
    place=st.integers(0, 20_000),
)
@example(table="application_train", name="csv", start="file", foreign=b'"', place=3000)
@example(table="application_train", name="csv", start="header", foreign=b"\xff\xfe", place=0)
@example(table="bureau", name="csv", start="file", foreign=b"\0", place=900)
def test_foreign_bytes_are_read_or_told(
    table: str, name: str, start: str, foreign: bytes, place: int, plain: Path, bureau: bytes, tmp_path: Path
) -> None:
    whole = plain.read_bytes() if table == "application_train" else bureau
    beginnings = {"header": whole.partition(b"\n")[0] + b"\n", "file": whole}
    content = beginnings.get(start, start.encode("latin-1"))
    content = content[:place] + foreign + content[place:]
    if start == "file" and name != "csv":
        content = gzip.compress(whole) if name == "csv.gz" else _zip(whole)
        content = content[: place % len(content)] + foreign + content[place % len(content) :]
    source = tmp_path / "source"
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir()
    if table == "bureau":
        shutil.copy(plain, source / TRAIN)
    (source / f"{table}.{name}").write_bytes(content)
    told = ""
    try:
        import_folder(source, tmp_path / "instance")
    except PortfolioError as error:
        told = str(error)
    assert not told or (table in told and " : " in told and told.endswith("."))
