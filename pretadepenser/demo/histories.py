"""The histories of the fictitious clients: Kaggle's six tables, a few thousand clients at a time.

A client's history is a function of the seed, of the client's number and of the client's application (its
outcome included: who defaults has more arrears, debts and refusals than the application tells). It is drawn
again for each table that needs it, so that tables can be read one after the other in flat memory.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pyarrow as pa

from pretadepenser.credit.dictionary import TABLES
from pretadepenser.credit.dictionary.tables import Table
from pretadepenser.demo.clients import BLOCK, block, refuse_impossible
from pretadepenser.demo.columns import Flags
from pretadepenser.demo.drawing import log_odds
from pretadepenser.demo.history import bureau, chance, counts, monthly, parameters, previous
from pretadepenser.demo.history.chance import Bits
from pretadepenser.demo.history.people import drivers, with_rows
from pretadepenser.demo.history.rows import NOTHING, draw_rows, expanded, row_keys, whole
from pretadepenser.demo.parameters import Floats, Whole
from pretadepenser.demo.parameters import load as load_clients

CLIENTS = 2048  # in a batch
MOST = 100  # rows of one table that a client may have, and room for their numbers

Columns = Mapping[str, Floats]
Texts = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class _Rows:
    """Rows of one table: whose they are (n,), their keys, numbers, traits and published columns."""

    owner: Whole
    keys: Bits
    ids: Whole
    traits: Columns
    columns: Columns

    def where(self, chosen: Flags) -> "_Rows":
        return _Rows(
            self.owner[chosen],
            self.keys[chosen],
            self.ids[chosen],
            {name: values[chosen] for name, values in self.traits.items()},
            {name: values[chosen] for name, values in self.columns.items()},
        )


@dataclass(frozen=True)
class _People:
    """What histories need of clients: numbers (n,), drivers (n, k), whether the bureau was asked (n,)."""

    numbers: Whole
    drivers: Floats
    asked: Flags

    def slice(self, start: int, size: int) -> "_People":
        part = slice(start, start + size)
        return _People(self.numbers[part], self.drivers[part], self.asked[part])


# Each table goes through all clients: those of 300,000 are not drawn six times, and take 45 MB at most.
@lru_cache(maxsize=40)
def _people(clients: int, seed: int, number: int) -> _People:
    drawn, p = block(clients, seed, number), load_clients()
    asked = ~np.isnan(drawn.columns["AMT_REQ_CREDIT_BUREAU_YEAR"])
    return _People(drawn.numbers, drivers(drawn.columns, log_odds(drawn.columns, p), p), asked)


class _Drawn:
    """The histories of some clients, each part drawn when it is first asked for."""

    def __init__(self, people: "_People", seed: int) -> None:
        self.numbers = people.numbers
        self.keys = chance.keys(people.numbers, seed)
        self.drivers = people.drivers
        self.p = parameters.load()
        known = people.asked & (chance.uniform(self.keys, 1) < self.p.known)
        every = np.arange(len(self.numbers))
        v = {"KNOWN": known.astype(float)}
        own = chance.below(self.keys, 2)
        v = draw_rows(counts.TRAITS, self.p.counts, self.drivers, self.keys, every, own, v)
        self.counts = {trait.name: whole(v[trait.name]) for trait in counts.TRAITS}

    def _knowing(self, rows: str) -> Floats:
        return with_rows(self.drivers, self.counts[rows])

    @cached_property
    def leaning(self) -> Floats:
        """How much each client leans to arrears on instalment loans."""
        return previous.leaning(self.p.previous, self._knowing("APPLICATIONS"), chance.below(self.keys, 7))

    @cached_property
    def credits(self) -> _Rows:
        """Credits elsewhere."""
        owner, place = expanded(self.counts["CREDITS"])
        keys = row_keys(self.keys, 3, owner, place)
        v = draw_rows(
            bureau.TRAITS,
            self.p.bureau,
            self._knowing("CREDITS"),
            chance.below(self.keys, 4),
            owner,
            keys,
            {},
        )
        return _Rows(owner, keys, self.numbers[owner] * MOST + place, v, bureau.credits(v, keys))

    @cached_property
    def followed(self) -> _Rows:
        """The credits elsewhere whose months are told: all of a client's, or none."""
        chosen = chance.uniform(self.keys, 5) < self.p.followed
        return self.credits.where(chosen[self.credits.owner])

    @cached_property
    def applications(self) -> _Rows:
        """Earlier applications to us."""
        owner, place = expanded(self.counts["APPLICATIONS"])
        keys = row_keys(self.keys, 6, owner, place)
        v = previous.draw(
            self.p.previous, self._knowing("APPLICATIONS"), chance.below(self.keys, 7), owner, keys
        )
        return _Rows(owner, keys, self.numbers[owner] * MOST + place, v, previous.applications(v, keys))

    @cached_property
    def loans(self) -> _Rows:
        """Contracts with instalments."""
        return self.applications.where(monthly.is_loan(self.applications.columns))

    @cached_property
    def cards(self) -> _Rows:
        """Cards that were handed over."""
        return self.applications.where(monthly.is_card(self.applications.columns))

    @cached_property
    def card_months(self) -> tuple[Whole, dict[str, Floats]]:
        """Months of cards: whose card each is, and its columns."""
        return monthly.card_months(self.cards.traits, self.cards.columns, self.cards.keys)


def _bureau(d: _Drawn) -> pa.RecordBatch:
    texts = {
        "CREDIT_ACTIVE": bureau.STATES,
        "CREDIT_CURRENCY": bureau.CURRENCIES,
        "CREDIT_TYPE": bureau.TYPES,
    }
    numbers = {"SK_ID_CURR": d.numbers[d.credits.owner], "SK_ID_BUREAU": d.credits.ids}
    return record_batch(TABLES["bureau"], numbers, d.credits.columns, texts)


def _bureau_balance(d: _Drawn) -> pa.RecordBatch:
    owner, month, status = bureau.balances(d.followed.traits, d.followed.columns, d.followed.keys)
    columns = {"MONTHS_BALANCE": month.astype(float), "STATUS": status.astype(float)}
    numbers = {"SK_ID_BUREAU": d.followed.ids[owner]}
    return record_batch(TABLES["bureau_balance"], numbers, columns, {"STATUS": bureau.STATUSES})


def _previous(d: _Drawn) -> pa.RecordBatch:
    columns = dict(d.applications.columns)
    texts: dict[str, tuple[str, ...]] = {
        "NAME_CONTRACT_TYPE": previous.CONTRACTS,
        "NAME_CONTRACT_STATUS": previous.STATUSES,
        "NAME_PORTFOLIO": previous.PORTFOLIOS,
        "PRODUCT_COMBINATION": previous.COMBINATIONS,
    }
    for trait, names in previous.JOINT.items():
        rows = d.p.previous.names[trait]
        for i, column in enumerate(names):
            columns[column] = d.applications.traits[trait]
            texts[column] = tuple(row[i] for row in rows)
    day = "NFLAG_LAST_APPL_IN_DAY"
    flags = np.array([float(name) for name in texts.pop(day)])
    columns[day] = flags[columns[day].astype(np.int64)]
    numbers = {"SK_ID_CURR": d.numbers[d.applications.owner], "SK_ID_PREV": d.applications.ids}
    return record_batch(TABLES["previous_application"], numbers, columns, texts)


def _contracts(d: _Drawn, rows: _Rows, owner: Whole) -> dict[str, Whole]:
    return {"SK_ID_PREV": rows.ids[owner], "SK_ID_CURR": d.numbers[rows.owner[owner]]}


def _pos(d: _Drawn) -> pa.RecordBatch:
    owner, columns = monthly.loan_months(d.loans.traits, d.loans.columns, d.loans.keys)
    texts = {"NAME_CONTRACT_STATUS": monthly.STATUSES}
    return record_batch(TABLES["POS_CASH_balance"], _contracts(d, d.loans, owner), columns, texts)


def _cards(d: _Drawn) -> pa.RecordBatch:
    owner, columns = d.card_months
    texts = {"NAME_CONTRACT_STATUS": monthly.STATUSES}
    return record_batch(TABLES["credit_card_balance"], _contracts(d, d.cards, owner), columns, texts)


def _instalments(d: _Drawn) -> pa.RecordBatch:
    leaning = d.leaning[d.loans.owner]
    of_loans = monthly.loan_payments(d.loans.traits, d.loans.columns, d.loans.keys, leaning)
    of_cards = monthly.card_payments(d.card_months[1], d.card_months[0], d.cards.keys)
    parts = (
        (_contracts(d, d.loans, of_loans[0]), of_loans[1]),
        (_contracts(d, d.cards, of_cards[0]), of_cards[1]),
    )
    numbers = {name: np.concatenate([part[0][name] for part in parts]) for name in parts[0][0]}
    columns = {name: np.concatenate([part[1][name] for part in parts]) for name in parts[0][1]}
    order = np.argsort(numbers["SK_ID_CURR"], kind="stable")
    return record_batch(
        TABLES["installments_payments"],
        {name: values[order] for name, values in numbers.items()},
        {name: values[order] for name, values in columns.items()},
        {},
    )


MAKERS: Mapping[str, Callable[[_Drawn], pa.RecordBatch]] = {
    "bureau": _bureau,
    "bureau_balance": _bureau_balance,
    "previous_application": _previous,
    "POS_CASH_balance": _pos,
    "credit_card_balance": _cards,
    "installments_payments": _instalments,
}


class _Reading:
    """The batches of one table; they can be read more than once, and are drawn anew each time."""

    def __init__(self, table: str, clients: int, seed: int, batch_clients: int) -> None:
        self._table = table
        self._asked = (clients, seed, batch_clients)

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        return (MAKERS[self._table](drawn) for drawn in _drawn(*self._asked))


def _drawn(clients: int, seed: int, batch_clients: int) -> Iterator[_Drawn]:
    for number in range(-(-clients // BLOCK)):
        people = _people(clients, seed, number)
        for start in range(0, len(people.numbers), batch_clients):
            yield _Drawn(people.slice(start, batch_clients), seed)


def histories(clients: int, seed: int, batch_clients: int = CLIENTS) -> dict[str, _Reading]:
    """The six history tables of the clients of `batches(clients, seed)`, by Kaggle's name.

    Each is an iterable of record batches with `TABLES[name].arrow_schema()`, by ascending client, the rows
    of `batch_clients` clients in each batch; the rows do not depend on it. Raises ValueError, with a French
    sentence, when a number is out of range.
    """
    refuse_impossible(clients, seed, batch_clients, "clients")
    return {table: _Reading(table, clients, seed, batch_clients) for table in MAKERS}


def all_tables(clients: int, seed: int, batch_clients: int = CLIENTS) -> Iterator[dict[str, pa.RecordBatch]]:
    """The batches of all tables side by side, each client drawn once: for writing them all."""
    refuse_impossible(clients, seed, batch_clients, "clients")
    for drawn in _drawn(clients, seed, batch_clients):
        yield {table: maker(drawn) for table, maker in MAKERS.items()}


def record_batch(
    table: Table, numbers: Mapping[str, Whole], columns: Columns, texts: Texts
) -> pa.RecordBatch:
    """Rows with the table's schema: `numbers` are identifiers, `texts` the words behind the codes."""
    schema = table.arrow_schema()
    arrays = []
    for field in schema:
        if field.name in numbers:
            arrays.append(pa.array(numbers[field.name], type=field.type))
            continue
        values = columns[field.name]
        missing = np.isnan(values)
        if field.name in texts:
            column = table.columns[field.name]
            codes = np.array([column.code(name) if name != NOTHING else -1 for name in texts[field.name]])
            chosen = codes[np.where(missing, 0, values).astype(np.int64)].astype(np.int8)
            indices = pa.array(chosen, mask=missing | (chosen < 0))
            arrays.append(pa.DictionaryArray.from_arrays(indices, pa.array(list(column.codes))))
        else:
            # -0.0 and 0.0 are one number: written to a file they should look it.
            filled = (np.where(missing, 0, values) + 0.0).astype(field.type.to_pandas_dtype())
            arrays.append(pa.array(filled, type=field.type, mask=missing if missing.any() else None))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
