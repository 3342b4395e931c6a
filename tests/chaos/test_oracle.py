"""The oracle itself: it agrees with an undisturbed run and sees every single fault."""

from collections.abc import Callable

import pytest

from engine.drain import drain
from engine.memory.log import MemoryLog
from engine.ports import NewRecord
from tests.chaos.oracle import Seen, problems
from tests.chaos.program import IN, LEDGER, OUT, TALLY, TOPICS, VIEW, programs

SECOND = 1_000_000
VALUES = [
    (b"a", b"0 arm 1000"),
    (b"b", b"1 touch"),
    (b"b", b"2 arm 2500"),
    (b"a", b"3 touch"),
    (b"a", b"4 arm 9000"),
    (b"b", b"5 arm 100"),
    (b"a", b"6 disarm"),
    (b"b", b"7 touch"),
]


async def undisturbed() -> Seen:
    """A record each second, one worker, no fault."""
    now = [0]
    log = MemoryLog(clock=lambda: now[0], owner="one")
    await log.create_topics(TOPICS)
    for number, (key, value) in enumerate(VALUES):
        now[0] = (number + 1) * SECOND
        await log.append({(IN, 0): [NewRecord(key, value)]})
    for program in programs():
        await drain(log, program, until=60 * SECOND)
    found = {name: (await log.read(name, 0, 0)).records for name in (IN, OUT, VIEW, LEDGER.changelog, TALLY.changelog)}
    return Seen(
        source=[(record.timestamp, record.key or b"", record.value or b"") for record in found[IN]],
        out=[(record.key or b"", record.value or b"") for record in found[OUT]],
        view=[(record.key or b"", record.value or b"") for record in found[VIEW]],
        ledger={record.key or b"": record.value or b"" for record in found[LEDGER.changelog]},
        tally={record.key or b"": record.value or b"" for record in found[TALLY.changelog]},
        end=len(VALUES),
    )


async def test_an_undisturbed_run_is_without_fault_and_has_fired_what_was_due() -> None:
    found = await undisturbed()
    assert list(problems(0, found, VALUES)) == []
    assert sum(value.startswith(b"fired") for _, value in found.out) == 3


FAULTS: dict[str, Callable[[Seen], Seen]] = {
    "a record is lost": lambda seen: seen._replace(out=seen.out[1:]),
    "a record is decided twice": lambda seen: seen._replace(out=[*seen.out, seen.out[2]]),
    "two records are swapped": lambda seen: seen._replace(out=[seen.out[1], seen.out[0], *seen.out[2:]]),
    "a deadline never fires": lambda seen: seen._replace(out=[row for row in seen.out if b"fired" not in row[1]]),
    "a state is stale": lambda seen: seen._replace(ledger={**seen.ledger, b"a": seen.ledger[b"b"]}),
    "a state is gone": lambda seen: seen._replace(tally={b"a": seen.tally[b"a"]}),
    "a deadline is left behind": lambda seen: seen._replace(
        ledger={**seen.ledger, b"a": b"\0" * 7 + b"\1" + seen.ledger[b"a"][8:]}
    ),
    "a row of the view is missing": lambda seen: seen._replace(view=seen.view[:-1]),
    "a row of the view is there twice": lambda seen: seen._replace(view=[*seen.view, seen.view[-1]]),
    "the position has moved past work": lambda seen: seen._replace(end=seen.end - 1),
    "the input itself has lost a record": lambda seen: seen._replace(source=seen.source[:-1]),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_every_fault_is_seen(fault: str) -> None:
    assert list(problems(0, FAULTS[fault](await undisturbed()), VALUES)) != []


async def test_what_upstream_is_unsure_of_may_be_there_or_not_but_not_twice() -> None:
    found = await undisturbed()
    assert list(problems(0, found, VALUES[:-1], {VALUES[-1]})) == []
    assert list(problems(0, found, VALUES, {(b"c", b"8 touch")})) == []
    twice = found._replace(source=[*found.source, found.source[-1]])
    assert "the input holds records twice" in "".join(problems(0, twice, VALUES[:-1], {VALUES[-1]}))
