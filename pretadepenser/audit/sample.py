"""What is looked at: pages, their states and the displays in which they are shown, read from a TOML file."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import cattrs

from pretadepenser.audit import AuditError

OWN: Final = Path(__file__).with_name("sample.toml")


@dataclass(frozen=True)
class Display:
    """How a page is shown. width: CSS pixels; text: size of letters in percent of the usual one.

    sideways: the criterion that a page breaks here when it is wider than its window, "" for none.
    """

    name: str
    title: str
    width: int
    scheme: str = "light"
    forced: bool = False
    text: int = 100
    sideways: str = ""


@dataclass(frozen=True)
class State:
    """What is done to a page, and how the result is recognised (sample.toml tells the meaning of each)."""

    name: str
    title: str
    fill: Mapping[str, str] = field(default_factory=dict)
    scale: Mapping[str, float] = field(default_factory=dict)
    send: bool = False
    unfold: bool = False
    status: int = 200
    says: str = ""


@dataclass(frozen=True)
class Page:
    """A page of the sample. path: may hold {client}, the number of the client to look at."""

    name: str
    title: str
    path: str
    states: tuple[State, ...]
    anonymous: bool = False
    reserved: bool = False


@dataclass(frozen=True)
class Sample:
    """Pages and displays, in the order of the report."""

    pages: tuple[Page, ...]
    displays: tuple[Display, ...]

    @property
    def visits(self) -> int:
        """How many times axe-core is run."""
        return sum(len(page.states) for page in self.pages) * len(self.displays)


_READER: Final = cattrs.Converter(forbid_extra_keys=True)


@functools.lru_cache(maxsize=4)
def load(path: Path = OWN) -> Sample:
    """Read a sample, once a file. Raises AuditError: unreadable, or not what a sample says."""
    try:
        content: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
        pages = tuple(_READER.structure(one, Page) for one in content.pop("page"))
        displays = tuple(_READER.structure(one, Display) for one in content.pop("display"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise AuditError(f"L’échantillon {path} ne se lit pas ({error}) : corrigez-le.") from error
    except (KeyError, TypeError, cattrs.BaseValidationError) as error:
        why = "; ".join(cattrs.transform_error(error)) if isinstance(error, Exception) else ""
        raise AuditError(f"L’échantillon {path} n’a pas la forme attendue ({why}) : corrigez-le.") from error
    names = [page.name for page in pages] + [display.name for display in displays]
    names += [f"{page.name}/{state.name}" for page in pages for state in page.states]
    twice = sorted({name for name in names if names.count(name) > 1})
    if content or twice or not pages or not displays:
        wrong = ", ".join([*content, *twice]) or "page ou display manque"
        raise AuditError(f"L’échantillon {path} n’a pas la forme attendue ({wrong}) : corrigez-le.")
    return Sample(pages, displays)
