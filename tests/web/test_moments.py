"""Every page says days and times in one way: those of the place where the server stands."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pretadepenser import create_app
from tests.conftest import signed_in
from tests.web.deciding import decide, read

REPO = Path(__file__).parents[2]
# On the eve in UTC, the day after in Paris.
LATE = datetime(2026, 11, 26, 23, 5, tzinfo=UTC)


@pytest.mark.usefixtures("paris")
def test_a_decision_after_midnight_is_of_its_day_on_every_page(untouched: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(untouched, tmp_path / "instance", symlinks=True)
    app = create_app({"INSTANCE": folder, "TESTING": True})
    decision = decide(app, "agathe", at=LATE)
    waiting = decide(app, "agathe", at=LATE, waiting=True)
    agathe, delphine = signed_in(app, "agathe"), signed_in(app, "delphine")
    pages = {
        f"/decisions/{decision}": "le 27 novembre 2026 à 0 heure 05",
        f"/revues/decisions/{waiting}": "le 27 novembre 2026 à 0 heure 05",
        "/decisions": "27 novembre 2026",
        "/clients/157083": "le 27 novembre 2026",
    }
    for address, told in pages.items():
        page = read(delphine if "revues" in address else agathe, address).replace("\u00a0", " ")
        assert told in page, address
        assert "26 novembre 2026" not in page, address


def test_no_page_names_a_time_that_nobody_lives_in() -> None:
    templates = [one.read_text("utf-8") for one in (REPO / "templates").rglob("*.html")]
    assert len(templates) > 40
    assert [one for one in templates if "temps universel" in one or ".hour" in one] == []
