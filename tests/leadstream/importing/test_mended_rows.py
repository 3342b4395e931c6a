"""A row that was refused and is taken when it comes again mends its letter, once, whatever dies between."""

from pathlib import Path

import pytest

from engine.memory.disk import MemoryDisk
from engine.memory.log import MemoryLog
from engine.reading import records_of
from events.topics import DEAD_LETTERS, LEAD_INBOX
from leadstream.cli.retried_rows import NotRetried, row_once_more
from leadstream.importing.earlier import START_KEY
from leadstream.letter_lives import read_lives
from tests.leadstream.importing.lists import delimited
from tests.leadstream.importing.test_refused_before import (
    COLUMNS,
    GOOD,
    MAPPING,
    NO_RULE,
    NO_TIME,
    PARTITIONS,
    Died,
    came,
    opened,
)

MENDED = MAPPING.replace("when: {kind: scan}", "when: {kind: {in: [scan, talk]}}")
LEFT_OUT = MAPPING + "      - {when: {kind: talk}, skip: a talk is no scan}\n"
OTHERWISE = MAPPING.replace("when: {kind: scan}", "when: {kind: {in: [scan, talk]}}").replace(
    "fact: lead.captured", "fact: lead.converted\n        data: {amount_minor: {column: badge, then: integer}}"
)
Life = tuple[str, str, int, str]


async def lives(log: MemoryLog) -> list[Life]:
    return [(life.letter.id, life.status, life.tries, life.by) for life in await read_lives(log)]


async def facts(log: MemoryLog) -> set[bytes]:
    """What the inbox holds, each record once; ids make the others duplicates."""
    found = [
        record
        for partition in range(PARTITIONS)
        async for record in records_of(log, LEAD_INBOX, partition)
        if not (record.key or b"").startswith(START_KEY)
    ]
    return {record.value or b"" for record in found}


async def refused(folder: Path, *rows: tuple[str, ...], disk: MemoryDisk | None = None) -> MemoryLog:
    """A log to which a list has come that the mapping could not translate."""
    log = await opened(disk)
    (folder / "list.csv").write_bytes(delimited(COLUMNS, rows))
    await came(log, folder / "list.csv")
    return log


async def test_rows_that_the_mended_mapping_takes_mend_their_letters_and_the_others_stay_open(tmp_path: Path) -> None:
    log = await refused(tmp_path, NO_RULE, GOOD, NO_TIME, NO_RULE)
    (tmp_path / "again.csv").write_bytes((tmp_path / "list.csv").read_bytes())
    _, loaded = await came(log, tmp_path / "again.csv", MENDED)
    assert (loaded.kept, loaded.mended) == (0, 2)
    assert await lives(log) == [("0-0", "mended", 1, "import"), ("0-1", "open", 0, ""), ("0-2", "mended", 1, "import")]
    _, again = await came(log, tmp_path / "again.csv", MENDED)
    assert (again.repeated, again.mended) == (True, 0)
    assert len(await lives(log)) == 3


async def test_of_equal_rows_as_many_letters_are_mended_as_rows_come(tmp_path: Path) -> None:
    log = await refused(tmp_path, NO_RULE, NO_RULE, NO_RULE)
    (tmp_path / "two.csv").write_bytes(delimited(COLUMNS, [NO_RULE, GOOD, NO_RULE]))
    assert (await came(log, tmp_path / "two.csv", MENDED))[1].mended == 2
    assert [status for _, status, *_ in await lives(log)] == ["mended", "mended", "open"]


async def test_a_row_that_is_left_out_on_purpose_now_is_mended_too(tmp_path: Path) -> None:
    log = await refused(tmp_path, NO_RULE)
    (tmp_path / "again.csv").write_bytes((tmp_path / "list.csv").read_bytes())
    assert (await came(log, tmp_path / "again.csv", LEFT_OUT))[1].mended == 1


async def test_a_row_that_is_refused_for_another_reason_now_says_that_one(tmp_path: Path) -> None:
    log = await refused(tmp_path, NO_RULE)
    for name in ("again.csv", "third.csv"):
        (tmp_path / name).write_bytes((tmp_path / "list.csv").read_bytes())
        made, loaded = await came(log, tmp_path / name, OTHERWISE)
        assert (made.summary.dead, loaded.kept, loaded.mended) == (1, 0, 0)
        (life,) = await read_lives(log)
        assert (life.status, life.tries, life.letter.field) == ("open", 1, "data.amount_minor")


async def test_a_row_that_was_mended_and_is_refused_once_more_is_a_letter_anew(tmp_path: Path) -> None:
    log = await refused(tmp_path, NO_RULE)
    for name, mapping, kept in (("b.csv", MENDED, 0), ("c.csv", MAPPING, 1), ("d.csv", MAPPING, 0)):
        (tmp_path / name).write_bytes((tmp_path / "list.csv").read_bytes())
        assert (await came(log, tmp_path / name, mapping))[1].kept == kept
    assert [status for _, status, *_ in await lives(log)] == ["mended", "open"]


@pytest.mark.parametrize("written", [False, True])
@pytest.mark.parametrize("step", range(4))
async def test_an_import_that_is_killed_at_any_step_mends_each_letter_once_when_it_is_repeated(
    tmp_path: Path, step: int, *, written: bool
) -> None:
    quiet = await refused(tmp_path, NO_RULE, NO_TIME)
    (tmp_path / "again.csv").write_bytes(delimited(COLUMNS, [NO_TIME, NO_RULE, GOOD]))
    await came(quiet, tmp_path / "again.csv", MENDED)
    disk = MemoryDisk()
    await refused(tmp_path, NO_RULE, NO_TIME, disk=disk)
    dying = await opened(disk)
    dying.left, dying.written = step, written
    try:
        await came(dying, tmp_path / "again.csv", MENDED)
    except Died:
        assert step < 3, "start record, facts, outcomes"
        mended = [status for _, status, *_ in await lives(dying)].count("mended")
        assert mended == (step == 2 and written), "a letter is not mended before its facts are in the log"
    log = await opened(disk)
    _, loaded = await came(log, tmp_path / "again.csv", MENDED)
    assert await lives(log) == await lives(quiet) == [("0-0", "mended", 1, "import"), ("0-1", "open", 0, "")]
    assert await facts(log) == await facts(quiet)
    assert loaded.facts == 2


async def tried(log: MemoryLog, mapping: Path) -> str:
    """The first letter is tried again."""
    ((record, *_), _) = await log.read(DEAD_LETTERS, 0, 0)
    return await row_once_more(log, PARTITIONS, "0-0", record, mapping, secret=b"key")


@pytest.mark.parametrize("written", [False, True])
@pytest.mark.parametrize("step", range(2))
async def test_a_retry_that_is_killed_between_facts_and_outcome_mends_the_letter_once_when_it_is_repeated(
    tmp_path: Path, step: int, *, written: bool
) -> None:
    disk, mapping = MemoryDisk(), tmp_path / "mended.yaml"
    mapping.write_text(MENDED)
    await refused(tmp_path, NO_RULE, GOOD, disk=disk)
    dying = await opened(disk)
    dying.left, dying.written = step, written
    with pytest.raises(Died):
        await tried(dying, mapping)
    (after,) = await lives(dying)
    assert after[1] == ("mended" if step == 1 and written else "open")
    log = await opened(disk)
    assert await tried(log, mapping) == "0-0 is translated, 1 facts are in the inboxes"
    (last,) = await read_lives(log)
    assert (last.status, last.by) == ("mended", "retry")
    assert len(await facts(log)) == 2, "that of the good row, and that of the other one once"


async def test_a_row_that_fails_again_says_where_so_that_its_letter_can_tell(tmp_path: Path) -> None:
    log, mapping = await refused(tmp_path, NO_TIME), tmp_path / "mended.yaml"
    mapping.write_text(MENDED)
    with pytest.raises(NotRetried, match="cannot be translated still") as failed:
        await tried(log, mapping)
    assert failed.value.refusal is not None
    assert failed.value.refusal[0] == "time"
    assert [status for _, status, *_ in await lives(log)] == ["open"]
