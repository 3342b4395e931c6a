"""From what a vendor announced to what is read, and from a page to what goes into the log. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from engine.ports import NewRecord, Record
from events.codec import Codec
from leadstream.connectors.port import Raw
from leadstream.fetching import desk
from leadstream.fetching.configured import Feed, Fetch
from leadstream.fetching.desk import Changes, Kept, Standing, Want
from leadstream.fetching.port import Page
from leadstream.intake.sources import Source
from leadstream.intake.taking import NotKept, batches, read, taken


class Step(NamedTuple):
    """What one transaction of a fetcher writes.

    Attributes:
        outputs: records by topic and partition: the page as it came, and what it tells.
        changes: of what is remembered.
    """

    outputs: Mapping[tuple[str, int], Sequence[NewRecord]]
    changes: Changes


def wanted_in(source: Source, fetch: Fetch, partition: int, records: Iterable[Record], codec: Codec) -> Changes:
    """What kept requests want read. A later one for the same thing takes the place of an earlier one."""
    changes: Changes = {}
    prefix = f"{source.connector.name}:".encode()
    for record in records:
        if not (record.key or b"").startswith(prefix):
            continue
        try:
            raw = read(record.value)
        except NotKept:
            continue
        if raw.endpoint == source.name and raw.connector == source.connector.name:
            want = Want(raw.received_at, f"{partition}-{record.offset}")
            for each in taken(source, raw, codec).wanted:
                for feed in _feeds(fetch, each.kind, each.id):
                    changes |= desk.wanted(source.name, feed, want)
    return changes


def _feeds(fetch: Fetch, kind: str, identity: str) -> tuple[Feed, ...]:
    known = fetch.kind(kind)
    if known is None:
        return ()
    return fetch.feeds if known.all_feeds else (Feed(kind, known.key(identity)),)


def step(
    source: Source,
    page: Page,
    before: Mapping[Feed, Want | None],
    standing: Standing,
    watches: Mapping[Feed, Kept],
    *,
    now: int,
    partitions: int,
    codec: Codec,
) -> Step:
    """What a page leaves behind.

    Args:
        source: the way in.
        page: the page.
        before: what was read, each with the want as it is now.
        standing: where the reading stood, if it was of a list.
        watches: those of the way in.
        now: the time, microseconds.
        partitions: of the inboxes.
        codec: encodes facts.
    """
    outputs: dict[tuple[str, int], Sequence[NewRecord]] = {}
    translating = source.translating(page.connector) if page.body else None
    if translating is not None:
        raw = Raw(
            connector=page.connector,
            endpoint=source.name,
            received_at=now,
            method="GET",
            path=page.path,
            body=page.body,
        )
        outputs.update(batches(taken(translating, raw, codec), partitions))
    changes: Changes = {}
    for feed, want in before.items():
        begun = standing.begun if standing.begun is not None else (want.place if want is not None else "")
        after = Standing(page.cursor, begun if page.more else None)
        if after != standing:
            changes |= desk.stands(source.name, feed, after)
        if want is not None and not page.more and want.place == begun:
            changes |= desk.wanted(source.name, feed, None)
    for feed in lapsed(page, watches):
        changes |= desk.kept(source.name, feed, None)
    return Step(outputs, changes)


def lapsed(page: Page, watches: Mapping[Feed, Kept]) -> list[Feed]:
    """The lists that are not watched any more, by what a page says."""
    return [feed for feed, kept in watches.items() if kept.watched.id and kept.watched.id in page.lapsed]
