"""States in RocksDB: a copy of the changelog on disk, believed only as long as the log bears it out.

One key space, so that whatever a crash leaves is the database as it was at some moment:
`s` + key has the changelog value (deadline and state), `d` + due + key is an entry of the deadlines, `m` the summary:
how many keys there are, and the mark, the last position record that is in. There is no mark while a changelog is being
taken in: who is interrupted then begins anew.
"""

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from rocksdict import Rdict, WriteBatch

from engine.errors import LogError
from engine.ports import Mark
from engine.rocks.database import DamagedStore, Memory, opened, translated, write_options
from engine.rocks.deadlines import RocksDeadlines
from engine.rocks.folder import Folder, Label
from engine.state import NO_WAKE, WAKE_BYTES

logger = logging.getLogger(__name__)

_STATE, _DUE, _SUMMARY = b"s", b"d", b"m"
_AFTER_STATE, _AFTER_DUE = b"t", b"e"
_WAKES = 100_000
"""How many committed deadlines are remembered: what was read a moment ago need not be read again to be written."""
_CHUNK = 10_000


class _Summary(msgspec.Struct, frozen=True):
    count: int
    mark: Mark | None


_encode, _decode = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder(_Summary).decode


class RocksStore:
    """Implements `engine.state.StateStore`.

    Attributes:
        deadlines: in order of due, on disk as well.
        taken: how many keys of the changelog were taken in since it was opened.

    Args:
        path: its folder.
        label: what it copies; a folder that copies something else is emptied.
        memory: what it shares with the other stores of this process.
    """

    def __init__(self, path: Path, label: Label, memory: Memory) -> None:
        self._folder, self._memory = Folder(path, label), memory
        self._db: Rdict | None = None
        self._guard = threading.RLock()  # a changelog is taken in beside the loop, which may close us meanwhile
        self._summary = _Summary(0, None)
        self._anew = False
        self._wakes: dict[bytes, bytes | None] = {}
        self._quick, self._logged = write_options(wal=False), write_options(wal=True)
        self.deadlines = RocksDeadlines(self._entries, self._wake)
        self.taken = 0

    @property
    def mark(self) -> Mark | None:
        """The position record up to which the changelog is in here; None when nothing here is sure."""
        return self._summary.mark

    def open(self) -> None:
        """Open the folder; a database that cannot be read is thrown away.

        Raises:
            StoreInUse: another process has it.
            Unavailable: the disk is full, or cannot be written.
            LogError: the folder holds what is not ours.
        """
        with self._guard:
            self.close()
            self._folder.open()
            try:
                try:
                    self._load()
                except DamagedStore as exc:
                    logger.warning("%s", exc)
                    self._make()
            except BaseException:
                self.close()
                raise

    def clear(self) -> None:
        """Throw everything away; the changelog comes from its start."""
        with self._guard:
            self._opened()
            self._make()

    def take(self, rows: dict[bytes, bytes | None]) -> None:
        """The latest values of the next part of the changelog."""
        with self._guard, self._watched():
            self.taken += len(rows)
            if self._anew:
                batch = WriteBatch(raw_mode=True)
                for key, value in rows.items():
                    if value is None:
                        batch.delete(_STATE + key)
                    else:
                        batch.put(_STATE + key, value)
                self._opened().write(batch, self._quick)
            else:
                self._write(list(rows.items()), None)

    def restored(self, mark: Mark | None) -> None:
        """All of the changelog is in, up to this record."""
        with self._guard, self._watched():
            if self._anew:
                self._index()
            if self._summary.mark != mark or self._anew:
                self._summary = _Summary(self._summary.count, mark)
                self._opened().put(_SUMMARY, _encode(self._summary), self._logged)
            self._anew = False
            self.deadlines = RocksDeadlines(self._entries, self._wake)

    def get(self, key: bytes) -> bytes | None:
        """State bytes of a key."""
        value = self._value(key)
        return None if value is None else value[WAKE_BYTES:]

    def commit(self, changes: Sequence[tuple[bytes, bytes | None]], mark: Mark | None) -> None:
        """What one transaction has changed, in one write."""
        with self._watched():
            self._write(changes, mark)

    def keys(self) -> Iterator[bytes]:
        """All keys, in byte order."""
        return self._between(_STATE, _AFTER_STATE)

    def close(self) -> None:
        """Close the database and let go of the folder, whatever RocksDB says to that: it is only a copy."""
        with self._guard:
            self._let_go()
            self._folder.close()

    def __len__(self) -> int:
        return self._summary.count

    def _opened(self) -> Rdict:
        if self._db is None:
            raise LogError(f"the states in {self._folder.path} are not open")
        return self._db

    def _load(self) -> None:
        with translated(self._folder.path):
            self._db = opened(self._folder.database, self._memory)
            raw = self._db.get(_SUMMARY)
        try:
            self._summary = _Summary(0, None) if raw is None else _decode(raw)
        except msgspec.MsgspecError as exc:
            raise DamagedStore(f"the states in {self._folder.path} have no summary: {exc}") from exc
        self._wakes, self._anew, self.taken = {}, False, 0
        self.deadlines = RocksDeadlines(self._entries, self._wake)

    def _let_go(self) -> None:
        db, self._db = self._db, None
        try:
            if db is not None:
                db.close()
        except Exception as exc:  # noqa: BLE001 - RocksDB's errors have no types; this one comes when the disk is full
            logger.warning("the states in %s were not closed in order: %s", self._folder.path, exc)

    def _make(self) -> None:
        self._let_go()
        self._folder.empty()
        self._load()
        self._anew = True

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Translate errors. What cannot be read must not be believed by the next process either."""
        try:
            with translated(self._folder.path):
                yield
        except DamagedStore:
            self._folder.condemn()
            self.close()
            raise

    def _write(self, changes: Sequence[tuple[bytes, bytes | None]], mark: Mark | None) -> None:
        batch, wakes, count = WriteBatch(raw_mode=True), self._wakes, self._summary.count
        for key, value in changes:
            before = self._header(key)
            after = None if value is None else value[:WAKE_BYTES]
            if before != after:
                if before is not None and before != NO_WAKE:
                    batch.delete(_DUE + before + key)
                if after is not None and after != NO_WAKE:
                    batch.put(_DUE + after + key, b"")
                count += (after is not None) - (before is not None)
            if value is not None:
                batch.put(_STATE + key, value)
            elif before is not None:
                batch.delete(_STATE + key)
            wakes[key] = after
        summary = _Summary(count, mark)
        batch.put(_SUMMARY, _encode(summary))
        self._opened().write(batch, self._logged)
        self._summary = summary
        if len(wakes) > _WAKES:
            wakes.clear()

    def _index(self) -> None:
        """Write the entries of all deadlines, and count the keys, once all states are in."""
        db, count = self._opened(), 0
        batch = WriteBatch(raw_mode=True)
        reading = db.iter()
        reading.seek(_STATE)
        while reading.valid():
            key: bytes = reading.key()
            if key >= _AFTER_STATE:
                break
            wake: bytes = reading.value()[:WAKE_BYTES]
            if wake != NO_WAKE:
                batch.put(_DUE + wake + key[1:], b"")
            count += 1
            if not count % _CHUNK:
                db.write(batch, self._quick)
                batch = WriteBatch(raw_mode=True)
            reading.next()
        reading.status()
        db.write(batch, self._quick)
        db.flush()  # before the mark is written: what went round the write-ahead log must not be lost behind it
        self._summary = _Summary(count, None)

    def _value(self, key: bytes) -> bytes | None:
        try:
            value: bytes | None = self._opened().get(_STATE + key)
        except Exception:  # told apart there; a context manager around each read costs as much again
            with self._watched():
                raise
        self._wakes[key] = None if value is None else value[:WAKE_BYTES]
        return value

    def _header(self, key: bytes) -> bytes | None:
        """The deadline of a key as committed, as bytes; None when there is no such key."""
        try:
            return self._wakes[key]
        except KeyError:
            self._value(key)
            return self._wakes[key]

    def _wake(self, key: bytes) -> int | None:
        header = self._header(key)
        return None if header is None else int.from_bytes(header, "big") or None

    def _entries(self, low: bytes) -> Iterator[bytes]:
        return self._between(_DUE + low, _AFTER_DUE)

    def _between(self, low: bytes, high: bytes) -> Iterator[bytes]:
        """Keys of a part of the key space, without its letter."""
        with self._watched():
            reading = self._opened().iter()
            reading.seek(low)
            while reading.valid():
                key: bytes = reading.key()
                if key >= high:
                    return
                yield key[1:]
                reading.next()
            reading.status()
