"""What holds on every page of the site, whatever it shows (docs/architecture.md, WCAG 2.2, RGAA 4.1)."""

import re

from lxml import html
from lxml.html import HtmlElement

SITE = "Prêt à dépenser"
# Most characters of the words that stand for a picture, and most regions of a page beside those of the frame.
SHORT = 80
REGIONS = 2
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
    for one in (
        _frame, _title, _answer, _headings, _folded, _regions, _references, _names, _pictures, _figures,
        _forms, _required, _errors, _tables, _policy, _words,
    ):  # fmt: skip
        one(page, where)
    return page


def _frame(page: HtmlElement, where: str) -> None:
    assert page.get("lang") == "fr", where
    assert len(page.xpath("//main")) == 1, where
    assert page.xpath("/html/body/header"), where
    for address in ("/aide", "/plan-du-site", "/accessibilite"):
        assert page.xpath(f"/html/body/footer//a[@href='{address}']"), f"{where}: no {address} at its foot"
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


def _answer(page: HtmlElement, where: str) -> None:
    """Where the heading answers, a second skip link leads to it; it or the errors may ask for the focus."""
    heading = page.xpath("//h1")[0]
    links = page.xpath("//a[@class='skip-link'][2]/@href")
    assert links == (["#reponse"] if heading.get("id") == "reponse" else []), where
    assert (heading.get("tabindex") == "-1") == bool(links), where
    focused = page.xpath("//*[@autofocus]")
    assert len(focused) <= 1, f"{where}: {len(focused)} elements ask for the focus"
    if focused:
        assert focused[0] is heading or focused[0].get("class") == "error-summary", where
        assert focused[0].get("tabindex") == "-1", f"{where}: what asks for the focus cannot have it"


def _headings(page: HtmlElement, where: str) -> None:
    """No level is skipped on the way down."""
    level = 0
    for heading in page.xpath("//main//*[self::h1 or self::h2 or self::h3 or self::h4]"):
        deep = int(heading.tag[1])
        assert deep <= level + 1, f"{where}: {heading.text_content()!r} jumps to h{deep}"
        assert heading.text_content().strip(), f"{where}: an empty heading"
        level = deep


def _folded(page: HtmlElement, where: str) -> None:
    """A part that is folded stands under a heading of its own, outside the summary."""
    for details in page.xpath(
        "//details[not(ancestor::figure) and not(ancestor::*[contains(@class, 'notice')])]"
    ):
        before = details.getprevious()
        assert before is not None, f"{where}: a folded part without a heading"
        assert before.tag in ("h2", "h3"), f"{where}: a folded part without a heading"
    assert not page.xpath("//summary//*[self::h1 or self::h2 or self::h3 or self::h4]"), where


def _regions(page: HtmlElement, where: str) -> None:
    found = page.xpath("//*[@role='region'] | //section[@aria-label or @aria-labelledby]")
    assert len(found) <= REGIONS, f"{where}: {len(found)} regions"
    for scrolled in page.xpath("//*[@class='scroll']"):
        assert scrolled.get("role") == "group", where
        assert scrolled.get("aria-labelledby") == scrolled.xpath("./table/caption/@id")[0], where


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


def _pictures(page: HtmlElement, where: str) -> None:
    for image in page.xpath("//img"):
        assert len(image.get("alt")) <= SHORT, (
            f"{where}: {image.get('alt')!r} is {len(image.get('alt'))} long"
        )


def _figures(page: HtmlElement, where: str) -> None:
    """Named by its caption (RGAA 1.9), and nothing said twice around a picture."""
    for figure in page.xpath("//figure"):
        (caption,) = [one.text_content() for one in figure.xpath("./figcaption")]
        assert figure.get("role") == "figure", f"{where}: {caption!r} is no figure by its role"
        assert figure.get("aria-label") == caption, (
            f"{where}: {figure.get('aria-label')!r} is not {caption!r}"
        )
        texts = [one.text_content().strip() for one in figure.xpath("./p[not(@class)]")]
        beside = figure.xpath(".//img/@alt") + [
            " ".join(one.text_content().split()) for one in figure.xpath(".//summary | .//a | .//button")
        ]
        assert len({caption, *texts, *beside}) == 1 + len(texts) + len(beside), (
            f"{where}: {caption!r} says it twice"
        )
        for again in beside:
            assert not [one for one in (caption, *texts) if one in again], f"{where}: {again!r} says it again"


def _forms(page: HtmlElement, where: str) -> None:
    for form in page.xpath("//form[translate(@method, 'POST', 'post')='post']"):
        assert form.xpath(".//input[@name='csrf_token']"), f"{where}: a form without its CSRF token"


CONTROLS = ".//input[not(@type='hidden')] | .//select | .//textarea"
OPENINGS = (
    "Ce champ est obligatoire.",
    "Tous les champs sont obligatoires.",
    "Les champs marqués « obligatoire » ne peuvent pas rester vides.",
)


def _required(page: HtmlElement, where: str) -> None:
    """What must be filled in says so in its label, to programs, and in a sentence before the first field."""
    for form in page.xpath("//form"):
        controls = form.xpath(CONTROLS)
        must = [one for one in controls if "required" in one.attrib]
        # Of radio buttons one must be chosen: the group says so, and its legend.
        groups = form.xpath(".//*[@role='radiogroup'][@aria-required='true']")
        for group in groups:
            legend = " ".join(group.xpath("./legend")[0].text_content().split())
            assert legend.endswith(" (obligatoire)"), (where, legend)
        for control in controls:
            label = " ".join(page.xpath(f"//label[@for='{control.get('id')}']")[0].text_content().split())
            if control in must:
                assert label.endswith((" (obligatoire)", " (obligatoire, sauf sans emploi)")), (where, label)
                # Browsers would call an empty field wrong before anything is sent.
                assert control.get("aria-invalid") in ("true", "false"), (where, label)
                # HTML wants a first choice that is no answer.
                assert control.tag != "select" or control.xpath("./option")[0].get("value") == "", where
            else:
                assert "(obligatoire)" not in label, (where, label)
        # Browsers' own bubbles vanish, and say one thing at a time.
        asked = must + groups
        assert not asked or "novalidate" in form.attrib, f"{where}: a form that the browser checks"
        told = [" ".join(one.text_content().split()) for one in form.xpath("./p")]
        fields = {one.get("name") for one in controls}
        wanted = OPENINGS[0 if len(fields) == 1 else 1 if len(asked) == len(fields) else 2] if asked else None
        assert [one for one in told if one in OPENINGS] == ([wanted] if wanted else []), (where, told)
        if asked:
            first = form.xpath(".//p | .//label")[0]
            assert " ".join(first.text_content().split()) == wanted, f"{where}: not before the first field"


def _errors(page: HtmlElement, where: str) -> None:
    """Each wrong field is marked and described; a summary links to all of them, in the order of the page."""
    order = list(page.iter())
    wrong = page.xpath("//*[@aria-invalid='true']")
    said = {one.get("id"): one for one in page.find_class("field-error")}
    for control in wrong:
        described = set(control.get("aria-describedby", "").split()) & said.keys()
        assert len(described) == 1, f"{where}: {control.get('id')} is wrong and nothing says why"
    described = {name for one in wrong for name in one.get("aria-describedby").split() if name in said}
    assert described == said.keys(), f"{where}: an error of no field"
    summaries = page.find_class("error-summary")
    assert len(summaries) == bool(wrong or summaries), where
    for summary in summaries:
        assert summary.get("role") == "group", f"{where}: the summary is said twice"
        assert not summary.xpath("ancestor-or-self::*[@role='alert' or @aria-live]"), where
        assert summary.get("tabindex") == "-1", where
        assert "autofocus" in summary.attrib, where
        assert page.xpath("//*[@autofocus]") == [summary], where
        assert (
            order.index(page.xpath("//h1")[0])
            < order.index(summary)
            < order.index(page.xpath("//main//form")[0])
        )
        links = summary.xpath(".//a")
        targets = [page.get_element_by_id(link.get("href").removeprefix("#")) for link in links]
        assert all(one.tag in ("input", "select", "textarea") for one in targets), where
        places = [order.index(one) for one in targets]
        assert places == sorted(places), f"{where}: the summary is not in the order of the form"
        told = [" ".join(link.text_content().split()) for link in links]
        there = [" ".join(one.text_content().split()).removeprefix("Erreur : ") for one in said.values()]
        assert told == there, f"{where}: the summary says something else than the fields"


def _tables(page: HtmlElement, where: str) -> None:
    for table in page.xpath("//table"):
        assert table.xpath("./caption[normalize-space()]"), f"{where}: a table without caption"
        assert not table.xpath(".//th[not(@scope)]"), f"{where}: a header cell without scope"
        widths = {len(row.xpath("./th | ./td")) for row in table.xpath(".//tr")}
        assert len(widths) == 1, f"{where}: a table with rows of {widths} cells"
        for cell in table.xpath(".//th | .//td"):
            assert cell.text_content().strip(), f"{where}: an empty cell in {table.findtext('caption')!r}"
        # No style of ours takes a table's meaning away: a role that says it again would be one too many.
        assert not table.xpath(
            "self::*[@role] | .//*[@role][self::thead or self::tr or self::th or self::td]"
        ), where


def _policy(page: HtmlElement, where: str) -> None:
    assert not page.xpath("//@style"), f"{where}: an inline style, which the policy blocks"
    assert not page.xpath("//style"), f"{where}: an inline style sheet"
    for script in page.xpath("//script"):
        assert re.match(r"/static/(session|tables)\.js\?v=", script.get("src", "")), (
            f"{where}: another script"
        )
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
