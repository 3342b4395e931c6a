"""What `tally` has to say and to keep, counted from the raw input, partition by partition, without the engine."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from zlib import crc32

TOLERANCE = 60_000_000


class Came(NamedTuple):
    """A record of an inbox, with the time it claims, if it claims one."""

    offset: int
    stamp: int
    key: bytes
    value: bytes
    claim: bytes | None


@dataclass
class Expected:
    """Of one partition."""

    said: list[tuple[bytes, bytes]] = field(default_factory=list)
    beside: list[tuple[int, bytes, bytes]] = field(default_factory=list)
    dead: list[int] = field(default_factory=list)
    states: dict[bytes, list[int]] = field(default_factory=dict)
    due: dict[bytes, int] = field(default_factory=dict)


def expected(
    partition: int, partitions: int, came: Iterable[Came], milestones: Sequence[int], end: int, again: int
) -> Expected:
    """Everything one partition leads to, if time passes until `end`."""
    one, time = Expected(), 0
    left = sorted(milestones)
    for record in came:
        at = _time_of(record)
        if at is None:
            one.dead.append(record.offset)
            continue
        if at > time:
            left = _pass(one, left, at, again)
            time = at
        _take(one, record, partition, partitions, time)
    _pass(one, left, end, again)
    return one


def _time_of(record: Came) -> int | None:
    if record.claim is None:
        return record.stamp
    if not record.claim.isdigit() or int(record.claim) > record.stamp + TOLERANCE:
        return None
    return int(record.claim)


def _pass(one: Expected, left: list[int], to: int, again: int) -> list[int]:
    """Everything that is due before an instant happens, in order of time; milestones come before deadlines."""
    while True:
        coming = [(at, 0, b"") for at in left[:1]] + [(at, 1, key) for key, at in one.due.items()]
        at, kind, key = min(coming, default=(to, 0, b""))
        if at >= to:
            return left
        if kind == 0:
            left = left[1:]
            for each in sorted(one.states):
                one.states[each][3] = at
                one.said.append((each, b"sweep %d %d" % (at, one.states[each][0])))
        else:
            state = one.states[key]
            state[2] += 1
            one.said.append((key, b"wake %d %d %d" % (at, state[0], state[2])))
            del one.due[key]
            if state[2] % 2:
                one.due[key] = at + again


def _take(one: Expected, record: Came, partition: int, partitions: int, time: int) -> None:
    key = record.key
    number, order, argument = record.value.split()
    if order == b"gone":
        one.states.pop(key, None)
        one.due.pop(key, None)
        one.said.append((key, number + b" gone"))
        return
    state = one.states.setdefault(key, [0, 0, 0, 0])
    state[0], state[1] = state[0] + 1, crc32(record.value, state[1])
    if order == b"due":
        one.due[key] = time + int(argument)
    elif order == b"stop":
        one.due.pop(key, None)
    elif order == b"beside":
        to = (partition + int(argument)) % partitions
        one.beside.append((to, key, b"%d %s %d" % (partition, number, state[0])))
    one.said.append((key, b"%s %d %d" % (number, state[0], state[1])))


def totals(said: Iterable[tuple[bytes, bytes]]) -> tuple[list[tuple[bytes, bytes]], dict[bytes, list[int]]]:
    """What the second group says of what the first one said, and its states."""
    states: dict[bytes, list[int]] = {}
    found = []
    for key, value in said:
        state = states.setdefault(key, [0, 0])
        state[0], state[1] = state[0] + 1, crc32(value, state[1])
        found.append((key, b"%d %d" % (state[0], state[1])))
    return found, states


def pairs(
    first: Iterable[Came], second: Iterable[Came]
) -> tuple[list[list[tuple[bytes, bytes]]], dict[bytes, list[int]]]:
    """What is said of each of two sources, in its order, and the states."""
    states: dict[bytes, list[int]] = {}
    found: list[list[tuple[bytes, bytes]]] = [[], []]
    for place, came in enumerate((first, second)):
        for record in came:
            state = states.setdefault(record.key, [0, 0, 0, 0])
            state[2 * place] += 1
            state[2 * place + 1] = crc32(record.value, state[2 * place + 1])
            source = record.value.split()[1]
            found[place].append((record.key, b"%s %d %d" % (source, state[2 * place], state[2 * place + 1])))
    return found, states
