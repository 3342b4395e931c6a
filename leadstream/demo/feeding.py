"""Puts the simulated company's agreement and traffic into a log."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from itertools import islice

from engine.partitioning import partition_of
from engine.ports import EventLog, NewRecord
from engine.recordtime import TIME_HEADER
from events.topics import INBOX_OF, LEAD_INBOX
from leadstream.agreements import request_publication
from leadstream.demo.company import Arrival
from streams.agreement.load import load

WEEK_AGREEMENT = "agreement.yaml"
LIVE_AGREEMENT = "live.yaml"
_CHUNK = 2000


@dataclass(slots=True)
class Fed:
    """What was put into the inbox.

    Attributes:
        records: how many records.
        leads: keys of the leads they are about.
    """

    records: int
    leads: set[bytes]


def agreement_text(name: str) -> str:
    """The YAML of one of the demo's agreements, as it lies in the package."""
    return files("leadstream.demo").joinpath(name).read_text("utf-8")


async def publish_agreement(log: EventLog, text: str) -> str:
    """Have an agreement published before the first lead, and give its name.

    Raises:
        RuntimeError: it was refused.
    """
    document = load(text)
    answer = await request_publication(log, document, None)
    if not answer.accepted:
        raise RuntimeError(f"the demo's agreement was refused ({answer.reason}): {'; '.join(answer.missing)}")
    return document.agreement


async def feed(log: EventLog, partitions: int, arrivals: Iterable[Arrival], *, history: bool) -> Fed:
    """Append arrivals to the inboxes, each in the partition of whom it is about, in their order.

    Args:
        log: the log.
        partitions: partition count of the inbox.
        arrivals: in order of arrival.
        history: they arrived in the past, and say so in their header; else they arrive now.
    """
    fed, rest = Fed(0, set()), iter(arrivals)
    while chunk := list(islice(rest, _CHUNK)):
        batches: defaultdict[tuple[str, int], list[NewRecord]] = defaultdict(list)
        for arrival in chunk:
            headers = [(TIME_HEADER, b"%d" % arrival.at)] if history else []
            inbox = LEAD_INBOX if arrival.envelope is None else INBOX_OF[type(arrival.envelope.data)]
            place = (inbox, partition_of(arrival.key, partitions))
            batches[place].append(NewRecord(arrival.key, arrival.value, headers))
            if inbox == LEAD_INBOX:
                fed.leads.add(arrival.key)
        await log.append(batches)
        fed.records += len(chunk)
    return fed
