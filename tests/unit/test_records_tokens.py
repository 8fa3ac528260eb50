"""Tokens of the API in the database."""

import time
from pathlib import Path

import pytest
from sqlalchemy import text

from pretadepenser.records import tokens
from pretadepenser.records.database import Database, RecordsError


def test_a_token_is_known_by_its_text_which_is_not_kept(database: Database, tmp_path: Path) -> None:
    made = tokens.add_token(database, "Agence")
    found = tokens.find_token(database, made)
    assert found is not None
    assert found.name == "agence"
    assert tokens.find_token(database, made[:-1]) is None
    assert tokens.find_token(database, "") is None
    assert made.startswith("pad_")
    assert len(made) == 47
    database.engine.dispose()
    (kept,) = tmp_path.glob("*.sqlite")
    assert b"agence" in kept.read_bytes()
    assert not [path for path in tmp_path.iterdir() if made.encode() in path.read_bytes()]


def test_a_name_is_taken_once_until_revoked(database: Database) -> None:
    first = tokens.add_token(database, "agence")
    with pytest.raises(RecordsError, match="token revoke agence"):
        tokens.add_token(database, "agence")
    found = tokens.find_token(database, first)
    assert found is not None
    tokens.count_use(database, found, 1)
    tokens.revoke_token(database, "agence")
    assert tokens.find_token(database, first) is None
    assert tokens.add_token(database, "agence") != first
    assert [one.name for one in tokens.list_tokens(database)] == ["agence"]
    with pytest.raises(RecordsError, match="token list"):
        tokens.revoke_token(database, "autre")


def test_who_is_revoked_leaves_no_counts_and_others_keep_theirs(database: Database) -> None:
    for name in ("un", "deux", "trois"):
        found = tokens.find_token(database, tokens.add_token(database, name))
        assert found is not None
        assert tokens.count_use(database, found, 2) == 0
    tokens.revoke_token(database, "deux")
    joined = "SELECT name FROM api_token_use LEFT JOIN api_token ON api_token.id = token_id ORDER BY name"
    with database.session() as session:
        assert session.scalars(text(joined)).all() == ["trois", "un"]


def test_names_follow_the_rule_of_users(database: Database) -> None:
    for name in ("a", "deux mots", "x" * 65):
        with pytest.raises(RecordsError, match="de 2 à 64 caractères"):
            tokens.add_token(database, name)


def test_requests_are_counted_by_the_minute(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_800_000_000.0 // 60 * 60 + 20
    monkeypatch.setattr(time, "time", lambda: now)
    one, other = (tokens.find_token(database, tokens.add_token(database, name)) for name in ("un", "deux"))
    assert one is not None
    assert other is not None
    assert [tokens.count_use(database, one, 2) for _ in range(4)] == [0, 0, 40, 40]
    assert tokens.count_use(database, other, 2) == 0
    now += 40
    assert tokens.count_use(database, one, 2) == 0
    with database.session() as session:
        assert session.scalar(text("SELECT count(*) FROM api_token_use")) == 1


def test_counts_from_the_future_are_deleted(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock was a year ahead and is right again: the minute of that day is not used up."""
    now = 1_800_000_000.0 // 60 * 60 + 20
    monkeypatch.setattr(time, "time", lambda: now)
    one = tokens.find_token(database, tokens.add_token(database, "un"))
    assert one is not None
    now += 365 * 24 * 3600
    assert [tokens.count_use(database, one, 2) for _ in range(3)] == [0, 0, 40]
    now -= 365 * 24 * 3600
    assert [tokens.count_use(database, one, 2) for _ in range(3)] == [0, 0, 40]
    now += 365 * 24 * 3600
    assert [tokens.count_use(database, one, 2) for _ in range(3)] == [0, 0, 40]
