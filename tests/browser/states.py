"""Every page of the site in every state worth looking at, for the browser tests.

`test_accessibility.py` holds that each address of the URL map is here or in NOT_PAGES, with its reason.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.support.wait import WebDriverWait

CLIENT = "/clients/157083"
# The numbers begin again each year; the fourth was written in this one (tests/web/deciding.py).
REVIEW = f"/revues/REV-{datetime.now(UTC).astimezone().year}-00000"
SMALL = "comme=revenu&comme=source&comme=logement&comme=type&comme=age&comme=montant"


# Of the page that is open, at once: each question by itself takes as long as its answer.
TOLD = """
return [performance.getEntriesByType('navigation')[0].responseStatus, document.title,
  document.querySelector('h1').innerText, document.querySelector('main').textContent];
"""


@dataclass(frozen=True)
class State:
    """A page in one state: who opens what, on which site, what is then done to it, and how it is recognised.

    `status`: of the answer that is shown in the end; `says`: words that only this state has.
    """

    endpoint: str
    path: str
    name: str = ""
    user: str = "agathe"
    site: str = "site"
    act: Callable[[WebDriver], None] | None = None
    status: int = 200
    says: str = ""

    def __str__(self) -> str:
        return f"{self.endpoint}-{self.name or 'normal'}"

    @property
    def corrected(self) -> bool:
        """Whether this is a form with a summary of its errors, which takes the focus."""
        return self.status in (422, 429) and self.endpoint != "error"

    def recognise(self, driver: WebDriver) -> None:
        """Assert that the page which is open is this state, not one that looks like it."""
        arrived, title, heading, words = driver.execute_script(TOLD)
        assert arrived == self.status, (arrived, title)
        assert title.startswith("Erreur") == self.corrected, title
        assert title.endswith("Prêt à dépenser"), title
        assert " ".join(heading.split()) in " ".join(title.split()), title
        words = " ".join(words.split())
        assert self.says in words, words[:1000]


def answered(driver: WebDriver) -> int:
    """Status of the page that is open."""
    status: int = driver.execute_script("return performance.getEntriesByType('navigation')[0].responseStatus")
    return status


# At once: typed key by key a form takes seconds, and what keys do is tests/browser/test_journey.py's.
FILL = """
for (const [id, value] of Object.entries(arguments[0])) {
  const box = document.getElementById(id);
  if (box.tagName === 'SELECT') box.selectedIndex = [...box.options].find(one => one.label === value).index;
  else box.value = value;
}
"""


def submit(**fields: str) -> Callable[[WebDriver], None]:
    """Fill some fields of the page's main form in by id, and send it. Figures must belong together."""

    def act(driver: WebDriver) -> None:
        driver.execute_script(FILL, fields)
        with leaving_the_page(driver):
            driver.execute_script("document.querySelector('main form').requestSubmit()")

    return act


@contextmanager
def leaving_the_page(driver: WebDriver) -> Iterator[None]:
    """What is done inside opens another page: wait until that one is loaded.

    The driver itself answers a key or a click before the browser has begun to leave.
    """
    left = driver.find_element("tag name", "html").id
    yield
    WebDriverWait(driver, 20, poll_frequency=0.05).until(
        lambda d: (
            d.find_element("tag name", "html").id != left
            and d.execute_script("return document.readyState") == "complete"
        )
    )


def follow(words: str) -> Callable[[WebDriver], None]:
    """Follow a link of the page."""

    def act(driver: WebDriver) -> None:
        with leaving_the_page(driver):
            driver.find_element("link text", words).click()

    return act


def unfold(driver: WebDriver) -> None:
    """Open all that is folded."""
    driver.execute_script("document.querySelectorAll('details').forEach(one => { one.open = true; })")


def after(*acts: Callable[[WebDriver], None]) -> Callable[[WebDriver], None]:
    """Do one after another."""

    def act(driver: WebDriver) -> None:
        for one in acts:
            one(driver)

    return act


def display(driver: WebDriver, width: int, features: dict[str, str]) -> None:
    """Show the page at a width and with media features, as a reader's settings would."""
    neutral = {"prefers-color-scheme": "light", "forced-colors": "none"}
    media = [{"name": name, "value": value} for name, value in (neutral | features).items()]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": media})
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False},
    )
    # The page hears of it with its next frame, which a busy machine draws late: tables that now must be
    # scrolled were looked at before they could be reached with a keyboard.
    driver.execute_async_script(
        "const [width, done] = arguments;"
        "const look = () => requestAnimationFrame(innerWidth === width ? () => done() : look);"
        "requestAnimationFrame(look);",
        width,
    )


def expire(driver: WebDriver) -> None:
    """Send a form whose token is not this session's."""
    driver.execute_script("document.querySelector('main form [name=csrf_token]').value = 'autre'")
    submit()(driver)


def outlive(driver: WebDriver) -> None:
    """Keep the cookie of a session that is over, and send the form of the page with it."""
    cookie = driver.get_cookie("session")
    assert cookie
    driver.execute_async_script(
        "const done = arguments[0], form = document.querySelector('form.session');"
        "fetch(form.action, {method: 'POST', body: new URLSearchParams(new FormData(form))}).then(done)"
    )
    driver.add_cookie({"name": "session", "value": cookie["value"], "path": "/", "httpOnly": True})
    driver.known_as = None  # type: ignore[attr-defined]  # the next page must be signed in for anew
    submit()(driver)


def sign_in_again(driver: WebDriver) -> None:
    """Leave the session open, and begin another one on the same page."""
    driver.delete_cookie("session")
    driver.refresh()
    submit(identifiant="agathe", mot_de_passe="un mot de passe d'essai")(driver)


def press(words: str) -> Callable[[WebDriver], None]:
    """Press a button of the page that leads to another."""

    def act(driver: WebDriver) -> None:
        with leaving_the_page(driver):
            driver.find_element("xpath", f"//main//button[normalize-space()='{words}']").click()

    return act


def outdate(driver: WebDriver) -> None:
    """Grant a loan with a form that no longer says which advice it was shown."""
    driver.execute_script(
        "document.querySelector('[name=vu]').value = 'autre';"
        "document.querySelector('[name=verdict][value=accord]').checked = true;"
    )


def oversize(driver: WebDriver) -> None:
    """Send more than the site takes."""
    driver.execute_script(
        "document.querySelector('main form input:not([type=hidden])').value = 'x'.repeat(2e6)"
    )
    submit()(driver)


def guess(driver: WebDriver) -> None:
    """Try passwords until the site asks to wait: each wait is longer, in the end longer than a page takes."""
    for _ in range(12):
        submit(identifiant="inconnue", mot_de_passe="mauvais")(driver)
        if answered(driver) == 429:
            return


PERSON = {
    "name_contract_type": "Prêt personnel",
    "amt_credit": "3 000",
    "amt_annuity": "150",
    "amt_goods_price": "2 700",
    "amt_income_total": "1 500",
    "name_income_type": "Emploi salarié",
    "days_employed": "3 ans et 2 mois",
    "name_education_type": "Études supérieures",
    "name_housing_type": "Maison ou appartement",
    "flag_own_car": "Non",
    "flag_own_realty": "Oui",
}
SCORES = {"ext_source_1": "0,6", "ext_source_2": "0,7", "ext_source_3": "0,7"}
LESS = {"amt_credit": "9 000", "amt_goods_price": "9 000", "amt_annuity": "370"}

STATES = (
    State("auth.sign_in", "/connexion", user=""),
    State("auth.sign_in", "/connexion", "errors", user="", act=submit(), status=422),
    State(
        "auth.sign_in",
        "/connexion",
        "wrong",
        user="",
        act=submit(identifiant="x", mot_de_passe="y"),
        status=422,
    ),
    State("auth.sign_in", "/connexion", "throttled", user="", act=guess, status=429),
    State("auth.sign_in", "/", "kept", act=outlive, says="ce que vous avez saisi est gardé"),
    State("account.page", "/compte", says="Sessions ouvertes"),
    State("account.page", "/compte", "errors", act=submit(), status=422),
    State(
        "account.page", "/compte", "must-change", user="dominique", says="choisissez le vôtre pour continuer"
    ),
    State(
        "account.page",
        "/compte",
        "others-ended",
        act=after(sign_in_again, press("Mettre fin à toutes les autres")),
        says="Toutes vos autres sessions sont terminées.",
    ),
    State("home.search", "/", "first-time", user="denise", says="Aucun client à reprendre"),
    State("clients.decision", CLIENT),
    State("clients.decision", CLIENT, "unfolded", act=unfold),
    State("clients.decision", "/clients/{refused}", "refused", says="le prêt ne sera pas accordé"),
    State("clients.decision", "/clients/{close}", "close", says="Ce cas est proche de la limite"),
    State("clients.decision", "/clients/999999999", "unknown", status=404, says="Client introuvable"),
    State("clients.decision", CLIENT, "history", site="storied_site", says="Voir l’historique de crédit"),
    State("clients.file", f"{CLIENT}/dossier", says="Ce qu’il ne regarde pas"),
    State("clients.file", f"{CLIENT}/dossier", "audited", user="beatrice", says="Ce qu’il ne doit pas"),
    State("history.show", f"{CLIENT}/historique", site="storied_site", says="sans fin fixée"),
    State("history.show", f"{CLIENT}/historique", "unfolded", site="storied_site", act=unfold),
    State(
        "history.show",
        "/clients/{refused}/historique",
        "none",
        site="storied_site",
        says="ne connaît aucun crédit du client",
    ),
    State("history.show", f"{CLIENT}/historique", "not-imported", says="ne contient aucun historique"),
    State("home.search", CLIENT, act=follow("Rechercher un client"), says="Client 157083"),
    State("home.search", "/", "error", act=submit(numero="abc"), status=422),
    State("simulation.simulate", f"{CLIENT}/simulation"),
    State("simulation.simulate", f"{CLIENT}/simulation", "unchanged", act=submit(), says="rien changé"),
    State(
        "simulation.simulate",
        f"{CLIENT}/simulation",
        "answer",
        act=after(submit(**LESS), unfold),
        says="C’est une simulation",
    ),
    State(
        "simulation.simulate",
        f"{CLIENT}/simulation",
        "errors",
        act=submit(amt_credit="x", amt_annuity="9e9"),
        status=422,
    ),
    State("capacity.show", f"{CLIENT}/capacite", says="D’après le dossier"),
    State(
        "capacity.show",
        f"{CLIENT}/capacite",
        "answer",
        act=submit(capacite_autres="0", capacite_loyer="1 200", capacite_pension="150", capacite_enfants="2"),
        says="la règle de l’établissement est de 35 % au plus",
    ),
    State(
        "capacity.show",
        f"{CLIENT}/capacite",
        "errors",
        act=submit(capacite_loyer="x", capacite_adultes="0"),
        status=422,
    ),
    State("levers.levers", f"{CLIENT}/leviers", "granted", act=unfold, says="Quelle marge sur le montant"),
    State("levers.levers", "/clients/{refused}/leviers", says="Qu’est-ce qui changerait la décision"),
    State("levers.levers", "/clients/{refused}/leviers", "unfolded", act=unfold),
    State("levers.levers", "/clients/{hopeless}/leviers", "hopeless", says="Ce qui s’en approche le plus"),
    State(
        "levers.levers",
        "/clients/{close}/leviers?fixe=projet&fixe=apport&fixe=duree&fixe=revenu",
        "locked",
        says="Tout laisser libre",
    ),
    State("application.new", "/dossiers/nouveau"),
    State("application.new", "/dossiers/nouveau", "errors", act=submit(amt_credit="beaucoup"), status=422),
    State(
        "application.new",
        "/dossiers/nouveau",
        "answer",
        act=after(submit(**PERSON, **SCORES), unfold),
        says="Prêt accordé (avis du modèle) – nouveau dossier",
    ),
    State(
        "application.new",
        "/dossiers/nouveau",
        "open",
        act=after(submit(**PERSON), unfold),
        says="On ne peut pas encore répondre",
    ),
    State("meeting.sheet", f"{CLIENT}/entretien", says="peut être acceptée"),
    State(
        "meeting.sheet",
        f"{CLIENT}/entretien",
        "history",
        site="storied_site",
        act=unfold,
        says="Votre historique de crédit",
    ),
    State("meeting.sheet", "/clients/{refused}/entretien", "refused", act=unfold, says="n’est pas acceptée"),
    State("decision.decide", f"{CLIENT}/decision", says="Ce que vous décidez"),
    State("decision.decide", f"{CLIENT}/decision", "unfolded", act=unfold, says="Pièces que vous demandez"),
    State("decision.decide", f"{CLIENT}/decision", "errors", act=submit(), status=422),
    State("decision.decide", "/clients/{close}/decision", "near", says="donnez vos motifs"),
    State(
        "decision.decide",
        f"{CLIENT}/decision",
        "changed",
        act=after(outdate, submit()),
        status=409,
        says="Ce que vous avez saisi est gardé",
    ),
    State("decision.record", "/decisions/1", site="decided_site", says="Elle est définitive."),
    State("decision.record", "/decisions/1", "unfolded", site="decided_site", act=unfold),
    State(
        "decision.record",
        "/decisions/3",
        "waiting",
        site="decided_site",
        says="Elle attend une seconde lecture",
    ),
    State(
        "decision.record", "/decisions/8", "sent-back", site="decided_site", says="l’a lue et l’a renvoyée"
    ),
    State("decision.record", "/decisions/9", "counter", site="decided_site", says="Le prêt proposé"),
    State(
        "decision.record", "/decisions/999999999", "unknown", status=404, says="Cette décision n’existe pas"
    ),
    State(
        "decision.record",
        "/decisions/1",
        "audited",
        "beatrice",
        "replayed_site",
        says="Recalculer l’avis d’alors",
    ),
    State(
        "decision.record",
        "/decisions/1",
        "replayed",
        "beatrice",
        "replayed_site",
        act=press("Recalculer l’avis d’alors"),
        says="Rien ne diffère.",
    ),
    State(
        "decision.record",
        "/decisions/2",
        "replayed-otherwise",
        "beatrice",
        "replayed_site",
        act=press("Recalculer l’avis d’alors"),
        says="L’avis recalculé n’est pas celui que la décision a gardé.",
    ),
    State(
        "decision.record",
        "/decisions/3",
        "not-replayed",
        "beatrice",
        "replayed_site",
        act=press("Recalculer l’avis d’alors"),
        says="L’archive du modèle de cette décision manque",
    ),
    State("decision.own", "/decisions", site="decided_site", says="La dernière vient d’abord"),
    State("decision.own", "/decisions", "everybody", "delphine", "decided_site", says="Auteur"),
    State("decision.own", "/decisions", "none", says="Vous n’avez pas encore enregistré de décision"),
    State("reviews.work_list", "/revues", user="delphine", site="reviewed_site", says="En retard"),
    State("reviews.work_list", "/revues", "none", user="delphine", says="rien n’attend"),
    State(
        "reviews.second_reading",
        "/revues/decisions/3",
        user="delphine",
        site="reviewed_site",
        says="Votre lecture est attendue",
    ),
    State(
        "reviews.second_reading",
        "/revues/decisions/3",
        "errors",
        "delphine",
        "reviewed_site",
        submit(),
        422,
    ),
    State("reviews.ask", "/decisions/1/reexamen", site="reviewed_site", says="elle reçoit un numéro"),
    State("reviews.ask", "/decisions/1/reexamen", "errors", "agathe", "reviewed_site", submit(recue=""), 422),
    State("reviews.record", f"{REVIEW}1", site="reviewed_site", says="Aucune donnée n’a été corrigée."),
    State("reviews.record", f"{REVIEW}3", "corrected", "delphine", "reviewed_site", says="Le score passe de"),
    State("reviews.record", f"{REVIEW}4", "ended", "agathe", "reviewed_site", says="remplace la décision"),
    State("reviews.correct", f"{REVIEW}3/donnees", user="delphine", site="reviewed_site"),
    State(
        "reviews.correct",
        f"{REVIEW}3/donnees",
        "errors",
        "delphine",
        "reviewed_site",
        submit(amt_credit="x"),
        422,
    ),
    State(
        "reviews.end", f"{REVIEW}3/issue", "", "delphine", "reviewed_site", unfold, says="données corrigées"
    ),
    State("letters.preview", "/decisions/2/courrier", site="decided_site", says="Relisez ce courrier."),
    State("letters.preview", "/decisions/6/courrier", "documents", site="decided_site", says="pièces à nous"),
    State("letters.preview", "/decisions/3/courrier", "refused", site="decided_site", says="seconde lecture"),
    State("letters.preview", "/decisions/1/courrier", "made", site="reviewed_site", says="Empreinte SHA-256"),
    State(
        "letters.preview",
        "/decisions/1/courrier",
        "made-unfolded",
        site="reviewed_site",
        act=unfold,
        says="Texte du courrier",
    ),
    State("letters.reply", f"{REVIEW}4/courrier", user="delphine", site="reviewed_site", says="Relisez ce"),
    State(
        "reviews.end",
        f"{REVIEW}3/issue",
        "errors",
        "delphine",
        "reviewed_site",
        after(submit(), unfold),
        422,
    ),
    State("model.overview", "/modele"),
    State("model.overview", "/modele", "unfolded", act=unfold),
    State(
        "model.overview", "/modele", "limit-changed", site="changed_site", says="La limite est aujourd’hui"
    ),
    State("model.fairness", "/modele/equite", user="basile"),
    State("model.fairness", "/modele/equite", "unfolded", user="basile", act=unfold),
    State(
        "model.fairness",
        "/modele/equite",
        "limit-changed",
        user="basile",
        site="changed_site",
        says="La limite est aujourd’hui",
    ),
    State("comparison.compare", f"{CLIENT}/comparaison", says="Montant du crédit : "),
    State(
        "comparison.compare",
        f"{CLIENT}/comparaison?avec=AMT_ANNUITY",
        "crossed",
        act=unfold,
        says="Deux données croisées",
    ),
    State(
        "comparison.compare",
        f"{CLIENT}/comparaison?donnee=NAME_INCOME_TYPE&comme=revenu",
        "categories",
        act=unfold,
        says="Source du revenu : comme pour",
    ),
    State(
        "comparison.compare",
        f"{CLIENT}/comparaison?{SMALL}",
        "small-group",
        user="beatrice",
        says="Ce groupe est trop petit",
    ),
    State("comparison.compare", f"{CLIENT}/comparaison?comme=age", "not-offered", status=422),
    State("comparison.compare", f"{CLIENT}/comparaison?avec=AMT_CREDIT", "error", status=422),
    State("comparison.compare", f"{CLIENT}/comparaison?groupe=inconnu&avec=AMT_CREDIT", "errors", status=422),
    State("levers.levers", "/clients/{refused}/leviers?fixe=inconnu", "error", status=422),
    State("model.overview", "/modele?donnee=INCONNUE", "error", status=422),
    State(
        "administration.settings",
        "/administration/reglages",
        user="camille",
        says="la fiche d’entretien est complète",
    ),
    State(
        "administration.settings",
        "/administration/reglages",
        "missing",
        user="camille",
        site="genuine_site",
        says="La fiche d’entretien est incomplète",
    ),
    State("meeting.sheet", f"{CLIENT}/entretien", "incomplete", site="genuine_site", says="Fiche incomplète"),
    State("error", "/administration/reglages", "403-settings", status=403, says="Page réservée"),
    State("watch.report", "/veille", says="Recommandation"),
    State("watch.report", "/veille", "unfolded", act=unfold),
    State("watch.page", "/veille/donnees", "data", says="Le découpage"),
    State("watch.page", "/veille/methode", "method", act=unfold, says="Comment on mesure"),
    State("watch.page", "/veille/photos", "photos", says="chiffres de départ"),
    State("watch.page", "/veille/photos", "photos-unfolded", act=unfold),
    State("watch.page", "/veille/textes", "texts", act=unfold),
    State("watch.page", "/veille/explications", "explanations", act=unfold),
    State("watch.page", "/veille/explications/montres", "category", act=unfold, says="Montres"),
    State("watch.page", "/veille/erreurs", "errors", act=unfold, says="Les pires erreurs"),
    State("watch.page", "/veille/cout", "costs", act=unfold, says="Toutes les méthodes"),
    State("watch.page", "/veille/essais", "trials", says="Essais de ce découpage"),
    State("site.guide", "/aide", says="Point de départ et contribution"),
    State("site.guide", "/aide", "anonymous", user="", says="Connectez-vous, et elle expliquera tout"),
    State(
        "site.guide", "/aide", "must-change", user="dominique", says="Choisissez d’abord votre mot de passe"
    ),
    State("site.guide", "/aide", "administrator", user="camille", says="ceux qui manquent à la fiche"),
    State("site.guide", "/aide", "auditor", user="basile", says="Partez du journal"),
    State("site.plan", CLIENT, act=follow("Plan du site"), says="Pour le client 157083"),
    State("site.plan", "/plan-du-site", "anonymous", user="", says="Voici les pages ouvertes à tous"),
    State("site.plan", "/plan-du-site", "administrator", user="camille", says="avec le rôle administrateur"),
    State("site.plan", "/plan-du-site", "auditor", user="basile", says="à partir d’une entrée du journal"),
    State("site.accessibility", "/accessibilite"),
    State("site.accessibility", "/accessibilite", "anonymous", user=""),
    State("site.accessibility", "/accessibilite", "auditor", user="basile", says="Voir les preuves"),
    State("site.evidence", "/accessibilite/preuves", user="basile", says="Aucun dossier de preuves"),
    # Who was added before the tests: of what they do themselves the journal grows.
    State("journal.show", "/journal?quoi=account.changed", user="basile", says="Compte changé"),
    State(
        "journal.show", "/journal?quoi=rights.hold", "none", user="basile", says="Aucune entrée ne correspond"
    ),
    State("journal.show", "/journal?du=hier&client=abc", "errors", user="basile", status=422),
    State("error", "/accessibilite/preuves", "403-evidence", status=403, says="Page réservée"),
    State("error", CLIENT, "403-auditor", user="basile", status=403, says="cherchez-y celle qui vous amène"),
    State("error", CLIENT, "403-administrator", user="camille", status=403, says="aucun dossier de client"),
    State("error", "/nulle-part", "404", status=404, says="Page introuvable"),
    State("error", "/deconnexion", "405", status=405, says="Action impossible ici"),
    State("error", "/modele/equite", "403", status=403, says="Page réservée"),
    State("home.search", "/", "expired", act=expire, status=422, says="Ce formulaire était périmé"),
    State("auth.sign_in", "/connexion", "expired", user="", act=expire, status=422, says="était périmé"),
    State("error", "/", "413", act=oversize, status=413, says="Envoi trop volumineux"),
    State("error", "/essai/400", "400", site="failing_site", status=400, says="Demande incomprise"),
    State("error", "/essai/429", "429", site="failing_site", status=429, says="Trop de demandes"),
    State("error", CLIENT, "503", site="empty_site", status=503, says="Application en préparation"),
    State("error", "/essai/500", "500", site="failing_site", status=500, says="Incident technique"),
    State("error", "/", "503-database", site="broken_site", status=503, says="Base de données indisponible"),
)

# Addresses that answer with something else than a page, and what holds them instead.
NOT_PAGES = {
    "api.openapi": "JSON (tests/web/test_api.py)",
    "api.client_score": "JSON for other systems (tests/web/test_api.py)",
    "levers.picture": "SVG inside the levers page (tests/web/test_levers.py)",
    "levers.spreadsheet": "CSV (tests/web/test_levers.py)",
    "meeting.picture": "SVG inside the meeting sheet (tests/web/test_meeting.py)",
    "meeting.spreadsheet": "CSV (tests/web/test_meeting.py)",
    "meeting.pdf": "a tagged PDF (tests/web/test_meeting.py)",
    "model.card": "the model card as a text file (tests/web/test_model.py)",
    "model.picture": "SVG inside the model's page (tests/web/test_model.py)",
    "model.spreadsheet": "CSV (tests/web/test_model.py)",
    "model.fairness_picture": "SVG inside the fairness page (tests/web/test_model.py)",
    "model.fairness_chart_spreadsheet": "CSV (tests/web/test_model.py)",
    "model.fairness_spreadsheet": "CSV (tests/web/test_model.py)",
    "site.evidence_pack": "a ZIP file (tests/web/test_site.py)",
    "letters.pdf": "a tagged PDF (tests/web/test_letters.py)",
    "decision.correct": "leads to the form of a decision (tests/web/test_decision.py)",
    "static": "style sheets, the icon and the script of the session",
    "auth.remaining": "JSON for that script (tests/browser/test_session.py)",
    "operations.alive": "JSON for a supervisor (tests/web/test_operations.py)",
    "operations.ready": "JSON for a supervisor (tests/web/test_operations.py)",
    "watch.picture": "SVG and WebP inside the report (tests/web/test_watch.py)",
    "watch.spreadsheet": "CSV (tests/web/test_watch.py)",
    "clients.picture": "SVG inside the client's page (tests/web/test_pages.py)",
    "simulation.picture": "SVG inside the answer (tests/web/test_simulation.py)",
    "application.picture": "SVG inside the answer (tests/web/test_application.py)",
    "clients.spreadsheet": "CSV (tests/web/test_pages.py)",
    "history.picture": "SVG inside the page of the history (tests/web/test_history.py)",
    "journal.spreadsheet": "CSV (tests/web/test_journal_page.py)",
    "history.spreadsheet": "CSV (tests/web/test_history.py)",
    "comparison.picture": "SVG inside the comparison page (tests/web/test_comparison_page.py)",
    "comparison.spreadsheet": "CSV (tests/web/test_comparison_page.py)",
}
