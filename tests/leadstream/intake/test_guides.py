"""What the pages of the connectors show is a configuration that is taken."""

import re
import tomllib
from pathlib import Path

import pytest

from leadstream.intake.sources import Source, setting_names, sources_of
from tests.leadstream.gateway.ways import SENDING
from tests.support.process import REPOSITORY

PAGES = [*sorted((REPOSITORY / "docs" / "connectors").glob("*.md")), REPOSITORY / "docs" / "gateway.md"]
README = (REPOSITORY / "docs" / "connectors" / "README.md").read_text(encoding="utf-8")


def shown(page: Path) -> dict[str, Source]:
    blocks = re.findall(r"^```toml\n(.*?)^```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    found: dict[str, Source] = {}
    for block in blocks:
        sources, faults = sources_of(tomllib.loads(block)["sources"], lambda reference: reference, b"")
        assert faults == (), [str(fault) for fault in faults]
        found |= sources
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_shows_is_taken_and_its_addresses_are_those_of_its_ways_in(page: Path) -> None:
    text, sources = page.read_text(encoding="utf-8"), shown(page)
    for name, key in re.findall(r"/v1/hooks/([a-z-]+)\?key=([a-z0-9-]+)", text):
        assert key in sources[name].trust.public_keys


def test_every_connector_that_somebody_sends_to_is_shown() -> None:
    assert {source.connector.name for page in PAGES for source in shown(page).values()} == set(SENDING)


def test_the_table_of_settings_names_each_of_them() -> None:
    table = README.partition("## Settings of a way in")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `([a-z_]+)` \|", table, re.MULTILINE) == list(setting_names())
