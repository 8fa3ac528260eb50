"""The parts of a letter that tells a decision, in the words that a client is spoken to with."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from pretadepenser import french
from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import wording
from pretadepenser.credit.dictionary.wording import Value
from pretadepenser.credit.explanation.advice import Heard
from pretadepenser.credit.history import told as histories
from pretadepenser.credit.recourse import meeting_sheet
from pretadepenser.credit.recourse.decision import Document, Motive, Verdict
from pretadepenser.credit.recourse.letters.told import Case, Line, Section, Sender
from pretadepenser.credit.scale import Scale
from pretadepenser.credit.whatif.capacity import Capacity
from pretadepenser.french import Person

# Reasons of each direction.
REASONS: Final = 4
_LAW: Final = "directive (UE) 2023/2225, article 18"
_CONTRACT: Final = (
    "Cette lettre n’est pas encore le contrat. Vous recevrez une offre écrite, à lire à votre rythme. Une "
    "fois l’offre signée, vous aurez quatorze jours pour changer d’avis (Code de la consommation, article "
    "L. 312-19).",
    "Notre accord vaut pour les chiffres de cette lettre : s’ils changent avant la signature, nous "
    "reverrons la demande. Un crédit vous engage et doit être remboursé : vérifiez que vous pourrez le "
    "rembourser avant de vous engager.",
)
# Motives as the client is told of them: granted, refused, documents asked for, another loan.
_VERDICTS: Final = (Verdict.GRANT, Verdict.REFUSE, Verdict.ASK, Verdict.COUNTER)
_MOTIVES: Final[Mapping[Motive, tuple[str, str, str, str]]] = MappingProxyType(
    {
        Motive.CAPACITY: (
            "Votre capacité de remboursement suffit.",
            "Votre capacité de remboursement ne suffit pas.",
            "Votre capacité de remboursement reste à vérifier.",
            "Votre capacité de remboursement ne suffit pas pour le prêt demandé.",
        ),
        Motive.INCOME: (
            "Vos revenus et votre emploi sont prouvés et stables.",
            "Vos revenus ou votre emploi ne sont pas prouvés, ou pas stables.",
            "Vos revenus ou votre emploi restent à prouver.",
            "Vos revenus ou votre emploi ne suffisent pas pour le prêt demandé.",
        ),
        Motive.PAST: (
            "Vos crédits passés et en cours sont bien payés.",
            "Des crédits passés ou en cours sont mal payés, ou trop lourds.",
            "Vos crédits passés ou en cours restent à vérifier.",
            "Vos crédits en cours sont trop lourds pour le prêt demandé.",
        ),
        Motive.SCORE: (
            "Le risque, selon le score, est acceptable.",
            "Le risque, selon le score, est trop élevé.",
            "Le score est à recalculer avec ces pièces.",
            "Le risque, selon le score, est trop élevé pour le prêt demandé.",
        ),
        Motive.DOCUMENTS: (
            "Vos pièces sont complètes et concordent.",
            "Des pièces manquent ou ne concordent pas.",
            "Des pièces manquent ou ne concordent pas.",
            "Vos pièces permettent un autre prêt que celui que vous demandez.",
        ),
        Motive.DATA: (
            "Une donnée de votre dossier était fausse, dépassée ou absente, et nous en avons tenu compte.",
            "Une donnée de votre dossier est fausse, dépassée ou absente.",
            "Une donnée de votre dossier est fausse, dépassée ou absente.",
            "Une donnée de votre dossier était fausse, dépassée ou absente, et nous en avons tenu compte.",
        ),
        Motive.PROJECT: (
            "Votre projet, le montant et l’apport conviennent.",
            "Votre projet, le montant ou l’apport ne convient pas.",
            "Votre projet, le montant ou l’apport reste à préciser.",
            "Votre projet permet un autre montant ou une autre mensualité.",
        ),
    }
)
_HOUSE: Final = (
    "Ces règles sont celles de l’établissement, pas une loi sur le crédit à la consommation. La capacité de "
    "remboursement n’entre pas dans le score."
)
_BEFORE: Final[Mapping[Verdict, str]] = MappingProxyType(
    {Verdict.GRANT: "cet accord", Verdict.ASK: "cette demande de pièces"}
)
_UNSURE: Final = (
    "Notre dossier ne dit pas si les mensualités d’autres crédits viennent de vous ou du fichier des crédits."
)
_CNIL: Final = "cnil.fr, ou 3 place de Fontenoy, TSA 80715, 75334 Paris Cedex 07"


def references(case: Case, sender: Sender, today: datetime.date, review: str = "") -> tuple[Line, ...]:
    """What the letter is about: sender, client, decision, review where there is one, day."""
    return (
        Line("De", ", ".join(filter(None, (sender.name, sender.address)))),
        Line("À", f"client numéro {case.client}"),
        Line("Décision", f"numéro {case.decision}, du {french.date(case.decided)}"),
        *((Line("Réexamen", review),) if review else ()),
        Line("Courrier du", french.date(today)),
    )


def answer(case: Case) -> tuple[str, tuple[str, ...]]:
    """The title of the letter, and the answer in full."""
    match case.verdict:
        case Verdict.GRANT:
            title = "Votre demande de prêt est acceptée"
            return title, (f"Nous acceptons votre demande : {asked(case)}.", *_CONTRACT)
        case Verdict.REFUSE:
            told = (
                f"Nous n’acceptons pas votre demande : {asked(case)}. Cette lettre dit pourquoi, et comment "
                "contester cette décision."
            )
            return "Votre demande de prêt n’est pas acceptée", (told,)
        case Verdict.COUNTER:
            refused = f"Nous n’acceptons pas votre demande telle qu’elle est : {asked(case)}."
            other = (
                f"Nous acceptons en revanche un autre prêt : {offered(case)}. Vous êtes libre de dire non à "
                "cette proposition, et de contester notre refus."
            )
            return "Nous vous proposons un autre prêt", (refused, other, *_CONTRACT)
    told = (
        f"Votre demande, {asked(case)}, n’est ni acceptée ni refusée : il manque des pièces pour l’étudier."
    )
    return "Il nous manque des pièces pour vous répondre", (told,)


def asked(case: Case) -> str:
    """The loan that the client asks for."""
    inputs = case.advice.inputs
    return _loan(inputs["AMT_CREDIT"], inputs["AMT_ANNUITY"])


def offered(case: Case) -> str:
    """The other loan of a counter-proposal."""
    other = case.content["counter"]
    return _loan(other["amount"], other["instalment"])


def _loan(amount: Value, instalment: Value) -> str:
    loan, monthly = (
        wording.value_text(dictionary.COLUMNS[name], value)
        for name, value in (("AMT_CREDIT", amount), ("AMT_ANNUITY", instalment))
    )
    return f"un prêt de {loan}" + (
        "" if wording.is_absent(instalment) else f", avec une mensualité de {monthly}"
    )


def documents(case: Case, sender: Sender) -> Section:
    """The documents that the client is asked for, and where to send them."""
    ways = [f"par courrier : {sender.address}", *([f"par courriel : {sender.email}"] if sender.email else [])]
    return Section(
        "Les pièces à nous donner",
        lines=tuple(Line("", Document(code).label) for code in case.content["asked"]),
        after=f"Donnez-les à votre conseiller, ou envoyez-les {french.join(ways, 'ou')}. Rappelez votre "
        "numéro de client. Si vous ne pouvez pas en fournir une, dites-le : une autre peut convenir. Sans "
        "réponse de votre part, votre demande reste en attente.",
    )


def who(case: Case) -> Section:
    """Who decided, and the part of the program in it."""
    score = case.advice
    points, least = french.plural(score.points, "point"), Scale.POINTS_AT_LIMIT
    program = (
        "calculé automatiquement par un programme d’intelligence artificielle (règlement (UE) 2024/1689, "
        "article 26). Le programme compare votre demande à d’anciens crédits. Votre score est de "
        f"{points} ; il en faut {least}. Plus le score est haut, plus le crédit est sûr."
    )
    if case.verdict is Verdict.ASK:
        person = f"Une personne étudie votre demande : {case.author}."
        return Section(
            "Qui étudie votre demande, et comment ?",
            (person, f"Un score a été {program} Il n’a conduit à aucune réponse : une personne décidera."),
        )
    outcome = str(case.setting("OUTCOME_MEANING")) or dictionary.OUTCOME
    second = f" Une seconde personne, {case.second}, l’a relue et confirmée." if case.second else ""
    limit = score.limit
    weight = (
        "Elle dépasse la part réelle des difficultés, dite plus haut : rares, elles ont ici plus de poids."
        if score.probability > score.calibrated_rate
        else "Elle n’est pas la part réelle des difficultés, dite plus haut : elles ont ici autant de poids "
        "que les remboursements."
    )
    logic = (
        "Le programme calcule une probabilité de ne pas rembourser, ici "
        f"{wording.probability(score.probability, limit)} ; on prête jusqu’à "
        f"{french.compact_percent(limit)}, soit {least} points. {weight} Ne servent pas au calcul, même si "
        f"le dossier les contient : {french.join(meeting_sheet.unused(case.features))}."
    )
    checked = [Document(code).label for code in case.content["documents"]]
    proofs = french.join([f"{label[:1].lower()}{label[1:]}" for label in checked])
    return Section(
        "Qui a décidé, et comment ?",
        (
            f"Une personne a pris cette décision le {french.date(case.decided)} : {case.author}.{second}"
            + (f" Pièces vérifiées : {proofs}." if proofs else ""),
            f"Cette personne s’est aidée d’un score, {program} "
            f"{wording.difficulties(score.calibrated_rate, Person.YOU, outcome)} Ce chiffre parle d’un "
            "groupe : il ne dit pas ce que vous ferez.",
            _followed(case),
            logic,
        ),
    )


def _followed(case: Case) -> str:
    """What the decision made of the score."""
    reached = "Votre score atteint le minimum"
    short = "Votre score n’atteint pas le minimum"
    match case.verdict, case.advice.granted:
        case Verdict.GRANT, True:
            return f"{reached}, et la personne qui a décidé l’a suivi."
        case Verdict.GRANT, False:
            return f"{short}, mais la personne qui a décidé s’en est écartée, en votre faveur."
        case Verdict.REFUSE, False:
            return f"{short}, et la personne qui a décidé l’a suivi."
        case _, True:  # refused, or another loan offered
            return f"{reached}, mais la personne qui a décidé s’en est écartée, pour les motifs donnés ici."
    other = case.content["counter"]["points"]
    if Scale.reached(other):
        return f"{short} pour le prêt demandé ; il l’atteint pour l’autre ({french.plural(other, 'point')})."
    return (
        f"{short}, ni pour le prêt demandé ni pour l’autre ({french.plural(other, 'point')}), mais la "
        "personne qui a décidé s’en est écartée, en votre faveur."
    )


def motives(case: Case) -> Section | None:
    """What weighed in the decision of the person; None where nothing was written down."""
    place = _VERDICTS.index(case.verdict)
    found = [Motive(code) for code in case.content["motives"]]
    lines = [Line("", _MOTIVES[motive][place]) for motive in found if motive is not Motive.OTHER]
    if Motive.OTHER in found:
        lines.append(Line("Autre motif", case.content["text"]))
    title = "Pourquoi ces pièces" if case.verdict is Verdict.ASK else "Les motifs de cette décision"
    return Section(title, lines=tuple(lines)) if lines else None


def reasons(case: Case) -> tuple[Section, Section]:
    """Why the score is what it is, first what weighed in the direction of the decision."""
    against = _heard(
        "Ce qui joue contre votre demande dans le score",
        case.advice.against,
        "Ce qui retire des points au score est trop rare ou trop peu connu pour être une raison."
        if any(line.points < 0 for line in case.advice.lines)
        else "Aucun chiffre ne retire un point ou plus au score.",
    )
    in_favour = _heard(
        "Ce qui joue en votre faveur dans le score",
        case.advice.in_favour,
        "Ce qui ajoute des points au score est trop rare ou trop peu connu pour être une raison."
        if any(line.points > 0 for line in case.advice.lines)
        else "Aucun chiffre n’ajoute un point ou plus au score.",
    )
    return (in_favour, against) if case.verdict is Verdict.GRANT else (against, in_favour)


def _heard(title: str, found: Sequence[Heard], empty: str) -> Section:
    lines = tuple(Line("", one.your_sentence) for one in found[:REASONS])
    return Section(title, () if lines else (empty,), lines)


def capacity(case: Case) -> Section | None:
    """What the household can pay back, by the rules of the house; None where it was not looked at."""
    told: Mapping[str, Any] | None = case.content["capacity"]
    if told is None or case.verdict is Verdict.ASK:
        return None
    found = Capacity.from_json(told)
    counted = [(f"{label[:1].lower()}{label[1:]}", text) for label, text in found.accounts(Person.YOU)]
    title = "Votre capacité de remboursement"
    if case.verdict is Verdict.COUNTER:
        other = found.instalment == case.content["counter"]["instalment"]
        title += f" (prêt {'proposé' if other else 'demandé'})"
    return Section(
        title,
        lines=(
            *(Line("", one) for one in found.findings(Person.YOU)),
            Line("Ce qui est compté", " ; ".join(f"{label} : {text}" for label, text in counted)),
        ),
        after=" ".join(filter(None, (found.left_out(Person.YOU), _HOUSE))),
    )


def consulted(case: Case, sender: Sender) -> Section:
    """The files consulted: who keeps them and what they said; for a refusal, which kinds of data counted."""
    inputs = case.advice.inputs
    lines = []
    for place in scored(inputs):
        bureau, column = sender.bureaux[place], dictionary.in_group(dictionary.EXTERNAL_GROUP)[place]
        note = wording.value_text(column, inputs[column.name])
        lines.append(Line(f"{bureau.name} ({bureau.contact})", f"une note de confiance de {note}"))
    found = from_file(case)
    if found:
        lines.append(Line(f"Fichier des crédits ({sender.credit_file})", found))
    kinds = f"Catégories de données prises en compte : {_kinds(case)}." if case.refuses else ""
    law = "(directive (UE) 2023/2225, article 19 ; Code de la consommation, article L. 312-16)"
    unsure = "" if found or not _unsure(case) else _UNSURE
    if not lines:
        none = unsure or f"Aucun fichier extérieur n’a été consulté {law}."
        return Section("Les fichiers consultés", tuple(filter(None, (none, kinds))))
    before = _BEFORE.get(case.verdict, "ce refus")
    # A request for documents is one sheet, and who gets it reads under their rights how to correct data.
    keepers = "cet organisme" if len(lines) == 1 else "ces organismes"
    own = f"Demandez à {keepers} vos données, et d’y corriger ce qui est faux {law}."
    return Section(
        "Les fichiers consultés",
        tuple(
            filter(None, (f"Voici qui nous a renseignés avant {before}, et ce qui nous a été dit.", unsure))
        ),
        tuple(lines),
        "" if case.verdict is Verdict.ASK else f"{kinds} {own}".lstrip(),
    )


def from_file(case: Case) -> str:
    """What the file of credits elsewhere said, to the score or of the capacity, in words; "" without it."""
    said = [from_bureau(case.advice.inputs, case.features)]
    told: Mapping[str, Any] | None = case.content["capacity"]
    filed = None if told is None else Capacity.from_json(told).filed
    # That nothing is to be paid goes without saying where the score was told more.
    if filed is not None and (filed.credits or filed.lacking or not said[0]):
        said.append(filed.said())
    return " ; ".join(filter(None, said))


def _unsure(case: Case) -> bool:
    """Whether the record has instalments of other loans and, being old, does not tell who said them."""
    told: Mapping[str, Any] | None = case.content["capacity"]
    return told is not None and "filed" not in told and told["credits"] is not None


def scored(inputs: Mapping[str, Any]) -> tuple[int, ...]:
    """Places (0, 1, 2) of the bodies that gave an external score."""
    columns = dictionary.in_group(dictionary.EXTERNAL_GROUP)
    return tuple(
        place for place, column in enumerate(columns) if not wording.is_absent(inputs.get(column.name))
    )


def from_bureau(inputs: Mapping[str, Any], names: Sequence[str]) -> str:
    """What the file of credits elsewhere said and the score used, in words; "" where it was not consulted."""
    known = {}
    for name in names:
        column = dictionary.HISTORY.get(name)
        told = column is not None and column.table in (histories.BUREAU, histories.BUREAU_MONTHS)
        if told and not wording.is_absent(inputs[name]):
            known[name] = dictionary.describe(name, Person.YOU)
    if known and not any(inputs[name] for name in known):
        return "aucun crédit connu ailleurs, aucun retard"
    return " ; ".join(
        f"{column.label[:1].lower()}{column.label[1:]} : {wording.text_in(column, inputs)}"
        for column in known.values()
    )


def until(case: Case, today: datetime.date) -> str:
    """Until when the client may contest, in sentences."""
    last = today + datetime.timedelta(days=int(case.setting("CONTEST_DAYS")))
    return f"C’est gratuit. Faites-le jusqu’au {french.date(last)}."


def contest(case: Case, sender: Sender, today: datetime.date) -> Section:
    """How to contest, with whom, until when, and what happens then."""
    answered = french.plural(int(case.setting("REVIEW_DAYS")), "jour")
    ways = (
        ("Par courrier", sender.address),
        ("Par téléphone", sender.phone),
        ("Par courriel", sender.email),
        ("Personne qui répond des décisions", sender.reviewer),
    )
    return Section(
        "Contester cette décision",
        (
            "Vous pouvez demander qu’une personne revoie votre demande et la décision, donner votre point de "
            f"vue et contester (RGPD, article 22 ; {_LAW}). {until(case, today)}",
        ),
        tuple(Line(label, way) for label, way in ways if way),
        "Rappelez votre numéro de client et celui de la décision, dites ce qui est faux ou ce qui manque, et "
        "joignez de quoi le prouver. Une autre personne que celle qui a décidé reverra votre demande. Vous "
        f"recevrez un numéro, puis une réponse écrite sous {answered}. Après cette date, vous gardez les "
        "droits que la loi vous donne.",
    )


def rights(sender: Sender, *, human: bool) -> Section:
    """Rights, and with whom; human: whether that to a person stands here, and not in a part of its own."""
    person = Line(
        "Parler à une personne",
        "Vous pouvez demander l’intervention d’une personne, donner votre point de vue et contester le score "
        f"(RGPD, article 22) : {sender.reviewer}.",
    )
    return Section(
        "Vos droits",
        lines=(
            *((person,) if human else ()),
            Line(
                "Demander une explication",
                "Nous devons vous expliquer clairement le calcul, ses risques et son poids dans la décision "
                f"({_LAW} ; règlement (UE) 2024/1689, article 86). La fiche d’entretien, que votre "
                "conseiller peut vous remettre, dit les données utilisées et ce qui changerait la réponse.",
            ),
            Line(
                "Agir sur vos données",
                "Vous pouvez en avoir une copie, avec leur origine et la logique du calcul (RGPD, article "
                "15), faire corriger ce qui est faux (article 16), effacer ce qui ne sert plus (17), "
                "suspendre un usage à vérifier (18) ou vous opposer à un usage fondé sur notre intérêt "
                "légitime (21). Écrivez à notre délégué à la protection des données : "
                f"{sender.data_officer}. Réponse en principe sous un mois (12).",
            ),
            Line(
                "Saisir le médiateur",
                "Si une réclamation écrite ne suffit pas, le médiateur de la consommation est gratuit (Code "
                f"de la consommation, articles L. 612-1 et L. 616-1) : {sender.mediator}.",
            ),
            Line("Vous plaindre à la CNIL", f"{_CNIL} (RGPD, article 77)."),
        ),
    )


def advised() -> Section:
    """Who gives free advice."""
    return Section(
        "Être conseillé gratuitement",
        lines=(
            Line(
                "Points conseil budget",
                "des conseils confidentiels sur votre budget et vos dettes, ouverts à tous. Leur liste est "
                "sur mesquestionsdargent.fr.",
            ),
            Line(
                "Banque de France",
                "téléphone 34 14. Elle reçoit les dossiers de surendettement, et vous dit si vous êtes "
                "inscrit au fichier des incidents de remboursement (FICP).",
            ),
        ),
    )


def _kinds(case: Case) -> str:
    """Which kinds of data counted, in the score and in what the letter tells of the capacity."""
    kinds = french.join(meeting_sheet.categories(case.features))
    told: Mapping[str, Any] | None = case.content["capacity"]
    if told is None or case.verdict is Verdict.ASK or Capacity.from_json(told).people is None:
        return kinds
    return f"{kinds} ; pour le reste à vivre seulement, le nombre de personnes du foyer"


def data(case: Case, sender: Sender) -> Section:
    """Who uses which data, for what, how long (RGPD, articles 13 and 14)."""
    facts = (*sender.facts, ("Données", _kinds(case)))
    return Section(
        "Qui utilise vos données ?", lines=tuple(Line(label, said) for label, said in facts if said)
    )
