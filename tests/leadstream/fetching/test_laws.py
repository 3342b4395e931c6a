"""Whatever fails, and whoever dies, nothing that a vendor announced or lists is skipped, and no page is kept twice."""

import asyncio
from collections import deque

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.leadstream.fetching.house import Death, House
from tests.leadstream.fetching.scenarios import SCENARIOS
from tests.support.laws import examples
from tests.support.vendors.house import TROUBLES, Trouble

_PASSING: tuple[Trouble, ...] = tuple(each for each in TROUBLES if each not in ("change", "forget"))
_CHANGING: tuple[Trouble, ...] = (*TROUBLES, "change", "change", "change")
_DEATHS = st.lists(st.sampled_from([None, None, "before", "after"]), max_size=12)
pytestmark = pytest.mark.slow
each_vendor = pytest.mark.parametrize("vendor", sorted(SCENARIOS))


def _troubles(kinds: tuple[Trouble, ...], least: int = 0) -> st.SearchStrategy[list[Trouble | None]]:
    return st.lists(st.one_of(st.none(), st.sampled_from(kinds)), min_size=least, max_size=30)


async def _read(vendor: str, records: int, troubles: list[Trouble | None], deaths: list[Death | None]) -> None:
    scenario = SCENARIOS[vendor]
    server = scenario.make(records)
    async with server.serving() as base:
        plain = House(server, scenario.table(base))
        await plain.announced(scenario.hooks("there"))
        await plain.until_done()
        expected, pages = await plain.facts(), await plain.pages()
        if scenario.fetch.get("feeds"):
            assert {subject for subject, _ in expected} >= server.everybody()

        tried = House(server, scenario.table(base), deque(deaths))
        await tried.announced(scenario.hooks("there"))
        server.troubles.extend(troubles)
        await tried.until_done()
        server.troubles.clear()
        assert await tried.facts() == expected
        kept = await tried.pages()
        assert kept.total() == pages.total(), "a page is kept twice, or not at all"
        assert sorted(kept.values()) == sorted(pages.values())
        assert await tried.letters() == await plain.letters()


@each_vendor
@given(records=st.integers(1, 11), troubles=_troubles(_PASSING), deaths=_DEATHS)
@settings(max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_was_read_through_failures_and_deaths_is_what_is_read_without(
    vendor: str, records: int, troubles: list[Trouble | None], deaths: list[Death | None]
) -> None:
    asyncio.run(_read(vendor, records, troubles, deaths))


async def _read_while_it_changes(
    vendor: str, records: int, troubles: list[Trouble | None], deaths: list[Death | None]
) -> None:
    scenario = SCENARIOS[vendor]
    server = scenario.make(records)
    async with server.serving() as base:
        tried = House(server, scenario.table(base), deque(deaths))
        await tried.announced(scenario.hooks("there"))
        server.troubles.extend(troubles)
        await tried.until_done()
        server.troubles.clear()
        await tried.time.pause(3600)
        await tried.until_done()
        found = await tried.facts()

        fresh = House(server, scenario.table(base))
        fresh.time.now = tried.time.now
        await fresh.announced(scenario.hooks("there"))
        await fresh.until_done()
        assert not (await fresh.facts()).keys() - found.keys()
        assert {subject for subject, _ in found} >= server.everybody()

        before = await tried.pages()
        await tried.time.pause(3600)
        await tried.until_done()
        assert await tried.pages() == before, "nothing has changed, and something was kept"


@pytest.mark.parametrize("vendor", sorted(set(SCENARIOS) - {"linkedin-plain", "zoom-report"}))
@given(records=st.integers(1, 11), troubles=_troubles(_CHANGING, 8), deaths=_DEATHS)
@settings(max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_of_lists_that_change_while_they_are_read_nothing_is_skipped(
    vendor: str, records: int, troubles: list[Trouble | None], deaths: list[Death | None]
) -> None:
    asyncio.run(_read_while_it_changes(vendor, records, troubles, deaths))
