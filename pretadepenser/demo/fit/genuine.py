"""Clients of a genuine or of the fictitious portfolio as columns, read by the import that everyone uses."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from pretadepenser import demo
from pretadepenser.credit.dictionary import COLUMNS
from pretadepenser.credit.portfolio import current_portfolio, import_batches, import_folder
from pretadepenser.demo.parameters import Floats


def labelled(folder: Path) -> dict[str, Floats]:
    """Columns of a Kaggle folder's labelled clients, missing NaN, text as codes; raises PortfolioError."""
    with TemporaryDirectory() as instance:
        import_folder(folder, Path(instance))
        return _columns(Path(instance))


def fictitious(clients: int, seed: int) -> dict[str, Floats]:
    """Columns of `clients` fictitious clients, in the same form."""
    with TemporaryDirectory() as instance:
        import_batches(demo.batches(clients, seed), Path(instance))
        return _columns(Path(instance))


def _columns(instance: Path) -> dict[str, Floats]:
    portfolio = current_portfolio(instance)
    if portfolio is None:
        raise FileNotFoundError(instance)
    known = ~np.isnan(portfolio.column("TARGET"))
    return {name: portfolio.column(name)[known] for name in COLUMNS}
