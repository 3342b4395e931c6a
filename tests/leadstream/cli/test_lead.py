import csv
import io
import json
from typing import Any

import pytest

from tests.leadstream.cli.house import AGREEMENT, House, fact


def test_the_timeline_is_the_facts_with_both_times_in_order(told: House) -> None:
    rows = told.rows("lead", "ann")
    assert [row["sequence"] for row in rows] == list(range(1, len(rows) + 1))
    happened = [(row["fact"], row["occurred_at"]) for row in rows]
    assert happened[0] == ("lead.captured", "2012-01-01T00:00:00Z")
    assert ("lead.touched", "2012-01-01T03:00:00Z") in happened
    assert happened[-1] == ("sla.breached", "2012-01-02T00:00:00Z")
    assert [row["recorded_at"] for row in rows] == sorted(row["recorded_at"] for row in rows)
    assert all(not isinstance(value, dict | list) for row in rows for value in row.values())


def test_csv_is_the_same_timeline(told: House) -> None:
    rows = csv.DictReader(io.StringIO(told.run("lead", "ann", "--format", "csv").stdout))
    assert [row["fact"] for row in rows] == [row["fact"] for row in told.rows("lead", "ann")]


def test_the_story_tells_facts_clocks_and_the_reasons_of_the_score(told: House) -> None:
    story = told.run("lead", "ann").stdout
    assert story.startswith("lead ann\ncaptured: 2012-01-01 00:00:00  source: web  agreement: desk  times in: UTC\n")
    timeline, _, rest = story.partition("\nclocks\n")
    assert "asset=pricing" in timeline
    clocks, _, score = rest.partition("\nscore ")
    clock = next(line for line in clocks.splitlines() if "first_response" in line)
    assert "breached" in clock
    assert "2012-01-02 00:00:00" in clock
    assert "reach out" in clock
    assert score.startswith("20 (fit 0, engagement 20, grade ")
    assert "by desk version 1" in score
    assert any(line.split()[:1] == ["20"] for line in score.splitlines())


def test_a_story_by_what_was_known_ends_with_what_was_recorded_by_then(told: House) -> None:
    story = json.loads(told.run("lead", "ann", "--format", "json").stdout)
    recorded = [fact["recorded_at"] for fact in story["facts"]]
    cut = recorded[len(recorded) // 2]
    then = json.loads(told.run("lead", "ann", "--known-at", cut, "--format", "json").stdout)
    assert then["facts"] == [fact for fact in story["facts"] if fact["recorded_at"] <= cut]
    said = told.refused("lead", "ann", "--known-at", "1999-01-01")
    assert said == "leadstream: nothing was known of lead 'ann' then; its first fact was recorded later\n"


def test_the_score_can_be_asked_as_of_an_earlier_instant(told: House) -> None:
    for option in ("--as-of", "--at"):
        before = told.run("lead", "ann", option, "2012-01-01T02:59:59Z").stdout.partition("\nscore ")[2]
        assert before.startswith("0 (fit 0, engagement 0, grade C2) at 2012-01-01 02:59:59, by desk version 1")
    assert "\nscore" not in told.run("lead", "ann", "--as-of", "2011-12-31").stdout


def test_a_lead_answered_in_time_shows_a_met_clock(told: House) -> None:
    clocks = told.run("lead", "bob").stdout.partition("\nclocks\n")[2]
    assert " met " in clocks
    assert "breached" not in clocks


def test_a_lead_nobody_told_of_is_refused_with_a_hint(told: House) -> None:
    said = told.refused("lead", "nobody")
    assert "no facts about lead 'nobody'" in said
    assert "run --until-idle" in said


def test_without_an_agreement_a_lead_has_no_clock_and_no_score(house: House) -> None:
    house.import_history()
    house.decide()
    story = house.run("lead", "ann").stdout
    assert "agreement: none matches" in story
    assert "clocks" not in story
    assert "score " not in story
    assert {row["stage"] for row in house.rows("view", "funnel")} == {"captured", "converted"}


def test_the_story_says_what_is_to_be_done_next_in_the_zone_of_whoever_asks(told: House) -> None:
    story = told.run("lead", "ann", "--zone", "Europe/Bucharest").stdout
    (action,) = [line for line in story.splitlines() if line.startswith("next: ")]
    assert action.startswith("next: reach out now, ")
    assert action.endswith(" days late (first response) [sales]")
    assert "next: " not in told.run("lead", "bob").stdout, "it was answered"
    assert "next: " not in told.run("lead", "ann", "--as-of", "2012-01-01T12:00:00Z").stdout, "that day is over"


def test_a_zone_there_is_not_is_wrong_use(told: House) -> None:
    assert "expected a time zone such as Europe/Bucharest" in told.misused("lead", "ann", "--zone", "Mars/Olympus")


FULL = AGREEMENT.replace(
    "within: 24h}",
    """within: 24h}
  effort: {starts_on: handed_over, needs: [{channel: call, count: 3}, {channel: email, count: 1}], within: 14d}
identity: {merge_on: [email]}
qualified_lead: {required_fields: [company.name]}
conversion: {required_fields: [person.email]}
routing:
  territories: [{when: {field: company.country, equals: RO}, owner: Radu}]
  fallback: {pool: all}
  pools: {all: {members: [{name: Ines}]}}""",
)
PROFILE = {
    "person.name": "Ann Pop",
    "person.email": "ann@acme.example",
    "company.name": "Acme",
    "company.country": "RO",
}
EVERYTHING = (
    fact("lead.captured", "ann", 1, "2012-01-01T00:00:00Z", source="web", profile=PROFILE),
    fact("lead.captured", "twin", 2, "2012-01-01T01:00:00Z", source="fair", profile=PROFILE),
    fact("lead.touched", "ann", 3, "2012-01-01T02:00:00Z", channel="website", kind="visited", direction="inbound",
         asset="pricing"),
    fact("lead.consent_changed", "ann", 4, "2012-01-01T02:30:00Z", purpose="newsletter", basis="consent", granted=True,
         source="the form"),
    fact("lead.touched", "ann", 5, "2012-01-01T03:00:00Z", channel="call", kind="dialled", direction="outbound"),
    fact("task.created", "ann", 6, "2012-01-01T04:00:00Z", task="t1", title="send the offer", owner="Ines",
         due="2012-01-03T12:00:00Z", remind_at="2012-01-01T05:00:00Z"),
)  # fmt: skip


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A lead with everything but a conversion, and another one that is the same person; only to be read."""
    house = House(tmp_path_factory.mktemp("full"))
    house.publish_agreement(FULL)
    house.history(*EVERYTHING)
    house.decide("--until", "2012-01-01T12:00:00")
    return house


def test_one_object_tells_all_that_is_known_of_a_lead(full: House) -> None:
    story = full.story("ann")
    assert (story["lead"], story["name"], story["company"]) == ("ann", "Ann Pop", "Acme")
    assert (story["phase"], story["owner"], story["first_owner"]) == ("handed_over", "Radu", "Radu")
    assert story["why_owner"] == "territory: company.country is RO"
    assert story["counts_for"] == ["twin"]
    assert story["score"]["score"] == 20
    assert story["score"]["reasons"] != []
    clocks = {clock["clause"]: clock for clock in story["clocks"]}
    assert (clocks["first_response"]["state"], clocks["first_response"]["worked_seconds"]) == ("met", 3 * 3600)
    assert (clocks["effort"]["state"], clocks["effort"]["needs"]) == ("open", "2 call, 1 email")
    assert clocks["effort"]["next_action"] == "2 calls and 1 email left (effort)"
    assert [row["owner"] for row in story["routing"]] == ["Radu"]
    (task,) = story["tasks"]
    assert (task["title"], task["state"], task["reminded_at"]) == (
        "send the offer", "open", "2012-01-01T05:00:00.000000Z",
    )  # fmt: skip
    (consent,) = story["consents"]
    assert (consent["purpose"], consent["granted"]) == ("newsletter", True)
    words = [action["words"] for action in story["next"]]
    assert words[0].startswith("send the offer now, ")
    assert words[1].startswith("2 calls and 1 email left now, ")
    assert [row["sequence"] for row in story["facts"]] == list(range(1, len(story["facts"]) + 1))


def test_a_merged_lead_says_into_which_and_by_which_key(full: House) -> None:
    story = full.story("twin")
    assert (story["phase"], story["merged_into"]) == ("merged", "ann")
    (pair,) = story["duplicates"]
    assert (pair["other"], pair["state"], pair["why"]) == ("ann", "merged", "the same e-mail address")
    assert {clock["state"] for clock in story["clocks"]} == {"cancelled"}, "told, though in no figure"
    text = full.run("lead", "twin").stdout
    assert "\nmerged into: ann\n" in text
    assert "the same e-mail address" in text.partition("\nsame person\n")[2]


def test_people_see_owner_clocks_tasks_and_consents_in_their_zone(full: House) -> None:
    text = full.run("lead", "ann", "--zone", "Europe/Bucharest").stdout
    head = text.splitlines()[:3]
    assert head == [
        "lead ann  Ann Pop  Acme",
        "captured: 2012-01-01 02:00:00  source: web  agreement: desk  times in: Europe/Bucharest",
        "phase: handed_over  status: -  owner: Radu (territory: company.country is RO)",
    ]
    for title, told in (
        ("clocks", "2 calls and 1 email left"),
        ("owners", "territory"),
        ("tasks", "2012-01-03 14:00:00"),
        ("consents", "2012-01-01 04:30:00"),
    ):
        assert told in text.partition(f"\n{title}\n")[2], title


def too_long(text: str) -> list[str]:
    return [line for line in text.splitlines() if len(line.rstrip()) > 100]


def test_head_clocks_and_tasks_are_read_at_a_glance_at_a_hundred_columns(full: House) -> None:
    text = full.run("lead", "ann").stdout
    head, _, told = text.partition(" happened ")
    clocks, _, rest = told.partition("\nclocks\n")[2].partition("\nowners\n")
    tasks = rest.partition("\ntasks\n")[2]
    assert "captured" in head
    assert "effort" in clocks
    assert "newsletter" in tasks
    assert [too_long(part) for part in (head, clocks, tasks)] == [[], [], []]


def converted(house: House) -> dict[str, Any]:
    house.publish_agreement(FULL)
    house.history(*EVERYTHING)
    house.decide("--until", "2012-01-01T12:00:00")
    house.run("command", "convert", "ann", "--by", "Ines")
    return house.story("ann")


def test_a_converted_lead_says_what_was_made_and_asks_only_for_its_tasks(house: House) -> None:
    story = converted(house)
    assert story["phase"] == "converted"
    (made,) = story["conversions"]
    assert (made["state"], made["made"], made["converted_by"]) == ("stands", "account, contact, opportunity", "Ines")
    assert [action["side"] for action in story["next"]] == [None]
    assert "stands" in house.run("lead", "ann").stdout.partition("\nconversions\n")[2]


def captured_by_source(house: House) -> dict[str, int]:
    return {row["source"]: row["leads"] for row in house.rows("view", "funnel", "--where", "stage=captured")}


def test_a_merged_lead_is_in_no_figure_until_it_is_unmerged_and_the_views_are_proved_either_way(house: House) -> None:
    house.publish_agreement(FULL)
    house.history(*EVERYTHING)
    house.decide("--until", "2012-01-01T12:00:00")
    assert captured_by_source(house) == {"web": 1}
    assert {row["lead"] for row in house.rows("view", "clocks")} == {"ann"}
    assert house.run("verify").exit_code == 0
    house.run("command", "unmerge", "twin", "--by", "Ines", "--reason", "twins")
    house.decide()
    assert captured_by_source(house) == {"web": 1, "fair": 1}
    assert {row["lead"] for row in house.rows("view", "clocks")} == {"ann", "twin"}
    story = house.story("twin")
    assert (story["phase"], story["duplicates"][0]["reason"]) == ("handed_over", "twins")
    assert house.run("verify").exit_code == 0
