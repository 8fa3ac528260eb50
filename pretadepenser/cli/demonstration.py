"""A few decisions on fictitious clients, so that a newcomer sees a work list that is not empty."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pretadepenser import money
from pretadepenser.credit.history import told
from pretadepenser.credit.model.scoring import current_scores
from pretadepenser.credit.portfolio import Client
from pretadepenser.credit.recourse import deadline, search
from pretadepenser.credit.recourse.decision import Counter, Decided, Document, Motive, Origin, Verdict
from pretadepenser.credit.recourse.levers import Lever
from pretadepenser.credit.recourse.review import Channel
from pretadepenser.credit.scale import Scale
from pretadepenser.credit.whatif import capacity
from pretadepenser.credit.whatif.capacity import Rules
from pretadepenser.records import deciding, decisions, reviews
from pretadepenser.records.database import Database
from pretadepenser.records.deciding import Desk
from pretadepenser.records.decisions import Person
from pretadepenser.records.reviews import ReviewError

# What begins every text: no reader may take it for a decision on somebody.
SAID: Final = "Exemple de la démonstration."
# Refused clients among whom one is looked for who can be offered another loan.
_TRIED: Final = 20
# Levers that change nothing but the loan.
_LOAN: Final = frozenset({Lever.PROJECT, Lever.DEPOSIT, Lever.LONGER, Lever.SHORTER})
_SEEN: Final = (Document.IDENTITY, Document.INCOME, Document.ACCOUNTS)


@dataclass(frozen=True)
class Example:
    """A decision on the first client whose points lie from `low` to `high` and who has none yet.

    agrees: what the second reader answers, None where the decision goes on waiting or waits for nobody.
    """

    low: int
    high: int
    decided: Decided
    agrees: bool | None = None


def _decided(verdict: Verdict, motives: Sequence[Motive] = (), text: str = "", said: str = "") -> Decided:
    asked = (Document.TAX, Document.CREDITS) if verdict is Verdict.ASK else ()
    return Decided(verdict, tuple(motives), f"{SAID} {text}".strip(), said, _SEEN, asked)


EXAMPLES: Final = (
    Example(540, 700, _decided(Verdict.GRANT, said="Le client veut rembourser sans changer ses habitudes.")),
    Example(
        400,
        470,
        _decided(Verdict.REFUSE, [Motive.SCORE, Motive.PAST], "Le risque est trop élevé pour ce montant."),
    ),
    Example(500, 509, _decided(Verdict.GRANT, [Motive.INCOME], "Le contrat de travail est vérifié.")),
    Example(
        490,
        499,
        _decided(Verdict.REFUSE, [Motive.CAPACITY], "Le loyer, qui n’est pas dans le dossier, pèse trop."),
    ),
    Example(
        470,
        489,
        _decided(
            Verdict.GRANT,
            [Motive.DATA],
            "Un crédit ailleurs est remboursé ; le fichier ne le dit pas encore.",
        ),
    ),
    Example(520, 539, _decided(Verdict.ASK, [Motive.DOCUMENTS], "Les revenus restent à prouver.")),
    Example(
        500,
        509,
        _decided(Verdict.GRANT, [Motive.PROJECT], "L’apport est prêt, et le projet est modeste."),
        agrees=True,
    ),
    Example(
        560,
        700,
        _decided(Verdict.REFUSE, [Motive.OTHER], "Le projet n’est pas encore précis."),
        agrees=False,
    ),
)


def decide(database: Database, desk: Desk, author: Person, reader: Person, said: Callable[[], None]) -> None:
    """Write those of the examples that are not written yet; `said` is called once where there is one.

    The key of each is fixed: what was interrupted is gone on with, and nothing is written twice.
    """
    keys = [f"demonstration {place}" for place in range(len(EXAMPLES) + 1)]
    missing = [key for key in keys if decisions.keyed(database, key) is None]
    if not missing:
        return
    said()
    with money.using(desk.portfolio.money):
        free = _clients(desk)
        for key, example in zip(keys, EXAMPLES, strict=False):
            client = next(free(example.low, example.high), None)
            if client is not None and key in missing:
                made = _write(database, desk, key, author, client, example.decided)
                if example.agrees is not None:
                    text = {"text": f"{SAID} {'Je confirme.' if example.agrees else 'Précisez le motif.'}"}
                    decisions.read(database, made, reader, text, agrees=example.agrees)
        if keys[-1] in missing and (found := _offered(desk, free)) is not None:
            client, decided = found
            _write(database, desk, keys[-1], author, client, decided)
        _ask(database, desk, author)


def _ask(database: Database, desk: Desk, author: Person) -> None:
    """Write a client's request for a review of the decision that is refused and stands."""
    refused = decisions.keyed(database, "demonstration 1")
    if refused is None:
        return
    today = deadline.today()
    content = {
        "channel": Channel.LETTER.value,
        "request": f"{SAID} Le client écrit que son revenu a augmenté, et joint ses bulletins de salaire.",
    }
    # Whoever has corrected that decision meanwhile has a work list of their own.
    with suppress(ReviewError):
        reviews.ask(
            database, "demonstration réexamen", author, refused, today, desk.settings["REVIEW_DAYS"], content
        )


def _clients(desk: Desk) -> Callable[[int, int], Iterator[Client]]:
    """Finds clients by their points, each once."""
    scores = current_scores(desk.instance, desk.portfolio, desk.model)
    points: NDArray[np.int64] = (
        Scale(desk.settings["LIMIT"]).points(scores) if scores is not None else np.empty(0, np.int64)
    )
    taken: set[int] = set()

    def free(low: int, high: int) -> Iterator[Client]:
        for index in np.flatnonzero((points >= low) & (points <= high)).tolist():
            client = desk.portfolio.client(int(desk.portfolio.numbers()[index]))
            if index not in taken and client is not None:
                taken.add(index)
                yield client

    return free


def _offered(desk: Desk, free: Callable[[int, int], Iterator[Client]]) -> tuple[Client, Decided] | None:
    """A refused client to whom a lever offers another loan, and that decision."""
    limit = desk.settings["LIMIT"]
    for _, client in zip(range(_TRIED), free(480, 499), strict=False):
        found = search.levers(desk.model, desk.portfolio, client.values, limit, number=client.number)
        for proposal in found.proposals:
            loan = [proposal.row[name] for name in ("AMT_CREDIT", "AMT_ANNUITY", "AMT_GOODS_PRICE")]
            amount, instalment, price = (one if isinstance(one, float | int) else None for one in loan)
            if not set(proposal.levers) <= _LOAN or amount is None or instalment is None:
                continue
            counter = Counter(amount, instalment, Origin.LEVER, proposal.score.points, price)
            text = f"{SAID} Un autre prêt passe, et le client l’accepte."
            return client, Decided(
                Verdict.COUNTER, (Motive.PROJECT,), text, "Le client veut bien.", _SEEN, (), counter
            )
    return None


def _write(database: Database, desk: Desk, key: str, author: Person, client: Client, decided: Decided) -> int:
    config = desk.settings
    rules = Rules.shown(config["DEBT_RATIO"], config["LEFT_FIRST"], config["LEFT_OTHER"])
    tables = desk.portfolio.tables
    bureau = (
        desk.portfolio.history(client.number, (told.BUREAU,))[told.BUREAU] if told.BUREAU in tables else None
    )
    known = capacity.of_file(client.values, bureau, rules)
    instalment = decided.counter.instalment if decided.counter else None
    prepared = deciding.prepare(desk, client, decided, known.replaced(instalment=instalment).to_json())
    return decisions.add(
        database, key, author, client.number, decided.verdict, prepared.content, waiting=prepared.waiting
    )
