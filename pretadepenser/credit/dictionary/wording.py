"""Reasons as French sentences: the client's value, how it compares with other clients, and its effect.

Each kind of figure has its own template; the words of each column come from the dictionary, so that number,
gender and elision agree. Nothing here knows the model: the caller gives the rank, the share and the points.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from pretadepenser import french
from pretadepenser.credit.dictionary import (
    BUILDING_GROUP,
    CAR_GROUP,
    CONTACT_GROUP,
    CREDIT_GROUP,
    DERIVED,
    DOCUMENTS_GROUP,
    EXTERNAL_GROUP,
    INQUIRIES_GROUP,
    OUTCOME,
    Column,
    Kind,
    WithoutObject,
    describe,
    in_group,
)
from pretadepenser.french import NO_BREAK, Person

Value = float | int | str | None

# Comparisons of a larger and a smaller value. The days that Kaggle writes as negative numbers are turned
# round first: a person thinks of a longer time, not of a smaller number.
_MORE_LESS: Final[Mapping[Kind, tuple[str, str]]] = {
    Kind.AMOUNT: ("c’est plus que chez", "c’est moins que chez"),
    Kind.DURATION: ("c’est plus long que chez", "c’est plus court que chez"),
    Kind.ELAPSED: ("c’est plus ancien que chez", "c’est plus récent que chez"),
    Kind.AGE: ("il est plus âgé que", "il est plus jeune que"),
    Kind.YEARS: ("c’est plus que chez", "c’est moins que chez"),
    Kind.COUNT: ("c’est plus que chez", "c’est moins que chez"),
    Kind.RATIO: ("c’est plus que chez", "c’est moins que chez"),
    Kind.SHARE: ("c’est plus que chez", "c’est moins que chez"),
    Kind.EXTERNAL_SCORE: ("c’est plus haut que chez", "c’est plus bas que chez"),
    Kind.NORMALISED: ("c’est plus que chez", "c’est moins que chez"),
}
# An adjective would have to agree with a person whose sex is not known here.
_YOUR_AGE: Final = ("c’est plus que l’âge de", "c’est moins que l’âge de")
# Kinds in which so many clients have the same value that a rank alone says nothing true about more or less.
_MANY_EQUAL: Final = frozenset({Kind.COUNT})
# From this share on, "it is so for 40 % of clients" says more than a comparison.
_COMMON: Final = 0.25
# Within this distance of the middle on both sides, a client is said to be in the middle.
_MIDDLE: Final = 0.03


def is_absent(value: Value) -> bool:
    """Say whether a raw value is missing: None or NaN."""
    return value is None or value != value


def value_text(column: Column, value: Value) -> str:
    """Write a raw value (Kaggle's coding) for people, as a table cell or inside a sentence.

    Missing gives "donnée absente" and 365243 days of employment "sans emploi en cours". Raises ValueError
    for a category that the dictionary does not know or a number where the column holds text.
    """
    if value is None or value != value:
        return french.ABSENT
    if column.categories is not None:
        return column.categories[_category(column, value)]
    if isinstance(value, str):
        raise ValueError(f"{column.name}: {value!r} is text, a number is expected")
    if column.sentinel is not None and value == column.sentinel:
        return column.sentinel_label
    return _number_text(column, float(value))


def text_in(column: Column, row: Mapping[str, Value]) -> str:
    """Write a column's value in a client's row as `value_text` does; say where it has no object."""
    # Asked of few columns only: a page writes a hundred and fifty values.
    if column.not_applicable and (without := column.without_object(row)):
        return without.label
    return value_text(column, row[column.name])


def _number_text(column: Column, value: float) -> str:
    """Write a known number of a column in the manner of its kind."""
    return _WRITTEN[column.kind](column, value)


def _elapsed(_: Column, value: float) -> str:
    if abs(value) < 1:
        return "le jour de la demande"
    return f"{french.duration(value)} {'avant' if value < 0 else 'après'} la demande"


def _month(_: Column, value: float) -> str:
    if not value:
        return "le mois de la demande"
    return f"{french.months(value)} {'avant' if value < 0 else 'après'} la demande"


def _counted(column: Column, value: float) -> str:
    many = column.unit if column.unit.endswith("s") else None
    return french.plural(round(value, 1), column.unit, many)


def _normalised(column: Column, value: float) -> str:
    if 0 < value < 0.1:
        return f"{french.number(value, 3 if value >= 0.01 else 4)}{NO_BREAK}sur{NO_BREAK}1"
    return _score(column, value)


def _score(_: Column, value: float) -> str:
    return f"{french.number(value, 2) if value else 0}{NO_BREAK}sur{NO_BREAK}1"


def _identifier(_: Column, value: float) -> str:
    return str(round(value))  # no thousands separator


def _share_text(share: float) -> str:
    """Write a share with about two significant figures: 113 %, 18 %, 4,9 %, 0,03 %."""
    if 0 < share < 0.0001:
        return f"moins de {french.percent(0.0001, 2)}"
    decimals = 0 if share >= 0.0995 else 1 if share >= 0.00995 else 2
    return f"{french.compact(share * 100, decimals)}{french.NO_BREAK}%"


# Of numbers: flags and categories are written as their labels.
_WRITTEN: Final[Mapping[Kind, Callable[[Column, float], str]]] = {
    **dict.fromkeys(Kind, _identifier),
    Kind.AMOUNT: lambda _, value: french.some(value),
    Kind.DURATION: lambda _, value: french.duration(value) if abs(value) >= 1 else "moins d’un jour",
    Kind.ELAPSED: _elapsed,
    Kind.MONTH: _month,
    Kind.AGE: lambda _, value: french.age(value),
    Kind.YEARS: lambda _, value: french.plural(round(value), "an") if value >= 1 else "moins d’un an",
    Kind.COUNT: _counted,
    Kind.RATIO: _counted,
    Kind.SHARE: lambda _, value: _share_text(value),
    Kind.NORMALISED: _normalised,
    Kind.EXTERNAL_SCORE: _score,
    Kind.RATING: lambda _, value: f"{french.number(value)}{NO_BREAK}sur{NO_BREAK}3",
    Kind.HOUR: lambda _, value: french.plural(value, "heure"),
}


def _category(column: Column, value: float | str) -> str:
    """Code of a category in the dictionary, from its published name or from an integer flag."""
    code = value if isinstance(value, str) else str(round(value))
    if column.categories is None or code not in column.categories:
        raise ValueError(f"{column.name}: unknown category {value!r}")
    return code


def reason(column: Column, value: Value, rank: float | None, share: float | None, points: int) -> str:
    """Say one reason in full: value, comparison with other clients, effect on the score.

    `value` is raw (Kaggle's coding, categories as text, missing as None or NaN). `rank` (0..1) is the share
    of clients with a known value strictly below plus half of the equal ones, in the raw coding. `share`
    (0..1) is the share of clients with exactly this value, or whose value is missing too; counts are
    compared only if it is given, since many clients are equal there. Either may be None: nothing is said
    then. `points` is the signed effect in whole points. Raises ValueError as value_text does.
    """
    if is_absent(value) or value is None:
        return f"{_absence(column)}.{_also(share)} {effect(points)}"
    return f"{statement(column, value)}{_comparison(column, value, rank, share)}. {effect(points)}"


def reason_without_object(column: Column, why: WithoutObject, points: int) -> str:
    """Say a reason of what has no object in this file: nothing lacks, and who is alike is not counted."""
    return f"{without_object(column, why)}. {effect(points)}"


def without_object(column: Column, why: WithoutObject) -> str:
    """Say that a figure has no object, and why: "L’âge de la voiture est sans objet (pas de voiture)"."""
    verb = "sont" if column.many else "est"
    return f"{french.capital(column.definite)} {verb} {why.label}"


def _also(share: float | None) -> str:
    """Compare an absence with the other clients, as a sentence of its own."""
    return f" C’est aussi le cas de {portion(share)}." if share else ""


def _colon(said: str) -> str:
    """Join a comparison to the statement before it; nothing stays nothing."""
    return f"{french.NO_BREAK}: {said}" if said else ""


def statement(column: Column, value: float | int | str) -> str:
    """Say the value in a sentence without its full stop: "Le montant du crédit demandé est de 5 000 €"."""
    text = value_text(column, value)
    if column.categories is not None:
        code = _category(column, value)
        if code in column.sentences:
            return column.sentences[code]
        return column.says.format(text[:1].lower() + text[1:])
    if isinstance(value, str):
        raise ValueError(f"{column.name}: {value!r} is text, a number is expected")
    if column.sentinel is not None and value == column.sentinel:
        return column.sentinel_says
    if column.says_zero and value == 0:
        return column.says_zero
    if column.kind is Kind.HOUR:
        text = _hour(round(value))
    if column.says:
        return column.says.format(text)
    subject = french.capital(column.definite)
    verb = "sont" if column.many else "est"
    if column.kind is Kind.IDENTIFIER:
        return f"{subject} {verb} {text}"
    if column.kind is Kind.NORMALISED:
        text = text.replace(f"sur{NO_BREAK}1", "sur une échelle de 0 à 1")
    return f"{subject} {verb} de {_least(text, value)}"


def _least(text: str, value: float) -> str:
    """Say a small number that is not nothing: "moins de 0,01 sur 1"."""
    return f"moins de 0,01{text.removeprefix('0,00')}" if text.startswith("0,00") and value > 0 else text


def _hour(hour: int) -> str:
    if hour in (0, 12):
        return "vers midi" if hour else "vers minuit"
    return f"vers {french.plural(hour, 'heure')}"


def _absence(column: Column) -> str:
    """Explain that a value is missing, without full stop."""
    if column.kind in (Kind.FLAG, Kind.TARGET):
        # The meaning of a flag reads "Indique si le client possède une voiture."
        told = f"le dossier ne dit pas {column.meaning.removeprefix('Indique ').rstrip('.')}"
    else:
        thing = column.definite
        # Part and whole may both be given, and the whole be nothing: a card elsewhere with a limit of zero.
        if column.name in DERIVED or (column.table and column.kind is Kind.SHARE):
            told = f"{thing} ne peut pas être {french.agree('calculé', column.gender, False)}"
        else:
            told = f"le dossier ne donne pas {thing}"
    return f"{french.capital(french.ABSENT)}{french.NO_BREAK}: {told}"


def _comparison(column: Column, value: float | str, rank: float | None, share: float | None) -> str:
    """Compare with other clients, from the colon on; empty where nothing true can be said."""
    alone = (
        column.categories is not None or column.kind in (Kind.HOUR, Kind.RATING) or value == column.sentinel
    )
    if alone:
        return _colon(so_for(share)) if share is not None else ""
    return _colon(_placed(column, rank, share))


def _placed(column: Column, rank: float | None, share: float | None) -> str:
    """Place a value among all clients by its rank; empty where that says nothing true."""
    if column.kind not in _MORE_LESS or rank is None or (share is None and column.kind in _MANY_EQUAL):
        return ""
    equal = share or 0.0
    if equal >= _COMMON:
        return so_for(equal, column.among)
    less, more = max(rank - equal / 2, 0.0), max(1 - rank - equal / 2, 0.0)
    if column.minimum is not None and column.minimum < 0:
        less, more = more, less
    if abs(less - more) <= 2 * _MIDDLE:
        return f"c’est à peu près au milieu {column.among}"
    return more_or_less(column, less, more, column.among)


def so_for(share: float, among: str = "des clients") -> str:
    """Say of which share (0..1) of clients the same is true: "c’est le cas de 12 % des clients"."""
    return f"c’est le cas de {portion(share, among)}" if share else f"ce n’est le cas d’aucun {among}"


def like(share: float, among: str = "des clients") -> str:
    """Say with which share (0..1) of clients something is shared: "comme pour 12 % des clients"."""
    return f"comme pour {portion(share, among)}" if share else f"comme pour aucun {among}"


def more_or_less(column: Column, less: float, more: float, among: str) -> str:
    """Say that a value is larger than that of many clients, or smaller, whichever is true of more of them.

    less, more: shares (0..1) of clients whose value is smaller and larger, of a time shorter and longer.
    Raises KeyError for a kind that is neither more nor less.
    """
    yours = column.kind is Kind.AGE and column.person is Person.YOU
    larger, smaller = _YOUR_AGE if yours else _MORE_LESS[column.kind]
    return f"{larger} {portion(less, among)}" if less >= more else f"{smaller} {portion(more, among)}"


def portion(share: float, among: str = "des clients", decimals: int = 0) -> str:
    """Write a share of clients: "66 % des clients", "presque tous les clients notés", "0 % des clients"."""
    if share == 1:
        return f"tous les {among.removeprefix('des ')}"
    if share == 0:
        return f"{french.percent(0)} {among}"
    if share >= 0.995:
        return f"presque tous les {among.removeprefix('des ')}"
    if share < 0.005:
        return f"moins de {french.percent(0.01)} {among}"
    return f"{french.percent(share, decimals)} {among}"


def probability(share: float, limit: float | None = None) -> str:
    """Write a probability, 0..1, with two significant digits: "88 %", "4,9 %", "0,09 %".

    More is not known. Digits are added only where these would put it on the limit itself, or on its other
    side: "47,9 %", "48,1 %". Neither never nor certainly is ever said.
    """
    if share < 0.00005:
        return f"moins de {french.percent(0.0001, 2)}"
    first = 0 if share >= 0.0995 else 1 if share >= 0.00995 else 2
    for decimals in range(first, 9):
        written = round(share, decimals + 2)
        if limit is None or share == limit or (written != limit and (written > limit) == (share > limit)):
            return f"plus de {french.percent(0.99)}" if written == 1 else french.percent(share, decimals)
    return french.compact_percent(share, 12)


def difficulties(rate: float, person: Person = Person.CLIENT, outcome: str = OUTCOME) -> str:
    """Say a default rate, 0..1, as counts among 100 people; clients are told of those who repaid too.

    outcome: what a default is in the data, after "ont". Neither none nor all is ever said: no count of past
    clients can promise that.
    """
    many = round(100 * rate)
    if many < 1:
        had, others = "moins d’[un|une] a", "plus de 99"
    elif many > 99:
        had, others = "presque [tous|toutes] ont", ""
    else:
        had, others = f"environ {_having(many)}", "une" if many == 99 else str(100 - many)
    among = "[Sur 100 clients au score comparable|Parmi 100 personnes au score comparable au vôtre]"
    also = f", et {others} non" if others and person is Person.YOU else ""
    return french.addressed(f"{among}, {had} {outcome}{also}.", person)


def _having(many: int) -> str:
    return "[1|une] a" if many == 1 else f"{many} ont"


def effect(points: int) -> str:
    """Say the effect on the score as a sentence: "Cela retire 14 points au score."."""
    if points == 0:
        return "Cela change le score de moins d’un point."
    verb = "ajoute" if points > 0 else "retire"
    return f"Cela {verb} {french.plural(abs(points), 'point')} au score."


def group_text(group: str, row: Mapping[str, Value]) -> str:
    """Write the value of a group as a table cell: what stands for its figures, "" for thin columns."""
    if group == EXTERNAL_GROUP:
        mean = row["EXT_SOURCE_MEAN"]
        text = value_text(describe("EXT_SOURCE_MEAN"), mean)
        return text if is_absent(mean) else f"{text} en moyenne"
    if group == CREDIT_GROUP:
        credit = value_text(describe("AMT_CREDIT"), row["AMT_CREDIT"])
        annuity = row["AMT_ANNUITY"]
        monthly = f", {value_text(describe('AMT_ANNUITY'), annuity)} par mois"
        return credit if is_absent(annuity) else credit + monthly
    if group == CAR_GROUP:
        owned = text_in(describe("FLAG_OWN_CAR"), row)
        age = row["OWN_CAR_AGE"]
        return owned if is_absent(age) else f"{owned}, {value_text(describe('OWN_CAR_AGE'), age)}"
    return ""


def credit_reason(
    row: Mapping[str, Value], column: Column, rank: float | None, share: float | None, points: int
) -> str:
    """Say the joint effect of the credit's size and duration: one figure compared, the amounts, the effect.

    `column` is the figure that counts most, `rank` and `share` place it as in `reason`.
    """
    value = row[column.name]
    if is_absent(value) or value is None:
        told = f"{_absence(column)}.{_also(share)}"
    else:
        told = f"{statement(column, value)}{_comparison(column, value, rank, share)}."
    amounts = [
        (describe(name, column.person), one)
        for name in ("AMT_CREDIT", "AMT_ANNUITY", "AMT_GOODS_PRICE")
        if name != column.name and not is_absent(one := row[name])
    ]
    verbs = ("est de", *["de"] * len(amounts))
    listed = french.join(
        [
            f"{one.definite} {verb} {value_text(one, amount)}"
            for (one, amount), verb in zip(amounts, verbs, strict=False)
        ]
    )
    more = f" {french.capital(listed)}." if amounts else ""
    return f"{told}{more} {effect(points)}"


def group_reason(
    group: str,
    row: Mapping[str, Value],
    points: int,
    share: float | None = None,
    person: Person = Person.CLIENT,
) -> str:
    """Say the joint effect of a group of thin columns (dictionary.GROUPS) as a reason does.

    `row` holds the raw values of the group's columns (an absent key is a missing value). `share` (0..1), if
    given, is the share of clients of whom the same sentence is true. Raises KeyError for an unknown group,
    and for those that a figure of theirs tells: external scores, credit, car.
    """
    columns = in_group(group)
    known = {c.name: value for c in columns if not is_absent(value := row.get(c.name))}
    told = french.addressed(_GROUP_STATEMENTS[group](known, len(columns)), person)
    if not known:
        return f"{told}.{_also(share)} {effect(points)}"
    same = _colon(so_for(share)) if share is not None else ""
    return f"{told}{same}. {effect(points)}"


_BUREAUX: Final[Mapping[Person, Sequence[str]]] = {
    Person.CLIENT: tuple(f"organisme numéro{NO_BREAK}{number}" for number in (1, 2, 3)),
    Person.YOU: ("premier organisme", "deuxième organisme", "troisième organisme"),
}


def external_reason(
    row: Mapping[str, Value],
    rank: float | None,
    share: float | None,
    points: int,
    person: Person = Person.CLIENT,
    bureaux: Sequence[str] = (),
) -> str:
    """Say the joint effect of the external scores and of their mean: the mean, its comparison, each score.

    `rank` and `share` place the mean as in `reason`. `bureaux` are the names of the three bodies that give
    the scores; without them they are numbered.
    """
    names = bureaux or _BUREAUX[person]
    known = [
        (name, float(value))
        for name, column in zip(names, in_group(EXTERNAL_GROUP), strict=True)
        if (value := row.get(column.name)) is not None and not is_absent(value)
    ]
    if not known:
        told = f"{french.capital(french.ABSENT)}{NO_BREAK}: le dossier ne contient aucune note extérieure"
        return f"{told}.{_also(share)} {effect(points)}"
    mean = describe("EXT_SOURCE_MEAN", person)
    value = sum(score for _, score in known) / len(known)
    compared = _comparison(mean, value, rank, share)
    if len(known) == 1:
        told = (
            f"La seule note extérieure connue ({known[0][0]}) est de {_least(value_text(mean, value), value)}"
        )
        return f"{told}{compared}. {effect(points)}"
    scores = french.join([f"{french.number(score, 2)} ({name})" for name, score in known])
    return f"{statement(mean, value)}{compared}. Elle réunit {scores}. {effect(points)}"


Known = Mapping[str, Value]


def _building(known: Known, total: int) -> str:
    if not known:
        return (
            f"{french.capital(french.ABSENT)}{french.NO_BREAK}: le dossier ne décrit pas l’immeuble "
            "[du client|où vous vivez]"
        )
    many = french.plural(len(known), "donnée")
    return f"Le dossier décrit l’immeuble [du client|où vous vivez] par {many} sur {total}"


def _documents(known: Known, total: int) -> str:
    given = sum(value == 1 for value in known.values())
    if not given:
        return "[Le client n’a|Vous n’avez] fourni aucun document de la liste"
    return f"[Le client a|Vous avez] fourni {french.plural(given, 'document')} sur les {total} de la liste"


def _contact(known: Known, total: int) -> str:
    # Being reachable is no means that the client gave: it shows in the group's detail.
    means = {name: value for name, value in known.items() if name != "FLAG_CONT_MOBILE"}
    given = sum(value == 1 for value in means.values())
    if not given:
        return "[Le client n’a|Vous n’avez] donné aucun moyen de contact"
    text = french.plural(given, "moyen de contact", "moyens de contact")
    return f"[Le client a|Vous avez] donné {text} sur {total - 1}"


def _inquiries(known: Known, _: int) -> str:
    if not known:
        absent = f"{french.capital(french.ABSENT)}{french.NO_BREAK}"
        return f"{absent}: le dossier ne dit pas si le fichier des crédits a été consulté"
    # The six periods do not overlap, so that they add up to the year before the application.
    times = sum(int(value) for value in known.values() if value is not None)
    if not times:
        return "Le fichier des crédits n’a pas été consulté dans l’année avant la demande"
    return f"Le fichier des crédits a été consulté {times}{french.NO_BREAK}fois dans l’année avant la demande"


_GROUP_STATEMENTS: Final[Mapping[str, Callable[[Known, int], str]]] = {
    BUILDING_GROUP: _building,
    DOCUMENTS_GROUP: _documents,
    CONTACT_GROUP: _contact,
    INQUIRIES_GROUP: _inquiries,
}
