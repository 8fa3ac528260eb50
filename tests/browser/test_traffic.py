"""What a real browser sends for: style sheets once, before and after signing in, and compressed pages."""

from collections.abc import Callable
from typing import Any

from selenium.webdriver.chrome.webdriver import WebDriver

# transferSize is 0 where nothing was sent for; the body of what was is as long as on the wire.
FETCHED = """
return performance.getEntries().filter(one => one.transferSize !== undefined).map(one => ({
  path: new URL(one.name).pathname,
  sent: one.transferSize, wire: one.encodedBodySize, whole: one.decodedBodySize,
}));
"""


def fetched(driver: WebDriver) -> dict[str, dict[str, Any]]:
    """Sizes of the open page and of what it is made of, by path."""
    return {one["path"]: one for one in driver.execute_script(FETCHED)}


def test_a_second_page_asks_for_no_style_sheet_though_somebody_signed_in(
    visit: Callable[..., WebDriver],
) -> None:
    driver = visit("/connexion", user="")
    driver.execute_cdp_cmd("Network.clearBrowserCache", {})
    driver.refresh()
    first = fetched(driver)
    sheets = {path for path in first if path.endswith(".css")}
    assert sheets == {f"/static/{name}.css" for name in ("tokens", "base", "components", "print")}
    assert all(0 < first[path]["wire"] < first[path]["whole"] for path in sheets)
    driver = visit("/clients/157083")
    second = fetched(driver)
    assert sheets <= set(second)
    assert {path for path in sheets if second[path]["sent"]} == set()
    for path in ("/clients/157083", "/clients/157083/graphiques/score.svg"):
        assert 0 < second[path]["wire"] < second[path]["whole"] / 2
