"""Hold a table to the columns that the dictionary has of it, and say in French what does not fit and where.

A table that fits comes back in the schema's types; one that does not adds to `Problems`, one entry for each
column and kind of problem, so that a file wrong everywhere still makes a message that can be read.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pretadepenser import french
from pretadepenser.credit.dictionary import COLUMNS, TABLES, Column, Kind
from pretadepenser.credit.intake.recognition import INDEX, INVISIBLE, QUOTED, ROW, quoted, short, spoilt
from pretadepenser.errors import ToldError

# Problems written in full in a message, and examples given for one of them.
SHOWN = 20
EXAMPLES = 5
NUMBER = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"
# A number as people write it: thousands apart, a decimal comma, a currency or another mark around it.
LOCAL = re.compile(r"[^\w,.]{0,2}\d[\d\s.,’']*(?:[^\W\d]{0,3}|[^\w\s])")
# A date, or a time, in the place of a number of days.
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|-?\d+ days")
# What a spreadsheet shows instead of a number.
SPREADSHEET = re.compile(r"#\S+[!?]|#{2,}")
# Amounts of an application, which are hardly ever a few hundred: 450.000 would be read as 450 where its point
# parts thousands. Programs write decimals that end in 0 only where all values have as many.
_GROUPED_NAMES = ("AMT_INCOME_TOTAL", "AMT_CREDIT", "AMT_ANNUITY", "AMT_GOODS_PRICE")
_GROUPED = r"^[+-]?[1-9]\d{0,2}\.\d\d0$"
_PADDED = r"^[+-]?\d{4,}\.\d\d0$"
_DECIMALS = r"^\s*[+-]?\d*\.\d*[1-9]\d*\s*$"
# A number that has lost digits, as spreadsheets shorten one (1.23457E+11).
SHORTENED = re.compile(r"\d+(?:\.(\d*))?[eE]\+?(\d+)")
# Kaggle leaves a missing field empty; pandas, R and databases write these when they save the table again.
MISSING = [
    "",
    "NA",
    "NaN",
    "nan",
    "N/A",
    "#N/A",
    "NULL",
    "null",
    "None",
    "<NA>",
    "\\N",
    ".",
    "#N/D",
    "n/a",
    "(null)",
    # C, and the programs made with it, pandas among them.
    "-nan",
    "-NaN",
    "#NA",
    "#N/A N/A",
    "1.#QNAN",
    "-1.#IND",
]
# What no text means at its ends: blanks, as Arrow knows them, and what cannot be seen.
BLANK = (
    "".join(
        map(chr, (*range(9, 14), *range(28, 33), 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029))
    )
    + "\u202f\u205f\u3000"
    + INVISIBLE
)
# No category and no number is longer; of a longer text the beginning is kept.
LONGEST_VALUE = 1000
# A line is no row where its number and so many columns in all have no value that fits; so many lines are few.
NO_ROW = 5
FEW_LINES = 3
_NUMBERS = ("SK_ID_CURR", "SK_ID_PREV", "SK_ID_BUREAU")
_ABSENT = "valeur absente"
_NOT_WHOLE = "{} [n’est pas un nombre entier|ne sont pas des nombres entiers]"
INT32 = np.iinfo(np.int32)
# What is said of one example, and of several.
_EITHER = re.compile(r"\[([^\[\]|]*)\|([^\[\]|]*)\]")

# The columns of one table by name, in its order.
Columns = Mapping[str, Column]


@dataclass(frozen=True)
class Problem:
    """One thing that does not fit, first met at `line` of `file` (1-based, header included for CSV)."""

    file: str
    line: int | None
    column: str | None
    what: str
    lines: int = 1

    def __str__(self) -> str:
        place = [self.file]
        if self.line is not None:
            place.append(f"ligne {self.line}")
        if self.column is not None:
            place.append(f"colonne {self.column}")
        more = self.lines - 1
        also = f" (et {french.plural(more, 'autre ligne', 'autres lignes')})" if more > 0 else ""
        return f"{', '.join(place)} : {self.what}{also}"


class PortfolioError(ToldError):
    """The portfolio cannot be imported or read; the message says in French why and what to do."""

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)

    @classmethod
    def refused(cls, problems: Sequence[Problem]) -> PortfolioError:
        """Make the error that refuses an import for `problems`."""
        told = gathered(problems)
        listed = "\n".join(f"- {problem}." for problem in told[:SHOWN])
        left = len(told) - SHOWN
        more = f"\n- … et {french.plural(left, 'autre problème', 'autres problèmes')}." if left > 0 else ""
        return cls(
            "Import refusé, le portefeuille en place n’a pas changé. Corrigez les données puis relancez "
            f"l’import :\n{listed}{more}",
            problems,
        )


def gathered(problems: Sequence[Problem]) -> list[Problem]:
    """The same, with one for all columns of lines that are no rows: a total, units, commas alone."""
    lines: dict[tuple[str, int | None, int], list[Problem]] = {}
    for problem in problems:
        lines.setdefault((problem.file, problem.line, problem.lines), []).append(problem)
    whole = {place: _no_row(among) for place, among in lines.items()}
    # A problem of the whole line stands where the first of its columns did.
    told = (whole[problem.file, problem.line, problem.lines] or problem for problem in problems)
    return list(dict.fromkeys(told))


def _no_row(among: Sequence[Problem]) -> Problem | None:
    """What is said instead of all problems of the same lines of a file, where these are no rows."""
    first, number = among[0], next((each for each in among if each.column in _NUMBERS), None)
    if first.line is None or number is None or len(among) < NO_ROW:
        return None
    if first.lines > FEW_LINES and not all(each.what.startswith(_ABSENT) for each in among):
        return None
    what = (
        f"ce n’est sans doute pas une ligne de la table : {len(among)} colonnes n’ont pas de valeur "
        f"qui convienne, dont {number.column} ({number.what}) ; enlevez cette ligne"
    )
    return replace(first, column=None, what=what)


class Problems:
    """What is wrong in one file, gathered by column and kind as its rows go by."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._met: dict[tuple[str | None, str], Problem] = {}
        self._examples: dict[tuple[str | None, str], dict[str, None]] = {}

    def __bool__(self) -> bool:
        return bool(self._met)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._met.values())

    def add(
        self,
        kind: str,
        column: str | None,
        line: int | None,
        lines: int,
        what: str,
        examples: Iterable[str] = (),
    ) -> None:
        """Count `lines` more rows with this problem.

        what: may hold `{}` for the examples met so far, and "[one|several]" for what depends on their number.
        """
        key = (column, kind)
        seen = self._examples.setdefault(key, {})
        for example in examples:
            if len(seen) < EXAMPLES:
                seen[example] = None
        before = self._met.get(key)
        shown = french.join([quoted(example) for example in seen])
        self._met[key] = Problem(
            self.file,
            before.line if before else line,
            column,
            _EITHER.sub(r"\1" if len(seen) == 1 else r"\2", what).replace("{}", shown),
            lines + (before.lines if before else 0),
        )


class Lines:
    """Line numbers, in the file, of the rows of one batch.

    `first` would be the line of row 0 if no line were passed over. Each sequence of `passed` holds lines
    passed over, ascending, numbered as if those of the sequences after it were not there.
    """

    def __init__(self, first: int, *passed: Sequence[int]) -> None:
        self._first = first
        self._passed = passed

    def __getitem__(self, row: int) -> int:
        line = self._first + row
        for passed in self._passed:
            line = beyond(line, passed)
        return line


def beyond(line: int, passed: Sequence[int]) -> int:
    """Number of a line once the lines `passed`, ascending, are counted as well."""
    for each in passed:
        if each > line:
            break
        line += 1
    return line


def _table_of(names: Set[str]) -> str | None:
    """The table that has these very columns."""
    tables = {"application_train": COLUMNS, **{name: table.columns for name, table in TABLES.items()}}
    return next((name for name, columns in tables.items() if columns.keys() == names), None)


def check_header(
    names: Sequence[str], known: Columns, file: str, optional: frozenset[str] = frozenset()
) -> list[Problem]:
    """Say which columns are missing, repeated or unknown; `optional` ones may be missing."""
    counts = Counter(names)
    missing = [name for name in known if name not in counts and name not in optional]
    unknown = [name for name in counts if name not in known]
    repeated = [name for name, count in counts.items() if count > 1 and name in known]
    if missing and (other := _table_of(counts.keys())):
        what = f"les colonnes sont celles de {other} : mettez-y la bonne table"
        return [Problem(file, 1, None, what)]
    if names and known.keys().isdisjoint(names):
        what = (
            f"aucune colonne n’a un nom de cette table, la première s’appelle {_named(names[0])} ; "
            f"enregistrez la table avec les noms de ses colonnes ({next(iter(known))}, …)"
        )
        return [Problem(file, 1, None, what)]
    if index := _of_index(missing, unknown, known):
        return [Problem(file, 1, None, index)]
    problems = []
    for found, one, many in (
        (missing, "il manque la colonne", "il manque les colonnes"),
        (unknown, "colonne inattendue", "colonnes inattendues"),
        (repeated, "colonne présente plusieurs fois", "colonnes présentes plusieurs fois"),
    ):
        if found:
            shown = [name if name in known else _named(name) for name in found[:SHOWN]]
            if found == [""] and names[-1] == "":
                shown = ["sans nom, la dernière (souvent une virgule de trop au bout des lignes, à enlever)"]
            if len(found) > SHOWN:
                shown.append(f"{len(found) - SHOWN} de plus")
            what = f"{many if len(found) > 1 else one} {french.join(shown)}"
            problems.append(Problem(file, 1, None, what))
    return problems


def _of_index(missing: Sequence[str], unknown: Sequence[str], known: Columns) -> str | None:
    """Say that the one column missing may be an index of pandas, or row names of R, which have no name."""
    if len(missing) != 1 or len(unknown) != 1 or known[missing[0]].kind is not Kind.IDENTIFIER:
        return None
    if unknown[0] and not INDEX.fullmatch(unknown[0]) and not ROW.fullmatch(unknown[0]):
        return None
    name, called = missing[0], unknown[0] or "sans nom"
    return (
        f"il manque la colonne {name}, qui est peut-être la colonne {called} (souvent l’index de pandas, ou "
        f"les noms de ligne de R) : si oui, appelez-la {name}, sinon enlevez-la et ajoutez {name}"
    )


def _named(name: str) -> str:
    """An unknown column: pandas writes its index without a name, or with one of its own."""
    if INDEX.fullmatch(name):
        return f"{name} (l’index de pandas, à ne pas enregistrer)"
    if ROW.fullmatch(name):
        return f"{name} (souvent les noms de ligne de R, à ne pas enregistrer)"
    return short(name) or "sans nom (souvent l’index de pandas, à ne pas enregistrer)"


def schema_of(columns: Columns) -> pa.Schema:
    """Schema in which a table of these columns is stored, nullable where a value may be missing."""
    return pa.schema([pa.field(c.name, c.arrow_type, nullable=not c.required) for c in columns.values()])


def conform(table: pa.Table, columns: Columns, lines: Lines, problems: Problems) -> pa.Table:
    """Return `table` in the schema of `columns`, in their order, values that do not fit as missing.

    A column that the table lacks is all missing. Everything that does not fit is added to `problems`; the
    result is only worth keeping when there are none.
    """
    arrays = []
    names = set(table.column_names)
    for column in columns.values():
        if column.name not in names:
            arrays.append(pa.nulls(table.num_rows, column.arrow_type))
            continue
        chunks = table.column(column.name)
        values = chunks.chunk(0) if chunks.num_chunks == 1 else chunks.combine_chunks()
        conforming = _category if column.textual else _number
        arrays.append(conforming(values, column, lines, problems))
    return pa.Table.from_arrays(arrays, schema=schema_of(columns))


def _category(values: pa.Array, column: Column, lines: Lines, problems: Problems) -> pa.Array:
    codes = pa.array(list(column.categories or ()), pa.string())
    values = _plain(values)
    try:
        values = pc.cast(values, pa.string())
    except pa.ArrowException:
        what = f"des textes sont attendus, le fichier contient {_held(values.type)}"
        problems.add("type", column.name, lines[0], len(values), what)
        return pa.nulls(len(values), column.arrow_type)
    positions = pc.index_in(values, value_set=codes, skip_nulls=True)
    if positions.null_count > values.null_count:
        # Spaces around a value, as around a name, are no part of it.
        values = _trimmed(values)
        positions = pc.index_in(values, value_set=codes, skip_nulls=True)
    _report_missing(values, column, lines, problems)
    if positions.null_count > values.null_count:
        unknown = pc.and_(pc.is_null(positions), pc.is_valid(values))
        met = pc.unique(pc.filter(values, unknown)).to_pylist()[:EXAMPLES]
        admitted = [french.quoted(code) for code in codes.to_pylist()]
        listed = ", ".join(admitted)
        if len(admitted) > 12:
            listed = f"{len(admitted)} valeurs{_kindred(met, column.codes)}, voir dictionary.toml"
        what = f"[catégorie inconnue|catégories inconnues] {{}} (admises : {listed}){spoilt(met)}"
        _report(problems, "category", column, unknown, lines, what, met)
    return pa.DictionaryArray.from_arrays(pc.cast(positions, pa.int8()), codes)


def _kindred(met: Sequence[str], codes: Sequence[str]) -> str:
    """The code that one of these texts almost is."""
    small = {code.lower(): code for code in codes}
    for text in met:
        if near := difflib.get_close_matches(short(text).lower(), small, 1, 0.8):
            return f", dont {french.quoted(small[near[0]])}"
    return ""


def _number(values: pa.Array, column: Column, lines: Lines, problems: Problems) -> pa.Array:
    values = _plain(values)
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        values = _trimmed(values)
        if binary(column):
            values = _truths(values)
        readable = pc.match_substring_regex(values, NUMBER)
        unreadable = pc.fill_null(pc.invert(readable), False)
        if pc.any(unreadable).as_py():
            met = pc.filter(values, unreadable)[:EXAMPLES].to_pylist()
            what = "{} [n’est pas un nombre|ne sont pas des nombres]"
            if binary(column):
                what += " ; cette colonne s’écrit 1 pour oui, 0 pour non"
            elif column.name.startswith("DAYS_") and any(_DATE.match(text) for text in met):
                what += (
                    " ; cette colonne compte les jours depuis la demande, avec un signe moins avant elle "
                    "(-30) : mettez ces nombres à la place des dates"
                )
            elif any(LOCAL.fullmatch(text) for text in met):
                what += (
                    " ; un nombre s’écrit en chiffres, un point avant les décimales, rien d’autre (-1234.5)"
                )
            elif any(SPREADSHEET.fullmatch(text) for text in met):
                what += (
                    " ; un tableur écrit cela où une formule a échoué (#REF!) ou une colonne était trop "
                    "étroite (###) : corrigez-y cette case, puis enregistrez à nouveau"
                )
            else:
                what += spoilt(met)
            _report(problems, "number", column, unreadable, lines, what, met)
        _report_missing(values, column, lines, problems)
        values = pc.if_else(readable, values, pa.scalar(None, values.type))
        if column.kind is Kind.IDENTIFIER:
            _report_shortened(values, column, lines, problems)
            _report_fractions(values, column, lines, problems)
        if may_be_grouped(column):
            _report_grouped(values, column, lines, problems)
        numbers = pc.cast(values, pa.float64())
    else:
        try:
            if pa.types.is_boolean(values.type) and not binary(column):
                raise pa.ArrowTypeError
            if pa.types.is_decimal(values.type):
                # As a text says it: Arrow divides, and is off in the last digit.
                values = pc.cast(values, pa.string())
                if column.kind is Kind.IDENTIFIER:
                    _report_fractions(values, column, lines, problems)
            numbers = pc.cast(values, pa.float64(), safe=False)
        except pa.ArrowException:
            what = f"des nombres sont attendus, le fichier contient {_held(values.type)}"
            problems.add("type", column.name, lines[0], len(values), what)
            return pa.nulls(len(values), column.arrow_type)
        if _report_rounded(numbers, values.type, column, lines, problems):
            return pa.nulls(len(values), column.arrow_type)
        nan = pc.fill_null(pc.is_nan(numbers), False)
        if pc.any(nan).as_py():
            numbers = pc.if_else(nan, pa.scalar(None, pa.float64()), numbers)
        _report_missing(numbers, column, lines, problems)
    # As they are written: of long ones a float64 has other digits.
    _report_range(numbers, None if pa.types.is_floating(values.type) else values, column, lines, problems)
    if pa.types.is_integer(column.arrow_type):
        if problems:
            # What has just been reported may not fit the integer type; the table will not be kept.
            return pa.nulls(len(numbers), column.arrow_type)
        return pc.cast(numbers, column.arrow_type)
    return numbers


def _plain(values: pa.Array) -> pa.Array:
    """Values without their dictionary, and bytes as the text that some writers of Parquet mean by them."""
    try:
        if pa.types.is_dictionary(values.type):
            values = _shorter(_plain(values.dictionary)).take(values.indices)
        if pa.types.is_binary(values.type) or pa.types.is_large_binary(values.type):
            return pc.cast(values, pa.string())
    except pa.ArrowException:
        pass
    return values


def _shorter(texts: pa.Array) -> pa.Array:
    """Texts that are cut where no value is so long: each may stand in thousands of rows."""
    if not (pa.types.is_string(texts.type) or pa.types.is_large_string(texts.type)):
        return texts
    long = pc.greater(pc.binary_length(texts), LONGEST_VALUE)
    if not pc.any(long).as_py():
        return texts
    cut = pc.binary_join_element_wise(pc.utf8_slice_codeunits(texts, 0, QUOTED), "…", "")
    return pc.if_else(long, cut, texts)


def _trimmed(texts: pa.Array) -> pa.Array:
    """Texts without the spaces around them, which are no part of a value; missing where that says so."""
    trimmed = pc.utf8_trim(texts, BLANK)
    missing = pc.is_in(trimmed, value_set=pa.array(MISSING, texts.type))
    return pc.if_else(missing, pa.scalar(None, texts.type), trimmed)


def _truths(texts: pa.Array) -> pa.Array:
    """Texts in which what pandas and others write for yes and no (True, false) is 1 and 0."""
    small = pc.utf8_lower(texts)
    for word, digit in (("true", "1"), ("false", "0")):
        texts = pc.if_else(pc.equal(small, word), pa.scalar(digit, texts.type), texts)
    return texts


def binary(column: Column) -> bool:
    """Whether a column only knows 0 and 1."""
    return column.integer and (column.minimum, column.maximum) == (0, 1)


def _held(held: pa.DataType) -> str:
    """What a Parquet column of this type holds, and the type's name."""
    for found, what in (
        (pa.types.is_nested, "des listes ou des structures"),
        (pa.types.is_temporal, "des dates ou des durées"),
        (pa.types.is_boolean, "des oui ou non"),
        (pa.types.is_binary, "des octets"),
        (pa.types.is_large_binary, "des octets"),
    ):
        if found(held):
            return f"{what} ({held})"
    return f"le type {held}"


def _report_missing(values: pa.Array, column: Column, lines: Lines, problems: Problems) -> None:
    if column.required and values.null_count:
        meaning = french.quoted(column.sentinel_label)
        code = "" if column.sentinel is None else f" ; {column.sentinel:.0f} veut dire {meaning}"
        what = f"valeur absente, or elle est obligatoire{code}"
        _report(problems, "missing", column, pc.is_null(values), lines, what)


def _report_shortened(values: pa.Array, column: Column, lines: Lines, problems: Problems) -> None:
    """Report numbers that identify something and may have lost digits: 1.23E+05 may be any of a thousand."""
    powers = pc.match_substring(values, "e", ignore_case=True)
    if not pc.any(powers).as_py():
        return
    lost = [text is not None and _shortened(text) for text in values.to_pylist()]
    if any(lost):
        met = [text for text, each in zip(values.to_pylist(), lost, strict=True) if each]
        what = (
            "{} [est un numéro abrégé|sont des numéros abrégés], dont des chiffres peuvent être perdus ; "
            "[enregistrez-le|enregistrez-les] en entier (dans un tableur : format Nombre, sans décimale)"
        )
        _report(problems, "shortened", column, np.array(lost), lines, what, met)


def may_be_grouped(column: Column) -> bool:
    """Whether small amounts of a column may be large ones whose points part thousands."""
    return column.name in _GROUPED_NAMES and COLUMNS[column.name] is column


def _report_grouped(values: pa.Array, column: Column, lines: Lines, problems: Problems) -> None:
    """Report amounts whose point may part thousands or decimals, where no other amount tells which."""
    either = pc.fill_null(pc.match_substring_regex(values, _GROUPED), False)
    if not pc.any(either).as_py() or pc.any(pc.match_substring_regex(values, _PADDED)).as_py():
        return
    met = pc.filter(values, either)[:EXAMPLES].to_pylist()
    what = (
        "{} [se lit|se lisent] de deux façons, car le point peut séparer les milliers ou les décimales ; "
        "écrivez un nombre sans séparateur de milliers, et sans zéro après ses décimales (450000 ou 450.5)"
    )
    _report(problems, "grouped", column, either, lines, what, met)


def _report_fractions(values: pa.Array, column: Column, lines: Lines, problems: Problems) -> None:
    """Report numbers that identify something and have decimals that a float64 may lose.

    Two numbers would become one in silence.
    """
    broken = pc.fill_null(pc.match_substring_regex(values, _DECIMALS), False).to_numpy(zero_copy_only=False)
    if broken.any():
        whole = pc.cast(values, pa.float64()).to_numpy(zero_copy_only=False)
        # The others are reported as any number that is not whole.
        broken &= whole == np.rint(whole)
    if broken.any():
        met = pc.filter(values, pa.array(broken))[:EXAMPLES].to_pylist()
        _report(problems, "fraction", column, broken, lines, _NOT_WHOLE, met)


def _report_rounded(
    numbers: pa.Array, kind: pa.DataType, column: Column, lines: Lines, problems: Problems
) -> bool:
    """Report numbers from a type that has not so many digits, so that others became them; say if any are.

    Identifiers are one or more off in a float32. In a float16 amounts and shares are off by up to a
    two-thousandth and days by up to sixteen: what is told names the columns, for it is seldom one alone.
    """
    identifies = column.kind is Kind.IDENTIFIER
    half = pa.types.is_float16(kind)
    if not half and not (identifies and pa.types.is_float32(kind)):
        return False
    most = 2**24 if not half else 2**11 if column.integer else 0
    rounded = pc.fill_null(pc.greater(pc.abs(numbers), most), False)
    if not pc.any(rounded).as_py():
        return False
    if identifies:
        met = [_shown(value) for value in pc.filter(numbers, rounded)[:EXAMPLES].to_pylist()]
        how = "[est écrit|sont écrits]"
        what = f"{{}} {how} en {kind}, qui arrondit de tels numéros ; enregistrez-les en int64"
        _report(problems, "rounded", column, rounded, lines, what, met)
        return False
    what = (
        "[la colonne {} est écrite|des colonnes ({}) sont écrites] en float16, qui arrondit les jours à 16 "
        "près et le reste à 0,05 % ; reprenez les valeurs d’origine, et enregistrez-les en float64"
    )
    problems.add("half", None, None, 0, what, [column.name])
    return True


def _shortened(text: str) -> bool:
    found = SHORTENED.fullmatch(text)
    if found is None:
        return False
    decimals, power = len(found[1] or ""), int(found[2][:3])
    # 2e+05 is how R writes 200000, and nothing is lost. More than sixteen digits are out of bounds anyway.
    return decimals < power <= 15 and (decimals > 0 or power > 5)


def _report_range(
    numbers: pa.Array, written: pa.Array | None, column: Column, lines: Lines, problems: Problems
) -> None:
    """Report numbers beyond the bounds of a column, and broken ones; `written`: as the file has them."""
    known = numbers.to_numpy(zero_copy_only=False)

    def met(these: NDArray[np.bool_]) -> list[str]:
        shown = known[these][:EXAMPLES].tolist()
        if written is None or (column.kind is not Kind.IDENTIFIER and np.isfinite(shown).all()):
            return [_shown(value) for value in shown]
        # Of long identifiers a float64 has other digits, of 1e400 none.
        return [str(value) for value in pc.filter(written, pa.array(these))[:EXAMPLES].to_pylist()]

    with np.errstate(invalid="ignore"):
        outside = np.isinf(known)
        if column.minimum is not None:
            outside |= known < column.minimum
        if column.maximum is not None:
            outside |= known > column.maximum
        if column.integer and column.arrow_type == pa.int32():
            outside |= (known < INT32.min) | (known > INT32.max)
        if column.sentinel is not None:
            outside &= known != column.sentinel
        if outside.any():
            what = f"{{}} [est|sont] hors des bornes admises{_bounds(column)}"
            _report(problems, "range", column, outside, lines, what, met(outside))
        if column.integer:
            broken = np.isfinite(known) & (known != np.rint(known))
            if broken.any():
                _report(problems, "whole", column, broken, lines, _NOT_WHOLE, met(broken))


def _shown(value: float) -> str:
    """The number as a spreadsheet has it: no rounding, no grouping."""
    # What has so many digits is no matter of powers of ten: an identifier may.
    whole = float(value).is_integer() and abs(value) < 1e22
    return f"{value:.0f}" if whole else f"{value:.15g}".replace(".", ",")


def _bounds(column: Column) -> str:
    # A column has both ends or none.
    if column.minimum is None or column.maximum is None:
        return ""
    sentinel = "" if column.sentinel is None else f", ou {column.sentinel:.0f}"
    return f" (de {_shown(column.minimum)} à {_shown(column.maximum)}{sentinel})"


def _report(
    problems: Problems,
    kind: str,
    column: Column,
    mask: pa.Array | np.ndarray,
    lines: Lines,
    what: str,
    examples: Sequence[str] = (),
) -> None:
    """Add the rows where `mask` is true."""
    if not isinstance(mask, np.ndarray):
        mask = mask.to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(mask)
    problems.add(kind, column.name, lines[int(rows[0])], rows.size, what, examples)
