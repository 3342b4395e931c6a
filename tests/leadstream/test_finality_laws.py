"""Whatever happens between two looks at the log, nothing is called final that changes afterwards.

Real tasks take every step, on the log in memory; the looks are those of `leadstream.looking`, and before each of its
requests some steps are taken.
"""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.leadstream.speakers import ALL, FARTHEST, NAMES, Do, Say, Stage, Step
from tests.support.laws import examples

WHO, MANY, PATH = st.integers(0, len(NAMES) - 1), st.integers(0, ALL), st.text(NAMES, max_size=FARTHEST)
SAY = st.builds(Say, WHO, PATH, st.none() | st.integers(-30, 30), PATH)
DO = st.builds(Do, st.sampled_from(("decide", "tick", "read", "wait")), MANY)
PASSED: list[Step] = [Do("tick", ALL), Do("wait", 2)]
BEFORE = st.builds(
    lambda steps, last: [*steps, *last], st.lists(SAY | DO | DO, max_size=20), st.just(PASSED) | st.just([])
)
BETWEEN = st.lists(SAY | DO | DO | st.none() | st.none(), max_size=60)
REQUESTS = 24
"""How often the log is asked in all looks, about."""
SAID: list[Step] = [Do("tick", ALL), Say(0, "b", -2), Do("wait", 5), Do("tick", 1), Do("tick", 2)]
"""The first has to tell the second something of before, who has let time pass meanwhile, and will be late by it."""
FIRST: list[Step] = [Do("decide", 0), Do("tick", 0), Do("read", 0)]
SECOND: list[Step] = [Do("decide", 1)]


async def lived(before: Sequence[Step], between: Sequence[Step]) -> None:
    stage = await Stage(between).begin()
    await stage.act(iter(before))
    known = (await stage.look()).before
    read = [task.positions[task.group.sources[0]] for task in stage.readers]
    await stage.end()
    facts = await stage.facts()
    late = [each for each in facts if each[2] < known and each[1] >= read[each[0]]]
    assert late == [], f"called final before {known}, and then came (log, offset, recorded) {late}"
    assert (await stage.look()).before == stage.now


@settings(max_examples=examples(300))
@given(BEFORE, BETWEEN)
def test_nothing_that_is_called_final_changes_whatever_happens_between_the_looks(
    before: list[Step], between: list[Step]
) -> None:
    asyncio.run(lived(before, between))


@pytest.mark.parametrize("request_number", range(REQUESTS))
@pytest.mark.parametrize(
    ("before", "between"),
    [
        pytest.param(SAID, FIRST, id="told"),
        pytest.param([*SAID, *FIRST], [*SECOND, Do("tick", 1)], id="decided"),
        pytest.param([*SAID, *FIRST], [*SECOND, Do("read", 1)], id="set a deadline"),
        pytest.param([*SAID, *FIRST, *SECOND, Do("read", 1)], [Do("tick", 1)], id="fired"),
        pytest.param([*SAID, *FIRST, *SECOND, Do("tick", 1)], [Do("read", 1)], id="read"),
    ],
)
async def test_a_word_is_seen_wherever_it_is_while_the_log_is_looked_at(
    before: list[Step], between: list[Step], request_number: int
) -> None:
    await lived(before, [*[None] * request_number, *between])


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        pytest.param(SAID, "a-0 has not come to 1 record of a-in-0 from offset 0 on", id="told"),
        pytest.param([*SAID, *FIRST], "b-0 has not come to 1 record of b-in-0 from offset 0 on", id="told on"),
        pytest.param(
            [*SAID, *FIRST, *SECOND, Do("read", 1)], "b-0 has let time pass to 1970-01-01T00:00:00.000098Z", id="due"
        ),
        pytest.param(
            [*SAID, *FIRST, *SECOND, Do("tick", 1)], "b-views-0 has not come to 2 records of b-log-0", id="decided"
        ),
    ],
)
async def test_it_is_told_where_a_word_is(steps: list[Step], why: str) -> None:
    stage = await Stage(()).begin()
    await stage.act(iter(steps))
    found = await stage.look()
    assert why in found.against(found.before)
