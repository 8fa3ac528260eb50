"""The clients of one generation on disk: import, publish, look up, scan and remove."""

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
