"""Proof that state is a fold of the log and that the tables hold what the view topics say."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from engine.ports import EventLog
from engine.reading import latest_values, records_of
from engine.state import POSITION, unpack
from engine.task import decode_position
from events.codec import Codec
from events.topics import LEAD_EVENTS, LEAD_STATE
from leadstream.agreements import known_agreements
from projections.catalogue import VIEWS
from projections.rows import decode_key, decode_row
from projections.stores.port import ViewStore
from projections.stores.schema import base_table, names, quoted
from streams.agents.lead_task import dump_lead, load_lead
from streams.agreement.known import Known
from streams.deciders.lead.evolve import fold
from streams.deciders.lead.given import Given, Kept, Live
from streams.deciders.lead.state import Lead
from streams.deciders.lead.wake import latest_wake, next_wake


@dataclass(slots=True)
class Compared:
    """What was compared, and what differs.

    Attributes:
        counts: what -> how many were compared, how many differ.
        problems: each difference in words.
    """

    counts: dict[str, list[int]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def add(self, what: str, same: bool, problem: str) -> None:
        """Count one comparison."""
        count = self.counts.setdefault(what, [0, 0])
        count[0] += 1
        if not same:
            count[1] += 1
            self.problems.append(problem)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Flat rows for people."""
        for what, (compared, differ) in self.counts.items():
            yield {"what": what, "compared": compared, "differ": differ}


async def verify_states(log: EventLog, partitions: int, secret: bytes) -> Compared:
    """Compare every lead's state in the changelog with the fold of its canonical facts, byte for byte.

    Deadlines are a cache beside the state: they are computed anew from state and agreements and compared as well.
    Sequence numbers must have no gap, and recorded times must not decrease.
    """
    codec, done = Codec(), Compared()
    done.counts.update({"lead states": [0, 0], "lead deadlines": [0, 0], "fact order": [0, 0]})
    known = await known_agreements(log, codec)
    for partition in range(partitions):
        leads = await folded(log, partition, codec, secret, done)
        kept = await latest_values(log, LEAD_STATE, partition)
        position = await log.latest(LEAD_STATE, partition, POSITION)
        passed = 0 if position is None else decode_position(position).time
        for key in sorted(leads.keys() | kept.keys()):
            name = f"lead {key.decode(errors='replace')} (partition {partition})"
            if key not in leads or key not in kept:
                done.add("lead states", False, f"{name}: {'no facts' if key not in leads else 'no state'}")
                continue
            wake, raw = unpack(kept[key])
            lead = leads[key]
            told = told_state(lead, known, key.decode(), passed)
            done.add("lead states", told.is_kept_as(raw), f"{name}: state is not the fold of its facts")
            done.add("lead deadlines", told.holds(wake, passed), f"{name}: wakes at {wake}, should at {told.wake}")
    return done


class ToldState(NamedTuple):
    """A lead folded from its facts.

    Attributes:
        raw: the bytes of its state.
        wake: its next deadline; what decays gives a lower bound.
        latest: asks for that deadline exactly.
    """

    raw: bytes
    wake: int | None
    latest: Callable[[], int | None]

    def is_kept_as(self, raw: bytes) -> bool:
        """Whether a kept state is this one, byte for byte once it is written in the present format.

        Answers to commands, which follow from the inbox and not from the facts, are left out.
        """
        if raw == self.raw:
            return True
        try:
            lead = load_lead(raw)
        except msgspec.DecodeError:
            return False
        lead.answers = []
        return dump_lead(lead) == self.raw

    def beside(self, raw: bytes | None) -> bytes:
        """This state, with the answers to commands of the one that was kept so far."""
        try:
            answers = [] if raw is None else load_lead(raw).answers
        except msgspec.DecodeError:
            answers = []
        if not answers:
            return self.raw
        lead = load_lead(self.raw)
        lead.answers = answers
        return dump_lead(lead)

    def holds(self, wake: int | None, passed: int) -> bool:
        """Whether a lead may be woken then, where partition time has passed so far.

        Too early, for a lower bound of a decay, but never too late, and never after it is due. There are many lower
        bounds: which one a worker kept depends on when it asked. So what is later than ours is held against the exact
        instant.
        """
        if wake == self.wake:
            return True
        if wake is None or wake < passed:
            return False
        if self.wake is None or wake < self.wake:
            return True
        latest = self.latest()
        return latest is None or wake <= latest


def told_state(lead: Lead, known: Known, name: str, passed: int) -> ToldState:
    """The state and the next deadline of a lead folded from its facts, where partition time has passed so far."""
    raw = dump_lead(lead)
    at = max(lead.recorded_at, passed - 1)  # what was due before has fired, what is due now has not
    given = Given(known, at, at, name)
    # From the fold and not from what is kept: bytes that are no state at all must be named, not tripped over.
    live = Live(lead=load_lead(raw), kept=Kept())
    return ToldState(raw, next_wake(live, given), lambda: latest_wake(live, given))


async def folded(log: EventLog, partition: int, codec: Codec, secret: bytes, done: Compared) -> dict[bytes, Lead]:
    """Every lead of a partition as its canonical facts tell it; facts out of order are named in `done`."""
    leads: dict[bytes, Lead] = {}
    async for record in records_of(log, LEAD_EVENTS, partition):
        envelope = codec.decode(record.value)
        key = record.key or b""
        lead = leads.setdefault(key, Lead())
        before, sequence = lead.recorded_at, lead.sequence
        fold(lead, envelope, secret)
        in_order = envelope.sequence == f"{sequence + 1:010d}" and lead.recorded_at >= before
        done.add("fact order", in_order, f"{LEAD_EVENTS}-{partition} @{record.offset}: out of order for {key!r}")
    return leads


async def verify_tables(log: EventLog, partitions: int, store: ViewStore) -> Compared:
    """Compare every table row with the latest row of its view topic."""
    done = Compared()
    for view in VIEWS:
        table = base_table(view)
        expected: set[tuple[Any, ...]] = set()
        for partition in range(partitions):
            for key, value in (await latest_values(log, view.topic, partition)).items():
                decode_key(view, key)
                row = decode_row(view, value)
                if row is not None:
                    expected.add(tuple(row))
        found = {tuple(row) for row in store.query(f"SELECT {names(table.columns)} FROM {quoted(table.name)}")}  # noqa: S608 - our identifiers
        done.counts.setdefault("table rows", [0, 0])
        for row in expected | found:
            done.add("table rows", row in expected and row in found, f"table {table.name}: {row}")
    return done
