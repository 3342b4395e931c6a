"""Commands to leads on the command line: asked, decided, answered."""

import json

import pytest

from events.registry import LEAD_COMMANDS
from leadstream.cli.command import EXAMPLES, command_group
from tests.leadstream.cli.house import AGREEMENT, House, fact, lines

ASKING = (
    AGREEMENT + "qualified_lead: {required_fields: [company.name]}\nconversion: {required_fields: [person.email]}\n"
)
ANN = fact("lead.captured", "ann", 1, "2012-01-01T00:00:00Z", profile={"company.name": "Acme"})
NOBODY_YET = fact("lead.captured", "bob", 2, "2012-01-01T00:00:00Z")


@pytest.fixture
def desk(house: House) -> House:
    """Two leads whose facts nobody has decided yet."""
    house.publish_agreement(ASKING)
    house.run("publish", "-", given=lines([ANN, NOBODY_YET]))
    return house


def test_every_command_to_a_lead_can_be_asked_and_shows_an_example() -> None:
    assert len(command_group.commands) == len(LEAD_COMMANDS)
    assert set(EXAMPLES) == set(command_group.commands)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_help_of_a_command_says_what_it_does_and_how_it_is_asked(house: House, name: str) -> None:
    said = house.run("command", name, "--help").stdout
    assert f"Example: leadstream command {name} 173688 --by" in said
    assert "Command:" not in said


def test_a_command_is_decided_at_once_where_no_worker_is_and_says_what_followed(desk: House) -> None:
    said = desk.run("command", "accept", "ann", "--by", "Ines").stdout
    assert "lead.accepted" in said
    assert "by=Ines cycle=1" in said
    assert "lead.accepted" in [row["fact"] for row in desk.rows("lead", "ann")]


def test_a_refused_command_ends_with_its_reason_and_what_is_missing(desk: House) -> None:
    said = desk.refused("command", "accept", "bob", "--by", "Ines")
    assert said == "leadstream: refused (not with sales): marketing has it: it is not qualified\n"
    assert "unknown lead" in desk.refused("command", "accept", "nobody", "--by", "Ines")


def test_the_answer_can_be_read_by_programs(desk: House) -> None:
    (refused,) = json.loads(desk.ask("command", "convert", "ann", "--by", "Ines", "--format", "json").stdout)
    assert (refused["accepted"], refused["missing"]) == (False, "person.email present")
    facts = desk.rows("command", "reject", "ann", "--by", "Ines", "--reason", "wrong number")
    assert [row["fact"] for row in facts] == ["lead.rejected", "lead.recycled"]
    assert all(row["accepted"] for row in facts)


def test_the_same_command_again_is_answered_as_the_first_time(desk: House) -> None:
    first, second = [desk.rows("command", "accept", "ann", "--by", "Ines", "--id", "one") for _ in range(2)]
    assert first == second
    assert "already accepted" in desk.refused("command", "accept", "ann", "--by", "Ines", "--id", "two")


def test_what_a_command_needs_and_takes_is_checked_before_it_is_sent(desk: House) -> None:
    assert "--by" in desk.misused("command", "accept", "ann")
    assert "--amount-minor" in desk.misused("command", "convert", "ann", "--by", "I", "--amount-minor", "-5")
    assert "LEAD" in desk.misused("command", "accept", "", "--by", "Ines")
    assert desk.records("answers") == [[]] or len(desk.records("answers")[0]) == 1


def test_a_command_published_as_a_record_is_decided_with_the_rest(desk: House) -> None:
    desk.run("publish", "-", given=fact("lead.accept", "ann", 9, "2012-01-01T00:05:00Z", by="Ines"))
    desk.decide()
    assert "lead.accepted" in [row["fact"] for row in desk.rows("lead", "ann")]
