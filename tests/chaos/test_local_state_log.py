"""The embedded log's file deleted, put back old, torn, flipped: refused in one clear line, or as if nothing had been.

What must never be is a run that goes on and ends in something else than the undisturbed one.
"""

import asyncio
import random
import shutil
from pathlib import Path

import apsw
import pytest

from engine.errors import LogError, PoisonBatch, TornState
from engine.sqlite import batches
from engine.sqlite.log import SqliteLog
from engine.sqlite.schema import LAST_OFFSET
from events.topics import LEAD_STATE, VIEW_STATE
from leadstream.deployment import opened
from leadstream.repairing import repair_all
from leadstream.running import run_until_idle
from projections.stores.port import StoreError
from tests.chaos.homes import PARTITIONS, fed, ran, undisturbed, week
from tests.chaos.plan import plan
from tests.system.homes import Home, Outcome, differences
from tests.system.upstream import captured, put

pytestmark = pytest.mark.slow
FLIPS, CUTS = (200, 80) if plan().full else (25, 12)
HALF = 40


@pytest.fixture(scope="module")
def halfway(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of a deployment that has decided half of a week, and has the rest in its inbox."""
    return tmp_path_factory.mktemp("halfway")


@pytest.fixture(scope="module")
def expected(halfway: Path) -> Outcome:
    """What comes out of it; asking for it makes the directory."""

    async def made() -> Outcome:
        home = Home(halfway, PARTITIONS)
        await fed(home, week()[:HALF])
        await ran(home, until=None)
        await fed(home, week()[HALF:], agreement=False)
        copy = halfway / "copy"
        shutil.copytree(home.settings.data_dir, copy / "data")
        return await ran(Home(copy, PARTITIONS))

    return asyncio.run(made())


@pytest.fixture
def home(halfway: Path, expected: Outcome, tmp_path: Path) -> Home:
    return copied(halfway, tmp_path)


def copied(halfway: Path, folder: Path) -> Home:
    shutil.copytree(halfway / "data", folder / "data")
    return Home(folder, PARTITIONS)


async def taken(home: Home) -> Outcome | str:
    """What comes out, or how it is refused. Anything else that is raised is no clear refusal, and fails the test."""
    try:
        found = await ran(home)
        assert await differences(home) == []
    except (LogError, StoreError, PoisonBatch) as exc:
        return str(exc)
    return found


async def test_the_halves_make_the_whole(expected: Outcome, tmp_path: Path) -> None:
    assert expected.facts == (await undisturbed(tmp_path)).facts


@pytest.mark.parametrize("number", range(FLIPS))
async def test_a_flipped_bit_is_refused_or_without_effect(home: Home, expected: Outcome, number: int) -> None:
    chance, path = random.Random(plan().seed * 1000 + number), home.settings.log_path
    content = bytearray(path.read_bytes())
    at = chance.randrange(len(content))
    content[at] ^= 1 << chance.randrange(8)
    path.write_bytes(content)
    found = await taken(home)
    assert found == expected or isinstance(found, str), f"bit flipped at {at}"


@pytest.mark.parametrize("number", range(CUTS))
async def test_a_torn_file_is_refused_or_nothing_is_missing(home: Home, expected: Outcome, number: int) -> None:
    """Nothing is missing where the end of the file was free space."""
    chance, path = random.Random(plan().seed * 1000 + number), home.settings.log_path
    content = path.read_bytes()
    size = chance.randrange(len(content)) if number else 0
    path.write_bytes(content[:size])
    found = await taken(home)
    assert found == expected or isinstance(found, str), f"torn after {size} of {len(content)} bytes"
    assert isinstance(found, str) or size > len(content) // 2


async def test_a_file_that_is_gone_is_not_begun_anew_until_somebody_says_so(home: Home) -> None:
    home.settings.log_path.unlink()
    found = await taken(home)
    assert isinstance(found, str)
    assert "put it back, or remove log.db.bell to begin with an empty one" in found
    assert not home.settings.log_path.exists()
    home.settings.log_path.with_name("log.db.bell").unlink()
    fresh = await undisturbed(home.folder)
    assert fresh == await undisturbed(home.folder / "elsewhere"), "the views show something of the former log"


async def test_an_old_copy_is_an_earlier_state_and_goes_on_from_there(home: Home, expected: Outcome) -> None:
    """With views that are ahead of it: they are noticed and filled anew."""
    old = home.settings.log_path.read_bytes()
    await ran(home)
    await fed(home, [arrival._replace(key=b"later", value=arrival.value) for arrival in week()[:1]], agreement=False)
    home.settings.log_path.write_bytes(old)
    assert await taken(home) == expected


async def test_an_old_copy_under_a_newer_journal_is_refused_or_the_newer_state(
    home: Home, expected: Outcome, tmp_path: Path
) -> None:
    """As when a copy of the file alone is put back over one whose process was killed."""
    old = home.settings.log_path.read_bytes()
    async with opened(home.settings) as log:
        for number in range(3):
            await put(log, home, *((f"{number}-{n}", captured(f"{number}-{n}")) for n in range(20)))
            await run_until_idle(log, home.settings, PARTITIONS)
        crashed = tmp_path / "crashed"
        shutil.copytree(home.settings.data_dir, crashed / "data")
    whole = Home(tmp_path / "whole", PARTITIONS)
    shutil.copytree(crashed / "data", whole.settings.data_dir)
    newer = await ran(whole)
    assert newer.facts > expected.facts
    mixed = Home(crashed, PARTITIONS)
    assert mixed.settings.log_path.with_name("log.db-wal").stat().st_size > 0
    mixed.settings.log_path.write_bytes(old)
    found = await taken(mixed)
    assert found == newer or isinstance(found, str)


async def test_a_state_that_is_gone_from_the_log_is_folded_anew_once_somebody_says_so(home: Home) -> None:
    """Both changelogs emptied, as if their topics had been made anew: refused, not begun from nothing."""
    before = await ran(home)
    async with opened(home.settings) as log:
        assert isinstance(log, SqliteLog)
        emptied = [log.catalog.topic(name).partition(0) for name in (LEAD_STATE, VIEW_STATE)]

        def body(connection: apsw.Connection) -> None:
            for tp in emptied:
                batches.delete(connection, tp, 0, LAST_OFFSET)
                connection.execute("update part set next = 0, start = 0, clean = 0 where tp = ?", (tp,))

        await log.store.write(body)
    with pytest.raises(TornState, match="but no state at all"):
        await ran(home)
    async with opened(home.settings) as log:
        looked = await repair_all(log, PARTITIONS, b"", dry=True)
        assert {(found.task, found.found.split(", ")[-1]) for found in looked} == {
            ("leads-0", "no position record"),
            ("views-0", "no position record"),
        }
        assert await repair_all(log, PARTITIONS, b"", dry=False) == looked
        assert [found.task for found in await repair_all(log, PARTITIONS, b"", dry=True)] == []
    after = await ran(home)
    assert (after.leads, after.facts) == (before.leads, before.facts)
    assert after.views == before.views
    assert await differences(home) == []
