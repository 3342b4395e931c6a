from pathlib import Path

import pytest
from msgspec import UNSET

from events.instants import to_us
from events.lead import LeadHandedOver
from events.registry import UPSTREAM
from leadstream.demo.company import Week
from leadstream.demo.summary import TOTAL, figures
from tests.leadstream.demo.playing import Played, play
from tests.leadstream.demo.recount import HandOver, unique, verdicts

_VERDICTS = ("started", "met", "breached", "cancelled", "open", "retracted")


def recounted(played: Played) -> dict[str, dict[str, int]]:
    hand_overs = {
        envelope.subject: HandOver(to_us(envelope.time), to_us(envelope.recordedat))
        for envelope in played.facts
        if isinstance(envelope.data, LeadHandedOver) and envelope.recordedat is not UNSET
    }
    found = verdicts(played.arrivals, hand_overs, played.week.end)
    return {clause: {verdict: counts[verdict] for verdict in _VERDICTS} for clause, counts in found.items()}


def shown(played: Played) -> dict[str, dict[str, int]]:
    return {row["clause"]: {name: row[name] for name in _VERDICTS} for row in played.summary.clauses}


def test_the_verdicts_are_those_of_an_independent_count(played: Played) -> None:
    clauses = shown(played)
    leads = clauses["first_response"]["started"]
    none = dict.fromkeys(_VERDICTS, 0)
    assert clauses == {**recounted(played), "hand_over": {**none, "started": leads, "met": leads}}


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_another_week_agrees_with_the_independent_count_too(seed: int, tmp_path: Path) -> None:
    other = await play(Week(seed=seed, days=5, leads_per_day=90), tmp_path)
    recount = recounted(other)
    assert {clause: shown(other)[clause] for clause in recount} == recount


def test_the_week_shows_breaches_retractions_cancelled_and_open_clocks(played: Played) -> None:
    clause = shown(played)["first_response"]
    assert all(clause[verdict] > 0 for verdict in _VERDICTS)


def test_duplicates_are_dropped_and_broken_records_are_dead_letters(played: Played) -> None:
    accepted = [envelope for envelope in played.facts if type(envelope.data) in UPSTREAM and not envelope.causationid]
    once = unique(played.arrivals)
    broken = [arrival for arrival in played.arrivals if arrival.envelope is None]
    assert sorted(envelope.id for envelope in accepted) == sorted(arrival.envelope.id for arrival in once)  # type: ignore[union-attr]
    assert len(once) + len(broken) < len(played.arrivals)
    assert sum(played.summary.dead_letters.values()) == len(broken)
    assert set(played.summary.dead_letters) == {"future", "invalid", "not_json", "unknown_type"}


def test_the_retractions_listed_were_answered_in_time_and_told_late(played: Played) -> None:
    found = played.summary.retractions
    assert len(found) == shown(played)["first_response"]["retracted"] + shown(played)["status_update"]["retracted"]
    assert all(each.answered_at <= each.due < each.told_at for each in found)


def test_the_story_told_is_that_of_a_breach_that_fell(played: Played) -> None:
    facts = [each.fact for each in played.summary.story]
    assert facts.index("sla.breached") < facts.index("sla.breach_retracted")
    assert all(each.words for each in played.summary.story)


def test_the_figures_for_scripts_are_flat_and_add_up(played: Played) -> None:
    rows = figures(played.summary)
    values = {(row["section"], row["name"], row["figure"]): row["value"] for row in rows}
    assert len(values) == len(rows)
    for clause in shown(played):
        parts = [values["sla", clause, name] for name in ("met", "breached", "cancelled", "open")]
        assert values["sla", clause, "started"] == sum(parts)
    captured = [row["value"] for row in rows if row["section"] == "funnel" and row["figure"] == "captured"]
    assert sum(captured[:-1]) == captured[-1] == values["funnel", TOTAL, "captured"] == values["run", "inbox", "leads"]
    assert {row["complete_to"] for row in rows} == {played.summary.complete_to}
