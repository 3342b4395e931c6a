"""Views rebuilt at a new version are byte for byte those that live folding gives, whoever is killed on the way."""

import itertools
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from engine.drain import drain, make_task
from engine.errors import TornState, UnknownState
from engine.host import Program
from engine.memory.task import MemoryTaskLog
from engine.ports import EventLog, GroupSpec, Mark, NewRecord, TaskLog, Writes
from engine.position import decode_position, encode_position
from engine.reading import latest_values
from engine.state import POSITION
from events.envelope import Envelope
from events.lead import LeadCaptured, LeadStatusChanged
from events.topics import LEAD_EVENTS, VIEW_PROGRESS, VIEW_STATE
from projections.catalogue import OF_LEADS
from projections.progress import Progress, decode_progress, progress_key
from projections.rebuild import UNFINISHED
from projections.verify import verify_views
from projections.worker import view_program
from tests.projections.former import FORMER_LEADS, project_as_former
from tests.projections.given import text, told
from tests.projections.house import NOW, House, house
from tests.projections.strategies import histories
from tests.support.laws import examples

FACTS = [told(LeadCaptured(source="web", agreement="inbound"), n, lead=f"lead-{n}") for n in range(8)]
MORE = [told(LeadStatusChanged(status="Open"), 30 + n, lead=f"lead-{n}") for n in range(4)]


END = 1_000_000
"""Minutes, later than every fact."""


class Crash(Exception):
    """The process dies here."""


async def topics(built: House) -> dict[tuple[str, int], dict[bytes, bytes]]:
    """The latest row of every key of every topic that the views of leads are kept in, and their states."""
    names = [view.topic for view in OF_LEADS.views] + [VIEW_STATE]
    return {(name, p): await latest_values(built.log, name, p) for name in names for p in range(built.partitions)}


def known_to_former(rows: dict[tuple[str, int], dict[bytes, bytes]]) -> dict[tuple[str, int], dict[bytes, bytes]]:
    known = {*(view.topic for view in FORMER_LEADS.views), VIEW_STATE}
    return {place: found for place, found in rows.items() if place[0] in known}


async def positions(built: House) -> list[bytes | None]:
    return [await built.log.latest(VIEW_STATE, partition, POSITION) for partition in range(built.partitions)]


async def progress(built: House) -> list[Progress]:
    raw = [await built.log.latest(VIEW_PROGRESS, p, progress_key(p)) for p in range(built.partitions)]
    return [decode_progress(one or b"") for one in raw]


async def told_house(facts: list[Envelope], until: float = 60) -> House:
    built = await house(partitions=2)
    await built.write(*facts)
    await built.writer_at(until)
    return built


async def live(facts: list[Envelope]) -> House:
    """What folding as it comes leads to."""
    built = await told_house(facts)
    await built.project(until=END)
    return built


@settings(deadline=None, max_examples=examples(12))
@given(facts=histories(max_size=60), limit=st.integers(1, 40), data=st.data())
async def test_rebuilt_views_and_states_are_those_of_live_folding(
    facts: list[Envelope], limit: int, data: st.DataObject
) -> None:
    before = data.draw(st.integers(0, len(facts)))
    built = await told_house(facts[:before])
    await project_as_former(built.log, built.partitions, limit)
    await built.write(*facts[before:])
    await built.project(limit, until=END)
    straight = await live(facts)
    assert await topics(built) == await topics(straight)
    assert await positions(built) == await positions(straight)
    assert await progress(built) == await progress(straight)
    assert (await verify_views(built.log, built.partitions)).differences == []


class DyingLog(MemoryTaskLog):
    """In a process that dies when it would commit once more than it may."""

    lives = 0

    @override
    async def commit(self, writes: Writes) -> Mark | None:
        if DyingLog.lives == 0:
            raise Crash
        DyingLog.lives -= 1
        return await super().commit(writes)


class DyingHandles:
    """The log of such a process."""

    def __init__(self, log: Any) -> None:
        self._log = log

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    def task(self, group: GroupSpec, partition: int) -> TaskLog:
        made = self._log.task(group, partition)
        made.__class__ = DyingLog
        return made  # type: ignore[no-any-return]


async def opened_until_killed(log: EventLog, program: Program, lives: int) -> bool:
    """Open a task in a process that dies after so many commits; whether it got through."""
    DyingLog.lives = lives
    dying: Any = DyingHandles(log)
    try:
        await make_task(dying, program, 0).open()
    except Crash:
        return False
    return True


@pytest.mark.parametrize("next_one", ["the new program", "the former one, then the new one"])
async def test_who_is_killed_at_any_commit_of_a_rebuild_leaves_old_or_new_and_never_half(
    next_one: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projections.rebuild.CHUNK_BYTES", 400)
    straight, commits, kept = await topics(await live([*FACTS, *MORE])), 0, list[bool]()
    for lives in itertools.count():
        built = await told_house(FACTS)
        await project_as_former(built.log, built.partitions)
        before = await topics(built)
        if await opened_until_killed(built.log, view_program(built.log, built.partitions), lives):
            break
        commits += 1
        kept.append(await topics(built) == before)
        (position, _) = [decode_position(raw or b"") for raw in await positions(built)]
        assert position.format == (FORMER_LEADS.edition if lives < 2 else UNFINISHED)
        assert (await progress(built))[0].is_whole(FORMER_LEADS.edition) == (lives < 2)
        if next_one != "the new program":
            await project_as_former(built.log, built.partitions)
            assert known_to_former(await topics(built)) == known_to_former(before)
        await built.write(*MORE)
        await built.project(until=END)
        assert await topics(built) == straight
    assert commits > 10
    assert kept[:3] == [True, True, True]
    assert not any(kept[4:])


async def test_how_far_a_rebuild_is_is_told_while_rows_and_time_stay_as_they_were(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("projections.rebuild.TOLD", 2)
    monkeypatch.setattr("projections.rebuild.READ", 1)
    built = await house()
    await built.write(*FACTS)
    await built.writer_at(60)
    await project_as_former(built.log, 1)
    start, old, new = (await built.log.ends(VIEW_PROGRESS))[0], FORMER_LEADS.edition, OF_LEADS.edition
    await make_task(built.log, view_program(built.log, 1), 0).open()
    said = [decode_progress(one.value or b"") for one in (await built.log.read(VIEW_PROGRESS, 0, start)).records]
    assert said == [
        *(Progress(0, text(60), old, new, read, len(FACTS)) for read in (0, 2, 4, 6, 8)),
        Progress(0, text(60), new, new),
        Progress(0, text(60), new),
    ]


async def test_a_state_of_the_present_edition_is_opened_as_it_is() -> None:
    built = await live(FACTS)
    ends = [await built.log.ends(name) for name, _ in await topics(built)]
    await drain(built.log, view_program(built.log, built.partitions), until=NOW)
    assert [await built.log.ends(name) for name, _ in await topics(built)][:-2] == ends[:-2]


async def marked(built: House, **changes: Any) -> None:
    """Write the position record of the first task anew."""
    handle = built.log.task(view_program(built.log, 2).group, 0)
    position = decode_position((await handle.open()).changelog[POSITION])
    record = NewRecord(POSITION, encode_position(msgspec.structs.replace(position, **changes)))
    await handle.commit(Writes(changelog=[record]))
    await handle.close()


async def test_a_state_without_an_edition_is_rebuilt_as_one_of_any_former_version_is() -> None:
    built = await told_house(FACTS)
    await project_as_former(built.log, built.partitions)
    await marked(built, format=0)
    await built.project(until=END)
    assert await topics(built) == await topics(await live(FACTS))


async def test_a_state_of_a_later_edition_is_refused_and_left_alone() -> None:
    built = await live(FACTS)
    await marked(built, format=OF_LEADS.edition + 1)
    before = await topics(built)
    with pytest.raises(UnknownState, match=rf"views-0: .* of edition {OF_LEADS.edition + 1}, .*run the newer one"):
        await built.project()
    assert await topics(built) == before


async def test_a_state_that_stands_elsewhere_than_its_position_is_not_rebuilt() -> None:
    built = await told_house(FACTS)
    await project_as_former(built.log, built.partitions)
    await marked(built, offsets={LEAD_EVENTS: 1})
    with pytest.raises(TornState, match="changelog is at"):
        await built.project()


async def test_verify_leaves_out_what_is_still_to_be_rebuilt_and_says_so() -> None:
    built = await told_house(FACTS)
    await project_as_former(built.log, built.partitions)
    verified = await verify_views(built.log, built.partitions)
    assert (verified.differences, verified.rebuilding) == ([], ["views-0", "views-1"])
