"""Who calls: the key in `Authorization`, what it may do, and how often."""

import logging
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

from leadstream.gateway.measures import Measures
from leadstream.gateway.problems import Problem
from leadstream.gateway.rates import Bucket, too_often
from leadstream.keys import ANY_SOURCE, ApiKey, BadKeys, Scope, matching, read_keys

logger = logging.getLogger("leadstream.gateway")
_LOOK = 1_000_000
"""How often the file is looked at, in microseconds: so soon a revoked key is not taken any more."""


class Caller:
    """Somebody with a key.

    Attributes:
        key: without its secret.
        bucket: how often it may come.
    """

    def __init__(self, key: ApiKey, at: int) -> None:
        self.key, self.bucket = key, Bucket(key.rate, at)
        self._known: dict[str, bool] = {}

    def speaks_for(self, source: str) -> bool:
        """Whether it may say something in the name of a source."""
        known = self._known.get(source)
        if known is None:
            known = self.key.speaks_for(source)
            if len(self._known) < 1000:
                self._known[source] = known
        return known

    @property
    def sources_in_words(self) -> str:
        """The sources it may speak for, for people."""
        told = [each for each in self.key.sources if each != ANY_SOURCE]
        return " and ".join(repr(each) for each in told) or "no source"


class Callers:
    """The keys that are taken, read anew when their file changes.

    Args:
        path: the file of keys.
        clock: now, in microseconds.
        measures: counts who comes too often.
    """

    def __init__(self, path: Path, clock: Callable[[], int], measures: Measures | None = None) -> None:
        self._path, self._clock, self._measures = path, clock, measures or Measures()
        self._keys: dict[str, ApiKey] = {}
        self._callers: dict[str, Caller] = {}
        self._mark: object = None
        self._looked: int | None = None

    def __len__(self) -> int:
        self._look(self._clock())
        return sum(key.revoked_at is None for key in self._keys.values())

    def calling(self, authorization: str | None, scope: Scope) -> Caller:
        """Whoever shows a key.

        Args:
            authorization: the header, `Bearer` and the key.
            scope: what is wanted.

        Raises:
            Problem: 401 no key or a wrong one, 403 the key may not do that, 429 it comes too often.
        """
        at = self._clock()
        self._look(at)
        kind, _, text = (authorization or "").partition(" ")
        if kind.lower() != "bearer":
            raise _unknown("send a key: Authorization: Bearer lsk_...")
        key = matching(text.strip(), self._keys)
        if key is None:
            raise _unknown("this key is not known, or was revoked")
        if scope not in key.scopes:
            raise Problem(HTTPStatus.FORBIDDEN, f"this key has no scope {scope!r}; it may {', '.join(key.scopes)}")
        caller = self._callers.get(key.id)
        if caller is None or caller.key is not key:
            caller = self._callers[key.id] = Caller(key, at)
        if wait := caller.bucket.wait(at):
            self._measures.limited["key", key.id] += 1
            raise too_often(f"this key may send {key.rate} a second", wait)
        return caller

    def _look(self, at: int) -> None:
        """Read the file if it is another one than before; one that cannot be read leaves things as they were."""
        if self._looked is not None and 0 <= at - self._looked < _LOOK:
            return
        self._looked = at
        try:
            found = self._path.stat()
            mark: object = (found.st_ino, found.st_mtime_ns, found.st_size)
        except OSError:
            mark = None
        if mark == self._mark:
            return
        try:
            keys = {key.id: key for key in read_keys(self._path)}
        except BadKeys as exc:
            logger.warning("keys stay as they were: %s", exc)
            return
        self._mark = mark
        kept = {key.id: key for key in self._keys.values() if keys.get(key.id) == key}
        self._keys = {**keys, **kept}
        self._callers = {key_id: caller for key_id, caller in self._callers.items() if key_id in kept}


def _unknown(detail: str) -> Problem:
    return Problem(
        HTTPStatus.UNAUTHORIZED, detail, field="authorization", headers={"www-authenticate": "Bearer"}, close=True
    )
