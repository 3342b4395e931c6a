"""`leadstream fetch`: what it says where nothing can be fetched."""

import pytest

from tests.leadstream.cli.house import House

ZOOM = """
[sources.webinars]
connector = "zoom"
secret = "env:ZOOM_SECRET"
"""
FETCH = """
[sources.webinars.fetch]
account = "our-account"
client_id = "our-app"
client_secret = "env:ZOOM_CLIENT_SECRET"
feeds = ["zoom_registrants:1"]
"""


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOOM_SECRET", "s3cret")
    monkeypatch.setenv("ZOOM_CLIENT_SECRET", "s3cret too")


def test_without_anything_to_fetch_the_table_to_write_is_named(house: House) -> None:
    house.write("leadstream.toml", ZOOM)
    assert "leadstream.toml has no [sources.NAME.fetch]" in house.refused("fetch", "--once")


def test_a_way_in_that_is_named_has_to_be_one_that_fetches(house: House) -> None:
    house.write("leadstream.toml", ZOOM + FETCH)
    assert "leadstream.toml has no [sources.contact.fetch]" in house.misused("fetch", "--once", "--source", "contact")


def test_wrong_settings_end_the_command_before_anything_is_asked(house: House) -> None:
    house.write("leadstream.toml", ZOOM + FETCH.replace("zoom_registrants:1", "registrants:1"))
    assert "[sources.webinars] fetch.feeds: expected KIND:ID" in house.refused("fetch", "--once")


def test_how_many_lists_are_watched_is_shown(house: House) -> None:
    house.write("leadstream.toml", """
[sources.outlook]
connector = "microsoft_graph"
secret = "env:ZOOM_SECRET"

[sources.outlook.fetch]
account = "contoso"
client_id = "our-app"
client_secret = "env:ZOOM_CLIENT_SECRET"
feeds = ["graph_changes:users/ada@example.com/contacts", "graph_changes:users/bob@example.com/contacts"]
address = "https://leads.example.com/v1/hooks/outlook"
""")  # fmt: skip
    (row,) = house.rows("connectors", "check")
    assert row["fetches"] == "what is announced, 2 lists (2 watched)"


@pytest.mark.parametrize(
    ("table", "shown"), [("", "not set up"), (FETCH, "what is announced, 1 list")], ids=["without", "with"]
)
def test_whether_a_way_in_fetches_is_shown(house: House, table: str, shown: str) -> None:
    house.write("leadstream.toml", ZOOM + table)
    (row,) = house.rows("connectors", "check")
    assert row["fetches"] == shown
    assert "s3cret" not in house.run("connectors", "check").output
