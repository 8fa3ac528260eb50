"""The model card (Mitchell et al. 2019) as French Markdown: every figure comes from the artefact."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from pretadepenser import french
from pretadepenser.credit import dictionary
from pretadepenser.credit.evaluation.fairness import AGE, FAMILY, SEX, SMALLEST, AgeLink, Audit, Verdict
from pretadepenser.credit.evaluation.influence import GlobalExplanation
from pretadepenser.credit.evaluation.metrics import RESAMPLES, Metrics, Rate
from pretadepenser.credit.model.artefact import RARE, Card
from pretadepenser.credit.scale import Scale

COMMANDS: Final = (
    "flask --app wsgi portfolio import DOSSIER",
    "flask --app wsgi model train",
    "flask --app wsgi model card > docs/model-card.md",
)

PURPOSE: Final = (
    "Ce modèle aide un conseiller à décider d’un crédit à la consommation et à expliquer cette décision au "
    "client. Le conseiller garde la décision : le client peut demander qu’une personne la revoie (RGPD, "
    "article 22 ; directive (UE) 2023/2225, article 18)."
)

MISUSES: Final = (
    "décider seul, sans qu’une personne puisse revoir le dossier ;",
    "fixer un taux, une assurance, un salaire ou un loyer, ou choisir à qui faire de la publicité ;",
    "juger un client dont le crédit, le pays ou l’époque diffèrent de ceux des données d’apprentissage ;",
    "dire à un client qu’il sera en défaut : le score décrit un groupe de clients, pas une personne ;",
    "lire une contribution comme une cause : changer la donnée ne change pas forcément le risque.",
)

LIMITS: Final = (
    "Les issues ne sont connues que pour des crédits accordés autrefois : le modèle ne sait rien des "
    "clients qui étaient alors refusés.",
    "Le calcul des trois notes extérieures n’est pas publié : si elles dépendent de l’âge ou du sexe, le "
    "modèle en dépend aussi.",
    "La retraite comme source de revenu et l’absence d’emploi suivent l’âge de près. Elles restent, parce "
    "qu’un revenu stable se défend devant un client, mais elles transmettent une part de l’âge. Le métier "
    "transmet de même une part du sexe.",
    "Retirer une donnée protégée ne suffit donc pas à rendre les décisions égales : le tableau d’équité le "
    "mesure, et c’est à l’établissement d’en tirer les conséquences.",
)

FOUR_FIFTHS_TOLD: Final = (
    "Le rapport de quatre cinquièmes (0,80) est un repère américain, de l’agence fédérale pour l’égalité "
    "dans l’emploi (EEOC, 1978). Il n’a pas force de loi en France : il signale un écart à expliquer."
)
FIGURES_PLACE: Final = (
    "Tous les chiffres par groupe, avec leurs intervalles, sont à la page « Équité », réservée aux auditeurs "
    "et aux administrateurs."
)


def render(card: Card, overall: GlobalExplanation, *, audit: bool = True) -> str:
    """Return the model card of one model, Markdown in French.

    audit: with what became of each group of a protected ground; without, fairness is told in a few sentences.
    """
    parts = (
        _head(card),
        _section("À quoi il sert", [PURPOSE]),
        _section("À quoi il ne doit pas servir", [_list(MISUSES)]),
        _section("Données", _data(card)),
        _section("Ce que le modèle regarde", _inputs(card, overall)),
        _section("Qualité mesurée", _quality(card, overall)),
        _section("Stabilité des scores", _stability(card)),
        _section("Équité", _fairness(overall, card) if audit else fairness_told(overall)),
        _section("Limites connues", [_list(LIMITS)]),
        _section("Refaire ces mesures", _again(card)),
    )
    return french.typeset("\n\n".join(parts)) + "\n"


def grounds(card: Card) -> str:
    """Name the protected grounds that the model is not fed, as a negative sentence goes on: "ni…, ni…"."""
    articles = {"âge": "l’âge", "sexe": "le sexe", "situation de famille": "la situation de famille"}
    names = sorted({dictionary.COLUMNS[name].protected or "" for name in card.protected_features})
    return ", ".join(f"ni {articles.get(name, f'le {name}')}" for name in names)


def fairness_told(overall: GlobalExplanation) -> tuple[str, ...]:
    """What the audits show, for a reader who is not shown their tables: a sentence a ground."""
    if not overall.audits:
        return uncompared(overall)
    links = (_links_told(overall.age_links),) if overall.age_links else ()
    audits = map(_audit_told, overall.audits)
    return (*audits, *uncompared(overall), *links, FOUR_FIFTHS_TOLD, FIGURES_PLACE)


def uncompared(overall: GlobalExplanation) -> tuple[str, ...]:
    """That the audits say nothing of some grounds, or of any: a sentence, none where they say of all."""
    compared = {audit.column for audit in overall.audits}
    if not compared:
        return ("Le portefeuille ne permet aucune comparaison entre groupes de clients.",)
    left = [f"selon {ground}" for column, ground in _BY_GROUND.items() if column not in compared]
    if not left:
        return ()
    return (f"Le portefeuille ne permet aucune comparaison {french.join(left, 'ou')}.",)


_BY_GROUND: Final = {SEX: "le sexe", AGE: "l’âge", FAMILY: "la situation de famille"}


def _audit_told(audit: Audit) -> str:
    """The group granted least often against the one granted most often, in one French sentence."""
    told = [group for group in audit.groups if group.four_fifths is not None]
    least = min(told, key=lambda group: group.four_fifths or 0.0)
    most = next(group for group in told if group.label == audit.reference)
    if least.four_fifths == most.four_fifths:
        return french.typeset(
            f"Selon {_BY_GROUND[audit.column]}, le prêt est accordé aussi souvent à chaque groupe décrit "
            f"({_whole_share(most.granted)})."
        )
    return french.typeset(
        f"Selon {_BY_GROUND[audit.column]}, le prêt est accordé à {_whole_share(least.granted)} du groupe "
        f"{french.quoted(least.label)} et à {_whole_share(most.granted)} du groupe "
        f"{french.quoted(most.label)}, le plus accordé. Le rapport est de "
        f"{french.number(least.four_fifths or 0.0, 2)}."
    )


def _links_told(links: Sequence[AgeLink]) -> str:
    """How far the external scores follow age, in two French sentences."""
    told = [
        f"{french.number(link.correlation, 2)} pour la "
        f"{french.the(dictionary.describe(link.column).noun, 'f').removeprefix('la ')}"
        for link in links
    ]
    return french.typeset(
        "Les notes extérieures, que le modèle regarde, peuvent suivre l’âge. Leur corrélation avec lui "
        f"est de {french.join(told)} (1 : elles le suivraient exactement ; 0 : aucun lien)."
    )


def _section(title: str, paragraphs: Iterable[str]) -> str:
    return "\n\n".join((f"## {title}", *paragraphs))


def _list(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a Markdown table, first column to the left, others to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _head(card: Card) -> str:
    warning = (
        "\n\n**Données fictives : ces chiffres ne disent rien de vrais clients.**"
        if card.data.fictitious
        else ""
    )
    return (
        "# Fiche du modèle de score\n\n"
        f"Entraîné le {_day(card.trained_at)} sur {french.plural(card.data.labelled, 'client')} dont "
        f"{french.part(card.data.defaults / card.data.labelled, 2)} ont eu des difficultés de paiement. "
        f"{card.trees} arbres de décision de profondeur {card.parameters['max_depth']} (XGBoost "
        f"{card.versions['xgboost']}). Fiche écrite par un programme à partir du modèle : ne la modifiez pas."
        f"{warning}"
    )


def _day(moment: datetime) -> str:
    """A day as the server's place counts days."""
    return french.date(moment.astimezone())


def _data(card: Card) -> list[str]:
    data = card.data
    return [
        f"Portefeuille importé le {_day(data.imported_at)} ({french.join(data.sources)}) : "
        f"{french.plural(data.clients, 'client')}, dont {french.number(data.labelled)} à l’issue connue et "
        f"{french.number(data.defaults)} en défaut. Empreinte SHA-256 : `{data.sha256}`."
    ]


def _inputs(card: Card, overall: GlobalExplanation) -> list[str]:
    importance = {one.feature: one.importance for one in overall.influences}
    rows = [
        (
            dictionary.describe(name).label,
            f"`{name}`",
            french.number(importance[name], 1),
            _direction(card, name),
        )
        for name in sorted(card.features, key=lambda name: -importance[name])
    ]
    return [
        f"{len(card.features)} données. L’importance est l’effet moyen, en points, sur "
        f"{french.plural(overall.sample, 'client')} ; le sens imposé dit ce que devient le risque quand la "
        "donnée augmente.",
        "Les points de chaque donnée se comptent à partir du score moyen des "
        f"{french.plural(card.data.labelled, 'client')} dont le modèle a appris : une donnée ajoute des "
        "points quand elle en vaut plus, chez ce client, qu’en moyenne chez eux. Une catégorie qui compte "
        f"moins de {RARE} de ces clients ne donne pas de raison à elle seule.",
        table(("Donnée", "Colonne", "Importance", "Sens imposé"), rows),
        f"Le modèle ne regarde {grounds(card)}, ni ce qui s’en calcule (les caractéristiques de "
        "l’immeuble décrivent le lieu de résidence), ni les défauts de l’entourage, ni les circonstances de "
        "la demande, ni les dates des papiers, de l’adresse et du téléphone. "
        "La catégorie « congé de maternité » est lue comme « salarié ».",
    ]


def _direction(card: Card, name: str) -> str:
    # Lengths of time are stored as negative days: a longer one is a lower value.
    times = (dictionary.Kind.DURATION, dictionary.Kind.ELAPSED)
    sign = -1 if dictionary.describe(name).kind in times else 1
    words = {0: "libre", 1: "ne peut que monter", -1: "ne peut que baisser"}
    return words[sign * card.monotone.get(name, 0)]


def _spared(card: Card) -> str:
    """Which protected data the model that is only measured is not fed either, in parentheses."""
    building = dictionary.in_group(dictionary.BUILDING_GROUP)
    left_out = sum(column.name not in card.protected_features for column in building)
    columns = french.plural(left_out, "colonne")
    return f" (sauf {columns} qui décrivent l’immeuble)" if left_out > 1 else ""


def _quality(card: Card, overall: GlobalExplanation) -> list[str]:
    without = card.without_protected
    return [
        "Validation croisée à cinq plis, chaque client étant jugé par un modèle qui ne l’a pas vu. La "
        f"dernière colonne mesure le même modèle avec les données protégées{_spared(card)} : la différence "
        "est ce que change leur retrait.",
        _measures(card),
        "Aire sous la courbe ROC de chaque pli : "
        + " ; ".join(french.number(area, 4) for area in without.roc_auc_folds)
        + ". L’aire sous la courbe précision-rappel ne regarde que les "
        f"défauts{', qui sont rares' if card.data.rare else ''} : un "
        f"modèle qui ne saurait rien aurait {french.number(card.data.defaults / card.data.labelled, 4)}. "
        "Le score de Brier est l’écart moyen, au carré, entre le risque annoncé et ce qui est arrivé : plus "
        f"il est bas, mieux c’est ; {french.number(without.brier_reference, 4)} est celui d’un modèle qui "
        "donnerait à tous le taux moyen.",
        f"Coût pour 100 clients, compté en bons clients refusés : un défaut accordé en coûte "
        f"{without.cost_ratio}. Tout accorder coûterait {french.number(without.grant_all_cost, 2)}. "
        f"L’intervalle à 95 % de la limite la moins chère va de {french.number(without.cheapest_low, 3)} à "
        f"{french.number(without.cheapest_high, 3)} (clients tirés {RESAMPLES} fois avec remise).",
        _decisions(without),
        *_histories(card),
        "Étalonnage : taux de défaut = 1 / (1 + exp(−("
        f"{french.number(card.calibration.intercept, 4)} + {french.number(card.calibration.slope, 4)} × "
        f"marge))). Écart le plus grand avec un étalonnage isotonique, par vingtième des clients : "
        f"{french.percent(overall.isotonic_gap, 1)}.",
        _calibration(overall),
    ]


def _histories(card: Card) -> list[str]:
    """What the credit histories add, in two French sentences; none where the model has none."""
    if card.histories is None:
        return []
    gain = card.histories
    tables = french.join([dictionary.TABLES[name].label for name in card.data.tables])
    return [
        f"Historique de crédit ({tables}) : l’aire sous la courbe ROC passe de "
        f"{french.number(gain.without, 4)} pour la demande seule à {french.number(gain.with_them, 4)}, mêmes "
        f"clients et mêmes plis. Intervalle à 95 % de l’écart de {_signed(gain.difference)} : de "
        f"{_signed(gain.low)} à {_signed(gain.high)} (clients tirés {RESAMPLES} fois avec remise). Pour un "
        "client sur dix, le modèle apprend sans historique : il sait ainsi juger une personne dont "
        "l’historique n’est pas connu."
    ]


def _signed(difference: float) -> str:
    return f"{'+' if difference > 0 else ''}{french.number(difference, 4)}"


def _measures(card: Card) -> str:
    without, whole = card.without_protected, card.with_protected
    rows = (
        ("Aire sous la courbe ROC", without.roc_auc, whole.roc_auc),
        ("Aire sous la courbe précision-rappel", without.pr_auc, whole.pr_auc),
        ("Score de Brier, probabilité calibrée", without.brier_calibrated, whole.brier_calibrated),
        ("Score de Brier, probabilité équilibrée", without.brier_raw, whole.brier_raw),
        (f"Coût à la limite de {french.compact_percent(without.limit)}", without.cost, whole.cost),
        ("Coût à la limite la moins chère", without.cheapest_cost, whole.cheapest_cost),
        ("Limite la moins chère", without.cheapest_limit, whole.cheapest_limit),
    )
    return table(
        ("Mesure", "Modèle en service", "Avec les données protégées"),
        [(label, french.number(ours, 4), french.number(theirs, 4)) for label, ours, theirs in rows],
    )


def _decisions(measured: Metrics) -> str:
    counts = measured.confusion
    return table(
        (f"Décision à {french.compact_percent(measured.limit)}", "Ont remboursé", "Ont été en défaut"),
        [
            ("Accordé", french.number(counts.granted_good), french.number(counts.granted_default)),
            ("Refusé", french.number(counts.refused_good), french.number(counts.refused_default)),
        ],
    )


def _calibration(overall: GlobalExplanation) -> str:
    return table(
        ("Vingtième des clients", "Taux annoncé", "Taux observé", "Intervalle à 95 %"),
        [
            (str(index), french.percent(one.expected, 1), _share(one.observed), _interval(one.observed))
            for index, one in enumerate(overall.calibration, 1)
        ],
    )


def _stability(card: Card) -> list[str]:
    scale, band = Scale(card.without_protected.limit), card.stability
    first, last = band.zone(scale)
    rows = [
        (french.number(scale.points(margin)), french.number(points, 1))
        for margin, points in reversed(list(zip(band.margins, band.points, strict=True)))
    ]
    return [
        "Un modèle qui n’apprend que d’une partie des clients donne d’autres scores. Les cinq modèles "
        "de la validation croisée, chacun appris sur quatre cinquièmes des clients, le mesurent : neuf de "
        "leurs scores sur dix restent, de celui du modèle en service, à moins de l’écart de ce tableau. Un "
        "cas est proche de la limite quand cet écart suffit à la franchir : "
        f"de {first} à {last} points.",
        table(("Score moyen du dixième des clients", "Écart, en points"), rows),
        "Aire sous la courbe ROC chez les clients dont le modèle a appris : "
        f"{french.number(card.roc_auc_learnt, 4)}. Leur score en profite ; celui d’un nouveau client, non.",
    ]


def _fairness(overall: GlobalExplanation, card: Card) -> list[str]:
    links = [_links_told(overall.age_links)] if overall.age_links else []
    if not overall.audits:
        return [*uncompared(overall), *links]
    parts = [
        f"Décisions à la limite de {french.compact_percent(card.without_protected.limit)} sur les clients à "
        "l’issue connue, jugés hors de l’apprentissage. Le modèle ne voit aucune de ces données. "
        "Intervalles à 95 %. La règle des quatre cinquièmes demande un rapport d’au moins 0,80 avec le "
        "groupe le plus accordé.",
        FOUR_FIFTHS_TOLD,
    ]
    theirs = {audit.column: audit for audit in overall.audits_with_protected}
    for audit in overall.audits:
        parts += [
            f"### {dictionary.COLUMNS[audit.column].label}",
            _audit(audit, theirs.get(audit.column)),
            _verdict(audit),
        ]
    return [*parts, *uncompared(overall), *links]


def _audit(audit: Audit, with_protected: Audit | None) -> str:
    other = {group.label: group for group in with_protected.groups} if with_protected else {}
    rows = []
    for group in audit.groups:
        if group.granted is None or group.default_if_granted is None or group.false_refusal is None:
            rows.append((group.label, f"moins de {SMALLEST}", *["—"] * 7))
            continue
        their = other.get(group.label)
        rows.append(
            (
                group.label,
                french.number(group.size),
                f"{_share(group.granted)} ({_interval(group.granted)})",
                _share(group.default_if_granted),
                _share(group.false_refusal),
                french.percent(group.expected or 0, 1),
                _share(group.observed),
                _ratio(group.four_fifths, group.four_fifths_low, group.four_fifths_high),
                french.number(their.four_fifths, 2) if their and their.four_fifths is not None else "—",
            )
        )
    head = (
        "Groupe",
        "Clients",
        "Accordés",
        "Défauts parmi les accordés",
        "Bons clients refusés",
        "Défauts annoncés",
        "Défauts observés",
        "Rapport au groupe le plus accordé",
        "Même rapport avec les données protégées",
    )
    return table(head, rows)


def _verdict(audit: Audit) -> str:
    """Say which groups are certainly granted too seldom for the four-fifths rule, and which may be."""

    def named(verdict: Verdict) -> str:
        return french.join([french.quoted(one.label) for one in audit.groups if one.verdict is verdict])

    told = "Aucun groupe n’est nettement sous le rapport de 0,80."
    if under := named(Verdict.UNDER):
        told = (
            f"Rapport nettement sous 0,80 : {under}. Ces écarts sont à justifier ou à corriger avant tout "
            "usage."
        )
    if unsettled := named(Verdict.OPEN):
        told += f" Ces chiffres ne permettent pas de trancher : {unsettled}."
    return told


def _again(card: Card) -> list[str]:
    versions = ", ".join(f"{name} {version}" for name, version in sorted(card.versions.items()))
    return [
        "```\n" + "\n".join(COMMANDS) + "\n```",
        f"Versions : {versions}. Empreinte SHA-256 des arbres : `{card.sha256['model.ubj']}`. "
        f"Entraînement et mesures : {french.number(card.seconds)} s.",
    ]


def _share(rate: Rate | None) -> str:
    return "—" if rate is None or rate.value is None else french.percent(rate.value, 1)


def _whole_share(rate: Rate | None) -> str:
    return "—" if rate is None or rate.value is None else french.percent(rate.value)


def _interval(rate: Rate | None) -> str:
    if rate is None or rate.low is None or rate.high is None:
        return "—"
    return f"{french.percent(rate.low, 1)} à {french.percent(rate.high, 1)}"


def _ratio(value: float | None, low: float | None, high: float | None) -> str:
    if value is None or low is None or high is None:
        return "—"
    return f"{french.number(value, 2)} ({french.number(low, 2)} à {french.number(high, 2)})"
