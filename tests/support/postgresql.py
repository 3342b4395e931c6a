"""A real PostgreSQL server for tests, on a free port of the loopback: Debian's binaries, a folder of its own."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support import reaper
from tests.support.packages import found_or_installed
from tests.support.ports import free_ports
from tests.support.process import Process

PASSWORD = "hush-4711"
_ROLE, _SYSTEM_USER = "leadstream", "postgres"
_READY = "database system is ready to accept connections"
_START_SECONDS, _STOP_SECONDS = 60.0, 30.0


class PostgresServer:
    """A server whose texts sort as English does, unless a column says otherwise: as many in the field do.

    It syncs nothing: a killed server keeps what it has committed all the same, only a dying machine would not.

    Raises:
        MissingError: the binaries are missing; the message says how to get them.
    """

    def __init__(self) -> None:
        self._binaries = binaries()
        (self.port,) = free_ports(1)
        self._folder = Path(tempfile.mkdtemp(prefix="leadstream-postgresql-"))
        reaper.watch_folder(self._folder)
        self._process: Process | None = None

    def url(self, *, password: str = PASSWORD, role: str = _ROLE, database: str = "postgres") -> str:
        """The address of a database."""
        return f"postgresql://{role}:{password}@127.0.0.1:{self.port}/{database}"

    def empty(self, schema: str) -> str:
        """The address of a new schema."""
        self.run(f"CREATE SCHEMA {schema}")
        return f"{self.url()}?options=-csearch_path%3D{schema}"

    def run(self, sql: str) -> None:
        """Do something to the server as its owner."""
        import psycopg  # noqa: PLC0415 - every test file loads this one, few talk to a database

        with psycopg.connect(self.url(), autocommit=True) as db:
            db.execute(sql.encode())

    def start(self) -> None:
        """Start it, the first time with an empty database."""
        data = self._folder / "data"
        if not data.exists():
            self._initialise(data)
        own = ("-D", data, "-F", "-h", "127.0.0.1", "-p", str(self.port), "-k", "")
        log = self._folder / "server.log"
        self._process = Process(_as_user([self._binaries / "postgres", *own]), log=log)
        self._process.wait_for(_READY, _START_SECONDS)

    def crash(self) -> None:
        """End it at once, without a checkpoint; what was committed stays."""
        assert self._process is not None
        self._process.send(signal.SIGQUIT)
        self._process.wait(_STOP_SECONDS)

    def close(self) -> None:
        """End it and remove the data."""
        if self._process is not None and self._process.alive:
            self.crash()
        shutil.rmtree(self._folder, ignore_errors=True)
        reaper.forget_folder(self._folder)

    def _initialise(self, data: Path) -> None:
        secret = self._folder / "password"
        secret.write_text(PASSWORD)
        if os.geteuid() == 0:
            for path in (self._folder, secret):
                shutil.chown(path, _SYSTEM_USER)
        how = ("--auth=scram-sha-256", f"--username={_ROLE}", f"--pwfile={secret}", "--encoding=UTF8", "--no-sync")
        language = ("--locale=C", "--locale-provider=icu", "--icu-locale=en-US")
        command = _as_user([self._binaries / "initdb", "-D", data, *how, *language])
        run = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
        if run.returncode:
            raise AssertionError(f"PostgreSQL's folder could not be made:\n{run.stdout}{run.stderr}")

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def binaries() -> Path:
    """The folder with `postgres` and `initdb`, the newest there is; installed when this run must prove everything.

    Raises:
        MissingError: there is none.
    """
    return found_or_installed(_found, "postgresql", "a real PostgreSQL needs its server")


def _found() -> Path | None:
    places = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if places:
        return max(places, key=lambda place: int(place.parent.name))
    on_path = shutil.which("initdb")
    return None if on_path is None else Path(on_path).resolve().parent


def _as_user(command: list[str | Path]) -> list[str | Path]:
    """The server refuses to be root's; Debian's package has made a user for it."""
    if os.geteuid() != 0:
        return command
    return ["setpriv", f"--reuid={_SYSTEM_USER}", f"--regid={_SYSTEM_USER}", "--clear-groups", "--", *command]
