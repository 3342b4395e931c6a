"""The weekly council on the command line, over the embedded log, from the targets to the page that is handed round."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.drain import drain
from events.codec import Codec
from events.instants import iso
from leadstream.cli.council import EXAMPLES, council
from leadstream.clock import now_us
from leadstream.deployment import opened
from leadstream.settings import Settings
from projections.worker import view_programs
from streams.programs import speaking_programs
from tests.events.examples import EXAMPLES as EXAMPLES_OF_FACTS
from tests.leadstream.cli.house import House, fact, lines

AGREEMENT = """\
agreement: desk
version: 1
effective_from: 2011-01-01T00:00:00Z
pipeline: {currency: EUR, timezone: UTC}
"""
COMMENT = {"measure": "closed_acv", "text": "slipped", "by": "Ines"}
CLOSED = ("--measure", "closed_acv")
BY = ("--by", "Ines")


def ago(days: float) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


def quarter(at: datetime) -> str:
    return f"{at.year}Q{(at.month + 2) // 3}"


@pytest.fixture
def desk(house: House) -> House:
    """A plan of which nothing is reached yet, and an open opportunity."""
    house.publish_agreement(AGREEMENT)
    now = ago(0)
    target = {"quarter": quarter(now), "amount_minor": 100_000, "currency": "EUR"}
    deal = {
        "account": "mill", "name": "Mill", "stage": "discovery", "amount_minor": 40_000, "currency": "EUR",
        "close_date": now.date().isoformat(), "region": "north",
    }  # fmt: skip
    told = [
        fact("target.set", "emea", 1, (now - timedelta(minutes=2)).isoformat(), **target),
        fact("opportunity.opened", "mill", 2, (now - timedelta(minutes=1)).isoformat(), **deal),
    ]
    house.run("publish", "-", given=lines(told))
    return house


def plan(desk: House, *more: str) -> list[dict[str, Any]]:
    due = ago(-3).date().isoformat()
    told = ("--kind", "spiff", "--what", "double points", "--owner", "Radu", "--due", due, *BY)
    return desk.rows("council", "plan", "emea", *CLOSED, *told, *more)


@pytest.mark.parametrize("name", sorted(council.commands))
def test_every_command_says_what_it_does_and_how_it_is_asked(house: House, name: str) -> None:
    said = house.run("council", name, "--help").stdout
    assert f"leadstream council {name} emea" in said
    assert "Command:" not in said


def test_the_examples_are_those_of_the_commands_to_councils() -> None:
    assert set(EXAMPLES) < set(council.commands)


def test_a_council_is_run_from_the_matrix_to_the_page_that_is_handed_round(desk: House) -> None:
    cells = desk.rows("council", "convene", "emea", *BY)
    assert {cell["measure"] for cell in cells} == {"closed_acv", "commit", "most_likely", "best_case"}
    assert {(cell["colour"], cell["amount_minor"], cell["target_minor"]) for cell in cells} == {("red", 0, 100_000)}
    week = cells[0]["week"]

    again = desk.run("council", "convene", "emea", *BY).stdout
    assert f"council emea has met in {week} already; what was frozen then stays" in again

    (said,) = desk.rows("council", "comment", "emea", *CLOSED, *BY, "--text", "two deals slipped")
    assert (said["fact"], said["accepted"]) == ("cell.commented", True)
    assert f"week={week}" in said["says"]
    (planned,) = plan(desk)
    assert "action=1" in planned["says"]
    desk.decide()
    (closed, *_) = desk.rows("council", "show", "emea", "--week", week)
    assert (closed["measure"], closed["comments"], closed["actions_open"]) == ("closed_acv", 1, 1)

    desk.run("council", "finish", "emea", "--action", "1", "--by", "Radu", "--outcome", "three won")
    won = fact("opportunity.closed_won", "mill", 3, ago(0).isoformat())
    desk.run("publish", "-", given=won)
    desk.decide()
    (closed, *_) = desk.rows("council", "show", "emea")
    assert [closed[name] for name in ("amount_minor", "now_amount_minor", "change_minor", "actions_done")] == [
        0, 40_000, 40_000, 1,
    ]  # fmt: skip
    table = desk.run("council", "show", "emea").stdout
    assert "400.00" in table
    assert "1 done" in table

    report = desk.run("council", "report", "emea").stdout
    assert report.startswith(f"Council emea, {week}\n{closed['quarter']}, day ")
    assert "  RED  closed ACV, total: 0.00 of 1,000.00 (0 %); red\n    Ines: two deals slipped\n" in report
    assert "(Radu, due " in report
    assert "done): three won" in report
    page = desk.run("council", "report", "emea", "--format", "html").stdout
    assert page.startswith("<!DOCTYPE html>")
    assert "two deals slipped" in page
    (head,) = desk.rows("council", "show")
    assert (head["council"], head["week"], head["red"], head["comments"], head["actions_open"]) == (
        "emea", week, 4, 1, 0,
    )  # fmt: skip
    assert "fact order" in desk.run("verify", "--redecide").stdout


def test_a_command_that_is_refused_ends_with_reason_and_field(desk: House) -> None:
    said = desk.refused("council", "comment", "emea", *CLOSED, *BY, "--text", "x")
    assert said == "leadstream: refused (never convened): council 'emea' has not met yet (subject)\n"
    desk.run("council", "convene", "emea", *BY)
    said = desk.refused("council", "comment", "emea", *CLOSED, "--region", "west", *BY, "--text", "x")
    assert "refused (unknown cell): closed_acv, region west is no red or yellow cell of" in said
    said = desk.refused("council", "finish", "emea", "--action", "7", *BY)
    assert said == "leadstream: refused (unknown action): 'emea' has no action 7; none is open (data.action)\n"
    refused = desk.ask("council", "finish", "emea", "--action", "7", *BY, "--format", "json")
    (row,) = json.loads(refused.stdout)
    assert (refused.exit_code, row["accepted"], row["reason"]) == (1, False, "unknown action")


def test_the_same_command_again_is_answered_as_the_first_time(desk: House) -> None:
    desk.run("council", "convene", "emea", *BY)
    assert plan(desk, "--id", "one") == plan(desk, "--id", "one")
    assert "action=2" in plan(desk, "--id", "two")[0]["says"]


def test_a_matrix_is_frozen_only_at_an_instant_that_is_final(desk: House) -> None:
    said = desk.refused("council", "convene", "emea", *BY, "--known-at", ago(-1).isoformat())
    assert "is not final: the views are complete to" in said
    assert "leadstream run --until-idle --until TIME" in said


def test_a_past_instant_can_be_frozen_and_one_at_which_nothing_was_known_cannot(desk: House) -> None:
    said = desk.refused("council", "convene", "emea", *BY, "--known-at", ago(3).isoformat())
    assert "refused (wrong matrix): it has no cells; nothing was sold or planned yet (data.cells)" in said


def test_what_a_council_needs_and_takes_is_checked_before_it_is_sent(desk: House) -> None:
    assert "--by" in desk.misused("council", "convene", "emea")
    assert "--quarter" in desk.misused("council", "convene", "emea", *BY, "--quarter", "2026")
    assert "owner" in desk.misused("council", "convene", "emea", *BY, "--cut", "owner")
    assert "COUNCIL" in desk.misused("council", "convene", "", *BY)
    assert "spiff" in desk.misused("council", "plan", "emea", *CLOSED, "--kind", "party")
    due = ("--kind", "spiff", "--what", "x", "--owner", "x", "--due", "soon")
    assert "due" in desk.misused("council", "plan", "emea", *CLOSED, *BY, *due)


def test_a_council_that_has_not_met_or_is_not_in_the_views_yet_says_so(desk: House) -> None:
    assert "council 'apac' has not met" in desk.refused("council", "report", "apac")
    assert "council 'apac' has not met" in desk.refused("council", "show", "apac")
    desk.run("council", "convene", "emea", *BY)
    assert "which the views have not come to yet" in desk.refused("council", "show", "emea")
    desk.run("run", "--until-idle")
    assert "closed_acv" in desk.run("council", "show", "emea").stdout
    assert "did not meet in 1999-W01" in desk.refused("council", "show", "emea", "--week", "1999-W01")
    assert "council 'emea' did not meet in 1999-W01; it met in 20" in desk.refused(
        "council", "report", "emea", "--week", "1999-W01"
    )


def test_nobody_publishes_a_matrix_of_their_own_and_other_commands_are_decided_with_the_rest(desk: House) -> None:
    matrix = Codec().encode(EXAMPLES_OF_FACTS["council.convene.v1"])
    result = desk.ask("publish", "-", given=matrix)
    assert result.exit_code == 1
    assert "council.convene.v1 is a command; send it with: leadstream council convene" in result.stderr
    desk.run("council", "convene", "emea", *BY)
    desk.run("publish", "-", given=fact("cell.comment", "emea", 9, ago(0).isoformat(), **COMMENT))
    desk.decide()
    assert [row["text"] for row in desk.rows("view", "council-comments")] == ["slipped"]


def test_the_report_of_a_past_instant_is_written_again_as_it_was(desk: House) -> None:
    early = iso(now_us())
    desk.run("council", "convene", "emea", *BY)
    plan(desk)
    desk.decide("--until", iso(now_us()))
    then = ("council", "report", "emea", "--known-at", iso(now_us()))
    forms = ("text", "html", "json")
    written = [desk.run(*then, "--format", form).stdout for form in forms]
    assert "comments and actions as known at" in written[0]
    desk.run("council", "comment", "emea", *CLOSED, *BY, "--text", "slipped")
    desk.run("council", "finish", "emea", "--action", "1", *BY)
    assert [desk.run(*then, "--format", form).stdout for form in forms] == written
    found = json.loads(written[2])
    assert [(row["action"], row["state"]) for row in found["open_actions"]] == [(1, "open")]
    assert "open_actions" in (now := json.loads(desk.run("council", "report", "emea", "--format", "json").stdout))
    assert (now["open_actions"], now["watched"][0]["comments"][0]["text"]) == ([], "slipped")
    week = found["meeting"]["week"]
    for option in ("--known-at", "--as-of"):
        said = desk.refused("council", "report", "emea", option, early)
        assert said == f"leadstream: council 'emea' had not met then; it met in {week}\n"


def test_an_answer_as_known_then_says_what_may_still_change_it(desk: House) -> None:
    desk.decide()
    asked = now_us()
    data = {"account": "acme", "opportunity": "crm-9", "amount_minor": 70_000, "currency": "EUR"}
    desk.run("publish", "-", given=fact("lead.converted", "anna", 7, ago(0).isoformat(), **data))
    passed = asyncio.run(leads_last(desk.settings))
    questions = (("view", "matrix"), ("council", "show"))
    for question in questions:
        assert desk.run(*question, "--known-at", iso(asked)).stderr == ""
        said = desk.run(*question, "--known-at", iso(passed - 1)).stderr
        assert "not final yet, what comes of this may change it: deals-" in said
        assert "has not come to 1 record of opportunity-inbox-" in said
    desk.decide()
    for question in questions:
        assert desk.run(*question, "--known-at", iso(passed - 1)).stderr == ""


async def leads_last(settings: Settings) -> int:
    """Leads decide what all others have let time pass by; up to when."""
    async with opened(settings) as log:
        until = now_us()
        others_and_leads = speaking_programs(log, settings.partitions, now_us).all
        for program in (*others_and_leads, *view_programs(log, settings.partitions)):
            await drain(log, program, until=until)
    return until
