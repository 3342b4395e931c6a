"""What records of topics mean for the tables: one reader a topic."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from engine.ports import Record
from events.agreement import AgreementPublished, AgreementRetired
from events.codec import Codec
from events.envelope import Envelope
from events.instants import to_us
from projections.progress import Progress
from projections.projection import Projection
from projections.rows import decode_key, row_decoder
from projections.stores.port import RowChange
from projections.stores.schema import (
    PIPELINES,
    PROMISES,
    RATES,
    REBUILDS,
    RETIRED,
    SEASONS,
    STAGES,
    STATUSES,
    TEAMS,
    TERMS,
    base_table,
    next_name,
)
from projections.views.commitment import pace
from projections.views.times import instant_text, recorded_at
from projections.views.view import View

Reader = Callable[[Sequence[Record]], Iterable[RowChange]]
"""Makes changes of records of one topic, in order; of several with one key only the last one need count."""
_ACCOUNTS = {"score_cap": 100}
"""What an agreement says that says nothing of accounts (docs/agreement.md)."""


def view_reader(view: View[Any]) -> Reader:
    """Reads the rows of a view's topic."""
    table, key, decode = base_table(view).name, view.key, row_decoder(view)

    def read(records: Sequence[Record]) -> Iterable[RowChange]:
        last = {record.key or b"": record.value for record in records}
        for raw_key, value in last.items():
            if value is None:
                yield RowChange(table, decode_key(view, raw_key), None)
            else:
                row = decode(value)
                if row is not None:  # what a former version has written is written anew by this one
                    yield RowChange(table, row[:key], row)

    return read


def agreement_reader(codec: Codec) -> Reader:
    """Reads what figures ask of published agreements."""

    def read(records: Sequence[Record]) -> Iterable[RowChange]:
        for record in records:
            yield from changes(codec.decode(record.value, record.headers))

    def changes(envelope: Envelope) -> Iterable[RowChange]:
        fact = envelope.data
        if isinstance(fact, AgreementRetired):
            retired = (fact.name, fact.version)
            yield RowChange(RETIRED.name, retired, (*retired, instant_text(to_us(fact.retired_from))))
        if not isinstance(fact, AgreementPublished):
            return
        statuses = fact.document.get("statuses") or {}
        for place, (status, rules) in enumerate(statuses.items()):
            key = (fact.name, fact.version, place)
            yield RowChange(STATUSES.name, key, (*key, status, (rules or {}).get("means")))
        version = (fact.name, fact.version)
        yield RowChange(TERMS.name, version, (*version, (fact.document.get("accounts") or _ACCOUNTS)["score_cap"]))
        for clause in (fact.document.get("marketing_clauses") or {}).values():
            if "quarter" in clause:
                yield from _promise(fact, clause["quarter"], clause["qualified_leads"])
        yield from _pipeline(fact, instant_text(recorded_at(envelope)))
        yield from _teams(fact)

    return read


def _pipeline(fact: AgreementPublished, published_at: str) -> Iterable[RowChange]:
    key, part = (fact.name, fact.version), fact.document.get("pipeline") or {}
    says = tuple(part.get(name) for name in ("timezone", "currency", "year_begins"))
    written = part.get("paces") or {}
    paces = tuple(int(written[name].rstrip("%")) if name in written else None for name in ("green", "yellow"))
    since, is_conditional = instant_text(to_us(fact.effective_from)), fact.document.get("applies_to") is not None
    yield RowChange(PIPELINES.name, key, (*key, since, published_at, fact.priority, is_conditional, *says, *paces))
    for currency, rates in (part.get("rates") or {}).items():
        for each in rates:
            dated = (*key, currency, each["from"])
            yield RowChange(RATES.name, dated, (*dated, each["rate"]))
    for season in part.get("seasons") or ():
        begun, months = (*key, season["from"]), season.get("months") or (None,) * 3
        yield RowChange(SEASONS.name, begun, (*begun, *(share and int(share.rstrip("%")) for share in months)))
    for place, (stage, says_of_it) in enumerate((part.get("stages") or {}).items()):
        yield RowChange(STAGES.name, (*key, place), (*key, place, stage, says_of_it["forecast"]))


def _teams(fact: AgreementPublished) -> Iterable[RowChange]:
    pools = (fact.document.get("routing") or {}).get("pools") or {}
    members = [(each["name"], pool) for pool, part in pools.items() for each in part["members"]]
    for place, member in enumerate(members):
        key = (fact.name, fact.version, place)
        yield RowChange(TEAMS.name, key, (*key, *member))


def _promise(fact: AgreementPublished, quarter: str, promised: int) -> Iterable[RowChange]:
    for week, wanted in pace(quarter, promised):
        key = (fact.name, fact.version, quarter, week)
        yield RowChange(PROMISES.name, key, (*key, wanted, promised))


def progress_change(projection: Projection, said: Progress) -> RowChange:
    """Up to when a partition is complete; nothing of that is known of rows that an earlier edition has made."""
    known = said.complete_to if said.edition in (0, projection.edition) else ""
    return RowChange(projection.clock, (said.partition,), (said.partition, known or None))


def rebuild_change(projection: Projection, said: Progress) -> RowChange:
    """How far the rebuild of a partition is."""
    key = (projection.name, said.partition)
    facts = (said.edition, said.building, said.read, said.facts)
    return RowChange(REBUILDS.name, key, (*key, *facts, said.complete_to or None))


def beside(reader: Reader) -> Reader:
    """A reader whose changes are for the tables beside those it names."""
    return lambda records: (change._replace(table=next_name(change.table)) for change in reader(records))
