"""Whether reasons can be read and believed: readability and faithfulness over 500 clients."""

from __future__ import annotations

import numpy as np

from pretadepenser.credit.explanation.reasons import explain_all
from pretadepenser.credit.model.scoring import current_model
from pretadepenser.credit.portfolio import current_portfolio
from tests.bench.ground import Ground, line, title
from tests.measures import faithfulness
from tests.measures.readability import kandel_moles

CLIENTS = 500


def run(ground: Ground) -> None:
    """Read and withdraw the reasons of CLIENTS clients."""
    portfolio, model = current_portfolio(ground.instance), current_model(ground.instance)
    assert portfolio
    assert model
    numbers = np.random.default_rng(2).choice(portfolio.numbers(), CLIENTS, replace=False)
    rows = [found.values for number in numbers if (found := portfolio.client(int(number)))]
    scores = []
    for one in explain_all(model, portfolio, rows, 0.48, [None] * len(rows)):
        sentences = [reason.sentence for reason in (*one.against, *one.in_favour)]
        scores.append(kandel_moles(" ".join(sentences)))
    title(f"Reasons of {len(rows)} clients")
    line(
        "readability, Kandel-Moles: median (aim: 60 or more), lowest",
        f"{np.median(scores):.1f}",
        f"{min(scores):.1f}",
    )
    faithful = faithfulness.measure(model, portfolio, rows, 0.48)
    line("faithful: a reason withdrawn moves the score as announced", f"{100 * faithful.direction:.1f} %")
    line("faithful: all reasons of a side withdrawn together", f"{100 * faithful.joint:.1f} %")
    line("faithful: of two reasons, the stronger moves it more", f"{100 * faithful.order:.1f} %")
