"""Rows of imported files that were dead letters, tried again by a mapping that was mended."""

from pathlib import Path

import msgspec

from engine.partitioning import partition_of
from engine.ports import NewRecord, Record
from engine.recordtime import TOLERANCE, header
from events.codec import Codec
from events.topics import INBOX_OF
from leadstream.clock import now_us
from leadstream.deployment import opened, partition_count
from leadstream.importing import MappingError, load_mapping
from leadstream.importing.loading import new_record
from leadstream.importing.retrying import HowRead, RetryError, once_more
from leadstream.settings import Settings

_KEY = "key"


class NotRetried(Exception):
    """A letter became nothing; says why, in one line."""


def _text(record: Record, name: str) -> str:
    return (header(record.headers, f"dlq.{name}") or b"").decode(errors="replace")


async def row_once_more(settings: Settings, letter: str, record: Record, mapping: Path | None) -> str:
    """What became of the row in a letter.

    Raises:
        NotRetried: it became nothing.
    """
    where = f"{letter} is a row of the file {_text(record, 'file')}"
    how = header(record.headers, "dlq.read")
    if how is None:
        raise NotRetried(f"{where} and is not kept whole: mend the mapping or the row and import again")
    if _text(record, "field") == _KEY:
        raise NotRetried(f"{where} with a key that is blank or another row's: mend the file and import again")
    if mapping is None:
        raise NotRetried(f"{where}: name the mended mapping with --mapping, or mend the row and import again")
    try:
        facts = once_more(
            load_mapping(mapping),
            msgspec.json.decode(how, type=HowRead),
            int(_text(record, "row") or 1),
            record.value or b"",
            _text(record, "file"),
            until=now_us() + TOLERANCE,
            secret=settings.secret.encode(),
        )
    except MappingError as exc:
        raise NotRetried(str(exc).splitlines()[0]) from exc
    except (RetryError, msgspec.MsgspecError) as exc:
        raise NotRetried(f"{letter}: {exc}") from exc
    codec = Codec()
    async with opened(settings) as log:
        partitions = await partition_count(log)
        batches: dict[tuple[str, int], list[NewRecord]] = {}
        for fact in facts:
            made = new_record(fact, codec, as_happened=False)
            place = (INBOX_OF[type(fact.fact)], partition_of(made.key or b"", partitions))
            batches.setdefault(place, []).append(made)
        if batches:
            await log.append(batches)
    return f"{letter} is translated, {len(facts)} facts are in the inboxes"
