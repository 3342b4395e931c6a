"""Records that came to another subject's partition: they are handed on to their own."""

from typing import Any

from engine.ports import Record
from engine.recordtime import TASK_HEADER, TIME_HEADER
from engine.transaction import Transaction
from events.topics import INBOX_RECORD_BYTES


def forward_stray(txn: Transaction[Any], inbox: str, key: bytes, record: Record, at: int) -> None:
    """Hand a record that came to the wrong partition to its own, with its record time.

    What the headers make too large for the inbox becomes a dead letter `too_large`.

    Args:
        txn: the transaction.
        inbox: the topic it came by, and goes by.
        key: the subject that it is about.
        record: as it came.
        at: its record time, microseconds.
    """
    kept = [(name, value) for name, value in record.headers if name not in (TIME_HEADER, TASK_HEADER)]
    headers = [*kept, (TIME_HEADER, b"%d" % at), (TASK_HEADER, b"forwarded")]
    size = len(key) + len(record.value or b"") + sum(len(name) + len(value or b"") for name, value in headers)
    if size > INBOX_RECORD_BYTES:
        detail = f"came to another subject's partition and is too large to be forwarded ({size} bytes)"
        txn.dead_letter(record, inbox, "too_large", detail)
    else:
        txn.forward(inbox, key, record.value, headers)
