"""Every setting of the dashboard, with its default and one comment.

A setting comes from, in this order: the environment (`PRETADEPENSER_NAME`), the file
`config.toml` of the instance folder (`NAME = value`), the default below. `load` gives a
plain dictionary for Flask. What is wrong stops the start with a `SettingError` whose
message is one French sentence that says what to do.
"""

import difflib
import os
import re
import secrets
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pretadepenser.errors import ToldError

PREFIX = "PRETADEPENSER_"
REPOSITORY = Path(__file__).resolve().parent.parent
FILE = "config.toml"
SECRET_FILE = "secret.key"  # noqa: S105 (the name of a file)
DATABASE_FILE = "pretadepenser.sqlite"

_TRUE = frozenset({"1", "oui", "true", "vrai", "yes", "on"})
_EMAIL = "une adresse électronique"
_FALSE = frozenset({"0", "non", "false", "faux", "no", "off"})


class SettingError(ToldError):
    """A setting is unknown or wrong; the message is one French sentence for the administrator."""


@dataclass(frozen=True)
class Setting:
    """One setting.

    `default` None means "worked out from the instance folder". `aliases` are names that
    cloud platforms set in the environment without our prefix. `secret` values are never
    repeated in an error message. `comment` is French: the README's table is made from it.
    """

    name: str
    default: str | int | float | bool | None
    comment: str
    parse: Callable[[object], object]
    expected: str
    aliases: tuple[str, ...] = ()
    secret: bool = False

    @property
    def default_text(self) -> str:
        """The default as the README's table shows it."""
        if self.default is None:
            return "in the instance folder"
        if isinstance(self.default, bool):
            return "oui" if self.default else "non"
        return f"`{self.default}`" if self.default != "" else "empty"


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError
    return value.strip()


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().casefold()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError


def _integer(low: int, high: int) -> tuple[Callable[[object], int], str]:
    """Give the parser of a whole number in a range, and the words for it."""

    def parse(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise ValueError
        number = int(value)
        if not low <= number <= high:
            raise ValueError
        return number

    return parse, f"un entier entre {low} et {high}"


def _number(low: float, high: float) -> tuple[Callable[[object], float], str]:
    """Give the parser of a number in a range, and the words for it."""

    def parse(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError
        number = float(value.replace(",", ".")) if isinstance(value, str) else float(value)
        if not low <= number <= high:
            raise ValueError
        return number

    return parse, f"un nombre entre {low:g} et {high:g}".replace(".", ",")


def _database_url(value: object) -> str:
    url = _text(value)
    # Heroku-like platforms still write postgres://, which SQLAlchemy no longer reads.
    url = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)
    if not re.match(r"^(sqlite:///|postgresql\+psycopg://)\S+$", url):
        raise ValueError
    return url


def _secret(value: object) -> str:
    text = _text(value)
    if len(text) < 32:
        raise ValueError
    return text


def _email(value: object) -> str:
    text = _text(value)
    if text and not re.match(r"^[^@\s]+@[^@\s]+\.[^@\s]+$", text):
        raise ValueError
    return text


def _hosts(value: object) -> str:
    text = _text(value)
    if not re.match(r"^[\w.:*, -]*$", text):
        raise ValueError
    return text


def _bureaux(value: object) -> str:
    names = [name.strip() for name in _text(value).split(",")]
    if names != [""] and (len(names) != 3 or not all(names)):
        raise ValueError
    return ", ".join(names)


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "LIMIT",
        0.48,
        "Largest tolerated probability of not repaying: above it the loan is refused.",
        # The ends are left out: there the odds of the limit, which the points stand on, have no value.
        *_number(0.01, 0.99),
    ),
    Setting(
        "LEVER_INSTALMENT",
        1.25,
        "Levers: how many times today’s instalment a proposed one may be.",
        *_number(1, 10),
    ),
    Setting(
        "LEVER_CUT",
        0.25,
        "Levers: share of the amount by which a proposal may lower it.",
        *_number(0.01, 0.9),
    ),
    Setting(
        "LEVER_POINTS",
        5,
        "Levers: points beyond the limit from which a proposal is safe; below it is told as fragile.",
        *_integer(0, 100),
    ),
    Setting(
        "INSTALMENT_SHARE",
        0.35,
        "House rule: share of the income that a raised instalment may take, in levers and room.",
        *_number(0.01, 1),
    ),
    Setting(
        "DATABASE_URL",
        None,
        "Database of users: an SQLite file in the instance folder, or postgresql://…",
        _database_url,
        "une adresse sqlite:///… ou postgresql://…",
        aliases=("DATABASE_URL",),
        secret=True,
    ),
    Setting(
        "SECRET_KEY",
        None,
        "Key that signs sessions; made at the first start, in secret.key.",
        _secret,
        "un texte d’au moins 32 caractères",
        secret=True,
    ),
    Setting("HOST", "127.0.0.1", "Address the server listens on.", _text, "une adresse", aliases=("HOST",)),
    Setting("PORT", 8000, "Port the server listens on.", *_integer(1, 65535), aliases=("PORT",)),
    Setting(
        "WORKERS",
        2,
        "Worker processes; one per processor core is right.",
        *_integer(1, 64),
        aliases=("WEB_CONCURRENCY",),
    ),
    Setting("THREADS", 4, "Threads of each worker.", *_integer(1, 64)),
    Setting(
        "PROXIES",
        0,
        "Trusted proxies in front of the application (nginx alone: 1).",
        *_integer(0, 5),
    ),
    Setting(
        "HTTPS",
        False,
        "`oui` when advisors always come by https: cookies are kept to https, HSTS is sent.",
        _boolean,
        "oui ou non",
    ),
    Setting(
        "HOSTS",
        "",
        "Host names served, separated by commas; empty: all.",
        _hosts,
        "une liste de noms de domaine séparés par des virgules",
    ),
    Setting(
        "SESSION_HOURS",
        24,
        "Hours before a session asks for the password again.",
        *_integer(1, 168),
    ),
    Setting(
        "LOGIN_ATTEMPTS",
        5,
        "Failed sign-ins allowed for one account within LOGIN_MINUTES.",
        *_integer(1, 1000),
    ),
    Setting(
        "LOGIN_ATTEMPTS_ADDRESS",
        30,
        "Failed sign-ins allowed from one address within LOGIN_MINUTES.",
        *_integer(1, 10_000),
    ),
    Setting(
        "LOGIN_MINUTES",
        15,
        "Minutes over which failed sign-ins are counted.",
        *_integer(1, 1440),
    ),
    Setting(
        "API_REQUESTS",
        600,
        "Requests to the API allowed per minute and token.",
        *_integer(1, 1_000_000),
    ),
    Setting("API_ROWS", 10_000, "Clients allowed in one request to the API.", *_integer(1, 1_000_000)),
    Setting(
        "ORGANISATION_NAME",
        "Prêt à dépenser",
        "Name of the lender, on the meeting sheet and in the footer.",
        _text,
        "un texte",
    ),
    Setting("ORGANISATION_ADDRESS", "", "Postal address of the lender.", _text, "un texte"),
    Setting("ORGANISATION_PHONE", "", "Telephone number for clients.", _text, "un texte"),
    Setting("ORGANISATION_EMAIL", "", "E-mail address for clients.", _email, _EMAIL),
    Setting(
        "ORGANISATION_DPO",
        "",
        "E-mail address of the data protection officer.",
        _email,
        _EMAIL,
    ),
    Setting(
        "OUTCOME_MEANING",
        "",
        "What a default is in the lender's data, after « environ 37 ont »; empty: what it is in Kaggle's.",
        _text,
        "un texte",
    ),
    Setting(
        "EXTERNAL_BUREAUX",
        "",
        "Names of the bodies behind `EXT_SOURCE_1` to `3`, separated by commas, for the meeting sheet.",
        _bureaux,
        "trois noms séparés par des virgules",
    ),
    Setting("MEDIATOR_NAME", "", "Name of the consumer mediator, on the meeting sheet.", _text, "un texte"),
    Setting("MEDIATOR_ADDRESS", "", "Postal or web address of the consumer mediator.", _text, "un texte"),
)
_BY_NAME: Mapping[str, Setting] = {setting.name: setting for setting in SETTINGS}


def load(environ: Mapping[str, str], overrides: Mapping[str, object] | None = None) -> dict[str, object]:
    """Read every setting.

    Args:
        environ: the environment, normally `os.environ`.
        overrides: values set by code (tests); `INSTANCE`, any setting, any Flask key. They win.

    Returns:
        A dictionary for `app.config`: `INSTANCE` (an existing folder), every name of `SETTINGS`,
        and the overrides.

    Raises:
        SettingError: a setting is unknown or wrong, or the instance folder cannot be used.
    """
    given = dict(overrides or {})
    instance = _instance(given.pop("INSTANCE", None) or environ.get(f"{PREFIX}INSTANCE"))
    written = _read_file(instance / FILE)
    _refuse_unknown(environ, written)
    values: dict[str, object] = {"INSTANCE": instance}
    for setting in SETTINGS:
        values[setting.name] = (
            given.pop(setting.name) if setting.name in given else _value(setting, environ, written)
        )
    if values["DATABASE_URL"] is None:
        values["DATABASE_URL"] = f"sqlite:///{instance / DATABASE_FILE}"
    if values["SECRET_KEY"] is None:
        values["SECRET_KEY"] = secret_key(instance)
    return values | given


def secret_key(instance: Path) -> str:
    """Give the key kept in `instance/secret.key`, making it (mode 600) if there is none.

    Several processes may start at once: each writes its own file, one wins the name by a hard
    link, which is atomic, and all read what the winner wrote.

    Raises:
        SettingError: the file cannot be written or read, is too short, or is open to others.
    """
    path = instance / SECRET_FILE
    try:
        if not path.exists():
            own = instance / f".{SECRET_FILE}.{os.getpid()}.{secrets.token_hex(4)}"
            descriptor = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                with os.fdopen(descriptor, "w") as file:
                    file.write(secrets.token_hex(32))
                    file.flush()
                    os.fsync(file.fileno())
                os.link(own, path)
            except FileExistsError:
                pass  # another process was first: its key is as good
            finally:
                own.unlink()
        if path.stat().st_mode & 0o007:
            raise SettingError(
                f"Le fichier {path} est lisible par tous ; protégez-le : « chmod 600 {path} »."
            )
        key = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(
            f"Le fichier {path} ne peut pas être écrit ou lu ; vérifiez les droits du dossier d’instance."
        ) from error
    if len(key) < 32:
        raise SettingError(
            f"Le fichier {path} est abîmé ; supprimez-le : une clé sera fabriquée au démarrage."
        )
    return key


def _instance(given: object) -> Path:
    path = Path(str(given)).expanduser().resolve() if given else REPOSITORY / "instance"
    try:
        path.mkdir(mode=0o750, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError(
            f"Le dossier d’instance {path} ne peut pas être créé ; corrigez {PREFIX}INSTANCE ou les droits."
        ) from error
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        raise SettingError(
            f"Le dossier d’instance {path} n’est pas ouvert en écriture ; corrigez ses droits."
        )
    return path


def _read_file(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(
            f"Le fichier {path} n’est pas du TOML correct ({error}) ; corrigez-le puis recommencez."
        ) from error
    except OSError as error:
        raise SettingError(f"Le fichier {path} ne peut pas être lu ; vérifiez ses droits.") from error


def _refuse_unknown(environ: Mapping[str, str], written: Mapping[str, object]) -> None:
    known = [*_BY_NAME, "INSTANCE"]
    in_environment = [name.removeprefix(PREFIX) for name in environ if name.startswith(PREFIX)]
    for name, place in [(name, "l’environnement") for name in in_environment] + [
        (name, FILE) for name in written
    ]:
        if name in _BY_NAME or (name == "INSTANCE" and place != FILE):
            continue
        full = f"{PREFIX}{name}" if place != FILE else name
        if name == "INSTANCE":
            advice = f"indiquez le dossier d’instance par la variable d’environnement {PREFIX}INSTANCE"
        elif close := difflib.get_close_matches(name.upper(), known, n=1):
            advice = f"vouliez-vous dire {PREFIX if place != FILE else ''}{close[0]} ?"
        else:
            advice = "retirez-le, ou consultez la liste des réglages dans README.md"
        end = "" if advice.endswith("?") else "."
        raise SettingError(f"Le réglage {full} ({place}) n’existe pas ; {advice}{end}")


def _value(setting: Setting, environ: Mapping[str, str], written: Mapping[str, object]) -> object:
    """Take one setting from the environment, else from the file, else its default."""
    for name in (PREFIX + setting.name, *setting.aliases):
        # An empty variable counts as none: Docker and systemd pass empty ones on.
        if environ.get(name, "").strip():
            return _parsed(setting, environ[name], name)
    if setting.name in written:
        return _parsed(setting, written[setting.name], f"{setting.name} ({FILE})")
    return setting.default


def _parsed(setting: Setting, value: object, name: str) -> object:
    try:
        return setting.parse(value)
    except (ValueError, TypeError) as error:
        shown = "" if setting.secret else f" et non « {value} »"
        raise SettingError(
            f"Le réglage {name} doit être {setting.expected}{shown} ; corrigez-le puis recommencez."
        ) from error
