"""A row that was refused is kept once, whatever the file is called in which it comes again. None is lost."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from engine.memory.disk import MemoryDisk
from engine.memory.log import MemoryLog
from engine.ports import NewRecord
from engine.reading import records_of
from events.topics import DEAD_LETTERS
from leadstream.deployment import topic_specs
from leadstream.importing import Translation, load_mapping, match_files, translate
from leadstream.importing.loading import Loaded, load
from leadstream.importing.refused import content_of, refused_before
from tests.leadstream.importing.lists import delimited, json_lines, workbook
from tests.support.laws import examples

PARTITIONS = 2
MAPPING = """
name: fair
zone: UTC
files:
  - role: scans
    match: "*"
    subject: badge
    time: seen
    optional: [note]
    rules:
      - when: {kind: scan}
        fact: lead.captured
"""
COLUMNS = ("badge", "seen", "kind", "note")
GOOD = ("B-1", "2026-03-31", "scan", "x")
NO_RULE = ("B-2", "2026-03-31", "talk", "")
NO_TIME = ("B-3", "soon", "scan", "käte")


class Died(Exception):
    """The process was killed."""


class MortalLog(MemoryLog):
    """The log of a process that dies at one of its appends: before it is written, or after.

    Attributes:
        left: appends that are still made.
        written: whether the last one is.
    """

    left, written = 1_000, False

    @override
    async def append(self, records: Mapping[tuple[str, int], Sequence[NewRecord]]) -> None:
        self.left -= 1
        if self.left >= 0 or (self.left == -1 and self.written):
            await super().append(records)
        if self.left < 0:
            raise Died


async def opened(disk: MemoryDisk | None = None) -> MortalLog:
    log = MortalLog(clock=lambda: 1_780_000_000_000_000, disk=disk)
    await log.create_topics(topic_specs(PARTITIONS))
    return log


async def came(log: MemoryLog, path: Path, mapping: str = MAPPING) -> tuple[Translation, Loaded]:
    """A file is imported, under its name as the digest of the import."""
    rules = load_mapping(mapping)
    made = translate(rules, match_files(rules, [path]), refused=await refused_before(log, rules.name))
    return made, await load(log, PARTITIONS, made, path.name, lambda _: None, late=True)


async def kept(log: MemoryLog) -> list[bytes]:
    """The bytes of the rows in the dead letters."""
    return [record.value or b"" async for record in records_of(log, DEAD_LETTERS, 0)]


async def test_a_file_that_comes_again_under_another_name_keeps_no_row_twice(tmp_path: Path) -> None:
    log = await opened()
    for name, new in (("first.csv", 2), ("again.csv", 0), ("third.csv", 0)):
        (tmp_path / name).write_bytes(delimited(COLUMNS, [NO_TIME, GOOD, NO_RULE]))
        made, loaded = await came(log, tmp_path / name)
        assert (made.summary.dead, loaded.kept) == (2, new)
    assert len(await kept(log)) == 2
    assert [row.letter for row in made.dead] == ["0-0", "0-1"]


async def test_each_of_two_equal_rows_is_kept_and_found_again(tmp_path: Path) -> None:
    log = await opened()
    for name, times, new in (("once.csv", 1, 1), ("twice.csv", 2, 1), ("again.csv", 2, 0), ("thrice.csv", 3, 1)):
        (tmp_path / name).write_bytes(delimited(COLUMNS, [NO_RULE, GOOD] + [NO_RULE] * (times - 1)))
        assert (await came(log, tmp_path / name))[1].kept == new
    assert await kept(log) == [b"B-2,2026-03-31,talk,\r\n"] * 3


@given(files=st.lists(st.lists(st.sampled_from([GOOD, NO_RULE, NO_TIME]), max_size=6), min_size=1, max_size=4))
@settings(max_examples=examples(30))
async def test_of_every_refused_row_there_are_as_many_letters_as_the_file_that_has_it_most_often_has(
    tmp_path_factory: pytest.TempPathFactory, files: list[list[tuple[str, ...]]]
) -> None:
    folder, log = tmp_path_factory.mktemp("files"), await opened()
    most: Counter[tuple[str, ...]] = Counter()
    for number, rows in enumerate(files):
        (folder / f"{number}.csv").write_bytes(delimited(COLUMNS, rows))
        made, loaded = await came(log, folder / f"{number}.csv")
        before, most = most.total(), most | Counter(row for row in rows if row != GOOD)
        assert made.summary.dead == sum(row != GOOD for row in rows)
        assert loaded.kept == most.total() - before
    assert Counter(await kept(log)) == {
        delimited(COLUMNS, [row]).splitlines(keepends=True)[1]: n for row, n in most.items()
    }


async def test_the_same_rows_are_told_in_another_order_encoding_and_kind_of_table(tmp_path: Path) -> None:
    log, rows = await opened(), [NO_TIME, GOOD, NO_RULE]
    (tmp_path / "a.csv").write_bytes(delimited(COLUMNS, rows))
    (tmp_path / "b.csv").write_bytes(delimited(COLUMNS, rows[::-1], ";", "utf-16"))
    turned = [("", *row[::-1]) for row in rows]
    (tmp_path / "c.tsv").write_bytes(delimited(("new", *COLUMNS[::-1]), turned, "\t", "cp1252"))
    workbook(tmp_path / "d.xlsx", COLUMNS, rows)
    assert [(await came(log, tmp_path / name))[1].kept for name in ("a.csv", "b.csv", "c.tsv", "d.xlsx")] == [
        2,
        0,
        0,
        0,
    ]


async def test_the_same_cells_under_other_columns_are_another_row(tmp_path: Path) -> None:
    log = await opened()
    (tmp_path / "a.csv").write_bytes(delimited(COLUMNS, [NO_RULE]))
    (tmp_path / "b.csv").write_bytes(delimited(("seen", "badge", "kind", "note"), [NO_RULE]))
    assert [(await came(log, tmp_path / name))[1].kept for name in ("a.csv", "b.csv")] == [1, 1]


async def test_a_mapping_that_calls_a_column_otherwise_tells_its_rows_all_the_same(tmp_path: Path) -> None:
    log = await opened()
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_bytes(delimited(("badge", "seen", "kind", "Note"), [NO_TIME]))
    aliased = MAPPING.replace("    rules:", "    aliases: {remark: [Note]}\n    rules:")
    assert (await came(log, tmp_path / "a.csv"))[1].kept == 1
    assert (await came(log, tmp_path / "b.csv", aliased))[1].kept == 0


async def test_rows_of_another_mapping_or_of_another_role_are_others(tmp_path: Path) -> None:
    log = await opened()
    for number, mapping in enumerate(
        (MAPPING, MAPPING.replace("name: fair", "name: show"), MAPPING.replace("role: scans", "role: cards"))
    ):
        (tmp_path / f"{number}.csv").write_bytes(delimited(COLUMNS, [NO_RULE]))
        assert (await came(log, tmp_path / f"{number}.csv", mapping))[1].kept == 1


@pytest.mark.parametrize("broken", [b"B-4,2026-03-31\r\n", b'B-5,"2026\r\n', b"B-6,\xff,scan,x\r\n"])
async def test_a_row_that_cannot_be_read_is_told_by_its_bytes_however_it_ends(tmp_path: Path, broken: bytes) -> None:
    log = await opened()
    (tmp_path / "a.csv").write_bytes(delimited(COLUMNS, [GOOD] * 200) + broken)
    (tmp_path / "b.csv").write_bytes(delimited(COLUMNS, [GOOD] * 100) + broken.rstrip())
    assert [(await came(log, tmp_path / name))[1].kept for name in ("a.csv", "b.csv")] == [1, 0]


async def test_rows_that_bring_their_own_columns_are_told_by_their_bytes(tmp_path: Path) -> None:
    log = await opened()
    for name, rows in (("a.jsonl", [NO_RULE, NO_TIME]), ("b.jsonl", [NO_TIME, GOOD, NO_RULE])):
        (tmp_path / name).write_bytes(json_lines(COLUMNS, rows))
    assert [(await came(log, tmp_path / name))[1].kept for name in ("a.jsonl", "b.jsonl")] == [2, 0]


@pytest.mark.parametrize("written", [False, True])
@pytest.mark.parametrize("step", range(5))
async def test_an_import_that_is_killed_at_any_step_keeps_each_refused_row_once_when_it_is_repeated(
    tmp_path: Path, step: int, *, written: bool
) -> None:
    rows = [(f"B-{number}", "soon", "scan", "x" * 900_000) for number in range(6)]  # more than one append takes
    (tmp_path / "a.csv").write_bytes(delimited(COLUMNS, [*rows, GOOD, rows[0]]))
    disk = MemoryDisk()
    dying = await opened(disk)
    dying.left, dying.written = step, written
    try:
        await came(dying, tmp_path / "a.csv")
    except Died:
        assert step < 4
    log = await opened(disk)
    made, loaded = await came(log, tmp_path / "a.csv")
    assert (made.summary.dead, loaded.facts) == (7, 1)
    assert Counter(value[:3] for value in await kept(log)) == {b"B-0": 2, **{b"B-%d" % n: 1 for n in range(1, 6)}}


def test_what_tells_a_row_is_the_same_for_all_time() -> None:
    made = content_of("scans", COLUMNS, NO_RULE, b"")
    assert (
        made.hex()
        == content_of("scans", COLUMNS[::-1], NO_RULE[::-1], b"other").hex()
        == "316a4379f02cba71a9c0b634283ae9c2"
    )
    assert (
        content_of("scans", (), (), b"{}\r\n").hex()
        == content_of("scans", COLUMNS, (), b"{}").hex()
        == "2fcb0def5c443eff5535347b467ec5c6"
    )
