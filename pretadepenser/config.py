"""Where the settings of settings.py come from, and what is said when one is wrong.

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
from collections.abc import Mapping
from pathlib import Path

from pretadepenser.errors import ToldError
from pretadepenser.settings import SETTINGS, Setting

PREFIX = "PRETADEPENSER_"
# Variables of the environment that are no settings of the server: each account of an audit has its password.
OTHERS = re.compile(r"INSTANCE|AUDIT_PASSWORD(_[1-9][0-9]*)?")
REPOSITORY = Path(__file__).resolve().parent.parent
FILE = "config.toml"
SECRET_FILE = "secret.key"  # noqa: S105 (the name of a file)
DATABASE_FILE = "pretadepenser.sqlite"


class SettingError(ToldError):
    """A setting is unknown or wrong; the message is one French sentence for the administrator."""


_BY_NAME: Mapping[str, Setting] = {setting.name: setting for setting in SETTINGS}


def load(environ: Mapping[str, str], overrides: Mapping[str, object] | None = None) -> dict[str, object]:
    """Read every setting.

    Args:
        environ: the environment, normally `os.environ`.
        overrides: values set by code (tests); `INSTANCE`, any setting, any Flask key. They win.

    Returns:
        A dictionary for `app.config`: `INSTANCE` (an existing folder), every name of `SETTINGS`,
        and the overrides.

    Raises SettingError: a setting is unknown or wrong, or the instance folder cannot be used.
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

    Raises SettingError: the file cannot be written or read, is too short, or is open to others.
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
        if name in _BY_NAME or (place != FILE and OTHERS.fullmatch(name)):
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
