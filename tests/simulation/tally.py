"""Small programs without leads: what they say depends on every record, its order, its time, and on each deadline."""

from collections.abc import Sequence
from zlib import crc32

from typing_extensions import override

from engine.host import Program
from engine.ports import GroupSpec, Record, TopicSpec
from engine.transaction import Transaction

IN, SECOND_IN, OUT, BESIDE, STATE, DEAD = "in", "second", "out", "beside", "state", "dead"
TOTALS, TOTALS_STATE = "totals", "totals-state"
TALLY = GroupSpec("tally", (IN,), STATE, DEAD)
PAIR = GroupSpec("pair", (IN, SECOND_IN), STATE, DEAD)
TOTAL = GroupSpec("total", (OUT,), TOTALS_STATE, DEAD)
AGAIN = 7_000_000
"""A deadline that fired comes once more after so long, in microseconds."""

State = list[int]
"""Records counted, their checksum in order, deadlines fired, the milestone swept last."""


class Counting:
    """What the programs share: a state of whole numbers."""

    def load(self, raw: bytes) -> State:
        return [int(one) for one in raw.split()]

    def dump(self, state: State) -> bytes:
        return b" ".join(b"%d" % one for one in state)

    async def prepare(self, until: int) -> None:
        pass

    def decide(self, txn: Transaction[State], record: Record, at: int) -> None:
        raise NotImplementedError

    def wake(self, txn: Transaction[State], key: bytes, due: int) -> None:
        raise AssertionError("it has set no deadline")

    def milestone(self, since: int) -> int | None:
        return None

    def sweep(self, txn: Transaction[State], key: bytes, at: int) -> None:
        raise AssertionError("it has no milestone")

    def finish(self, txn: Transaction[State]) -> None:
        pass


class Tally(Counting):
    """Records say "number order argument": `due` sets a deadline so much later, `stop` clears it, `gone` forgets the
    key, `beside` speaks to another partition as well, `add` does nothing more.
    """

    def __init__(self, milestones: Sequence[int]) -> None:
        self._milestones = milestones

    @override
    def decide(self, txn: Transaction[State], record: Record, at: int) -> None:
        key, value = record.key or b"", record.value or b""
        number, order, argument = value.split()
        if order == b"gone":
            txn.delete(key)
            txn.send(OUT, key, b"%s gone" % number)
            return
        state = txn.get(key) or [0, 0, 0, 0]
        state[0] += 1
        state[1] = crc32(value, state[1])
        wake = txn.wake_of(key)
        if order == b"due":
            wake = txn.time + int(argument)
        elif order == b"stop":
            wake = None
        elif order == b"beside":
            to = (txn.partition + int(argument)) % txn.partitions
            txn.send_to(BESIDE, to, key, b"%d %s %d" % (txn.partition, number, state[0]))
        txn.send(OUT, key, b"%s %d %d" % (number, state[0], state[1]), [("ls-time", b"%d" % at)])
        txn.put(key, state, wake)

    @override
    def wake(self, txn: Transaction[State], key: bytes, due: int) -> None:
        state = txn.get(key)
        assert state is not None
        state[2] += 1
        txn.send(OUT, key, b"wake %d %d %d" % (due, state[0], state[2]))
        txn.put(key, state, due + AGAIN if state[2] % 2 else None)

    @override
    def milestone(self, since: int) -> int | None:
        return next((at for at in self._milestones if at >= since), None)

    @override
    def sweep(self, txn: Transaction[State], key: bytes, at: int) -> None:
        state = txn.get(key)
        if state is not None and state[3] < at:
            state[3] = at
            txn.send(OUT, key, b"sweep %d %d" % (at, state[0]))
            txn.put(key, state, txn.wake_of(key))


class Total(Counting):
    """Counts what `Tally` said of a key."""

    @override
    def decide(self, txn: Transaction[State], record: Record, at: int) -> None:
        key = record.key or b""
        state = txn.get(key) or [0, 0]
        state[0] += 1
        state[1] = crc32(record.value or b"", state[1])
        txn.send(TOTALS, key, b"%d %d" % (state[0], state[1]))
        txn.put(key, state, None)


class Pair(Counting):
    """Counts each of two sources; a record says "number source"."""

    @override
    def decide(self, txn: Transaction[State], record: Record, at: int) -> None:
        key, value = record.key or b"", record.value or b""
        _, source = value.split()
        state = txn.get(key) or [0, 0, 0, 0]
        first = 0 if source == IN.encode() else 2
        state[first] += 1
        state[first + 1] = crc32(value, state[first + 1])
        txn.send(OUT, key, b"%s %d %d" % (source, state[first], state[first + 1]))
        txn.put(key, state, None)


def topics(partitions: int) -> list[TopicSpec]:
    """All topics of all programs here."""
    plain = [TopicSpec(name, partitions) for name in (IN, SECOND_IN, OUT, BESIDE, TOTALS, DEAD)]
    return [*plain, *(TopicSpec(name, partitions, compacted=True) for name in (STATE, TOTALS_STATE))]


def programs(shape: str, partitions: int, milestones: Sequence[int]) -> list[Program]:
    """The programs of a shape."""
    if shape == "pair":
        return [Program(PAIR, partitions, lambda _: Pair())]
    found = [Program(TALLY, partitions, lambda _: Tally(milestones))]
    return [*found, Program(TOTAL, partitions, lambda _: Total())] if shape == "chain" else found
