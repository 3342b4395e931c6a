import csv
import io

from tests.leadstream.cli.house import House


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
    assert story.startswith("lead ann\ncaptured: 2012-01-01T00:00:00Z  source: web")
    timeline, _, rest = story.partition("\nclocks\n")
    assert "asset=pricing" in timeline
    clocks, _, score = rest.partition("\nscore ")
    clock = next(line for line in clocks.splitlines() if "first_response" in line)
    assert clock.split()[-3:-1] == ["2012-01-02T00:00:00Z", "breached"]
    assert score.startswith("20 (fit 0, engagement 20, grade ")
    assert "by desk version 1" in score
    assert any(line.split()[:1] == ["20"] for line in score.splitlines())


def test_the_score_can_be_asked_as_of_an_earlier_instant(told: House) -> None:
    for option in ("--as-of", "--at"):
        before = told.run("lead", "ann", option, "2012-01-01T02:59:59Z").stdout.partition("\nscore ")[2]
        assert before.startswith("0 (fit 0, engagement 0, grade C2) at 2012-01-01T02:59:59Z, by desk version 1")
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
