"""From matplotlib's SVG to a picture that follows its reader: words, colours by name, no inline style.

Matplotlib writes colours into style attributes. They become presentation attributes whose colours are CSS
variables: a picture defines them for light, dark and print in a style sheet that a strict
Content-Security-Policy can name. Texts stay texts.

The application and the study both draw with matplotlib and know nothing of each other: this they share.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final, Literal
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from matplotlib.backends.backend_svg import FigureCanvasSVG, RendererSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font

SVG: Final = "http://www.w3.org/2000/svg"
XLINK: Final = "http://www.w3.org/1999/xlink"

# Dots per inch: a point is a pixel.
_DPI: Final = 72
# Texts whose sizes are kept; then all are measured again.
_MEASURED: Final = 4096
FONTS: Final = "'DejaVu Sans',Verdana,system-ui,sans-serif"
_Heights = tuple[float, float, float] | tuple[None, None, None]
# Attributes of a colour, and those that refer to an id of the same picture.
_COLORS: Final = ("fill", "stroke")


def _same(text: str) -> str:
    return text


@dataclass(frozen=True)
class Theme:
    """How pictures are coloured and set.

    palette: colour name -> (light, dark) as "#rrggbb"; typeset: what is done to every text, such as putting
    no-break spaces. Two names must not share a light colour: it stands for the name while matplotlib draws.
    """

    palette: Mapping[str, tuple[str, str]]
    typeset: Callable[[str], str] = field(default=_same)

    def __post_init__(self) -> None:
        lights = [light.lower() for light, _ in self.palette.values()]
        if len(set(lights)) < len(lights):
            raise ValueError("two names of the palette share a light colour")

    @property
    def sheet(self) -> str:
        """The style sheet of a picture that follows the reader's scheme; print is light."""
        light, dark = (
            "".join(f"--{name}:{pair[column]};" for name, pair in self.palette.items()) for column in (0, 1)
        )
        return (
            f":root{{{light}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"
            f"text{{font-family:{FONTS}}}"
        )

    def picture(self, figure: Figure, title: str, description: str, *, follow: bool = True) -> bytes:
        """Write a matplotlib figure (72 dots per inch: a point is a pixel) as a stand-alone SVG.

        follow: colours follow the reader's scheme; otherwise they stay light, for paper and for programs that
        know no CSS variables.
        """
        root = _written(figure)
        _clean(root)
        for element in root.iter():
            if element.text and element.tag == f"{{{SVG}}}text":
                element.text = self.typeset(element.text)
            if follow:
                self._name_colors(element)
        wide, high = (round(inches * _DPI) for inches in figure.get_size_inches())
        # What matplotlib leaves black bears no colour of its own: it takes the ink's, where there is one.
        ink = {"fill": "var(--ink)"} if follow and "ink" in self.palette else {}
        body = Element(f"{{{SVG}}}g", {**ink, "stroke-linejoin": "round", "stroke-linecap": "butt"})
        body.extend(list(root))
        for child in list(root):
            root.remove(child)
        root.attrib.update(
            {"width": f"{wide}", "height": f"{high}", "role": "img", "lang": "fr"},
            **{"aria-labelledby": "titre desc"},
        )
        for name, content, attributes in (
            ("title", title, {"id": "titre"}),
            ("desc", description, {"id": "desc"}),
            ("style", self.sheet if follow else f"text{{font-family:{FONTS}}}", {}),
        ):
            ElementTree.SubElement(root, f"{{{SVG}}}{name}", attributes).text = content
        root.append(body)
        return _text(root).encode()

    def _name_colors(self, element: Element) -> None:
        for attribute in _COLORS:
            color = element.get(attribute, "").lower()
            name = next((name for name, (light, _) in self.palette.items() if light.lower() == color), None)
            if name is not None:
                element.set(attribute, f"var(--{name})")


def _text(root: Element) -> str:
    """Write a tree with SVG as its default namespace.

    ElementTree's own table of prefixes is one for the whole process, and WeasyPrint changes it: names are
    written without a namespace, and the root says which one it is.
    """
    for element in root.iter():
        element.tag = element.tag.removeprefix(f"{{{SVG}}}")
        for name in [name for name in element.attrib if name.startswith(f"{{{XLINK}}}")]:
            # SVG 2 needs no prefix any more: all browsers and WeasyPrint read the plain attribute.
            element.set(name.removeprefix(f"{{{XLINK}}}"), element.attrib.pop(name))
    root.set("xmlns", SVG)
    return ElementTree.tostring(root, "unicode")


class _Renderer(RendererSVG):
    """Matplotlib's own, which knows the sizes of texts that it has measured before: a third of its work."""

    _sizes: ClassVar[dict[tuple[str, bool | Literal["TeX"], int], tuple[float, float, float]]] = {}
    _heights: ClassVar[dict[int, _Heights]] = {}

    def get_text_width_height_descent(
        self, s: str, prop: FontProperties, ismath: bool | Literal["TeX"]
    ) -> tuple[float, float, float]:
        # Fonts are the same where their hashes are: so does matplotlib itself compare them.
        key = (s, ismath, hash(prop))
        size = self._sizes.get(key)
        if size is None:
            if len(self._sizes) >= _MEASURED:
                self._sizes.clear()
            measured = super().get_text_width_height_descent(s, prop, ismath)  # type: ignore[no-untyped-call]
            size = self._sizes[key] = measured
        return size

    def _get_font_height_metrics(self, prop: FontProperties) -> _Heights:
        """Ascent, descent and gap of the lines of a font, in pixels: matplotlib reads them for every text.

        It asks a renderer that has this method, and looks itself where it is told nothing.
        """
        key = hash(prop)
        if key not in self._heights:
            if len(self._heights) >= _MEASURED:
                self._heights.clear()
            self._heights[key] = _line(prop)
        return self._heights[key]


def _line(prop: FontProperties) -> _Heights:
    font = get_font(findfont(prop))
    head, table = font.get_sfnt_table("head"), font.get_sfnt_table("OS/2")
    if not head or not table:
        return None, None, None
    scale = prop.get_size_in_points() / head["unitsPerEm"]
    return table["sTypoAscender"] * scale, -table["sTypoDescender"] * scale, table["sTypoLineGap"] * scale


def _written(figure: Figure) -> Element:
    """What `savefig` writes, without what it does for other formats."""
    figure.dpi = _DPI
    # What lays a figure out measures as its canvas does.
    FigureCanvasSVG(figure)
    buffer = io.StringIO()
    wide, high = figure.get_size_inches() * _DPI
    told = {"Date": None, "Creator": None}
    renderer = _Renderer(wide, high, buffer, image_dpi=_DPI, metadata=told)  # type: ignore[no-untyped-call]
    figure.draw(renderer)
    renderer.finalize()  # type: ignore[no-untyped-call]
    return ElementTree.fromstring(buffer.getvalue())  # written by matplotlib here and now


def _clean(root: Element) -> None:
    """Take away what only other programs read, and turn style attributes into presentation attributes."""
    _drop(root, "metadata", "style")
    for element in root.iter():
        style = element.attrib.pop("style", "")
        element.attrib.update(_presentation(style))


def _drop(root: Element, *names: str) -> None:
    tags = {f"{{{SVG}}}{name}" for name in names}
    for parent in root.iter():
        for child in [child for child in parent if child.tag in tags]:
            parent.remove(child)


def _presentation(style: str) -> Iterator[tuple[str, str]]:
    """CSS declarations as SVG attributes; a font shorthand is spelt out, the family is the sheet's."""
    for declaration in style.split(";"):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        if name == "font":
            if size := re.search(r"([\d.]+)px", value):
                yield "font-size", size[1]
            if re.search(r"\b(bold|[5-9]00)\b", value):
                yield "font-weight", "bold"
        elif name and value and name != "font-family":
            yield name, value
