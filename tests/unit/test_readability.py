"""The Kandel-Moles score and its syllables."""

import pytest

from tests.measures.readability import kandel_moles, syllables

# Spoken syllables according to Lexique 3.83 (www.lexique.org).
SPOKEN = {
    "client": 2,
    "crédit": 2,
    "montant": 2,
    "ajoute": 2,
    "élevé": 3,
    "organisme": 3,
    "extérieur": 3,
    "mensualité": 4,
    "moyenne": 2,
    "création": 3,
    "étudiant": 3,
    "région": 2,
    "employeur": 3,
    "coopérative": 5,
    "possède": 2,
    "voiture": 2,
    "que": 1,
    "longue": 1,
    "les": 1,
    "adresse": 2,
    "ouvrier": 3,
    "trois": 1,
    "vie": 1,
}


@pytest.mark.parametrize(("word", "count"), SPOKEN.items())
def test_syllables(word: str, count: int) -> None:
    assert syllables(word) == count


def test_an_elided_article_has_no_syllable_of_its_own() -> None:
    assert syllables("l’âge") == 1
    assert syllables("d’études") == 2
    assert syllables("c’est") == 1
    assert syllables("jusqu’au") == 2


def test_the_formula() -> None:
    # 4 words and 6 syllables in one sentence.
    assert kandel_moles("Le client est venu.") == pytest.approx(207 - 1.015 * 4 - 73.6 * 6 / 4)
    # Figures are no words; a colon and a decimal comma end no sentence.
    assert kandel_moles("Le client\u00a0: 0,26 est venu 12.") == pytest.approx(
        kandel_moles("Le client est venu.")
    )
    assert kandel_moles("Il va. Il vient.") == pytest.approx(207 - 1.015 * 2 - 73.6 * 1)


def test_plain_french_is_easier_than_legal_french() -> None:
    plain = "Le client a une voiture. Il paie son crédit chaque mois."
    legal = (
        "Nonobstant toute stipulation contractuelle contraire, l’établissement prêteur communiquera à "
        "l’emprunteur les caractéristiques essentielles de l’opération envisagée préalablement à la "
        "conclusion de la convention."
    )
    assert kandel_moles(plain) > 90
    assert kandel_moles(legal) < 30


def test_a_text_without_words_has_no_score() -> None:
    with pytest.raises(ValueError, match="no word"):
        kandel_moles("12,5 %")
