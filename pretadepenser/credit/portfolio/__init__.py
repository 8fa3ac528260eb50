"""The clients on disk: import, validate, look up, scan, and rank one value among the others."""

from pretadepenser.credit.intake.validation import PortfolioError, Problem
from pretadepenser.credit.portfolio.importing import Imported, Report, import_batches, import_folder
from pretadepenser.credit.portfolio.reading import Client, Portfolio, current_portfolio

__all__ = [
    "Client",
    "Imported",
    "Portfolio",
    "PortfolioError",
    "Problem",
    "Report",
    "current_portfolio",
    "import_batches",
    "import_folder",
]
