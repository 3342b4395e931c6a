import json

import pytest

from engine.partitioning import partition_of
from engine.recordtime import TIME_HEADER
from events.topics import DEAD_LETTERS, LEAD_INBOX, OPPORTUNITY_INBOX
from tests.leadstream.cli.house import House, fact

BROKEN = b'{"specversion": "1.0", \xff broken'


def letters(house: House) -> list[dict[str, object]]:
    return house.rows("dead-letters", "list")


@pytest.fixture
def received(house: House) -> House:
    """A deployment that has an undecodable record behind it."""
    house.run("topics", "create")
    house.append(LEAD_INBOX, partition_of(b"ann", house.partitions), b"ann", BROKEN)
    house.decide()
    return house


def test_an_undecodable_record_is_listed_with_its_reason_and_origin(received: House) -> None:
    (letter,) = letters(received)
    partition = partition_of(b"ann", received.partitions)
    assert letter["id"] == f"{partition}-0"
    assert letter["reason"] == "not_json"
    assert letter["where"] == "lead-inbox:0"
    assert letter["key"] == "ann"
    assert letter["bytes"] == len(BROKEN)


def test_the_original_bytes_are_shown(received: House) -> None:
    (letter,) = letters(received)
    (row,) = received.rows("dead-letters", "show", str(letter["id"]))
    assert row["original"] == BROKEN.decode(errors="backslashreplace")
    assert BROKEN.decode(errors="backslashreplace") in received.run("dead-letters", "show", str(letter["id"])).stdout
    assert [record.value for records in received.records(DEAD_LETTERS) for record in records] == [BROKEN]


def test_a_retried_record_is_the_one_that_came_in_with_its_time(received: House) -> None:
    (letter,) = letters(received)
    received.run("dead-letters", "retry", str(letter["id"]))
    first, again = received.records(LEAD_INBOX)[partition_of(b"ann", received.partitions)]
    assert (again.key, again.value) == (first.key, first.value)
    assert dict(again.headers) == {TIME_HEADER: b"%d" % first.timestamp, "dlq.retried": str(letter["id"]).encode()}


def test_what_is_retried_and_fails_again_is_a_dead_letter_again(received: House) -> None:
    (first,) = letters(received)
    said = received.run("dead-letters", "retry", str(first["id"])).stdout
    assert said == f"{first['id']} is back in lead-inbox\n"
    assert letters(received) == [first]
    received.decide()
    (again,) = letters(received)
    assert (again["reason"], again["where"], again["tries"]) == ("not_json", "lead-inbox:1", 0)
    (before,) = received.rows("dead-letters", "list", "--status", "superseded")
    assert before == {
        **first, "status": "superseded", "tries": 1, "changed_at": again["kept_at"], "by": again["id"],
    }  # fmt: skip
    assert received.rows("dead-letters", "list", "--status", "all") == [before, again]
    (shown,) = received.rows("dead-letters", "show", str(first["id"]))
    assert shown["hint"] == f"its record was refused again; see: leadstream dead-letters show {again['id']}"
    assert received.rows("dead-letters", "list", "--status", "mended") == []
    assert received.run("dead-letters", "list", "--status", "mended").stdout == "no dead letters are mended\n"


ADDED = fact("opportunity.product_added", "o-1", 2, "2026-03-02T10:00:00Z", line="l", product="p", amount_minor=1)
REMOVED = fact("opportunity.product_removed", "o-1", 3, "2026-03-02T11:00:00Z", line="l")
OPENED = fact(
    "opportunity.opened", "o-1", 1, "2026-03-02T09:00:00Z", account="a", name="n", stage="s", currency="EUR",
    amount_minor=1,
)  # fmt: skip


def test_a_record_that_is_taken_when_it_is_put_back_mends_its_letter(house: House) -> None:
    place = partition_of(b"o-1", house.partitions)
    house.run("topics", "create")
    for line in (OPENED, REMOVED):
        house.append(OPPORTUNITY_INBOX, place, b"o-1", line)
    house.decide()
    (letter,) = letters(house)
    assert (letter["status"], letter["tries"], letter["by"]) == ("open", 0, "")
    house.append(OPPORTUNITY_INBOX, place, b"o-1", ADDED)
    house.decide()
    house.run("dead-letters", "retry", str(letter["id"]))
    assert letters(house) == [letter], "nothing is mended before it is decided"
    house.decide()
    assert letters(house) == []
    (mended,) = house.rows("dead-letters", "list", "--status", "mended")
    assert mended == {**letter, "status": "mended", "tries": 1, "by": "deals", "changed_at": mended["changed_at"]}
    assert str(mended["changed_at"]) > str(letter["kept_at"])
    (shown,) = house.rows("dead-letters", "show", str(letter["id"]))
    assert shown["hint"] == "nothing is to be done: it was mended by deals"
    house.run("dead-letters", "retry", str(letter["id"]))
    house.decide()
    (twice,) = house.rows("dead-letters", "list", "--status", "all")
    assert twice == {**mended, "tries": 2}, "it was a duplicate, and stays mended since then"
    assert [(row["status"], row["letters"]) for row in house.rows("dead-letters", "count", "--status", "all")] == [
        ("mended", 1)
    ]
    assert house.rows("dead-letters", "count") == []


def test_only_the_reason_asked_for_is_listed_and_at_most_so_many(received: House) -> None:
    received.append(LEAD_INBOX, 0, b"eve", b'{"specversion":"1.0","type":"lead.unheard_of.v1"}')
    received.decide()
    assert len(letters(received)) == 2
    (unknown,) = received.rows("dead-letters", "list", "--reason", "unknown_type")
    assert unknown["field"] == "type"
    assert received.rows("dead-letters", "list", "--limit", "1") == [unknown]


def test_letters_are_counted_by_reason_and_source_the_most_first(received: House) -> None:
    unheard = b'{"specversion":"1.0","type":"lead.unheard_of.v1","source":"/crm"}'
    for key in (b"eve", b"bob"):
        received.append(LEAD_INBOX, 0, key, unheard)
    received.decide()
    rows = received.rows("dead-letters", "count")
    assert [(row["reason"], row["source"], row["letters"]) for row in rows] == [
        ("unknown_type", "/crm", 2),
        ("not_json", "lead-inbox", 1),
    ]
    kept = sorted(letter["kept_at"] for letter in letters(received) if letter["reason"] == "unknown_type")
    assert [rows[0]["oldest"], rows[0]["newest"]] == kept
    (only,) = received.rows("dead-letters", "count", "--reason", "not_json")
    assert only == rows[1]
    assert received.rows("dead-letters", "count", "--source", "/nobody") == []
    assert len(received.rows("dead-letters", "list", "--source", "/crm")) == 2


def test_a_letter_says_what_can_be_done_about_it(received: House) -> None:
    (letter,) = letters(received)
    (row,) = received.rows("dead-letters", "show", str(letter["id"]))
    assert "send it again as it should be, under the same id" in str(row["hint"])
    assert f"leadstream dead-letters retry {letter['id']}" in str(row["hint"])


@pytest.mark.parametrize("verb", ["show", "retry"])
@pytest.mark.parametrize("letter", ["0-999", "77-0"])
def test_a_letter_that_is_not_there_is_refused(received: House, verb: str, letter: str) -> None:
    said = received.refused("dead-letters", verb, letter)
    assert said == f"leadstream: there is no dead letter {letter}; see: leadstream dead-letters list\n"


def test_each_letter_is_tried_and_answered_though_one_before_it_failed(received: House) -> None:
    (letter,) = letters(received)
    result = received.ask("dead-letters", "retry", "0-999", str(letter["id"]), "77-0")
    assert result.exit_code == 1
    assert result.stdout == f"{letter['id']} is back in lead-inbox\n"
    assert result.stderr.splitlines() == [
        f"leadstream: there is no dead letter {missing}; see: leadstream dead-letters list"
        for missing in ("0-999", "77-0")
    ]
    assert len(received.records(LEAD_INBOX)[partition_of(b"ann", received.partitions)]) == 2


def test_what_became_of_each_letter_is_told_to_programs_too(received: House) -> None:
    (letter,) = letters(received)
    result = received.ask("dead-letters", "retry", "0-999", str(letter["id"]), "--format", "json")
    assert result.exit_code == 1
    assert [(row["id"], row["outcome"]) for row in json.loads(result.stdout)] == [
        ("0-999", "failed"),
        (letter["id"], "retried"),
    ]
    (row,) = received.rows("dead-letters", "retry", str(letter["id"]))
    assert row["detail"] == f"{letter['id']} is back in lead-inbox"


def test_an_id_that_is_none_among_those_to_be_retried_is_wrong_use_before_any_is_tried(received: House) -> None:
    (letter,) = letters(received)
    assert "such as 2-17" in received.misused("dead-letters", "retry", str(letter["id"]), "x")
    assert len(received.records(LEAD_INBOX)[partition_of(b"ann", received.partitions)]) == 1


@pytest.mark.parametrize("letter", ["x", "1", "1-", "--1-2", "1-x"])
def test_what_is_no_id_is_wrong_use(received: House, letter: str) -> None:
    assert "such as 2-17" in received.misused("dead-letters", "show", "--", letter)


def test_a_row_of_a_file_is_not_retried_without_its_mapping(told: House) -> None:
    (letter, *_) = letters(told)
    said = told.refused("dead-letters", "retry", str(letter["id"]))
    assert "name the mended mapping with --mapping, or mend the row and import again" in said
