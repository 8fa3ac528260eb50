"""`flask audit` for real: Chromium signs in to a running gunicorn and walks a short sample."""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask, Response, request
from selenium.webdriver.chrome.webdriver import WebDriver
from werkzeug.serving import make_server
from werkzeug.wrappers import Request
from werkzeug.wrappers import Response as Answer

import pretadepenser.audit
from pretadepenser import create_app
from pretadepenser.audit.browser import Walker
from pretadepenser.audit.sample import load
from tests.browser.conftest import hosted
from tests.browser.states import display
from tests.browser.test_accessibility import violations
from tests.conftest import PASSWORD

DISPLAYS = """
[[display]]
name = "clair"
title = "Thème clair"
width = 1280

[[display]]
name = "etroit"
title = "320 pixels de large"
width = 320
sideways = "10.11"

[[display]]
name = "grand"
title = "Texte à 200 %"
width = 1280
text = 200
sideways = "10.4"
"""
SIGN_IN = """
[[page]]
name = "connexion"
title = "Connexion"
path = "/connexion"
anonymous = true
states = [
  { name = "normal", title = "telle quelle" },
  { name = "erreurs", title = "envoyée vide", send = true, status = 422, says = "Saisissez votre" },
]
"""
SIMULATION = """
[[page]]
name = "simulation"
title = "Simulation"
path = "/clients/{client}/simulation"
states = [
  { name = "normal", title = "telle quelle" },
  { name = "reponse", title = "réponse", scale = { "Revenu mensuel" = 1.1 }, send = true, unfold = true, says = "C’est une simulation" },
]
"""  # noqa: E501
RESERVED = """
[[page]]
name = "reglages"
title = "Réglages"
path = "/administration/reglages"
reserved = true
states = [{ name = "normal", title = "telle quelle" }]
"""
ONE_DISPLAY = DISPLAYS.partition('\n[[display]]\nname = "etroit"')[0]
# The same page in one state.
SIMULATION_ALONE = """
[[page]]
name = "simulation"
title = "Simulation"
path = "/clients/{client}/simulation"
states = [{ name = "normal", title = "telle quelle" }]
"""
# In the one display in which the faulty site has two faults.
BROKEN = f"""{SIMULATION_ALONE}
[[display]]
name = "etroit"
title = "320 pixels de large"
width = 320
sideways = "10.11"
"""

Audit = Callable[..., Result]


@pytest.fixture(scope="module")
def auditor_app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application on the auditor's own machine: an empty instance folder."""
    return create_app({"INSTANCE": tmp_path_factory.mktemp("auditor") / "instance"})


@pytest.fixture(scope="module")
def audit(auditor_app: Flask, tmp_path_factory: pytest.TempPathFactory, driver: WebDriver) -> Audit:
    """Runs `flask audit`: audit(url, sample, *options, users=…, password=…, output=…)."""

    def run(
        url: str,
        sample: str,
        *options: str,
        users: tuple[str, ...] = ("agathe",),
        password: str = PASSWORD,
        output: Path | None = None,
    ) -> Result:
        folder = tmp_path_factory.mktemp("audit")
        (folder / "sample.toml").write_text(sample, "utf-8")
        words = ["audit", "--url", url, "--output", str(output or folder / "out")]
        words += ["--sample", str(folder / "sample.toml"), *options]
        for user in users:
            words += ["--user", user]
        given = {"PRETADEPENSER_AUDIT_PASSWORD": password, "PRETADEPENSER_AUDIT_PASSWORD_2": PASSWORD}
        runner = auditor_app.test_cli_runner(env=given)
        return runner.invoke(args=words)

    return run


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pack") / "audit"


@pytest.fixture(scope="module")
def audited(audit: Audit, site: str, output: Path) -> Result:
    """Two pages of the site in two states and three displays, and one that is not for advisors."""
    return audit(site + "/", SIGN_IN + SIMULATION + RESERVED + DISPLAYS, "--client", "157083", output=output)


@pytest.fixture(scope="module")
def faulty(instance: Path) -> Iterator[str]:
    """Address of the site with a picture without alternative on each page, and on /clients/… a wide line."""
    app = create_app({"INSTANCE": instance})

    @app.after_request
    def spoil(response: Response) -> Response:
        if response.mimetype == "text/html":
            fault = b'<img src="/static/favicon.svg" width="9" height="9">'
            if request.path.startswith("/clients/"):
                fault += b"<pre>" + b"x" * 400 + b"</pre>"
            if request.path == "/administration/reglages" and "camille" in response.get_data(as_text=True):
                fault += b'<label for="n">Nouveau mot de passe</label><input id="n" type="password">'
            response.set_data(response.get_data().replace(b"</main>", fault + b"</main>"))
        return response

    with hosted(app) as address:
        yield address


def test_the_walk_finds_nothing(audited: Result, output: Path) -> None:
    assert audited.exit_code == 0, audited.output
    told = [" ".join(line.split()) for line in audited.stdout.splitlines()]
    assert told == [
        "Aucune violation. 2 pages ouvertes, 12 contrôles d’axe-core en 3 affichages.",
        "réservé reglages/normal : ce compte n’a pas le droit de l’ouvrir",
        f"Preuves écrites dans {output}.",
    ]
    assert "Simulation (1 sur 3)…" in audited.stderr
    assert "Connexion (3 sur 3)…" in audited.stderr


def test_a_second_account_opens_what_is_closed_to_the_first(audit: Audit, site: str, tmp_path: Path) -> None:
    """In whatever order, and nothing twice: settings are for the one, the pages of clients for the other."""
    done = audit(
        site,
        RESERVED + SIMULATION_ALONE + ONE_DISPLAY,
        users=("camille", "agathe"),
        output=tmp_path / "out",
    )
    assert done.exit_code == 0, done.output
    assert " ".join(done.stdout.splitlines()[0].split()) == (
        "Aucune violation. 2 pages ouvertes, 2 contrôles d’axe-core en 1 affichage."
    )
    assert "non vu" not in done.stdout
    assert "réservé" not in done.stdout
    assert {path.stem for path in (tmp_path / "out" / "axe").iterdir()} == {
        "reglages-normal-clair",
        "simulation-normal-clair",
    }


def test_what_no_account_may_open_is_no_success(audit: Audit, site: str) -> None:
    alone = audit(site, SIMULATION + ONE_DISPLAY, users=("camille",))
    assert alone.exit_code == 2
    assert "  non vu  simulation/normal : le site répond 403 et non 200\n" in alone.stdout


def test_every_state_is_the_one_that_was_meant(audited: Result, output: Path) -> None:
    pages = {path.stem: json.loads(path.read_text("utf-8")) for path in (output / "axe").iterdir()}
    assert sorted(pages) == sorted(
        f"{state}-{name}"
        for state in ("connexion-normal", "connexion-erreurs", "simulation-normal", "simulation-reponse")
        for name in ("clair", "etroit", "grand")
    )
    assert pages["simulation-reponse-clair"]["url"].endswith("/clients/157083/simulation")
    assert pages["simulation-reponse-etroit"]["testEnvironment"]["windowWidth"] == 320
    assert pages["simulation-reponse-grand"]["testEnvironment"]["windowWidth"] == 1280
    for answer in pages.values():
        assert answer["testEngine"]["version"] == "4.14.1"
        assert answer["violations"] == []
        assert len(answer["passes"]) + len(answer["inapplicable"]) > 80
        # What is right is not copied: it is the client's file.
        assert not any("html" in node for one in answer["passes"] for node in one["nodes"])


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (320, "light")])
@pytest.mark.parametrize("name", ["rapport.html", "grille.html"])
def test_its_pages_are_accessible_too(
    audited: Result, output: Path, driver: WebDriver, name: str, width: int, scheme: str
) -> None:
    driver.get(f"file://{output / name}")
    display(driver, width, {"prefers-color-scheme": scheme})
    try:
        assert violations(driver) == []
        assert driver.execute_script("return document.documentElement.scrollWidth") <= width
    finally:
        display(driver, 1280, {})


def test_a_display_is_what_its_reader_has_set(driver: WebDriver, site: str) -> None:
    walker = Walker(driver, site, load(), {}, lambda step, share: None)
    walker.open("/connexion")
    told = {}
    for shown in load().displays:
        walker.show(shown)
        told[shown.name] = driver.execute_script(
            "const is = query => matchMedia(query).matches;"
            "return [innerWidth, is('(prefers-color-scheme: dark)'), is('(forced-colors: active)'), "
            "getComputedStyle(document.documentElement).fontSize]"
        )
    walker.show(load().displays[0])
    assert told == {
        "clair": [1280, False, False, "16px"],
        "sombre": [1280, True, False, "16px"],
        "contraste": [1280, False, True, "16px"],
        "etroit": [320, False, False, "16px"],
        "grand": [1280, False, False, "32px"],
    }


def test_a_pack_is_not_written_over(audit: Audit, audited: Result, output: Path) -> None:
    again = audit("http://127.0.0.1:9", SIGN_IN + DISPLAYS, output=output)
    assert (again.exit_code, again.stderr) == (
        2, f"Erreur : {output} existe déjà : choisissez un autre dossier, ou ajoutez --force.\n",
    )  # fmt: skip


@pytest.fixture(scope="module")
def spoilt(audit: Audit, faulty: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    """An audit of the faulty site, and where its pack is."""
    output = tmp_path_factory.mktemp("spoilt") / "out"
    return audit(faulty, BROKEN, output=output), output


def test_a_violation_ends_with_1(spoilt: tuple[Result, Path]) -> None:
    found, _ = spoilt
    assert found.exit_code == 1, found.output
    assert "  violation  simulation/normal: image-alt\n" in found.stdout
    assert "  violation  simulation/normal: page-width\n" in found.stdout
    for criterion, rule in (("1.1", "image-alt"), ("10.11", "page-width")):
        told = f"contradiction : {criterion} est dit conforme, mais la page simulation enfreint {rule}."
        assert told in found.stdout


def test_a_violation_that_is_accepted_ends_with_0(
    audit: Audit, faulty: str, spoilt: tuple[Result, Path]
) -> None:
    accepted = audit(faulty, BROKEN, "--baseline", str(spoilt[1] / "noms.txt"))
    assert accepted.exit_code == 0, accepted.output
    assert "toutes acceptées d’avance" in accepted.stdout


def test_a_state_that_is_not_reached_is_no_success(audit: Audit, site: str) -> None:
    sample = SIMULATION.replace("Revenu mensuel", "Revenu annuel").replace('"normal"', '"autre"', 1)
    sample = sample.replace('title = "telle quelle"', 'title = "x", says = "Absent"') + ONE_DISPLAY
    done = audit(site, sample)
    assert done.exit_code == 2, done.output
    assert "  non vu  simulation/autre : les mots « Absent » n’y sont pas\n" in done.stdout
    assert "  non vu  simulation/reponse : le champ « Revenu annuel » n’est pas là\n" in done.stdout


def test_a_wrong_password_is_told(audit: Audit, site: str) -> None:
    done = audit(site, SIGN_IN + ONE_DISPLAY, password="un mauvais mot de passe")
    assert (done.exit_code, done.stderr) == (
        2, "Erreur : Le site refuse la connexion de agathe : vérifiez l’identifiant et le mot de passe.\n",
    )  # fmt: skip


def test_an_account_that_must_change_its_password_is_told(audit: Audit, faulty: str) -> None:
    done = audit(faulty, SIGN_IN + ONE_DISPLAY, users=("camille",))
    assert done.exit_code == 2
    assert done.stderr == (
        "Erreur : Le compte camille doit d’abord changer de mot de passe : créez le compte d’audit avec "
        "« flask --app wsgi user add NOM --role RÔLE --permanent ».\n"
    )


def test_no_answer_is_told(audit: Audit) -> None:
    done = audit("http://127.0.0.1:9999", SIGN_IN + ONE_DISPLAY)
    assert done.exit_code == 2
    assert done.stderr == (
        "Erreur : Le site http://127.0.0.1:9999 ne répond pas (ERR_CONNECTION_REFUSED) : "
        "vérifiez l’adresse.\n"
    )


def test_another_site_is_told(audit: Audit) -> None:
    server = make_server("127.0.0.1", 0, Request.application(lambda _: Answer("Bonjour")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    done = audit(f"http://127.0.0.1:{server.server_port}", SIGN_IN + ONE_DISPLAY)
    server.shutdown()
    assert done.exit_code == 2
    assert done.stderr.endswith(
        "/connexion n’a pas les champs « Identifiant » et « Mot de passe » : est-ce bien un site Prêt à "
        "dépenser ?\n"
    )


def test_no_chromium_is_told(audit: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nulle-part")
    done = audit("http://127.0.0.1:9999", SIGN_IN + ONE_DISPLAY)
    assert (done.exit_code, done.stderr) == (
        2, "Erreur : Chromium ou chromedriver manque : apt install chromium chromium-driver\n",
    )  # fmt: skip


def test_no_password_is_told(auditor_app: Flask, tmp_path: Path) -> None:
    runner = auditor_app.test_cli_runner(env={"PRETADEPENSER_AUDIT_PASSWORD": ""})
    done = runner.invoke(args=["audit", "--url", "http://x", "--user", "a", "--output", str(tmp_path / "o")])
    assert done.exit_code == 2
    assert done.stderr == (
        "Erreur : Le mot de passe de a manque : donnez-le par la variable d’environnement "
        "PRETADEPENSER_AUDIT_PASSWORD.\n"
    )
    runner = auditor_app.test_cli_runner(env={"PRETADEPENSER_AUDIT_PASSWORD": "donné"})
    words = ["audit", "--url", "http://x", "--user", "a", "--user", "b", "--output", str(tmp_path / "o")]
    assert "Le mot de passe de b manque" in runner.invoke(args=words).stderr
    assert "PRETADEPENSER_AUDIT_PASSWORD_2." in runner.invoke(args=words).stderr


@pytest.mark.parametrize(
    ("module", "told"),
    [("selenium", "selenium"), ("axe_selenium_python", "axe_selenium_python"), ("odf.dc", "odf")],
)
def test_without_its_extra_the_command_says_what_to_install(
    auditor_app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, told: str
) -> None:
    """Before the walk, which takes minutes."""
    monkeypatch.setitem(sys.modules, module, None)
    for name in ("run", "browser", "folder", "ods"):
        monkeypatch.delitem(sys.modules, f"pretadepenser.audit.{name}", raising=False)
        monkeypatch.delattr(pretadepenser.audit, name, raising=False)
    runner = auditor_app.test_cli_runner()
    done = runner.invoke(args=["audit", "--url", "http://x", "--user", "a", "--output", str(tmp_path / "o")])
    assert done.exit_code == 2
    assert done.stderr == (
        f"Erreur : Il manque {told} pour commander un navigateur : installez l’extra « audit » "
        "(pip install --editable '.[audit]').\n"
    )
