"""What the pages of a client say, as figures: read from the HTML and the downloads that an advisor gets."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from typing import Final

from flask.testing import FlaskClient
from lxml import html

Table = list[list[str]]
# Beginning of a reason or comparison -> the figure that it compares.
_FIGURES: Final = {
    r"La moyenne des notes extérieures|La seule note extérieure": "EXT_SOURCE_MEAN",
    r"La note de l’organisme extérieur numéro 1": "EXT_SOURCE_1",
    r"La note de l’organisme extérieur numéro 2": "EXT_SOURCE_2",
    r"La note de l’organisme extérieur numéro 3": "EXT_SOURCE_3",
    r"Le montant du crédit demandé": "AMT_CREDIT",
    r"La mensualité du crédit": "AMT_ANNUITY",
    r"Le prix du bien": "AMT_GOODS_PRICE",
    r"Le crédit demandé vaut .* mensualité": "CREDIT_TERM",
    r"Le crédit demandé couvre": "CREDIT_TO_GOODS",
    r"Le crédit demandé vaut .* le revenu": "CREDIT_TO_INCOME",
    r"La mensualité vaut": "ANNUITY_TO_INCOME",
    r"Le crédit demandé est un": "NAME_CONTRACT_TYPE",
    r"Le revenu mensuel": "AMT_INCOME_TOTAL",
    r"Le (revenu|client) .*(vient|retraite|pension|emploi salarié)": "NAME_INCOME_TYPE",
    r"(Le client occupe son emploi|Le client n’occupe pas d’emploi)": "DAYS_EMPLOYED",
    r"Le métier": "OCCUPATION_TYPE",
    r"Le client (a|est|n’a|n’est) .*(études|collège|lycée|doctorat)": "NAME_EDUCATION_TYPE",
    r"Donnée absente : le dossier ne donne pas le métier": "OCCUPATION_TYPE",
    r"La voiture": "OWN_CAR_AGE",
    r"Le client (ne )?possède (pas )?(de |une )voiture": "FLAG_OWN_CAR",
    r"Le client (ne )?possède (pas )?(de |un )logement": "FLAG_OWN_REALTY",
    r"Le client (vit|loue|habite)": "NAME_HOUSING_TYPE",
}
_SMALLER: Final = r"moins|plus court|plus bas|plus récent|plus jeune"
_LARGER: Final = r"plus|plus long|plus haut|plus élevé|plus ancien|plus âgé"


def plain(text: str) -> str:
    """Text with one ordinary space between words, none inside numbers, and signs for "moins 12"."""
    text = " ".join(text.replace("\u202f", " ").replace("\u00a0", " ").split())
    text = re.sub(r"\bmoins (?=\d)", "−", text)
    return re.sub(r"(?<=\d) (?=\d{3}(?!\d))", "", text)


def number(text: str) -> float:
    """The first number of a text, a share for "12 %". ValueError where there is none."""
    found = re.search(r"([−-]?)(\d+(?:,\d+)?)( %)?", plain(text))
    if not found:
        raise ValueError(f"no number in {text!r}")
    value = float(found[2].replace(",", "."))
    return (-value if found[1] else value) / (100 if found[3] else 1)


def figure(sentence: str) -> str | None:
    """The figure that a sentence is about, None where it is not known here."""
    return next((name for start, name in _FIGURES.items() if re.match(start, sentence)), None)


def compared(sentence: str) -> tuple[str, float, str] | None:
    """What a sentence says of other clients: the kind, the share, and of whom.

    "smaller" and "larger" compare with that share of them, "same" is true of it; "middle" names no share.
    """
    if found := re.search(r"c’est à peu près au milieu des (clients[^.:]*)", sentence):
        return "middle", 0.5, found[1].strip()
    share = r"(?:(\d+(?:,\d+)?) %|((?:presque )?tous)|(moins de 1 %)) (?:les |des )?(clients[^.:]*)"
    for kind, words in (
        ("same", "[Cc]’est (?:aussi )?le cas de"),
        ("smaller", rf"c’est (?:{_SMALLER}) que chez"),
        ("larger", rf"c’est (?:{_LARGER}) que chez"),
    ):
        found = re.search(rf"{words} {share}", sentence)
        if found:
            value = float(found[1].replace(",", ".")) / 100 if found[1] else 1.0 if found[2] else 0.0
            return kind, value, found[4].strip()
    return None


class Pages:
    """The pages of one client, for a signed-in browser."""

    def __init__(self, browser: FlaskClient, client: int) -> None:
        self.browser, self.root = browser, f"/clients/{client}"

    def page(self, path: str = "") -> html.HtmlElement:
        """The main part of a page."""
        return self.part(self.browser.get(self.root + path).text)

    def part(self, text: str) -> html.HtmlElement:
        """The main part of a page whose HTML is given."""
        return html.document_fromstring(text).find(".//main")

    def sheet(self, path: str) -> Table:
        """A download, without its heading."""
        answer = self.browser.get(self.root + path)
        assert answer.status_code == 200, (path, answer.status_code)
        return list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")), delimiter=";"))[1:]

    def simulated(self, changes: Mapping[str, str]) -> html.HtmlElement:
        """The answer to a simulation: the form as it is given, with some fields typed anew."""
        form = self.page("/simulation").xpath(".//form[.//input[@name='amt_credit']]")[0]
        typed = dict(form.form_values()) | dict(changes)
        return self.part(self.browser.post(self.root + "/simulation", data=typed).text)


def sentences(page: html.HtmlElement) -> list[str]:
    """The reasons of a page, each with its effect on the score."""
    return [
        text
        for item in page.iterfind(".//ol[@class]/li")
        if re.search("Cela (ajoute|retire)", text := plain(item.text_content()))
    ]


def before_after(page: html.HtmlElement) -> list[dict[str, tuple[str, str]]]:
    """Tables of what changes: label -> before, after."""
    tables = []
    for table in page.iterfind(".//table[@class='before-after']"):
        rows = [[plain(cell.text_content()) for cell in row] for row in table.iterfind(".//tbody/tr")]
        tables.append({row[0]: (row[1], row[2]) for row in rows})
    return tables
