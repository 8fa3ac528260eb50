"""What is told of a credit history: literal sentences, kinds of absence, numbers counted another way."""

import math
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from pretadepenser.charts import history as charts
from pretadepenser.charts.drawing import Width
from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import client_file
from pretadepenser.credit.history import months, told
from pretadepenser.credit.history.told import Answer, History, State
from pretadepenser.credit.recourse import meeting_sheet
from pretadepenser.money import KAGGLE, using
from tests.unit.by_heart import plain
from tests.unit.made_up_histories import (
    RICH,
    TABLES,
    RowOf,
    any_rows,
    bureau_month,
    card_month,
    closed,
    credit,
    instalment,
    loan_month,
    refused,
    request,
)


@pytest.fixture(autouse=True)
def kaggle() -> Iterator[None]:
    """Amounts as in the data, a hundredth in euros."""
    with using(KAGGLE):
        yield


def history(**rows: list[RowOf]) -> History:
    """What is told of these rows, their tables alone being imported."""
    return told.history(rows, rows.keys())


SOLD = closed(CREDIT_ACTIVE="Sold", DAYS_ENDDATE_FACT=None)
LATE = credit(CREDIT_DAY_OVERDUE=12, AMT_CREDIT_SUM_OVERDUE=2_500.0)
NO_IDEA = credit(CREDIT_DAY_OVERDUE=None, AMT_CREDIT_SUM_OVERDUE=None, AMT_CREDIT_SUM_DEBT=None)


@pytest.mark.parametrize(
    ("credits", "said"),
    [
        ([], "aucun crédit connu ailleurs"),
        ([closed()], "aucun crédit en cours ailleurs, 1 terminé"),
        ([closed(), SOLD], "1 crédit non terminé ailleurs (cédé à un autre créancier), sans retard"),
        ([closed(), closed()], "aucun crédit en cours ailleurs, 2 terminés"),
        (
            [credit(), LATE, SOLD, closed(CREDIT_ACTIVE="Bad debt", CREDIT_DAY_OVERDUE=900)],
            "4 crédits non terminés ailleurs (2 en cours, 1 cédé à un autre créancier et 1 tenu pour "
            "douteux), dont 2 en retard",
        ),
        (
            [SOLD, SOLD, closed(CREDIT_ACTIVE="Bad debt"), closed(CREDIT_ACTIVE="Bad debt")],
            "4 crédits non terminés ailleurs (2 cédés à un autre créancier et 2 tenus pour douteux), sans "
            "retard",
        ),
        ([credit()], "1 crédit en cours ailleurs, sans retard"),
        ([credit(), closed()], "1 crédit en cours ailleurs, sans retard"),
        ([LATE], "1 crédit en cours ailleurs, en retard"),
        ([LATE, LATE], "2 crédits en cours ailleurs, tous en retard"),
        ([credit(), credit(), LATE], "3 crédits en cours ailleurs, dont 1 en retard"),
        ([credit(), LATE, LATE], "3 crédits en cours ailleurs, dont 2 en retard"),
        ([credit(AMT_CREDIT_SUM_OVERDUE=10.0), credit()], "2 crédits en cours ailleurs, dont 1 en retard"),
        ([credit(), NO_IDEA], "2 crédits en cours ailleurs"),
        ([LATE, NO_IDEA], "2 crédits en cours ailleurs, dont 1 en retard"),
        ([credit(DAYS_CREDIT=5), credit(DAYS_CREDIT_UPDATE=1)], "aucun crédit connu ailleurs"),
    ],
)
def test_the_headline_of_credits_elsewhere(credits: list[RowOf], said: str) -> None:
    assert plain(told.headline(history(bureau=credits))) == said
    # What we did ourselves is told below: the debts elsewhere come first.
    assert plain(told.headline(history(bureau=credits, previous_application=[refused()]))) == said


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ({}, "historique de crédit non importé"),
        ({"previous_application": []}, "aucune demande précédente chez nous"),
        (
            {"previous_application": [request(FLAG_LAST_APPL_PER_CONTRACT="N")]},
            "aucune demande précédente comptée chez nous",
        ),
        ({"previous_application": [request()]}, "1 demande précédente chez nous, non refusée"),
        ({"previous_application": [refused()]}, "1 demande précédente chez nous, refusée"),
        (
            {"previous_application": [request(), request(), refused()]},
            "3 demandes précédentes chez nous, dont 1 refusée",
        ),
        (
            {"previous_application": [refused(), refused()]},
            "2 demandes précédentes chez nous, toutes refusées",
        ),
        (
            {"previous_application": [request(), request()]},
            "2 demandes précédentes chez nous, aucune refusée",
        ),
        ({"POS_CASH_balance": [loan_month(3)]}, "aucun retard de paiement connu en quatre ans"),
        ({"POS_CASH_balance": [loan_month(3, 5)]}, "des retards de paiement en quatre ans"),
        ({"credit_card_balance": []}, "aucun paiement connu en quatre ans"),
    ],
)
def test_the_headline_without_the_credit_bureau(rows: dict[str, list[RowOf]], said: str) -> None:
    assert plain(told.headline(history(**rows))) == said


NO_DELAY = "Aucun paiement n’est en retard au jour de la demande."


@pytest.mark.parametrize(
    ("credits", "said"),
    [
        ([], "Le fichier des crédits ne connaît aucun crédit du client dans un autre établissement."),
        ([closed()], "Un autre établissement a déclaré 1 crédit au fichier des crédits : terminé."),
        (
            [credit(), closed(AMT_CREDIT_SUM_OVERDUE=4000.0)],
            "D’autres établissements ont déclaré 2 crédits au fichier des crédits : 1 en cours et 1 terminé. "
            "Il reste à rembourser 1 500 €. Le fichier déclare encore une somme en retard (40 €) pour 1 "
            "crédit terminé.",
        ),
        (
            [
                LATE,
                closed(AMT_CREDIT_SUM_OVERDUE=4000.0),
                closed(AMT_CREDIT_SUM_OVERDUE=500.0, CREDIT_CURRENCY="currency 2"),
            ],
            "D’autres établissements ont déclaré 3 crédits au fichier des crédits : 1 en cours et 2 "
            "terminés. Il reste à rembourser 1 500 €. 1 crédit est en retard au jour de la demande, de 12 "
            "jours : 25 € à payer. Le fichier déclare encore une somme en retard pour 2 crédits terminés.",
        ),
        (
            [closed(), closed()],
            "D’autres établissements ont déclaré 2 crédits au fichier des crédits : tous terminés.",
        ),
        (
            [credit(), closed(), closed(), SOLD, closed(CREDIT_ACTIVE="Bad debt")],
            "D’autres établissements ont déclaré 5 crédits au fichier des crédits : 1 en cours, 2 terminés, "
            "1 cédé à un autre créancier et 1 tenu pour douteux. Il reste à rembourser 1 500 €. " + NO_DELAY,
        ),
        (
            [credit(AMT_CREDIT_SUM_DEBT=-20_000.0), credit(), NO_IDEA],
            "D’autres établissements ont déclaré 3 crédits au fichier des crédits : tous en cours. Il reste "
            "à rembourser 1 500 €, sans compter 1 crédit dont le reste n’est pas connu.",
        ),
        (
            [NO_IDEA],
            "Un autre établissement a déclaré 1 crédit au fichier des crédits : en cours. Ce qui reste à "
            "rembourser n’est pas connu.",
        ),
        (
            [LATE],
            "Un autre établissement a déclaré 1 crédit au fichier des crédits : en cours. Il reste à "
            "rembourser 1 500 €. 1 crédit est en retard au jour de la demande, de 12 jours : 25 € à payer.",
        ),
        (
            [LATE, credit(CREDIT_DAY_OVERDUE=1), credit()],
            "D’autres établissements ont déclaré 3 crédits au fichier des crédits : tous en cours. Il reste "
            "à rembourser 4 500 €. 2 crédits sont en retard au jour de la demande, de 12 jours au plus : 25 "
            "€ à payer.",
        ),
        (
            [
                LATE,
                credit(
                    CREDIT_DAY_OVERDUE=None, AMT_CREDIT_SUM_OVERDUE=80_000.0, CREDIT_CURRENCY="currency 2"
                ),
                NO_IDEA,
            ],
            "D’autres établissements ont déclaré 3 crédits au fichier des crédits : tous en cours. Il "
            "reste à rembourser 1 500 €, sans compter 2 crédits dont le reste n’est pas connu en euros. 2 "
            "crédits sont en retard au jour de la demande, de 12 jours ou plus pour le plus long : 25 € à "
            "payer, sans compter 1 crédit dont la somme en retard n’est pas connue en euros. Pour 1 autre "
            "crédit, on ne le sait pas.",
        ),
        (
            [LATE, credit(CREDIT_DAY_OVERDUE=3, AMT_CREDIT_SUM_OVERDUE=None, AMT_CREDIT_SUM_DEBT=None)],
            "D’autres établissements ont déclaré 2 crédits au fichier des crédits : tous en cours. Il "
            "reste à rembourser 1 500 €, sans compter 1 crédit dont le reste n’est pas connu. 2 crédits "
            "sont en retard au jour de la demande, de 12 jours au plus : 25 € à payer, sans compter 1 "
            "crédit dont la somme en retard n’est pas connue.",
        ),
        (
            [credit(AMT_CREDIT_SUM_DEBT=20.0)],
            "Un autre établissement a déclaré 1 crédit au fichier des crédits : en cours. Il reste à "
            "rembourser "
            "moins de 1 €. " + NO_DELAY,
        ),
        (
            [credit(CREDIT_CURRENCY="currency 2")],
            "Un autre établissement a déclaré 1 crédit au fichier des crédits : en cours. Ce qui reste à "
            "rembourser n’est pas connu en euros. " + NO_DELAY,
        ),
        (
            [credit(CREDIT_CURRENCY="currency 2"), credit()],
            "D’autres établissements ont déclaré 2 crédits au fichier des crédits : tous en cours. Il reste "
            "à rembourser 1 500 €, sans compter 1 crédit dont le reste n’est pas connu en euros. " + NO_DELAY,
        ),
    ],
)
def test_the_sentences_about_credits_elsewhere(credits: list[RowOf], said: str) -> None:
    assert plain(told.credits_sentence(history(bureau=credits))) == said


@pytest.mark.parametrize(
    ("credits", "debt", "said"),
    [
        ([credit(AMT_CREDIT_SUM_DEBT=0.0)], 0.0, "0 €"),
        (
            [credit(AMT_CREDIT_SUM_DEBT=0.0), NO_IDEA],
            0.0,
            "0 € (sans compter 1 crédit dont le reste n’est pas connu)",
        ),
        (
            [credit(), NO_IDEA, NO_IDEA],
            150_000.0,
            "1 500 € (sans compter 2 crédits dont le reste n’est pas connu)",
        ),
        ([NO_IDEA], None, "donnée absente"),
        ([closed()], 0.0, "0 €"),
    ],
)
def test_the_file_says_what_is_not_known_of_the_debts_elsewhere(
    credits: list[RowOf], debt: float | None, said: str
) -> None:
    """Nothing known to be owed is not nothing owed."""
    row = dict.fromkeys(dictionary.STORED) | {"BUREAU_DEBT": debt}
    beside = history(bureau=credits).beside
    file = client_file.parts(row, ("BUREAU_DEBT",), audit=False, beside=beside)
    (entry,) = (one for section in file.used for one in section.entries)
    assert (entry.label, plain(entry.text)) == ("Reste connu à rembourser ailleurs", said)


def test_lateness_is_told_in_steps_of_a_month() -> None:
    assert [one.words for one in months.Lateness] == [
        "sans retard",
        "retard de 1 à 30 jours",
        "retard de 31 à 60 jours",
        "retard de 61 à 90 jours",
        "retard de 91 à 120 jours",
        "retard de plus de 120 jours",
    ]


@pytest.mark.parametrize(
    "state",
    ["Approved", "Signed", "Sent proposal", "Canceled", "Refused", "Returned to the store", "XNA"],
)
def test_a_loan_that_has_not_begun_or_never_will_has_nothing_due(state: str) -> None:
    row = loan_month(1) | {"NAME_CONTRACT_STATUS": state}
    assert "aucun paiement suivi en quatre ans" in plain(
        charts.payments_sentence(history(POS_CASH_balance=[row]))
    )


@pytest.mark.parametrize("state", ["Active", "Completed", "Demand", "Amortized debt"])
def test_a_loan_that_runs_or_has_ended_was_to_be_paid(state: str) -> None:
    ours = history(POS_CASH_balance=[loan_month(1) | {"NAME_CONTRACT_STATUS": state}]).ours
    assert ours == (months.PaymentMonth(1, 1, months.Lateness.NONE),)


def test_a_card_that_owes_nothing_has_nothing_to_be_paid_unless_it_is_late() -> None:
    cards = [
        card_month(1, 0.0),
        card_month(2, 500.0),
        card_month(3, 0.0, SK_DPD_DEF=4),
        card_month(4, 500.0, AMT_INST_MIN_REGULARITY=None),
        card_month(5, 500.0, AMT_INST_MIN_REGULARITY=0.01),
    ]
    assert history(credit_card_balance=cards).ours == (
        months.PaymentMonth(2, 1, months.Lateness.NONE),
        months.PaymentMonth(3, 1, months.Lateness.TO_30),
        months.PaymentMonth(5, 1, months.Lateness.NONE),
    )


def test_a_payment_on_the_very_day_of_the_application_is_known_and_one_of_the_next_day_is_not() -> None:
    """The last part of an instalment of 40 days before, whose first part was paid in time."""
    for paid, late in ((5, months.Lateness.TO_60), (0, months.Lateness.TO_60), (-1, months.Lateness.NONE)):
        parts = [instalment(1, 40, 40), instalment(1, 40, paid)]
        assert history(installments_payments=parts).ours == (months.PaymentMonth(2, 1, late),)


def test_an_instalment_of_a_new_schedule_is_another_one() -> None:
    rows = [instalment(1, 40, None), instalment(1, 40, 40, NUM_INSTALMENT_VERSION=2.0)]
    assert history(installments_payments=rows).ours == (months.PaymentMonth(2, 1, months.Lateness.TO_60),)


def test_what_is_not_imported_is_not_known() -> None:
    assert plain(told.credits_sentence(history())) == (
        "Le fichier des crédits n’est pas importé dans ce portefeuille : on ne sait rien des crédits du "
        "client dans d’autres établissements."
    )
    assert plain(told.requests_sentence(history())) == (
        "Les demandes précédentes ne sont pas importées dans ce portefeuille : on ne sait pas si le client a "
        "déjà demandé un crédit chez nous."
    )
    assert charts.card_sentence(history()) == (
        "Les relevés des cartes de crédit ne sont pas importés dans ce portefeuille."
    )


@pytest.mark.parametrize(
    ("requests", "said"),
    [
        ([], "Le client n’avait encore fait aucune demande de crédit chez nous."),
        (
            [request(FLAG_LAST_APPL_PER_CONTRACT="N")],
            "Des demandes précédentes, nos dossiers n’ont que 1 doublon, que nous ne comptons pas.",
        ),
        ([request()], "Avant celle-ci, le client avait fait chez nous 1 demande, accordée."),
        (
            [refused(), refused()],
            "Avant celle-ci, le client avait fait chez nous 2 demandes, toutes refusées.",
        ),
        (
            [request(), refused(), refused(), request(NAME_CONTRACT_STATUS="Unused offer")],
            "Avant celle-ci, le client avait fait chez nous 4 demandes : 1 accordée, 1 accordée mais non "
            "utilisée et 2 refusées.",
        ),
        (
            [request(), *[request(NAME_CONTRACT_STATUS="Unused offer")] * 2],
            "Avant celle-ci, le client avait fait chez nous 3 demandes : 1 accordée et 2 accordées mais non "
            "utilisées.",
        ),
        (
            [request(), request(FLAG_LAST_APPL_PER_CONTRACT="N"), request(NAME_CONTRACT_STATUS="Canceled")],
            "Avant celle-ci, le client avait fait chez nous 2 demandes : 1 accordée et 1 annulée. 1 doublon "
            "n’est pas compté.",
        ),
        (
            [request(), request(FLAG_LAST_APPL_PER_CONTRACT="N"), request(NFLAG_LAST_APPL_IN_DAY=0)],
            "Avant celle-ci, le client avait fait chez nous 1 demande, accordée. 2 doublons ne sont "
            "pas comptés.",
        ),
    ],
)
def test_the_sentence_about_earlier_requests(requests: list[RowOf], said: str) -> None:
    assert plain(told.requests_sentence(history(previous_application=requests))) == said


def on_time(*months_ago: int) -> list[RowOf]:
    return [bureau_month(ago, "0") for ago in months_ago]


NOT_FOLLOWED = "Ailleurs, le suivi mensuel des crédits n’est pas importé. "


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            {"bureau_balance": [], "POS_CASH_balance": []},
            "Ailleurs, aucun paiement suivi en quatre ans. Chez nous, aucun paiement suivi en quatre ans.",
        ),
        (
            {"bureau_balance": on_time(0, 1, 2, 48, 49)},
            "Ailleurs, aucun retard sur 3 mois suivis. Chez nous, le suivi des paiements n’est pas importé.",
        ),
        (
            {"bureau_balance": [bureau_month(1, "4"), *on_time(2, 3), bureau_month(4, "5")]},
            "Ailleurs, 2 mois avec un retard sur 4 mois suivis, le plus long de plus de 120 jours (ou crédit "
            "cédé ou passé en perte), il y a 4 mois ; le dernier il y a 1 mois. Chez nous, le suivi des "
            "paiements n’est pas importé.",
        ),
        (
            {"POS_CASH_balance": [loan_month(1), loan_month(2, 31), loan_month(3, 30)]},
            NOT_FOLLOWED
            + "Chez nous, 2 mois avec un retard sur 3 mois suivis, le plus long de 31 à 60 jours, la "
            "dernière fois il y a 2 mois.",
        ),
        (
            {"POS_CASH_balance": [loan_month(25, 121)]},
            NOT_FOLLOWED
            + "Chez nous, 1 mois avec un retard sur 1 mois suivi, de plus de 120 jours, il y a 2 ans et "
            "1 mois.",
        ),
        (
            {
                "installments_payments": [
                    instalment(1, 70, 70),
                    instalment(2, 40, 35),
                    instalment(3, 10, None),
                ]
            },
            NOT_FOLLOWED
            + "Chez nous, 2 mois avec un retard sur 3 mois suivis, le plus long de 1 à 30 jours, la "
            "dernière fois il y a 1 mois.",
        ),
    ],
)
def test_the_sentence_about_payments(rows: dict[str, list[RowOf]], said: str) -> None:
    assert plain(charts.payments_sentence(history(**rows))) == said


@pytest.mark.parametrize(
    ("card", "said"),
    [
        ([], "Le client n’a pas de carte de crédit chez nous, ou n’en a pas eu depuis quatre ans."),
        (
            [card_month(2, 0.0), card_month(3, -500.0)],
            "Rien n’était dû sur la carte, sur 2 mois suivis. Aucun retrait d’espèces sur 2 mois connus.",
        ),
        (
            [
                card_month(1, 50_000.0, cash=12_000.0),
                card_month(2, 120_000.0, cash=None, AMT_DRAWINGS_CURRENT=1.0),
            ],
            "La somme due est de 50 % du plafond au dernier relevé, il y a 1 mois ; le plus haut était de "
            "120 %, il y a 2 mois. Des espèces ont été retirées 1 mois sur 1 mois connu, pour 120 € en tout.",
        ),
        (
            [card_month(1, 50_000.0, cash=None), card_month(2, 20_000.0, cash=3_000.0)],
            "La somme due est de 50 % du plafond au dernier relevé, il y a 1 mois : c’est le plus haut "
            "depuis quatre ans. Des espèces ont été retirées 1 mois sur 2 mois connus, pour 30 € en tout.",
        ),
        (
            # A card that was closed: its last statement has no limit any more.
            [card_month(1, 0.0, limit=0), card_month(2, 50_000.0), card_month(5, 49_800.0)],
            "La somme due est de 50 % du plafond au dernier relevé qui a un plafond, il y a 2 mois : c’est "
            "le plus haut depuis quatre ans. Aucun retrait d’espèces sur 3 mois connus.",
        ),
        (
            [card_month(1, 49_800.0), card_month(2, 50_200.0, cash=20.0)],
            "La somme due est de 49,8 % du plafond au dernier relevé, il y a 1 mois ; le plus haut était de "
            "50,2 %, il y a 2 mois. Des espèces ont été retirées 1 mois sur 2 mois connus, pour moins de 1 € "
            "en tout.",
        ),
        (
            [card_month(1, 0.0), card_month(2, 9_000.0, limit=0), card_month(3, 40.0)],
            "La somme due est de 0 % du plafond au dernier relevé, il y a 1 mois ; le plus haut était de "
            "moins de 1 %, il y a 3 mois. Une somme était due aussi 1 mois sans plafond connu. Aucun "
            "retrait d’espèces sur 3 mois connus.",
        ),
        (
            [card_month(1, 0.0), card_month(2, 0.0, AMT_BALANCE=None)],
            "La somme due est de 0 % du plafond au dernier relevé, il y a 1 mois : c’est le plus haut depuis "
            "quatre ans. Aucun retrait d’espèces sur 2 mois connus.",
        ),
        (
            [card_month(1, 0.0, AMT_BALANCE=None)],
            "La somme due n’est pas connue sur 1 mois suivi. Aucun retrait d’espèces sur 1 mois connu.",
        ),
        (
            [card_month(1, 50_000.0, limit=0, cash=None, AMT_DRAWINGS_CURRENT=9.0)],
            "Le plafond est nul sur 1 mois suivi. Les retraits d’espèces ne sont pas connus.",
        ),
        (
            [
                card_month(1, 50_000.0, AMT_CREDIT_LIMIT_ACTUAL=None),
                card_month(2, 0.0, AMT_BALANCE=None),
                card_month(3, 9_000.0, limit=0),
            ],
            "Aucune part du plafond n’est connue sur 3 mois suivis. Aucun retrait d’espèces sur 3 "
            "mois connus.",
        ),
        (
            # The last statement has a limit: what was owed is not known.
            [card_month(1, 0.0, AMT_BALANCE=None), card_month(2, 5_000.0)],
            "La somme due est de 5 % du plafond au dernier relevé où les deux sont connus, il y a 2 "
            "mois : c’est le plus haut depuis quatre ans. Aucun retrait d’espèces sur 2 mois connus.",
        ),
    ],
)
def test_the_sentences_about_the_card(card: list[RowOf], said: str) -> None:
    assert plain(charts.card_sentence(history(credit_card_balance=card))) == said


def test_three_kinds_of_absence_have_three_words() -> None:
    absent, nothing = told.history({}, ()), told.history({}, TABLES)
    unknown = history(bureau=[NO_IDEA], previous_application=[request(AMT_APPLICATION=None, AMT_CREDIT=None)])
    for sentence in (
        told.credits_sentence,
        told.requests_sentence,
        charts.payments_sentence,
        charts.card_sentence,
    ):
        assert sentence(absent) != sentence(nothing)
        assert "import" in sentence(absent)
        assert "import" not in sentence(nothing)
    assert not absent.imported
    assert nothing.imported
    for make in (charts.owed, charts.closed, charts.requests, charts.payments, charts.card):
        assert make(absent) is None
        assert make(nothing) is None
    credits, requests = charts.owed(unknown), charts.requests(unknown)
    assert credits
    assert requests
    assert credits.whole.rows[0][4:] == ("donnée absente",) * 3
    assert credits.whole.raw[0][4:] == (None,) * 3
    assert requests.whole.rows[0][2:4] == ("donnée absente",) * 2


@pytest.mark.parametrize(
    ("width", "named", "years"),
    [
        (
            "large",
            "mois avant la demande, le plus récent à droite",
            ["il y a 3 ans", "il y a 2 ans", "il y a 1 an"],
        ),
        ("etroite", "avant la demande", ["3 ans", "2 ans", "1 an"]),
    ],
)
def test_the_months_are_named_under_the_last_panel(width: Width, named: str, years: list[str]) -> None:
    chart = charts.payments(told.history(RICH, TABLES))
    assert chart
    *others, last = chart.draw(width).axes
    assert plain(last.get_xlabel()) == named
    assert [plain(label.get_text()) for label in last.get_xticklabels()] == years
    assert others
    for ax in others:
        assert (ax.get_xlabel(), [label.get_text() for label in ax.get_xticklabels()]) == ("", [""] * 3)


def texts(rows: tuple[tuple[str, ...], ...]) -> list[tuple[str, ...]]:
    return [tuple(map(plain, row)) for row in rows]


def test_the_lists_of_a_rich_history() -> None:
    rich = told.history(RICH, TABLES)
    active, over, requests = charts.owed(rich), charts.closed(rich), charts.requests(rich)
    assert active
    assert over
    assert requests
    assert texts(active.whole.rows) == [
        ("Carte de crédit", "il y a 2 mois", "sans fin fixée", "900 €", "455 €", "25 €", "12"),
        (
            "Crédit à la consommation", "il y a 1 an et 6 mois", "dans 1 an et 6 mois",
            "3 000 €", "1 500 €",
            "0 €", "0",
        ),
    ]  # fmt: skip
    assert active.whole.raw[0] == ("Carte de crédit", 90, None, 900.0, 455.0, 25.0, 12)
    assert texts(over.whole.rows) == [
        ("Crédit à la consommation", "il y a 3 ans", "il y a 1 an", "3 000 €", "40 €")
    ]
    assert texts(requests.whole.rows) == [
        ("Prêt personnel", "il y a 30 jours", "donnée absente", "sans objet", "Annulée", "sans objet"),
        (
            "Prêt personnel", "il y a 1 an et 1 mois", "1 800 €", "sans objet", "Refusée",
            "Historique de crédit",
        ),
        ("Prêt personnel", "il y a 2 ans et 3 mois", "1 800 €", "1 800 €", "Accordée", "sans objet"),
    ]  # fmt: skip
    assert requests.whole.csv().splitlines()[:2] == [
        "\ufeffCrédit demandé;Réponse donnée (jours avant la demande);Demandé (€);Accordé (€);Réponse;Motif "
        "du refus",
        "Prêt personnel;30;;;Annulée;",
    ]


@pytest.mark.parametrize(
    ("given", "column", "said"),
    [
        ({"CREDIT_ACTIVE": "Sold"}, 0, "Crédit à la consommation (crédit cédé à un autre créancier)"),
        ({"DAYS_CREDIT": 0}, 1, "le jour de la demande"),
        ({"DAYS_CREDIT_ENDDATE": -40.0}, 2, "il y a 1 mois"),
        ({"DAYS_CREDIT_ENDDATE": 0.0}, 2, "le jour de la demande"),
        ({"DAYS_CREDIT_ENDDATE": None}, 2, "donnée absente"),
        ({"DAYS_CREDIT_ENDDATE": 18_261.0}, 2, "dans 49 ans et 11 mois"),
        ({"DAYS_CREDIT_ENDDATE": 18_262.0}, 2, "sans fin fixée"),
        ({"DAYS_CREDIT_ENDDATE": -41_819.0}, 2, "donnée absente"),
        ({"CREDIT_CURRENCY": "currency 3"}, 3, "300 000 (monnaie 3)"),
        ({"AMT_CREDIT_SUM_OVERDUE": 49.0}, 5, "moins de 1 €"),
        ({"AMT_CREDIT_SUM_OVERDUE": 50.0}, 5, "1 €"),
        ({"AMT_CREDIT_SUM_DEBT": -500.0}, 4, "−5 €"),
    ],
)
def test_a_cell_of_a_credit(given: dict[str, Any], column: int, said: str) -> None:
    listing = charts.owed(history(bureau=[credit(**given)]))
    assert listing
    assert plain(listing.whole.rows[0][column]) == said


@pytest.mark.parametrize(
    ("given", "cells"),
    [
        ({"DAYS_ENDDATE_FACT": 0.0}, ("le jour de la demande", "3 000 €", "donnée absente")),
        ({"DAYS_ENDDATE_FACT": -18_261.0}, ("il y a 49 ans et 11 mois", "3 000 €", "donnée absente")),
        ({"DAYS_ENDDATE_FACT": -18_262.0}, ("donnée absente", "3 000 €", "donnée absente")),
        (
            {"AMT_CREDIT_MAX_OVERDUE": 4_000.0, "CREDIT_CURRENCY": "currency 2"},
            ("il y a 1 an", "300 000 (monnaie 2)", "4 000 (monnaie 2)"),
        ),
        ({"AMT_CREDIT_SUM_OVERDUE": 5_000.0}, ("il y a 1 an", "3 000 €", "50 €")),
        (
            {"AMT_CREDIT_SUM_OVERDUE": 5_000.0, "AMT_CREDIT_MAX_OVERDUE": 4_000.0},
            ("il y a 1 an", "3 000 €", "50 €"),
        ),
        (
            {"AMT_CREDIT_SUM_OVERDUE": 5_000.0, "AMT_CREDIT_MAX_OVERDUE": 9_000.0},
            ("il y a 1 an", "3 000 €", "90 €"),
        ),
    ],
)
def test_the_cells_of_a_credit_that_is_over(given: dict[str, Any], cells: tuple[str, ...]) -> None:
    listing = charts.closed(history(bureau=[closed(**given)]))
    assert listing
    assert texts(listing.whole.rows) == [("Crédit à la consommation", "il y a 3 ans", *cells)]


@pytest.mark.parametrize(
    ("given", "cells"),
    [
        ({"NAME_CONTRACT_STATUS": "Unused offer"}, ("1 800 €", "Accordée mais non utilisée", "sans objet")),
        ({"NAME_CONTRACT_STATUS": "Canceled"}, ("sans objet", "Annulée", "sans objet")),
        ({"AMT_CREDIT": 0.0}, ("donnée absente", "Accordée", "sans objet")),
        (
            {"NAME_CONTRACT_STATUS": "Refused", "CODE_REJECT_REASON": "LIMIT"},
            ("sans objet", "Refusée", "Limite de crédit dépassée"),
        ),
        # A motive that goes with no refusal says nothing.
        ({"CODE_REJECT_REASON": "HC"}, ("1 800 €", "Accordée", "sans objet")),
    ],
)
def test_what_became_of_a_request_and_what_was_granted(given: dict[str, Any], cells: tuple[str, ...]) -> None:
    listing = charts.requests(history(previous_application=[request(**given)]))
    assert listing
    assert texts(listing.whole.rows) == [("Prêt personnel", "il y a 2 ans et 3 mois", "1 800 €", *cells)]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "reste 1 500 €"),
        ({"AMT_CREDIT_SUM_DEBT": 0.0}, "reste 0 €"),
        ({"AMT_CREDIT_SUM_DEBT": None}, "reste à rembourser inconnu"),
        ({"CREDIT_DAY_OVERDUE": 1}, "reste 1 500 €, en retard de 1 jour"),
        ({"AMT_CREDIT_SUM_OVERDUE": 2_500.0}, "reste 1 500 €, en retard pour 25 €"),
        (
            {"CREDIT_DAY_OVERDUE": 12, "AMT_CREDIT_SUM_OVERDUE": 2_500.0, "CREDIT_CURRENCY": "currency 2"},
            "reste 150 000 (monnaie 2), en retard de 12 jours pour 2 500 (monnaie 2)",
        ),
        ({"CREDIT_DAY_OVERDUE": None, "AMT_CREDIT_SUM_OVERDUE": None}, "reste 1 500 €"),
    ],
)
def test_what_a_credit_elsewhere_still_costs_is_said_in_a_few_words(given: dict[str, Any], said: str) -> None:
    (one,) = history(bureau=[credit(**given)]).open
    assert plain(one.owing) == said


def test_what_came_after_the_application_is_not_told() -> None:
    later = history(
        bureau=[credit(DAYS_CREDIT=1), closed(DAYS_ENDDATE_FACT=10.0)],
        bureau_balance=[bureau_month(-1, "5"), bureau_month(0, "5")],
        previous_application=[refused(DAYS_DECISION=1)],
        POS_CASH_balance=[loan_month(-1, 40)],
        credit_card_balance=[card_month(-2, 5.0)],
        installments_payments=[instalment(1, -1, None), instalment(2, 3, -40)],
    )
    assert later.credits
    assert [one.ended for one in later.credits] == [None]
    assert (later.requests, later.elsewhere, later.card) == ((), (), ())
    # The instalment of three days before is late on that day, however it was paid afterwards.
    assert later.ours == (months.PaymentMonth(1, 1, months.Lateness.TO_30),)


def test_long_lists_are_cut_and_count_what_is_folded() -> None:
    listing = charts.owed(history(bureau=[credit(DAYS_CREDIT=-day) for day in range(1, 13)]))
    assert listing
    assert listing.rest
    assert (len(listing.first.rows), len(listing.rest.rows), len(listing.whole.rows)) == (10, 2, 12)
    assert listing.first.rows + listing.rest.rows == listing.whole.rows
    assert plain(listing.first.caption).endswith("au jour de la demande : les 10 premiers sur 12")
    assert plain(listing.rest.caption).endswith("au jour de la demande : les 2 suivants")
    eleven = charts.owed(history(bureau=[credit()] * 11))
    assert eleven
    assert eleven.rest
    assert plain(eleven.rest.caption).endswith("au jour de la demande : le suivant")
    asked = {count: charts.requests(history(previous_application=[refused()] * count)) for count in (11, 12)}
    assert [
        [plain(part.caption) for part in (one.first, one.rest) if part] for one in asked.values() if one
    ] == [
        [
            "Demandes de crédit faites chez nous avant celle-ci : les 10 premières sur 11",
            "Demandes de crédit faites chez nous avant celle-ci : la suivante",
        ],
        [
            "Demandes de crédit faites chez nous avant celle-ci : les 10 premières sur 12",
            "Demandes de crédit faites chez nous avant celle-ci : les 2 suivantes",
        ],
    ]
    ten = charts.owed(history(bureau=[credit()] * 10))
    assert ten
    assert ten.rest is None


def test_states_and_answers_are_those_of_the_dictionary() -> None:
    for table, name, kinds in (
        ("bureau", "CREDIT_ACTIVE", State),
        ("previous_application", "NAME_CONTRACT_STATUS", Answer),
    ):
        categories = dictionary.TABLES[table].columns[name].categories
        assert categories
        assert {one.value[0] for one in kinds} == set(categories)


@pytest.mark.parametrize("ago", [1, 2, 7, 12, 30, 47, 48])
def test_months_late_and_followed_are_counted_by_other_code(ago: int) -> None:
    """The worst delay of a month, and how many credits it had."""
    for seed in range(30):
        rows = any_rows(seed)
        known = told.history(rows, TABLES)
        bureau = [row for row in rows["bureau_balance"] if row["MONTHS_BALANCE"] == -ago]
        steps = {str(step): step for step in range(6)}
        found = [(row["SK_ID_BUREAU"], steps[row["STATUS"]]) for row in bureau if row["STATUS"] in steps]
        expected = (len({credit for credit, _ in found}), max(late for _, late in found)) if found else None
        assert known.elsewhere is not None
        month = next((one for one in known.elsewhere if one.ago == ago), None)
        assert (month and (month.credits, int(month.late))) == expected


@pytest.mark.parametrize("seed", range(6))
def test_the_numbers_of_the_page_are_counted_by_other_code(seed: int) -> None:
    rows = any_rows(seed)
    known = told.history(rows, TABLES)
    bureau = [row for row in rows["bureau"] if row["DAYS_CREDIT"] <= 0 and row["DAYS_CREDIT_UPDATE"] <= 0]
    running = [row for row in bureau if row["CREDIT_ACTIVE"] != "Closed"]
    late = [row for row in running if row["CREDIT_DAY_OVERDUE"] or row["AMT_CREDIT_SUM_OVERDUE"]]
    assert (len(known.credits or ()), len(known.open)) == (len(bureau), len(running))
    assert sum(one.late is True for one in known.open) == len(late)
    owed = [
        row["AMT_CREDIT_SUM_DEBT"] for row in running
        if row["CREDIT_CURRENCY"] in (None, "currency 1") and row["AMT_CREDIT_SUM_DEBT"] is not None
    ]  # fmt: skip
    if owed:
        amount = f"{math.floor(sum(owed) / 100 + 0.5):,}".replace(",", " ")
        assert f"Il reste à rembourser {amount} €" in plain(told.credits_sentence(known))
    requests = [
        row for row in rows["previous_application"]
        if row["DAYS_DECISION"] <= 0
        and row["FLAG_LAST_APPL_PER_CONTRACT"] in (None, "Y") and row["NFLAG_LAST_APPL_IN_DAY"] in (None, 1)
    ]  # fmt: skip
    assert len(known.requests or ()) == len(requests)
    assert sum(bool(one.reason) for one in known.requests or ()) == sum(
        row["NAME_CONTRACT_STATUS"] == "Refused" for row in requests
    )
    # What one card does not say, no sum says.
    used: dict[int, list[float]] = {}
    for row in rows["credit_card_balance"]:
        if 1 <= -row["MONTHS_BALANCE"] <= 48:
            sums = used.setdefault(-row["MONTHS_BALANCE"], [0.0, 0.0])
            for place, name in enumerate(("AMT_BALANCE", "AMT_CREDIT_LIMIT_ACTUAL")):
                sums[place] += math.nan if row[name] is None else row[name]
    assert [(one.ago, one.balance, one.limit) for one in known.card or ()] == [
        (ago, *(None if math.isnan(one) else one for one in sums)) for ago, sums in sorted(used.items())
    ]


def test_every_instalment_is_as_late_as_its_last_payment() -> None:
    rows = [
        instalment(1, 100, 100),
        instalment(1, 100, 60),  # the second half
        instalment(2, 70, 75),
        instalment(3, 40, None),
    ]
    ours = told.history({"installments_payments": rows}, {"installments_payments"}).ours
    assert ours
    assert [(one.ago, one.credits, one.late.value) for one in ours] == [(2, 1, 2), (3, 1, 0), (4, 1, 2)]


@pytest.mark.parametrize(
    ("days", "step"),
    [(0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4), (120, 4), (121, 5), (3773, 5)],
)
def test_days_late_fall_into_the_steps_of_the_bureau(days: int, step: int) -> None:
    ours = told.history({"POS_CASH_balance": [loan_month(5, days)]}, {"POS_CASH_balance"}).ours
    assert ours
    assert ours[0].late.value == step


@pytest.mark.parametrize(
    ("many", "more"), [(3, []), (4, ["1 crédit non terminé"]), (6, ["3 crédits non terminés"])]
)
def test_the_sheet_lists_three_open_credits_and_counts_the_others(many: int, more: list[str]) -> None:
    opened = [SimpleNamespace(named=f"Crédit {k}", opened=366 * k, owing=f"{k} € dus") for k in range(many)]
    found: Any = SimpleNamespace(credits=None, open=opened, elsewhere=None)
    lines = [tuple(map(plain, line)) for line in meeting_sheet._elsewhere(found)]
    assert lines == [
        ("Crédit 0, ouverture le jour de la demande", "0 € dus"),
        ("Crédit 1, ouverture il y a 1 an", "1 € dus"),
        ("Crédit 2, ouverture il y a 2 ans", "2 € dus"),
        *(("Et aussi", one) for one in more),
    ]


def test_the_sheet_counts_the_figures_of_the_bureau_and_of_our_own_files(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two of the bureau, of which one of its months, and one of earlier requests; cards are not imported."""
    monkeypatch.setattr(told, "history", lambda rows, tables: None)
    monkeypatch.setattr(meeting_sheet, "_elsewhere", lambda found: (("Crédit", "dû"),))
    monkeypatch.setattr(meeting_sheet, "_ours", lambda found: ())
    clients: Any = SimpleNamespace(
        tables=("bureau", "bureau_balance", "previous_application"), history=lambda number: {}
    )
    names = ("AMT_CREDIT", "BUREAU_ACTIVE", "BUREAU_MONTHS_LATE", "PREVIOUS_APPROVED", "CARD_USE")
    past = meeting_sheet._past(clients, 7, names)
    assert past
    assert (past.bureau, past.files, past.elsewhere, past.ours) == (2, 1, (("Crédit", "dû"),), ())
    monkeypatch.setattr(meeting_sheet, "_elsewhere", lambda found: ())
    assert meeting_sheet._past(clients, 7, names) is None


ASKED = "le nombre de consultations du fichier des crédits"


@pytest.mark.parametrize(
    ("names", "told"),
    [((), True), (("BUREAU_ACTIVE",), True), (("BUREAU_ACTIVE", "AMT_REQ_CREDIT_BUREAU_YEAR"), False)],
)
def test_who_looks_at_the_history_does_not_count_who_asked_for_it(names: tuple[str, ...], told: bool) -> None:
    """The file counts how often the bureau was asked; what it said of credits is another thing."""
    unused = meeting_sheet.unused(("AMT_CREDIT", *names))
    assert (ASKED in unused) is told
    assert unused[:2] == ("votre sexe", "votre âge")
