"""Every text of a template stands in a test: a word of it that is changed is noticed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import held

ROOT = Path(__file__).parents[2]
TEMPLATES = ("templates/**/*.html", "pretadepenser/audit/templates/*.html", "deploy/pages/*.html")


def files() -> Iterator[tuple[str, str]]:
    """The templates: path and content."""
    for pattern in TEMPLATES:
        found = sorted(ROOT.glob(pattern))
        assert found, pattern
        yield from ((str(path.relative_to(ROOT)), path.read_text("utf-8")) for path in found)


def test_every_text_of_a_template_stands_in_a_test() -> None:
    """One that does not is to be expected literally by a test of the page and the state that show it."""
    texts = [(path, line, text) for path, source in files() for line, text in held.template_texts(source)]
    sentences = [one for one in texts if held.is_sentence(one[2], 2)]
    assert len(sentences) > 500
    lost = [
        f"{path}:{line}: {held.norm(text)}"
        for path, line, text in sentences
        if held.squeezed(text) not in held.corpus()
    ]
    assert not lost, "\n".join(["no test expects:", *lost])


def test_texts_are_found_wherever_a_template_has_them() -> None:
    source = (
        '{# Not said. #}{% set title = "Un titre à dire" %}<p>Le prêt <b>est accordé</b>{% if x %},\n'
        "et il le sera&nbsp;:{% endif %} dans {{ days }} jours ouvrés.</p>{%- if y %}\n\n"
        '<p class="pas dit du tout">{{ plural(n, "an") }}</p>{% endif %}'
        '<a aria-label="Aller à la {{ page }} suivante">Ici</a><style>p { margin: 0 auto 1rem }</style>'
    )
    assert [(line, held.norm(text)) for line, text in held.template_texts(source)] == [
        (1, "Un titre à dire"),
        (4, "Aller à la"),
        (4, "suivante"),
        (1, "Le prêt est accordé"),
        (1, ", et il le sera :"),
        (2, "dans"),
        (2, "jours ouvrés."),
        (4, "Ici"),
    ]


def test_what_a_test_holds_are_its_strings_but_docstrings_and_what_it_does_not_find() -> None:
    source = (
        '"""Not an expectation."""\n'
        "def test_it() -> None:\n"
        '    """Neither is this."""\n'
        '    assert "le prêt "\n'
        '        "est accordé" in page\n'
        "    assert 'le prêt est refusé' not in page\n"
        '    assert f"il manque {count} pièces" in page\n'
    ).replace('"le prêt "\n', '"le prêt " \\\n')
    assert sorted(held.literals(source)) == [(4, "le prêt est accordé"), (7, "il manque \x00 pièces")]


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("Il en manque", True),
        ("Il manque", False),
        ("score plus", True),
        ("plus", False),
        ("h2.title", False),
    ],
)
def test_a_sentence_has_three_words_or_two_of_which_one_turns_it(text: str, whole: bool) -> None:
    assert held.is_sentence(text) is whole


def test_texts_are_compared_by_their_words_and_not_by_figures_and_spaces() -> None:
    assert held.squeezed("Le <b>score</b>\u00a0est\nde 1\u202f234,5 points.") == "Lescoreestde0points"
    assert held.squeezed("Le score est de {points} points") != held.squeezed("Le score est de 5 points")
