"""What the workers under fire run: a chained ledger with deadlines, and a view that is folded from what it says.

A record is `N touch`, `N arm MILLISECONDS` or `N disarm`. The ledger answers each with a line that holds the digest of
all its key has seen, so one record more, less or out of place changes every line after it.
"""

import hashlib
from typing import NamedTuple

from engine.host import Program
from engine.ports import GroupSpec, Record, TopicSpec
from engine.transaction import Transaction

PARTITIONS = 4
IN, OUT, VIEW, DEAD = "in", "out", "view", "dead"
LEDGER = GroupSpec("ledger", (IN,), "ledger-state", DEAD)
TALLY = GroupSpec("tally", (OUT,), "tally-state", DEAD)
TOPICS = [
    *(TopicSpec(name, PARTITIONS) for name in (IN, OUT, DEAD)),
    *(TopicSpec(name, PARTITIONS, compacted=True) for name in (VIEW, LEDGER.changelog, TALLY.changelog)),
]


class Page(NamedTuple):
    """What the ledger knows of a key: records seen, deadlines fired, digest of all it has seen."""

    seen: int = 0
    fired: int = 0
    digest: str = ""


class Ledger:
    """Implements `engine.ports.Processor`."""

    def load(self, raw: bytes) -> Page:
        seen, fired, digest = raw.decode().split(" ")
        return Page(int(seen), int(fired), digest)

    def dump(self, state: Page) -> bytes:
        return " ".join(map(str, state)).encode()

    async def prepare(self, until: int) -> None:
        pass

    def decide(self, txn: Transaction[Page], record: Record, at: int) -> None:
        key, value = record.key or b"", (record.value or b"").decode()
        old = txn.get(key) or Page()
        page = Page(old.seen + 1, old.fired, chained(old.digest, value))
        wake, (number, what, *rest) = txn.wake_of(key), value.split(" ")
        if what == "arm":
            wake = at + int(rest[0]) * 1000
        elif what == "disarm":
            wake = None
        txn.put(key, page, wake)
        txn.send(OUT, key, f"{number} {page.seen} {page.digest}".encode())

    def wake(self, txn: Transaction[Page], key: bytes, due: int) -> None:
        old = txn.get(key)
        assert old is not None
        page = Page(old.seen, old.fired + 1, chained(old.digest, f"fired {due}"))
        txn.put(key, page, None)
        txn.send(OUT, key, f"fired {due} {page.fired} {page.digest}".encode())

    def milestone(self, since: int) -> int | None:
        return None

    def sweep(self, txn: Transaction[Page], key: bytes, at: int) -> None:
        pass

    def finish(self, txn: Transaction[Page]) -> None:
        pass


class Tally:
    """Rows per key: how many lines the ledger has told, how many of them fired, the last one."""

    def load(self, raw: bytes) -> tuple[int, int]:
        lines, fired = raw.decode().split(" ")
        return int(lines), int(fired)

    def dump(self, state: tuple[int, int]) -> bytes:
        return "{} {}".format(*state).encode()

    async def prepare(self, until: int) -> None:
        pass

    def decide(self, txn: Transaction[tuple[int, int]], record: Record, at: int) -> None:
        key, value = record.key or b"", record.value or b""
        lines, fired = txn.get(key) or (0, 0)
        lines, fired = lines + 1, fired + value.startswith(b"fired")
        txn.put(key, (lines, fired), None)
        txn.send(VIEW, key, b"%d %d %s" % (lines, fired, value))

    def wake(self, txn: Transaction[tuple[int, int]], key: bytes, due: int) -> None:
        pass

    def milestone(self, since: int) -> int | None:
        return None

    def sweep(self, txn: Transaction[tuple[int, int]], key: bytes, at: int) -> None:
        pass

    def finish(self, txn: Transaction[tuple[int, int]]) -> None:
        pass


def chained(digest: str, value: str) -> str:
    return hashlib.sha256(f"{digest}/{value}".encode()).hexdigest()[:24]


def programs() -> list[Program]:
    return [Program(LEDGER, PARTITIONS, lambda _: Ledger()), Program(TALLY, PARTITIONS, lambda _: Tally())]
