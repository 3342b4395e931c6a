"""Proof that state is a fold of the log and that the tables hold what the view topics say."""

from collections.abc import Mapping
from typing import Any

from engine.ports import EventLog
from engine.position import decode_position
from engine.reading import latest_values
from engine.state import POSITION, unpack
from events.codec import Codec
from leadstream.agreements import known_agreements
from leadstream.answered import verify_answers
from leadstream.compared import Compared
from leadstream.folding import Folding, foldings
from projections.catalogue import VIEWS
from projections.rows import decode_key, decode_row
from projections.stores.port import ViewStore
from projections.stores.schema import base_table, names, quoted
from streams.agents.lead_bytes import load_lead
from streams.agreement.known import Known
from streams.deciders.lead.entries import Answered
from streams.programs import LEADS


async def verify_states(log: EventLog, partitions: int, secret: bytes) -> Compared:
    """Compare the state of every lead, and of all other subjects, with the fold of its canonical facts, byte for byte.

    Deadlines are a cache beside the state: they are computed anew from state and agreements and compared as well.
    Sequence numbers must have no gap, and recorded times must not decrease. Answers that leads keep are held against
    the topic `answers`.
    """
    codec, done = Codec(), Compared()
    done.counts.update({"lead states": [0, 0], "lead deadlines": [0, 0], "fact order": [0, 0]})
    known = await known_agreements(log, codec)
    answers: dict[str, list[Answered]] = {}
    for folding in foldings(secret):
        for partition in range(partitions):
            kept = await _verify_partition(log, folding, partition, known, done)
            if folding.group is LEADS:
                answers |= _answers(kept)
    await verify_answers(log, partitions, secret, answers, done)
    return done


async def _verify_partition(
    log: EventLog, folding: Folding, partition: int, known: Known, done: Compared
) -> dict[bytes, bytes]:
    """Compare one partition; the states of it that hold more than the facts say."""
    kept = await latest_values(log, folding.group.changelog, partition)
    states = await folding.folded(log, partition, Codec(), done, kept)
    position = await log.latest(folding.group.changelog, partition, POSITION)
    passed = 0 if position is None else decode_position(position).time
    of, more = folding.subject, dict[bytes, bytes]()
    for key in sorted(states.keys() | kept.keys()):
        name = f"{of} {key.decode(errors='replace')} (partition {partition})"
        if key not in states or key not in kept:
            done.add(f"{of} states", False, f"{name}: {'no facts' if key not in states else 'no state'}")
            continue
        wake, raw = unpack(kept[key])
        told = folding.told(states[key], known, key.decode(), passed)
        same = told.is_kept_as(raw)
        done.add(f"{of} states", same, f"{name}: state is not the fold of its facts")
        done.add(f"{of} deadlines", told.holds(wake, passed), f"{name}: wakes at {wake}, should at {told.wake}")
        if same and raw != told.raw:
            more[key] = raw
    return more


def _answers(kept: Mapping[bytes, bytes]) -> dict[str, list[Answered]]:
    return {key.decode(): load_lead(raw).answers for key, raw in kept.items()}


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
