"""Settings: where they come from, and one clear sentence when one is wrong."""

import multiprocessing
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from pretadepenser import config
from pretadepenser.config import SettingError, load
from pretadepenser.settings import SETTINGS

REPO = Path(__file__).resolve().parents[2]


def test_defaults_need_nothing_but_a_folder(tmp_path: Path) -> None:
    values = load({}, {"INSTANCE": tmp_path / "new" / "instance"})
    assert values["INSTANCE"] == tmp_path / "new" / "instance"
    assert values["LIMIT"] == 0.48
    assert values["DATABASE_URL"] == f"sqlite:///{tmp_path}/new/instance/pretadepenser.sqlite"
    assert (values["HOST"], values["PORT"]) == ("127.0.0.1", 8000)
    assert len(str(values["SECRET_KEY"])) == 64


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('LIMIT = 0.4\nORGANISATION_NAME = "Ma banque"\nWORKERS = 3\n')
    environ = {"PRETADEPENSER_INSTANCE": str(tmp_path), "PRETADEPENSER_LIMIT": "0,52", "PORT": "80"}
    values = load(environ)
    assert (values["LIMIT"], values["WORKERS"], values["PORT"]) == (0.52, 3, 80)
    assert values["ORGANISATION_NAME"] == "Ma banque"


def test_the_three_bureaux_are_named_or_none(tmp_path: Path) -> None:
    for given, kept in (("A,B , C d’ici", "A, B, C d’ici"), ("", "")):
        values = load({"PRETADEPENSER_EXTERNAL_BUREAUX": given}, {"INSTANCE": tmp_path})
        assert values["EXTERNAL_BUREAUX"] == kept


def test_contacts_hold_commas(tmp_path: Path) -> None:
    environ = {"PRETADEPENSER_BUREAUX_CONTACTS": "1 rue A, Paris;b.fr ; c.fr"}
    assert load(environ, {"INSTANCE": tmp_path})["BUREAUX_CONTACTS"] == "1 rue A, Paris ; b.fr ; c.fr"


@pytest.mark.parametrize("given", ["prets.exemple.fr", "prets.exemple.fr, .interne-1.exemple", ""])
def test_host_names_are_those_of_the_proxy(tmp_path: Path, given: str) -> None:
    assert load({"PRETADEPENSER_HOSTS": given}, {"INSTANCE": tmp_path})["HOSTS"] == given


# What a reader of the page of settings would do the wrong way round, were a word of it another.
PURPOSES = {
    "LIMIT": "Plus grande probabilité tolérée de ne pas rembourser : au-dessus, le prêt est refusé.",
    "LEVER_INSTALMENT": (
        "Leviers : combien de fois la mensualité d’aujourd’hui une mensualité proposée peut valoir."
    ),
    "LEVER_CUT": "Leviers : part du montant dont une proposition peut le baisser.",
    "LEVER_POINTS": "Leviers : points au-delà de la limite à partir desquels une proposition est sûre.",
    "INSTALMENT_SHARE": (
        "Règle de l’établissement : part du revenu que peut prendre une mensualité augmentée."
    ),
    "NEAR_POINTS": (
        "Points autour de la limite entre lesquels un dossier en est proche : il faut des motifs et une "
        "seconde lecture."
    ),
    "READER_AMOUNT": (
        "Montant, dans la monnaie affichée, au-dessus duquel un accord attend une seconde lecture ; 0 : "
        "jamais."
    ),
    "CONTEST_DAYS": ("Jours, comptés depuis le courrier, pendant lesquels il invite le client à contester."),
    "DEBT_RATIO": "Règle de l’établissement : part des ressources que peuvent prendre toutes les charges.",
    "LEFT_FIRST": "Règle de l’établissement : reste à vivre par mois pour la première personne du foyer.",
    "LEFT_OTHER": "Règle de l’établissement : reste à vivre par mois pour chaque autre personne du foyer.",
    "KEEP_REFUSED": "Mois pendant lesquels est gardé ce qui a été écrit d’une demande refusée.",
    "KEEP_DECISIONS": (
        "Mois pendant lesquels sont gardées les autres décisions, leurs réexamens et leurs lettres."
    ),
    "KEEP_JOURNAL": "Mois pendant lesquels le journal garde qui a ouvert quel dossier et qui s’est connecté.",
    "COST_RATIO": "Combien de bons clients refusés coûte un défaut de paiement. Il sert à l’entraînement.",
    "SESSION_HOURS": "Heures avant qu’une session redemande le mot de passe, même si elle sert.",
    "SESSION_IDLE": "Minutes sans activité après lesquelles une session se termine.",
    "LOGIN_ATTEMPTS": (
        "Échecs de connexion d’un compte en un jour sans attente ; chacun des suivants la double."
    ),
    "LOGIN_ATTEMPTS_ADDRESS": (
        "De même depuis une adresse, pour les navigateurs qui ne se sont jamais connectés."
    ),
    "LOGIN_MINUTES": "Plus longue attente après des échecs de connexion, en minutes.",
    "ORGANISATION_NAME": "Nom du prêteur, sur la fiche d’entretien et en bas des pages.",
    "OUTCOME_MEANING": (
        "Ce qu’est une difficulté de paiement dans les données, après « environ 37 ont » ; vide : ce qu’elle "
        "est dans celles de Kaggle."
    ),
}


def test_a_purpose_says_which_way_a_setting_works() -> None:
    told = {setting.name: setting for setting in SETTINGS}
    assert {name: told[name].purpose for name in PURPOSES} == PURPOSES
    assert told["RETENTION"].demo == (
        "cinq ans après la fin du crédit, six mois après un refus (durées fictives)"
    )


# What the meeting sheet and letters show of the lender.
ON_SHEET = {
    "ORGANISATION_NAME", "ORGANISATION_ADDRESS", "ORGANISATION_PHONE", "ORGANISATION_EMAIL",
    "ORGANISATION_DPO", "EXTERNAL_BUREAUX", "MEDIATOR_NAME", "MEDIATOR_ADDRESS", "CONTROLLER_NAME",
    "CONTROLLER_ADDRESS", "REVIEW_CONTACT", "PURPOSES", "LEGAL_BASIS", "RECIPIENTS", "RETENTION",
    "BUREAUX_CONTACTS", "CREDIT_FILE",
}  # fmt: skip


def test_what_is_secret_and_what_clients_are_shown() -> None:
    assert {one.name for one in SETTINGS if one.secret} == {"DATABASE_URL", "SECRET_KEY"}
    assert {one.name for one in SETTINGS if one.on_sheet} == ON_SHEET
    # With these two the sheet is complete without a word of its own for what lacks.
    unlabelled = {one.name for one in SETTINGS if one.on_sheet and not one.label}
    assert unlabelled == {"ORGANISATION_NAME", "ORGANISATION_EMAIL"}
    assert {one.name: one.label for one in SETTINGS if one.label} == {
        "ORGANISATION_ADDRESS": "l’adresse du prêteur",
        "ORGANISATION_PHONE": "le téléphone du prêteur",
        "ORGANISATION_DPO": "le délégué à la protection des données",
        "EXTERNAL_BUREAUX": "le nom des organismes extérieurs",
        "MEDIATOR_NAME": "le nom du médiateur",
        "MEDIATOR_ADDRESS": "l’adresse du médiateur",
        "CONTROLLER_NAME": "le responsable du traitement",
        "CONTROLLER_ADDRESS": "l’adresse du responsable du traitement",
        "REVIEW_CONTACT": "la personne qui répond des décisions",
        "PURPOSES": "le but du traitement",
        "LEGAL_BASIS": "la base légale",
        "RECIPIENTS": "les destinataires",
        "RETENTION": "la durée de conservation",
        "BUREAUX_CONTACTS": "les coordonnées des organismes extérieurs",
        "CREDIT_FILE": "qui tient le fichier des crédits",
    }


def test_variables_of_platforms_and_whose_they_are() -> None:
    assert {one.name: one.aliases for one in SETTINGS if one.aliases} == {
        "DATABASE_URL": ("DATABASE_URL",), "HOST": ("HOST",), "PORT": ("PORT",),
        "WORKERS": ("WEB_CONCURRENCY",),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("1", "oui", "OUI", " true ", "vrai", "yes", "on"), True),
        (("0", "non", "Non", " false ", "faux", "no", "off"), False),
    ],
)
def test_yes_and_no_are_told_in_several_words(tmp_path: Path, words: tuple[str, ...], meant: bool) -> None:
    for word in words:
        assert load({"PRETADEPENSER_HTTPS": word}, {"INSTANCE": tmp_path})["HTTPS"] is meant, word
    (tmp_path / "config.toml").write_text(f"HTTPS = {str(meant).lower()}\n")
    assert load({}, {"INSTANCE": tmp_path})["HTTPS"] is meant


def test_a_folder_that_is_missing_is_made_for_owner_and_group(tmp_path: Path) -> None:
    made = tmp_path / "new" / "instance"
    load({"PRETADEPENSER_INSTANCE": str(made)})
    assert stat.S_IMODE(made.stat().st_mode) == 0o750
    # The one that code gives wins.
    given = load({"PRETADEPENSER_INSTANCE": str(made)}, {"INSTANCE": tmp_path})
    assert given["INSTANCE"] == tmp_path


def test_what_code_gives_wins_and_is_not_worked_out(tmp_path: Path) -> None:
    given = {"INSTANCE": tmp_path, "DATABASE_URL": "sqlite:///own", "SECRET_KEY": "own", "TESTING": True}
    values = load({"PRETADEPENSER_SECRET_KEY": "k" * 32}, given)
    assert (values["DATABASE_URL"], values["SECRET_KEY"], values["TESTING"]) == ("sqlite:///own", "own", True)
    assert list(tmp_path.iterdir()) == []


# What is unknown, in the environment (True) or in the file, and all that is said of it.
UNKNOWN = [
    (
        True, "LIMT",
        "Le réglage PRETADEPENSER_LIMT (l’environnement) n’existe pas ; vouliez-vous dire "
        "PRETADEPENSER_LIMIT ?",
    ),
    (False, "LIMT", "Le réglage LIMT (config.toml) n’existe pas ; vouliez-vous dire LIMIT ?"),
    (False, "limit", "Le réglage limit (config.toml) n’existe pas ; vouliez-vous dire LIMIT ?"),
    (
        True, "COULEUR",
        "Le réglage PRETADEPENSER_COULEUR (l’environnement) n’existe pas ; retirez-le, ou consultez la liste "
        "des réglages dans README.md.",
    ),
    (
        False, "COULEUR",
        "Le réglage COULEUR (config.toml) n’existe pas ; retirez-le, ou consultez la liste des réglages dans "
        "README.md.",
    ),
    (
        False, "INSTANCE",
        "Le réglage INSTANCE (config.toml) n’existe pas ; indiquez le dossier d’instance par la variable "
        "d’environnement PRETADEPENSER_INSTANCE.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("environment", "name", "sentence"), UNKNOWN)
def test_what_no_setting_is_called_is_told_with_what_to_do(
    tmp_path: Path, environment: bool, name: str, sentence: str
) -> None:
    # Beside names that are known, before it as after it.
    environ = {"PRETADEPENSER_AUDIT_PASSWORD": "x", "PRETADEPENSER_WORKERS": "3"}
    if environment:
        environ |= {f"PRETADEPENSER_{name}": "x", "PRETADEPENSER_THREADS": "2"}
    else:
        (tmp_path / "config.toml").write_text(f'PORT = 80\n{name} = "x"\n')
    with pytest.raises(SettingError) as error:
        load(environ, {"INSTANCE": tmp_path})
    assert str(error.value) == sentence


@pytest.mark.parametrize(
    ("name", "expected", "wrong"),
    [
        ("LIMIT", "un nombre entre 0,01 et 0,99", "48"),
        ("LEVER_INSTALMENT", "un nombre entre 1 et 10", "0,5"),
        ("LEVER_CUT", "un nombre entre 0,01 et 0,9", "1"),
        ("READER_AMOUNT", "un entier entre 0 et 1000000000", "-1"),
        ("HTTPS", "oui ou non", "peut-être"),
        ("HOSTS", "une liste de noms de domaine séparés par des virgules", "https://a.fr"),
        ("ORGANISATION_DPO", "une adresse électronique", "dpo"),
        ("EXTERNAL_BUREAUX", "trois noms séparés par des virgules", "A,,C"),
        ("EXTERNAL_BUREAUX", "trois noms séparés par des virgules", "A, B, C, D"),
        ("BUREAUX_CONTACTS", "trois coordonnées séparées par des points-virgules", "a;b;"),
        ("BUREAUX_CONTACTS", "trois coordonnées séparées par des points-virgules", "a;b;c;d"),
    ],
)
def test_what_is_wrong_is_told_with_what_is_right(
    tmp_path: Path, name: str, expected: str, wrong: str
) -> None:
    with pytest.raises(SettingError) as error:
        load({f"PRETADEPENSER_{name}": wrong}, {"INSTANCE": tmp_path})
    assert str(error.value) == (
        f"Le réglage PRETADEPENSER_{name} doit être {expected} et non « {wrong} » ; corrigez-le puis "
        "recommencez."
    )


def test_every_setting_says_what_it_is_for() -> None:
    for setting in SETTINGS:
        assert re.fullmatch(r"[A-ZÉÀ].+\.", setting.purpose), setting.name
        assert setting.on_sheet or not (setting.label or setting.demo)
        assert bool(setting.label) == bool(setting.demo)


@pytest.mark.parametrize("name", ["AUDIT_PASSWORD", "AUDIT_PASSWORD_2", "AUDIT_PASSWORD_10"])
def test_the_passwords_of_an_audit_are_no_setting_of_the_server(tmp_path: Path, name: str) -> None:
    values = load({f"PRETADEPENSER_{name}": "secret"}, {"INSTANCE": tmp_path})
    assert "secret" not in values.values()
    assert name not in values


@pytest.mark.parametrize("name", ["AUDIT_PASSWORD_", "AUDIT_PASSWORD_DEUX", "AUDIT_PASSWORDS"])
def test_no_other_name_passes_for_the_password_of_an_audit(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingError, match=f"Le réglage PRETADEPENSER_{name} "):
        load({f"PRETADEPENSER_{name}": "secret"}, {"INSTANCE": tmp_path})


def test_the_password_of_an_audit_does_not_stand_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('AUDIT_PASSWORD = "secret"\n')
    with pytest.raises(SettingError, match="AUDIT_PASSWORD"):
        load({}, {"INSTANCE": tmp_path})


def test_our_own_variable_wins_over_a_platform_s(tmp_path: Path) -> None:
    environ = {"PORT": "80", "PRETADEPENSER_PORT": "81", "PRETADEPENSER_WORKERS": ""}
    values = load(environ, {"INSTANCE": tmp_path})
    assert (values["PORT"], values["WORKERS"]) == (81, 2)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_addresses_of_platforms_are_understood(tmp_path: Path, scheme: str) -> None:
    values = load({"DATABASE_URL": f"{scheme}://u:p@db.example/app"}, {"INSTANCE": tmp_path})
    assert values["DATABASE_URL"] == "postgresql+psycopg://u:p@db.example/app"


WRONG = [
    ({"PRETADEPENSER_LIMIT": "48"}, "LIMIT doit être un nombre entre 0,01 et 0,99 et non « 48 »"),
    ({"PRETADEPENSER_LIMIT": "nan"}, "LIMIT doit être"),
    ({"PRETADEPENSER_LIMIT": "beaucoup"}, "LIMIT doit être"),
    ({"PORT": "http"}, "Le réglage PORT doit être un entier entre 1 et 65535 et non « http »"),
    ({"PORT": "0"}, "PORT doit être"),
    ({"PRETADEPENSER_HTTPS": "peut-être"}, "HTTPS doit être oui ou non"),
    ({"PRETADEPENSER_ORGANISATION_EMAIL": "contact"}, "une adresse électronique et non « contact »"),
    ({"PRETADEPENSER_HOSTS": "https://prets.exemple.fr"}, "HOSTS doit être"),
    ({"PRETADEPENSER_EXTERNAL_BUREAUX": "A, B"}, "trois noms séparés par des virgules et non « A, B »"),
    ({"PRETADEPENSER_EXTERNAL_BUREAUX": "A,,C"}, "EXTERNAL_BUREAUX doit être"),
    ({"PRETADEPENSER_BUREAUX_CONTACTS": "a ; b"}, "trois coordonnées séparées par des points-virgules"),
    ({"PRETADEPENSER_COST_RATIO": "0"}, "COST_RATIO doit être un entier entre 1 et 1000 et non « 0 »"),
    (
        {"DATABASE_URL": "mysql://u:motdepasse@h/b"},
        "DATABASE_URL doit être une adresse sqlite:///… ou postgresql://… ; corrigez-le puis recommencez.",
    ),
    ({"PRETADEPENSER_SECRET_KEY": "court"}, "SECRET_KEY doit être un texte d’au moins 32 caractères"),
    ({"PRETADEPENSER_LIMT": "0.4"}, "vouliez-vous dire PRETADEPENSER_LIMIT ?"),
    ({"PRETADEPENSER_COULEUR": "bleu"}, "n’existe pas ; retirez-le"),
]


@pytest.mark.parametrize(("environ", "sentence"), WRONG)
def test_a_wrong_setting_is_told_in_one_sentence(
    tmp_path: Path, environ: dict[str, str], sentence: str
) -> None:
    with pytest.raises(SettingError) as error:
        load(environ, {"INSTANCE": tmp_path})
    message = str(error.value)
    assert sentence in message
    assert "\n" not in message
    assert message[-1] in ".?"
    # What is secret is not repeated: the sentence may end in a log.
    assert "motdepasse" not in message
    assert "court" not in message


# (setting, lowest, highest, one step too low, one step too high)
EDGES = [
    ("LIMIT", "0.01", "0.99", "0.0099", "0.9901"),
    ("LIMIT", "0,01", "0,99", "0", "1"),
    ("LEVER_INSTALMENT", "1", "10", "0.99", "10.01"),
    ("LEVER_CUT", "0.01", "0.9", "0.0099", "0.9001"),
    ("LEVER_POINTS", "0", "100", "-1", "101"),
    ("INSTALMENT_SHARE", "0.01", "1", "0.0099", "1.01"),
    ("NEAR_POINTS", "0", "100", "-1", "101"),
    ("READER_AMOUNT", "0", "1000000000", "-1", "1000000001"),
    ("READER_DAYS", "1", "60", "0", "61"),
    ("REVIEW_DAYS", "1", "366", "0", "367"),
    ("CONTEST_DAYS", "1", "3660", "0", "3661"),
    ("DEBT_RATIO", "0.01", "1", "0.0099", "1.01"),
    ("LEFT_FIRST", "0", "1000000000", "-1", "1000000001"),
    ("LEFT_OTHER", "0", "1000000000", "-1", "1000000001"),
    ("KEEP_REFUSED", "1", "1200", "0", "1201"),
    ("KEEP_DECISIONS", "1", "1200", "0", "1201"),
    ("KEEP_JOURNAL", "1", "1200", "0", "1201"),
    ("COST_RATIO", "1", "1000", "0", "1001"),
    ("MEMORY", "500", "1000000", "499", "1000001"),
    ("PORT", "1", "65535", "0", "65536"),
    ("WORKERS", "1", "64", "0", "65"),
    ("THREADS", "1", "64", "0", "65"),
    ("PROXIES", "0", "5", "-1", "6"),
    ("SESSION_HOURS", "1", "168", "0", "169"),
    ("SESSION_IDLE", "5", "1440", "4", "1441"),
    ("LOGIN_ATTEMPTS", "1", "1000", "0", "1001"),
    ("LOGIN_ATTEMPTS_ADDRESS", "1", "10000", "0", "10001"),
    ("LOGIN_MINUTES", "1", "1440", "0", "1441"),
    ("API_REQUESTS", "1", "1000000", "0", "1000001"),
    ("API_ROWS", "1", "1000000", "0", "1000001"),
]


@pytest.mark.parametrize(("name", "lowest", "highest", "below", "above"), EDGES)
def test_a_number_is_taken_up_to_its_edges_and_no_further(
    tmp_path: Path, name: str, lowest: str, highest: str, below: str, above: str
) -> None:
    for given in (lowest, highest):
        values = load({f"PRETADEPENSER_{name}": given}, {"INSTANCE": tmp_path})
        assert values[name] == float(given.replace(",", "."))
    for given in (below, above, "inf", "nan"):
        with pytest.raises(SettingError, match=f"Le réglage PRETADEPENSER_{name} doit être un .* et non «"):
            load({f"PRETADEPENSER_{name}": given}, {"INSTANCE": tmp_path})


def test_every_number_has_its_edges_here() -> None:
    numbers = {one.name for one in SETTINGS if type(one.default) in (int, float)}
    assert numbers == {name for name, *_ in EDGES}


def test_a_secret_key_of_32_characters_is_long_enough_and_one_of_31_is_not(tmp_path: Path) -> None:
    given = {"PRETADEPENSER_SECRET_KEY": "k" * 32}
    assert load(given, {"INSTANCE": tmp_path})["SECRET_KEY"] == "k" * 32
    with pytest.raises(SettingError, match="SECRET_KEY doit être un texte d’au moins 32 caractères"):
        load({"PRETADEPENSER_SECRET_KEY": "k" * 31}, {"INSTANCE": tmp_path})
    kept = tmp_path / "secret.key"
    kept.touch(0o600)
    kept.write_text("k" * 32)
    assert config.secret_key(tmp_path) == "k" * 32
    kept.write_text("k" * 31)
    with pytest.raises(SettingError, match="abîmé"):
        config.secret_key(tmp_path)


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("LIMIT = 0.4\nLIMIT =", "config.toml n’est pas du TOML correct (Invalid value"),
        ("LIMIT = 0.4\nLIMIT =", ") ; corrigez-le puis recommencez."),
        ("LIMIT = true", "LIMIT (config.toml) doit être"),
        ("PORT = true", "PORT (config.toml) doit être un entier entre 1 et 65535 et non « True »"),
        ("DEBT_RATIO = true", "DEBT_RATIO (config.toml) doit être un nombre entre 0,01 et 1 et non « True »"),
        ("PORT = 80.5", "PORT (config.toml) doit être"),
        ("limit = 0.4", "vouliez-vous dire LIMIT ?"),
        ('INSTANCE = "/srv"', "la variable d’environnement PRETADEPENSER_INSTANCE"),
        ("ORGANISATION_NAME = 3", "ORGANISATION_NAME (config.toml) doit être un texte et non « 3 »"),
    ],
)
def test_a_wrong_file_is_told_in_one_sentence(tmp_path: Path, written: str, sentence: str) -> None:
    (tmp_path / "config.toml").write_text(written)
    with pytest.raises(SettingError) as error:
        load({}, {"INSTANCE": tmp_path})
    assert sentence in str(error.value)


def test_an_instance_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "instance"
    with pytest.raises(SettingError) as refused:
        load({"PRETADEPENSER_INSTANCE": str(folder)})
    assert str(refused.value) == (
        f"Le dossier d’instance {folder} ne peut pas être créé ; corrigez PRETADEPENSER_INSTANCE ou les "
        "droits."
    )


def test_an_instance_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everywhere
    with pytest.raises(SettingError) as refused:
        load({}, {"INSTANCE": tmp_path})
    assert str(refused.value) == (
        f"Le dossier d’instance {tmp_path} n’est pas ouvert en écriture ; corrigez ses droits."
    )


def test_a_file_of_settings_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "config.toml").mkdir()
    with pytest.raises(SettingError) as refused:
        load({}, {"INSTANCE": tmp_path})
    assert str(refused.value) == (
        f"Le fichier {tmp_path}/config.toml ne peut pas être lu ; vérifiez ses droits."
    )


def test_the_secret_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    first = load({}, {"INSTANCE": tmp_path})["SECRET_KEY"]
    assert load({}, {"INSTANCE": tmp_path})["SECRET_KEY"] == first
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]


def _key(folder: Path) -> str:
    return config.secret_key(folder)


def test_processes_that_start_at_once_agree_on_the_secret_key(tmp_path: Path) -> None:
    with multiprocessing.get_context("fork").Pool(8) as pool:
        keys = pool.map(_key, [tmp_path] * 64, chunksize=1)
    assert len(set(keys)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]


def test_a_secret_key_that_others_can_read_or_that_is_damaged_is_refused(tmp_path: Path) -> None:
    key = tmp_path / "secret.key"
    key.write_text("a" * 64)
    key.chmod(0o644)
    with pytest.raises(SettingError) as refused:
        config.secret_key(tmp_path)
    assert str(refused.value) == f"Le fichier {key} est lisible par tous ; protégez-le : « chmod 600 {key} »."
    # Its group may: a server that is not the file's owner reads it so.
    key.chmod(0o640)
    assert config.secret_key(tmp_path) == "a" * 64
    key.write_text("")
    key.chmod(0o600)
    with pytest.raises(SettingError) as refused:
        config.secret_key(tmp_path)
    assert str(refused.value) == (
        f"Le fichier {key} est abîmé ; supprimez-le : une clé sera fabriquée au démarrage."
    )
    key.write_bytes(b"\xff" * 64)
    with pytest.raises(SettingError) as refused:
        config.secret_key(tmp_path)
    assert str(refused.value) == (
        f"Le fichier {key} ne peut pas être écrit ou lu ; vérifiez les droits du dossier d’instance."
    )


def test_a_wrong_setting_stops_the_start_without_a_trace(tmp_path: Path) -> None:
    environ = os.environ | {"PRETADEPENSER_INSTANCE": str(tmp_path), "PRETADEPENSER_LIMIT": "48"}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "user", "list"]
    done = subprocess.run(command, cwd=REPO, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.strip().splitlines() == [
        "Prêt à dépenser n’a pas démarré. Le réglage PRETADEPENSER_LIMIT doit être un nombre entre 0,01 et "
        "0,99 et non « 48 » ; corrigez-le puis recommencez."
    ]


def test_the_readme_s_table_is_the_settings() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", (REPO / "README.md").read_text(), re.MULTILINE)
    assert rows == [(one.name, one.default_text, one.comment) for one in SETTINGS]
