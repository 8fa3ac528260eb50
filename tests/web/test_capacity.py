"""What a client can pay back, as an advisor and the client meet it: page, warning, sheet and PDF."""

import io
import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml.html import HtmlElement, document_fromstring

from pretadepenser.credit.model.scoring import Model, score_row
from pretadepenser.credit.portfolio import Portfolio, import_folder
from pretadepenser.credit.whatif.capacity import Rules, of_file
from pretadepenser.records import users
from pretadepenser.web.capacity import CapacityForm
from tests import pdf_ua
from tests.conftest import Page, open_file, still_signed_in
from tests.unit.by_heart import plain
from tests.unit.made_up_histories import credit
from tests.web.conftest import PASSWORD, token_of
from tests.web.test_meeting import needs_pango

GENUINE = Path(__file__).parents[3] / "shared" / "data" / "homecredit"
ADDRESS = "/clients/157083/capacite"
UNKNOWN = "Ce qui n’est pas connu n’est pas compté : "
# Everything that the file of 157083 does not know, told: 2 925 € and 900 € come in, 650 € and 200 € go out.
TOLD = {
    "capacite_revenu": "2 925", "capacite_autres": "900", "capacite_loyer": "650", "capacite_credits": "200",
    "capacite_pension": "0", "capacite_adultes": "2", "capacite_enfants": "1", "capacite_mensualite": "466",
}  # fmt: skip


def text(shown: HtmlElement) -> str:
    return plain(shown.xpath("//main")[0].text_content())


def fields(shown: HtmlElement) -> dict[str, str]:
    """What the form would send, without its token."""
    (form,) = shown.xpath("//main//form")
    return {name: plain(value) for name, value in form.form_values() if name.startswith("capacite")}


def cells(shown: HtmlElement) -> list[list[str]]:
    return [[plain(one.text_content()) for one in row] for row in shown.xpath("//main//table/tbody/tr")]


def test_the_page_is_filled_in_and_answers_from_the_file(page: Page) -> None:
    shown = page(ADDRESS)
    assert fields(shown) == {
        "capacite_revenu": "2 925", "capacite_autres": "", "capacite_loyer": "", "capacite_credits": "",
        "capacite_pension": "", "capacite_adultes": "2", "capacite_enfants": "0",
        "capacite_mensualite": "465,39",
    }  # fmt: skip
    said = text(shown)
    heading = plain(shown.xpath("//h1")[0].text_content())
    assert heading.startswith("Capacité de remboursement : aucune règle dépassée avec ce qui est connu – ")
    assert "client 157083, prêt accordé, " in heading
    assert (
        "D’après le dossier. La mensualité de ce prêt prendrait 16 % du revenu du client, sans les charges "
        "qui ne sont pas connues ; la règle de l’établissement est de 35 % au plus. En ne comptant que "
        "ce qui est "
        "connu, il resterait à vivre 2 460 € par mois pour 2 personnes, soit 1 230 € par personne ; la règle "
        "de l’établissement est de 1 000 € au moins."
    ) in said
    assert (
        f"{UNKNOWN}le loyer, les mensualités d’autres crédits, les pensions alimentaires versées et les "
        "autres ressources du foyer. Demandez-le au client, puis calculez."
    ) in said
    assert "Le fichier des crédits n’est pas importé. Saisissez 0 s’il n’y en a pas." in said
    assert "Ces règles sont celles de l’établissement, pas une loi sur le crédit à la consommation." in said
    assert cells(shown)[1:3] == [
        ["Charges", "aucune charge connue", "465 €"], ["Part des ressources", "aucune charge connue", "16 %"],
    ]  # fmt: skip


def test_what_is_told_is_counted(send: Page) -> None:
    shown = send(ADDRESS, TOLD)
    assert plain(shown.xpath("//h1")[0].text_content()).startswith(
        "Capacité de remboursement : les règles de l’établissement sont respectées – client 157083"
    )
    assert shown.xpath("//h1/@autofocus")
    said = text(shown)
    assert (
        "La mensualité de ce prêt et les charges prendraient 34 % des ressources du foyer ; la règle de "
        "l’établissement est de 35 % au plus. Il resterait à vivre 2 509 € par mois pour 3 personnes, soit "
        "836 € par personne ; la règle de l’établissement est de 1 300 € au moins."
    ) in said
    assert UNKNOWN not in said
    assert "D’après le dossier" not in said
    assert cells(shown) == [
        ["Ressources", "3 825 €", "3 825 €"],
        ["Charges", "850 €", "1 316 €"],
        ["Part des ressources", "22 %", "34 %"],
        ["Reste à vivre", "2 975 €", "2 509 €"],
        ["Reste à vivre par personne", "992 €", "836 €"],
    ]
    assert fields(shown) == TOLD
    # The score is what it was, and nothing is kept.
    assert "prêt accordé, 6" in said
    assert fields(send(ADDRESS, dict.fromkeys(TOLD, "")))["capacite_loyer"] == ""


def test_ten_million_is_the_largest_amount_that_is_taken(send: Page) -> None:
    assert fields(send(ADDRESS, TOLD | {"capacite_loyer": "10000000"}))["capacite_loyer"] == "10000000"
    shown = send(ADDRESS, TOLD | {"capacite_loyer": "10000000,01"}, status=422)
    (error,) = shown.find_class("field-error")
    assert plain(error.text_content()) == "Erreur : Loyer : saisissez un montant de 0 à 10 000 000 €."


def test_an_empty_field_keeps_what_the_file_says(send: Page) -> None:
    said = text(send(ADDRESS, dict.fromkeys(TOLD, "") | {"capacite_loyer": "600"}))
    assert (
        "La mensualité de ce prêt et les charges connues prendraient 36 % du revenu du client, sans les "
        "charges qui ne sont pas connues ; la règle de l’établissement est de 35 % au plus."
    ) in said
    assert f"{UNKNOWN}les mensualités d’autres crédits, les pensions alimentaires versées" in said
    assert "une règle de l’établissement est dépassée avec ce qui est connu" in said


@pytest.mark.parametrize(
    ("name", "typed", "sentence"),
    [
        (
            "capacite_loyer", "beaucoup",
            "Loyer : saisissez un montant en euros, par exemple 12 500 ou 12 500,50.",
        ),
        ("capacite_loyer", "-600", "Loyer : enlevez le signe moins."),
        ("capacite_loyer", "1.250", "Loyer : écrivez 1 250, avec des espaces, sans point ni virgule."),
        (
            "capacite_pension", "99999999",
            "Pensions alimentaires versées : saisissez un montant de 0 à 10 000 000 €.",
        ),
        ("capacite_adultes", "0", "Adultes : saisissez un nombre entier de 1 à 40."),
        ("capacite_enfants", "1,5", "Enfants à charge : saisissez un nombre entier de 0 à 40."),
        ("capacite_enfants", "deux", "Enfants à charge : saisissez un nombre entier de 0 à 40."),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_asked_again(send: Page, name: str, typed: str, sentence: str) -> None:
    shown = send(ADDRESS, TOLD | {name: typed}, status=422)
    (error,) = shown.find_class("field-error")
    assert error.get("id") == f"{name}-erreur"
    assert plain(error.text_content()) == f"Erreur : {sentence}"
    assert plain(shown.find_class("error-summary")[0].xpath(".//a")[0].text_content()) == sentence
    assert fields(shown) == TOLD | {name: typed}
    # What is shown meanwhile is the file's, and says so.
    assert "D’après le dossier. La mensualité de ce prêt prendrait 16 % du revenu du client" in text(shown)


@pytest.mark.parametrize(
    ("changes", "filled", "hint"),
    [
        ([], "0", "D’après le fichier des crédits, au jour de la demande."),
        ([4_500.0, 20_050.0], "245,50", "D’après le fichier des crédits, au jour de la demande."),
        (
            [4_500.0, None], "",
            "Le fichier des crédits donne 45 € par mois, mais ne dit pas la mensualité de 1 crédit en "
            "cours : demandez-la, et saisissez le total.",
        ),
        (
            [30.0, None], "",
            "Le fichier des crédits donne moins de 1 € par mois, mais ne dit pas la mensualité de 1 "
            "crédit en cours : demandez-la, et saisissez le total.",
        ),
        (
            [None, None], "",
            "Le fichier des crédits ne dit pas la mensualité de 2 crédits en cours : demandez-la, et "
            "saisissez "
            "le total.",
        ),
    ],
)  # fmt: skip
def test_instalments_are_filled_in_from_the_credit_bureau(
    app: Flask, changes: list[float | None], filled: str, hint: str
) -> None:
    """What the form makes of each kind of file; the page of a portfolio that has the table is read below."""
    row = {"AMT_INCOME_TOTAL": 200_000.0, "AMT_ANNUITY": 30_000.0, "CNT_FAM_MEMBERS": 1.0, "CNT_CHILDREN": 0}
    file = of_file(row, [credit(AMT_ANNUITY=one) for one in changes], Rules(0.35, 70_000.0, 30_000.0))
    with app.test_request_context(ADDRESS):
        form = CapacityForm(file)
        assert plain(form.capacite_credits._value()) == filled
        assert plain(form.capacite_credits.description) == hint


@pytest.mark.parametrize(
    ("bureau", "hint"),
    [
        (
            [4_500.0, None],
            "Montant de la décision précédente. Le fichier des crédits dit maintenant : mensualités d’autres "
            "crédits : 45 € par mois ; mensualité non connue pour 1 crédit en cours.",
        ),
        (None, "Montant de la décision précédente."),
    ],
)
def test_a_sum_that_somebody_told_is_not_said_to_be_the_file_s(
    app: Flask, bureau: list[float | None] | None, hint: str
) -> None:
    row = {"AMT_INCOME_TOTAL": 200_000.0, "AMT_ANNUITY": 30_000.0, "CNT_FAM_MEMBERS": 1.0, "CNT_CHILDREN": 0}
    rows = None if bureau is None else [credit(AMT_ANNUITY=one) for one in bureau]
    told = of_file(row, rows, Rules(0.35, 70_000.0, 30_000.0)).replaced(credits=31_000.0)
    with app.test_request_context(ADDRESS):
        form = CapacityForm(told)
        assert plain(form.capacite_credits._value()) == "310"
        assert plain(form.capacite_credits.description) == hint


@pytest.mark.parametrize(("lacking", "credits"), [(0, None), (2, None), (1, 30_000.0)])
def test_what_the_file_says_now_is_told_where_the_former_decision_did_not_know_all(
    app: Flask, lacking: int, credits: float | None
) -> None:
    """Imported, or imported again, since that decision: the field is empty, and the file says 5 €."""
    row = {"AMT_INCOME_TOTAL": 200_000.0, "AMT_ANNUITY": 30_000.0, "CNT_FAM_MEMBERS": 1.0, "CNT_CHILDREN": 0}
    now = of_file(row, [credit(AMT_ANNUITY=500.0)], Rules(0.35, 70_000.0, 30_000.0))
    with app.test_request_context(ADDRESS):
        form = CapacityForm(replace(now, credits=credits, lacking=lacking))
        assert form.capacite_credits._value() == ""
        assert plain(form.capacite_credits.description) == (
            "Le fichier des crédits dit maintenant : mensualités d’autres crédits : 5 € par mois. Saisissez "
            "le total."
        )


def test_the_page_of_a_portfolio_with_a_credit_bureau(storied_app: Flask) -> None:
    """Two open credits of 157083, neither with an instalment: both are told to be unknown."""
    answer = still_signed_in(storied_app, "agathe").get(ADDRESS)
    said = text(document_fromstring(answer.text))
    assert f"{UNKNOWN}le loyer, les mensualités de 2 autres crédits, les pensions alimentaires" in said
    assert "Le fichier des crédits ne dit pas la mensualité de 2 crédits en cours" in said


@pytest.fixture
def strict(make_app: Callable[..., Flask], sign_in: Callable[..., object]) -> FlaskClient:
    """A lender who allows a tenth of the resources, and wants 3 000 € and 500 € left."""
    browser = make_app(DEBT_RATIO=0.1, LEFT_FIRST=3000, LEFT_OTHER=500).test_client()
    sign_in(browser)
    return browser


WARNING = "Capacité de remboursement à vérifier, quel que soit le score."
SHARE = (
    "La mensualité de ce prêt prendrait 16 % du revenu du client, sans les charges qui ne sont pas "
    "connues ; la "
    "règle de l’établissement est de 10 % au plus."
)


def test_the_clients_page_warns_by_the_rules_that_are_set(page: Page, strict: FlaskClient) -> None:
    assert WARNING not in text(page("/clients/157083"))
    shown = document_fromstring(strict.get("/clients/157083").text)
    (notice,) = [one for one in shown.find_class("notice-care") if WARNING in plain(one.text_content())]
    said = plain(notice.text_content())
    assert f"{WARNING} {SHARE} {UNKNOWN}le loyer, les mensualités d’autres crédits, les pensions" in said
    assert "Compléter la capacité de remboursement : ses règles n’entrent pas dans le score." in said
    assert notice.xpath(".//a/@href") == [ADDRESS]
    # The advice stands above, and is what it was.
    heading = plain(shown.xpath("//h1")[0].text_content())
    assert heading == plain(page("/clients/157083").xpath("//h1")[0].text_content())
    assert "prêt sera accordé" in text(shown).split(WARNING)[0]


def test_an_auditor_with_the_file_reads_the_warning_without_its_link(
    make_app: Callable[..., Flask], sign_in: Callable[..., object]
) -> None:
    """The form is advisors' work: a link to it would lead to a refusal."""
    app = make_app(DEBT_RATIO=0.1)
    users.add_user(app.extensions["database"], "basile", "auditeur", PASSWORD)
    browser = app.test_client()
    sign_in(browser, "basile")
    open_file(app, "basile")
    answer = browser.get("/clients/157083")
    said = text(document_fromstring(answer.text))
    assert f"{WARNING} {SHARE}" in said
    assert "Ces règles, celles de l’établissement, n’entrent pas dans le score." in said
    assert ADDRESS not in answer.text


def test_what_was_typed_with_an_old_token_is_asked_again(client: FlaskClient) -> None:
    answer = client.post(ADDRESS, data={**TOLD, "csrf_token": "autre"})
    assert (answer.status_code, "Ce formulaire était périmé" in answer.text) == (422, True)
    assert fields(document_fromstring(answer.text)) == TOLD


def test_a_post_is_held_against_the_rules_that_are_set(strict: FlaskClient) -> None:
    form = {"csrf_token": token_of(strict.get(ADDRESS).text), **TOLD}
    said = text(document_fromstring(strict.post(ADDRESS, data=form).text))
    assert "deux règles de l’établissement sont dépassées – " in said
    assert (
        "prendraient 34 % des ressources du foyer ; la règle de l’établissement est de 10 % au plus." in said
    )
    assert "soit 836 € par personne ; la règle de l’établissement est de 4 000 € au moins." in said


def test_the_warning_stands_whatever_the_score(app: Flask, model: Model, portfolio: Portfolio) -> None:
    """Of those whose instalment takes more than 35 % of the income, granted and refused are warned alike."""
    browser = still_signed_in(app, "agathe")
    found: dict[bool, int] = {}
    for number in portfolio.numbers()[:1000].tolist():
        client = portfolio.client(number)
        assert client
        instalment, income = client.values["AMT_ANNUITY"], client.values["AMT_INCOME_TOTAL"]
        if isinstance(instalment, float) and isinstance(income, float) and instalment > 0.36 * income:
            found.setdefault(score_row(model, client.values, 0.48).granted, number)
    assert set(found) == {True, False}
    for granted, number in found.items():
        said = text(document_fromstring(browser.get(f"/clients/{number}").text))
        assert ("Prêt accordé (avis du modèle)" in said) is granted
        assert WARNING in said
        sheet = text(document_fromstring(browser.get(f"/clients/{number}/entretien").text))
        assert "Votre capacité de remboursement est à vérifier" in sheet
        assert (CARE in sheet) is granted


BUDGET = (
    "Pourrez-vous rembourser ? La mensualité de ce prêt prendrait 16 % de votre revenu, sans les charges "
    "qui ne sont pas connues ; la règle de l’établissement est de 35 % au plus. En ne comptant que ce qui "
    "est connu, il resterait à vivre 2 460 € par mois pour 2 personnes, soit 1 230 € par personne ; la "
    "règle de l’établissement est de 1 000 € au moins. Ce qui n’est pas connu n’est pas compté : le loyer, "
    "les mensualités d’autres crédits, les pensions alimentaires versées et les autres ressources de votre "
    "foyer. Ces règles sont celles de l’établissement, pas une loi ; elles n’entrent pas dans le score."
)
CARE = (
    "Votre capacité de remboursement est à vérifier avant de vous engager : voyez « Pourrez-vous "
    "rembourser ? »."
)


def test_the_sheet_tells_the_client(page: Page) -> None:
    said = text(page("/clients/157083/entretien"))
    assert BUDGET in said
    assert "Votre capacité de remboursement est à vérifier" not in said
    assert "; pour le reste à vivre seulement, le nombre de personnes du foyer" in said


@needs_pango
def test_the_pdf_tells_the_same_and_warns_near_the_answer(strict: FlaskClient) -> None:
    """On two sides of one leaf; without spaces, since the one at the end of a line is not drawn."""
    with pikepdf.open(io.BytesIO(strict.get("/clients/157083/entretien.pdf").data)) as document:
        assert len(document.pages) <= 2
        told = "".join(pdf_ua.said(document).split())
    assert (
        told.index("".join(CARE.split()))
        < told.index("Pourquoicetteréponse?")
        < told.index("".join(BUDGET.replace("35 %", "10 %").split("En ne compt")[0].split()))
    )
    assert "".join(BUDGET.split("au moins.")[1].split()) in told


@pytest.mark.skipif(not GENUINE.is_dir(), reason="genuine rows (../shared/data) are not here")
def test_the_genuine_client_is_warned_of(
    make_app: Callable[..., Flask], sign_in: Callable[..., object], tmp_path: Path
) -> None:
    """104337 among a thousand genuine clients: 484 € of 720 €, and a loan that a model grants."""
    with (GENUINE / "application_train.csv").open() as file:
        names, *lines = itertools.islice(file, 5000)
    few = [line for line in lines if "104000" < line[:6] < "105000"]
    folder = tmp_path / "kaggle"
    folder.mkdir()
    (folder / "application_train.csv").write_text("".join([names, *few]))
    app = make_app()
    import_folder(folder, app.config["INSTANCE"])
    browser = app.test_client()
    sign_in(browser)
    said = text(document_fromstring(browser.get("/clients/104337").text))
    assert "Prêt accordé (avis du modèle)" in said
    assert (
        f"{WARNING} La mensualité de ce prêt prendrait 67 % du revenu du client, sans les charges qui ne "
        "sont pas connues ; la règle de l’établissement est de 35 % au plus."
    ) in said
