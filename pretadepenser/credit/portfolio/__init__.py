"""The clients on disk: import, validate, look up, scan, and place one client among the others."""

from pretadepenser.credit.portfolio.importing import Progress, Report, import_batches, import_folder
from pretadepenser.credit.portfolio.reading import Client, Portfolio, Row, current_portfolio
from pretadepenser.credit.portfolio.rows import Frame
from pretadepenser.credit.portfolio.validation import PortfolioError, Problem

__all__ = [
    "Client",
    "Frame",
    "Portfolio",
    "PortfolioError",
    "Problem",
    "Progress",
    "Report",
    "Row",
    "current_portfolio",
    "import_batches",
    "import_folder",
]
