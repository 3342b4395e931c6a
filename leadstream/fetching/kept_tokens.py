"""Refresh tokens that a vendor has put in the place of configured ones, in files that only their owner can read.

A file is named after the configured token that its own descends from, so a newly configured one begins a line of its
own, and ways in with the same credentials share one. Whoever asks for a token holds the file's lock meanwhile: of two
processes that show the same refresh token at once, some vendors shut out both.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

import msgspec

from leadstream.fetching.port import Credentials

_VERSION = 1
_ROOM = 16 << 10
"""Bytes that are taken on the disk before a token is asked for; a token fits in there."""


class NotKept(Exception):
    """A refresh token cannot be read from its file, or written to it; the message says why, without the token."""


class Busy(Exception):
    """Another process, or another way in, is asking for a token with the same refresh token."""


class _File(msgspec.Struct, kw_only=True):
    refresh_token: str
    descends_from: str
    version: int = _VERSION


def line_of(credentials: Credentials) -> str:
    """A digest of what is configured: where tokens are got, by whom, and with which first refresh token."""
    said = msgspec.json.encode((credentials.url, credentials.client_id, credentials.refresh_token))
    return blake2b(said, digest_size=16, person=b"refresh_token").hexdigest()


class Place:
    """Where the newest refresh token of a line lies, while nobody else can use it.

    Attributes:
        current: the token to show.
        replaced: whether it has taken the place of the configured one.

    Args:
        path: the file.
        line: digest of the configured token.
        configured: the token to begin with.
    """

    def __init__(self, path: Path, line: str, configured: str) -> None:
        self._path, self._line = path, line
        kept = _read(path, line)
        self.current, self.replaced = kept or configured, bool(kept)

    def keep(self, token: str) -> None:
        """Put the next token onto the disk; it may be used once this returns.

        Raises:
            NotKept: it is not there, and the last one still is.
        """
        said = msgspec.json.encode(_File(refresh_token=token, descends_from=self._line))
        with _telling(self._path):
            with self._spare.open("r+b") as file:
                file.write(said)
                file.truncate()
                file.flush()
                os.fsync(file.fileno())
            self._spare.replace(self._path)
            _sync(self._path.parent)
        self.current, self.replaced = token, True

    def make_room(self) -> None:
        """Take what is needed to keep a token, so that none is asked for that could not be kept. Raises NotKept."""
        with _telling(self._path):
            self._spare.unlink(missing_ok=True)
            number = os.open(self._spare, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(number, "wb") as file:
                file.write(bytes(_ROOM))
                file.flush()
                os.fsync(file.fileno())

    def leave(self) -> None:
        """Give back what was taken and not needed."""
        with _telling(self._path):
            self._spare.unlink(missing_ok=True)

    @property
    def _spare(self) -> Path:
        return self._path.with_suffix(".new")


class KeptTokens:
    """The folder of such files.

    Args:
        folder: made when it is needed, for its owner alone.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def renewing(self, credentials: Credentials) -> Iterator[Place]:
        """The place of the refresh token, with room for the next one, and for nobody else while the body runs.

        Args:
            credentials: as they are configured.

        Raises:
            Busy: somebody else is at it.
            NotKept: the file cannot be read, or a new one could not be written.
        """
        line = line_of(credentials)
        path = self._folder / f"{line}.json"
        with _telling(path):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            with _telling(path):
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    raise Busy from None
            place = Place(path, line, credentials.refresh_token)
            place.make_room()
            try:
                yield place
            finally:
                place.leave()
        finally:
            os.close(lock)


def _read(path: Path, line: str) -> str:
    """The token in a file; an empty text where there is no file."""
    with _telling(path):
        try:
            raw = path.read_bytes()
        except FileNotFoundError:
            return ""
    try:
        found = msgspec.json.decode(raw, type=_File)
    except (msgspec.DecodeError, UnicodeDecodeError):
        found = None
    if found is None or found.version != _VERSION or found.descends_from != line or not found.refresh_token:
        raise NotKept(f"{path} is no refresh token that this program has kept; without it the configured one is used")
    return found.refresh_token


@contextmanager
def _telling(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise NotKept(f"a refresh token that the vendor replaces cannot be kept in {path}: {exc.strerror}") from exc


def _sync(folder: Path) -> None:
    """Have a new name in a folder on the disk."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(number)
    finally:
        os.close(number)
