import json
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.errors import LogError, StoreInUse, Unavailable
from engine.intake import OLDEST
from engine.ports import NewRecord, Writes
from engine.rocks.database import DamagedStore, Memory
from engine.rocks.folder import Label
from engine.rocks.store import RocksStore
from engine.state import POSITION
from tests.engine.store_driver import GROUP, Clock, StoreDriver

MEMORY = Memory(16 << 20)
MANY = [(b"%04d" % n, n + 1, b"state %d" % n) for n in range(500)]


def rocks(path: Path, log: str = "memory", partition: int = 0) -> RocksStore:
    return RocksStore(path, Label(log, "states", partition), MEMORY)


class Home:
    """A store with a folder, driven as a task does."""

    def __init__(self, path: Path) -> None:
        self.path, self.copies = path, 0
        self.driver = StoreDriver(lambda: rocks(path))
        self.driver.commit(MANY)

    @property
    def store(self) -> RocksStore:
        assert isinstance(self.driver.store, RocksStore)
        return self.driver.store

    def copy(self) -> Path:
        """The folder as a kill at this moment leaves it."""
        self.copies += 1
        return Path(shutil.copytree(self.path, self.path.with_name(f"{self.path.name}-{self.copies}")))

    def back_to(self, copy: Path) -> None:
        """A process that is killed leaves this."""
        self.driver.store.close()
        shutil.rmtree(self.path)
        shutil.copytree(copy, self.path)

    def reopened(self) -> int:
        """Open in a new process; how many keys were read from the changelog."""
        self.driver.reopen()
        self.driver.check()
        return self.store.taken


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "store")


def damage(files: list[Path], change: Callable[[bytes], bytes]) -> None:
    assert files
    for file in files:
        file.write_bytes(change(file.read_bytes()))


def flipped(raw: bytes) -> bytes:
    """All of it wrong, and as long as before."""
    return bytes(byte ^ 0x55 for byte in raw)


def flush(store: RocksStore) -> None:
    """What was written goes from the write-ahead log to the tables."""
    store._opened().flush()


def test_a_store_that_was_closed_reads_nothing_again(home: Home) -> None:
    assert home.reopened() == 0


def test_after_a_kill_only_what_came_after_its_mark_is_read(home: Home) -> None:
    copy = home.copy()
    home.driver.commit([(b"0007", None, b"changed"), (b"0008", None, None), (b"new", 5, b"new")])
    home.back_to(copy)
    assert home.reopened() == 3


def test_what_another_worker_did_meanwhile_is_read_and_nothing_else(home: Home) -> None:
    home.store.close()
    elsewhere = StoreDriver(lambda: rocks(home.path.with_name("elsewhere")), home.driver.log.disk)
    elsewhere.twin, elsewhere._commits = home.driver.twin, 100
    elsewhere.commit([(b"0001", None, b"elsewhere"), (b"0002", None, None)])
    elsewhere.store.close()
    assert home.reopened() == 2


@pytest.mark.parametrize("told", [True, False])
def test_a_kill_before_or_after_the_store_was_told_leaves_the_same(home: Home, told: bool) -> None:
    home.driver.commit([(b"0007", 9_999, b"changed")], told=told)
    home.back_to(home.copy())
    assert home.reopened() == (0 if told else 1)


def test_a_store_that_is_ahead_of_the_log_is_thrown_away(home: Home) -> None:
    mark = home.store.mark
    assert mark is not None
    home.store.commit([(b"0007", b"\0" * 8 + b"never committed")], mark._replace(offset=mark.offset + 2))
    assert home.reopened() == 500


def test_a_store_whose_mark_is_not_what_the_log_shows_is_thrown_away(home: Home) -> None:
    mark = home.store.mark
    assert mark is not None
    for wrong in (mark._replace(timestamp=mark.timestamp + 1), mark._replace(value=b"{}"), mark._replace(offset=0)):
        home.store.commit([(b"0007", b"\0" * 8 + b"never committed")], wrong)
        assert home.reopened() == 500


def test_a_store_of_another_log_is_thrown_away_though_its_offsets_would_fit(home: Home) -> None:
    home.store.close()
    other = StoreDriver(lambda: rocks(home.path))
    assert (isinstance(other.store, RocksStore) and other.store.taken, len(other.store)) == (0, 0)
    other.commit([(b"%d" % n, None, b"of the other log") for n in range(500)])
    other.check()
    other.store.close()


def test_a_store_whose_mark_was_compacted_away_is_thrown_away_with_what_was_removed_since(home: Home) -> None:
    copy = home.copy()
    home.driver.commit([(b"0007", None, None)])
    home.driver.log.compact(GROUP.changelog, 0)  # nobody can read any more that the key was removed
    home.back_to(copy)
    assert home.reopened() == 499


def test_a_mark_from_long_ago_is_not_believed(home: Home) -> None:
    copy = home.copy()
    Clock.now += OLDEST
    home.driver.commit([(b"0007", None, b"later")])
    home.back_to(copy)
    assert home.reopened() == 500


def test_a_store_that_was_interrupted_while_it_took_a_changelog_in_begins_anew(home: Home) -> None:
    home.store.close()
    store = rocks(home.path)
    store.open()
    store.take({b"0007": None, b"0008": b"\0" * 8 + b"half of a tail"})
    store.close()
    assert home.reopened() == 500
    store = home.store
    store.clear()
    store.take({b"0009": b"\0" * 8 + b"half of all"})
    assert home.reopened() == 500


def test_a_write_ahead_log_cut_off_anywhere_leaves_an_earlier_store(home: Home) -> None:
    for n in range(20):
        home.driver.commit([(b"%04d" % n, None, b"x" * 100)])
    copy = home.copy()
    (journal,) = (copy / "db").glob("*.log")
    size = journal.stat().st_size
    for kept in (0, 1, size // 2, size - 1_000, size - 1):
        home.back_to(copy)
        damage([home.path / "db" / journal.name], lambda raw, kept=kept: raw[:kept])  # type: ignore[misc]
        assert 0 < home.reopened() <= 500


def test_a_write_ahead_log_with_wrong_bytes_is_never_believed(home: Home) -> None:
    for n in range(20):
        home.driver.commit([(b"%04d" % n, None, b"x" * 100)])
    copy = home.copy()
    (journal,) = (copy / "db").glob("*.log")
    for at in range(0, journal.stat().st_size, journal.stat().st_size // 7):
        home.back_to(copy)
        damage(
            [home.path / "db" / journal.name], lambda raw, at=at: raw[:at] + flipped(raw[at : at + 40]) + raw[at + 40 :]
        )  # type: ignore[misc]
        assert 0 < home.reopened() <= 500


@pytest.mark.parametrize("pattern", ["*.sst", "MANIFEST-*", "CURRENT"])
@pytest.mark.parametrize("change", [flipped, lambda raw: raw[: len(raw) // 2], lambda raw: b""])
def test_files_that_are_damaged_are_made_anew(home: Home, pattern: str, change: Callable[[bytes], bytes]) -> None:
    flush(home.store)
    home.driver.store.close()
    damage(list((home.path / "db").glob(pattern)), change)
    try:
        home.driver.reopen()
        home.driver.check()
    except DamagedStore:  # found while it was read; whoever opens it next does not believe it
        assert home.reopened() == 500


@pytest.mark.parametrize("pattern", ["*.sst", "MANIFEST-*", "CURRENT"])
def test_files_that_are_gone_are_made_anew(home: Home, pattern: str) -> None:
    flush(home.store)
    home.driver.store.close()
    for file in (home.path / "db").glob(pattern):
        file.unlink()
    assert home.reopened() == 500


def test_damage_that_is_found_while_it_runs_is_an_error_and_then_mended(home: Home) -> None:
    home.driver.commit([(b"%06d" % n, None, os.urandom(400)) for n in range(20_000)])
    flush(home.store)
    home.driver.store.close()
    tables = sorted((home.path / "db").glob("*.sst"))
    damage(tables, lambda raw: raw[: len(raw) // 2] + flipped(raw[len(raw) // 2 : -65_536]) + raw[-65_536:])
    home.driver.reopen()
    with pytest.raises(DamagedStore, match="restored"):
        [home.store.get(key) for key in home.driver.twin]
    with pytest.raises(LogError, match="not open"):
        home.store.get(b"0001")
    assert home.reopened() == 20_500


def test_a_folder_that_was_removed_is_restored(home: Home) -> None:
    home.driver.store.close()
    shutil.rmtree(home.path)
    assert home.reopened() == 500


def test_an_older_folder_is_brought_up_to_date(home: Home) -> None:
    copy = home.copy()
    for n in range(10):
        home.driver.commit([(b"%04d" % n, None, None if n % 2 else b"later")])
    home.back_to(copy)
    assert home.reopened() == 10


@pytest.mark.parametrize(
    "label", [Label("another log", "states", 0), Label("memory", "states", 1), Label("memory", "states", 0, format=0)]
)
def test_a_folder_that_says_it_is_for_something_else_is_emptied(home: Home, label: Label) -> None:
    home.driver.store.close()
    marker = home.path / "store.json"
    found = json.loads(marker.read_text())
    assert found == {"log": "memory", "group": "states", "partition": 0, "format": 1}
    marker.write_text(json.dumps({**found, "log": label.log, "partition": label.partition, "format": label.format}))
    assert home.reopened() == 500
    assert json.loads(marker.read_text()) == found


@pytest.mark.parametrize("text", ["", "not json", "{}"])
def test_a_folder_whose_label_is_broken_is_emptied(home: Home, text: str) -> None:
    home.driver.store.close()
    (home.path / "store.json").write_text(text)
    assert home.reopened() == 500


def test_a_folder_with_something_else_in_it_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"a cat")
    with pytest.raises(LogError, match=r"something else .*cat.jpg.* left alone"):
        rocks(tmp_path / "photos").open()
    assert [file.name for file in (tmp_path / "photos").iterdir()] == ["cat.jpg"]


def test_of_two_on_one_folder_the_second_is_refused_until_the_first_lets_go(home: Home) -> None:
    second = rocks(home.path)
    with pytest.raises(StoreInUse, match="every worker needs a data directory of its own"):
        second.open()
    home.driver.check()
    home.driver.store.close()
    second.open()
    assert len(second) == 500
    second.close()


def test_a_folder_that_cannot_be_made_is_an_outage(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Unavailable, match="out of reach"):
        rocks(tmp_path / "file" / "store").open()


def test_a_store_that_is_not_open_says_so(home: Home) -> None:
    home.driver.store.close()
    for use in (lambda: home.store.get(b"a"), lambda: list(home.store.keys()), lambda: home.store.commit([], None)):
        with pytest.raises(LogError, match="not open"):
            use()


def test_deadlines_in_memory_stay_few_however_many_there_are(home: Home) -> None:
    for low in range(0, 40_000, 5_000):
        home.driver.commit([(b"%06d" % n, 1_000_000 - n, b"x") for n in range(low, low + 5_000)])
        assert home.store.deadlines.peek() is not None
        assert len(home.store.deadlines._near) <= 25_000
    home.driver.check()


async def test_a_log_that_gives_no_mark_leaves_a_store_that_is_not_believed(home: Home) -> None:
    await home.driver.task.commit(Writes(changelog=[NewRecord(POSITION, b"another")]))
    home.store.commit([(b"0007", b"\0" * 8 + b"whatever")], None)
    assert home.store.mark is None


def test_a_database_that_is_opened_again_reads_through_the_shared_memory(tmp_path: Path) -> None:
    driver = StoreDriver(lambda: rocks(tmp_path / "store"))
    driver.commit([(b"%06d" % n, None, os.urandom(100)) for n in range(5_000)])
    assert isinstance(driver.store, RocksStore)
    flush(driver.store)
    driver.store.close()
    memory = Memory(8 << 20)
    again = RocksStore(tmp_path / "store", Label("memory", "states", 0), memory)
    again.open()
    before = memory.cache.get_usage()
    assert all(again.get(key) == raw for key, (_, raw) in driver.twin.items())
    assert memory.cache.get_usage() - before > 400_000
    again.close()


def test_a_store_that_is_closed_while_it_takes_a_changelog_in_ends_that_and_begins_anew(home: Home) -> None:
    store, begun, ended = home.store, threading.Event(), list[str]()

    def take_in() -> None:
        store.clear()
        try:
            while True:
                store.take({b"%d" % n: b"\0" * 8 + b"x" for n in range(100)})
                begun.set()
        except LogError as exc:
            ended.append(str(exc))

    taking = threading.Thread(target=take_in)
    taking.start()
    assert begun.wait(30)
    store.close()
    taking.join(30)
    assert [("not open" in text) for text in ended] == [True]
    assert home.reopened() == 500
