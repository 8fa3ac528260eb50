"""Which passwords are refused, with the sentence that says why; and that it costs no time."""

import contextlib
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from pretadepenser.records import passwords
from pretadepenser.records.database import RecordsError

NAME = "Ce mot de passe est fait de l’identifiant : choisissez une suite de mots sans rapport avec lui."
HOUSE = (
    "Ce mot de passe est fait du nom de ce service ou d’un mot du métier : choisissez une suite de mots sans "
    "rapport avec eux."
)
COMMON = (
    "Ce mot de passe est fait d’un des mots de passe les plus courants : choisissez une suite de quelques "
    "mots au hasard."
)
REPEAT = "Ce mot de passe répète les mêmes signes : choisissez une suite de mots différents."
ORDER = (
    "Ce mot de passe suit l’ordre du clavier, de l’alphabet ou des chiffres : choisissez une suite de "
    "quelques mots."
)
DATE = "Ce mot de passe est fait d’une date : choisissez une suite de quelques mots."
FEW = "Ce mot de passe est fait de trop peu de mots, ou de mots trop courants : ajoutez-en un ou deux."
LENGTH = "Le mot de passe doit avoir de 12 à 512 caractères : une suite de quelques mots convient."

GUESSED = [
    ("onze lettre", LENGTH),
    ("x" * 513, LENGTH),
    # The name of the user, eloise.martin: in parts, doubled, padded, backwards, in l33t, without accents.
    ("éloïse.martin", NAME),
    ("eloiseeloiseeloise", NAME),
    ("Eloise!!!!!!!!!!", NAME),
    ("eloise1234567", NAME),
    ("Él0ïs3M@rt1n!!", NAME),
    ("nitram.esiole", NAME),
    ("e.l.o.i.s.e.m.a.r.t.i.n", NAME),
    ("pretadepenser", HOUSE),
    ("PretADepenser1", HOUSE),
    ("prêt-à-dépenser-2026", HOUSE),
    ("pretadepenserpretadepenser", HOUSE),
    ("pr3t4d3p3ns3r!", HOUSE),
    ("conseiller2026", HOUSE),
    ("Bienvenue2026!", HOUSE),
    ("motdepasse123", COMMON),
    ("P@ssw0rd!!!!!!", COMMON),
    ("azertyuiopqs", COMMON),
    ("jaimelechocolat", COMMON),
    ("soleil soleil soleil", COMMON),
    ("aaaaaaaaaaaa", REPEAT),
    ("!?!?!?!?!?!?!?", REPEAT),
    ("x" * 512, REPEAT),
    ("a" * 40 + "tout un poème que personne ne connaît", REPEAT),
    ("qsdfghjklmwx", ORDER),
    ("abcdefghijklmnop", ORDER),
    ("le 15/03/1985", DATE),
    ("dossier client", FEW),
]


@pytest.mark.parametrize(("password", "sentence"), GUESSED, ids=[one[0][:30] for one in GUESSED])
def test_what_can_be_guessed_is_refused_with_its_reason(password: str, sentence: str) -> None:
    with pytest.raises(RecordsError) as refused:
        passwords.check(password, "éloïse.martin")
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    "password",
    [
        "une suite de quelques mots",
        "un mot de passe d'essai",
        "le chat dort bien",
        "mon chien aime le pain",
        "correct horse battery staple",
        "k7ms-p3xa-9rtv-hgq2-ndce",
        "douze lettre",
        "tr0ub4dor&3xq",
        "молоко и хлеб сегодня",
        "douze lettre" + "x" * 500,
    ],
)
def test_what_cannot_be_guessed_is_taken(password: str) -> None:
    assert passwords.check(password, "éloïse.martin") == password


def test_a_part_of_a_name_counts_for_that_user_only() -> None:
    assert passwords.check("zorglub-1984-x", "éloïse.martin")
    with pytest.raises(RecordsError, match="l’identifiant"):
        passwords.check("zorglub-1984-x", "zorglub")


@pytest.mark.parametrize(
    "password",
    ["4@8({[<369!1|0$5+7%2" * 25, "4a@b8c(d{e[f<g3h6i9j!k1l|m0n$o5p+q7r%s2t" * 12, "mot " * 128, "é" * 512],
    ids=["signs", "signs and letters", "words", "one letter"],
)
def test_a_long_password_costs_no_time(password: str) -> None:
    """Of 512 signs that stand for letters zxcvbn makes minutes of work, of 72 five seconds."""
    passwords.check("une suite de quelques mots", "agathe")  # its dictionaries are loaded
    begun = time.process_time()
    with contextlib.suppress(RecordsError):
        passwords.check(password, "agathe")
    assert time.process_time() - begun < 0.5


def test_passwords_of_several_people_are_checked_at_once_each_by_the_own_name() -> None:
    """zxcvbn keeps the words that it was given in a global."""
    people = [f"zorglub{sign}" for sign in "abcdefgh"]

    def refused(name: str) -> bool:
        try:
            passwords.check(f"{name}-1984", name)
        except RecordsError as error:
            return str(error) == NAME
        return False

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(refused, people * 10))


@pytest.mark.parametrize(
    "word",
    [
        "pretadepenser",
        "depenser",
        "credit",
        "banque",
        "bienvenue",
        "conseiller",
        "auditeur",
        "administrateur",
        "responsable",
    ],
)
def test_every_word_of_the_house_is_tried_first(word: str) -> None:
    for password in (f"{word}{word}", f"{word}-{word}-2026"):
        with pytest.raises(RecordsError) as refused:
            passwords.check(password, "agathe")
        assert str(refused.value) == HOUSE


def test_forty_signs_are_looked_at_and_marks_between_letters_count_a_thousand_times() -> None:
    assert passwords.check("x" * 30 + "k7msp3xa9rtvhgq2", "agathe")
    # Without their marks zxcvbn needs ten million guesses for the one, three million for the other.
    assert passwords.check("z-y-k-l-m-r-t", "agathe") == "z-y-k-l-m-r-t"
    with pytest.raises(RecordsError) as refused:
        passwords.check("c-h-a-t-7-z-q", "agathe")
    assert str(refused.value) == FEW


def test_a_short_part_of_a_name_counts_and_two_letters_do_not() -> None:
    with pytest.raises(RecordsError) as refused:
        passwords.check("zyk-zyk-zyk-zyk", "zyk.leroux")
    assert str(refused.value) == NAME
    assert passwords.check("zy-vert-kouglof-brume", "zy.leroux")
