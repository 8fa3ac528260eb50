"""What letters to clients say: each kind, sentence by sentence, and what the law wants in each."""

import datetime
import hashlib
import re
from collections.abc import Mapping
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

import pytest

from pretadepenser.credit.explanation import advice as advices
from pretadepenser.credit.explanation.advice import Advice, AdviceError, Heard, Line
from pretadepenser.credit.recourse import letters
from pretadepenser.credit.recourse.decision import Motive, Verdict
from pretadepenser.credit.recourse.letters import Case, Corrected, Letter, Reviewed, Section, Sender
from pretadepenser.credit.recourse.meeting_sheet import Bureau
from pretadepenser.credit.whatif.capacity import Capacity, Filed, Rules
from tests.measures.readability import kandel_moles

ROOT = Path(__file__).parents[2]
DECIDED, TODAY = datetime.date(2026, 11, 26), datetime.date(2026, 11, 27)
SENDER = Sender(
    "Banque du Port",
    "1 quai des Brumes, 29200 Brest",
    "02 98 00 00 00",
    "clients@port.example",
    "dpo@port.example",
    "Maud Le Gall, 02 98 00 00 01",
    "Médiateur des banques, mediateur.example",
    (Bureau("Alpha", "alpha.example"), Bureau("Bêta", "beta.example"), Bureau("Gamma", "gamma.example")),
    "Fichier des prêts, fichier.example",
    (("Responsable", "Banque du Port, Brest"), ("But", "étudier votre demande")),
)
AGAINST = Heard(
    ("EXT_SOURCE_1",), -36, "Notes", "Le client est mal noté.", "Vos notes", "Vos notes sont basses."
)
IN_FAVOUR = Heard(
    ("AMT_INCOME_TOTAL",), 4, "Revenu", "Le client gagne bien.", "Votre revenu", "Votre revenu est haut."
)
# Too rare to be a reason either way.
RARE = tuple(Line("OCCUPATION_TYPE", ("OCCUPATION_TYPE",), "Métier", "rare", points) for points in (-3, 2))
# In units of the data: a hundred make a euro.
INPUTS = {
    "AMT_CREDIT": 411_800.0,
    "AMT_ANNUITY": 20_100.0,
    "AMT_INCOME_TOTAL": 202_500.0,
    "EXT_SOURCE_1": 0.31,
    "EXT_SOURCE_2": None,
    "EXT_SOURCE_3": 0.1,
    "BUREAU_ACTIVE": 2,
    "BUREAU_OVERDUE": 4_200.0,
    "PREVIOUS_COUNT": 3,
}
SETTINGS = {"CONTEST_DAYS": 60, "REVIEW_DAYS": 30, "OUTCOME_MEANING": "tardé à payer"}


def advice(granted: bool, **changed: Any) -> Advice:
    """Advice on client 157083, of 462 points or of 512."""
    points = 512 if granted else 462
    made = Advice(
        advices.FORMAT, 157_083, INPUTS, "a" * 64, "b" * 64, "c" * 64, "d" * 64, 0.48, "EUR", 100.0,
        ("Alpha", "Bêta", "Gamma"), {"pretadepenser": "0.1.0"}, 1.2, 0.37 if granted else 0.77,
        0.07 if granted else 0.19, points, points - 9, points + 9, 494,
        granted, {name: (0.1, 1) for name in INPUTS if name != "AMT_INCOME_TOTAL"}, (),
        (AGAINST,), (IN_FAVOUR,),
    )  # fmt: skip
    return replace(made, **changed)


def case(verdict: Verdict, granted: bool, second: str = "", **content: Any) -> Case:
    """A decision of agathe, as it is recorded."""
    changed = content.pop("advice", {})
    told: dict[str, Any] = {
        "advice": advices.as_json(advice(granted, **changed)),
        "motives": [],
        "text": "",
        "documents": [],
        "asked": [],
        "capacity": None,
        "counter": None,
        "settings": SETTINGS,
    }
    return Case(12, 157_083, DECIDED, "agathe", verdict, told | content, second)


def letter(verdict: Verdict, granted: bool, **content: Any) -> Letter:
    """The letter of such a decision."""
    return letters.letter(case(verdict, granted, **content), SENDER, TODAY)


TAKEN_INTO_ACCOUNT = (
    "Une donnée de votre dossier était fausse, dépassée ou absente, et nous en avons tenu compte."
)
OTHER = {"amount": 300_000.0, "instalment": 20_000.0, "from": "un levier", "points": 505}
LETTERS = {
    "accord": letter(Verdict.GRANT, True),
    "refus": letter(Verdict.REFUSE, False),
    "proposition": letter(Verdict.COUNTER, False, counter=OTHER),
    "pièces": letter(Verdict.ASK, False, asked=["revenus", "impots"]),
    "revue": letters.reply(
        Reviewed("REV-2026-000123", DECIDED, "delphine", "Rien ne change."),
        case(Verdict.REFUSE, False),
        SENDER,
        TODAY,
    ),
}
CORRECTED = (Corrected("Revenu mensuel", "2 025 €", "2 500 €"),)
REFUSING = ("refus", "proposition", "revue")


def plain(text: str) -> str:
    """Text with all kinds of space made plain."""
    return " ".join(text.split())


def told(letter: Letter) -> str:
    """All that a letter says, a line each."""
    lines = [f"{line.lead} : {line.text}" for line in letter.references]
    lines += [letter.title, *letter.opening]
    for section in letter.sections:
        lines += [section.title, *section.paragraphs]
        lines += [f"{line.lead} : {line.text}" if line.lead else line.text for line in section.lines]
        lines += [section.after]
    return "\n".join(plain(line) for line in (*lines, letter.signed) if line)


def part(letter: Letter, title: str) -> Section:
    """The part under a title."""
    return next(section for section in letter.sections if plain(section.title) == title)


def titles(letter: Letter) -> list[str]:
    """Titles of the parts, in order."""
    return [plain(section.title) for section in letter.sections]


# --- the answer -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kind", "title", "first"),
    [
        (
            "accord", "accord", "Votre demande de prêt est acceptée",
            "Nous acceptons votre demande : un prêt de 4 118 €, avec une mensualité de 201 €.",
        ),
        (
            "refus", "refus", "Votre demande de prêt n’est pas acceptée",
            "Nous n’acceptons pas votre demande : un prêt de 4 118 €, avec une mensualité de 201 €. Cette "
            "lettre dit pourquoi, et comment contester cette décision.",
        ),
        (
            "proposition", "accord", "Nous vous proposons un autre prêt",
            "Nous n’acceptons pas votre demande telle qu’elle est : un prêt de 4 118 €, avec une mensualité "
            "de 201 €.",
        ),
        (
            "pièces", "pièces", "Il nous manque des pièces pour vous répondre",
            "Votre demande, un prêt de 4 118 €, avec une mensualité de 201 €, n’est ni acceptée ni refusée : "
            "il manque des pièces pour l’étudier.",
        ),
        (
            "revue", "revue", "Après réexamen, notre décision est maintenue",
            "Vous avez demandé qu’une personne revoie notre décision numéro 12, du 26 novembre 2026. Nous "
            "avons reçu votre demande le 26 novembre 2026 et lui avons donné le numéro REV-2026-000123.",
        ),
    ],
)  # fmt: skip
def test_a_letter_begins_with_its_answer(name: str, kind: str, title: str, first: str) -> None:
    written = LETTERS[name]
    assert (str(written.kind), written.title) == (kind, title)
    assert plain(written.opening[0]) == "Madame, Monsieur,"
    assert plain(written.opening[1]) == first


@pytest.mark.parametrize("name", LETTERS)
def test_it_says_from_whom_to_whom_and_of_what_it_is(name: str) -> None:
    lines = [(line.lead, plain(line.text)) for line in LETTERS[name].references]
    assert lines == [
        ("De", "Banque du Port, 1 quai des Brumes, 29200 Brest"),
        ("À", "client numéro 157083"),
        ("Décision", "numéro 12, du 26 novembre 2026"),
        *([("Réexamen", "REV-2026-000123")] if name == "revue" else []),
        ("Courrier du", "27 novembre 2026"),
    ]
    assert LETTERS[name].signed == ("delphine" if name == "revue" else "agathe") + ", pour Banque du Port"


def test_a_loan_whose_instalment_is_not_known_is_told_without() -> None:
    written = letter(Verdict.REFUSE, False, advice={"inputs": {**INPUTS, "AMT_ANNUITY": None}})
    assert "votre demande : un prêt de 4 118 €. Cette lettre dit pourquoi" in told(written)


def test_amounts_are_in_the_currency_of_the_decision() -> None:
    written = letter(Verdict.GRANT, True, advice={"currency": "CHF", "amount_scale": 1.0})
    assert "un prêt de 411 800 CHF, avec une mensualité de 20 100 CHF." in told(written)


def test_an_agreement_is_no_contract_yet() -> None:
    for name, holds in (("accord", True), ("proposition", True), ("refus", False), ("pièces", False)):
        said = told(LETTERS[name])
        assert ("Cette lettre n’est pas encore le contrat." in said) is holds
        assert (
            "vous aurez quatorze jours pour changer d’avis (Code de la consommation, article L. 312-19)"
            in said
        ) is holds
        assert ("Un crédit vous engage et doit être remboursé" in said) is holds


def test_another_loan_is_offered_beside_the_refusal() -> None:
    assert plain(LETTERS["proposition"].opening[2]) == (
        "Nous acceptons en revanche un autre prêt : un prêt de 3 000 €, avec une mensualité de 200 €. Vous "
        "êtes libre de dire non à cette proposition, et de contester notre refus."
    )


@pytest.mark.parametrize("name", LETTERS)
def test_the_bank_of_france_is_named(name: str) -> None:
    said = (
        "Banque de France : téléphone 34 14. Elle reçoit les dossiers de surendettement, et vous dit si "
        "vous êtes inscrit au fichier des incidents de remboursement (FICP)."
    )
    assert (said in told(LETTERS[name])) is (name in REFUSING)


def test_documents_are_listed_with_where_to_send_them() -> None:
    asked = part(LETTERS["pièces"], "Les pièces à nous donner")
    assert [line.text for line in asked.lines] == [
        "Trois derniers bulletins de salaire, ou autre preuve de revenus",
        "Dernier avis d’imposition",
    ]
    assert plain(asked.after) == (
        "Donnez-les à votre conseiller, ou envoyez-les par courrier : 1 quai des Brumes, 29200 Brest ou par "
        "courriel : clients@port.example. Rappelez votre numéro de client. Si vous ne pouvez pas en fournir "
        "une, dites-le : une autre peut convenir. Sans réponse de votre part, votre demande reste en attente."
    )


# --- who decided, and why -------------------------------------------------------------------------


@pytest.mark.parametrize("name", LETTERS)
def test_automation_is_disclosed(name: str) -> None:
    said = told(LETTERS[name])
    assert "calculé automatiquement par un programme d’intelligence artificielle" in said
    assert "(règlement (UE) 2024/1689, article 26)" in said
    assert f"Votre score est de {512 if name == 'accord' else 462} points ; il en faut 500." in said


def test_who_asks_for_documents_has_not_decided_yet() -> None:
    said = [
        plain(one) for one in part(LETTERS["pièces"], "Qui étudie votre demande, et comment ?").paragraphs
    ]
    assert said[0] == "Une personne étudie votre demande : agathe."
    assert said[1].startswith("Un score a été calculé automatiquement par un programme ")
    assert said[1].endswith(" Il n’a conduit à aucune réponse : une personne décidera.")


@pytest.mark.parametrize("name", ["accord", "refus", "proposition", "revue"])
def test_a_person_decided_and_the_logic_is_told(name: str) -> None:
    said = told(part_of(LETTERS[name], "Qui a décidé, et comment ?"))
    assert "Une personne a pris cette décision le 26 novembre 2026 : agathe." in said
    granted = name == "accord"
    assert (
        f"Parmi 100 personnes au score comparable au vôtre, environ {7 if granted else 19} ont tardé à "
        f"payer, et {93 if granted else 81} non. Ce chiffre parle d’un groupe : il ne dit pas ce que vous "
        "ferez."
    ) in said
    assert (
        f"Le programme calcule une probabilité de ne pas rembourser, ici {37 if granted else 77} % ; on "
        "prête jusqu’à 48 %, soit 500 points."
    ) in said
    assert "Ne servent pas au calcul, même si le dossier les contient : votre sexe, votre âge, " in said


def part_of(letter: Letter, title: str) -> Letter:
    """The letter with one part alone."""
    return replace(letter, sections=(part(letter, title),))


@pytest.mark.parametrize(
    ("verdict", "granted", "content", "followed"),
    [
        (Verdict.GRANT, True, {}, "Votre score atteint le minimum, et la personne qui a décidé l’a suivi."),
        (
            Verdict.GRANT, False, {},
            "Votre score n’atteint pas le minimum, mais la personne qui a décidé s’en est écartée, en votre "
            "faveur.",
        ),
        (
            Verdict.REFUSE, False, {},
            "Votre score n’atteint pas le minimum, et la personne qui a décidé l’a suivi.",
        ),
        (
            Verdict.REFUSE, True, {"motives": ["capacite"]},
            "Votre score atteint le minimum, mais la personne qui a décidé s’en est écartée, pour les motifs "
            "donnés ici.",
        ),
        (
            Verdict.COUNTER, True, {"motives": ["capacite"], "counter": OTHER},
            "Votre score atteint le minimum, mais la personne qui a décidé s’en est écartée, pour les motifs "
            "donnés ici.",
        ),
        (
            Verdict.COUNTER, False, {"counter": OTHER},
            "Votre score n’atteint pas le minimum pour le prêt demandé ; il l’atteint pour l’autre (505 "
            "points).",
        ),
        (
            Verdict.COUNTER, False, {"counter": {**OTHER, "points": 499}},
            "Votre score n’atteint pas le minimum, ni pour le prêt demandé ni pour l’autre (499 points), "
            "mais la personne qui a décidé s’en est écartée, en votre faveur.",
        ),
    ],
)  # fmt: skip
def test_whether_the_score_was_followed(
    verdict: Verdict, granted: bool, content: Mapping[str, Any], followed: str
) -> None:
    assert followed in told(letter(verdict, granted, **content)).splitlines()


def test_a_second_reader_and_checked_documents_are_named() -> None:
    written = letters.letter(
        case(Verdict.GRANT, True, "delphine", documents=["identite", "impots"]), SENDER, TODAY
    )
    assert (
        "Une personne a pris cette décision le 26 novembre 2026 : agathe. Une seconde personne, delphine, "
        "l’a relue et confirmée. Pièces vérifiées : pièce d’identité et dernier avis d’imposition."
    ) in told(written)


def test_reasons_are_those_of_the_sheet_in_the_direction_of_the_decision() -> None:
    against = "Ce qui joue contre votre demande dans le score"
    in_favour = "Ce qui joue en votre faveur dans le score"
    for name, order in (("accord", [in_favour, against]), ("refus", [against, in_favour])):
        written = LETTERS[name]
        assert [title for title in titles(written) if "dans le score" in title] == order
        assert [line.text for line in part(written, against).lines] == ["Vos notes sont basses."]
        assert [line.text for line in part(written, in_favour).lines] == ["Votre revenu est haut."]
        assert "Le client" not in told(written)


def test_four_reasons_of_a_direction_are_enough_and_none_is_said_to_be_none() -> None:
    many = tuple(replace(AGAINST, your_sentence=f"Raison {number}.") for number in range(5))
    written = letter(Verdict.REFUSE, False, advice={"against": many, "in_favour": ()})
    against = part(written, "Ce qui joue contre votre demande dans le score")
    assert [line.text for line in against.lines] == ["Raison 0.", "Raison 1.", "Raison 2.", "Raison 3."]
    in_favour = part(written, "Ce qui joue en votre faveur dans le score")
    assert [plain(one) for one in in_favour.paragraphs] == [
        "Aucun chiffre n’ajoute un point ou plus au score."
    ]
    none = letter(Verdict.GRANT, True, advice={"against": ()})
    assert "Aucun chiffre ne retire un point ou plus au score." in told(none)
    # What is too rare to be a reason counts all the same.
    unheard = told(letter(Verdict.GRANT, True, advice={"against": (), "in_favour": (), "lines": RARE}))
    assert (
        "Ce qui retire des points au score est trop rare ou trop peu connu pour être une raison." in unheard
    )
    assert (
        "Ce qui ajoute des points au score est trop rare ou trop peu connu pour être une raison." in unheard
    )
    assert "un point ou plus" not in unheard


@pytest.mark.parametrize(
    ("verdict", "title", "sentences"),
    [
        (
            Verdict.GRANT, "Les motifs de cette décision",
            [
                "Votre capacité de remboursement suffit.",
                "Vos revenus et votre emploi sont prouvés et stables.",
                "Vos crédits passés et en cours sont bien payés.",
                "Le risque, selon le score, est acceptable.",
                "Vos pièces sont complètes et concordent.",
                TAKEN_INTO_ACCOUNT,
                "Votre projet, le montant et l’apport conviennent.",
            ],
        ),
        (
            Verdict.REFUSE, "Les motifs de cette décision",
            [
                "Votre capacité de remboursement ne suffit pas.",
                "Vos revenus ou votre emploi ne sont pas prouvés, ou pas stables.",
                "Des crédits passés ou en cours sont mal payés, ou trop lourds.",
                "Le risque, selon le score, est trop élevé.",
                "Des pièces manquent ou ne concordent pas.",
                "Une donnée de votre dossier est fausse, dépassée ou absente.",
                "Votre projet, le montant ou l’apport ne convient pas.",
            ],
        ),
        (
            Verdict.ASK, "Pourquoi ces pièces",
            [
                "Votre capacité de remboursement reste à vérifier.",
                "Vos revenus ou votre emploi restent à prouver.",
                "Vos crédits passés ou en cours restent à vérifier.",
                "Le score est à recalculer avec ces pièces.",
                "Des pièces manquent ou ne concordent pas.",
                "Une donnée de votre dossier est fausse, dépassée ou absente.",
                "Votre projet, le montant ou l’apport reste à préciser.",
            ],
        ),
        (
            Verdict.COUNTER, "Les motifs de cette décision",
            [
                "Votre capacité de remboursement ne suffit pas pour le prêt demandé.",
                "Vos revenus ou votre emploi ne suffisent pas pour le prêt demandé.",
                "Vos crédits en cours sont trop lourds pour le prêt demandé.",
                "Le risque, selon le score, est trop élevé pour le prêt demandé.",
                "Vos pièces permettent un autre prêt que celui que vous demandez.",
                TAKEN_INTO_ACCOUNT,
                "Votre projet permet un autre montant ou une autre mensualité.",
            ],
        ),
    ],
)  # fmt: skip
def test_motives_are_told_to_the_client(verdict: Verdict, title: str, sentences: list[str]) -> None:
    written = letter(
        verdict, False, counter=OTHER, motives=[one.value for one in Motive], text="Le bien est loué."
    )
    lines = [(line.lead, plain(line.text)) for line in part(written, title).lines]
    assert lines == [*(("", one) for one in sentences), ("Autre motif", "Le bien est loué.")]


def test_the_text_of_the_author_stays_inside_unless_it_is_the_motive() -> None:
    written = letter(Verdict.REFUSE, False, motives=["revenus"], text="Note pour le collègue.")
    assert "Note pour le collègue." not in told(written)


def test_capacity_is_told_by_the_rules_of_the_house() -> None:
    found = Capacity(
        Rules(0.35, 70_000.0, 30_000.0), 202_500.0, 100_000.0, 0.0, 0.0, 0.0, 0.0, adults=1, children=0
    )
    written = part(letter(Verdict.REFUSE, False, capacity=found.to_json()), "Votre capacité de remboursement")
    assert [plain(line.text) for line in written.lines[:2]] == [
        "La mensualité de ce prêt prendrait 49 % des ressources de votre foyer ; la règle de l’établissement "
        "est de 35 % au plus.",
        "Il resterait à vivre 1 025 € par mois pour 1 personne ; la règle de l’établissement est de 700 € au "
        "moins.",
    ]
    assert plain(written.lines[2].text).startswith("votre revenu : 2 025 € par mois ; ")
    assert plain(written.after).startswith(
        "Ces règles sont celles de l’établissement, pas une loi sur le crédit"
    )
    for instalment, loan in ((20_000.0, "proposé"), (20_100.0, "demandé")):
        other = replace(found, instalment=instalment)
        offer = letter(Verdict.COUNTER, False, counter=OTHER, capacity=other.to_json())
        assert f"Votre capacité de remboursement (prêt {loan})" in titles(offer)
    assert "Votre capacité" not in told(letter(Verdict.ASK, False, capacity=found.to_json()))


@pytest.mark.parametrize("verdict", [Verdict.REFUSE, Verdict.GRANT])
def test_a_letter_that_counts_the_people_of_a_household_says_that_it_does(verdict: Verdict) -> None:
    """Of the score they are no part, and the letter says so; of what is left to live on they are."""
    people = " ; pour le reste à vivre seulement, le nombre de personnes du foyer"
    kinds = "crédit demandé, notes extérieures et historique de crédit"
    for adults, more in ((1, people), (None, "")):
        counted = Capacity(
            Rules(0.35, 70_000.0, 30_000.0), 202_500.0, 20_100.0, 0.0, 0.0, 0.0, 0.0, adults=adults,
            children=None if adults is None else 0,
        )  # fmt: skip
        written = letter(verdict, False, capacity=counted.to_json())
        who_uses = {line.lead: plain(line.text) for line in part(written, "Qui utilise vos données ?").lines}
        assert who_uses["Données"] == f"{kinds}{more}"
        said = f"Catégories de données prises en compte : {kinds}{more}."
        assert (said in told(written)) is (verdict is Verdict.REFUSE)
    asked = letter(Verdict.ASK, False, asked=["revenus"], capacity=replace(counted, adults=1).to_json())
    assert people not in told(asked)


# --- files consulted ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", REFUSING)
def test_a_refusal_names_the_files_consulted_what_they_said_and_their_contact(name: str) -> None:
    files = part(LETTERS[name], "Les fichiers consultés")
    assert [(plain(line.lead), plain(line.text)) for line in files.lines] == [
        ("Alpha (alpha.example)", "une note de confiance de 0,31 sur 1"),
        ("Gamma (gamma.example)", "une note de confiance de 0,10 sur 1"),
        (
            "Fichier des crédits (Fichier des prêts, fichier.example)",
            "crédits en cours ailleurs : 2 crédits ; somme en retard ailleurs : 42 €",
        ),
    ]
    assert plain(files.after).startswith("Catégories de données prises en compte : crédit demandé, ")
    assert "directive (UE) 2023/2225, article 19 ; Code de la consommation, article L. 312-16" in plain(
        files.after
    )


@pytest.mark.parametrize(
    ("name", "before"), [("accord", "cet accord"), ("pièces", "cette demande de pièces")]
)
def test_what_refuses_nothing_names_the_files_in_words_of_its_own(name: str, before: str) -> None:
    files = part(LETTERS[name], "Les fichiers consultés")
    assert [plain(one) for one in files.paragraphs] == [
        f"Voici qui nous a renseignés avant {before}, et ce qui nous a été dit."
    ]
    assert files.lines == part(LETTERS["refus"], "Les fichiers consultés").lines
    # Which kinds of data counted is owed to whom is refused; others read it where their data are told.
    own = (
        "Demandez à ces organismes vos données, et d’y corriger ce qui est faux (directive (UE) 2023/2225, "
        "article 19 ; Code de la consommation, article L. 312-16)."
    )
    assert plain(files.after) == (own if name == "accord" else "")


ONE_FILE = INPUTS | dict.fromkeys(("EXT_SOURCE_3", "BUREAU_ACTIVE", "BUREAU_OVERDUE"))


def test_one_file_consulted_is_one_body_to_ask() -> None:
    files = part(letter(Verdict.REFUSE, False, advice={"inputs": ONE_FILE}), "Les fichiers consultés")
    assert [plain(line.lead) for line in files.lines] == ["Alpha (alpha.example)"]
    assert plain(files.after).endswith(
        ". Demandez à cet organisme vos données, et d’y corriger ce qui est faux (directive (UE) 2023/2225, "
        "article 19 ; Code de la consommation, article L. 312-16)."
    )


@pytest.mark.parametrize(
    ("rate", "said"),
    [
        (
            0.76,
            "Elle dépasse la part réelle des difficultés, dite plus haut : rares, elles ont ici plus de "
            "poids.",
        ),
        (
            0.77,
            "Elle n’est pas la part réelle des difficultés, dite plus haut : elles ont ici autant de poids "
            "que les remboursements.",
        ),
    ],
)
def test_the_probability_is_above_what_happened_only_where_it_is(rate: float, said: str) -> None:
    """Where as many clients defaulted as repaid, it need not be."""
    told_all = told(letter(Verdict.REFUSE, False, advice={"calibrated_rate": rate}))
    assert f"soit 500 points. {said} Ne servent pas au calcul" in told_all


@pytest.mark.parametrize("verdict", list(Verdict))
def test_which_files_a_letter_names(verdict: Verdict) -> None:
    scores = dict.fromkeys(("EXT_SOURCE_1", "EXT_SOURCE_2", "EXT_SOURCE_3"))
    bureau = dict.fromkeys(("BUREAU_ACTIVE", "BUREAU_OVERDUE"))
    for inputs, named in (
        (INPUTS, (True, True)),
        ({**INPUTS, **scores}, (False, True)),
        ({**INPUTS, **bureau}, (True, False)),
        ({**INPUTS, **scores, **bureau}, (False, False)),
    ):
        assert letters.files(case(verdict, False, counter=OTHER, advice={"inputs": inputs})) == named


def test_a_file_that_knows_no_credit_says_so_and_none_consulted_is_said_too() -> None:
    nothing = {**INPUTS, "BUREAU_ACTIVE": 0, "BUREAU_OVERDUE": 0.0}
    lines = part(letter(Verdict.REFUSE, False, advice={"inputs": nothing}), "Les fichiers consultés").lines
    assert plain(lines[-1].text) == "aucun crédit connu ailleurs, aucun retard"
    none = {name: None if name[:3] in ("EXT", "BUR") else value for name, value in INPUTS.items()}
    files = part(letter(Verdict.REFUSE, False, advice={"inputs": none}), "Les fichiers consultés")
    assert plain(files.paragraphs[0]) == (
        "Aucun fichier extérieur n’a été consulté (directive (UE) 2023/2225, article 19 ; Code de la "
        "consommation, article L. 312-16)."
    )
    assert files.lines == ()
    assert [plain(one) for one in files.paragraphs[1:]] == [
        "Catégories de données prises en compte : crédit demandé, notes extérieures et historique de crédit."
    ]
    agreed = part(letter(Verdict.GRANT, True, advice={"inputs": none}), "Les fichiers consultés")
    assert agreed.paragraphs == files.paragraphs[:1]


# What a model looks at that was taught without the credit bureau, on a client without an external score.
OWN = {"AMT_CREDIT": 411_800.0, "AMT_ANNUITY": 20_100.0, "PREVIOUS_COUNT": 3}
BARE = {"inputs": OWN, "contributions": dict.fromkeys(OWN, (0.1, 1))}
HOUSEHOLD = Capacity(Rules(0.35, 70_000.0, 30_000.0), 202_500.0, 20_100.0, credits=90_000.0)


@pytest.mark.parametrize("verdict", list(Verdict))
@pytest.mark.parametrize(
    ("filed", "counted", "said"),
    [
        (Filed(90_000.0, 0), 90_000.0, "mensualités d’autres crédits : 900 € par mois"),
        # The advisor was told another sum: the file was read all the same.
        (Filed(90_000.0, 0), 95_000.0, "mensualités d’autres crédits : 900 € par mois"),
        (
            Filed(90_000.0, 1), 90_000.0,
            "mensualités d’autres crédits : 900 € par mois ; mensualité non connue pour 1 crédit en cours",
        ),
        (Filed(None, 2), None, "mensualité non connue pour 2 crédits en cours"),
        (Filed(0.0, 0), 0.0, "aucune mensualité d’un autre crédit"),
    ],
)  # fmt: skip
def test_the_file_that_only_the_capacity_was_filled_from_is_named(
    verdict: Verdict, filed: Filed, counted: float | None, said: str
) -> None:
    """Before, a refusal gave instalments out of this file and said that no file had been consulted."""
    kept = replace(HOUSEHOLD, credits=counted, lacking=filed.lacking, filed=filed).to_json()
    told_of = case(verdict, False, advice=BARE, counter=OTHER, capacity=kept)
    assert letters.files(told_of) == (False, True)
    files = part(letters.letter(told_of, SENDER, TODAY), "Les fichiers consultés")
    assert [(plain(line.lead), plain(line.text)) for line in files.lines] == [
        ("Fichier des crédits (Fichier des prêts, fichier.example)", said)
    ]
    assert "Aucun fichier" not in " ".join(files.paragraphs)


def test_instalments_that_nobody_but_the_client_told_name_no_file() -> None:
    told_of = case(Verdict.REFUSE, False, advice=BARE, capacity=HOUSEHOLD.to_json())
    assert letters.files(told_of) == (False, False)
    files = part(letters.letter(told_of, SENDER, TODAY), "Les fichiers consultés")
    assert plain(files.paragraphs[0]).startswith("Aucun fichier extérieur n’a été consulté (directive")


def test_the_file_says_to_the_capacity_what_it_did_not_say_to_the_score() -> None:
    kept = replace(HOUSEHOLD, filed=Filed(90_000.0, 0)).to_json()
    lines = part(letter(Verdict.REFUSE, False, capacity=kept), "Les fichiers consultés").lines
    assert plain(lines[-1].text) == (
        "crédits en cours ailleurs : 2 crédits ; somme en retard ailleurs : 42 € ; mensualités d’autres "
        "crédits : 900 € par mois"
    )
    nothing = replace(HOUSEHOLD, credits=0.0, filed=Filed(0.0, 0)).to_json()
    lines = part(letter(Verdict.REFUSE, False, capacity=nothing), "Les fichiers consultés").lines
    assert plain(lines[-1].text) == (
        "crédits en cours ailleurs : 2 crédits ; somme en retard ailleurs : 42 €"
    )


def test_a_record_that_does_not_tell_who_said_the_instalments_is_not_made_to() -> None:
    """What was recorded before it told: the letter claims neither that the file was read nor that not."""
    unsure = (
        "Notre dossier ne dit pas si les mensualités d’autres crédits viennent de vous ou du fichier des "
        "crédits."
    )
    old = {name: value for name, value in HOUSEHOLD.to_json().items() if name != "filed"}
    told_of = case(Verdict.REFUSE, False, advice=BARE, capacity=old)
    assert letters.files(told_of) == (False, False)
    files = part(letters.letter(told_of, SENDER, TODAY), "Les fichiers consultés")
    assert [plain(one) for one in files.paragraphs] == [
        unsure, "Catégories de données prises en compte : crédit demandé et historique de crédit.",
    ]  # fmt: skip
    scored = {name: value for name, value in INPUTS.items() if not name.startswith("BUREAU")}
    beside = part(
        letter(Verdict.GRANT, True, advice={**BARE, "inputs": scored}, capacity=old), "Les fichiers consultés"
    )
    assert [plain(one) for one in beside.paragraphs][1:] == [unsure]
    # The score was told by the file, or nothing was known: there is nothing to be unsure of.
    for content in ({"capacity": old}, {"advice": BARE, "capacity": {**old, "credits": None}}):
        assert unsure not in told(letter(Verdict.REFUSE, False, **content))


# --- what can be done -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["accord", "refus", "proposition"])
def test_how_to_contest_with_whom_and_until_when(name: str) -> None:
    contest = part(LETTERS[name], "Contester cette décision")
    assert [plain(one) for one in contest.paragraphs] == [
        "Vous pouvez demander qu’une personne revoie votre demande et la décision, donner votre point de vue "
        "et contester (RGPD, article 22 ; directive (UE) 2023/2225, article 18). C’est gratuit. Faites-le "
        "jusqu’au 26 janvier 2027."
    ]
    assert [(line.lead, line.text) for line in contest.lines] == [
        ("Par courrier", "1 quai des Brumes, 29200 Brest"),
        ("Par téléphone", "02 98 00 00 00"),
        ("Par courriel", "clients@port.example"),
        ("Personne qui répond des décisions", "Maud Le Gall, 02 98 00 00 01"),
    ]
    assert plain(contest.after) == (
        "Rappelez votre numéro de client et celui de la décision, dites ce qui est faux ou ce qui manque, et "
        "joignez de quoi le prouver. Une autre personne que celle qui a décidé reverra votre demande. Vous "
        "recevrez un numéro, puis une réponse écrite sous 30 jours. Après cette date, vous gardez les droits "
        "que la loi vous donne."
    )


def test_the_days_are_those_of_the_settings_of_the_decision() -> None:
    said = told(letter(Verdict.REFUSE, False, settings={**SETTINGS, "CONTEST_DAYS": 4, "REVIEW_DAYS": 1}))
    assert "Faites-le jusqu’au 1er décembre 2026." in said
    assert "une réponse écrite sous 1 jour." in said


def test_who_is_asked_for_documents_may_speak_to_a_person_too() -> None:
    rights = part(LETTERS["pièces"], "Vos droits").lines
    assert (rights[0].lead, plain(rights[0].text)) == (
        "Parler à une personne",
        "Vous pouvez demander l’intervention d’une personne, donner votre point de vue et contester le score "
        "(RGPD, article 22) : Maud Le Gall, 02 98 00 00 01.",
    )
    assert "Contester cette décision" not in titles(LETTERS["pièces"])
    for name in ("accord", "refus", "proposition", "revue"):
        assert "Parler à une personne" not in told(LETTERS[name])


@pytest.mark.parametrize("name", LETTERS)
def test_rights_mediator_and_authority(name: str) -> None:
    lines = {line.lead: plain(line.text) for line in part(LETTERS[name], "Vos droits").lines}
    assert lines["Saisir le médiateur"].endswith(
        "articles L. 612-1 et L. 616-1) : Médiateur des banques, mediateur.example."
    )
    assert (
        lines["Vous plaindre à la CNIL"]
        == "cnil.fr, ou 3 place de Fontenoy, TSA 80715, 75334 Paris Cedex 07 (RGPD, article 77)."
    )
    assert "règlement (UE) 2024/1689, article 86" in lines["Demander une explication"]
    assert "directive (UE) 2023/2225, article 18" in lines["Demander une explication"]
    assert "(RGPD, article 15)" in lines["Agir sur vos données"]
    assert (
        "Écrivez à notre délégué à la protection des données : dpo@port.example."
        in (lines["Agir sur vos données"])
    )


@pytest.mark.parametrize("name", LETTERS)
def test_who_uses_data_and_which(name: str) -> None:
    lines = [(line.lead, plain(line.text)) for line in part(LETTERS[name], "Qui utilise vos données ?").lines]
    assert lines[:2] == [("Responsable", "Banque du Port, Brest"), ("But", "étudier votre demande")]
    assert lines[2] == ("Données", "crédit demandé, notes extérieures et historique de crédit")


@pytest.mark.parametrize("name", LETTERS)
def test_whoever_is_refused_is_told_of_free_advice(name: str) -> None:
    assert ("Être conseillé gratuitement" in titles(LETTERS[name])) is (name in REFUSING)


# --- the reply to a review ------------------------------------------------------------------------


def test_a_review_that_maintains() -> None:
    said = told(LETTERS["revue"])
    assert (
        "Cette décision est maintenue : votre demande d’un prêt de 4 118 €, avec une mensualité de 201 €, "
        "n’est pas acceptée." in said
    )
    assert (
        "Votre demande a été revue par delphine, qui n’est pas la personne qui avait décidé.\nRien ne "
        "change.\nAucune donnée n’a été corrigée." in said
    )
    assert (
        "Vous pouvez encore en parler à la personne qui répond des décisions : Maud Le Gall, 02 98 00 00 01. "
        "Vous pouvez aussi lui demander un nouveau réexamen. C’est gratuit. Faites-le jusqu’au 26 janvier "
        "2027. Après cette date, vous gardez les droits que la loi vous donne.\n"
        "Vous pouvez saisir le médiateur, dans l’année qui suit votre réclamation écrite (Code de la "
        "consommation, article L. 612-2), la CNIL ou le juge." in said
    )


def test_another_review_is_asked_for_by_the_days_of_the_decision_that_stands() -> None:
    new = case(Verdict.GRANT, True, settings={**SETTINGS, "CONTEST_DAYS": 4})
    for one, day in ((None, "26 janvier 2027"), (new, "1er décembre 2026")):
        review = Reviewed("REV-2026-000123", DECIDED, "delphine", "", new=one)
        said = told(letters.reply(review, case(Verdict.REFUSE, False), SENDER, TODAY))
        assert f"demander un nouveau réexamen. C’est gratuit. Faites-le jusqu’au {day}." in said


@pytest.mark.parametrize(
    ("verdict", "counter", "now"),
    [
        (
            Verdict.GRANT, None,
            "votre demande d’un prêt de 4 118 €, avec une mensualité de 201 €, est acceptée.",
        ),
        (
            Verdict.COUNTER, OTHER,
            "nous n’acceptons pas un prêt de 4 118 €, avec une mensualité de 201 €, mais nous vous proposons "
            "un prêt de 3 000 €, avec une mensualité de 200 €.",
        ),
        (
            Verdict.ASK, None,
            "votre demande d’un prêt de 4 118 €, avec une mensualité de 201 €, attend des pièces.",
        ),
    ],
)  # fmt: skip
def test_a_review_that_changes(verdict: Verdict, counter: Any, now: str) -> None:
    new = replace(case(verdict, True, counter=counter, motives=["donnees"]), decision=14, author="delphine")
    review = Reviewed(
        "REV-2026-000123", TODAY, "delphine", "Votre nouveau revenu compte.", "J’ai changé d’emploi.",
        CORRECTED, new,
    )  # fmt: skip
    written = letters.reply(review, case(Verdict.REFUSE, False), SENDER, TODAY)
    said = told(written)
    assert written.title == "Après réexamen, notre décision change"
    assert (
        "Vous avez demandé qu’une personne revoie notre décision numéro 12, du 26 novembre 2026. Nous avons "
        "reçu votre demande le 27 novembre 2026 et lui avons donné le numéro REV-2026-000123." in said
    )
    assert f"Notre nouvelle décision porte le numéro 14 : {now}" in said
    assert "Décision : numéro 14, du 26 novembre 2026" in said
    assert ("Une personne a pris cette décision le 26 novembre 2026 : delphine." in said) is (
        verdict is not Verdict.ASK
    )
    assert "Votre score est de 512 points ; il en faut 500." in said
    assert "Les fichiers consultés" in titles(written)
    assert ("Catégories de données prises en compte" in said) is (verdict is Verdict.COUNTER)
    # What is missing is listed, or the client has nothing to go by.
    assert ("Les pièces à nous donner" in titles(written)) is (verdict is Verdict.ASK)
    assert "Ce que vous avez demandé\nJ’ai changé d’emploi." in said
    assert "Voici ce que nous avons corrigé.\nRevenu mensuel : 2 025 €, corrigé en 2 500 €\n" in said
    assert "Calculé de nouveau, votre score passe de 462 à 512 points ; il en faut 500." in said


def answered(former: Case, new: Case | None, corrected: tuple[Corrected, ...] = CORRECTED) -> Letter:
    """The reply to a review of a decision that delphine ended by another one (new), or by none."""
    new = new and replace(new, decision=14, author="delphine")
    review = Reviewed("REV-2026-000123", TODAY, "delphine", "Nous avons revu.", "", corrected, new)
    return letters.reply(review, former, SENDER, TODAY)


def test_a_review_that_refuses_again_tells_the_new_decision_and_its_score_alone() -> None:
    """What was corrected moved the score: no sentence tells the score of before as the score of now."""
    new = case(Verdict.REFUSE, False, advice={"points": 488}, motives=["score"])
    written = answered(case(Verdict.REFUSE, False), new)
    said = told(written)
    assert written.title == "Après réexamen, notre réponse reste la même"
    assert (
        "Notre nouvelle décision porte le numéro 14 et remplace la précédente : votre demande d’un prêt de "
        "4 118 €, avec une mensualité de 201 €, n’est pas acceptée." in said
    )
    assert "Décision : numéro 14, du 26 novembre 2026" in said
    assert "Calculé de nouveau, votre score passe de 462 à 488 points ; il en faut 500." in said
    assert re.findall(r"[Vv]otre score est de \d+ points", said) == ["Votre score est de 488 points"]
    assert "décision change" not in said
    assert "maintenue" not in said


@pytest.mark.parametrize(
    ("former", "new", "title"),
    [
        (case(Verdict.GRANT, True), case(Verdict.GRANT, True), "Après réexamen, notre réponse reste la même"),
        (
            case(Verdict.GRANT, True),
            case(Verdict.GRANT, True, advice={"inputs": {**INPUTS, "AMT_CREDIT": 300_000.0}}),
            "Après réexamen, nous avons pris une nouvelle décision",
        ),
        (
            case(Verdict.REFUSE, False),
            case(Verdict.REFUSE, False, advice={"inputs": {**INPUTS, "AMT_CREDIT": 300_000.0}}),
            "Après réexamen, notre réponse reste la même",
        ),
        (
            case(Verdict.COUNTER, False, counter=OTHER), case(Verdict.COUNTER, False, counter=OTHER),
            "Après réexamen, notre réponse reste la même",
        ),
        (
            case(Verdict.COUNTER, False, counter=OTHER),
            case(Verdict.COUNTER, False, counter={**OTHER, "amount": 250_000.0}),
            "Après réexamen, nous avons pris une nouvelle décision",
        ),
        (
            case(Verdict.ASK, False, asked=["revenus", "impots"]),
            case(Verdict.ASK, False, asked=["impots", "revenus"]),
            "Après réexamen, notre réponse reste la même",
        ),
        (
            case(Verdict.ASK, False, asked=["revenus"]), case(Verdict.ASK, False, asked=["impots"]),
            "Après réexamen, nous avons pris une nouvelle décision",
        ),
    ],
)  # fmt: skip
def test_an_answer_is_the_same_where_its_terms_are(former: Case, new: Case, title: str) -> None:
    assert answered(former, new).title == title


@pytest.mark.parametrize(
    ("points", "corrected", "sentence"),
    [
        (462, CORRECTED, "Calculé de nouveau, votre score reste de 462 points ; il en faut 500."),
        (470, (), "Calculé de nouveau, votre score passe de 462 à 470 points ; il en faut 500."),
        (462, (), ""),
    ],
)
def test_what_a_new_calculation_made_of_the_score(
    points: int, corrected: tuple[Corrected, ...], sentence: str
) -> None:
    new = case(Verdict.GRANT, False, advice={"points": points})
    done = part(answered(case(Verdict.REFUSE, False), new, corrected), "Ce que nous avons revu")
    assert plain(done.after) == sentence


def test_a_decision_maintained_beside_corrections_tells_its_own_score_alone() -> None:
    """The client has left the portfolio: what was corrected makes no other decision."""
    written = answered(case(Verdict.REFUSE, False), None)
    said = told(written)
    assert written.title == "Après réexamen, notre décision est maintenue"
    assert "Revenu mensuel : 2 025 €, corrigé en 2 500 €" in said
    assert (
        "La décision maintenue ne tient pas compte de ces corrections : rien ne peut plus être calculé de "
        "nouveau. Son score est de 462 points ; il en faut 500." in said
    )
    assert "Calculé de nouveau" not in said
    assert "Votre score est de 462 points" in said


# --- all letters ----------------------------------------------------------------------------------

# What is said inside the house and never to a client.
INTERNAL = re.compile(
    r"SHAP|log-?odds|\bmargin\b|XGBoost|modèle|TARGET|[A-Z]{3,}_[A-Z]|seuil|le client\b", re.IGNORECASE
)


@pytest.mark.parametrize("name", LETTERS)
def test_no_word_of_the_house_and_plain_french(name: str) -> None:
    said = told(LETTERS[name])
    assert not INTERNAL.search(said), INTERNAL.search(said)
    assert kandel_moles(said) > 45


@pytest.mark.parametrize("name", LETTERS)
def test_french_punctuation_has_its_spaces(name: str) -> None:
    written = LETTERS[name]
    texts = [written.title, *written.opening, *(one.text for one in written.references)]
    for section in written.sections:
        texts += [section.title, *section.paragraphs, section.after]
        texts += [text for line in section.lines for text in (line.lead, line.text)]
    assert not [text for text in texts if re.search(r" [;:!?%€»]|« | (?=\d{3}\b €)", text)]


def test_advice_that_cannot_be_read_makes_no_letter() -> None:
    with pytest.raises(AdviceError, match="L’avis du modèle n’est pas sous la forme"):
        letters.letter(replace(case(Verdict.GRANT, True), content={"advice": {}}), SENDER, TODAY)


def test_other_words_are_another_version() -> None:
    """Whoever changes a word or the layout changes TEMPLATE_VERSION, and the digest here with it."""
    digest = hashlib.sha256()
    refused = case(Verdict.REFUSE, False)
    replies = [answered(refused, new) for new in (None, refused, case(Verdict.GRANT, True))]
    replies.append(answered(case(Verdict.ASK, False, asked=[]), case(Verdict.ASK, False, asked=["impots"])))
    replies.append(letter(Verdict.GRANT, True, advice={"against": (), "in_favour": (), "lines": RARE}))
    for changed in ({"inputs": ONE_FILE}, {"calibrated_rate": 0.9}):
        replies.append(letter(Verdict.REFUSE, False, advice=changed))
    for written in (*LETTERS.values(), *replies):
        digest.update(repr(astuple(written)).encode())
    for name in (
        "templates/components/letter.html", "templates/pages/letter_pdf.html", "static/letter_pdf.css",
    ):  # fmt: skip
        digest.update((ROOT / name).read_bytes())
    assert {letters.TEMPLATE_VERSION: digest.hexdigest()} == {
        "2026-11-5": "dae551ae526f5de95ea27f44d4cb884fa281925f11befe8727a9cfcea41f8b1d",
    }
