"""Charts of one client: the score on its scale, and what each figure adds to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple

from matplotlib.figure import Figure

from pretadepenser import french
from pretadepenser.charts import drawing
from pretadepenser.charts.chart import NOTHING, Chart, Column, Drawing, Table, Width
from pretadepenser.charts.drawing import Board, Span
from pretadepenser.charts.signed_bars import SignedBar, SignedBars
from pretadepenser.credit.dictionary import wording
from pretadepenser.credit.explanation.reasons import Decomposition
from pretadepenser.credit.scale import Scale, Score
from pretadepenser.french import Person

START: Final = french.typeset("Point de départ : score moyen des clients connus du modèle")
# Pixels of the scale, wide and narrow.
SCALE: Final = (176, 176)
# Heights above and in the scale: from its lower edge, 0, to the upper one, 1.
_UP: Final = Span(0, 1, 66, SCALE[0] - 62)


class _Told(NamedTuple):
    """How the scale names the score: as subject, row of the table, in the picture; what would move it."""

    subject: str
    row: str
    mark: str
    again: str


_TOLD: Final = {
    Person.CLIENT: _Told("Le score", "Score de ce client", "Ce client", "un autre apprentissage du modèle"),
    Person.YOU: _Told(
        "Votre score", "Votre score", "Vous", "le même calcul, appris d’une partie des crédits,"
    ),
}


def scale(score: Score, person: Person = Person.CLIENT) -> Chart:
    """The score on a scale of points, with the limit and the band where a case is close.

    `person` is whom it is said to: an advisor reads of "ce client", the client of "vous".
    """
    told = _TOLD[person]
    limit, (first, last) = score.scale.POINTS_AT_LIMIT, score.zone
    side = "au-dessus de" if score.granted else "sous"
    gap = abs(score.gap)
    where = (
        "exactement à la limite" if gap == 0 else f"{french.plural(gap, 'point', 'points')} {side} la limite"
    )
    sentence = (
        f"{told.subject} est de {french.plural(score.points, 'point', 'points')}, {where} de {limit} points. "
        f"Plus le score est haut, plus le crédit est sûr. De {first} à {last} points, il est proche de la "
        f"limite : {told.again} pourrait donner la réponse contraire."
    )
    drawn = ScaleDrawing(score.points, told.mark, limit, (first, last))
    return Chart("score", "Le score sur son échelle", "score", sentence, _marks(score, told.row), drawn)


def _marks(score: Score, name: str) -> Table:
    """The marks of the scale from the lowest on, the score under its `name` among them."""
    limit, (first, last) = score.scale.POINTS_AT_LIMIT, score.zone
    own = wording.probability(score.probability, score.limit)
    rows = sorted(
        (
            ("Début de la zone proche de la limite", *_at(first, score.scale)),
            ("Limite pour accorder le prêt", limit, score.limit, french.compact_percent(score.limit)),
            ("Fin de la zone proche de la limite", *_at(last, score.scale)),
            (name, score.points, score.probability, own),
        ),
        key=lambda row: row[1],
    )
    return Table(
        "Le score et la limite, en points et en probabilité de ne pas rembourser",
        (Column("Repère"), Column("Points", True), Column("Probabilité", True)),
        tuple((label, french.number(points), text) for label, points, _, text in rows),
        tuple((label, points, float(share)) for label, points, share, _ in rows),
    )


@dataclass(frozen=True)
class ScaleDrawing(Drawing):
    """A score on its scale: `name` of whom it is, the limit, and the first and last points near it."""

    look: ClassVar[str] = "échelle de points, le score et la limite marqués"

    points: int
    name: str
    limit: int
    zone: tuple[int, int]

    @property
    def heights(self) -> tuple[int, int]:
        return SCALE

    def draw(self, width: Width) -> Figure:
        wide = width == "large"
        low = min(380, (self.points - 15) // 20 * 20)
        high = max(620, -(-(self.points + 15) // 20) * 20)
        board = Board(width, self.height(width))
        across = Span(low, high, 18, board.wide - 18)
        self._zones(board, across)
        self._place(board, across)
        step = 20 if wide else 60
        for place in range(-(-low // step) * step if wide else 380, high + 1, step):
            board.text(
                across.at(place), _UP.at(0) - 4, str(place), ha="center", va="top", fontsize=13,
                gid=f"{drawing.GRADUATION}{place}",
            )  # fmt: skip
        _label(board, across, self.points, 1.55, f"{self.name} : {self.points}", bold=True)
        # On the side where the score is not, so that nothing crosses the words.
        side = "right" if self.points >= self.limit else "left"
        _label(board, across, self.limit, 1.08, f"Limite : {self.limit}", side=side)
        _band_key(board, "de {} à {} : proche de la limite".format(*self.zone))
        return board.figure

    def _zones(self, board: Board, across: Span) -> None:
        """Refused on the left, granted on the right, the limit between them with its band."""
        for start, end, wash, edge, hatch in (
            (across.low, self.limit, "against-wash", "against", "//"),
            (self.limit, across.high, "for-wash", "for", ""),
        ):
            x, y = across.at(start), _UP.at(0.2)
            board.rectangle(
                x, y, across.at(end) - x, _UP.at(0.8) - y, facecolor=drawing.color(wash),
                edgecolor=drawing.color(edge), hatch=hatch, linewidth=1.5,
            )  # fmt: skip
        ink = drawing.color("ink")
        board.line([across.at(self.limit)] * 2, [_UP.at(0), _UP.at(1)], color=ink, linewidth=3)
        for end_of_band in self.zone:
            board.line(
                [across.at(end_of_band)] * 2, [_UP.at(0.05), _UP.at(0.95)], color=ink, linewidth=2,
                linestyle=":",
            )  # fmt: skip

    def _place(self, board: Board, across: Span) -> None:
        """The score, and a line to it from its name."""
        ink, x = drawing.color("ink"), across.at(self.points)
        board.line([x, x], [_UP.at(0.5), _UP.at(1.52)], color=ink, linewidth=1.5)
        board.line(
            [x], [_UP.at(0.5)], marker="D", markersize=17, color=ink,
            markeredgecolor=drawing.color("surface"), markeredgewidth=3,
        )  # fmt: skip


def _band_key(board: Board, text: str) -> None:
    """What the two dotted lines are, under the scale."""
    for x in (20, 28):
        board.line([x, x], [14, 34], linewidth=2, linestyle=":", color=drawing.color("ink"))
    board.text(38, 24, text, ha="left", va="center_baseline", fontsize=12)


def _at(points: int, scale: Scale) -> tuple[int, float, str]:
    """Points, their probability, and how it is written."""
    share = scale.probability(scale.margin_of(points))
    return points, share, wording.probability(share, scale.limit)


def _label(
    board: Board, across: Span, x: float, y: float, text: str, *, bold: bool = False, side: str = ""
) -> None:
    """A text above the scale, kept inside the picture; `side` is the end of the text that stands at `x`."""
    place = (x - across.low) / (across.high - across.low)
    anchor = "left" if place < 0.25 else "right" if place > 0.75 else side or "center"
    board.text(
        across.at(x) + ({"left": 4, "right": -4}.get(anchor, 0) if side else 0), _UP.at(y), text, ha=anchor,
        va="bottom", fontsize=14, fontweight="bold" if bold else "normal",
    )  # fmt: skip


def contributions(decomposition: Decomposition) -> Chart:
    """What moves the score, a bar for each thing that is told as one; the table has their members too."""
    bars = [SignedBar(part.label, part.text, part.points) for part in decomposition.parts if part.points]
    lines = tuple(_lines(decomposition))
    table = Table(
        "Contribution de chaque donnée au score, de la plus forte à la plus faible",
        (Column("Donnée"), Column("Valeur"), Column("Points", True), Column("Dont, en points", True)),
        (
            (START, NOTHING, french.number(decomposition.base_points), NOTHING),
            *(
                (label, text or NOTHING, *(NOTHING if one is None else french.signed(one) for one in points))
                for label, text, *points in lines
            ),
        ),
        ((START, "", decomposition.base_points, None), *lines),
        footer=(("Total : score du client", NOTHING, french.number(decomposition.score.points), NOTHING),),
    )
    title = "Ce qui fait monter ou descendre le score"
    drawn = SignedBars(tuple(bars))
    return Chart("contributions", title, "contributions", _said(decomposition), table, drawn)


def _lines(decomposition: Decomposition) -> Iterator[tuple[str, str, int | None, int | None]]:
    """Label, value and points of each part; under it, where it has several, its members with their share."""
    for part in decomposition.parts:
        yield part.label, part.text, part.points, None
        if len(part.members) > 1:
            for one in part.members:
                yield f"dont {one.label[:1].lower()}{one.label[1:]}", one.text, None, one.points


def _said(decomposition: Decomposition) -> str:
    """The chart in one sentence: start, arrival, the strongest each way."""
    told = (
        f"Le score part de {french.plural(decomposition.base_points, 'point')}, le score moyen des clients "
        f"connus du modèle, et arrive à {french.plural(decomposition.score.points, 'point')}"
    )
    strongest = [
        (verb, next((part for part in decomposition.parts if part.points * sign > 0), None))
        for verb, sign in (("ajoute", 1), ("retire", -1))
    ]
    parts = [
        f" ; ce qui {verb} le plus : {part.label} ({french.points(part.points)})"
        for verb, part in strongest
        if part
    ]
    return french.typeset(f"{told}{''.join(parts) or ' : aucune donnée ne compte pour plus d’un point'}.")
