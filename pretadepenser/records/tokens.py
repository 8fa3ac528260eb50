"""Tokens of the API: made once, shown once, kept as digests, counted by the minute."""

import hashlib
import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import delete, or_, select
from sqlalchemy.exc import IntegrityError

from pretadepenser.records import journal, names
from pretadepenser.records.database import Database, RecordsError
from pretadepenser.records.journal import COMMAND, Kind
from pretadepenser.records.models import Token, TokenUse

# Recognisable by tools that look for secrets in files.
PREFIX = "pad_"


def add_token(database: Database, name: str) -> str:
    """Make a token for a system, with an entry of the journal, and give its text: nothing can give it again.

    Raises RecordsError: the name is not acceptable or taken.
    """
    text = PREFIX + secrets.token_urlsafe(32)
    token = Token(name=names.checked(name), digest=_digest(text), created_at=datetime.now(UTC))
    try:
        with journal.writing(database) as ledger:
            with ledger.session() as session:
                session.add(token)
            ledger.append(Kind.TOKEN, COMMAND, change="ajout", token=token.name)
    except IntegrityError as error:
        raise RecordsError(
            f"Le jeton « {token.name} » existe déjà : choisissez un autre nom, ou révoquez-le d’abord avec "
            f"« flask --app wsgi token revoke {token.name} »."
        ) from error
    return text


def list_tokens(database: Database) -> Sequence[Token]:
    """Give all tokens in alphabetical order."""
    with database.session() as session:
        return session.scalars(select(Token).order_by(Token.name)).all()


def revoke_token(database: Database, name: str) -> None:
    """Make a token worthless at once, with an entry of the journal.

    Raises RecordsError: there is no such token.
    """
    normal = names.normalise(name)
    with journal.writing(database) as ledger:
        with ledger.session() as session:
            token = session.scalars(select(Token).where(Token.name == normal)).one_or_none()
            if token is None:
                raise RecordsError(
                    f"Le jeton « {normal} » n’existe pas : voyez « flask --app wsgi token list »."
                )
            session.execute(delete(TokenUse).where(TokenUse.token_id == token.id))
            session.delete(token)
        ledger.append(Kind.TOKEN, COMMAND, change="révocation", token=normal)


def find_token(database: Database, text: str) -> Token | None:
    """Give the token of this text, or None.

    The digest is looked up as it is: it has 256 random bits behind it, so that neither slow hashing nor
    comparing in constant time would add anything.
    """
    with database.session() as session:
        return session.scalars(select(Token).where(Token.digest == _digest(text))).one_or_none()


def count_use(database: Database, token: Token, allowed: int) -> int:
    """Count one request of a token.

    Returns:
        0 while at most `allowed` were made in this minute, else the seconds until the next one.
    """
    now = time.time()
    minute = int(now // 60)
    with database.session() as session:
        count = session.scalar(
            database.insert(TokenUse)
            .values(token_id=token.id, minute=minute, requests=1)
            .on_conflict_do_update(
                index_elements=["token_id", "minute"], set_={"requests": TokenUse.requests + 1}
            )
            .returning(TokenUse.requests)
        )
        if count == 1:
            # Those of the future too, which a clock that jumped forward and back leaves behind.
            other = or_(TokenUse.minute < minute, TokenUse.minute > minute + 1)
            session.execute(delete(TokenUse).where(other))
    return 0 if count is not None and count <= allowed else max(1, round(60 * (minute + 1) - now))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
