"""The file: its tables, its mark, its version.

A batch's id is topic, partition and last offset in one number, so that reading a partition from an offset on is
one forward scan: 11 bits of topic, 12 of partition, 40 of offset.
"""

from pathlib import Path

import apsw

from engine.errors import LogError

APPLICATION_ID = 0x4C454144
"""Marks a file as ours ("LEAD")."""
VERSION = 2
"""2: batches carry a checksum. A file of version 1 is read as it is, and becomes one of this version when opened."""
_READABLE = {1, VERSION}
PARTITION_BITS, OFFSET_BITS = 12, 40
MAX_TOPICS, MAX_PARTITIONS = 1 << 11, 1 << PARTITION_BITS
LAST_OFFSET = (1 << OFFSET_BITS) - 1
JANITOR = ""
"""The lease group of the janitor; no task group has an empty name."""

_BUSY_MS = 5_000
_CHECKED = ("topic", "part", "position")
"""Small tables that say what is where; batches, of which there are many, have checksums of their own."""

# part: `next` the offset of the next record, `start` the first one kept, `stamp` the latest timestamp,
# `clean` how far the janitor is through. All instants are microseconds.
_TABLES = """
create table topic(
    id integer primary key, name text not null unique, partitions integer not null, compacted integer not null,
    retention_ms integer, max_record_bytes integer not null
) strict;
create table part(
    tp integer primary key, next integer not null default 0, start integer not null default 0,
    stamp integer not null default 0, clean integer not null default 0
) strict;
create table batch(
    id integer primary key, first integer not null, length integer not null, stamp integer not null,
    codec integer not null, body blob not null
) strict;
create table position(
    grp text not null, tp integer not null, next integer not null, epoch integer not null, primary key(grp, tp)
) strict, without rowid;
create table lease(
    grp text not null, part integer not null, epoch integer not null, owner text not null, expires integer not null,
    primary key(grp, part)
) strict, without rowid;
create table member(
    grp text not null, owner text not null, expires integer not null, primary key(grp, owner)
) strict, without rowid;
"""


def connect(path: Path) -> apsw.Connection:
    """Open the file without changing it.

    Raises:
        LogError: it belongs to another program or to a later version.
        apsw.Error: it cannot be opened, or is no SQLite file.
    """
    connection = apsw.Connection(str(path))
    try:
        connection.set_busy_timeout(_BUSY_MS)
        _check(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def prepare(connection: apsw.Connection, path: Path) -> None:
    """Make the tables when they are missing, and set the connection up. The caller holds the turn to write."""
    # FULL: with NORMAL a power cut takes back what was acknowledged. Inline checkpoints keep the WAL under 5 MB.
    for setting in ("journal_mode=wal", "synchronous=full", "fullfsync=on", "wal_autocheckpoint=1000"):
        connection.execute(f"pragma {setting}").fetchall()
    if is_empty(connection):
        connection.execute("begin immediate")
        try:
            connection.execute(_TABLES)
            connection.execute(f"pragma application_id={APPLICATION_ID}; pragma user_version={VERSION}; commit")
        except BaseException:
            if connection.in_transaction:
                connection.execute("rollback")
            raise
    _check(connection, path)
    _check_tables(connection, path)
    if connection.pragma("user_version") != VERSION:
        connection.execute(f"pragma user_version={VERSION}").fetchall()


def synchronize(connection: apsw.Connection, how: str) -> None:
    """When commits of a connection are synced: `full`, each, or `normal`, with the next checkpoint."""
    connection.execute(f"pragma synchronous={how}").fetchall()


def touch(connection: apsw.Connection) -> None:
    """Write a page and change nothing: syncing it syncs all that was written to the log file before."""
    connection.execute(f"pragma user_version={VERSION}").fetchall()


def _check(connection: apsw.Connection, path: Path) -> None:
    if is_empty(connection):
        return
    if connection.pragma("application_id") != APPLICATION_ID:
        raise LogError(f"log {path}: this SQLite file belongs to another program; point the log somewhere else")
    version = connection.pragma("user_version")
    if version not in _READABLE:
        raise LogError(f"log {path}: the file has version {version}, this program knows {VERSION}; use the other one")


def _check_tables(connection: apsw.Connection, path: Path) -> None:
    """Refuse tables that disagree with their own indexes: a topic under another number would look like an empty one."""
    for table in _CHECKED:
        found = [str(line) for (line,) in connection.execute(f"pragma integrity_check({table})")]
        if found != ["ok"]:
            raise LogError(
                f"log {path}: table {table} is damaged; stop all processes and restore the file ({found[0]})"
            )


def is_empty(connection: apsw.Connection) -> bool:
    """Whether nothing was ever made in the file."""
    return connection.execute("select count(*) from sqlite_schema").fetchall() == [(0,)]
