"""What pages say, held word for word: a change of any of their words, headings or conditions is seen here.

So is where their links and forms lead, and what their fields ask of browsers. A word that is meant to change:
`UPDATE_WORDS=1 pytest` on this file, then read what differs. Figures that follow from the model, and days,
are written "0": another machine may train another. Those of the law stay.
"""

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from lxml import html

from pretadepenser import create_app
from pretadepenser.credit.model.scoring import Model, score_row
from pretadepenser.credit.portfolio import Portfolio, current_portfolio
from pretadepenser.records import decisions
from tests import written_down
from tests.conftest import open_file, still_signed_in
from tests.web.deciding import work, write_to

KEPT = Path(__file__).with_name("words")
PLACES = Path(__file__).with_name("places")
# File -> who reads which page. These are the same every day.
PAGES = {
    "aide-conseiller": ("agathe", "/aide"),
    "aide-responsable": ("delphine", "/aide"),
    "aide-auditeur": ("basile", "/aide"),
    "aide-administrateur": ("camille", "/aide"),
    "aide-personne": ("", "/aide"),
    "accessibilite": ("", "/accessibilite"),
    "connexion": ("", "/connexion"),
    "accessibilite-auditeur": ("basile", "/accessibilite"),
    "plan-personne": ("", "/plan-du-site"),
}
CLIENT = "/clients/157083"
# File -> who reads which page of an instance where people work.
TOLD = {
    "accueil": ("delphine", "/"),
    "historique": ("agathe", f"{CLIENT}/historique"),
    "client": ("agathe", CLIENT),
    "client-audite": ("basile", CLIENT),
    "dossier": ("agathe", f"{CLIENT}/dossier"),
    "dossier-audite": ("basile", f"{CLIENT}/dossier"),
    "comparaison": ("agathe", f"{CLIENT}/comparaison"),
    "comparaison-croisee": ("agathe", f"{CLIENT}/comparaison?comme=revenu&comme=age"),
    "simulation": ("agathe", f"{CLIENT}/simulation"),
    "leviers": ("agathe", f"{CLIENT}/leviers"),
    "capacite": ("agathe", f"{CLIENT}/capacite"),
    "entretien": ("agathe", f"{CLIENT}/entretien"),
    "client-refuse": ("agathe", "/clients/{refused}"),
    "leviers-refuse": ("agathe", "/clients/{refused}/leviers"),
    "entretien-refuse": ("agathe", "/clients/{refused}/entretien"),
    "nouveau-dossier": ("agathe", "/dossiers/nouveau"),
    "compte": ("agathe", "/compte"),
    "plan": ("agathe", "/plan-du-site"),
    "plan-auditeur": ("basile", "/plan-du-site"),
    "decisions": ("agathe", "/decisions"),
    "decisions-toutes": ("delphine", "/decisions"),
    "decision-formulaire": ("agathe", "/clients/{free}/decision"),
    "decision-contestee": ("agathe", f"{CLIENT}/decision"),
    "decision": ("agathe", "/decisions/1"),
    "decision-en-attente": ("agathe", "/decisions/3"),
    "decision-renvoyee": ("agathe", "/decisions/8"),
    "decision-autre-pret": ("agathe", "/decisions/9"),
    "decision-auditee": ("basile", "/decisions/10"),
    "seconde-lecture": ("delphine", "/revues/decisions/3"),
    "courrier": ("agathe", "/decisions/1/courrier"),
    "courrier-autre-pret": ("agathe", "/decisions/9/courrier"),
    "reexamen-demande": ("agathe", "/decisions/1/reexamen"),
    "revues": ("delphine", "/revues"),
    "reexamen": ("agathe", "/revues/{}2"),
    "reexamen-corrige": ("delphine", "/revues/{}3"),
    "reexamen-termine": ("agathe", "/revues/{}4"),
    "reexamen-donnees": ("delphine", "/revues/{}3/donnees"),
    "reexamen-issue": ("delphine", "/revues/{}2/issue"),
    "reexamen-issue-corrige": ("delphine", "/revues/{}3/issue"),
    "reexamen-courrier": ("delphine", "/revues/{}4/courrier"),
    "journal": ("basile", "/journal?quoi=review.asked"),
    "journal-vide": ("basile", "/journal?quoi=rights.hold"),
    "modele": ("basile", "/modele"),
    "modele-conseiller": ("agathe", "/modele"),
    "equite": ("basile", "/modele/equite"),
    "reglages": ("camille", "/administration/reglages"),
    "preuves": ("basile", "/accessibilite/preuves"),
    "veille": ("agathe", "/veille"),
    "erreur-client": ("agathe", "/clients/999999999"),
    "erreur-adresse": ("agathe", "/nulle-part"),
    "erreur-role": ("camille", CLIENT),
}
HEADS = ("h1", "h2", "h3", "h4")
BLOCKS = (*HEADS, "p", "li", "dt", "dd", "caption", "th", "td", "label", "legend", "summary", "button")
# Numbers that no model and no day changes: those of articles, the limit, the most lines of a file.
_KEPT = (
    r"(?:\b(?:articles?|[LRD]\.|C-)|\(UE\)) ?\d[\d/.-]*(?:(?:,| et) (?:[LRD]\. )?\d[\d.-]*)*"
    r"|\(\d\d\)|\b500\b(?!,)|\b10 000\b"
)
_FIGURES = re.compile(rf"({_KEPT})|[+−]?\d+(?:[ \u00a0]\d{{3}})*(?:,\d+)?")
_DAY = re.compile(
    r"\b(?:janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre)(?= \d)"
)


def written(page: str, *, marked: bool = False) -> str:
    """What the main part says, a line for each block of text. marked: headings with their level."""
    (main,) = html.document_fromstring(page).xpath("//main")

    def whole(block: html.HtmlElement) -> bool:
        """No other block is in it; a link is one where that of its text is not whole, as beside a button."""
        if block.tag == "a":
            around = next((one for one in block.iterancestors() if one.tag in BLOCKS), None)
            return around is None or not whole(around)
        return not any(True for _ in block.iterdescendants(*BLOCKS))

    lines = [
        ("#" * int(block.tag[1]) + " " if marked and block.tag in HEADS else "")
        + " ".join(block.text_content().split())
        for block in main.iter(*BLOCKS, "a")
        if block.text_content().strip() and whole(block)
    ]
    return "\n".join(lines) + "\n"


# "1er" on the first day of a month, "1 heure" in the small hours, no minutes at the full hour.
_FIRST = re.compile(r"\b1er (?=mois \d)")
_MOMENT = re.compile(r"(mois \d{4} à \d{1,2}) heures?(?: \d\d\b)?")


def masked(text: str) -> str:
    """The same with "0" for figures that follow from the model, from the day or from chance."""
    text = re.sub(r"\b[0-9a-f]{12,64}\b", "empreinte", _DAY.sub("mois", text.replace("\u00a0", " ")))
    text = _MOMENT.sub(r"\1 heures 0", _FIRST.sub("1 ", text))
    return _FIGURES.sub(lambda found: found[1] or "0", text)


# What is held of each element of a page besides its words.
_FIELD = ("name", "aria-describedby", "autocomplete", "inputmode", "autocapitalize", "spellcheck")
_ATTRIBUTES = {
    "a": ("href", "rel", "download", "target", "aria-current"),
    "form": ("method", "action"),
    "input": ("type", *_FIELD),
    "select": _FIELD,
    "textarea": ("rows", "maxlength", *_FIELD),
    "img": ("src",),
    "div": ("class", "role"),
    "ol": ("class",),
    "svg": ("class",),
}
_CLASSES = re.compile(r"(?:decision|notice|reasons|mark)(?: |$)")
_CLIENTS = re.compile(r"\b(?!157083\b|0)\d{6,}\b")
_SEALED = re.compile(r"(?<=proposition=)[^&]+|(?<=/)[\w=-]{60,}")
_ENTRY = re.compile(r"(?<=/journal/)\d+|(?<=#mouvements-)\d+")


def placed(page: str) -> str:
    """Where links, forms and pictures lead, the way back first; what fields, marks and notices are."""
    parts = html.document_fromstring(page).xpath("//nav[@aria-label='Fil d’Ariane'] | //main")
    lines = []
    for one in (element for part in parts for element in part.iter(*_ATTRIBUTES)):
        given = [(name, one.get(name)) for name in _ATTRIBUTES[one.tag] if one.get(name) is not None]
        if one.get("type") == "hidden":
            continue
        if one.tag in ("div", "ol", "svg") and not _CLASSES.match(one.get("class", "")):
            continue
        words = " ".join(one.text_content().split()) if one.tag == "a" else ""
        if one.tag == "svg":
            words = " ".join(str(part.tag) for part in one)
        lines.append(" ".join([one.tag, *(f"{name}={value}" for name, value in given), words]).rstrip())
    told = re.sub(r"REV-\d{4}", "REV-0", "\n".join(lines))
    return _CLIENTS.sub("0", _ENTRY.sub("0", _SEALED.sub("…", told))) + "\n"


def held(name: str, told: str, folder: Path = KEPT) -> None:
    """What is told is what the file has."""
    written_down.check(folder / f"{name}.txt", told)
    assert len(told.split()) > 5 or folder is PLACES


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_as_it_was_word_for_word(app: Flask, name: str) -> None:
    who, address = PAGES[name]
    browser = still_signed_in(app, who) if who else app.test_client()
    page = browser.get(address).text
    held(name, written(page))
    held(name, placed(page), PLACES)


@pytest.fixture(scope="module")
def working(decided: Path) -> Flask:
    """The demonstration's decisions, something of each kind that waits, a letter; basile has a file open."""
    folder = decided.parent / "worded"
    shutil.copytree(decided, folder, symlinks=True)
    app = create_app({"INSTANCE": folder, "TESTING": True})
    work(app)
    write_to(app, 1)
    open_file(app, "basile", 157_083)
    return app


@pytest.fixture(scope="module")
def free(working: Flask) -> int:
    """A client on whom nobody has decided."""
    portfolio = current_portfolio(working.config["INSTANCE"])
    assert portfolio
    database = working.extensions["database"]
    return next(int(one) for one in portfolio.numbers()[50:] if not decisions.of_client(database, one))


@pytest.fixture(scope="module")
def refused(portfolio: Portfolio, model: Model) -> int:
    """The first client whose loan is refused by far: another model would refuse it too."""
    told = map(portfolio.client, portfolio.numbers().tolist())
    clients = (one for one in told if one is not None)
    return next(one.number for one in clients if score_row(model, one.values, 0.48, one.number).points < 470)


@pytest.mark.parametrize("name", TOLD)
def test_a_page_of_people_at_work_is_as_it_was_word_for_word(
    working: Flask, free: int, refused: int, name: str
) -> None:
    who, address = TOLD[name]
    # The numbers of reviews begin again each year.
    review = f"REV-{datetime.now(UTC).astimezone().year}-00000"
    address = address.replace("{free}", str(free)).replace("{refused}", str(refused))
    answer = still_signed_in(working, who).get(address.replace("{}", review))
    title = html.document_fromstring(answer.text).findtext(".//title")
    told = masked(f"{title}\n{written(answer.text, marked=True)}").splitlines()
    # Cells that are figures alone say nothing here.
    lines = [line for line in told if not re.fullmatch(r"(?:moins )?0( [%€])?", line)]
    held(name, "\n".join([answer.status, *lines]) + "\n")
    held(name, placed(answer.text), PLACES)


@pytest.mark.parametrize(
    "moment", ["1er décembre 2026 à 0 heure 05", "2 mai 2027 à 12 heures", "31 août 2026 à 23 heures 59"]
)
def test_words_are_the_same_at_every_hour_of_every_day(moment: str) -> None:
    assert masked(f"Ouverte le {moment}. Utilisée.") == "Ouverte le 0 mois 0 à 0 heures 0. Utilisée."
