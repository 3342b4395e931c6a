"""A program that publishes the same facts whenever it is started, and tells of each that is in the log.

python publishing.py COUNT [ADDRESS]
"""

import asyncio
import sys
from datetime import UTC, datetime, timedelta

from leadstream import Pace, Publisher
from leadstream.facts import LeadTouched

SOURCE, LEADS, AT_ONCE = "/web", 20, 40
FIRST = datetime(2026, 1, 5, 9, tzinfo=UTC)


def fact(number: int) -> LeadTouched:
    return LeadTouched(channel="website", kind="visited", direction="inbound", asset=f"page-{number}")


async def publish(publisher: Publisher, number: int) -> None:
    at = FIRST + timedelta(seconds=number)
    receipt = await publisher.publish(
        fact(number), subject=f"lead-{number % LEADS}", natural_key=f"visit-{number}", time=at
    )
    print(number, receipt.outcome, receipt.id, flush=True)


async def main(count: int, address: str | None) -> None:
    async with Publisher(address, source=SOURCE, pace=Pace(batch=7, longest_pause=0.5)) as publisher:
        for first in range(0, count, AT_ONCE):
            await asyncio.gather(*(publish(publisher, number) for number in range(first, min(first + AT_ONCE, count))))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None))
