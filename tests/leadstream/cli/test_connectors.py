"""`leadstream connectors`: what there is, and whether the configured ways in are right."""

import pytest

from leadstream.connectors.registry import CONNECTORS
from tests.leadstream.cli.house import House

RIGHT = """
[sources.contact]
connector = "web_form"
public_key = "a-public-key"

[sources.webinars]
connector = "zoom"
secret = "env:ZOOM_SECRET"
zone = "Europe/Bucharest"
"""


def test_every_connector_is_listed_with_the_ways_in_that_use_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOOM_SECRET", "s3cret")
    house.write("leadstream.toml", RIGHT)
    rows = {row["connector"]: row for row in house.rows("connectors", "list")}
    assert rows.keys() == CONNECTORS.keys()
    assert (rows["zoom"]["sources"], rows["zoom"]["answered_within_s"]) == ("webinars", 3.0)
    assert (rows["web_form"]["sources"], rows["mailchimp"]["sources"]) == ("contact", "")
    assert rows["zoominfo"]["methods"] == "fetched only"


def test_right_ways_in_are_shown_with_their_addresses(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOOM_SECRET", "s3cret")
    house.write("leadstream.toml", RIGHT)
    assert house.rows("connectors", "check") == [
        {
            "source": "contact", "connector": "web_form", "path": "/v1/hooks/contact", "keys": 1, "zone": "UTC",
            "fetches": None, "state": "ok",
        },
        {
            "source": "webinars", "connector": "zoom", "path": "/v1/hooks/webinars", "keys": 1,
            "zone": "Europe/Bucharest", "fetches": "not set up", "state": "ok",
        },
    ]  # fmt: skip
    assert "s3cret" not in house.run("connectors", "check").output


def test_every_wrong_way_in_is_named_and_the_command_ends_with_1(house: House) -> None:
    house.write("leadstream.toml", RIGHT + '\n[sources.calls]\nconnector = "callrail"\nsecret = "s3cret"\n')
    said = house.ask("connectors", "check")
    assert said.exit_code == 1
    assert "secret: the environment variable ZOOM_SECRET is not set, or empty" in said.stdout
    assert "a secret itself does not stand in the configuration" in said.stdout
    assert said.stderr.splitlines()[-1] == "leadstream: leadstream.toml: 2 of 3 ways in are not right"
    assert "s3cret" not in said.output


def test_without_ways_in_the_file_to_write_them_to_is_named(house: House) -> None:
    assert house.run("connectors", "check").stdout == "no ways in; leadstream.toml has no [sources.NAME]\n"


def test_a_gateway_does_not_start_on_a_wrong_way_in(house: House) -> None:
    house.write("leadstream.toml", RIGHT)
    assert "leadstream.toml: [sources.webinars] secret: the environment variable" in house.refused("gateway")


@pytest.mark.parametrize("content", ["sources = 3\n", 'sources = ["a"]\n'])
def test_sources_are_tables(house: House, content: str) -> None:
    house.write("leadstream.toml", content)
    assert "leadstream.toml: sources: expected tables such as [sources.contact-form]" in house.misused("view", "funnel")


def test_other_commands_do_not_mind_the_ways_in(house: House) -> None:
    house.write("leadstream.toml", f"partitions = 2\n{RIGHT}")
    house.run("topics", "create")
