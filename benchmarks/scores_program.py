"""The simple workload as a program of the engine."""

from collections.abc import Callable

import msgspec
import orjson

from benchmarks.scores import DEAD, EVENTS, OUT, TOTALS, State, scored
from engine.host import Program
from engine.ports import GroupSpec, Record
from engine.transaction import Transaction

GROUP = GroupSpec(name="scores", sources=(EVENTS,), changelog=TOTALS, dead_letters=DEAD)
load_state: Callable[[bytes], State] = msgspec.msgpack.Decoder(State).decode
dump_state = msgspec.msgpack.Encoder().encode


class ScoreProcessor:
    """Implements `engine.ports.Processor`; nothing happens by the passing of time."""

    def load(self, raw: bytes) -> State:
        return load_state(raw)

    def dump(self, state: State) -> bytes:
        return dump_state(state)

    async def prepare(self, until: int) -> None: ...

    def decide(self, txn: Transaction[State], record: Record, at: int) -> None:
        assert record.key is not None
        assert record.value is not None
        state, told = scored(txn.get(record.key), orjson.loads(record.value))
        txn.put(record.key, state, None)
        txn.send(OUT, record.key, told)

    def wake(self, txn: Transaction[State], key: bytes, due: int) -> None: ...

    def milestone(self, since: int) -> int | None:
        return None

    def sweep(self, txn: Transaction[State], key: bytes, at: int) -> None: ...

    def finish(self, txn: Transaction[State]) -> None: ...


def score_program(partitions: int) -> Program:
    """The task group of the simple workload."""
    return Program(GROUP, partitions, lambda _partition: ScoreProcessor())
