import sqlite3

import pytest

from engine.partitioning import partition_of
from engine.state import pack, unpack
from events.topics import LEAD_EVENTS, LEAD_STATE
from tests.leadstream.cli.house import House


@pytest.fixture
def decided(house: House) -> House:
    house.publish_agreement()
    house.import_history()
    house.decide()
    return house


def counts(house: House, code: int) -> dict[str, tuple[int, int]]:
    result = house.ask("verify", "--format", "csv")
    assert result.exit_code == code, result.output
    rows = [line.split(",") for line in result.stdout.splitlines()[1:]]
    return {what: (int(compared), int(differ)) for what, compared, differ in rows}


def test_a_run_leaves_everything_equal_to_the_fold_of_its_log(decided: House) -> None:
    found = counts(decided, 0)
    assert found["lead states"] == found["lead deadlines"] == (2, 0)
    assert all(compared > 0 and differ == 0 for compared, differ in found.values())


def state(house: House, lead: bytes) -> bytes:
    records = house.records(LEAD_STATE)[partition_of(lead, house.partitions)]
    value = [record.value for record in records if record.key == lead][-1]
    assert value is not None
    return value


def forge(house: House, lead: bytes, value: bytes | None) -> None:
    house.append(LEAD_STATE, partition_of(lead, house.partitions), lead, value)


def test_another_leads_state_is_found_and_the_lead_is_named(decided: House) -> None:
    wake, _ = unpack(state(decided, b"ann"))
    _, foreign = unpack(state(decided, b"bob"))
    forge(decided, b"ann", pack(wake, foreign))
    said = decided.refused("verify")
    assert "lead ann (partition" in said
    assert "state is not the fold of its facts" in said
    assert "lead bob" not in said
    assert counts(decided, 1)["lead states"] == (2, 1)


@pytest.mark.parametrize("forged", [b"", b"\xc1", b"12345678 no state at all"])
def test_bytes_that_are_no_state_are_found_and_the_lead_is_named(decided: House, forged: bytes) -> None:
    forge(decided, b"ann", forged)
    said = decided.refused("verify")
    assert "lead ann (partition" in said
    assert "state is not the fold of its facts" in said


def test_a_deadline_that_would_be_missed_is_found(decided: House) -> None:
    wake, raw = unpack(state(decided, b"ann"))
    assert wake is not None
    forge(decided, b"ann", pack(wake + 1, raw))
    assert f"lead ann (partition {partition_of(b'ann', 2)}): wakes at {wake + 1}, should at {wake}" in decided.refused(
        "verify"
    )


def test_a_state_that_is_gone_and_one_without_facts_are_found(decided: House) -> None:
    kept = state(decided, b"bob")
    forge(decided, b"bob", None)
    forge(decided, b"eve", kept)
    said = decided.refused("verify")
    assert ": no state" in next(line for line in said.splitlines() if "lead bob" in line)
    assert ": no facts" in next(line for line in said.splitlines() if "lead eve" in line)


def test_a_changed_table_row_is_found(decided: House) -> None:
    with sqlite3.connect(decided.data / "views.db") as tables:
        assert tables.execute("UPDATE leads_base SET source = 'forged' WHERE lead = 'ann'").rowcount == 1
    tables.close()
    said = decided.refused("verify")
    assert "table leads_base" in said
    assert "forged" in said


def test_the_facts_themselves_are_those_that_the_inboxes_give(decided: House) -> None:
    result = decided.ask("verify", "--redecide", "--format", "csv")
    assert result.exit_code == 0, result.output
    assert "leads decided anew,2,0" in result.stdout.splitlines()


def test_a_fact_that_nothing_in_the_inboxes_gives_is_found_and_said_what_may_be_the_cause(decided: House) -> None:
    place = partition_of(b"ann", decided.partitions)
    last = [record.value for record in decided.records(LEAD_EVENTS)[place] if record.key == b"ann"][-1]
    decided.append(LEAD_EVENTS, place, b"ann", last)
    said = decided.refused("verify", "--redecide")
    assert "lead ann (partition" in said
    assert "decided anew its facts are others" in said
    assert "where only runs have decided" in said
