"""How the database is set up, how much memory all of a process share, and what its errors mean."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rocksdict import (
    BlockBasedOptions,
    Cache,
    DbClosedError,
    DBCompressionType,
    DBRecoveryMode,
    Options,
    Rdict,
    WriteBufferManager,
    WriteOptions,
)

from engine.errors import LogError, Unavailable

_MEMTABLE_BYTES = 16 << 20
_NO_SPACE = ("No space left", "Disk quota", "Read-only file system", "Too many open files")


class Memory:
    """What all databases of a process use together.

    Args:
        size: bytes for blocks read and for writes not yet on disk, half of it at most for the latter.
    """

    def __init__(self, size: int = 256 << 20) -> None:
        self.cache = Cache(size)
        self.writes = WriteBufferManager.new_write_buffer_manager_with_cache(size // 2, False, self.cache)


class DamagedStore(LogError):
    """The database cannot be read any more; it is made anew from the changelog."""


def opened(path: Path, memory: Memory) -> Rdict:
    """Open a database, or make one.

    The options are given for the column family as well: without that, one that is there already would be opened with
    the options it was made with but without their cache and filter, and every read would fetch an index from disk.
    """
    options = _options(memory)
    return Rdict(str(path), options, column_families={"default": options})


def write_options(*, wal: bool) -> WriteOptions:
    """How to write. Never synced: what a power cut takes away, the changelog has."""
    options = WriteOptions()
    options.disable_wal = not wal  # type: ignore[method-assign, assignment]  # a property, whatever the stub says
    return options


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """RocksDB's errors, which have no types, in the engine's words.

    Raises:
        Unavailable: the disk is full or cannot be written.
        DamagedStore: anything else that RocksDB says.
        LogError: it has been closed.
    """
    try:
        yield
    except DbClosedError as exc:
        raise LogError(f"the states in {path} are not open") from exc
    except Exception as exc:
        if type(exc) is not Exception:
            raise
        text = str(exc)
        if any(sign in text for sign in _NO_SPACE):
            raise Unavailable(f"the states in {path} cannot be written: {text}") from exc
        raise DamagedStore(f"the states in {path} are damaged and will be restored: {text}") from exc


def _options(memory: Memory) -> Options:
    table = BlockBasedOptions()
    table.set_block_cache(memory.cache)
    table.set_bloom_filter(10, block_based=False)
    table.set_cache_index_and_filter_blocks(True)
    table.set_pin_l0_filter_and_index_blocks_in_cache(True)
    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_block_based_table_factory(table)
    options.set_write_buffer_manager(memory.writes)
    options.set_write_buffer_size(_MEMTABLE_BYTES)
    options.set_compression_type(DBCompressionType.lz4())
    # A log cut off by a crash gives the database as it was at some moment before: a state and its mark still agree.
    options.set_wal_recovery_mode(DBRecoveryMode.point_in_time())
    options.set_max_background_jobs(2)
    options.set_keep_log_file_num(2)
    options.set_max_log_file_size(1 << 20)
    options.set_stats_dump_period_sec(0)
    options.set_stats_persist_period_sec(0)
    return options
