"""Two groups that speak to one another, and a twin that decides one thing at a time, without partitions or a log."""

import json
from bisect import insort
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from zlib import crc32

from engine.host import Program
from engine.ports import EventLog, GroupSpec, NewRecord, Record, TopicSpec
from engine.reading import records_of
from engine.transaction import Transaction

PING = GroupSpec("ping", ("ping-in",), "ping-state", "dead")
PONG = GroupSpec("pong", ("pong-in",), "pong-state", "dead")
GROUPS = (PING, PONG)
OTHER = {"ping": PONG, "pong": PING}


class Said(NamedTuple):
    """What comes of something: a line for the group's own log, what others are told (group, key, text), a deadline."""

    line: str
    told: list[tuple[GroupSpec, str, str]]
    wake: int | None


def heard(group: str, key: str, state: list[Any], text: str, at: int) -> Said:
    """A key hears `name hops wait`: it remembers it, passes it on while there are hops, and asks to be woken."""
    name, hops, wait = text.split()
    state[0].append(f"{name}@{at}")
    wake = at + int(wait) if int(wait) else state[1]
    state[1] = wake
    told = []
    if int(hops):
        to = OTHER[group] if int(hops) % 3 else next(each for each in GROUPS if each.name == group)
        whom = f"k{crc32(f'{key} {name} {len(state[0])}'.encode()) % 4}"
        told = [(to, whom, f"{name} {int(hops) - 1} {wait}")]
    return Said(f"{at} heard {text} as {len(state[0])}", told, wake)


def woken(group: str, key: str, state: list[Any], due: int) -> Said:
    """A key's deadline has passed: it tells the other group, how much it has heard."""
    state[1] = None
    return Said(f"{due} woken", [(OTHER[group], key, f"w{key}{len(state[0])} {len(state[0]) % 3} 0")], None)


def swept(group: str, key: str, state: list[Any], at: int) -> Said | None:
    """A milestone passes a key: it says so once; one that is new knows already."""
    if f"swept@{at}" in state[0] or state[0][0].endswith(f"@{at}"):
        return None
    state[0].append(f"swept@{at}")
    return Said(f"{at} swept", [(OTHER[group], key, f"s{key} 1 0")] if len(state[0]) % 2 else [], state[1])


class Player:
    """The program of one task."""

    def __init__(self, group: GroupSpec, milestones: Sequence[int], failing: Callable[[], None]) -> None:
        self.group, self.milestones, self.failing = group, sorted(milestones), failing

    def load(self, raw: bytes) -> list[Any]:
        return list(json.loads(raw))

    def dump(self, state: list[Any]) -> bytes:
        return json.dumps(state).encode()

    async def prepare(self, until: int) -> None: ...

    def decide(self, txn: Transaction[list[Any]], record: Record, at: int) -> None:
        self.failing()
        key = (record.key or b"").decode()
        state = txn.get(key.encode()) or [[], None]
        self._say(txn, key, state, heard(self.group.name, key, state, (record.value or b"").decode(), at), at)

    def wake(self, txn: Transaction[list[Any]], key: bytes, due: int) -> None:
        self.failing()
        state = txn.get(key)
        assert state is not None
        self._say(txn, key.decode(), state, woken(self.group.name, key.decode(), state, due), due)

    def milestone(self, since: int) -> int | None:
        return next((at for at in self.milestones if at >= since), None)

    def sweep(self, txn: Transaction[list[Any]], key: bytes, at: int) -> None:
        self.failing()
        state = txn.get(key)
        assert state is not None
        said = swept(self.group.name, key.decode(), state, at)
        if said is not None:
            self._say(txn, key.decode(), state, said, at)

    def finish(self, txn: Transaction[list[Any]]) -> None:
        self.failing()

    def _say(self, txn: Transaction[list[Any]], key: str, state: list[Any], said: Said, at: int) -> None:
        txn.send(f"{self.group.name}-out", key.encode(), said.line.encode())
        for group, whom, text in said.told:
            txn.forward(group.sources[0], whom.encode(), text.encode(), [("ls-time", b"%d" % at)])
        txn.put(key.encode(), state, said.wake)


def topics(partitions: int) -> list[TopicSpec]:
    plain = [TopicSpec(name, partitions) for name in ("ping-in", "pong-in", "ping-out", "pong-out", "dead")]
    return [*plain, *(TopicSpec(group.changelog, partitions, compacted=True) for group in GROUPS)]


def programs(
    partitions: int, milestones: Sequence[int] = (), failing: Callable[[], None] = lambda: None
) -> list[Program]:
    return [Program(group, partitions, lambda _, one=group: Player(one, milestones, failing)) for group in GROUPS]  # type: ignore[misc]


class Sent(NamedTuple):
    """What comes from outside."""

    at: int
    group: int
    key: int
    hops: int
    wait: int

    @property
    def topic(self) -> str:
        return GROUPS[self.group].sources[0]

    def record(self, number: int) -> NewRecord:
        headers = [("ls-time", b"%d" % self.at)]
        return NewRecord(b"k%d" % self.key, f"n{number} {self.hops} {self.wait}".encode(), headers)


async def said(log: EventLog, partitions: int) -> dict[str, list[str]]:
    """What each key of each group has said, in order."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for group in GROUPS:
        for partition in range(partitions):
            async for record in records_of(log, f"{group.name}-out", partition):
                found[f"{group.name} {(record.key or b'').decode()}"].append((record.value or b"").decode())
    return dict(found)


def twin(sent: Sequence[Sent], milestones: Sequence[int], until: int) -> dict[str, list[str]]:
    """The same, decided one thing at a time: always the first of all that is there."""
    names = {group.sources[0]: group.name for group in GROUPS}
    coming: list[tuple[int, str, str, int, str]] = []
    for number, one in enumerate(sent):
        coming.append((one.at, one.topic, f"k{one.key}", number, (one.record(number).value or b"").decode()))
    coming.sort()
    count, end = len(coming), max([until, *(one.at for one in sent)])
    states: dict[tuple[str, str], list[Any]] = {}
    found: defaultdict[str, list[str]] = defaultdict(list)
    late: dict[tuple[str, str], int] = {}
    ways = [(at, name, list[str]()) for at in sorted(set(milestones)) for name in ("ping", "pong")]
    begun: set[tuple[int, str]] = set()

    def say(group: str, key: str, what: Said, at: int) -> None:
        nonlocal count
        late[group, key] = at
        found[f"{group} {key}"].append(what.line)
        for to, whom, text in what.told:
            count += 1
            insort(coming, (at, to.sources[0], whom, count, text))

    while True:
        dues = [
            (max(state[1], late[place]), 1, place[0], place[1], state[1])
            for place, state in states.items()
            if state[1] is not None
        ]
        sweeps = [(at, 0, name, keys[0] if (at, name) in begun else "", at) for at, name, keys in ways
                  if keys or (at, name) not in begun]  # fmt: skip
        due = min([*dues, *sweeps], default=None)
        if coming and (due is None or coming[0][0] <= due[0]):
            at, topic, key, _, text = coming.pop(0)
            group = names[topic]
            state = states.setdefault((group, key), [[], None])
            say(group, key, heard(group, key, state, text, at), at)
        elif due is not None and (coming or due[4] < end):
            at, what, group, key, instant = due
            if what:
                say(group, key, woken(group, key, states[group, key], instant), instant)
                continue
            way = next(keys for one, name, keys in ways if (one, name) == (instant, group))
            if (instant, group) not in begun:
                begun.add((instant, group))
                way += sorted(key for name, key in states if name == group)
            else:
                passed = swept(group, way[0], states[group, way.pop(0)], instant)
                if passed is not None:
                    say(group, key, passed, instant)
        else:
            return dict(found)
