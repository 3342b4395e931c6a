"""What the pages of the connectors show is a configuration that is taken."""

import re
import tomllib
from pathlib import Path

import pytest

from leadstream.connectors.registry import CONNECTORS
from leadstream.fetching.configured import fetch_names
from leadstream.fetching.vendors.registry import VENDORS
from leadstream.intake.sources import Source, setting_names, sources_of
from tests.leadstream.gateway.ways import SENDING
from tests.support.process import REPOSITORY

PAGES = [*sorted((REPOSITORY / "docs" / "connectors").glob("*.md")), REPOSITORY / "docs" / "gateway.md"]
README = (REPOSITORY / "docs" / "connectors" / "README.md").read_text(encoding="utf-8")


def shown(page: Path) -> dict[str, Source]:
    blocks = re.findall(r"^```toml\n(.*?)^```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    tables = tomllib.loads("\n".join(blocks)).get("sources", {})
    found, faults = sources_of(tables, lambda reference: reference, b"")
    assert faults == (), [str(fault) for fault in faults]
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_shows_is_taken_and_its_addresses_are_those_of_its_ways_in(page: Path) -> None:
    text, sources = page.read_text(encoding="utf-8"), shown(page)
    for name, key in re.findall(r"/v1/hooks/([a-z-]+)\?key=([a-z0-9-]+)", text):
        assert key in sources[name].trust.public_keys


def test_every_connector_that_somebody_sends_to_is_shown() -> None:
    assert {source.connector.name for page in PAGES for source in shown(page).values()} == set(SENDING)


@pytest.mark.parametrize("page", [page for page in PAGES if page.parent.name == "connectors" and page.stem != "README"],
                         ids=lambda page: page.stem)  # fmt: skip
def test_each_page_says_how_to_set_it_up_what_becomes_what_who_may_send_what_is_a_test_and_what_is_the_same(
    page: Path,
) -> None:
    text = page.read_text(encoding="utf-8")
    for part in ("**Set it up.**", "**Verification.**", "**Tests.**", "**Natural key**"):
        assert part in text, part
    assert re.search(r"^\| .* \| becomes \|$", text, re.MULTILINE), "a table of what becomes what"


def test_each_connector_has_a_page() -> None:
    pages = " ".join(page.read_text(encoding="utf-8") for page in PAGES if page.stem != "README")
    assert [name for name in CONNECTORS if not re.search(rf"[`\"]{name}[`\":]", pages)] == []


def test_the_table_of_settings_names_each_of_them() -> None:
    for title, names in (
        ("Settings of a way in", setting_names()),
        ("What is only announced is fetched", fetch_names()),
    ):
        table = README.partition(f"## {title}")[2].partition("\n## ")[0]
        assert re.findall(r"^\| `([a-z_]+)` \|", table, re.MULTILINE) == list(names)


def test_every_vendor_that_can_be_fetched_from_is_shown_with_its_lists() -> None:
    fetches = [source.fetch for page in PAGES for source in shown(page).values() if source.fetch is not None]
    assert {fetch.vendor.name for fetch in fetches} == VENDORS.keys()
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    for vendor in VENDORS.values():
        for translator in vendor.translators:
            assert f"`{translator}`" in text
