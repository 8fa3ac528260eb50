"""What is asked over HTTP: every page for chosen clients and every role, errors, and the API."""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask
from lxml.html import HtmlElement

from pretadepenser import create_app
from tests.bench.snapshot.answers import Book
from tests.bench.snapshot.ground import ROLES, Plan
from tests.bench.snapshot.visitor import Visitor, filled

CLIENT = (
    "",
    "/entretien",
    "/entretien.pdf",
    "/comparaison",
    "/comparaison?donnee=AMT_INCOME_TOTAL&groupe=accordes",
    "/comparaison?donnee=NAME_INCOME_TYPE&groupe=refuses&comme=type",
    "/comparaison?donnee=DAYS_EMPLOYED&comme=revenu&comme=age",
    "/comparaison?donnee=EXT_SOURCE_2&avec=AMT_CREDIT",
    "/comparaison?donnee=AMT_ANNUITY&avec=AMT_INCOME_TOTAL&groupe=accordes&comme=source",
    "/comparaison?comme=revenu&comme=source&comme=logement&comme=type&comme=age&comme=montant",
    "/comparaison?donnee=AMT_CREDIT&avec=AMT_CREDIT",
    "/comparaison?donnee=NAME_INCOME_TYPE&avec=AMT_CREDIT",
    "/comparaison?donnee=INCONNUE&groupe=inconnu&comme=inconnu",
    "/leviers",
    "/leviers?fixe=projet",
    "/leviers?fixe=apport&fixe=revenu",
    "/leviers?fixe=duree",
    "/leviers?fixe=projet&fixe=apport&fixe=duree&fixe=revenu",
    "/leviers?fixe=inconnu",
)
# What the simulation is sent instead of the client's own figures; None: not sent.
SIMULATED: Mapping[str, Mapping[str, str | None]] = {
    "unchanged": {},
    "no number": {"amt_credit": "beaucoup"},
    "pasted": {"amt_credit": "250.000"},
    "out of range": {"amt_income_total": "900 000 000 000", "own_car_age": "-4"},
    "no length of employment": {"days_employed": "", "days_employed_none": None},
    "no employment": {"days_employed": "", "days_employed_none": "y", "name_income_type": "Unemployed"},
    "another job": {"days_employed": "8 ans et 2 mois", "occupation_type": "Managers"},
    "unknown category": {"occupation_type": "Inconnue"},
}
# The same with amounts: shares of the client's own, so that the unit in which they are typed does not matter.
AMOUNTS = ("amt_credit", "amt_annuity", "amt_goods_price", "amt_income_total")
SCALED: Mapping[str, Mapping[str, float]] = {
    "less": {"amt_credit": 0.8, "amt_annuity": 0.8, "amt_goods_price": 0.8},
    "much less": {"amt_credit": 0.3, "amt_annuity": 0.3, "amt_goods_price": 0.3},
    "more income": {"amt_income_total": 1.3},
    "little income": {"amt_income_total": 0.05},
    "another instalment": {"amt_annuity": 1.2},
}
# A new application: these answers beside the amounts of a client, and then others.
PERSON: Mapping[str, str] = {
    "name_contract_type": "Cash loans",
    "name_income_type": "Working",
    "days_employed": "3 ans et 2 mois",
    "name_education_type": "Higher education",
    "name_housing_type": "House / apartment",
    "flag_own_car": "N",
    "flag_own_realty": "Y",
}
APPLICATIONS: Mapping[str, Mapping[str, str]] = {
    "little": {},
    "whole": {
        "ext_source_1": "0,6",
        "ext_source_2": "0,7",
        "ext_source_3": "0,7",
        "occupation_type": "Managers",
    },
    "refused": {"ext_source_1": "0,1", "ext_source_2": "0,1", "ext_source_3": "0,05"},
    "no employment": {"name_income_type": "Pensioner", "days_employed": "", "days_employed_none": "y"},
    "no number": {"amt_credit": "beaucoup", "ext_source_2": "3"},
    "implausible": {"amt_goods_price": "1"},
    "car without its owner": {"own_car_age": "4"},
}
SEARCHED = (
    "", "abc", "-5", "1,5", "157.083", "157,083", "1" * 13, "999999", " 157 083 ", "157083 leviers",
    "157083 x",
)  # fmt: skip
# Settings that pages show, far from their defaults: what is written out instead of read shows.
SETTINGS: Mapping[str, object] = {
    "LIMIT": 0.3,
    "ORGANISATION_NAME": "Crédit du Canal",
    "ORGANISATION_ADDRESS": "1 quai des Essais, 75000 Paris",
    "ORGANISATION_PHONE": "01 00 00 00 00",
    "ORGANISATION_EMAIL": "clients@example.org",
    "ORGANISATION_DPO": "donnees@example.org",
    "EXTERNAL_BUREAUX": "Bureau A, Bureau B, Bureau C",
    "MEDIATOR_NAME": "Médiateur des essais",
    "MEDIATOR_ADDRESS": "mediateur.example.org",
}


def ask(instance: Path, plan: Plan, book: Book) -> None:
    """Ask an application on `instance` for everything."""
    app = create_app({"INSTANCE": instance})
    ready = app.test_client().get("/readyz")
    if ready.status_code != 200:
        sys.exit(f"This code cannot use the instance ({ready.text.strip()}): prepare another one with it.")
    rules = {f"{rule.rule} {' '.join(sorted(rule.methods or ()))}" for rule in app.url_map.iter_rules()}
    book.write("addresses", "\n".join(sorted(rules)))
    _nobody(Visitor(app, book, "nobody"))
    visitors = {role: Visitor(app, book, role) for role in ROLES}
    for role, visitor in visitors.items():
        visitor.sign_in(role, plan.passwords[role])
        _about_the_model(visitor)
    advisor = visitors["conseiller"]
    for row in plan.clients:
        _client(advisor, row)
    _every_figure(advisor, plan.clients[0]["SK_ID_CURR"])
    _search(advisor)
    _application(advisor, plan.clients[0]["SK_ID_CURR"])
    _errors(advisor, plan.clients[0]["SK_ID_CURR"])
    _interface(app, plan, book)
    _other_settings(instance, plan, book)
    advisor.send(advisor.get("/", "before signing out"), "/deconnexion", {}, "")
    advisor.get("/", "signed out")


def _nobody(visitor: Visitor) -> None:
    """What is open to everybody, and the door."""
    for address in ("/", "/clients/157083", "/veille", "/accessibilite", "/healthz", "/readyz"):
        visitor.get(address)
    for address in ("/aide", "/plan-du-site"):
        visitor.get(address)
    for address in ("/connexion?suite=/modele", "/connexion?suite=//example.org"):
        visitor.get(address)
    door = visitor.get("/connexion")
    visitor.send(door, "/connexion", {}, "nothing")
    for attempt in range(1, 7):  # the sixth comes too soon
        wrong = {"identifiant": "personne", "mot_de_passe": "rien de juste ici"}
        visitor.send(door, "/connexion", wrong, f"wrong {attempt}")


def _about_the_model(visitor: Visitor) -> None:
    """The pages about no client, as a role sees them."""
    for address in ("/modele", "/modele?donnee=INCONNUE", "/modele/equite", "/veille", "/accessibilite", "/"):
        visitor.get(address)
    for address in ("/aide", "/plan-du-site"):
        visitor.get(address)


def _client(visitor: Visitor, row: Mapping[str, Any]) -> None:
    """Every page about one client."""
    home = f"/clients/{row['SK_ID_CURR']}"
    for page in CLIENT:
        visitor.get(home + page)
    page = visitor.get(f"{home}/simulation")
    figures = filled(page, "/simulation")
    scaled = {
        note: {name: _share(figures.get(name, ""), share) for name, share in shares.items()}
        for note, shares in SCALED.items()
    }
    for note, changes in {**scaled, **SIMULATED}.items():
        visitor.send(page, "/simulation", changes, note)
    wrong = figures | {"amt_credit": "beaucoup"}
    visitor.ask("POST", f"{home}/simulation/chiffres.csv", "no number", data=wrong)


def _share(typed: str, share: float) -> str:
    """A share of an amount as the form writes it; nothing of nothing."""
    plain = re.sub(r"[^\d,]", "", typed).replace(",", ".")
    return str(round(share * float(plain))) if plain else ""


def _every_figure(visitor: Visitor, number: int) -> None:
    """What each figure does in the model, and the comparison of one client by each, and crossed with each."""
    for name in _offered(visitor.get("/modele", "every figure"), "donnee"):
        visitor.get(f"/modele?donnee={name}")
    page = visitor.get(f"/clients/{number}/comparaison", "every figure")
    for name in _offered(page, "donnee"):
        visitor.get(f"/clients/{number}/comparaison?donnee={name}&groupe=tous")
    for name in _offered(page, "avec"):
        visitor.get(f"/clients/{number}/comparaison?donnee=AMT_INCOME_TOTAL&avec={name}")


def _search(visitor: Visitor) -> None:
    page = visitor.get("/", "with recent clients")
    for number in SEARCHED:
        visitor.send(page, "/", {"numero": number}, f"numero={number}")


def _application(visitor: Visitor, client: int) -> None:
    """A person who is not in the portfolio, with the amounts of a client who is."""
    page = visitor.get("/dossiers/nouveau", "again")
    visitor.send(page, "/dossiers/nouveau", {}, "nothing")
    person = _person(visitor, client)
    for note, answers in APPLICATIONS.items():
        visitor.send(page, "/dossiers/nouveau", {**person, **answers}, note)
    wrong = filled(page, "/dossiers/nouveau") | person | {"amt_credit": "beaucoup"}
    for chart in ("score", "contributions", "inconnu"):
        visitor.ask("POST", f"/dossiers/nouveau/chiffres/{chart}.csv", "no number", data=wrong)


def _person(visitor: Visitor, client: int) -> dict[str, str]:
    figures = filled(visitor.get(f"/clients/{client}/simulation", "again"), "/simulation")
    return {**PERSON, **{name: figures.get(name, "") for name in AMOUNTS}}


def _errors(visitor: Visitor, number: int) -> None:
    """What goes wrong over HTTP. (403 and 422 stand among the pages.)"""
    for address in (
        "/inconnue",
        "/clients/999999999",
        "/clients/999999999/leviers",
        "/clients/abc",
        f"/clients/{number}/graphiques/inconnu.svg",
        f"/clients/{number}/graphiques/inconnu.csv",
        f"/clients/{number}/graphiques/score.svg?largeur=inconnue",
        f"/clients/{number}/comparaison/graphiques/croisement.svg",
        f"/clients/{number}/",
        "/modele/graphiques/inconnu.svg",
        "/modele/equite/inconnu.csv",
        "/veille/images/report.json",
        "/veille/chiffres/inconnu.csv",
        "/connexion",
    ):
        visitor.get(address, "error")
    visitor.ask("DELETE", "/veille", "method")
    visitor.ask("PUT", f"/clients/{number}", "method")
    visitor.ask("GET", "/deconnexion", "method")
    visitor.ask("POST", "/", "no token", data={"numero": "157083"})
    visitor.ask("POST", "/", "too large", data={"numero": "1" * 2_000_000})


def _interface(app: Flask, plan: Plan, book: Book) -> None:
    """The API: scores, contract and refusals."""
    system = Visitor(app, book, "api")
    scores, key = "/api/v1/scores", {"Authorization": f"Bearer {plan.token}"}
    rows = list(plan.clients)
    system.get("/api/v1/openapi.json")
    system.get("/api/v1/inconnue", headers=key)
    system.get(scores, "method", headers=key)
    for row in rows:
        system.get(f"/api/v1/clients/{row['SK_ID_CURR']}/score", headers=key)
    system.get("/api/v1/clients/999999999/score", headers=key)
    system.ask("POST", scores, "no token", json=rows)
    system.ask("POST", scores, "wrong token", json=rows, headers={"Authorization": "Bearer faux"})
    system.ask("POST", scores, "json", json={"rows": rows}, headers=key)
    sent = {"headers": key, "data": _csv(rows), "content_type": "text/csv"}
    for accepted in ("application/json", "text/csv"):
        system.ask("POST", scores, f"csv to {accepted}", **sent | {"headers": key | {"Accept": accepted}})
    explained = f"{scores}?reasons=true"
    system.ask("POST", explained, "json", json=rows, headers=key)
    system.ask("POST", explained, "csv", **sent)
    system.ask("POST", explained, "csv to csv", **sent | {"headers": key | {"Accept": "text/csv"}})
    system.ask("POST", explained, "too many", json=rows * 50, headers=key)
    system.ask("POST", f"{scores}?reasons=peut-etre", "json", json=rows, headers=key)
    faults: Mapping[str, Any] = {
        "no rows": [],
        "no list": {"clients": rows},
        "unknown column": [{**rows[0], "INCONNUE": 1}],
        "missing column": [{"SK_ID_CURR": 1}],
        "wrong type": [{**rows[0], "AMT_CREDIT": "beaucoup"}],
        "out of range": [rows[1], {**rows[0], "AMT_CREDIT": -1, "CODE_GENDER": "?"}],
    }
    for note, content in faults.items():
        system.ask("POST", scores, note, json=content, headers=key)
    system.ask("POST", scores, "no JSON", data=b"{", content_type="application/json", headers=key)
    system.ask("POST", scores, "broken csv", **sent | {"data": b"SK_ID_CURR,AMT_CREDIT\n1\n1,2,3\n"})
    system.ask("POST", scores, "other kind", **sent | {"content_type": "text/plain"})
    system.ask("POST", scores, "too large", **sent | {"data": b"1" * 50_000_000})


def _csv(rows: list[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _other_settings(instance: Path, plan: Plan, book: Book) -> None:
    """Pages of an application whose settings are not the defaults."""
    app = create_app({"INSTANCE": instance, **SETTINGS})
    visitor = Visitor(app, book, "other settings")
    visitor.sign_in("conseiller", plan.passwords["conseiller"])
    for row in plan.clients[::2]:
        home = f"/clients/{row['SK_ID_CURR']}"
        for page in ("", "/entretien", "/entretien.pdf", "/leviers", "/comparaison?groupe=accordes"):
            visitor.get(home + page)
        visitor.send(
            visitor.get(f"{home}/simulation"), "/simulation", SIMULATED["another job"], "another job"
        )
    person = _person(visitor, plan.clients[0]["SK_ID_CURR"])
    visitor.send(visitor.get("/dossiers/nouveau"), "/dossiers/nouveau", person, "little")
    auditor = Visitor(app, book, "other settings, auditor")
    auditor.sign_in("auditeur", plan.passwords["auditeur"])
    for address in ("/modele", "/modele/equite", "/accessibilite"):
        auditor.get(address)


def ask_unfinished(instance: Path, password: str, book: Book, name: str) -> None:
    """What an instance answers to an advisor that lacks its portfolio or its model."""
    visitor = Visitor(create_app({"INSTANCE": instance}), book, name)
    visitor.sign_in("conseiller", password)
    for address in ("/", "/clients/157083", "/modele", "/dossiers/nouveau", "/readyz"):
        visitor.get(address)
    visitor.send(visitor.get("/accessibilite"), "/deconnexion", {}, "")


def _offered(page: HtmlElement, name: str) -> list[str]:
    """The values of a list in a page's form."""
    return [value for value in page.xpath(f"//select[@name='{name}']//option/@value") if value]
