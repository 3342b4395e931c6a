"""Two groups that speak to one another: askers ask a desk, the desk serves one after the other, askers hear of it."""

import json
from typing import Any
from zlib import crc32

from engine.host import Program
from engine.ports import GroupSpec, Record, TopicSpec
from engine.recordtime import TASK_HEADER, TIME_HEADER
from engine.transaction import Transaction

ASKS, ASKED, ASK_STATE = "asks", "asked", "ask-state"
DESK, SERVED, DESK_STATE = "desk", "served", "desk-state"
DEAD = "dead"
ASKERS = GroupSpec("askers", (ASKS,), ASK_STATE, DEAD)
DESKS = GroupSpec("desks", (DESK,), DESK_STATE, DEAD)
State = dict[str, Any]


def desk_of(number: str, desks: int) -> str:
    """Which desk a question goes to."""
    return f"desk{crc32(number.encode()) % desks}"


class Speaking:
    """What both programs share."""

    def load(self, raw: bytes) -> State:
        return dict(json.loads(raw))

    def dump(self, state: State) -> bytes:
        return json.dumps(state, sort_keys=True).encode()

    async def prepare(self, until: int) -> None:
        pass

    def milestone(self, since: int) -> int | None:
        return None

    def sweep(self, txn: Transaction[State], key: bytes, at: int) -> None:
        raise AssertionError("it has no milestone")

    def finish(self, txn: Transaction[State]) -> None:
        pass

    @staticmethod
    def tell(txn: Transaction[State], topic: str, to: str, text: str, at: int) -> None:
        txn.forward(topic, to.encode(), text.encode(), [(TIME_HEADER, b"%d" % at), (TASK_HEADER, b"simulated")])


class Asker(Speaking):
    """Hears `ask N` from outside, perhaps twice, and asks a desk once; hears `served N turn at` from the desk."""

    def __init__(self, desks: int) -> None:
        self._desks = desks

    def decide(self, txn: Transaction[State], record: Record, at: int) -> None:
        key, text = record.key or b"", (record.value or b"").decode()
        what, number, *more = text.split()
        state = txn.get(key) or {"asked": [], "answered": []}
        if what == "ask":
            if number in state["asked"]:
                return
            state["asked"].append(number)
            txn.send(ASKED, key, f"asked {number}".encode())
            self.tell(txn, DESK, desk_of(number, self._desks), f"{key.decode()} {number}", at)
        else:
            state["answered"].append(number)
            txn.send(ASKED, key, f"answered {number} {' '.join(more)}".encode())
        txn.put(key, state, None)

    def wake(self, txn: Transaction[State], key: bytes, due: int) -> None:
        raise AssertionError("it has set no deadline")


class Clerk(Speaking):
    """Serves who asks, in turn; each takes so long, in microseconds, and the next is served when that has passed."""

    def __init__(self, takes: int) -> None:
        self._takes = takes

    def decide(self, txn: Transaction[State], record: Record, at: int) -> None:
        key = record.key or b""
        state = txn.get(key) or {"free": 0, "turn": 0, "waiting": []}
        state["waiting"].append((record.value or b"").decode())
        if state["free"] <= at and len(state["waiting"]) == 1:
            self._serve(txn, key, state, at)
        txn.put(key, state, state["free"] if state["waiting"] else None)

    def wake(self, txn: Transaction[State], key: bytes, due: int) -> None:
        state = txn.get(key)
        assert state is not None
        self._serve(txn, key, state, due)
        txn.put(key, state, state["free"] if state["waiting"] else None)

    def _serve(self, txn: Transaction[State], key: bytes, state: State, at: int) -> None:
        asker, number = state["waiting"].pop(0).split()
        state["turn"] += 1
        state["free"] = at + self._takes
        said = f"served {number} {state['turn']} {at}"
        txn.send(SERVED, key, f"{asker} {said}".encode())
        self.tell(txn, ASKS, asker, said, at)


def topics(partitions: int) -> list[TopicSpec]:
    """All topics of both."""
    plain = [TopicSpec(name, partitions) for name in (ASKS, ASKED, DESK, SERVED, DEAD)]
    return [*plain, *(TopicSpec(name, partitions, compacted=True) for name in (ASK_STATE, DESK_STATE))]


def programs(partitions: int, desks: int, takes: int) -> list[Program]:
    """Both programs."""
    return [
        Program(ASKERS, partitions, lambda _: Asker(desks)),
        Program(DESKS, partitions, lambda _: Clerk(takes)),
    ]
