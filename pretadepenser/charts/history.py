"""A client's credit history: lists of credits and requests, and what is known month by month."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pretadepenser import french, money
from pretadepenser.charts import amounts, drawing
from pretadepenser.charts.chart import NOTHING, Cell, Chart, Column, Drawing, Table, Width
from pretadepenser.credit.history import months
from pretadepenser.credit.history.months import TOLD, CardMonth, Lateness, PaymentMonth
from pretadepenser.credit.history.told import Credit, History, Request, when

# Rows of a list that are shown at once; the others are folded.
SHOWN: Final = 10
# What a month says of which nothing is known, or in which nothing was to be paid.
NO_STATEMENT: Final = "aucun relevé"
UNKNOWN: Final = french.ABSENT
BEFORE: Final = "(jours avant la demande)"
Line = tuple[tuple[str, ...], tuple[Cell, ...]]


@dataclass(frozen=True)
class Listing:
    """A list in the order of its rows: the whole, for the CSV, and its two parts, the second folded."""

    key: str
    short: str
    whole: Table
    first: Table
    rest: Table | None


def _listing(
    key: str,
    short: str,
    caption: str,
    columns: tuple[Column, ...],
    lines: Sequence[Line],
    *,
    gender: str = "m",
) -> Listing:
    """gender: of what is listed."""

    def table(head: str, part: Sequence[Line]) -> Table:
        return Table(head, columns, tuple(text for text, _ in part), tuple(raw for _, raw in part))

    if len(lines) <= SHOWN:
        whole = table(caption, lines)
        return Listing(key, short, whole, whole, None)
    others = len(lines) - SHOWN
    firsts = {"m": "premiers", "f": "premières"}[gender]
    following = f"les {others} {french.agree('suivant', gender, True)}"
    if others == 1:
        following = french.the(french.agree("suivant", gender), gender)
    first = table(f"{caption} : les {SHOWN} {firsts} sur {len(lines)}", lines[:SHOWN])
    rest = table(f"{caption} : {following}", lines[SHOWN:])
    return Listing(key, short, table(caption, lines), first, rest)


def owed(told: History) -> Listing | None:
    """Credits elsewhere that are not over, the most recent first; None where there is none."""
    if not told.open:
        return None
    columns = (
        Column("Sorte de crédit"),
        Column("Ouverture", csv=f"Ouverture {BEFORE}"),
        Column("Fin prévue", csv="Fin prévue (jours après la demande)"),
        amounts.column("Montant", others=True),
        amounts.column("Reste à rembourser", others=True),
        amounts.column("En retard", others=True),
        Column("Jours de retard", True),
    )
    caption = "Crédits non terminés dans d’autres établissements, au jour de la demande"
    return _listing("en-cours", "crédits non terminés", caption, columns, [_owed(one) for one in told.open])


def _owed(credit: Credit) -> Line:
    late = credit.days_late
    amounts_of = (credit.amount, credit.remaining, credit.arrears)
    ends = "sans fin fixée" if credit.endless else UNKNOWN if credit.ends is None else when(-credit.ends)
    return (
        (
            credit.named,
            when(credit.opened),
            ends,
            *(credit.written(value) for value in amounts_of),
            UNKNOWN if late is None else french.number(late),
        ),
        (
            credit.named,
            credit.opened,
            credit.ends,
            *(_shown(credit, value) for value in amounts_of),
            late,
        ),
    )


def closed(told: History) -> Listing | None:
    """Credits elsewhere that are over, the most recent first; None where there is none."""
    if not told.closed:
        return None
    columns = (
        Column("Sorte de crédit"),
        Column("Ouverture", csv=f"Ouverture {BEFORE}"),
        Column("Fin", csv=f"Fin {BEFORE}"),
        amounts.column("Montant", others=True),
        amounts.column("Plus fort retard", others=True),
    )
    caption = "Crédits terminés dans d’autres établissements"
    return _listing("termines", "crédits terminés", caption, columns, [_closed(one) for one in told.closed])


def _closed(credit: Credit) -> Line:
    ended = UNKNOWN if credit.ended is None else when(credit.ended)
    amounts_of = (credit.amount, credit.worst)
    return (
        (credit.kind, when(credit.opened), ended, *(credit.written(value) for value in amounts_of)),
        (credit.kind, credit.opened, credit.ended, *(_shown(credit, value) for value in amounts_of)),
    )


def requests(told: History) -> Listing | None:
    """Earlier applications with us, the most recent first; None where there is none."""
    if not told.requests:
        return None
    columns = (
        Column("Crédit demandé"),
        Column("Quand", csv=f"Réponse donnée {BEFORE}"),
        amounts.column("Demandé"),
        amounts.column("Accordé"),
        Column("Réponse"),
        Column("Motif du refus"),
    )
    return _listing(
        "demandes",
        "demandes précédentes",
        "Demandes de crédit faites chez nous avant celle-ci",
        columns,
        [_request(one) for one in told.requests],
        gender="f",
    )


def _request(one: Request) -> Line:
    answer = french.capital(one.answer.value[1])
    given = one.answer.given
    granted = _amount(one.granted) if given else NOTHING
    used = money.in_use()
    return (
        (
            one.kind,
            when(one.decided),
            _amount(one.asked),
            granted,
            answer,
            one.reason or NOTHING,
        ),
        (
            one.kind,
            one.decided,
            None if one.asked is None else used.shown(one.asked),
            None if one.granted is None else used.shown(one.granted),
            answer,
            one.reason,
        ),
    )


def _shown(credit: Credit, value: float | None) -> Cell:
    if value is None:
        return None
    return f"{value:.0f} ({credit.currency.lower()})" if credit.currency else money.in_use().shown(value)


@dataclass(frozen=True)
class Panel:
    """Upright bars, one a month from the oldest on; None where nothing is known.

    marked: bars that are hatched as well as higher; ticks: heights and what stands beside them; line: a
    height that is drawn across.
    """

    name: str
    bars: tuple[float | None, ...]
    marked: tuple[bool, ...]
    ticks: tuple[tuple[float, str], ...]
    top: float
    line: float | None = None


@dataclass(frozen=True)
class MonthsDrawing(Drawing):
    """One panel of months under the other, on the same months."""

    look: ClassVar[str] = "barres, une par mois"

    panels: tuple[Panel, ...]

    @property
    def heights(self) -> tuple[int, int]:
        high = PANEL * len(self.panels) + AXIS
        return high, high

    def draw(self, width: Width) -> Figure:
        wide = width == "large"
        high = self.height(width)
        left, right = (96, 12) if wide else (74, 6)
        fig = drawing.figure(width, high)
        for index, panel in enumerate(self.panels):
            above = index * PANEL
            ax = drawing.axes(fig, left, right, above + 34, high - above - PANEL)
            self._panel(ax, panel, wide=wide)
            ax.annotate(
                panel.name, (0, 1), (2 - left, 8), xycoords="axes fraction", textcoords="offset points",
                ha="left", va="bottom", fontsize=14 if wide else 13, fontweight="bold",
                color=drawing.color("ink"), annotation_clip=False,
            )  # fmt: skip
            last = index == len(self.panels) - 1
            names = [f"il y a {name}" for name in _AGO] if wide else _AGO
            ax.set_xticks([TOLD - 12 * years for years in (3, 2, 1)], names if last else [""] * 3)
        ax.set_xlabel("mois avant la demande, le plus récent à droite" if wide else "avant la demande")
        ax.xaxis.label.set(color=drawing.color("ink"), gid=f"{drawing.GRADUATION}x", fontsize=13)
        return fig

    def _panel(self, ax: Axes, panel: Panel, *, wide: bool) -> None:
        ax.set_xlim(0, TOLD)
        ax.set_ylim(0, panel.top)
        for index, (height, marked) in enumerate(zip(panel.bars, panel.marked, strict=True)):
            if height is None:
                continue
            ax.bar(
                index + 0.5, height, width=0.76, linewidth=1.2 if wide else 0.6,
                edgecolor=drawing.color("against" if marked else "for"),
                facecolor=drawing.color(_fill(marked, wide)), hatch="///" if marked and wide else "",
            )  # fmt: skip
        if panel.line is not None:
            ax.axhline(panel.line, color=drawing.color("ink"), linewidth=1.5, linestyle="--")
        ax.set_yticks([at for at, _ in panel.ticks], [text for _, text in panel.ticks])


def _fill(marked: bool, wide: bool) -> str:
    """What fills a bar: narrow ones have no room for hatching, and are full where they are marked."""
    return ("against-wash" if wide else "against") if marked else "for-wash"


# Pixels of a panel with its name, and of the axis under the last one.
PANEL: Final = 170
AXIS: Final = 56
# Height of a month without delay, so that it differs from one of which nothing is known.
ON_TIME: Final = 0.45
_AGO: Final = ("3 ans", "2 ans", "1 an")
_STEPS: Final = ("à temps", "1-30 j", "31-60 j", "61-90 j", "91-120 j", "> 120 j")


def payments(told: History) -> Chart | None:
    """How late payments were, month by month, elsewhere and with us; None where no month is known."""
    places = [
        (name, found) for name, found in (("Ailleurs", told.elsewhere), ("Chez nous", told.ours)) if found
    ]
    if not places:
        return None
    columns = [Column("Mois", csv="Mois avant la demande")]
    for name, _ in places:
        where = name[:1].lower() + name[1:]
        columns += [Column(f"Crédits suivis {where}", True), Column(f"Retard {where}")]
    by_month = [{month.ago: month for month in found} for _, found in places]
    oldest = max(max(found) for found in by_month)
    lines = [_payments_row(ago, [found.get(ago) for found in by_month]) for ago in range(1, oldest + 1)]
    table = Table(
        "Retards de paiement, mois par mois",
        tuple(columns),
        tuple(text for text, _ in lines),
        tuple(values for _, values in lines),
    )
    return Chart(
        "paiements",
        "Les retards de paiement sur quatre ans",
        "paiements",
        payments_sentence(told),
        table,
        MonthsDrawing(tuple(_lateness(name, found) for name, found in places)),
    )


def _payments_row(ago: int, found: Sequence[PaymentMonth | None]) -> Line:
    texts, values = [_month(ago)], list[Cell]([ago])
    for month in found:
        texts += [french.number(month.credits), month.words] if month else [NO_STATEMENT] * 2
        values += [month.credits, month.words] if month else [None, NO_STATEMENT]
    return tuple(texts), tuple(values)


def payments_sentence(told: History) -> str:
    """How regular payments were elsewhere, then with us; each absence has its own words."""
    parts = [
        _place("Ailleurs", told.elsewhere, "le suivi mensuel des crédits n’est pas importé"),
        _place("Chez nous", told.ours, "le suivi des paiements n’est pas importé"),
    ]
    return french.typeset(" ".join(parts))


def _place(name: str, found: Sequence[PaymentMonth] | None, absent: str) -> str:
    if found is None:
        return f"{name}, {absent}."
    return f"{name}, {months.said(found) or 'aucun paiement suivi en quatre ans'}."


def _lateness(name: str, found: Sequence[PaymentMonth]) -> Panel:
    by_month = {month.ago: month.late for month in found}
    late = [by_month.get(TOLD - index) for index in range(TOLD)]
    return Panel(
        name,
        tuple(None if one is None else one + ON_TIME for one in late),
        tuple(bool(one) for one in late),
        tuple((step + ON_TIME, text) for step, text in enumerate(_STEPS)),
        Lateness.MORE + 2 * ON_TIME,
    )


def card(told: History) -> Chart | None:
    """What share of its limit the card was used to, and the cash drawn, by month; None without a month."""
    if not told.card:
        return None
    by_month = {month.ago: month for month in told.card}
    rows = [_card_row(ago, by_month.get(ago)) for ago in range(1, max(by_month) + 1)]
    table = Table(
        "Usage de la carte de crédit chez nous, mois par mois",
        (
            Column("Mois", csv="Mois avant la demande"),
            amounts.column("Somme due"),
            amounts.column("Plafond"),
            Column("Part utilisée", True),
            amounts.column("Retraits d’espèces"),
        ),
        tuple(text for text, _ in rows),
        tuple(values for _, values in rows),
    )
    return Chart(
        "carte",
        "La part du plafond utilisée et les retraits sur quatre ans",
        "carte de crédit",
        card_sentence(told),
        table,
        MonthsDrawing((_use(by_month), _withdrawals(by_month))),
    )


def _card_row(ago: int, month: CardMonth | None) -> Line:
    if month is None:
        return (_month(ago), *[NO_STATEMENT] * 4), (ago, *[None] * 4)
    used = money.in_use()
    amounts_of = (month.balance, month.limit, month.cash)
    balance, limit, cash = map(_amount, amounts_of)
    shown = [None if one is None else used.shown(one) for one in amounts_of]
    share = UNKNOWN if month.limit is None or (month.limit > 0 and month.balance is None) else "sans plafond"
    if month.share is not None:
        share = french.part(month.share)
    return (
        (_month(ago), balance, limit, share, cash),
        (ago, *shown[:2], month.share, shown[2]),
    )


def _amount(value: float | None) -> str:
    return UNKNOWN if value is None else french.some(value)


def card_sentence(told: History) -> str:
    """How the card is used, in full sentences; the two absences each have their own."""
    if told.card is None:
        return "Les relevés des cartes de crédit ne sont pas importés dans ce portefeuille."
    if not told.card:
        return "Le client n’a pas de carte de crédit chez nous, ou n’en a pas eu depuis quatre ans."
    return french.typeset(f"{_used(told.card)} {_drawn(told.card)}")


def _used(card: Sequence[CardMonth]) -> str:
    shares = [(month.share, month.ago) for month in card if month.share is not None]
    followed = french.plural(len(card), "mois suivi", "mois suivis")
    if all(month.balance is not None and not month.owes for month in card):
        return f"Rien n’était dû sur la carte, sur {followed}."
    if all(month.balance is None for month in card):
        return f"La somme due n’est pas connue sur {followed}."
    if all(map(_without_any, card)):
        return f"Le plafond est nul sur {followed}."
    if not shares:
        return f"Aucune part du plafond n’est connue sur {followed}."
    (last, ago), (most, peak) = shares[0], max(shares, key=lambda one: (one[0], -one[1]))
    # The last statement of a card that was closed has no limit, and says nothing of a share.
    newer = [month for month in card if month.ago < ago]
    of_these = " qui a un plafond" if all(map(_without_any, newer)) else " où les deux sont connus"
    with_limit = of_these if newer else ""
    decimals = next((some for some in (0, 1) if french.part(last, some) != french.part(most, some)), 2)
    told = f"La somme due est de {{}} du plafond au dernier relevé{with_limit}, {months.when(ago)}"
    if peak == ago:
        return (
            f"{told.format(french.part(last))} : c’est le plus haut depuis quatre ans.{_without_limit(card)}"
        )
    return (
        f"{told.format(french.part(last, decimals))} ; le plus haut était de {french.part(most, decimals)}, "
        f"{months.when(peak)}.{_without_limit(card)}"
    )


def _without_any(month: CardMonth) -> bool:
    """Whether it is known that a month has no limit: not that nothing is known of one."""
    return month.limit is not None and month.limit <= 0


def _without_limit(card: Sequence[CardMonth]) -> str:
    """Of how many months something was owed that is no share of a limit; "" where there is none."""
    owing = [month for month in card if month.share is None and month.owes]
    if not owing:
        return ""
    return f" Une somme était due aussi {french.plural(len(owing), 'mois', 'mois')} sans plafond connu."


def _drawn(card: Sequence[CardMonth]) -> str:
    known = [month.cash for month in card if month.cash is not None]
    if not known:
        return "Les retraits d’espèces ne sont pas connus."
    drawn = [cash for cash in known if cash > 0]
    over = f"sur {french.plural(len(known), 'mois connu', 'mois connus')}"
    if not drawn:
        return f"Aucun retrait d’espèces {over}."
    times = f"{len(drawn)}{french.NO_BREAK}mois"
    return f"Des espèces ont été retirées {times} {over}, pour {french.some(sum(drawn))} en tout."


def _use(by_month: dict[int, CardMonth]) -> Panel:
    bars = _bars(by_month, lambda month: month.share)
    top = max(1.0, *(one for one in bars if one is not None), 0.0)
    ticks = _ticks(top, french.percent)
    full = tuple(one is not None and one > 1 for one in bars)
    return Panel("Part du plafond utilisée", bars, full, ticks, top * 1.06, line=1.0)


def _withdrawals(by_month: dict[int, CardMonth]) -> Panel:
    bars = _bars(by_month, lambda month: month.cash)
    known = [one for one in bars if one is not None]
    used, axis = money.in_use(), amounts.scale(known)
    large = axis.per > used.scale
    top = max([*known, used.stored(1)])
    return Panel(
        f"Retraits, {axis.unit}" if large else "Retraits d’espèces",
        bars,
        (False,) * TOLD,
        _ticks(top, axis.text if large else french.amount, used.scale),
        top * 1.06,
    )


def _bars(
    by_month: dict[int, CardMonth], of: Callable[[CardMonth], float | None]
) -> tuple[float | None, ...]:
    found = [by_month.get(TOLD - index) for index in range(TOLD)]
    return tuple(None if month is None else of(month) for month in found)


def _ticks(top: float, text: Callable[[float], str], unit: float = 1.0) -> tuple[tuple[float, str], ...]:
    """Graduations up to `top` that are round in `unit`."""
    marks = MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]).tick_values(0, top / unit)
    return tuple((float(at * unit), text(float(at * unit))) for at in marks if at * unit <= top)


def _month(ago: int) -> str:
    return french.capital(months.when(ago))
