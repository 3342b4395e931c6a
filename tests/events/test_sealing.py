import base64
import json
from collections.abc import Iterator
from typing import Any, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings

from events.codec import Codec, Undecodable
from events.envelope import Envelope
from events.fact import Fact
from events.lead import LeadCaptured, LeadStatusChanged, LeadTouched
from events.registry import CATALOGUE
from events.schema import PERSONAL, PERSONAL_KEYS, json_schema, structs_of
from events.sealing import is_personal
from tests.events.examples import EXAMPLES
from tests.support.facts import any_envelope, same
from tests.support.laws import examples

PREFIX = "sealed:v1:"


class Visible:
    """A real sealing without secrecy: reversible, bound to the subject, and it remembers what it was given."""

    identity = False

    def __init__(self) -> None:
        self.sealed: list[str] = []

    def seal(self, subject: str, value: str) -> str:
        self.sealed.append(value)
        return PREFIX + base64.b64encode(json.dumps([subject, value]).encode()).decode()

    def open(self, subject: str, value: str) -> str:
        if not value.startswith(PREFIX):
            return value
        owner, opened = json.loads(base64.b64decode(value.removeprefix(PREFIX), validate=True))
        if owner != subject:
            raise ValueError("sealed for another subject")
        return str(opened)


SEALED = {
    "lead.captured.v1": ["ada@example.com", "Leiterin Einkauf 🏭", "\x004"],
    "lead.touched.v1": ["rep-17"],
    "lead.status_changed.v1": ["rep-17"],
    "lead.profile_updated.v1": ["+4930123456"],
    "lead.qualified.v1": ["ada@example.com", "\x001200"],
    "lead.handed_over.v1": ["rep-17"],
    "lead.converted.v1": ["rep-17", "rep-18"],
    "lead.unconverted.v1": ["rep-17"],
    "lead.accepted.v1": ["rep-17"],
    "lead.rejected.v1": ["rep-17", "Frau Lovelace asks again in May"],
    "lead.recycled.v1": ["rep-17"],
    "lead.reopened.v1": ["rep-17"],
    "lead.feedback_given.v1": ["rep-17", "Frau Lovelace knows us already"],
    "lead.bounced.v1": ["ada@example.com"],
    "task.created.v1": ["Send Ada the price list", "rep-17"],
    "task.done.v1": ["rep-17"],
    "task.reminder_due.v1": ["Send Ada the price list", "rep-17"],
    "agreement.signed.v1": ["Head of Sales"],
    "agreement.published.v1": ["Head of Marketing", "Head of Sales"],
    "agreement.retired.v1": ["Head of Marketing"],
    "agreement.sign.v1": ["Head of Sales"],
    "agreement.retire.v1": ["Head of Marketing"],
    "agreement.publish.v1": ["Operations"],
    "lead.hand_over.v1": ["Lead Desk", "Bogdan Ionescu"],
    "lead.reassign.v1": ["Head of Sales", "rep-19"],
    "lead.owner_requested.v1": ["rep-17"],
    "lead.assigned.v1": ["rep-18", "rep-20", "rep-17", "rep-16"],
    "pool.staffed.v1": ["rep-17"],
    "pool.assigned.v1": ["rep-18", "rep-20"],
    "member.away.v1": ["rep-20", "rep-18"],
    "member.back.v1": ["rep-20"],
    "lead.merge.v1": ["Data desk"],
    "lead.unmerge.v1": ["Data desk"],
    "lead.identity_linked.v1": ["cookie-77"],
    "identity.shared.v1": ["Data desk"],
    "lead.merged.v1": ["Data desk"],
    "lead.unmerged.v1": ["Data desk"],
    "lead.history_shared.v1": ["+4930123456", "rep-17"],
    "account.opened.v1": ["+49891234567", "rep-17"],
    "account.amended.v1": ["+49897654321"],
    "account.owner_changed.v1": ["rep-18", "Head of Sales"],
    "account.owner_told.v1": ["rep-18", "rep-19"],
    "lead.accept.v1": ["rep-17"],
    "lead.reject.v1": ["rep-17", "Frau Lovelace asks again in May"],
    "lead.recycle.v1": ["rep-17"],
    "lead.convert.v1": ["rep-17"],
    "lead.unconvert.v1": ["rep-17"],
    "opportunity.opened.v1": ["rep-17", "rep-3", "send the offer"],
    "opportunity.amended.v1": ["rep-17", "rep-3", "send the offer", "rep-17"],
    "opportunity.stage_changed.v1": ["rep-17"],
    "opportunity.closed_won.v1": ["rep-17"],
    "opportunity.closed_lost.v1": ["rep-17"],
    "opportunity.reopened.v1": ["rep-17"],
    "opportunity.owner_told.v1": ["rep-17"],
    "target.set.v1": ["rep-17", "Head of Sales"],
    "council.convened.v1": ["Head of Sales"],
    "cell.commented.v1": ["two deals slipped to April", "rep-17"],
    "action.planned.v1": ["double points until the 20th", "rep-17", "Head of Sales"],
    "action.done.v1": ["three deals won", "rep-17"],
    "council.convene.v1": ["Head of Sales"],
    "cell.comment.v1": ["two deals slipped to April", "rep-17"],
    "action.plan.v1": ["double points until the 20th", "rep-17", "Head of Sales"],
    "action.finish.v1": ["three deals won", "rep-17"],
}
"""What of each example is personal; of the facts not named here, nothing."""

_DEAL = {
    "account",
    "name",
    "currency",
    "opener_role",
    "product",
    "region",
    "segment",
    "source",
    "campaign",
    "lead",
}
_CELL = {"measure", "product", "region", "segment", "source"}
_CELLS = {f"CouncilCell.{name}" for name in (*_CELL, "coverage", "required_coverage")}
NOBODY = {
    "lead.captured.v1": {"source", "campaign", "form", "agreement"},
    "lead.touched.v1": {"channel", "kind", "campaign", "asset", "click_id"},
    "lead.status_changed.v1": {"status", "reason"},
    "lead.profile_updated.v1": {"provider"},
    "lead.scored.v1": {"grade", "agreement", "touch"},
    "lead.qualified.v1": {"agreement", "signals", "Condition.test"},
    "lead.handed_over.v1": {"agreement", "of"},
    "lead.converted.v1": {
        "account",
        "contact",
        "opportunity",
        "currency",
        "status",
        "group",
        "name",
        "role",
        "source",
        "campaign",
    },
    "lead.unconverted.v1": {"reason"},
    "lead.origin_told.v1": {"opportunity", "source"},
    "lead.archived.v1": {"reason"},
    "sla.started.v1": {"agreement", "clause", "target", "calendar", "asks", "TouchCount.channel"},
    "sla.paused.v1": {"agreement", "clause", "status"},
    "sla.resumed.v1": {"agreement", "clause", "status"},
    "lead.accepted.v1": set(),
    "lead.rejected.v1": {"reason"},
    "lead.recycled.v1": {"reason"},
    "lead.reopened.v1": {"reason"},
    "nurture.requested.v1": {"program", "reason", "status", "awaits", "of"},
    "nurture.withheld.v1": {"program", "why", "reason", "status", "awaits", "of"},
    "lead.feedback_given.v1": set(),
    "lead.consent_changed.v1": {"purpose", "basis", "source", "text_version"},
    "lead.bounced.v1": {"channel"},
    "task.created.v1": {"task"},
    "task.done.v1": {"task"},
    "task.reminder_due.v1": {"task"},
    "sla.warned.v1": {"agreement", "clause"},
    "sla.breached.v1": {"agreement", "clause"},
    "sla.escalated.v1": {"agreement", "clause", "after", "to"},
    "sla.answered.v1": {"agreement", "clause"},
    "sla.met.v1": {"agreement", "clause"},
    "sla.cancelled.v1": {"agreement", "clause", "reason"},
    "sla.revised.v1": {"agreement", "clause"},
    "sla.breach_retracted.v1": {"agreement", "clause"},
    "agreement.proposed.v1": {"name", "document", "digest"},
    "agreement.signed.v1": {"name", "at", "digest"},
    "agreement.published.v1": {"name", "document", "Signature.at"},
    "agreement.retired.v1": {"name"},
    "agreement.propose.v1": {"document"},
    "agreement.sign.v1": {"at", "digest"},
    "agreement.publish.v1": {"document"},
    "agreement.retire.v1": set(),
    "command.answered.v1": {"command", "facts", "reason", "missing"},
    "lead.hand_over.v1": {"reason"},
    "lead.reassign.v1": {"pool", "reason"},
    "lead.merge.v1": {"into", "reason"},
    "lead.unmerge.v1": {"reason"},
    "lead.enrichment_withdrawn.v1": {"provider"},
    "lead.identity_linked.v1": {"issuer"},
    "lead.identity_claimed.v1": {"key", "company"},
    "account.claimed.v1": {"key", "company"},
    "identity.shared.v1": {"lead", "other", "key"},
    "lead.merged.v1": {"into", "key"},
    "lead.unmerged.v1": {"lead", "into", "reason"},
    "lead.history_shared.v1": {
        "lead",
        "into",
        "through",
        "SharedTouch.id",
        "SharedTouch.channel",
        "SharedTouch.kind",
        "SharedTouch.asset",
        "SharedTouch.campaign",
        "SharedTouch.source",
        "SharedProfile.provider",
        "SharedConsent.purpose",
        "SharedConsent.basis",
        "SharedConsent.source",
        "SharedConsent.text_version",
        "SharedWithdrawal.provider",
        "SharedStatus.id",
        "SharedStatus.source",
        "SharedStatus.status",
        "SharedStatus.reason",
        "SharedTurn.id",
        "SharedTurn.account",
        "SharedTurn.contact",
        "SharedTurn.opportunity",
        "SharedTurn.group",
        "SharedHandOver.agreement",
    },
    "lead.history_taken_back.v1": {"lead", "into", "through"},
    "lead.suspected.v1": {"other", "key"},
    "identity.account_found.v1": {"lead", "account"},
    "lead.matched.v1": {"account"},
    "lead.account_asked.v1": {"account"},
    "lead.owner_requested.v1": {"pool", "why", "clause"},
    "lead.request_withdrawn.v1": {"reason", "pool"},
    "lead.assigned.v1": {"why", "agreement", "pool"},
    "pool.staffed.v1": {"agreement"},
    "pool.assigned.v1": {"lead", "why"},
    "pool.waiting.v1": {"lead", "why"},
    "pool.refused.v1": {"lead"},
    "member.away.v1": set(),
    "member.back.v1": set(),
    "account.opened.v1": {"name", "domain", "postcode", "country", "parent"},
    "account.amended.v1": {"name", "domain", "postcode", "country", "parent"},
    "account.owner_changed.v1": set(),
    "account.related.v1": {"other"},
    "account.owner_told.v1": {"lead"},
    "lead.accept.v1": set(),
    "lead.reject.v1": {"reason"},
    "lead.recycle.v1": {"reason"},
    "lead.convert.v1": {"account", "contact", "opportunity", "group", "currency", "name", "role"},
    "lead.unconvert.v1": {"reason"},
    "opportunity.opened.v1": {"stage", *_DEAL},
    "opportunity.amended.v1": _DEAL,
    "opportunity.stage_changed.v1": {"stage"},
    "opportunity.product_added.v1": {"line", "product"},
    "opportunity.product_removed.v1": {"line"},
    "opportunity.contact_added.v1": {"contact", "role"},
    "opportunity.closed_won.v1": {"reason"},
    "opportunity.closed_lost.v1": {"reason", "competitor"},
    "opportunity.reopened.v1": {"stage", "reason"},
    "opportunity.owner_told.v1": {"account"},
    "hygiene.flagged.v1": set(),
    "hygiene.cleared.v1": set(),
    "target.set.v1": {"quarter", "currency", "product", "region", "segment", "source", "role"},
    "council.convened.v1": {"week", "quarter", "former_quarter", "left_out", "timezone", "currency", *_CELLS},
    "cell.commented.v1": {"week", *_CELL},
    "action.planned.v1": {"week", *_CELL},
    "action.done.v1": set(),
    "council.convene.v1": {"week", "quarter", "former_quarter", "left_out", "timezone", "currency", *_CELLS},
    "cell.comment.v1": {"week", *_CELL},
    "action.plan.v1": {"week", *_CELL},
    "action.finish.v1": set(),
}
"""Fields of text that name nobody. A new text field must be marked personal or be written down here."""


def _texts(kind: type[Fact]) -> Iterator[str]:
    """Unmarked fields that may hold text, those of nested structs as `Struct.field`."""
    for struct in structs_of(kind):
        for name, hint in get_type_hints(struct, include_extras=True).items():
            if not is_personal(hint) and _may_hold_text(hint):
                yield name if struct is kind else f"{struct.__name__}.{name}"


def _may_hold_text(hint: Any) -> bool:
    schema = json.dumps(msgspec.json.schema(hint, ref_template="elsewhere"))
    free = '{"type": "object"}' in schema
    return (free or '"type": "string"' in schema) and '"format": "date' not in schema and '"elsewhere"' not in schema


@pytest.mark.parametrize("wire_type", CATALOGUE)
def test_every_text_field_is_marked_personal_or_known_to_name_nobody(wire_type: str) -> None:
    assert set(_texts(CATALOGUE[wire_type])) == NOBODY[wire_type]


@pytest.mark.parametrize("wire_type", CATALOGUE)
def test_fields_that_name_who_acted_carry_the_mark(wire_type: str) -> None:
    for struct in structs_of(CATALOGUE[wire_type]):
        for name, hint in get_type_hints(struct, include_extras=True).items():
            if name in ("by", "owner", "signed_as", "saw", "profile", "email", "phone", "person", "member", "not_to"):
                assert is_personal(hint), name


@pytest.mark.parametrize("wire_type", CATALOGUE)
def test_all_marked_values_and_only_those_pass_through_the_step_both_ways(wire_type: str) -> None:
    sealing = Visible()
    codec, example = Codec(sealing), EXAMPLES[wire_type]
    written = codec.encode(example)
    assert sealing.sealed == SEALED.get(wire_type, [])
    plain, hidden = _leaves(json.loads(Codec().encode(example))), _leaves(json.loads(written))
    changed = [now for (path, was), (_, now) in zip(plain, hidden, strict=True) if was != now]
    assert [path for path, _ in plain] == [path for path, _ in hidden]
    assert changed == [sealing.seal(example.subject, value) for value in SEALED.get(wire_type, [])]
    assert same(codec.decode(written), example)
    assert codec.encode(codec.decode(written)) == written


def _leaves(value: Any, path: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [leaf for name, item in value.items() for leaf in _leaves(item, f"{path}.{name}")]
    if isinstance(value, list):
        return [leaf for place, item in enumerate(value) for leaf in _leaves(item, f"{path}.{place}")]
    return [(path, value)]


@pytest.mark.parametrize("wire_type", CATALOGUE)
def test_the_schema_marks_exactly_the_facts_that_hold_something_personal(wire_type: str) -> None:
    text = json.dumps(json_schema(wire_type))
    assert (f'"{PERSONAL}"' in text or f'"{PERSONAL_KEYS}"' in text) == (wire_type in SEALED)


@settings(max_examples=examples(60), deadline=None)
@given(any_envelope())
def test_every_sealed_fact_comes_back_as_it_was_however_long(envelope: Envelope) -> None:
    codec = Codec(Visible())
    written = codec.encode(envelope)
    assert same(codec.decode(written), envelope)
    assert codec.encode(codec.decode(written)) == written


@settings(max_examples=examples(25), deadline=None)
@given(any_envelope())
def test_what_was_written_before_keys_were_switched_on_stays_readable(envelope: Envelope) -> None:
    assert same(Codec(Visible()).decode(Codec().encode(envelope)), envelope)


def _touched(by: Any) -> Envelope:
    record = json.loads(Codec().encode(EXAMPLES["lead.touched.v1"]))
    record["data"]["by"] = by
    return Codec(Visible()).decode(json.dumps(record).encode())


def test_the_limit_of_a_field_holds_for_the_value_and_not_for_its_sealed_form() -> None:
    sealing, subject = Visible(), EXAMPLES["lead.touched.v1"].subject
    longest = "\U0001f600" * 256
    assert len(sealing.seal(subject, longest)) > 256
    fact = _touched(sealing.seal(subject, longest)).data
    assert isinstance(fact, LeadTouched)
    assert fact.by == longest
    with pytest.raises(Undecodable) as caught:
        _touched(sealing.seal(subject, longest + "x"))
    assert caught.value.field == "data.by"


@pytest.mark.parametrize(
    "by", [PREFIX + "!", PREFIX + base64.b64encode(b'["someone else", "rep"]').decode(), PREFIX + "//8="]
)
def test_a_forged_sealed_value_is_refused_and_does_not_crash(by: str) -> None:
    with pytest.raises(Undecodable) as caught:
        _touched(by)
    assert (caught.value.reason, caught.value.field) == ("invalid", "data")


@pytest.mark.parametrize("by", [7, 1.5, True, [], {}, ["rep"], {"by": "rep"}])
def test_a_personal_field_of_the_wrong_type_is_still_refused_and_named(by: Any) -> None:
    with pytest.raises(Undecodable) as caught:
        _touched(by)
    assert caught.value.field == "data.by"


def test_in_a_profile_only_keys_below_person_are_sealed_whatever_their_type() -> None:
    sealing = Visible()
    profile: dict[str, str | int | bool | float] = {
        "person.email": "ada@example.com",
        "person.age": 41,
        "person.score": 0.5,
        "person.opted_in": True,
        "person.note": "\0begins with a zero",
        "person": "not below",
        "personal.email": "another prefix",
        "company.person.email": "not at the start",
    }
    envelope = msgspec.structs.replace(EXAMPLES["lead.captured.v1"], data=LeadCaptured(profile=profile))
    written = Codec(sealing).encode(envelope)
    kept = json.loads(written)["data"]["profile"]
    sealed = [name for name, value in kept.items() if isinstance(value, str) and value.startswith(PREFIX)]
    assert sealed == [name for name in profile if name.startswith("person.")]
    assert {name: kept[name] for name in kept if name not in sealed} == {
        n: profile[n] for n in profile if n not in sealed
    }
    assert same(Codec(Visible()).decode(written), envelope)


def test_without_keys_a_sealed_looking_text_is_a_text() -> None:
    fact = LeadStatusChanged(status="Working", by=PREFIX + "rep")
    envelope = msgspec.structs.replace(EXAMPLES["lead.status_changed.v1"], data=fact)
    assert Codec().decode(Codec().encode(envelope)) == envelope
