"""Given an agreement and a history, when something happens, then these facts are told: a lead in full, without a log.

Times in stories are minutes after Monday, 5 January 2026, 09:00 UTC. Every step also proves what must always hold: the
state is the fold of the canonical log, byte for byte, and each canonical fact survives its way through bytes.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, Self

import msgspec

from events.agreement import AgreementPublished, CommandAnswered
from events.codec import Codec
from events.envelope import Envelope
from events.fact import Fact
from events.ids import derived_id, fingerprint
from events.instants import MINUTE, from_us, to_us
from events.lead import LeadCaptured, LeadConverted, LeadProfileUpdated, LeadStatusChanged, LeadTouched
from events.registry import LEAD_COMMANDS, WIRE_TYPE, wrap
from streams.agents.admission import heard
from streams.agents.lead_bytes import dump_lead
from streams.agreement.known import Known
from streams.agreement.load import document, load
from streams.agreement.texts import instant_us
from streams.deciders.lead.commands import decide_command
from streams.deciders.lead.decide import decide, initial, is_duplicate
from streams.deciders.lead.entries import Clock
from streams.deciders.lead.evolve import fold
from streams.deciders.lead.given import Given, Kept
from streams.deciders.lead.state import Lead
from streams.deciders.lead.wake import move, next_wake, wake
from tests.support.facts import same

MONDAY = 1_767_603_600_000_000
"""Monday, 5 January 2026, 09:00 UTC, in microseconds."""
DAYS = 24 * 60
"""Minutes of a day."""
_codec = Codec()


def minute(count: float) -> int:
    """So many minutes after Monday 09:00, in microseconds."""
    return MONDAY + round(count * MINUTE)


class Arrival(NamedTuple):
    """A fact from upstream; instants in microseconds."""

    fact: Fact
    at: int
    recorded: int
    id: str
    source: str


class Said(NamedTuple):
    """An expected fact: its type, when it happened, and those of its fields that matter; instants in minutes."""

    kind: type[Fact]
    at: float
    fields: dict[str, Any]

    def matches(self, told: Envelope) -> bool:
        if type(told.data) is not self.kind or to_us(told.time) != minute(self.at):
            return False
        return all(_plain(getattr(told.data, name)) == _wanted(name, value) for name, value in self.fields.items())


def _plain(found: Any) -> Any:
    return to_us(found) if isinstance(found, datetime) else found


def _wanted(name: str, value: Any) -> Any:
    return (
        minute(value)
        if name in ("due", "was_due", "warn_at", "answered_at", "escalates_at", "counts_after") and value is not None
        else value
    )


def happened(
    fact: Fact, at: float, recorded: float | None = None, *, fact_id: str = "", source: str = "/forms"
) -> Arrival:
    """A fact that happened `at` and arrived then, or later. Its id follows from what it says, unless it is given."""
    name = fact_id or derived_id(WIRE_TYPE[type(fact)], str(at), msgspec.json.encode(fact).decode())
    return Arrival(fact, minute(at), minute(at if recorded is None else recorded), name, source)


def captured(at: float, recorded: float | None = None, **fields: Any) -> Arrival:
    return happened(LeadCaptured(**fields), at, recorded)


def inbound(at: float, recorded: float | None = None, *, fact_id: str = "", **fields: Any) -> Arrival:
    touch = LeadTouched(direction="inbound", **{"channel": "website", "kind": "visited"} | fields)
    return happened(touch, at, recorded, fact_id=fact_id)


def called(at: float, recorded: float | None = None, **fields: Any) -> Arrival:
    return happened(LeadTouched(direction="outbound", **{"channel": "call", "kind": "dialled"} | fields), at, recorded)


def status(name: str, at: float, recorded: float | None = None, *, reason: str | None = None) -> Arrival:
    return happened(LeadStatusChanged(status=name, reason=reason), at, recorded)


def learned(at: float, recorded: float | None = None, **profile: Any) -> Arrival:
    """More about them; `company__size=5` stands for `company.size`."""
    return happened(LeadProfileUpdated(profile=dotted(**profile)), at, recorded)


def won(at: float, recorded: float | None = None) -> Arrival:
    return happened(LeadConverted(), at, recorded)


def asked(command: Fact, at: float, *, command_id: str = "") -> Arrival:
    """A command from the CRM."""
    return happened(command, at, fact_id=command_id, source="/crm")


def dotted(**profile: Any) -> dict[str, Any]:
    return {name.replace("__", "."): value for name, value in profile.items()}


def said(kind: type[Fact], at: float, **fields: Any) -> Said:
    return Said(kind, at, fields)


def published(text: str) -> AgreementPublished:
    """The fact that a YAML agreement was published."""
    spec = load(text)
    at = from_us(instant_us(spec.effective_from))
    return AgreementPublished(name=spec.agreement, version=spec.version, effective_from=at, document=document(spec))


def given(*agreements: str, forgetful: bool = False) -> "Story":
    """The story of a lead under these agreements, in YAML."""
    return Story(Known.of(map(published, agreements)), forgetful=forgetful)


class Story:
    """One lead, with time that passes as the engine lets it pass.

    Args:
        known: the agreements.
        forgetful: throw away after every step what is only kept to be fast.
    """

    def __init__(self, known: Known, *, forgetful: bool = False, subject: str = "anna") -> None:
        self.known, self.forgetful, self.subject = known, forgetful, subject
        self.live, self.time = initial(), 0
        self.due: int | None = None
        self.facts: list[Envelope] = []
        self.answers: list[CommandAnswered] = []
        self._twin, self._seen_before = Lead(), 0

    def history(self, *arrivals: Arrival) -> Self:
        for arrival in arrivals:
            self.arrives(arrival)
        self._seen_before = len(self.facts)
        return self

    def when(self, *arrivals: Arrival, until: float | None = None) -> Self:
        """These facts arrive; then time passes until an instant, in minutes."""
        self._seen_before = len(self.facts)
        for arrival in arrivals:
            self.arrives(arrival)
        if until is not None:
            self.passes(minute(until))
        return self

    def then(self, expected: Sequence[Said], *, of: type[Fact] = Fact) -> Self:
        """Exactly these facts followed, among those of a type."""
        found = [told for told in self.facts[self._seen_before :] if isinstance(told.data, of)]
        lines = "".join(f"\n  {to_us(told.time) / MINUTE - MONDAY / MINUTE:g} {told.data}" for told in found)
        assert len(found) == len(expected), f"told:{lines}"
        for told, wanted in zip(found, expected, strict=True):
            assert wanted.matches(told), f"expected {wanted}, told:{lines}"
        return self

    def arrives(self, arrival: Arrival) -> None:
        """What is due before the record's time fires; then the fact is decided, unless it came before."""
        self.passes(arrival.recorded)
        envelope = wrap(
            arrival.fact, id=arrival.id, source=arrival.source, subject=self.subject, time=from_us(arrival.at)
        )
        mark = fingerprint(arrival.source, arrival.id)
        if type(arrival.fact) in LEAD_COMMANDS:
            self._commanded(envelope, arrival)
        elif not is_duplicate(self.live, mark):
            known_at = self._given(arrival.recorded)
            self._tell(decide(self.live, envelope, arrival.at, known_at, mark), known_at)

    def hears(self, envelope: Envelope, recorded: int) -> None:
        """One of our own tasks tells the lead something; `recorded` in microseconds."""
        self.passes(recorded)
        envelope = heard(envelope, self.subject)
        mark = fingerprint(envelope.source, envelope.id)
        if not is_duplicate(self.live, mark):
            now = self._given(recorded)
            self._tell(decide(self.live, envelope, to_us(envelope.time), now, mark), now)

    def _commanded(self, envelope: Envelope, arrival: Arrival) -> None:
        known_at = self._given(arrival.recorded)
        decided = decide_command(self.live, envelope, arrival.at, known_at)
        self.answers.append(decided.answer)
        self._tell(decided.told, known_at)

    def answer(self, *, accepted: bool, reason: str | None = None) -> Self:
        """The last command was answered so."""
        last = self.answers[-1]
        assert (last.accepted, last.reason) == (accepted, reason), last
        return self

    def passes(self, to: int) -> None:
        """Time passes: what is due before an instant fires, in order of time, a new agreement version first."""
        if to <= self.time:
            return
        milestone = self.known.next_change(self.time)
        while True:
            due = self.due
            if milestone is not None and milestone < to and (due is None or milestone <= due):
                self._sweep(milestone)
                milestone = self.known.next_change(milestone + 1)
            elif due is not None and due < to:
                self._wake(due)
            else:
                break
        self.time = to

    def _wake(self, due: int) -> None:
        now = self._given(due)
        self._tell(wake(self.live, due, now), now)
        assert self.due is None or self.due > due, "a deadline has to bring something about"

    def _sweep(self, at: int) -> None:
        if self.live.lead.agreement is not None:
            now = self._given(at)
            self._tell(move(self.live, at, now), now)

    def clock(self, clause: str) -> Clock:
        return next(clock for clock in self.live.lead.clocks if clock.clause == clause)

    def _given(self, record_time: int) -> Given:
        return Given(self.known, max(record_time, self.live.lead.recorded_at), record_time, self.subject)

    def _tell(self, told: list[Envelope], at: Given) -> None:
        for envelope in told:
            read = _codec.decode(_codec.encode(envelope))
            assert same(read, envelope)
            before = self._twin.recorded_at
            fold(self._twin, read)
            assert envelope.sequence == f"{self._twin.sequence:010d}"
            assert self._twin.recorded_at >= before
        self._twin.answers = self.live.lead.answers  # they are no part of the fold
        assert dump_lead(self.live.lead) == dump_lead(self._twin)
        self.facts += told
        if self.forgetful:
            self.live.kept = Kept()
        self.due = next_wake(self.live, at)
