"""The page of reference in a real browser: found by a link, searched by keyboard, read on a phone, alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from leadstream.cli import main
from tests.support.browser import chromium, opened
from tests.support.missing import MissingError, skip_or_fail

pytestmark = pytest.mark.slow

PHONE = 360
"""Width of a narrow phone, CSS pixels."""
SHOWN = "[...document.querySelectorAll('details.entry:not([hidden])')].map((node) => node.id)"
HAVING = (
    "[...document.querySelectorAll('details.entry')].filter((node) => node.textContent.includes(%r)).map((n) => n.id)"
)
OPEN_ALL = "document.querySelectorAll('details').forEach((node) => { node.open = true; })"
PLACE = """(() => {
  const node = document.getElementById(%r), bar = document.querySelector('.bar');
  const top = node.getBoundingClientRect().top, others = document.querySelectorAll('details.entry[open]').length;
  return {open: node.open, top, others, height: innerHeight, bar: bar.getBoundingClientRect().bottom};
})()"""
SIDEWAYS = """[...document.querySelectorAll('body *')]
  .filter((node) => node.checkVisibility() && !node.closest('pre') && !node.closest('script'))
  .filter((node) => { const box = node.getBoundingClientRect(); return box.right > innerWidth + 1 || box.left < -1; })
  .map((node) => node.outerHTML.slice(0, 120))"""
SMALLEST = """Math.min(...[...document.querySelectorAll('.entry td, .entry th, summary .says, header p, input')]
  .filter((node) => node.checkVisibility()).map((node) => parseFloat(getComputedStyle(node).fontSize)))"""


@pytest.fixture(scope="module")
def driver() -> Iterator[str]:
    try:
        with chromium() as address:
            yield address
    except MissingError as missing:
        skip_or_fail(str(missing))


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Of the page, as the command wrote it."""
    path: Path = tmp_path_factory.mktemp("page") / "reference.html"
    result = CliRunner(catch_exceptions=False).invoke(main, ["schema", "page", "--to", str(path)])
    assert result.exit_code == 0, result.output
    return path.as_uri()


async def test_it_asks_for_nothing_but_itself_and_complains_of_nothing(driver: str, address: str) -> None:
    async with opened(driver, address) as page:
        await page.click("#all")
        assert await page.run("[...document.querySelectorAll('details.entry')].every((node) => node.open)")
        assert await page.run("document.title.endsWith(': facts, topics, views')")
        assert page.requests == [address]
        assert page.complaints == []


@pytest.mark.parametrize("anchor", ["lead.converted.v1", "topic.lead-inbox", "view.response-times"])
async def test_a_link_to_an_entry_opens_it_where_it_is_seen_whole(driver: str, address: str, anchor: str) -> None:
    async with opened(driver, f"{address}#{anchor}") as page:
        found = await page.run(PLACE % anchor)
        assert (found["open"], found["others"]) == (True, 1)
        assert found["bar"] <= found["top"] < found["height"] / 2, "below the search and not at the end of the window"
        assert page.complaints == []


async def test_words_are_searched_as_they_are_typed_and_escape_shows_all_again(driver: str, address: str) -> None:
    async with opened(driver, address) as page:
        everything = await page.run(SHOWN)
        wanted = await page.run(HAVING % "late_by_us")
        await page.press("/")
        await page.type("LATE_by_us")
        shown = await page.run(SHOWN)
        assert shown == wanted
        assert "sla.answered.v1" in shown
        assert 0 < len(shown) < len(everything) / 4
        assert await page.run("document.getElementById('count').value") == f"{len(shown)} of {len(everything)}"
        await page.type(" microseconds nowhere-at-all")
        assert await page.run(SHOWN) == []
        assert await page.run("document.getElementById('none').checkVisibility()")
        await page.press("Escape")
        assert await page.run(SHOWN) == everything
        assert page.complaints == []


async def test_what_is_found_alone_is_open_and_a_link_leads_out_of_the_search(driver: str, address: str) -> None:
    async with opened(driver, address) as page:
        await page.press("/")
        await page.type("#lead.converted.v1")
        assert await page.run(SHOWN) == ["lead.converted.v1"]
        assert await page.run("document.getElementById('lead.converted.v1').open")
        await page.click("details[open] a[href='#topic.lead-inbox']")
        assert await page.run("location.hash") == "#topic.lead-inbox"
        assert await page.run("document.getElementById('topic.lead-inbox').open")
        assert await page.run("document.getElementById('topic.lead-inbox').checkVisibility()")
        assert await page.run("document.getElementById('query').value") == ""


async def test_on_a_phone_all_of_it_is_read_without_scrolling_sideways(driver: str, address: str) -> None:
    async with opened(driver, address, width=PHONE, height=740) as page:
        await page.run(OPEN_ALL)
        assert await page.run("innerWidth") == PHONE
        assert await page.run("document.documentElement.scrollWidth") <= PHONE
        assert await page.run(SIDEWAYS) == []
        assert await page.run(SMALLEST) >= 12, "CSS pixels"
        assert await page.run("getComputedStyle(document.querySelector('.fields td')).display") == "block"
        assert await page.run("document.getElementById('query').getBoundingClientRect().width") > PHONE / 2
        assert page.complaints == []
