"""Pictures that follow their reader: words, colours by name, own ids, nothing that a policy blocks."""

from xml.etree import ElementTree

import pytest
from matplotlib.figure import Figure

from themed_svg import SVG, Theme

PALETTE = {"ink": ("#112233", "#ddeeff"), "for": ("#0a4b66", "#9ad5ea")}


def figure() -> Figure:
    drawn = Figure(figsize=(2, 1), dpi=72, facecolor="#0a4b66")
    axes = drawn.add_axes((0, 0, 1, 1))
    axes.bar(0, 1, facecolor="#0A4B66", edgecolor="#112233", hatch="//")
    axes.text(0, 0.5, "5 % & < plus", color="#112233", fontsize=13, fontweight="bold")
    axes.text(0, 0.2, "noir")
    return drawn


def test_colours_follow_the_reader_and_words_stay_words() -> None:
    theme = Theme(PALETTE, lambda text: text.replace(" %", "\u00a0%"))
    root = ElementTree.fromstring(theme.picture(figure(), "Titre", "A < B"))
    assert (root.get("width"), root.get("height"), root.get("role"), root.get("lang")) == (
        "144", "72", "img", "fr",
    )  # fmt: skip
    told = {child.tag.removeprefix(f"{{{SVG}}}"): child.text for child in root}
    assert told["title"] == "Titre"
    assert told["desc"] == "A < B"
    assert told["style"] == (
        ":root{--ink:#112233;--for:#0a4b66;}"
        "@media screen and (prefers-color-scheme:dark){:root{--ink:#ddeeff;--for:#9ad5ea;}}"
        "text{font-family:'DejaVu Sans',Verdana,system-ui,sans-serif}"
    )
    colours = {element.get(name) for element in root.iter() for name in ("fill", "stroke")}
    assert {"var(--ink)", "var(--for)"} <= colours
    assert not [colour for colour in colours if colour and colour.startswith("#") and colour in str(PALETTE)]
    assert not [element for element in root.iter() if "style" in element.attrib]
    texts = {"".join(element.itertext()): element for element in root.iter(f"{{{SVG}}}text")}
    assert texts["5\u00a0% & < plus"].get("font-weight") in ("bold", "700")
    assert texts["5\u00a0% & < plus"].get("font-size", "").removesuffix("px") == "13"
    assert root[-1].get("fill") == "var(--ink)", "what bears no colour of its own takes the ink's"


def test_on_paper_colours_stay_as_they_are() -> None:
    svg = Theme(PALETTE).picture(figure(), "Titre", "Description", follow=False).decode()
    assert "var(" not in svg
    assert "#0a4b66" in svg


def test_names_that_cannot_be_told_apart_are_refused() -> None:
    with pytest.raises(ValueError, match="share a light colour"):
        Theme({"one": ("#112233", "#000000"), "other": ("#112233", "#ffffff")})


def test_what_other_libraries_do_to_elementtree_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before = Theme(PALETTE).picture(figure(), "Titre", "Description")
    monkeypatch.setattr(ElementTree, "_namespace_map", {SVG: "svg", "http://www.w3.org/1999/xlink": "x"})
    assert Theme(PALETTE).picture(figure(), "Titre", "Description") == before
    assert before.startswith(b"<svg ")
    assert b"ns0:" not in before
