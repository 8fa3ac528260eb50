"""Pictures that follow their reader: words, colours by name, own ids, nothing that a policy blocks."""

import io
import re
from xml.etree import ElementTree

import matplotlib
import pytest
from matplotlib.figure import Figure

import themed_svg
from themed_svg import SVG, Theme

PALETTE = {"ink": ("#112233", "#ddeeff"), "for": ("#0a4b66", "#9ad5ea")}


@pytest.fixture(autouse=True)
def texts_as_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """As both programs that draw set matplotlib up, whichever tests ran before."""
    monkeypatch.setitem(matplotlib.rcParams, "svg.fonttype", "none")
    monkeypatch.setitem(matplotlib.rcParams, "svg.hashsalt", "tests")


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


def test_heights_of_lines_are_those_that_matplotlib_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered of a font puts no letter elsewhere than what is read from it each time."""

    def lines() -> Figure:
        drawn = figure()
        for size, weight, family in ((9, "normal", "DejaVu Sans"), (21, "bold", "DejaVu Serif")):
            drawn.text(
                0.5, 0.5, "Deux\nlignes", va="center", fontsize=size, fontweight=weight, fontfamily=family
            )
            drawn.text(0.1, 0.9, "Une", va="top", fontsize=size, fontweight=weight, fontfamily=family)
        return drawn

    kept = themed_svg._Renderer._heights
    kept.clear()
    first = Theme(PALETTE).picture(lines(), "Titre", "Description")
    assert len(kept) == 4, "a family, size and weight each: matplotlib asks no longer"
    assert Theme(PALETTE).picture(lines(), "Titre", "Description") == first
    monkeypatch.delattr(themed_svg._Renderer, "_get_font_height_metrics")
    assert Theme(PALETTE).picture(lines(), "Titre", "Description") == first


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


def written(svg: bytes) -> list[tuple[str, tuple[float, ...]]]:
    """Texts in order, and every number of the attributes that say where they stand."""
    root = ElementTree.fromstring(svg)
    places = []
    for element in root.iter(f"{{{SVG}}}text"):
        told = " ".join(element.get(name, "") for name in ("x", "y", "transform", "style", "text-anchor"))
        numbers = re.findall(r"(?:translate|rotate|[xy]=)?\(?(-?\d+\.\d+)", told)
        places.append(("".join(element.itertext()), tuple(map(float, numbers))))
    return places


def alike(size: float, weight: str) -> Figure:
    """A text whose place depends on how large it is: right-aligned, in its middle, turned."""
    drawn = Figure(figsize=(4, 2), dpi=72)
    drawn.text(0.9, 0.5, "12 345 €", fontsize=size, fontweight=weight, ha="right", va="center", rotation=20)
    return drawn


def laid_out() -> Figure:
    """A figure that makes room for its texts by itself."""
    drawn = Figure(figsize=(4, 2), dpi=72, layout="constrained")
    axes = drawn.subplots()
    axes.plot([0, 12_345], [0, 0.987])
    axes.set_ylabel("Exactitude, en parts de un")
    axes.set_title("Une courbe", fontsize=12)
    return drawn


def test_texts_stand_where_matplotlib_writes_them_whatever_was_measured_before() -> None:
    """The same words in other sizes and weights, twice: the second time from memory."""
    plain = io.BytesIO()
    laid_out().savefig(plain, format="svg")
    assert written(Theme(PALETTE).picture(laid_out(), "Titre", "Description")) == written(plain.getvalue())
    for size, weight in [(12, "normal"), (12, "bold"), (19, "normal"), (12, "normal"), (19, "bold")] * 2:
        plain = io.BytesIO()
        alike(size, weight).savefig(plain, format="svg")
        found = written(Theme(PALETTE).picture(alike(size, weight), "Titre", "Description"))
        assert found == written(plain.getvalue()), (size, weight)
        assert [text for text, _ in found] == ["12 345 €"]
        assert len(found[0][1]) >= 2
