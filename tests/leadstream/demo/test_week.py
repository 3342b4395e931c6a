from collections import Counter, defaultdict
from pathlib import Path

import pytest

from events.fact import Scalar
from events.identity import LeadMerged
from events.instants import to_us
from events.lead import LeadCaptured, LeadProfileUpdated, LeadQualified
from events.life import LeadRecycled, LeadReopened
from events.registry import UPSTREAM, WIRE_TYPE
from events.routing import LeadAssigned
from leadstream.demo.company import Week
from leadstream.demo.people import STAND_IN
from leadstream.demo.summary import LIFE, STANDING_IN, TOTAL, figures
from leadstream.demo.tempo import week_tempo
from tests.leadstream.demo.playing import Played, play
from tests.leadstream.demo.recount import unique, verdicts

_VERDICTS = ("started", "met", "breached", "cancelled", "open", "retracted", "escalated")


def recounted(played: Played) -> dict[str, dict[str, int]]:
    found = verdicts(played.arrivals, played.facts, played.week.end)
    return {clause: {verdict: counts[verdict] for verdict in _VERDICTS} for clause, counts in found.items()}


def shown(played: Played) -> dict[str, dict[str, int]]:
    return {row["clause"]: {name: row[name] for name in _VERDICTS} for row in played.summary.clauses}


def test_the_verdicts_are_those_of_an_independent_count(played: Played) -> None:
    assert shown(played) == recounted(played)


def test_who_got_what_by_which_rule_is_what_the_leads_were_told(played: Played) -> None:
    given = [each.data for each in played.facts if isinstance(each.data, LeadAssigned)]
    by_rule = Counter((fact.owner, fact.rule) for fact in given)
    stood_in = Counter(fact.owner for fact in given if fact.instead_of is not None)
    owners = played.summary.owners
    assert {(owner, rule): leads for owner, rules in owners.items() for rule, leads in rules.items() if leads} == {
        **by_rule,
        **{(owner, STANDING_IN): leads for owner, leads in stood_in.items()},
    }
    assert set(stood_in) == {STAND_IN}
    assert {rule for _, rule in by_rule} == {"opportunity", "account", "territory", "segment", "fallback", "escalation"}
    assert played.summary.waited > 0


def test_people_get_the_leads_of_their_own_country_size_and_trade(played: Played) -> None:
    profiles: defaultdict[str, dict[str, Scalar]] = defaultdict(dict)
    for each in played.facts:
        if isinstance(each.data, LeadCaptured | LeadProfileUpdated):
            profiles[each.subject] |= {name: value for name, value in each.data.profile.items() if value is not None}
    for each in played.facts:
        if isinstance(each.data, LeadAssigned) and each.data.rule != "escalation":
            profile = profiles[each.subject]
            customer = str(profile["company.name"]).startswith("SIMULATED Old Customer")
            large = int(str(profile["company.employees"])) >= 1000
            if customer or large:
                assert each.data.owner == "sim-rep-key"
            elif profile["company.country"] == "MD":
                assert each.data.owner == "sim-rep-road"
            elif profile["company.industry"] == "specimen software":
                assert each.data.owner in {"sim-rep-swamped", "sim-rep-slow"}
            else:
                assert each.data.owner in {"sim-rep-quick", "sim-rep-steady", STAND_IN}


def test_nobody_acts_while_away(played: Played) -> None:
    away = week_tempo(played.week.start).absences
    for arrival in played.arrivals:
        if arrival.envelope is None:
            continue
        by, at = getattr(arrival.envelope.data, "by", None), to_us(arrival.envelope.time)
        assert not any(each.rep == by and each.since <= at < each.until for each in away)


def test_what_happened_to_leads_is_counted_as_it_was_told(played: Played) -> None:
    facts = defaultdict(list)
    for each in played.facts:
        facts[WIRE_TYPE[type(each.data)].rpartition(".v")[0]].append(each.subject)
    for name, (leads, times) in played.summary.life.items():
        assert (leads, times) == (len(set(facts[LIFE[name]])), len(facts[LIFE[name]]))
        assert times > 0, name


def test_leads_of_one_address_become_one_and_no_others_do(played: Played) -> None:
    merged = {each.subject: each.data.into for each in played.facts if isinstance(each.data, LeadMerged)}
    again = {arrival.key.decode() for arrival in played.arrivals if arrival.key.endswith(b"-again")}
    assert merged == {lead: lead.removesuffix("-again") for lead in again}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_another_week_agrees_with_the_independent_count_too(seed: int, tmp_path: Path) -> None:
    other = await play(Week(seed=seed, days=5, leads_per_day=90), tmp_path)
    recount = recounted(other)
    assert {clause: shown(other)[clause] for clause in recount} == recount


def test_the_week_shows_breaches_retractions_cancelled_and_open_clocks(played: Played) -> None:
    clause = shown(played)["first_response"]
    assert all(clause[verdict] > 0 for verdict in _VERDICTS)


def test_a_second_cycle_begins_where_a_lead_was_given_back_or_opened_again(played: Played) -> None:
    second = {each.subject for each in played.facts if isinstance(each.data, LeadQualified) and each.data.cycle == 2}
    back = {each.subject for each in played.facts if isinstance(each.data, LeadRecycled | LeadReopened)}
    assert second
    assert second <= back


def test_duplicates_are_dropped_and_broken_records_are_dead_letters(played: Played) -> None:
    accepted = [envelope for envelope in played.facts if type(envelope.data) in UPSTREAM and not envelope.causationid]
    told = unique(played.arrivals)
    once = [arrival for arrival in told if type(arrival.envelope.data) in UPSTREAM]  # type: ignore[union-attr]
    broken = [arrival for arrival in played.arrivals if arrival.envelope is None]
    assert sorted(envelope.id for envelope in accepted) == sorted(arrival.envelope.id for arrival in once)  # type: ignore[union-attr]
    assert len(told) + len(broken) < len(played.arrivals)
    assert sum(played.summary.dead_letters.values()) == len(broken)
    assert set(played.summary.dead_letters) == {"future", "invalid", "not_json", "unknown_type"}


def test_the_retractions_listed_were_answered_in_time_and_told_late(played: Played) -> None:
    found = played.summary.retractions
    assert len(found) == sum(clause["retracted"] for clause in shown(played).values())
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
    assert sum(captured[:-1]) == captured[-1] == values["funnel", TOTAL, "captured"]
    merged = values["life", "merged into an older lead", "leads"]
    assert captured[-1] + merged == values["run", "inbox", "leads"]
    assert {row["complete_to"] for row in rows} == {played.summary.complete_to}
