"""Somebody who opens pages, follows what they show, and writes every answer down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from lxml.html import FormElement, HtmlElement, document_fromstring

from tests.bench.snapshot.answers import Book

# What a browser fetches with a page, and what the page offers as a file.
LINKED = (
    "//img/@src | //source/@srcset | //script/@src | //a[@download]/@href "
    "| //link[@rel='stylesheet' or @rel='icon']/@href"
)


class Visitor:
    """A browser whose answers stand in the folder `name` of a book. It follows each link once."""

    def __init__(self, app: Flask, book: Book, name: str) -> None:
        self.browser: FlaskClient = app.test_client()
        self._book, self._name = book, name
        self._seen: set[str] = set()

    def get(self, address: str, note: str = "", **options: Any) -> HtmlElement:
        """Open an address; give the page (an empty one for another kind of answer)."""
        return self.ask("GET", address, note, **options)

    def ask(self, method: str, address: str, note: str = "", **options: Any) -> HtmlElement:
        """Send a request of any kind, and fetch what the answer links to."""
        self._seen.add(address)
        response = self.browser.open(address, method=method, **options)
        self._book.write_answer(self._name, response, note)
        html = response.mimetype == "text/html" and response.get_data(as_text=True)
        page = document_fromstring(html or "<html></html>")
        for linked in _linked(page):
            if linked not in self._seen:
                self.get(linked)
        return page

    def send(self, page: HtmlElement, action: str, changes: Mapping[str, str | None], note: str) -> None:
        """Send the form of `page` with this action as it is filled in, but for `changes` (None: not sent).

        The answer's own forms for a CSV, which hold the same figures, are sent too. Where a page lacks the
        form, nothing is sent, and the comparison misses the answer.
        """
        for form, address in islice(_posted(page, action, own=action), 1):
            answer = self._submit(form, address, changes, note)
            for spreadsheet, table in _posted(answer, ".csv"):
                self._submit(spreadsheet, table, {}, note)

    def _submit(
        self, form: FormElement, address: str, changes: Mapping[str, str | None], note: str
    ) -> HtmlElement:
        sent = {**dict(form.form_values()), **changes}
        data = {name: value for name, value in sent.items() if value is not None}
        return self.ask("POST", address, note, data=data)

    def sign_in(self, user: str, password: str) -> None:
        """Go through the form of the application's door."""
        typed = {"identifiant": user, "mot_de_passe": password}
        self.send(self.get("/connexion"), "/connexion", typed, user)


def filled(page: HtmlElement, action: str) -> dict[str, str]:
    """What a browser would send of the form of `page` with this action; nothing where it lacks the form."""
    return next((dict(form.form_values()) for form, _ in _posted(page, action)), {})


def _linked(page: HtmlElement) -> list[str]:
    """Addresses of this site, each once, in the order of the page."""
    found = [part.split()[0] for one in page.xpath(LINKED) for part in str(one).split(",") if part.strip()]
    return list(dict.fromkeys(address for address in found if address.startswith("/")))


def _posted(page: HtmlElement, end: str, own: str = "") -> Iterator[tuple[FormElement, str]]:
    """Posted forms of a page whose address has this `end`, with it; `own` is the address of the page."""
    for form in page.forms:
        address = form.get("action") or own
        if form.method == "POST" and address.endswith(end):
            yield form, address
