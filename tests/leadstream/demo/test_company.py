import hashlib
import json
import subprocess
import sys
from collections import Counter
from itertools import islice, takewhile
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.codec import Codec
from events.commands import AcceptLead, ConvertLead, RecycleLead, RejectLead
from events.instants import MINUTE, SECOND, to_us
from events.lead import LeadCaptured, LeadConverted, LeadProfileUpdated, LeadStatusChanged, LeadTouched
from events.work import TaskCreated, TaskDone
from leadstream.demo.company import SOURCE, Arrival, Week, living_traffic, simulated_week
from leadstream.demo.journey import skewed
from leadstream.demo.tempo import MONDAY
from leadstream.publishing import Refused, check
from tests.support.laws import examples

WEEK = Week(seed=7)
NOON = MONDAY + 12 * 60 * MINUTE


@pytest.fixture(scope="module")
def week() -> list[Arrival]:
    return list(simulated_week(WEEK))


def digest(arrivals: list[Arrival]) -> str:
    told = hashlib.sha256()
    for arrival in arrivals:
        told.update(b"%d\0%s\0%s\n" % (arrival.at, arrival.key, arrival.value))
    return told.hexdigest()


def test_the_same_seed_gives_the_same_bytes_in_every_process(week: list[Arrival]) -> None:
    code = (
        "import hashlib\nfrom leadstream.demo.company import Week, simulated_week\ntold = hashlib.sha256()\n"
        "for a in simulated_week(Week(seed=7)): told.update(b'%d\\0%s\\0%s\\n' % (a.at, a.key, a.value))\n"
        "print(told.hexdigest())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed}
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert found == {digest(week)}


def test_another_seed_is_another_week(week: list[Arrival]) -> None:
    assert digest(list(simulated_week(Week(seed=8)))) != digest(week)


def test_facts_come_in_order_of_arrival_and_within_the_week(week: list[Arrival]) -> None:
    at = [arrival.at for arrival in week]
    assert at == sorted(at)
    assert WEEK.start <= at[0]
    assert at[-1] < WEEK.end


def test_a_longer_week_begins_like_a_shorter_one(week: list[Arrival]) -> None:
    short = Week(seed=7, days=3)
    assert list(simulated_week(short)) == list(takewhile(lambda arrival: arrival.at < short.end, week))


def test_no_fact_arrives_before_it_happened(week: list[Arrival]) -> None:
    assert all(to_us(arrival.envelope.time) <= arrival.at for arrival in week if arrival.envelope is not None)


def test_every_fact_passes_the_checks_of_the_inbox_and_is_what_its_bytes_say(week: list[Arrival]) -> None:
    codec = Codec()
    for arrival in week:
        if arrival.envelope is not None:
            assert check(1, arrival.value, codec) == arrival.envelope
            assert arrival.key == arrival.envelope.subject.encode()


def test_every_way_of_being_broken_is_there(week: list[Arrival]) -> None:
    codec = Codec()
    reasons = Counter[str]()
    for arrival in week:
        if arrival.envelope is not None:
            continue
        found = check(1, arrival.value, codec)
        if isinstance(found, Refused):
            reasons[found.field or "not json"] += 1
        else:
            assert to_us(found.time) > arrival.at + MINUTE
            reasons["time"] += 1
    assert set(reasons) == {"not json", "type", "data.channel", "time"}


def texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in texts(item)]
    return [value] if isinstance(value, str) else []


def test_everything_is_marked_as_simulated(week: list[Arrival]) -> None:
    for arrival in week:
        envelope = arrival.envelope
        if envelope is None:
            continue
        assert envelope.source == SOURCE == "/demo/simulated"
        assert envelope.subject.startswith("sim-")
        data = json.loads(msgspec.json.encode(envelope.data))
        assert all(text.endswith("@example.com") for text in texts(data) if "@" in text)
        by = data.get("by")
        assert by is None or by.startswith("sim-")
        if isinstance(envelope.data, LeadCaptured):
            assert envelope.data.source.endswith("(simulated)")
            profile = envelope.data.profile
            assert str(profile["person.name"]).startswith("Sim Contact ")
            assert str(profile.get("company.name", "SIMULATED")).startswith("SIMULATED")


def test_a_week_has_every_interesting_thing(week: list[Arrival]) -> None:
    facts = [(arrival, arrival.envelope) for arrival in week if arrival.envelope is not None]
    assert {type(envelope.data) for _, envelope in facts} == {
        LeadCaptured,
        LeadTouched,
        LeadStatusChanged,
        LeadProfileUpdated,
        LeadConverted,
        AcceptLead,
        RejectLead,
        RecycleLead,
        ConvertLead,
        TaskCreated,
        TaskDone,
    }
    sent = Counter((envelope.source, envelope.id) for _, envelope in facts)
    late = [a for a, e in facts if isinstance(e.data, LeadTouched) and a.at - to_us(e.time) > 30 * MINUTE]
    sources = {envelope.data.source for _, envelope in facts if isinstance(envelope.data, LeadCaptured)}
    statuses = {envelope.data.status for _, envelope in facts if isinstance(envelope.data, LeadStatusChanged)}
    assert max(sent.values()) == 2
    assert late
    assert len(sources) == 5
    assert statuses == {"Contacted", "Nurturing", "Qualified", "Unqualified"}


@pytest.mark.parametrize("rate", [1.0, 5.0, 40.0])
def test_living_traffic_comes_at_the_rate_asked_for(rate: float) -> None:
    arrivals = list(islice(living_traffic(3, NOON, rate), 12_000))
    middle = arrivals[6_000:]
    seconds = (middle[-1].at - middle[0].at) / SECOND
    assert 0.7 * rate < len(middle) / seconds < 1.3 * rate


@given(seed=st.integers(0, 2**32), typical=st.integers(MINUTE, 60 * MINUTE))
def test_a_reps_delay_lies_between_a_quarter_and_three_and_a_half_of_the_typical_one(seed: int, typical: int) -> None:
    assert typical // 4 * 0.99 <= skewed(Random(seed), typical) <= typical * 3.5


@given(seed=st.integers(0, 2**32))
@settings(max_examples=examples(10), deadline=None)
def test_whatever_the_seed_every_fact_passes_the_checks(seed: int) -> None:
    codec = Codec()
    for arrival in simulated_week(Week(seed=seed, days=1, leads_per_day=30)):
        if arrival.envelope is not None:
            assert check(1, arrival.value, codec) == arrival.envelope
