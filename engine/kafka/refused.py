"""After a broker has refused a batch as too large: learn the limit as it is now, and say which record it was."""

from aiokafka.errors import MessageSizeTooLargeError, RecordListTooLargeError

from engine.errors import RecordTooLarge
from engine.kafka.batches import Rows, size_of
from engine.kafka.catalog import Catalog


async def refused(catalog: Catalog, records: Rows, exc: BaseException) -> None:
    """Raise `RecordTooLarge` if that is why the broker refused; return otherwise.

    A batch can be refused though each of its records would fit, when a limit was lowered meanwhile. Then nothing is
    raised here: the limit has been learnt, and the next attempt makes smaller batches.

    Raises:
        RecordTooLarge: a record exceeds what its topic takes now.
    """
    if not isinstance(exc, MessageSizeTooLargeError | RecordListTooLargeError):
        return
    await catalog.learn_again(sorted({topic for topic, _ in records}))
    for (topic, partition), rows in records.items():
        record = max(rows, key=size_of)  # rows are never empty here
        size, limit = size_of(record), catalog.specs[topic].max_record_bytes
        if size > limit:
            raise RecordTooLarge(topic, size, limit, partition=partition, key=record.key) from exc
