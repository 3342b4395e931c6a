"""A process of its own that appends: `appender.py FILE NAME COUNT [SIZE]`. Says "ready", then appends as told.

Each append is one transaction over both partitions of topic "t": two records in the first, one in the second, all
named NAME:number. Says "did number" when it is durable. COUNT 0 goes on until killed.
"""

import asyncio
import itertools
import sys
import time

from engine.ports import NewRecord
from engine.sqlite.log import SqliteLog


async def main(path: str, name: str, count: int, size: int) -> None:
    log = SqliteLog(path, clock=lambda: time.time_ns() // 1000, owner=name)
    await log.start()
    print("ready", flush=True)
    for number in itertools.islice(itertools.count(), count or None):
        what = f"{name}:{number}".encode()
        records = [NewRecord(what, b"x" * size), NewRecord(what, b"y" * size)]
        await log.append({("t", 0): records, ("t", 1): [NewRecord(what, b"z" * size)]})
        print(f"did {number}", flush=True)
    await log.stop()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int((sys.argv[4:] or ["100"])[0])))
