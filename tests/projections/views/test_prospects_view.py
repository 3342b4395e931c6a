import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.envelope import Envelope
from events.identity import LeadMerged, LeadUnmerged
from events.lead import (
    LeadArchived,
    LeadCaptured,
    LeadConverted,
    LeadHandedOver,
    LeadProfileUpdated,
    LeadStatusChanged,
    LeadTouched,
)
from events.life import LeadReopened, LeadUnconverted
from projections.predicting.features import feature
from projections.views.prospect_features import FIELDS, VALUES
from projections.views.prospects import PREDICTION_COUNTS, PROSPECTS
from projections.views.view import Cell
from tests.projections.given import rows_of, summed, text, told


def captured(at: float = 0, *, agreement: str | None = "inbound", source: str = "fair", **more: Any) -> Envelope:
    return told(LeadCaptured(source=source, agreement=agreement, **more), at)


def learned(at: float, recorded: float | None = None, **profile: Any) -> Envelope:
    fields = {f"company.{name}": value for name, value in profile.items()}
    return told(LeadProfileUpdated(profile=fields), at, recorded=recorded)


def status(name: str, at: float) -> Envelope:
    return told(LeadStatusChanged(status=name), at)


def row(*envelopes: Envelope) -> dict[str, Cell]:
    (found,) = rows_of(PROSPECTS, *envelopes)
    return found


def now(*envelopes: Envelope) -> dict[str, str]:
    return dict(json.loads(str(row(*envelopes)["features"])))


def before(*envelopes: Envelope) -> dict[str, str]:
    return dict(json.loads(str(row(*envelopes)["features_before"])))


def counts(*envelopes: Envelope) -> dict[tuple[Cell, ...], Cell]:
    base = None
    for envelope in envelopes:
        base = PROSPECTS.project(base, envelope)
    return {tuple(each.values())[:-1]: each["leads"] for each in summed(PREDICTION_COUNTS, [base])}


def test_a_feature_is_where_a_lead_came_from_how_it_came_what_it_is_and_how_far() -> None:
    facts = (
        captured(0, campaign="spring", form="f1", profile={"company.country": "RO", "answers.budget": 5000}),
        told(LeadTouched(channel="website", kind="visited", direction="inbound"), 2),
        told(LeadTouched(channel="webinar", kind="attended", direction="inbound"), 1, recorded=3),
        told(LeadTouched(channel="call", kind="dialled", direction="outbound"), 0),
        status("Contacted", 4),
    )
    assert now(*facts) == {
        "answers.budget": "4096-8191",
        "campaign": "spring",
        "channel": "webinar",
        "company.country": "ro",
        "form": "f1",
        "source": "fair",
        "stage": "Contacted",
    }
    assert now(captured(0, source="")) == {"stage": "captured"}


@pytest.mark.parametrize(
    ("field", "value", "found"),
    [
        ("company.employees", 100, "64-127"),
        ("company.employees", 1, "1"),
        ("company.employees", 2.9, "2-3"),
        ("company.employees", 0, "0"),
        ("company.employees", -3, "below 0"),
        ("company.registered", True, "yes"),
        ("company.segment", "  Car\tParts ", "car parts"),
        ("company.segment", " ", None),
        ("company.name", "Acme", None),
        ("company.phone", "+40", None),
        ("person.title", "CEO", None),
        ("person.email_domain", "acme.example", None),
        ("answers.challenge", "we would like to know " * 5, None),
    ],
)
def test_names_persons_and_prose_are_no_features_and_numbers_go_by_their_size(
    field: str, value: object, found: str | None
) -> None:
    assert feature(field, value) == found


def test_what_is_counted_was_known_strictly_before_the_decision() -> None:
    facts = (captured(0), learned(4, country="RO"), learned(5, segment="pets"), status("Won", 5))
    decided = (*facts, told(LeadConverted(), 5), learned(6, size="small"))
    assert before(*decided) == {"company.country": "ro", "source": "fair", "stage": "captured"}
    assert counts(*decided) == {
        ("inbound", "converted", "", "", ""): 1,
        ("inbound", "converted", "", "company.country", "ro"): 1,
        ("inbound", "converted", "", "source", "fair"): 1,
        ("inbound", "converted", "", "stage", "captured"): 1,
    }


def test_what_is_learned_after_the_decision_changes_nothing_however_early_it_happened() -> None:
    facts = (captured(0), told(LeadConverted(), 5))
    later = (learned(3, recorded=9, country="RO"), learned(10, country="MD"), status("Open", 11))
    assert counts(*facts) == counts(*facts, *later)


def test_what_was_heard_before_a_decision_that_had_happened_earlier_is_no_feature_of_it() -> None:
    assert before(captured(0), learned(4, country="RO"), told(LeadConverted(), 3, recorded=5)) == {
        "source": "fair",
        "stage": "captured",
    }


def test_the_last_status_counts_as_a_decision_that_the_agreement_may_know() -> None:
    facts = (captured(0), status("Contacted", 3), status("Junk", 5))
    found = row(*facts)
    assert (found["decision"], found["status"], found["decided_at"]) == ("status", "Junk", text(5))
    assert before(*facts)["stage"] == "Contacted"
    assert now(*facts)["stage"] == "Junk"
    assert row(*facts, status("Contacted", 4))["status"] == "Junk"


def test_a_lead_that_goes_on_takes_back_what_was_recorded_for_it_and_not_what_is_known_today() -> None:
    facts = (captured(0), learned(1, country="RO"), status("Junk", 5))
    again = (*facts, learned(6, country="MD"), status("Contacted", 7))
    assert ("inbound", "status", "Junk", "company.country", "ro") in counts(*facts)
    assert all(group[2] == "Contacted" for group in counts(*again))
    assert ("inbound", "status", "Contacted", "company.country", "md") in counts(*again)


def test_a_conversion_that_is_taken_back_takes_back_what_was_recorded_for_it() -> None:
    facts = (captured(0), learned(1, country="RO"), status("Contacted", 2), told(LeadConverted(), 5))
    undone = (*facts, learned(6, country="MD"), told(LeadUnconverted(), 7))
    assert all(group[1] == "converted" for group in counts(*facts))
    assert counts(*undone) == counts(*facts[:3])
    again = counts(*undone, told(LeadConverted(), 8))
    assert ("inbound", "converted", "", "company.country", "md") in again
    assert row(*facts, told(LeadUnconverted(), 4))["decision"] == "converted"


def test_a_lead_that_is_opened_again_is_decided_no_more() -> None:
    facts = (captured(0), status("Junk", 5))
    opened = told(LeadReopened(reason="budget", cycle=0), 7)
    assert counts(*facts, opened) == {}
    assert row(*facts, told(LeadArchived(reason="untouched"), 6), opened)["decision"] == ""
    assert row(*facts, opened, status("Contacted", 9))["status"] == "Contacted"
    assert row(*facts, opened, told(LeadArchived(reason="untouched"), 9))["decision"] == "archived"


def test_a_conversion_outweighs_an_archive_and_an_archive_a_status() -> None:
    facts = [captured(0), status("Contacted", 1)]
    assert row(*facts)["decision"] == "status"
    facts.append(told(LeadArchived(reason="untouched"), 2))
    assert row(*facts)["decision"] == "archived"
    facts.append(told(LeadConverted(), 3))
    assert row(*facts)["decision"] == "converted"


def test_a_decision_belongs_to_the_agreement_of_its_time_also_when_that_is_told_later() -> None:
    assert row(captured(0), told(LeadConverted(), 5))["team"] == "inbound"
    assert row(told(LeadConverted(), 5), captured(0))["team"] == "inbound"
    moved = told(LeadHandedOver(agreement="partners", version=1, cycle=1), 3)
    assert row(captured(0), moved, told(LeadConverted(), 5))["team"] == "partners"
    assert row(captured(0), told(LeadConverted(), 2), moved)["team"] == "inbound"


def test_stubs_test_leads_and_undecided_ones_are_not_counted() -> None:
    assert counts(told(LeadConverted(), 5)) == {}
    assert counts(captured(0, is_test=True), told(LeadConverted(), 5)) == {}
    assert counts(captured(0)) == {}
    assert rows_of(PROSPECTS, told(LeadConverted(), 5)) == []


def test_a_lead_that_is_one_with_another_is_not_counted_twice_and_can_be_taken_apart() -> None:
    facts = (captured(0), told(LeadConverted(), 5))
    merged = (*facts, told(LeadMerged(into="bob", key="email:1"), 6))
    assert counts(*merged) == {}
    assert rows_of(PROSPECTS, *merged) == []
    apart = told(LeadUnmerged(lead="anna", into="bob", by="somebody"), 7)
    assert counts(*merged, apart) == counts(*facts)
    assert counts(*merged, told(LeadUnmerged(lead="eve", into="anna", by="somebody"), 7)) == {}


def test_a_repetition_adds_nothing() -> None:
    base = PROSPECTS.project(None, captured(0, profile={"company.country": "RO"}))
    assert PROSPECTS.project(base, learned(3, country="RO")) is base


def latest_before(told_values: list[tuple[int, str]], at: float) -> str | None:
    """What held before an instant: of all that was said, the latest; of one instant, what was said last."""
    earlier = [(when, n, value) for n, (when, value) in enumerate(told_values) if when < at]
    return max(earlier)[2] if earlier else None


@given(times=st.lists(st.integers(1, 9), max_size=VALUES), at=st.integers(1, 10))
def test_what_held_at_any_instant_is_remembered_whatever_the_order_of_news(times: list[int], at: int) -> None:
    told_values = [(when, f"c{n}") for n, when in enumerate(times)]
    facts = [captured(0), *(learned(when, recorded=20, country=value) for when, value in told_values)]
    found = before(*facts, told(LeadConverted(), at, recorded=30))
    assert found.get("company.country") == latest_before(told_values, at)


@given(times=st.permutations(range(1, VALUES + 13)), at=st.integers(1, VALUES + 20))
def test_of_a_fields_values_the_latest_are_remembered_and_of_older_ones_nothing(times: list[int], at: int) -> None:
    facts = [captured(0), *(learned(when, recorded=90, country=f"c{when}") for when in times)]
    found = before(*facts, told(LeadConverted(), at, recorded=99))
    expected = latest_before([(when, f"c{when}") for when in sorted(times)[-VALUES:]], at)
    assert found.get("company.country") == expected


def test_the_fields_said_first_are_features_and_what_the_product_knows_itself_always_is() -> None:
    first = {f"f{n:03}": "x" for n in range(FIELDS)}
    facts = (told(LeadProfileUpdated(profile={f"company.{name}": "x" for name in first}), 0), captured(1))
    more = (learned(2, late="y", f000="z"), status("Contacted", 3))
    known = now(*facts, *more)
    assert known["source"] == "fair"
    assert known["stage"] == "Contacted"
    assert known["company.f000"] == "z"
    assert "company.late" not in known
    assert len(known) == FIELDS + 2


def test_a_row_has_a_size_that_no_story_passes() -> None:
    sizes = []
    base = None
    for n in range(3 * VALUES):
        profile = {f"f{field}": f"value {n % 7} {field}" for field in range(500)}
        base = PROSPECTS.project(base, learned(n, **profile))
        sizes.append(len(msgspec.msgpack.encode(base)))
    assert sizes[VALUES] == sizes[-1]
    assert sizes[-1] < 40_000
