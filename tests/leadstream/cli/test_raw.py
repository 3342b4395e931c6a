"""Requests as they came, on the command line: listed, shown, translated again."""

import asyncio
import json
import tomllib
from collections import Counter
from dataclasses import replace

import pytest

from events.codec import Codec
from events.topics import LEAD_EVENTS, LEAD_INBOX, RAW
from leadstream.connectors.port import Given, Outcome, Raw
from leadstream.deployment import opened
from leadstream.intake.secrets import read_secret
from leadstream.intake.sources import sources_of
from leadstream.intake.taking import batches, taken
from tests.leadstream.cli.house import House
from tests.leadstream.connectors.signing import SECRET
from tests.support import requests

CONFIG = """
[sources.contact]
connector = "web_form"
public_key = "a-public-key"

[sources.old-form]
connector = "web_form"
public_key = "a-public-key"
"""
FORM = "email=ada%40example.com&submission_id=s1&Firma=Example"
NOBODY = "company=Example"


def form(body: str, *, source: str = "contact", received: str = requests.RECEIVED) -> Raw:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": SECRET}
    raw = requests.request("web_form", body, received=received, headers=headers, path=f"/v1/hooks/{source}")
    return Raw(**{name: getattr(raw, name) for name in Raw.__struct_fields__} | {"endpoint": source})


def breaks(_raw: Raw, _given: Given) -> Outcome:
    """A connector with a fault."""
    raise KeyError("ada@example.com")


def received(house: House, *raws: Raw, with_facts: bool = True, broken: bool = False) -> None:
    """Requests in the log as the gateway puts them there, or as they are when it died in between on Kafka."""
    known, _ = sources_of(tomllib.loads(CONFIG)["sources"], read_secret, house.settings.secret.encode())

    async def appended() -> None:
        async with opened(house.settings) as log:
            for raw in raws:
                source = known[raw.endpoint]
                if broken:
                    source = replace(source, connector=replace(source.connector, translate=breaks))
                records = batches(taken(source, raw, Codec()), house.partitions)
                await log.append({at: many for at, many in records.items() if with_facts or at[0] != LEAD_INBOX})

    asyncio.run(appended())


def ids(house: House, topic: str) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for records in house.records(topic):
        for record in records:
            fact = json.loads(record.value or b"")
            found[fact["source"], fact["id"]] += 1
    return found


@pytest.fixture
def kept(house: House) -> House:
    """A deployment with two requests of forms behind it, one of them about nobody."""
    house.write("leadstream.toml", CONFIG)
    house.run("topics", "create")
    received(house, form(FORM), form(NOBODY, received="2026-03-03T09:30:00Z"))
    return house


def test_requests_are_listed_with_what_is_made_of_them(kept: House) -> None:
    first, second = kept.rows("raw", "list")
    assert (first["source"], first["facts"], first["rejected"]) == ("contact", 2, "")
    assert (first["received_at"], first["method"], first["bytes"]) == ("2026-03-02T09:30:00Z", "POST", len(FORM))
    assert (second["facts"], second["rejected"].partition(":")[0]) == (0, "nobody")
    assert kept.rows("raw", "list", "--since", "2026-03-03") == [second]
    assert kept.rows("raw", "list", "--until", "2026-03-03") == [first]
    assert kept.rows("raw", "list", "--source", "old-form") == []
    assert kept.rows("raw", "list", "--limit", "1") == [second]


def test_a_request_is_shown_as_it_came_without_credentials(kept: House) -> None:
    first, _ = kept.rows("raw", "list")
    (row,) = kept.rows("raw", "show", first["id"])
    assert (row["request"], row["body"]) == ("POST /v1/hooks/contact", FORM)
    assert row["headers"] == "Content-Type: application/x-www-form-urlencoded"
    text = kept.run("raw", "show", first["id"]).stdout
    assert FORM in text
    assert SECRET not in text


def test_what_is_not_there_is_said(kept: House) -> None:
    assert "there is no request 0-999; see: leadstream raw list" in kept.refused("raw", "show", "0-999")
    assert "there is no request 9-0" in kept.refused("raw", "show", "9-0")
    assert "expected an id as 'raw list' shows it" in kept.misused("raw", "show", "first")
    assert "which requests? give IDs, or else --source" in kept.misused("raw", "replay")
    assert "which requests?" in kept.misused("raw", "replay", "0-0", "--all")


def test_replaying_adds_nothing_that_was_decided_and_all_that_is_missing(house: House) -> None:
    house.write("leadstream.toml", CONFIG)
    house.run("topics", "create")
    house.publish_agreement()
    received(house, form(FORM))
    received(house, form(FORM.replace("s1", "s2")), with_facts=False)
    house.decide()
    decided = ids(house, LEAD_EVENTS)
    mine = {at: count for at, count in decided.items() if at[0] == "/connectors/contact"}
    assert len(mine) == 2
    for _ in range(2):
        said = house.run("raw", "replay", "--all").stdout
        assert said == "2 requests translated, 4 facts put into the inboxes\n"
        house.decide()
        after = {at: count for at, count in ids(house, LEAD_EVENTS).items() if at[0] == "/connectors/contact"}
        assert set(mine) < set(after)
        assert (len(after), set(after.values())) == (4, {1})


def test_a_dry_run_says_what_would_be_and_does_nothing(kept: House) -> None:
    before = ids(kept, LEAD_INBOX)
    said = kept.run("raw", "replay", "--all", "--dry-run").stdout
    assert said == (
        "2 requests translated, 2 facts would be put into the inboxes\n"
        "rejected as nobody: 1; leadstream raw list shows where and why\n"
    )
    assert ids(kept, LEAD_INBOX) == before


def test_a_mended_mapping_is_applied_to_what_was_kept(kept: House) -> None:
    first, _ = kept.rows("raw", "list")
    received(kept, form(FORM.replace("s1", "s3")), with_facts=False)
    kept.write(
        "leadstream.toml",
        CONFIG.replace("[sources.old", '[sources.contact.fields]\nFirma = "company.name"\n\n[sources.old'),
    )
    kept.run("raw", "replay", first["id"])
    facts = [json.loads(record.value or b"") for records in kept.records(LEAD_INBOX) for record in records]
    profiles = [fact["data"]["profile"] for fact in facts if fact["type"] == "lead.captured.v1"]
    assert [profile.get("company.name") for profile in profiles] == [None, "Example"]


def test_a_way_in_that_is_configured_no_more_is_named_and_left(kept: House) -> None:
    received(kept, form(FORM, source="old-form"))
    kept.write("leadstream.toml", CONFIG.partition("[sources.old-form]")[0])
    assert [row["rejected"] for row in kept.rows("raw", "list", "--source", "old-form")] == ["not in leadstream.toml"]
    said = kept.refused("raw", "replay", "--source", "old-form")
    assert "left as they are, since leadstream.toml does not have their ways in: 1 of 'old-form'" in said


def test_what_somebody_else_put_into_the_topic_is_no_request(kept: House) -> None:
    kept.append(RAW, 0, b"key", b"\xff nonsense")
    kept.append(RAW, 1, b"key", None)
    assert len(kept.rows("raw", "list")) == 2


def test_a_letter_about_a_request_shows_its_body_and_is_retried_by_translating_it_again(kept: House) -> None:
    (letter,) = kept.rows("dead-letters", "list")
    assert (letter["reason"], letter["where"]) == ("nobody", "raw:contact")
    (row,) = kept.rows("dead-letters", "show", letter["id"])
    assert row["original"] == NOBODY
    before = ids(kept, LEAD_INBOX)
    said = kept.refused("dead-letters", "retry", letter["id"])
    assert f"{letter['id']} cannot be translated still (nobody: names no person" in said
    (tried,) = kept.rows("dead-letters", "list")
    assert tried == {**letter, "tries": 1, "by": "retry", "changed_at": tried["changed_at"]}
    kept.write("leadstream.toml", CONFIG.replace("[sources.old", '[sources.contact.fields]\nx = "y"\n\n[sources.old'))
    assert ids(kept, LEAD_INBOX) == before
    kept.write("leadstream.toml", CONFIG.partition("[sources.contact]")[0])
    assert "which leadstream.toml does not have" in kept.refused("dead-letters", "retry", letter["id"])


def test_a_letter_about_a_field_with_another_name_is_mended_by_the_mapping_and_a_retry(house: House) -> None:
    house.write("leadstream.toml", CONFIG)
    house.run("topics", "create")
    received(house, form("your-email=ada%40example.com&submission_id=s9"))
    (letter,) = house.rows("dead-letters", "list", "--source", "/connectors/contact")
    (row,) = house.rows("dead-letters", "show", letter["id"])
    assert "name the field that holds it under `fields`" in row["hint"]
    assert f"leadstream dead-letters retry {letter['id']}" in row["hint"]
    mapped = '[sources.contact.fields]\nyour-email = "person.email"\n\n[sources.old'
    house.write("leadstream.toml", CONFIG.replace("[sources.old", mapped))
    said = house.run("dead-letters", "retry", letter["id"]).stdout
    assert said == f"{letter['id']} is translated, 2 facts are in the inboxes\n"
    house.decide()
    assert len(house.rows("view", "leads")) == 1
    assert house.rows("dead-letters", "count") == []
    assert house.rows("dead-letters", "count", "--status", "mended") == [
        {"reason": "nobody", "source": "/connectors/contact", "status": "mended", "letters": 1,
         "oldest": letter["kept_at"], "newest": letter["kept_at"]}
    ]  # fmt: skip


def test_a_replay_of_a_request_that_can_be_translated_now_mends_its_letter(house: House) -> None:
    house.write("leadstream.toml", CONFIG)
    house.run("topics", "create")
    received(house, form("your-email=ada%40example.com&submission_id=s9"), form(NOBODY))
    house.run("raw", "replay", "--all")
    assert len(house.rows("dead-letters", "list")) == 2
    mapped = '[sources.contact.fields]\nyour-email = "person.email"\n\n[sources.old'
    house.write("leadstream.toml", CONFIG.replace("[sources.old", mapped))
    assert "1 dead letter would be mended\n" in house.run("raw", "replay", "--all", "--dry-run").stdout
    assert len(house.rows("dead-letters", "list")) == 2
    assert "1 dead letter mended\n" in house.run("raw", "replay", "--all").stdout
    assert "mended" not in house.run("raw", "replay", "--all").stdout
    (mended,) = house.rows("dead-letters", "list", "--status", "mended")
    assert (mended["by"], mended["tries"]) == ("replay", 1)
    assert len(house.rows("dead-letters", "list")) == 1


def test_a_request_that_a_connector_broke_on_is_translated_when_the_connector_is_mended(house: House) -> None:
    house.write("leadstream.toml", CONFIG)
    house.run("topics", "create")
    received(house, form(FORM), broken=True)
    (letter,) = house.rows("dead-letters", "list", "--reason", "fault")
    assert ids(house, LEAD_INBOX) == Counter()
    for _ in range(2):
        said = house.run("dead-letters", "retry", letter["id"]).stdout
        assert said == f"{letter['id']} is translated, 2 facts are in the inboxes\n"
    house.decide()
    mine = [count for (source, _), count in ids(house, LEAD_EVENTS).items() if source == "/connectors/contact"]
    assert mine == [1, 1]
