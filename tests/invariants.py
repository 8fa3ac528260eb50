"""What holds on every page of the site, whatever it shows (docs/architecture.md, WCAG 2.2, RGAA 4.1)."""

import re

from lxml import html
from lxml.html import HtmlElement

SITE = "Prêt à dépenser"
REFERENCES = ("for", "aria-describedby", "aria-labelledby", "aria-controls", "aria-owns")
# French typography: these signs follow a no-break space, never a plain one.
LOOSE_SIGN = re.compile(r"\w (?:[:;!?€%»])|« ")
# What only the eye reads (pretadepenser/speech.py): no voice says it right.
UNSAID = re.compile(r"\d[\u202f\u2009\u00a0]\d|\u2212")
LEAKS = re.compile(r"\b(?:None|nan|NaN|undefined|Traceback)\b|\{\{|\}\}|\{%|<function|object at 0x")


def check(text: str, where: str) -> HtmlElement:
    """Parse a page and assert all invariants; gives the parsed page."""
    assert text.startswith("<!doctype html>"), f"{where}: no doctype"
    page = html.document_fromstring(text)
    for one in (_frame, _title, _headings, _references, _names, _forms, _tables, _policy, _words):
        one(page, where)
    return page


def _frame(page: HtmlElement, where: str) -> None:
    assert page.get("lang") == "fr", where
    assert len(page.xpath("//main")) == 1, where
    assert page.xpath("/html/body/header"), where
    assert page.xpath("/html/body/footer//a[@href='/accessibilite']"), where
    first = page.xpath("//a | //button | //input | //summary")[0]
    assert first.get("class") == "skip-link", f"{where}: the skip link is not first"
    assert first.get("href") == "#contenu", where
    navigations = page.xpath("//nav/@aria-label")
    assert len(navigations) == len(page.xpath("//nav")) == len(set(navigations)), where


def _title(page: HtmlElement, where: str) -> None:
    headings = page.xpath("//h1")
    assert len(headings) == 1, f"{where}: {len(headings)} h1"
    title = " ".join((page.findtext(".//title") or "").split())
    words = " ".join(headings[0].text_content().split())
    wrong = bool(page.xpath("//*[@class='error-summary']"))
    assert title.startswith(("Erreur : " if wrong else "") + words), f"{where}: {title!r}, {words!r}"
    assert title.endswith(SITE), where


def _headings(page: HtmlElement, where: str) -> None:
    """No level is skipped on the way down; the error summary stands before the h1 on purpose."""
    level = 1
    for heading in page.xpath("//main//*[self::h1 or self::h2 or self::h3 or self::h4]"):
        if heading.get("id") == "erreurs-titre":
            continue
        deep = int(heading.tag[1])
        assert deep <= level + 1, f"{where}: {heading.text_content()!r} jumps to h{deep}"
        assert heading.text_content().strip(), f"{where}: an empty heading"
        level = deep


def _references(page: HtmlElement, where: str) -> None:
    ids = page.xpath("//@id")
    twice = {one for one in ids if ids.count(one) > 1}
    assert not twice, f"{where}: ids used twice: {twice}"
    for attribute in REFERENCES:
        for value in page.xpath(f"//@{attribute}"):
            missing = set(value.split()) - set(ids)
            assert not missing, f"{where}: {attribute} points to {missing}"
    for anchor in page.xpath("//a[starts-with(@href, '#')]/@href"):
        assert anchor[1:] in ids, f"{where}: {anchor} leads nowhere"


def _names(page: HtmlElement, where: str) -> None:
    for image in page.xpath("//img"):
        assert image.get("alt") is not None, f"{where}: a picture without alt"
        assert image.get("width"), f"{where}: a picture without size"
        assert image.get("height"), f"{where}: a picture without size"
    for drawing in page.xpath("//body//svg"):
        assert drawing.get("aria-hidden") == "true" or drawing.get("role") == "img", where
    for link in page.xpath("//a | //button | //summary"):
        assert link.text_content().strip(), f"{where}: a link or button without a name"
    for control in page.xpath("//input[not(@type='hidden')] | //select | //textarea"):
        assert page.xpath(f"//label[@for='{control.get('id')}']"), (
            f"{where}: {control.get('name')} has no label"
        )
        if control.get("aria-invalid"):
            assert f"{control.get('id')}-erreur" in control.get("aria-describedby", ""), where


def _forms(page: HtmlElement, where: str) -> None:
    for form in page.xpath("//form[translate(@method, 'POST', 'post')='post']"):
        assert form.xpath(".//input[@name='csrf_token']"), f"{where}: a form without its CSRF token"


def _tables(page: HtmlElement, where: str) -> None:
    for table in page.xpath("//table"):
        assert table.xpath("./caption[normalize-space()]"), f"{where}: a table without caption"
        assert not table.xpath(".//th[not(@scope)]"), f"{where}: a header cell without scope"
        widths = {len(row.xpath("./th | ./td")) for row in table.xpath(".//tr")}
        assert len(widths) == 1, f"{where}: a table with rows of {widths} cells"


def _policy(page: HtmlElement, where: str) -> None:
    assert not page.xpath("//@style"), f"{where}: an inline style, which the policy blocks"
    assert not page.xpath("//style"), f"{where}: an inline style sheet"
    for script in page.xpath("//script"):
        assert script.get("src", "").startswith("/static/session.js?v="), f"{where}: a script of another kind"
        assert not (script.text or "").strip(), f"{where}: an inline script"
        assert "defer" in script.attrib, f"{where}: a script that keeps the page waiting"
    handlers = [name for element in page.iter() for name in element.attrib if name.startswith("on")]
    assert not handlers, f"{where}: {handlers}"


def _words(page: HtmlElement, where: str) -> None:
    text = page.text_content()
    assert not LEAKS.search(text), f"{where}: {LEAKS.search(text)}"
    said = [text, *page.xpath("//@alt | //@aria-label | //@title | //@placeholder")]
    assert not [one for one in said if UNSAID.search(one)], where
    loose = LOOSE_SIGN.search(text)
    assert not loose, f"{where}: {text[max(0, loose.start() - 40) : loose.end() + 5]!r}"
