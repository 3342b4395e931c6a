"""A second opinion: the raw input folded again in the plainest way, one partition after the other.

It shares no rule with the engine and none with the program under test but the wording of its lines. What it finds is a
list of sentences; an empty one means that nothing was lost, doubled, swapped, fired twice or remembered wrongly.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

Line = tuple[bytes, bytes]
"""Key and value."""


class Seen(NamedTuple):
    """All that one partition holds when the work is done.

    Attributes:
        source: timestamp (microseconds), key and value of every input record.
        out: what the ledger told, in order.
        view: what the view told, in order.
        ledger: the last changelog value of every key of the ledger, its own keys (zero byte in front) included.
        tally: the same for the view.
        end: next offset of the input.
    """

    source: Sequence[tuple[int, bytes, bytes]]
    out: Sequence[Line]
    view: Sequence[Line]
    ledger: dict[bytes, bytes]
    tally: dict[bytes, bytes]
    end: int


class Told(NamedTuple):
    """What has to be there: lines in order, and the last state of every key."""

    lines: list[Line]
    state: dict[bytes, bytes]
    view: dict[bytes, bytes]
    tally: dict[bytes, bytes]


def fold(source: Sequence[tuple[int, bytes, bytes]]) -> Told:
    """What the input comes to, when every deadline has passed."""
    seen: dict[bytes, int] = {}
    fired: dict[bytes, int] = {}
    digest: dict[bytes, str] = {}
    due: dict[bytes, int] = {}
    lines: list[Line] = []

    def ring(before: int | None) -> None:
        while True:
            ripe = [(at, key) for key, at in due.items() if before is None or at < before]
            if not ripe:
                return
            at, key = min(ripe)
            del due[key]
            fired[key] = fired.get(key, 0) + 1
            digest[key] = _next(digest[key], f"fired {at}")
            lines.append((key, f"fired {at} {fired[key]} {digest[key]}".encode()))

    clock = 0
    earliest = 0
    for at, key, value in source:
        if at > clock:
            clock = at
            if due and at > earliest:
                ring(at)
                earliest = min(due.values(), default=0)
        words = value.decode().split()
        seen[key] = seen.get(key, 0) + 1
        digest[key] = _next(digest.get(key, ""), value.decode())
        lines.append((key, f"{words[0]} {seen[key]} {digest[key]}".encode()))
        if words[1] == "arm":
            due[key] = at + 1000 * int(words[2])
            earliest = min(due.values()) if earliest == 0 else min(earliest, due[key])
        elif words[1] == "disarm":
            due.pop(key, None)
    ring(None)
    state = {key: bytes(8) + f"{seen[key]} {fired.get(key, 0)} {digest[key]}".encode() for key in seen}
    return Told(lines, state, *_viewed(lines))


def problems(
    partition: int, found: Seen, accepted: Sequence[Line], unsure: Collection[Line] = frozenset()
) -> Iterator[str]:
    """What is wrong with a partition, in sentences.

    Args:
        partition: its number.
        found: what it holds.
        accepted: what upstream was told is accepted, in order.
        unsure: what it got no answer for, each line another; the input may hold it, once.
    """
    name = f"partition {partition}"
    lines = [(key, value) for _, key, value in found.source]
    sure = [line for line in lines if line not in unsure]
    if sure != list(accepted):
        yield f"{name}: the input holds {len(sure)} records, accepted were {len(accepted)}, or in other order"
    maybe = [line for line in lines if line in unsure]
    if len(maybe) != len(set(maybe)):
        yield f"{name}: the input holds records twice that upstream sent once"
    told = fold(found.source)
    yield from _lines(name, found.out, told.lines)
    yield from _rows(f"{name}, state", _own(found.ledger), told.state)
    yield from _rows(f"{name}, state of the view", _own(found.tally), told.tally)
    yield from _rows(f"{name}, view", dict(found.view), told.view)
    if len(found.view) > len(told.lines):
        yield f"{name}: the view told {len(found.view)} rows for {len(told.lines)} lines"
    position = json.loads(found.ledger.get(b"\0position", b"{}"))
    if accepted and position.get("offsets") != {"in": found.end}:
        yield f"{name}: the position record says {position}, the input ends at {found.end}"


def _lines(name: str, found: Sequence[Line], wanted: list[Line]) -> Iterator[str]:
    lost, doubled = set(wanted) - set(found), len(found) - len(set(found))
    if lost:
        yield f"{name}: {len(lost)} lines are missing, such as {min(lost)}"
    if doubled:
        yield f"{name}: {doubled} lines are there twice"
    if extra := set(found) - set(wanted):
        yield f"{name}: {len(extra)} lines ought not to be there, such as {min(extra)}"
    if not lost and not doubled and not extra and list(found) != wanted:
        at = next(i for i, (left, right) in enumerate(zip(found, wanted, strict=False)) if left != right)
        yield f"{name}: line {at} is {found[at]}, not {wanted[at]}: the order is another"


def _rows(name: str, found: dict[bytes, bytes], wanted: dict[bytes, bytes]) -> Iterator[str]:
    wrong = [key for key in found.keys() | wanted.keys() if found.get(key) != wanted.get(key)]
    if wrong:
        key = min(wrong)
        yield f"{name}: {len(wrong)} keys differ, such as {key!r}: {found.get(key)!r}, not {wanted.get(key)!r}"


def _viewed(lines: list[Line]) -> tuple[dict[bytes, bytes], dict[bytes, bytes]]:
    view: dict[bytes, bytes] = {}
    tally: dict[bytes, bytes] = {}
    count: dict[bytes, list[int]] = {}
    for key, value in lines:
        row = count.setdefault(key, [0, 0])
        row[0] += 1
        row[1] += value.split()[0] == b"fired"
        view[key] = b"%d %d %s" % (*row, value)
        tally[key] = bytes(8) + b"%d %d" % (row[0], row[1])
    return view, tally


def _own(changelog: dict[bytes, bytes]) -> dict[bytes, bytes]:
    return {key: value for key, value in changelog.items() if not key.startswith(b"\0")}


def _next(digest: str, value: str) -> str:
    return hashlib.sha256(f"{digest}/{value}".encode()).hexdigest()[:24]


def offset_of(position: bytes | None) -> int:
    """The input's next offset in a position record."""
    return int(json.loads(position)["offsets"]["in"]) if position else 0
