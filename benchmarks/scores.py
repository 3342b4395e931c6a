"""The simple workload: every event adds points to the decaying score of its key and says what the score is now.

`scored` is the whole handler; the engine and stock Faust run the same function on the same events.
"""

import math
import random
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from engine.ports import NewRecord, Record, TopicSpec

EVENTS, OUT, TOTALS, DEAD = "events", "scores", "totals", "dead-letters"
HALF_LIFE_US = 7 * 24 * 3600 * 1_000_000
"""A score halves in a week."""

_START_US = 1_756_684_800_000_000
_STEP_US = 500_000
_KINDS = ("email.opened", "email.clicked", "page.visited", "webinar.attended", "form.submitted")
_PAGES = ("pricing", "product/overview", "customers/stories", "docs/getting-started", "blog/2025/how-we-respond")

State = tuple[int, float, int]
"""Events seen, score, instant of the last event in microseconds."""


def topics(partitions: int) -> list[TopicSpec]:
    """The topics of the workload."""
    plain = [TopicSpec(name, partitions) for name in (EVENTS, OUT, DEAD)]
    return [*plain, TopicSpec(TOTALS, partitions, compacted=True)]


def events(count: int, keys: int, seed: int) -> Iterable[NewRecord]:
    """Events of about 220 bytes in order of time, the same for the same arguments."""
    rng = random.Random(seed)
    for number in range(count):
        key = f"lead-{rng.randrange(keys):06d}"
        event = {
            "id": f"{rng.getrandbits(128):032x}",
            "lead": key,
            "kind": rng.choice(_KINDS),
            "at": _START_US + number * _STEP_US + rng.randrange(_STEP_US),
            "points": rng.randrange(1, 30),
            "page": f"https://www.example.com/{rng.choice(_PAGES)}",
            "campaign": f"2025-q{rng.randrange(1, 5)}-outreach",
            "via": "/web/tracker",
        }
        yield NewRecord(key.encode(), orjson.dumps(event))


def scored(state: State | None, event: Mapping[str, Any]) -> tuple[State, bytes]:
    """The new state of a key, and the event that tells of it."""
    at, points = event["at"], event["points"]
    count, score, since = state or (0, 0.0, at)
    state = (count + 1, score * 0.5 ** ((at - since) / HALF_LIFE_US) + points, at)
    return state, orjson.dumps(
        {"lead": event["lead"], "cause": event["id"], "events": state[0], "score": state[1], "at": at}
    )


def handler_us(seed: int) -> float:
    """What the handler alone costs here and now, in microseconds of processor time an event; tells how busy it is."""
    records = list(events(20_000, 1_000, seed))
    states: dict[bytes | None, State] = {}
    started = time.process_time()
    for key, value, _ in records:
        states[key], _ = scored(states.get(key), orjson.loads(value or b""))
    return (time.process_time() - started) / len(records) * 1e6


def problems(
    load: Iterable[NewRecord], outputs: Sequence[Sequence[Record]], totals: Mapping[bytes, State] | None
) -> list[str]:
    """What is wrong with the results, by a second calculation from the events alone.

    Args:
        load: the events, in the order in which they were appended.
        outputs: all output records, by partition.
        totals: the last state of every key; None where it cannot be had.
    """
    expected: dict[bytes, list[tuple[str, int, float]]] = defaultdict(list)
    sums: dict[bytes, tuple[float, int]] = {}
    for record in load:
        assert record.key is not None
        assert record.value is not None
        event = orjson.loads(record.value)
        before, since = sums.get(record.key, (0.0, event["at"]))
        now = before * math.exp(-math.log(2) * (event["at"] - since) / HALF_LIFE_US) + event["points"]
        sums[record.key] = now, event["at"]
        seen = expected[record.key]
        seen.append((event["id"], len(seen) + 1, now))
    found: dict[bytes, list[tuple[str, int, float]]] = defaultdict(list)
    for output in (output for partition in outputs for output in partition):
        told = orjson.loads(output.value or b"")
        found[output.key or b""].append((told["cause"], told["events"], told["score"]))
    wrong = [f"{key!r}: outputs" for key in expected.keys() | found.keys() if not _same(expected[key], found[key])]
    if totals is None:
        return wrong
    for key in expected.keys() | totals.keys():
        count, score, _ = totals.get(key, (0, 0.0, 0))
        if not expected[key] or not _same(expected[key][-1:], [(expected[key][-1][0], count, score)]):
            wrong.append(f"{key!r}: state")
    return wrong


def _same(some: Sequence[tuple[str, int, float]], others: Sequence[tuple[str, int, float]]) -> bool:
    return len(some) == len(others) and all(
        a[:2] == b[:2] and math.isclose(a[2], b[2], rel_tol=1e-9) for a, b in zip(some, others, strict=True)
    )
