"""The tables' file deleted, put back old, torn, flipped, on either log: filled again from the topics, or refused.

Tables are a copy of the view topics, so nothing is ever lost with them. What SQLite cannot notice, `verify` names.
"""

import asyncio
import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from events.instants import iso
from leadstream.deployment import opened
from leadstream.views_store import open_store
from projections.catalogue import BY_NAME
from projections.read import read_view
from projections.sink import sink_once
from projections.stores.port import StoreBroken
from tests.chaos.homes import PARTITIONS, WEEK, fed, home_on, ran, undisturbed, week
from tests.chaos.plan import plan
from tests.system.homes import Home, Outcome, differences

pytestmark = pytest.mark.slow
HALF = 40
FENCED = re.compile(r"^leadstream: .*(a process has |open again|somebody else)", re.MULTILINE)
FLIPS = 200 if plan().full else 25


@pytest.fixture
def home(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    yield from home_on(kind, request, tmp_path)


def file_of(home: Home) -> Path:
    """The tables' file, closed, so that all of it is in the file."""
    path = home.settings.views_path
    assert not path.with_name("views.db-wal").exists()
    return path


async def halves(home: Home) -> tuple[bytes, Outcome]:
    """Decide half a week, then the rest; the tables after the first half, and all that came out in the end."""
    await fed(home, week()[:HALF])
    await ran(home, until=None)
    old = file_of(home).read_bytes()
    await fed(home, week()[HALF:], agreement=False)
    return old, await ran(home)


async def test_tables_that_are_gone_old_or_those_of_another_log_are_filled_again(home: Home, tmp_path: Path) -> None:
    old, expected = await halves(home)
    file_of(home).unlink()
    assert await ran(home) == expected
    file_of(home).write_bytes(old)
    assert await ran(home) == expected
    other = Home(tmp_path / "other", PARTITIONS)
    await fed(other, [*week(), *week()], agreement=True)
    await ran(other)
    async with opened(other.settings) as log:
        ahead = await log.ends("view.leads")
    async with opened(home.settings) as log:
        here = await log.ends("view.leads")
    file_of(home).write_bytes(file_of(other).read_bytes())
    if any(there > end for there, end in zip(ahead, here, strict=True)):
        assert await ran(home) == expected
    assert await differences(home) == []


def shown(home: Home) -> dict[str, list[str]]:
    store = open_store(home.settings)
    try:
        return {name: sorted(map(str, read_view(store, name))) for name in BY_NAME}
    finally:
        store.close()


@pytest.mark.parametrize("kind", ["embedded"])
async def test_flipped_and_torn_tables_are_refused_or_named_and_come_back_when_the_file_is_removed(home: Home) -> None:
    """In all files: what is shown is right, or the file is refused, or `verify` names a difference."""
    await halves(home)
    chance, whole, right = random.Random(plan().seed), file_of(home).read_bytes(), shown(home)
    refused = named = 0
    for number in range(FLIPS):
        content = bytearray(whole)
        if number % 5:
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        else:
            del content[chance.randrange(100, len(content)) :]
        file_of(home).write_bytes(content)
        try:
            found = shown(home)
            wrong = await differences(home)
        except StoreBroken as exc:
            refused += str(home.settings.views_path) in str(exc)
        else:
            named += bool(wrong)
            assert found == right or wrong, f"turn {number} is believed"
    assert refused
    file_of(home).unlink()
    async with opened(home.settings) as log:
        store = open_store(home.settings)
        await sink_once(log, store)
        store.close()
    assert shown(home) == right
    assert await differences(home) == []


@pytest.mark.parametrize("kind", ["embedded"])
async def test_two_processes_in_one_directory_do_the_work_of_one(home: Home, tmp_path: Path) -> None:
    """Whoever comes second waits for the partitions of the first, or is refused with its name; nothing is doubled."""
    await fed(home, week())
    both = [home.start("run", "--until-idle", "--until", iso(WEEK.end)) for _ in range(2)]
    codes = [await asyncio.to_thread(process.wait, 60) for process in both]
    assert 0 in codes
    for process, code in zip(both, codes, strict=True):
        assert code == 0 or FENCED.search(process.output()), process.tail()
    assert await ran(home) == await undisturbed(tmp_path / "undisturbed")
    assert await differences(home) == []
