"""Rows of imported files that were dead letters, tried again by a mapping that was mended."""

from pathlib import Path

import msgspec

from engine.letters import Outcome
from engine.ports import EventLog, Record
from engine.recordtime import TOLERANCE, header
from events.codec import Codec
from leadstream.clock import now_us
from leadstream.importing import MappingError, load_mapping
from leadstream.importing.loading import recorded
from leadstream.importing.refused import detail_of
from leadstream.importing.retrying import HowRead, RetryError, StillRefusedError, once_more
from leadstream.letter_lives import tell
from leadstream.letters import said
from leadstream.publishing import publish

RETRY = "retry"
"""What tries a letter again, in its life."""
_KEY = "key"


class NotRetried(Exception):
    """A letter became nothing; says why, in one line.

    Attributes:
        refusal: field and detail, where it was tried and refused again; None where it was not tried.
    """

    def __init__(self, why: str, refusal: tuple[str, str] | None = None) -> None:
        super().__init__(why)
        self.refusal = refusal


async def row_once_more(
    log: EventLog, partitions: int, letter: str, record: Record, mapping: Path | None, *, secret: bytes
) -> str:
    """What became of the row in a letter.

    Args:
        log: takes its facts, and then that they mended the letter: what dies between the two is tried again.
        partitions: of the inboxes.
        letter: id of the letter.
        record: the letter itself.
        mapping: the mended mapping's file; None where none was named.
        secret: the deployment's key for hashes of personal keys.

    Raises:
        NotRetried: it became nothing.
    """
    where = f"{letter} is a row of the file {said(record, 'file')}"
    how = header(record.headers, "dlq.read")
    if how is None:
        raise NotRetried(f"{where} and is not kept whole: mend the mapping or the row and import again")
    if said(record, "field") == _KEY:
        raise NotRetried(f"{where} with a key that is blank or another row's: mend the file and import again")
    if mapping is None:
        raise NotRetried(f"{where}: name the mended mapping with --mapping, or mend the row and import again")
    try:
        facts = once_more(
            load_mapping(mapping),
            msgspec.json.decode(how, type=HowRead),
            int(said(record, "row") or 1),
            record.value or b"",
            said(record, "file"),
            until=now_us() + TOLERANCE,
            secret=secret,
        )
    except MappingError as exc:
        raise NotRetried(str(exc).splitlines()[0]) from exc
    except StillRefusedError as exc:
        raise NotRetried(f"{letter}: {exc}", (exc.dead.field, detail_of(exc.dead))) from exc
    except (RetryError, msgspec.MsgspecError) as exc:
        raise NotRetried(f"{letter}: {exc}") from exc
    codec = Codec()
    await publish(log, partitions, [recorded(fact, codec, as_happened=False) for fact in facts])
    await tell(log, [Outcome(letter, "mended", RETRY)])
    return f"{letter} is translated, {len(facts)} facts are in the inboxes"
