"""Users, throttled sign-ins and recent clients on a real SQLite file."""

import multiprocessing
import os
import re
import signal
import stat
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import cast

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from argon2 import PasswordHasher
from sqlalchemy import QueuePool, event, inspect, text
from sqlalchemy.exc import OperationalError

from pretadepenser.records import journal, recents, tokens, users
from pretadepenser.records.database import REVISION, Database, Quick, RecordsError, alembic_config
from pretadepenser.records.journal import Kind
from pretadepenser.records.models import Base, RecentClient

PASSWORD = "une suite de quelques mots"
NOT_UPGRADED = (
    "La base de données ne peut pas être mise à jour : vérifiez DATABASE_URL, que le serveur répond et que "
    "le compte a le droit de créer des tables."
)


def test_migrations_make_exactly_the_tables_of_the_models(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_the_known_revision_is_the_newest_migration(database: Database) -> None:
    with database.engine.connect() as connection:
        script = ScriptDirectory.from_config(alembic_config(connection))
    assert script.get_current_head() == REVISION


def test_migrations_can_be_undone(database: Database) -> None:
    with database.engine.connect() as connection:
        command.downgrade(alembic_config(connection), "base")
        connection.commit()
    assert inspect(database.engine).get_table_names() == ["alembic_version"]
    assert not database.ready()
    database.upgrade()
    assert database.ready()


def test_a_read_alone_gives_its_rows_and_its_connection_back(database: Database) -> None:
    read = Quick("SELECT :one AS one UNION SELECT :two ORDER BY one")
    pool = cast("QueuePool", database.engine.pool)
    assert database.ask(read, {"one": 2, "two": 1}) == [(1,), (2,)]
    assert database.ask(Quick("SELECT name FROM user_account WHERE name = :name"), {"name": "x"}) == []
    assert pool.checkedout() == 0


def test_what_a_read_alone_cannot_do_is_told_as_sqlalchemy_tells_it(
    database: Database, tmp_path: Path
) -> None:
    with pytest.raises(OperationalError, match="no such table: nowhere") as error:
        database.ask(Quick("SELECT 1 FROM nowhere WHERE number = :number"), {"number": 100002})
    assert "100002" not in str(error.value)
    assert cast("QueuePool", database.engine.pool).checkedout() == 0
    away = Database(f"sqlite:///{tmp_path}/records.sqlite")
    (tmp_path / "records.sqlite").unlink()
    (tmp_path / "records.sqlite").mkdir()
    with pytest.raises(OperationalError, match="unable to open database file"):
        away.ask(Quick("SELECT 1"), {})


def test_a_database_without_tables_is_not_ready(tmp_path: Path) -> None:
    opened = Database(f"sqlite:///{tmp_path}/empty.sqlite")
    assert not opened.ready()
    opened.upgrade()
    opened.upgrade()
    assert opened.ready()


def _upgrade(path: Path) -> bool:
    opened = Database(f"sqlite:///{path}")
    opened.upgrade()
    return opened.ready()


def test_processes_may_upgrade_at_once(tmp_path: Path) -> None:
    with multiprocessing.get_context("fork").Pool(3) as pool:
        assert pool.map(_upgrade, [tmp_path / "shared.sqlite"] * 3, chunksize=1) == [True] * 3


def test_the_file_is_private_and_in_wal_mode(database: Database, tmp_path: Path) -> None:
    assert stat.S_IMODE((tmp_path / "records.sqlite").stat().st_mode) == 0o600
    with database.engine.connect() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1


def _upgrade_until(path: Path, statements: int) -> None:
    """Upgrade, and die of SIGKILL before the next statement."""
    opened = Database(f"sqlite:///{path}")
    left = iter(range(statements))

    def count(*_: object) -> None:
        if next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(opened.engine, "before_cursor_execute", count)
    opened.upgrade()


def test_an_upgrade_that_is_killed_can_be_begun_again(tmp_path: Path) -> None:
    """It was not: a table of the new ones was there, and could not be made again."""
    path, killed, statements = tmp_path / "killed.sqlite", 0, 1
    while True:
        process = multiprocessing.get_context("fork").Process(target=_upgrade_until, args=(path, statements))
        process.start()
        process.join()
        if process.exitcode == 0:
            break
        assert process.exitcode == -signal.SIGKILL
        killed += 1
        statements += 7
        if killed % 2:
            assert _upgrade(path), statements
            for file in tmp_path.iterdir():
                file.unlink()
    assert killed > 5
    assert Database(f"sqlite:///{path}").ready()


@pytest.mark.parametrize("url", ["sqlite:////nowhere/at/all.sqlite", "nothing", "postgresql+nodriver://h/b"])
def test_an_address_that_cannot_be_used_is_told(url: str) -> None:
    with pytest.raises(RecordsError):
        Database(url)


def test_a_server_that_does_not_answer_is_told() -> None:
    opened = Database("postgresql+psycopg://u:secret@127.0.0.1:9/app?connect_timeout=2")
    assert not opened.ready()
    with pytest.raises(RecordsError, match=f"^{re.escape(NOT_UPGRADED)}$") as error:
        opened.upgrade()
    assert "secret" not in str(error.value)


def test_a_forked_process_opens_its_own_connections(database: Database) -> None:
    users.add_user(database, "agathe", "conseiller", PASSWORD)
    assert len(users.list_users(database)) == 1
    pool = database.engine.pool
    assert isinstance(pool, QueuePool)
    before = pool.checkedin()
    assert before
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        mine = cast(QueuePool, database.engine.pool)
        told = [mine.checkedin(), database._writer is None]
        told.append(journal.append(database, Kind.OPENED, "agathe", 157_083))
        os.write(write, f"{told} {len(users.list_users(database))}".encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 100) == b"[0, True, 2] 1"
    assert pool.checkedin() == before
    # The connection that writes is not among those of the pool: the child's was its own.
    assert journal.append(database, Kind.OPENED, "agathe", 157_083) == 3
    assert journal.verify(database).entries == 3


def test_a_user_signs_in_under_any_writing_of_the_name(database: Database) -> None:
    users.add_user(database, "  Éloïse.M ", "auditeur", PASSWORD)
    found = users.authenticate(database, "ÉLOÏSE.m", PASSWORD)
    assert found is not None
    assert (found.name, found.role) == ("éloïse.m", "auditeur")
    assert found.created_at.utcoffset() is not None
    assert users.authenticate(database, "éloïse.m", PASSWORD + " ") is None
    assert users.authenticate(database, "personne", PASSWORD) is None


def test_passwords_are_kept_as_argon2_hashes(database: Database) -> None:
    added = users.add_user(database, "agathe", "conseiller", PASSWORD)
    assert added.password_hash.startswith("$argon2id$")
    assert PASSWORD not in added.password_hash


def test_every_refusal_costs_one_verification_of_the_same_price(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time of an answer does not tell whether a name is known, or disabled."""
    users.add_user(database, "agathe", "conseiller", PASSWORD)
    users.add_user(database, "basile", "conseiller", PASSWORD)
    users.disable_user(database, "basile")
    users.authenticate(database, "personne", PASSWORD)  # what is made once is made
    costs: list[str] = []
    verify, made = PasswordHasher.verify, PasswordHasher.hash

    def counted(self: PasswordHasher, kept: str, password: str) -> bool:
        costs.append(kept.rpartition("$")[0].rpartition("$")[0])
        return bool(verify(self, kept, password))

    def costly(self: PasswordHasher, password: str) -> str:
        costs.append("a hash made anew")
        return str(made(self, password))

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    monkeypatch.setattr(PasswordHasher, "hash", costly)
    for name, password in (
        ("agathe", "mauvais mot de passe"),
        ("personne", PASSWORD),
        ("personne d’autre", PASSWORD),
        ("basile", PASSWORD),
        ("basile", "mauvais mot de passe"),
    ):
        assert users.authenticate(database, name, password) is None
    # OWASP's least for argon2id: 19 MiB, two passes, one lane.
    assert costs == ["$argon2id$v=19$m=19456,t=2,p=1"] * 5


def test_an_older_hash_is_renewed_at_sign_in(database: Database) -> None:
    added = users.add_user(database, "agathe", "conseiller", PASSWORD)
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    with database.session() as session:
        session.execute(text("UPDATE user_account SET password_hash = :weak"), {"weak": weak})
    assert users.authenticate(database, "agathe", PASSWORD) is not None
    renewed = users.list_users(database)[0].password_hash
    assert renewed not in (weak, added.password_hash)
    assert not users.HASHER.check_needs_rehash(renewed)


@pytest.mark.parametrize(
    ("name", "role", "password", "sentence"),
    [
        ("a", "conseiller", PASSWORD, "de 2 à 64 caractères"),
        ("a" * 65, "conseiller", PASSWORD, "de 2 à 64 caractères"),
        ("agathe martin", "conseiller", PASSWORD, "sans espace"),
        ("agathe", "patron", PASSWORD, "choisissez parmi conseiller, responsable, administrateur, auditeur"),
        ("agathe", "conseiller", "onze lettre", "de 12 à 512 caractères"),
        ("agathe", "conseiller", "x" * 513, "de 12 à 512 caractères"),
    ],
)
def test_a_wrong_user_is_refused(
    database: Database, name: str, role: str, password: str, sentence: str
) -> None:
    with pytest.raises(RecordsError, match=sentence):
        users.add_user(database, name, role, password)
    assert not users.list_users(database)


def test_names_and_passwords_at_their_shortest_and_longest(database: Database) -> None:
    for name, password in (("ab", "douze lettre"), ("a" * 64, "douze lettre" + "x" * 500)):
        users.add_user(database, name, "conseiller", password)
        assert users.authenticate(database, name, password) is not None


NAME = "Le nom doit avoir de 2 à 64 caractères : lettres, chiffres, point, tiret, souligné ou @, sans espace."


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (lambda database: users.add_user(database, "a", "conseiller", PASSWORD), NAME),
        (lambda database: tokens.add_token(database, "a b"), NAME),
        (
            lambda database: users.add_user(database, "bruno", "patron", PASSWORD),
            "Le rôle « patron » n’existe pas : choisissez parmi conseiller, responsable, "
            "administrateur, auditeur.",
        ),
        (
            lambda database: users.add_user(database, "Agathe", "auditeur", PASSWORD),
            "L’utilisateur « agathe » existe déjà : choisissez un autre nom, ou changez son mot de "
            "passe avec « flask --app wsgi user password agathe ».",
        ),
        (
            lambda database: users.disable_user(database, "X"),
            "L’utilisateur « x » n’existe pas : « flask --app wsgi user list » donne la liste.",
        ),
        (
            lambda database: tokens.add_token(database, "agence"),
            "Le jeton « agence » existe déjà : choisissez un autre nom, ou révoquez-le d’abord avec "
            "« flask --app wsgi token revoke agence ».",
        ),
        (
            lambda database: tokens.revoke_token(database, "Autre"),
            "Le jeton « autre » n’existe pas : voyez « flask --app wsgi token list ».",
        ),
        (
            lambda _: Database("nothing"),
            "L’adresse de la base de données (DATABASE_URL) n’est pas utilisable : corrigez-la, et pour "
            "PostgreSQL installez le module « psycopg ».",
        ),
        (
            lambda _: Database("sqlite:////nowhere/at/all.sqlite"),
            "Le fichier de base de données /nowhere/at/all.sqlite ne peut pas être créé : vérifiez que "
            "son dossier existe et que vous pouvez y écrire.",
        ),
    ],
)
def test_what_is_refused_is_told_with_what_to_do(
    database: Database, act: Callable[[Database], object], sentence: str
) -> None:
    users.add_user(database, "agathe", "conseiller", PASSWORD)
    tokens.add_token(database, "agence")
    with pytest.raises(RecordsError) as refused:
        act(database)
    assert str(refused.value) == sentence


def test_users_and_tokens_are_listed_by_the_alphabet(database: Database) -> None:
    for name in ("bruno", "agathe", "carla"):
        users.add_user(database, name, "conseiller", PASSWORD)
        tokens.add_token(database, name)
    assert [one.name for one in users.list_users(database)] == ["agathe", "bruno", "carla"]
    assert [one.name for one in tokens.list_tokens(database)] == ["agathe", "bruno", "carla"]


def test_a_name_is_taken_once(database: Database) -> None:
    users.add_user(database, "agathe", "conseiller", PASSWORD)
    with pytest.raises(RecordsError, match="existe déjà"):
        users.add_user(database, "Agathe", "auditeur", PASSWORD)


def test_an_account_is_opened_again_by_another_password(database: Database) -> None:
    users.add_user(database, "agathe", "conseiller", PASSWORD)
    users.set_password(database, "agathe", PASSWORD + "!")
    assert users.authenticate(database, "agathe", PASSWORD) is None
    assert users.authenticate(database, "agathe", PASSWORD + "!") is not None
    users.disable_user(database, "agathe")
    assert users.authenticate(database, "agathe", PASSWORD + "!") is None
    users.set_password(database, "agathe", PASSWORD)
    assert users.authenticate(database, "agathe", PASSWORD) is not None
    with pytest.raises(RecordsError, match="user list"):
        users.disable_user(database, "x")
    with pytest.raises(RecordsError, match="user list"):
        users.set_password(database, "x", PASSWORD)


def test_tables_of_the_version_before_keep_users_and_recent_clients(database: Database) -> None:
    with database.engine.connect() as connection:
        command.downgrade(alembic_config(connection), "0002")
        connection.execute(
            text(
                "INSERT INTO user_account (id, name, role, password_hash, active, stamp, created_at)"
                " VALUES (7, 'agathe', 'conseiller', :hash, 1, 'abc', '2026-01-02 03:04:05')"
            ),
            {"hash": users.HASHER.hash(PASSWORD)},
        )
        connection.execute(text("INSERT INTO recent_client VALUES (7, 157083, 1.0)"))
        connection.execute(
            text(
                "INSERT INTO login_attempt (id, account, address, at) VALUES (1, 'agathe', '192.0.2.1', 5.0)"
            )
        )
        connection.commit()
    database.upgrade()
    found = users.authenticate(database, "agathe", PASSWORD)
    assert found is not None
    assert (found.id, found.must_change) == (7, False)
    assert list(recents.recent(database, 7)) == [157083]
    with database.session() as session:
        assert session.scalar(text("SELECT device FROM login_attempt")) == ""


def test_recent_clients_come_last_first_and_are_each_user_s_own(database: Database) -> None:
    one = users.add_user(database, "agathe", "conseiller", PASSWORD).id
    other = users.add_user(database, "bruno", "conseiller", PASSWORD).id
    for number in (*range(100_001, 100_014), 100_005, 100_005):
        recents.remember(database, one, number)
    assert list(recents.recent(database, one)) == [100_005, *range(100_013, 100_005, -1), 100_004]
    assert list(recents.recent(database, other)) == []
    # What one user's newer clients push out is still another's.
    recents.remember(database, other, 100_004)
    recents.remember(database, one, 100_020)
    assert recents.recent(database, one)[-1] == 100_006
    assert list(recents.recent(database, other)) == [100_004]
    with database.session() as session:
        assert session.scalar(text("SELECT count(*) FROM recent_client")) == 11


def test_a_late_writer_does_not_take_a_recent_client_back_in_time(database: Database) -> None:
    one = users.add_user(database, "agathe", "conseiller", PASSWORD).id
    later = time.time() + 60
    with database.session() as session:
        session.add_all(RecentClient(user_id=one, number=5 + k, seen_at=later + k) for k in range(2))
    recents.remember(database, one, 5)
    with database.session() as session:
        assert session.get_one(RecentClient, (one, 5)).seen_at == later


def test_recent_clients_may_be_written_by_threads_at_once(database: Database) -> None:
    one = users.add_user(database, "agathe", "conseiller", PASSWORD).id

    def work(_: int) -> int:
        for number in range(1, 15):
            recents.remember(database, one, number)
        return number

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(4))) == [14] * 4
    assert recents.recent(database, one)[0] == 14
