"""The file itself: made when missing, refused when it is not ours, an outage when there is no room or no right."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from engine.errors import LogError, Unavailable, WrongTopic
from engine.ports import NewRecord, TopicSpec, Writes
from engine.sqlite.log import SqliteLog
from engine.sqlite.schema import MAX_PARTITIONS, OFFSET_BITS, VERSION
from engine.sqlite.sql import run
from tests.engine.log_house import GROUP, TOPICS


def log_at(path: Path) -> SqliteLog:
    return SqliteLog(path, clock=lambda: 1_000_000, owner="test")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


async def test_the_file_is_made_with_its_directory_and_keeps_what_is_in_it(tmp_path: Path) -> None:
    log = log_at(tmp_path / "a" / "b" / "log.db")
    assert log.url == f"sqlite:///{tmp_path}/a/b/log.db"
    await log.start()
    await log.create_topics([TopicSpec("t", 1)])
    await log.append({("t", 0): [NewRecord(b"k", b"v")]})
    await log.stop()
    again = log_at(log.path)
    await again.start()
    await again.start()
    assert [record.value for record in (await again.read("t", 0, 0)).records] == [b"v"]
    await again.stop()
    await again.stop()


async def test_a_log_that_is_not_started_is_unavailable(tmp_path: Path) -> None:
    log = log_at(tmp_path / "log.db")
    with pytest.raises(Unavailable, match="not started"):
        await log.ends("t")
    with pytest.raises(Unavailable, match="not started"):
        await log.create_topics([TopicSpec("t", 1)])


async def test_commits_are_synced_and_checkpoints_are_inline(tmp_path: Path) -> None:
    log = log_at(tmp_path / "log.db")
    await log.start()
    names = ("journal_mode", "synchronous", "wal_autocheckpoint")
    settings = log.store.read(lambda connection: {name: connection.pragma(name) for name in names})
    assert settings == {"journal_mode": "wal", "synchronous": 2, "wal_autocheckpoint": 1000}
    await log.stop()


async def test_a_file_of_another_program_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    connection = apsw.Connection(str(path))
    connection.execute("create table theirs(x); insert into theirs values(1)")
    connection.close()
    before = contents(tmp_path)
    with pytest.raises(LogError, match=re.escape(f"{path}: this SQLite file belongs to another program")) as refused:
        await log_at(path).start()
    assert not isinstance(refused.value, Unavailable)
    assert contents(tmp_path) == before


async def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("these are notes, not a database\n" * 100)
    before = path.read_bytes()
    with pytest.raises(LogError, match="not a SQLite file") as refused:
        await log_at(path).start()
    assert not isinstance(refused.value, Unavailable)
    assert path.read_bytes() == before


async def test_a_file_of_a_later_version_is_refused(tmp_path: Path) -> None:
    log = log_at(tmp_path / "log.db")
    await log.start()
    await log.store.write(lambda connection: connection.execute(f"pragma user_version={VERSION + 1}").fetchall())
    await log.stop()
    with pytest.raises(LogError, match=f"version {VERSION + 1}, this program knows {VERSION}"):
        await log_at(log.path).start()


async def test_a_path_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="check the path"):
        await log_at(tmp_path / "file" / "log.db").start()
    with pytest.raises(Unavailable, match="cannot be opened"):
        await log_at(tmp_path).start()


async def test_a_damaged_batch_is_told_with_its_offsets(tmp_path: Path) -> None:
    log = log_at(tmp_path / "log.db")
    await log.start()
    await log.create_topics([TopicSpec("t", 1)])
    await log.append({("t", 0): [NewRecord(b"k", b"v" * 3000)] * 3})
    await log.store.write(lambda connection: connection.execute("update batch set body = x'00'").fetchall())
    with pytest.raises(LogError, match="offsets 0 to 2 is damaged"):
        await log.read("t", 0, 0)
    await log.append({("t", 0): [NewRecord(b"k", b"v")]})
    await log.stop()


@pytest.mark.parametrize("place", ["first", "last"])
async def test_a_topic_whose_name_is_damaged_is_told_and_not_taken_for_a_missing_one(
    tmp_path: Path, place: str
) -> None:
    log = log_at(tmp_path / "log.db")
    await log.start()
    await log.create_topics([TopicSpec("orders", 1), TopicSpec("others", 1)])
    await log.stop()
    content = bytearray(log.path.read_bytes())  # it stands in the table and in its index
    at = content.find(b"orders") if place == "first" else content.rfind(b"orders")
    content[at] ^= 1
    log.path.write_bytes(content)
    with pytest.raises(LogError, match="table topic is damaged; stop all processes and restore the file"):
        await log_at(log.path).start()


async def test_numbers_that_do_not_fit_the_batch_id_are_refused(tmp_path: Path) -> None:
    log = log_at(tmp_path / "log.db")
    await log.start()
    with pytest.raises(WrongTopic, match="4096 partitions"):
        await log.create_topics([TopicSpec("wide", MAX_PARTITIONS + 1)])
    assert await log.create_topics([TopicSpec("fits", MAX_PARTITIONS)]) == ["fits"]
    last = MAX_PARTITIONS - 1
    await log.append({("fits", last): [NewRecord(b"k", b"v")]})
    ((key,),) = log.store.read(lambda connection: run(connection, "select id from batch"))
    assert key.bit_length() <= 63
    assert key >> OFFSET_BITS == log.catalog.topic("fits").partition(last)
    await log.stop()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB of its own; only root may mount one."""
    if (
        os.geteuid() != 0
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=2m", "small", tmp_path], check=False, capture_output=True
        ).returncode
    ):
        pytest.skip("a small disk needs root and the right to mount")
    yield tmp_path
    subprocess.run(["umount", "-l", tmp_path], check=True)


async def test_a_disk_without_room_is_an_outage_and_nothing_is_half_written(small_disk: Path) -> None:
    log = log_at(small_disk / "log.db")
    await log.start()
    await log.create_topics(TOPICS)
    task = log.task(GROUP, 0)
    await task.open()
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(500_000))
    written = 0
    piece = os.urandom(100_000)
    refusal = None
    while refusal is None:
        try:
            await log.append({("in", 0): [NewRecord(b"k", piece)] * 2, ("out", 1): [NewRecord(b"k", b"small")]})
            written += 1
        except Unavailable as exc:
            refusal = str(exc)
    assert re.search(r"log\.db: the disk is full.*make room", refusal)
    assert written > 0
    for _ in range(3):
        with pytest.raises(Unavailable):
            await task.commit(Writes({("out", 0): [NewRecord(b"k", piece)] * 9}, [], {"in": 0}, {"in": 1}))
    assert (await log.ends("in"), await log.ends("out")) == ([2 * written, 0], [0, written])
    assert len((await log.read("in", 0, 0)).records) == 2 * written
    ballast.unlink()
    await task.commit(Writes({("out", 0): [NewRecord(b"k", piece)]}, [], {"in": 0}, {"in": 1}))
    assert (await log.task(GROUP, 0).open()).positions == {"in": 1}
    assert await log.ends("out") == [1, written]
    await log.stop()
