"""API keys: who may do what over HTTP. A file holds their hashes; a key itself is shown once, when it is made.

The secret part is 32 random bytes, so one SHA-256 keeps it: there is nothing to guess that a slow hash would protect.
"""

import fcntl
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import msgspec

Scope = Literal["publish", "command", "read"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
ANY_SOURCE = "*"
_PREFIX = "lsk"
_VERSION = 1


class BadKeys(ValueError):
    """The file of keys cannot be read or written; the message says why."""


class ApiKey(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One key, without what makes it a key.

    Attributes:
        id: names it; part of the key, no secret.
        name: whose it is, for people.
        hash: SHA-256 of the secret part, hexadecimal.
        scopes: what it may do.
        sources: CloudEvents sources it may speak for, with all below them; `*` for any.
        rate: events, commands and questions a second on average.
        created_at: when it was made.
        revoked_at: from when on it is not taken any more.
    """

    id: str
    name: str
    hash: str
    scopes: tuple[Scope, ...]
    sources: tuple[str, ...] = ()
    rate: int = 1000
    created_at: datetime
    revoked_at: datetime | None = None

    def speaks_for(self, source: str) -> bool:
        """Whether it may say something in the name of a source."""
        return any(own in (ANY_SOURCE, source) or source.startswith(f"{own.rstrip('/')}/") for own in self.sources)


class Made(NamedTuple):
    """A new key.

    Attributes:
        text: the key itself; nobody can show it again.
        key: what is kept of it.
    """

    text: str
    key: ApiKey


class _File(msgspec.Struct, kw_only=True):
    version: int = _VERSION
    keys: list[ApiKey] = []


def made(name: str, scopes: tuple[Scope, ...], sources: tuple[str, ...], rate: int, at: datetime) -> Made:
    """A new key, not yet in any file."""
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    key = ApiKey(id=key_id, name=name, hash=_hash(secret), scopes=scopes, sources=sources, rate=rate, created_at=at)
    return Made(f"{_PREFIX}_{key_id}_{secret}", key)


def matching(text: str, keys: dict[str, ApiKey]) -> ApiKey | None:
    """The key that a caller shows, if it is one of ours; takes as long for a wrong secret as for the right one."""
    prefix, _, rest = text.partition("_")
    key_id, _, secret = rest.partition("_")
    key = keys.get(key_id)
    expected = key.hash if key is not None else _NOBODY
    equal = hmac.compare_digest(_hash(secret), expected)
    return key if equal and prefix == _PREFIX and key is not None and key.revoked_at is None else None


def read_keys(path: Path) -> list[ApiKey]:
    """The keys in a file; none when there is no file.

    Raises:
        BadKeys: it cannot be read, or is no file of keys.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as exc:
        raise BadKeys(f"{path}: {exc.strerror}") from exc
    try:
        found = msgspec.json.decode(raw, type=_File)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise BadKeys(f"{path}: no file of keys: {exc}") from exc
    if found.version != _VERSION:
        raise BadKeys(f"{path}: version {found.version}, this program knows {_VERSION}")
    return found.keys


def add(path: Path, key: ApiKey) -> None:
    """Put a key into the file, which is made when missing, readable for its owner alone.

    Raises:
        BadKeys: it cannot be read or written.
    """
    with _alone(path):
        _write(path, [*read_keys(path), key])


def revoke(path: Path, key_id: str, at: datetime) -> bool:
    """Have a key not taken any more; whether there was such a key.

    Raises:
        BadKeys: the file cannot be read or written.
    """
    with _alone(path):
        keys = read_keys(path)
        if all(key.id != key_id for key in keys):
            return False
        gone = [
            msgspec.structs.replace(key, revoked_at=key.revoked_at or at) if key.id == key_id else key for key in keys
        ]
        _write(path, gone)
        return True


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


_NOBODY = _hash("nobody")


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Nobody else changes the file meanwhile."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_name(f"{path.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
    except OSError as exc:
        raise BadKeys(f"{path}: {exc.strerror}") from exc


def _write(path: Path, keys: list[ApiKey]) -> None:
    """Replace the file at once: a gateway that reads it meanwhile sees the old one or the new one."""
    beside = path.with_name(f"{path.name}.new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(_File(keys=keys)), indent=2) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
